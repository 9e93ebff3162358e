"""From a typed event to canonical JSON."""

import copy
from typing import Any

import msgspec

from store_protocol.convert.interface import Interface
from store_protocol.convert.plain_objects import plain
from store_protocol.convert.readers import fields_of
from store_protocol.json_types import OTHER_KEY
from store_protocol.payload.objects import repair_objects
from store_protocol.schema.contexts import Context
from store_protocol.schema.event import Event

# Attributes that an interface doesn't know stand in an attribute of their own, which msgspec writes as an object within the
# object that they belong into: `{"name":"x","KEY":{"a":1}}`, where KEY is `OTHER_KEY`. In contexts, which nearly always are
# the only ones to have such attributes, both objects are written one by one and joined: `{"name":"x","a":1}`. Where the key
# still stands in what was written, the long way leads to the same text: objects of the texts of all parts in which it
# doesn't. The key is a noncharacter.
_KEY = OTHER_KEY.encode()
_KEY_BYTE = _KEY[:1]

_encode = msgspec.json.Encoder(order="deterministic").encode
_encode_in_order = msgspec.json.Encoder().encode
_SCALARS = frozenset({type(None), bool, int, float, str})


def encode_event(event: Event) -> bytes:
    """Write an event as canonical JSON: attributes in their order, objects by key, absent ones left out.

    Attributes that aren't known come after those that are. `decode_event` is the inverse.

    >>> from store_protocol import parse_event
    >>> encode_event(parse_event({"level": "info", "message": "hello"}))
    b'{"level":"info","logentry":{"formatted":"hello"}}'
    """
    try:
        for context in (event.contexts or {}).values():
            if type(context) is not dict and context is not None and context.other:
                encoded = _encode(_with_joined_contexts(event))
                break
        else:
            encoded = _encode(event)
        # A search for one byte is much faster than one for the whole key, which begins as every string does.
        return encode_parts(event) if _KEY_BYTE in encoded and _KEY in encoded else encoded
    except UnicodeEncodeError:
        # Everything that was read is free of surrogates; this was put in by the caller.
        return _encode_in_order(repair_objects(plain(event)))


def encode_parts(value: Interface) -> bytes:
    """Write a typed value as JSON, part by part, as attributes that aren't known may be anywhere in it."""
    return _encode_in_order(_with_texts(value))


def _with_joined_contexts(event: Event) -> Event:
    """Return the event with the text of each context that has attributes that it doesn't know in its place."""
    contexts = {
        key: context if type(context) is dict or context is None or not context.other else _joined(context)
        for key, context in (event.contexts or {}).items()
    }
    joined = copy.copy(event)
    joined.contexts = contexts
    return joined


#: Containers in each other that hold interfaces: measurements by the names of breakdowns.
_LEVELS = 2


def _with_texts(value: Any, levels: int = _LEVELS) -> Any:
    """Return a value with the texts of those of its parts that are written as they are in their places."""
    if type(value) in _SCALARS:
        return value
    text = _encode(value)
    if _KEY not in text or (levels == 0 and not isinstance(value, Interface)):
        return msgspec.Raw(text)
    if isinstance(value, Interface):
        known = {
            field.encode_name: _with_texts(part)
            for field in fields_of(type(value))
            if (part := getattr(value, field.name)) is not None
        }
        other: dict[str, Any] = value.other or {}
        return known | {key: _with_texts(other[key], 0) for key in sorted(other)}
    if isinstance(value, dict):
        return {key: _with_texts(value[key], levels - 1) for key in sorted(value)}
    return [_with_texts(part, levels - 1) for part in value]


def _joined(context: Context) -> msgspec.Raw:
    known = copy.copy(context)
    known.other = None
    # A context has a type, so that neither is empty.
    return msgspec.Raw(_encode(known)[:-1] + b"," + _encode(context.other)[1:])
