"""Where each interface stands in an event or in an item, and small documents with each value of a table there."""

import json
import random
import typing
from collections.abc import Callable, Iterator
from typing import Any

from store_protocol.convert.interface import Interface
from store_protocol.convert.readers import fields_of, layout_of
from store_protocol.convert.rules import unwrap
from store_protocol.schema.contexts import CONTEXTS
from store_protocol.schema.images import IMAGES
from tests.fuzz import tokens

#: Puts a value where it belongs in a document.
Put = Callable[[Any], Any]


#: What a transaction must have, without which some attributes are never looked at, and which these are.
_TRANSACTION = {
    "type": "transaction",
    "timestamp": 1795447400,
    "start_timestamp": 1795447300,
    "contexts": {"trace": {"trace_id": "a" * 32, "span_id": "b" * 16}},
}
_OF_TRANSACTIONS = {"spans", "measurements", "breakdowns", "transaction_info"}
#: Bytes of a document, about.
_MOST = 2000


def documents(root: type[Interface]) -> Iterator[dict[str, Any]]:
    """Yield documents that have a value at the attributes of an interface, for each interface and each value.

    Values that hold others come as JSON text, too, and with what `_meta` may say of them.
    """
    chance = random.Random(1)
    for interface, put in places(root).items():
        names = [*layout_of(interface).names]
        for value in (*tokens.VALUES, *tokens.LARGE):
            is_cut = value in tokens.LARGE
            for some in _groups(names, value):
                document = put(dict.fromkeys(some, value))
                yield document
                if not _OF_TRANSACTIONS.isdisjoint(document):
                    yield {**document, **_TRANSACTION}
                if is_cut:
                    yield {**document, "_meta": _noted(document, chance.choice(tokens.META))}
        for value in ("x", ["a", None], {"a": 1}):
            objects = dict.fromkeys(names, value)
            yield put(dict.fromkeys(names, json.dumps(value)))
            if put(None) is not None:
                yield put(json.dumps(objects))
            for meta in tokens.META:
                yield {**put(objects), "_meta": _noted(put(objects), meta)}


def _groups(names: list[str], value: Any) -> Iterator[list[str]]:
    """Yield as many names each time as there is room for with a value of their own."""
    few = max(1, _MOST // (len(json.dumps(value)) + 20))
    for start in range(0, len(names), few):
        yield names[start : start + few]


def _noted(value: Any, meta: Any) -> dict[str, Any]:
    """Return a `_meta` that says the same of each value in an object."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return {"": meta, **{str(key): _noted(part, meta) for key, part in pairs}}


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
