"""Where each interface stands in an event or in an item, and documents with a value there."""

import typing
from collections.abc import Callable, Iterator
from typing import Any

from store_protocol.convert.interface import Interface
from store_protocol.convert.readers import fields_of
from store_protocol.convert.rules import unwrap
from store_protocol.schema.contexts import CONTEXTS
from store_protocol.schema.images import IMAGES

#: Puts a value where it belongs in a document.
Put = Callable[[Any], Any]


def places(root: type[Interface]) -> dict[type[Interface], Put]:
    """Return for each interface in an interface how it is put there, by the shortest way."""
    found: dict[type[Interface], Put] = {root: lambda value: value}
    pending = [root]
    for interface in pending:
        for field in fields_of(interface):
            for inner, put in _parts(field.encode_name, field.hint):
                if inner not in found:
                    found[inner] = _within(found[interface], put)
                    pending.append(inner)
    return found


def _within(outer: Put, put: Put) -> Put:
    return lambda value: outer(put(value))


def _parts(name: str, hint: Any) -> Iterator[tuple[type[Interface], Put]]:
    """Yield the interfaces in an attribute, each with how it is put into the interface that has the attribute."""
    if name == "contexts":
        yield from ((context, _named(name, kind)) for kind, context in CONTEXTS.items())
    elif name == "images":
        yield from ((image, _typed(name, kind)) for kind, image in IMAGES.items())
    else:
        yield from ((inner, _within(lambda value: {name: value}, put)) for inner, put in _in_hint(hint))


def _named(name: str, kind: str) -> Put:
    return lambda value: {name: {kind: value}}


def _typed(name: str, kind: str) -> Put:
    return lambda value: {name: [{"type": kind, **value} if isinstance(value, dict) else value]}


def _in_hint(hint: Any) -> Iterator[tuple[type[Interface], Put]]:
    inner, _ = unwrap(hint)
    if isinstance(inner, type) and issubclass(inner, Interface):
        yield inner, lambda value: value
    elif (origin := typing.get_origin(inner)) in {list, dict}:
        wrap: Put = (lambda value: [value]) if origin is list else (lambda value: {"a": value})
        yield from ((part, _within(wrap, put)) for part, put in _in_hint(typing.get_args(inner)[-1]))
    else:
        # A union: what an interface is or what stands in its place.
        for each in typing.get_args(inner):
            yield from _in_hint(each)
