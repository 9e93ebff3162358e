"""From a typed event to canonical JSON."""

import functools
import re
from typing import Any

import msgspec

from store_protocol.schema.base import Interface
from store_protocol.schema.convert import fields_of
from store_protocol.schema.event import Event
from store_protocol.schema.rules import Unknown

# Attributes that an interface doesn't know stand in an attribute of their own, which msgspec writes as an object within the
# object that they belong into: `{"$other":{"a":1,"<end>":0},"name":"x"}`. The hook that it asks for them puts the mark at
# their end; taking out both marks leaves `{"a":1,"name":"x"}`. Text of an event may look like a mark, though no sane one
# does: then there are more marks than the hook was asked for, and the event is written the long way.
_START = b'"$other":{'
_END_KEY = "\U0010ffff"
_END = f',"{_END_KEY}":0}}'.encode()

_encode_in_order = msgspec.json.Encoder().encode


def encode_event(event: Event) -> bytes:
    """Write an event as canonical JSON: attributes in their order, objects by key, absent ones left out.

    Attributes that aren't known come before those that are.

    >>> from store_protocol.schema import parse_event
    >>> encode_event(parse_event({"level": "info", "message": "hello"}))
    b'{"level":"info","logentry":{"formatted":"hello"}}'
    """
    asked = 0

    def with_mark(other: Any) -> dict[str, Any]:
        nonlocal asked
        if type(other) is not Unknown:
            raise NotImplementedError
        asked += 1
        return {**other.data, _END_KEY: 0}

    encoded = msgspec.json.Encoder(enc_hook=with_mark, order="deterministic").encode(event)
    if b":null" in encoded and _nulls()(encoded) is not None:
        return _encode_in_order(plain(event))
    if asked or _START in encoded:
        if encoded.count(_START) != asked or encoded.count(_END) != asked:
            return _encode_in_order(plain(event))
        encoded = encoded.replace(_START, b"").replace(_END, b"")
    return encoded


@functools.cache
def _nulls() -> Any:
    """Give the search for null attributes that msgspec writes: those without a default, as they are required."""
    names = {
        info.encode_name
        for interface in _interfaces(Interface)
        for info in msgspec.structs.fields(interface)
        if info.required
    }
    return re.compile(b'"(?:' + "|".join(sorted(names)).encode() + b')":null').search


def _interfaces(above: type[Interface]) -> set[type[Interface]]:
    below = set(above.__subclasses__())
    return below.union(*map(_interfaces, below))


def plain(value: Any) -> Any:
    """Give the plain objects that a typed value stands for, its unknown attributes after those that are known."""
    if isinstance(value, Interface):
        known = {
            field.wire: plain(part) for field in fields_of(type(value)) if (part := getattr(value, field.name)) is not None
        }
        return known | plain(value.other.data if value.other else {})
    if isinstance(value, dict):
        return {key: plain(value[key]) for key in sorted(value)}
    if isinstance(value, (list, tuple)):
        return [plain(part) for part in value]
    return value
