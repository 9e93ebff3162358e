"""From canonical JSON to the typed event that it was written from.

Nothing is repaired here, noted or brought into form: each value goes as it is to the place that its name tells. What takes
it there is put together from the annotations, as the readers of what clients send are, but asks no rule.
"""

import types
import typing
from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec

from store_protocol.collector import decode_uncollected
from store_protocol.convert.interface import Interface
from store_protocol.convert.readers import Field, fields_of
from store_protocol.convert.rules import AdditionalProperties, anything, unwrap
from store_protocol.encode import encode_event
from store_protocol.errors import InvalidEvent, NotAnObject
from store_protocol.first_use import once
from store_protocol.json_types import DECODE_ERRORS
from store_protocol.limits import Limits
from store_protocol.payload import parse_payload
from store_protocol.schema.contexts import CONTEXTS, read_contexts
from store_protocol.schema.event import Event
from store_protocol.schema.images import IMAGES, DebugImage

#: `_meta` stands above what was nested to the limit already.
_LIMITS = Limits(max_depth=8 * Limits().max_depth)

JsonText = bytes | bytearray | memoryview | str

#: Gives the typed value that plain objects stand for. Raises `TypeError` where they stand for none.
_Make = Callable[[Any], Any]


def decode_event(data: JsonText) -> Event:
    """Return the event that `encode_event` has written, its `errors` and `_meta` included.

    Nothing is normalized or checked again. An attribute that its interface doesn't know goes into `other`. Raises a
    `PayloadError`: `InvalidJson` for text that is no JSON, `NotAnObject` for another value, and `InvalidEvent` where an
    attribute is of another type than it has in an event. For what a client has sent use `parse_event` or `normalize_event`.

    >>> from store_protocol import encode_event, normalize_event
    >>> event = normalize_event({"message": "hello", "level": "loud"})
    >>> decode_event(encode_event(event)) == event
    True
    """
    event = _decode_at_once(data)
    return _make_event(data) if event is None else event


def _make_event(data: JsonText) -> Event:
    value = parse_payload(data, limits=_LIMITS)
    if type(value) is not dict:
        raise NotAnObject("an event is a JSON object")
    event: Event = _make_interface(Event, value)
    return event


def _decode_at_once(data: JsonText) -> Event | None:
    """Return the event that C makes of a text in one decode, a quarter of the time; None where it is not all of the event.

    C has no type for contexts and debug images, and passes over attributes that an interface doesn't know. So what it made
    is written again: where that is the same text, nothing is missing.
    """
    try:
        event: Event = decode_uncollected(_decoder().decode, data)
        if event.contexts is not None:
            event.contexts = _make_contexts(event.contexts)
        if event.debug_meta is not None and event.debug_meta.images is not None:
            # Those that C made are without what belongs to their types.
            images = _images_decoder().decode(data).debug_meta["images"]
            event.debug_meta.images = [None if image is None else _make_image(image) for image in images]
        written = encode_event(event)
    except (*DECODE_ERRORS, TypeError, InvalidEvent, UnicodeEncodeError):
        return None
    return event if written == (data.encode() if isinstance(data, str) else data) else None


class _WithImages(msgspec.Struct):
    """The debug images of an event as plain objects."""

    debug_meta: dict[str, Any]


@once
def _decoder() -> "msgspec.json.Decoder[Event]":
    return msgspec.json.Decoder(Event)


@once
def _images_decoder() -> "msgspec.json.Decoder[_WithImages]":
    return msgspec.json.Decoder(_WithImages)


@once
def makers_of(interface: type[Interface]) -> dict[str, tuple[str, _Make | None, frozenset[type], str]]:
    """Return for each name on the wire the attribute's name, what makes a value of it, and the types of its scalars.

    Interfaces contain each other: what makes one looks up its attributes when it is called.
    """
    return {field.encode_name: (field.name, *_of_field(field), interface.__name__) for field in fields_of(interface)}


def _of_field(field: Field) -> tuple[_Make | None, frozenset[type]]:
    if field.rule.read is anything:
        return _as_it_is, _NO_TYPES
    if field.rule.read is read_contexts:
        return _make_contexts, _NO_TYPES
    return _of_hint(field.hint)


def _make_interface(interface: type[Interface], value: Any) -> Any:
    if type(value) is not dict:
        raise TypeError
    makers = makers_of(interface)
    attributes: dict[str, Any] = {}
    other: dict[str, Any] = {}
    for key, part in value.items():
        if key not in makers:
            other[key] = part
        elif part is not None:
            name, make, scalars, within = makers[key]
            if make is None:
                if type(part) not in scalars:
                    raise InvalidEvent(f"{key!r} of {within} is not of its type")
                attributes[name] = part
                continue
            try:
                attributes[name] = make(part)
            except TypeError:
                raise InvalidEvent(f"{key!r} of {within} is not of its type") from None
    if other:
        attributes["other"] = AdditionalProperties(other)
    return interface(**attributes)


_NO_TYPES: frozenset[type] = frozenset()


def _of_hint(hint: Any) -> tuple[_Make | None, frozenset[type]]:
    """Return what makes a value of an annotation; for a scalar nothing, but its types."""
    inner, _ = unwrap(hint)
    scalars = _scalars(inner)
    if scalars is not None:
        return (_make_float, _NO_TYPES) if scalars == {float} else (None, scalars)
    origin, arguments = typing.get_origin(inner) or inner, typing.get_args(inner)
    if origin is list:
        return _list_of(_maker(arguments[0])), _NO_TYPES
    if origin is tuple:
        return _tuple_of([*map(_maker, arguments)]), _NO_TYPES
    if origin is dict:
        return _dict_of(_maker(arguments[1])), _NO_TYPES
    if origin is DebugImage:
        return _make_image, _NO_TYPES
    if isinstance(origin, type) and issubclass(origin, Interface):
        return lambda value: _make_interface(origin, value), _NO_TYPES
    return _as_it_is, _NO_TYPES


def _scalars(inner: Any) -> frozenset[type] | None:
    """Return the types of the values of an annotation of scalars; None for another one."""
    if inner in _SCALARS:
        return frozenset({inner})
    origin = typing.get_origin(inner)
    if origin is typing.Literal:
        return frozenset(map(type, typing.get_args(inner)))
    if origin in {typing.Union, types.UnionType}:
        members = {unwrap(member)[0] for member in typing.get_args(inner)}
        # C takes a time as text, too; an event has its seconds.
        members.discard(datetime)
        return frozenset(members) if members <= _SCALARS else None
    return None


_SCALARS = frozenset({str, int, float, bool})


def _maker(hint: Any) -> _Make:
    """Return what makes a value of an annotation, or None of None."""
    make, scalars = _of_hint(hint)

    def make_or_none(value: Any) -> Any:
        if value is None:
            return None
        if make is not None:
            return make(value)
        if type(value) not in scalars:
            raise TypeError
        return value

    return _as_it_is if make is _as_it_is else make_or_none


def _as_it_is(value: Any) -> Any:
    return value


def _make_float(value: Any) -> float:
    if type(value) is not float and type(value) is not int:
        raise TypeError
    # Other writers leave out the fraction of a whole number.
    return float(value)


def _list_of(make: _Make) -> _Make:
    def make_list(value: Any) -> list[Any]:
        if type(value) is not list:
            raise TypeError
        return value if make is _as_it_is else [*map(make, value)]

    return make_list


def _tuple_of(makes: list[_Make]) -> _Make:
    def make_tuple(value: Any) -> tuple[Any, ...]:
        if type(value) is not list or len(value) != len(makes):
            raise TypeError
        return tuple([make(part) for make, part in zip(makes, value, strict=True)])

    return make_tuple


def _dict_of(make: _Make) -> _Make:
    def make_dict(value: Any) -> dict[str, Any]:
        if type(value) is not dict:
            raise TypeError
        return value if make is _as_it_is else {key: make(part) for key, part in value.items()}

    return make_dict


def _make_image(value: Any) -> Any:
    kind = value.get("type") if type(value) is dict else None
    return _make_interface(IMAGES.get(kind, DebugImage) if type(kind) is str else DebugImage, value)


def _make_contexts(value: Any) -> dict[str, Any]:
    if type(value) is not dict:
        raise TypeError
    return {key: None if context is None else _make_context(context) for key, context in value.items()}


def _make_context(value: Any) -> Any:
    if type(value) is not dict:
        raise TypeError
    kind = value.get("type")
    interface = CONTEXTS.get(kind) if type(kind) is str else None
    return value if interface is None else _make_interface(interface, value)
