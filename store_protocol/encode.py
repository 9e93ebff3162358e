"""From a typed event to canonical JSON."""

from typing import Any

import msgspec

from store_protocol.convert.interface import Interface
from store_protocol.convert.readers import fields_of
from store_protocol.convert.rules import AdditionalProperties
from store_protocol.json_types import OTHER_KEY
from store_protocol.payload.objects import repair_objects
from store_protocol.schema.event import Event

# Attributes that an interface doesn't know stand in an attribute of their own, which msgspec writes as an object within the
# object that they belong into: `{"KEY":{"a":1,"KEY":0},"name":"x"}`, where KEY is `OTHER_KEY`. The hook that it asks for
# them adds the key at their end; taking out both leaves `{"a":1,"name":"x"}`. The key is a noncharacter, the last in order.
# An event may still hold it: then there are more of them than the hook was asked for, and it is written the long way.
_OPEN = f'"{OTHER_KEY}":{{'.encode()
_CLOSE = f',"{OTHER_KEY}":0}}'.encode()
_KEY_BYTE = OTHER_KEY.encode()[:1]

_encode_in_order = msgspec.json.Encoder().encode


def encode_event(event: Event) -> bytes:
    """Write an event as canonical JSON: attributes in their order, objects by key, absent ones left out.

    Attributes that aren't known come before those that are.

    >>> from store_protocol import parse_event
    >>> encode_event(parse_event({"level": "info", "message": "hello"}))
    b'{"level":"info","logentry":{"formatted":"hello"}}'
    """
    try:
        # Contexts are the only ones that keep such attributes, unless the options say otherwise.
        for context in (event.contexts or {}).values():
            if type(context) is not dict and context is not None and context.other:
                return _encode_marked(event)
        try:
            return _encode(event)
        except _HasUnknown:
            return _encode_marked(event)
    except UnicodeEncodeError:
        # Everything that was read is free of surrogates; this was put in by the caller.
        return _encode_in_order(repair_objects(plain(event)))


class _HasUnknown(Exception):
    """An interface holds attributes that it doesn't know."""


def _refuse(value: Any) -> Any:
    raise _HasUnknown if type(value) is AdditionalProperties else NotImplementedError


_encode = msgspec.json.Encoder(enc_hook=_refuse, order="deterministic").encode


def _encode_marked(event: Event) -> bytes:
    asked = 0

    def with_key(other: Any) -> dict[str, Any]:
        nonlocal asked
        if type(other) is not AdditionalProperties:
            raise NotImplementedError
        asked += 1 + (OTHER_KEY in other)
        return {**other.data, OTHER_KEY: 0}

    encoded = msgspec.json.Encoder(enc_hook=with_key, order="deterministic").encode(event)
    return _without_keys(encoded, asked) or _encode_in_order(plain(event))


def _without_keys(encoded: bytes, asked: int) -> bytes | None:
    """Take the keys out of a text; return None if it has others than those that were asked for."""
    pieces = []
    start = opened = closed = 0
    # A search for one byte is much faster than one for the whole key, which begins as every string does.
    at = encoded.find(_KEY_BYTE)
    while at >= 0:
        if encoded.startswith(_OPEN, at - 1):
            pieces.append(encoded[start : at - 1])
            start = at - 1 + len(_OPEN)
            opened += 1
        elif encoded.startswith(_CLOSE, at - 2):
            pieces.append(encoded[start : at - 2])
            start = at - 2 + len(_CLOSE)
            closed += 1
        at = encoded.find(_KEY_BYTE, at + 1)
    pieces.append(encoded[start:])
    return b"".join(pieces) if opened == closed == asked else None


def plain(value: Any) -> Any:
    """Return the plain objects that a typed value stands for, its unknown attributes after those that are known."""
    if isinstance(value, Interface):
        known = {
            field.encode_name: plain(part)
            for field in fields_of(type(value))
            if (part := getattr(value, field.name)) is not None
        }
        return known | plain(value.other.data if value.other else {})
    if isinstance(value, dict):
        return {key: plain(value[key]) for key in sorted(value)}
    if isinstance(value, (list, tuple)):
        return [plain(part) for part in value]
    return value
