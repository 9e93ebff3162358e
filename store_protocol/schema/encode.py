"""From a typed event to canonical JSON."""

import functools
import operator
import typing
from typing import Any

import msgspec

from store_protocol.schema.base import MARK, Interface
from store_protocol.schema.convert import fields_of
from store_protocol.schema.event import Event
from store_protocol.schema.rules import Unknown

# Attributes that an interface doesn't know stand in an attribute of their own, which msgspec writes as an object within the
# object that they belong into: `{"MARK":{"a":1,"MARK":0},"name":"x"}`. The hook that it asks for them adds the mark at
# their end; taking out both marks leaves `{"a":1,"name":"x"}`. The mark is a noncharacter, the last in order. An event may
# still hold it: then there are more marks than the hook was asked for, and the event is written the long way.
_OPEN = f'"{MARK}":{{'.encode()
_CLOSE = f',"{MARK}":0}}'.encode()
_MARK_BYTE = MARK.encode()[:1]

_encode_in_order = msgspec.json.Encoder().encode


def encode_event(event: Event) -> bytes:
    """Write an event as canonical JSON: attributes in their order, objects by key, absent ones left out.

    Attributes that aren't known come before those that are.

    >>> from store_protocol.schema import parse_event
    >>> encode_event(parse_event({"level": "info", "message": "hello"}))
    b'{"level":"info","logentry":{"formatted":"hello"}}'
    """
    if _lacks_frames(event):
        event = without_gaps(event, _FRAMES)
    encoded = _encode(event)
    nulls = _nulls(encoded)
    if nulls:
        without = without_gaps(event, nulls)
        if without is not event:
            encoded = _encode(without)
    return encoded


# Stack traces without frames are the one gap that isn't rare: Apple's SDKs send them for threads that are at rest.
_FRAMES = frozenset({"frames"})


def _lacks_frames(event: Event) -> bool:
    for holder in (event.exception, event.threads):
        for value in (holder and holder.values) or ():
            if value is not None and value.stacktrace is not None and value.stacktrace.frames is None:
                return True
    return False


def _encode(event: Event) -> bytes:
    asked = 0

    def with_mark(other: Any) -> dict[str, Any]:
        nonlocal asked
        if type(other) is not Unknown:
            raise NotImplementedError
        asked += 1 + (MARK in other)
        return {**other.data, MARK: 0}

    encoded = msgspec.json.Encoder(enc_hook=with_mark, order="deterministic").encode(event)
    return (_without_marks(encoded, asked) or _encode_in_order(plain(event))) if asked else encoded


def _without_marks(encoded: bytes, asked: int) -> bytes | None:
    """Take the marks out of a text; give None if it has others than those that were asked for."""
    pieces = []
    start = opened = closed = 0
    # A search for one byte is much faster than one for the whole mark, which begins as every string does.
    at = encoded.find(_MARK_BYTE)
    while at >= 0:
        if encoded.startswith(_OPEN, at - 1):
            pieces.append(encoded[start : at - 1])
            start = at - 1 + len(_OPEN)
            opened += 1
        elif encoded.startswith(_CLOSE, at - 2):
            pieces.append(encoded[start : at - 2])
            start = at - 2 + len(_CLOSE)
            closed += 1
        at = encoded.find(_MARK_BYTE, at + 1)
    pieces.append(encoded[start:])
    return b"".join(pieces) if opened == closed == asked else None


# msgspec leaves out None only where it is the default, which it isn't of attributes that must be there. These are few, and
# hardly ever None, so that the text is searched for them, and the event only where the text says that there may be one.


@functools.cache
def _required() -> dict[bytes, str]:
    """Give the attributes that an interface must have, by the text before their value."""
    infos = [info for interface in _interfaces(Interface) for info in msgspec.structs.fields(interface)]
    return {f'"{info.encode_name}"'.encode(): info.name for info in infos if info.required}


def _interfaces(above: type[Interface]) -> set[type[Interface]]:
    below = set(above.__subclasses__())
    return below.union(*map(_interfaces, below))


def _nulls(encoded: bytes) -> frozenset[str]:
    """Give the names of those attributes that must be there and that stand in a text as null, whosever they are."""
    at = encoded.find(b":null")
    if at < 0:
        return frozenset()
    required = _required()
    ends = tuple(required)
    found = set()
    while at >= 0:
        if encoded.endswith(ends, 0, at):
            found.add(required[encoded[encoded.rindex(b'"', 0, at - 1) : at]])
        at = encoded.find(b":null", at + 5)
    return frozenset(found)


def without_gaps(value: Any, names: frozenset[str]) -> Any:
    """Give a typed value with those of `names` unset that must be there but are None: a copy where there are any."""
    if isinstance(value, Interface):
        required, others = _parts(type(value), names)
        changes: dict[str, Any] = {name: msgspec.UNSET for name in required if getattr(value, name) is None}
        for name in others:
            part = getattr(value, name)
            if part is not None and (without := without_gaps(part, names)) is not part:
                changes[name] = without
        return msgspec.structs.replace(value, **changes) if changes else value
    if type(value) is list:
        parts = [without_gaps(part, names) for part in value]
        return value if all(map(operator.is_, parts, value)) else parts
    if type(value) is dict:
        items = {key: without_gaps(part, names) for key, part in value.items()}
        return value if all(map(operator.is_, items.values(), value.values())) else items
    return value


@functools.lru_cache(maxsize=1024)
def _parts(interface: type[Interface], names: frozenset[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Give those of `names` that an interface must have, and the attributes that lead to interfaces that must have one."""
    required = tuple(info.name for info in msgspec.structs.fields(interface) if info.required and info.name in names)
    return required, tuple(field.name for field in fields_of(interface) if _leads(field.hint, field.rule.kind, names))


def _leads(hint: Any, kind: str, names: frozenset[str]) -> bool:
    if isinstance(hint, type) and issubclass(hint, Interface):
        return any(any(_parts(each, names)) for each in {hint} | _interfaces(hint))
    return kind == "contexts" or any(_leads(part, "", names) for part in typing.get_args(hint))


def plain(value: Any) -> Any:
    """Give the plain objects that a typed value stands for, its unknown attributes after those that are known."""
    if isinstance(value, Interface):
        known = {
            field.wire: plain(part)
            for field in fields_of(type(value))
            if (part := getattr(value, field.name)) is not None and part is not msgspec.UNSET
        }
        return known | plain(value.other.data if value.other else {})
    if isinstance(value, dict):
        return {key: plain(value[key]) for key in sorted(value)}
    if isinstance(value, (list, tuple)):
        return [plain(part) for part in value]
    return value
