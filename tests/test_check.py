"""Everything that is wrong with an event: what can't be read, what normalization refuses, and what the endpoint does."""

import json
from collections import Counter
from random import Random
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from store_protocol import (
    FieldError,
    HttpRequest,
    Limits,
    NormalizeOptions,
    StoreError,
    check_event,
    decode_request,
    normalize_event,
)
from store_protocol.errors import InvalidJson, TooDeep
from store_protocol.strategies import dirty_events, events, legacy_events
from tests.changed_events import changed_event
from tests.wide_events import wide_event

NOW = 1795392000.0
SEEDS = st.integers(0, 2**32).map(Random)


def found(payload: Any, options: NormalizeOptions | None = None) -> list[tuple[str, str]]:
    return [(error.path, error.kind) for error in check_event(payload, options or NormalizeOptions(), now=NOW)]


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        # Read, then normalized.
        ({"level": "loud", "release": "a/b"}, [("level", "invalid_data"), ("release", "invalid_data")]),
        ({"environment": "none"}, [("environment", "invalid_data")]),
        ({"dist": "a" * 65}, [("dist", "value_too_long")]),
        ({"request": {"method": "a b"}}, [("request.method", "invalid_data")]),
        ({"logentry": {"params": [1]}}, [("logentry", "invalid_data")]),
        ({"exception": [{"module": "a"}]}, [("exception.values.0", "missing_attribute")]),
        ({"tags": [["", "a"]]}, [("tags.0.0", "invalid_data")]),
        # All of it.
        ({"type": "transaction"}, [("", "invalid_event")]),
        ({"type": "transaction", "level": []}, [("level", "invalid_data"), ("", "invalid_event")]),
        ({"extra": {"a": "x" * 2**20}}, [("", "limit_exceeded")]),
        # Once, wherever it stands in the end.
        (
            {"stacktrace": {"frames": [{"lineno": "a"}]}, "exception": [{"type": "E"}]},
            [("stacktrace.frames.0.lineno", "invalid_data")],
        ),
        # What other servers said is no fault of the event.
        ({"_meta": {"level": {"": {"err": ["invalid_data"]}}}, "level": "info"}, []),
        ({"errors": [{"type": "invalid_data", "name": "level"}]}, []),
        ({"message": "hello"}, []),
    ],
)
def test_what_is_wrong_is_listed(event: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    text = json.dumps(event)
    for payload in (event, text, text.encode(), bytearray(text.encode()), memoryview(text.encode())):
        assert found(payload) == expected


def test_options_and_clock_count_as_they_do_in_normalization() -> None:
    options = NormalizeOptions(max_secs_in_past=60, max_secs_in_future=60)
    assert found({"timestamp": NOW - 100}, options) == [("timestamp", "past_timestamp")]
    assert found({"timestamp": NOW + 100}, options) == [("timestamp", "future_timestamp")]
    assert found({"timestamp": NOW - 10}, options) == []
    assert found({"timestamp": (NOW - 10) * 1000}) == [("timestamp", "timestamp_unit")]


def test_limits_count_as_they_do_at_the_endpoint() -> None:
    limits = Limits(max_event_bytes=20, max_depth=10)
    assert check_event('{"message": "hello"}', limits=limits) == []
    over = [FieldError("", "limit_exceeded", "event over the limit of 20 bytes")]
    assert check_event('{"message": "hellö"}', limits=limits) == over
    assert check_event({"message": "hello you"}, limits=limits) == over
    for payload in (b'{"extra": ' + b"[" * 10 + b"]" * 10 + b"}", {"extra": json.loads("[" * 10 + "]" * 10)}):
        with pytest.raises(TooDeep):
            check_event(payload, limits=limits)
    with pytest.raises(InvalidJson):
        check_event(b"{", limits=limits)


@given(events() | legacy_events() | dirty_events() | SEEDS.map(wide_event) | SEEDS.map(changed_event))
def test_nothing_that_is_refused_is_missing_property(event: dict[str, Any]) -> None:
    # Escapes may take it over the limit.
    assume(len(json.dumps(event)) < Limits().max_event_bytes)
    options = NormalizeOptions(max_secs_in_past=60, max_secs_in_future=60)
    listed = check_event(event, options, now=NOW)
    request = HttpRequest("POST", "/api/1/store/?sentry_key=a", [], json.dumps(event).encode())
    clean = {name: part for name, part in event.items() if name not in {"_meta", "errors"}}
    try:
        decode_request(request, options=options, now=NOW)
        errors = normalize_event(clean, options, now=NOW).errors or []
        # Of some values they are listed twice, as by Relay.
        refused = [(kind, reason) for _, kind, reason in {(each.name, each.type, each.reason) for each in errors if each}]
    except StoreError as error:
        refused = [(error.code, error.detail)]
    # The same may be listed more often: of a value, and of what it became.
    assert not Counter(refused) - Counter((each.kind, each.reason) for each in listed)


@given(dirty_events() | SEEDS.map(wide_event))
def test_text_is_checked_as_objects_are_property(event: dict[str, Any]) -> None:
    assume(len(json.dumps(event)) < Limits().max_event_bytes)
    assert check_event(json.dumps(event), now=NOW) == check_event(event, now=NOW)
