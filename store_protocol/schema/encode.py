"""From a typed event to canonical JSON."""

import functools
import re
from typing import Any

import msgspec

from store_protocol.schema.base import Interface
from store_protocol.schema.convert import fields_of
from store_protocol.schema.event import Event

_encode = msgspec.json.Encoder(order="deterministic").encode
_encode_in_order = msgspec.json.Encoder().encode

# Attributes that an interface doesn't know can't be written in their place by msgspec, and come out under this key.
_OTHER = b'"$other":'


def encode_event(event: Event) -> bytes:
    """Write an event as canonical JSON: attributes in their order, objects by key, absent ones left out.

    >>> from store_protocol.schema import parse_event
    >>> encode_event(parse_event({"level": "info", "message": "hello"}))
    b'{"level":"info","logentry":{"formatted":"hello"}}'
    """
    encoded = _encode(event)
    if _OTHER in encoded or (b":null" in encoded and _nulls()(encoded) is not None):
        return _encode_in_order(plain(event))
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
        return known | plain(value.other or {})
    if isinstance(value, dict):
        return {key: plain(value[key]) for key in sorted(value)}
    if isinstance(value, (list, tuple)):
        return [plain(part) for part in value]
    return value
