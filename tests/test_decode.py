"""Events out and in again: `decode_event` is the inverse of `encode_event`, and msgspec takes every event."""

import contextlib
import json
from collections.abc import Iterator
from random import Random
from typing import Any
from unittest import mock

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from store_protocol import (
    Event,
    NormalizeOptions,
    StoreError,
    decode,
    decode_event,
    decode_request,
    encode_event,
    normalize_event,
    parse_event,
)
from store_protocol.errors import InvalidEvent, InvalidJson, NotAnObject, TooDeep
from store_protocol.json_types import OTHER_KEY
from store_protocol.strategies import dirty_events, events, legacy_events
from tests.changed_events import changed_event
from tests.noted_events import noted
from tests.recordings import by_client, recorded_requests
from tests.wide_events import wide_event

RECEIVED = 1795392000.0
OPTIONS = [
    NormalizeOptions(received_at=RECEIVED, **options)
    for options in (
        {},
        {"enable_trimming": True},
        {"remove_other": False},
        {"is_renormalize": True},
        {"remove_other": False, "enable_trimming": True, "project_id": 1, "client": "a/1"},
    )
]


def in_place(value: Any) -> Any:
    """Put attributes that aren't known beside those that are."""
    if isinstance(value, dict):
        placed = {key: in_place(part) for key, part in value.items() if key != OTHER_KEY}
        return {**placed, **in_place(value[OTHER_KEY])} if OTHER_KEY in value else placed
    if isinstance(value, (list, tuple)):
        return [*map(in_place, value)]
    return value


@contextlib.contextmanager
def in_python_alone() -> Iterator[None]:
    """Decode every event value by value."""
    with mock.patch.object(decode, "_decode_at_once", return_value=None):
        yield


def hold(event: Event) -> None:
    """Hold all ways out of an event to its text, and the way back to the event."""
    encoded = encode_event(event)
    decoded = decode_event(encoded)
    assert decoded == event
    assert encode_event(decoded) == encoded
    with in_python_alone():
        assert decode_event(encoded) == event
    assert event.to_dict() == decoded.to_dict() == json.loads(encoded)
    assert in_place(msgspec.to_builtins(event)) == in_place(msgspec.json.decode(msgspec.json.encode(event)))
    if OTHER_KEY.encode() not in encoded:
        assert in_place(msgspec.to_builtins(event)) == json.loads(encoded)


SEEDS = st.integers(0, 2**32).map(Random)
WIDE = SEEDS.map(wide_event) | SEEDS.map(changed_event) | SEEDS.map(lambda seed: noted(seed, wide_event(seed)))


@given(events() | legacy_events() | dirty_events() | WIDE, st.sampled_from(OPTIONS))
def test_drawn_event_comes_back(payload: Any, options: NormalizeOptions) -> None:
    # Some must not be taken at all.
    with contextlib.suppress(StoreError):
        hold(normalize_event(payload, options))
    hold(parse_event(payload))


@pytest.mark.parametrize("client", recorded_requests("store", "envelope", "security"))
def test_recorded_event_comes_back(client: str) -> None:
    for request in recorded_requests("store", "envelope", "security")[client]:
        for options in OPTIONS:
            for event in decode_request(request, options=options).events:
                hold(event)


@pytest.mark.parametrize(
    "payload",
    [
        {"contexts": {"device": {"more": 1, OTHER_KEY: {"a": 2}}, "own": {"type": "os", "name": "a"}, "no": None}},
        {"contexts": {"response": {"cookies": "a=b", "headers": {"a": "b"}, "data": {"c": []}}}},
        {"debug_meta": {"images": [{"type": "apple", "name": "a", "uuid": "a" * 32}, {"type": "unknown"}, None]}},
        {"tags": [["a", None], None, ["b"]], "level": [], "_meta": {"level": {"": {"len": 3, "rem": [["a", "x", 0, 1]]}}}},
        {"extra": {"deep": json.loads("[" * 120 + "]" * 120)}},
        {"measurements": {"fcp": {"value": 1}}, "breakdowns": {"a": {"b": {"value": 2}, "c": None}}},
        {"exception": [{"type": "E", "thread_id": 1}, {"type": "F", "thread_id": "a"}, None]},
    ],
)
@pytest.mark.parametrize("options", OPTIONS)
def test_event_comes_back(payload: dict[str, Any], options: NormalizeOptions) -> None:
    hold(normalize_event(payload, options))


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview, lambda text: text.decode()])
def test_text_may_be_of_any_kind(kind: Any) -> None:
    assert decode_event(kind(b'{"level":"info","timestamp":1}')) == Event(level="info", timestamp=1.0)


NO_EVENTS: list[dict[str, Any]] = [
    *({"level": 1}, {"level": []}, {"timestamp": "1"}, {"timestamp": True}, {"project": 1.5}, {"project": True}),
    *({"user": []}, {"user": "a"}, {"user": {"id": {}}}, {"extra": []}, {"modules": {"a": 1}}),
    *({"tags": {}}, {"tags": [1]}, {"tags": [["a"]]}, {"tags": [["a", "b", "c"]]}, {"tags": [["a", 1]]}),
    *({"exception": []}, {"exception": {"values": {}}}, {"exception": {"values": [1]}}),
    *({"contexts": []}, {"contexts": {"os": []}}, {"contexts": {"os": {"type": "os", "name": 1}}}),
    *({"debug_meta": {"images": [1]}}, {"debug_meta": {"images": [{"type": "elf", "code_file": 1}]}}),
    *({"threads": {"values": [{"held_locks": {"a": {"type": "1"}}}]}}, {"errors": [{"type": []}]}),
]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (b"", InvalidJson),
        (b"{", InvalidJson),
        (b"[]", NotAnObject),
        (b"null", NotAnObject),
        (b'{"extra":' + b"[" * 5000 + b"]" * 5000 + b"}", TooDeep),
        *((json.dumps(event).encode(), InvalidEvent) for event in NO_EVENTS),
    ],
)
def test_what_is_no_event_is_refused(text: bytes, error: type[StoreError]) -> None:
    with pytest.raises(error):
        decode_event(text)


def test_events_of_recorded_clients_are_decoded_at_once() -> None:
    texts = [text for texts in by_client("store", "envelope").values() for text in texts]
    encoded = [encode_event(normalize_event(text, OPTIONS[1])) for text in texts]
    with mock.patch.object(decode, "_make_event", side_effect=decode._make_event) as value_by_value:
        for text in encoded:
            decode_event(text)
    # A null in a list that C knows none in, an address that is none: one in a hundred.
    assert value_by_value.call_count <= len(encoded) // 50


def test_text_that_c_takes_otherwise_is_decoded_value_by_value() -> None:
    event = normalize_event({"message": "a", "exception": [{"type": "E"}], "event_id": "a" * 32}, OPTIONS[0])
    text = encode_event(event)
    for other in (
        text.replace(b"{", b"{ ", 1),
        text.replace(b'"type":"E"', b'"type":"E","unknown":1'),
        text.replace(b'"received":1795392000.0', b'"received":1795392000'),
    ):
        assert other != text
        with in_python_alone():
            expected = decode_event(other)
        assert decode_event(other) == expected


def test_plain_objects_are_apart_from_the_event() -> None:
    event = parse_event({"extra": {"a": [1]}, "contexts": {"own": {"b": {}}}})
    event.to_dict()["extra"]["a"].append(2)
    event.to_dict()["contexts"]["own"]["b"]["c"] = 1
    assert event == parse_event({"extra": {"a": [1]}, "contexts": {"own": {"b": {}}}})
