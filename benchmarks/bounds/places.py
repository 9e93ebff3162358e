"""Every place in an event where a value may stand, found from the schema, and the shapes that fill it.

A place is a chain of levels, each inside a list or an object of any keys of the one before: so the text may repeat at each
of them. `exception.values[].type` is `{"exception":{"values":[` ... `]}}` around `{"type":` ... `}`.
"""

import typing
from collections.abc import Iterator
from typing import Any

import msgspec

from benchmarks.bounds.shapes import NUMBER, Shape
from store_protocol.convert.interface import Interface
from store_protocol.convert.readers import fields_of
from store_protocol.convert.rules import unwrap
from store_protocol.items import ReplayRecording
from store_protocol.items.decoding import INTERFACES
from store_protocol.schema.contexts import CONTEXTS
from store_protocol.schema.event import Event
from store_protocol.schema.images import IMAGES

Level = tuple[str, str]

#: What a transaction must have, without which its spans and measurements are never looked at.
TRANSACTION = (
    '"type":"transaction","timestamp":1795392000,"start_timestamp":1795391999,'
    '"contexts":{"trace":{"trace_id":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","span_id":"bbbbbbbbbbbbbbbb"}},'
)
_OF_TRANSACTIONS = frozenset({"spans", "measurements", "breakdowns", "transaction_info", "_metrics"})
_PAIRS = frozenset({"tags", "headers", "cookies", "query_string"})

#: The shortest texts of values of each kind.
TOKENS = ("[]", "{}", "0", '""', "null", '"x"', "1.5", "-1", "true", "NaN", "[[]]", '"\\n"')


class Place(msgspec.Struct, frozen=True):
    """A place by its name, the attribute of the event that it is in, and the texts around a value there.

    `item` is the type of the item that it is in, empty for an event.
    """

    name: str
    levels: tuple[Level, ...]
    item: str = ""

    @property
    def attribute(self) -> str:
        """The attribute of the event."""
        return self.name.partition(".")[0].partition("[")[0].partition("{")[0]

    def shapes(self, token: str) -> Iterator[tuple[str, Shape]]:
        """Yield the shapes that have this value at the place, or nothing but such values in it, with a word for each."""
        opens, closes = zip(*self.levels, strict=True)
        for level in range(1, len(opens)):
            before, after = "".join(opens[:level]), "".join(reversed(closes[:level]))
            unit = "".join(opens[level:]) + token + "".join(reversed(closes[level:]))
            yield f"at level {level}", Shape(before, unit, after)
        before, after = "".join(opens), "".join(reversed(closes))
        yield "in a list", Shape(before + "[", token, "]" + after)
        yield "in an object", Shape(before + "{", f'"{NUMBER}":{token}', "}" + after)
        if token.startswith('"'):
            yield "in one string", Shape(before + '"', token[1:-1] or " ", '"' + after, between="")


def places() -> Iterator[Place]:
    """Yield every place of an event."""
    yield Place("", (("", ""),))
    for field in fields_of(Event):
        more = TRANSACTION if field.encode_name in _OF_TRANSACTIONS else ""
        for name in (field.encode_name, *field.rule.aliases):
            if name.startswith("sentry.interfaces"):
                continue
            top = ((f'{{{more}"{name}":', "}"),)
            hint = Any if field.encode_name == "_meta" else field.hint
            yield from _within(name, top, hint, field.encode_name, (Event,))


def places_of_items() -> Iterator[Place]:
    """Yield every place of the items whose payload is a JSON object."""
    for kind, interface in INTERFACES.items():
        if interface is not ReplayRecording and kind == interface.__item_type__:
            for place in _within(kind, (("", ""),), interface, "", ()):
                yield msgspec.structs.replace(place, item=kind)


def _within(name: str, levels: tuple[Level, ...], hint: Any, wire: str, above: tuple[type, ...]) -> Iterator[Place]:
    yield Place(name, levels)
    inner, _ = unwrap(hint)
    if name == "contexts":
        for key, interface in CONTEXTS.items():
            yield from _attributes(
                f"contexts{{{key}}}", _deeper(levels, "{", f'"{NUMBER}":', "", "}"), interface, above, key
            )
        yield Place("contexts{}", _deeper(levels, "{", f'"{NUMBER}":', "", "}"))
    elif wire == "images":
        items = _deeper(levels, "[", "", "", "]")
        yield Place(f"{name}[]", items)
        for key in ("macho", "proguard", "sourcemap", "jvm", "apple"):
            yield from _attributes(f"{name}[{key}]", items, IMAGES.get(key, IMAGES["macho"]), above, key)
    elif wire in _PAIRS:
        yield Place(f"{name}[]", _deeper(levels, "[", "", "", "]"))
        yield Place(f"{name}[][0]", _deeper(levels, "[", "[", ',"a"]', "]"))
        yield Place(f"{name}[][1]", _deeper(levels, "[", '["a",', "]", "]"))
        yield Place(f"{name}{{}}", _deeper(levels, "{", f'"{NUMBER}":', "", "}"))
    elif isinstance(inner, type) and issubclass(inner, Interface):
        yield from _attributes(name, levels, inner, above)
    elif typing.get_origin(inner) is list:
        yield from _within(f"{name}[]", _deeper(levels, "[", "", "", "]"), typing.get_args(inner)[0], "", above)
    elif typing.get_origin(inner) is dict:
        below = _deeper(levels, "{", f'"{NUMBER}":', "", "}")
        yield from _within(f"{name}{{}}", below, typing.get_args(inner)[1], "", above)


def _deeper(levels: tuple[Level, ...], container: str, before: str, after: str, end: str) -> tuple[Level, ...]:
    """Open a container at a place, and a level for each value in it."""
    (opening, closing) = levels[-1]
    return (*levels[:-1], (opening + container, end + closing), (before, after))


def _attributes(
    name: str, levels: tuple[Level, ...], interface: type[Interface], above: tuple[type, ...], kind: str = ""
) -> Iterator[Place]:
    if interface in above:
        return
    if kind == "apple":
        names = ["name", "uuid", "arch", "image_addr", "image_size", "image_vmaddr"]
        fields: dict[str, Any] = dict.fromkeys(names)
    else:
        fields = {name: field for field in fields_of(interface) for name in (field.encode_name, *field.rule.aliases)}
    told = f'"type":"{kind}",' if kind else ""
    for wire, field in fields.items():
        if (kind and wire == "type") or wire.startswith("sentry.interfaces"):
            continue
        at = _put(levels, f'{{{told}"{wire}":', "}")
        if field is None:
            yield Place(f"{name}.{wire}", at)
        else:
            yield from _within(f"{name}.{wire}", at, field.hint, field.encode_name, (*above, interface))
    yield Place(f"{name}.?", _put(levels, f'{{{told}"{NUMBER}":', "}"))


def _put(levels: tuple[Level, ...], opening: str, closing: str) -> tuple[Level, ...]:
    last = levels[-1]
    return (*levels[:-1], (last[0] + opening, closing + last[1]))
