"""All ways by which an event comes out of what a client sent, each reached by turning shortcuts off.

A shortcut must change nothing but the time. The long way is what the rules say, and so what each shortcut is held to.
"""

import contextlib
import functools
import json
import typing
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

import msgspec

from store_protocol import (
    HttpRequest,
    NormalizeOptions,
    RequestDecoder,
    StoreError,
    encode_event,
    normalize,
    normalize_event,
    pipeline,
)
from store_protocol.body import decoder as body_decoder
from store_protocol.convert.interface import Interface, interfaces
from store_protocol.convert.readers import fields_of
from store_protocol.convert.rules import unwrap
from store_protocol.normalize.context import Steps
from store_protocol.normalize.trimming import trimmer as trimming
from store_protocol.reading import wire_event
from store_protocol.schema.event import Event

EVENT_ID = "f" * 32


def outcome(payload: Any, options: NormalizeOptions) -> bytes | str:
    """Return the canonical event as JSON, or the error that it is refused with."""
    try:
        return encode_event(normalize_event(payload, options, new_event_id=lambda: EVENT_ID))
    except StoreError as error:
        return f"{error.code}: {error.detail}"


@contextlib.contextmanager
def text_is_not_typed_at_once() -> Iterator[None]:
    """Read every text by way of the plain objects that it stands for."""
    with mock.patch.object(normalize, "read_text", return_value=None):
        yield


@contextlib.contextmanager
def text_is_not_typed_whole() -> Iterator[None]:
    """Read every text attribute by attribute, as one is that C refuses."""
    with mock.patch.object(wire_event, "decode_at_once", side_effect=msgspec.ValidationError):
        yield


_convert = msgspec.convert


def is_of_events(kind: Any) -> bool:
    """Return whether a type is one that holds a part of an event: an interface, or a struct around a container of it."""
    return isinstance(kind, type) and (issubclass(kind, Interface) or kind.__name__ == "Box")


def _refuse(value: Any, kind: Any = None, **options: Any) -> Any:
    if is_of_events(kind or options["type"]):
        raise msgspec.ValidationError
    return _convert(value, kind or options["type"])


@contextlib.contextmanager
def msgspec_refuses_everything() -> Iterator[None]:
    """Read every value in Python, attribute by attribute."""
    with text_is_not_typed_at_once(), mock.patch.object(msgspec, "convert", _refuse):
        yield


#: The interfaces of which there are lists.
ITEMS = frozenset(
    item
    for interface in interfaces(Interface)
    for field in fields_of(interface)
    if typing.get_origin(field.hint) is list
    for item in (unwrap(typing.get_args(field.hint)[0])[0],)
    if isinstance(item, type) and issubclass(item, Interface)
)


def _refuse_but_items(value: Any, kind: Any = None, **options: Any) -> Any:
    return (_convert if kind in ITEMS else _refuse)(value, kind, **options)


@contextlib.contextmanager
def msgspec_takes_items_alone() -> Iterator[None]:
    """Read every value in Python, but for the items of lists that C takes."""
    with text_is_not_typed_at_once(), mock.patch.object(msgspec, "convert", _refuse_but_items):
        yield


@contextlib.contextmanager
def trimming_takes_no_shortcut() -> Iterator[None]:
    """Look at every value where something may be cut, with an account to the byte."""

    def everything(*_: Any) -> Any:
        return fields_of(Event), [], []

    trimmer = trimming._Trimmer
    with (
        mock.patch.object(trimming, "_to_trim", everything),
        mock.patch.object(trimming, "fields_to_trim", lambda value, _: fields_of(type(value))),
        mock.patch.object(trimmer, "_fits", return_value=False),
        mock.patch.object(trimmer, "_fitting", return_value=[]),
    ):
        yield


@contextlib.contextmanager
def every_step_runs() -> Iterator[None]:
    """Run each step of normalization, whether or not it has anything to act on."""
    # A partial function doesn't say what the step acts on.
    with mock.patch.object(normalize, "STEPS", Steps(*map(functools.partial, normalize.STEPS))):
        yield


def by_text(event: Any, options: NormalizeOptions) -> bytes | str:
    # As bytes, of which more is known than of a string.
    return outcome(json.dumps(event).encode(), options)


def by_text_attribute_by_attribute(event: Any, options: NormalizeOptions) -> bytes | str:
    with text_is_not_typed_whole():
        return outcome(json.dumps(event).encode(), options)


def by_text_that_is_dense(event: Any, options: NormalizeOptions) -> bytes | str:
    with mock.patch.object(normalize, "is_dense", return_value=True), mock.patch.object(normalize, "LARGE_TEXT", 0):
        return outcome(json.dumps(event), options)


def by_objects(event: Any, options: NormalizeOptions) -> bytes | str:
    return outcome(event, options)


def by_text_by_way_of_objects(event: Any, options: NormalizeOptions) -> bytes | str:
    with text_is_not_typed_at_once():
        return outcome(json.dumps(event), options)


def by_python_alone(event: Any, options: NormalizeOptions) -> bytes | str:
    with msgspec_refuses_everything():
        return outcome(event, options)


def by_items_alone(event: Any, options: NormalizeOptions) -> bytes | str:
    with msgspec_takes_items_alone():
        return outcome(event, options)


def by_exact_trimming(event: Any, options: NormalizeOptions) -> bytes | str:
    with trimming_takes_no_shortcut():
        return outcome(json.dumps(event), options)


def by_python_and_exact_trimming(event: Any, options: NormalizeOptions) -> bytes | str:
    with msgspec_refuses_everything(), trimming_takes_no_shortcut():
        return outcome(event, options)


def by_every_step(event: Any, options: NormalizeOptions) -> bytes | str:
    with every_step_runs():
        return outcome(json.dumps(event).encode(), options)


Way = Callable[[Any, NormalizeOptions], bytes | str]
WAYS: dict[str, Way] = {
    "text": by_text,
    "text attribute by attribute": by_text_attribute_by_attribute,
    "text that is dense": by_text_that_is_dense,
    "objects": by_objects,
    "text by way of objects": by_text_by_way_of_objects,
    "items alone": by_items_alone,
    "Python alone": by_python_alone,
    "exact trimming": by_exact_trimming,
    "every step": by_every_step,
    "Python alone and exact trimming": by_python_and_exact_trimming,
}


def differences(event: Any, options: NormalizeOptions) -> dict[str, bytes | str]:
    """Return what comes of an event by the ways that differ, and by text; nothing where all are equal."""
    found = {name: way(event, options) for name, way in WAYS.items()}
    if len(set(found.values())) == 1:
        return {}
    return {name: result for name, result in found.items() if name == "text" or result != found["text"]}


def request_outcome(request: HttpRequest, options: NormalizeOptions, cuts: list[int] | None) -> Any:
    """Return what comes of a request, its body whole or cut at some places."""
    try:
        if cuts is None:
            submission = pipeline.decode_request(request, options=options, now=0, new_event_id=lambda: EVENT_ID)
        else:
            with mock.patch.object(body_decoder, "AT_ONCE", -1):
                head = msgspec.structs.replace(request, body=b"")
                decoder = RequestDecoder(head, options=options, now=0, new_event_id=lambda: EVENT_ID)
                for start, end in zip([0, *cuts], [*cuts, len(request.body)], strict=True):
                    decoder.feed(request.body[start:end])
                submission = decoder.finish()
    except StoreError as error:
        return error.code, error.detail
    return [*map(encode_event, submission.events)], submission.codings, submission.repairs, submission.decoded_bytes
