"""What everyone asks of an event."""

from datetime import UTC, datetime
from typing import Any

import pytest

from store_protocol import normalize_event, parse_event
from store_protocol.describe import errors_of, exceptions, stack_trace, tag, time_of, title

FRAMES = [
    {"filename": "app.py", "lineno": 7, "function": "work", "context_line": "    fail()"},
    {"module": "org.example.Main", "function": "main"},
    None,
    {"instruction_addr": "0x1f"},
    {},
]


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ({"exception": [{"type": "A", "value": "one"}, {"type": "B", "value": "two\nlines"}]}, "B: two lines"),
        ({"exception": [{"type": "A"}]}, "A"),
        ({"message": "hello"}, "hello"),
        ({"type": "transaction", "transaction": "/orders"}, "/orders"),
        ({"culprit": "a in b"}, "a in b"),
        ({"type": "default"}, "default"),
        ({}, "event"),
    ],
)
def test_title_is_what_an_event_is_listed_under(event: dict[str, Any], expected: str) -> None:
    assert title(parse_event(event)) == expected


def test_exceptions_leave_out_those_that_could_not_be_read() -> None:
    event = parse_event({"exception": [{"type": "A"}, 1]})
    assert [each.type for each in exceptions(event)] == ["A"] and exceptions(parse_event({})) == []


def test_stack_trace_shows_each_exception_with_its_frames() -> None:
    cause = {"type": "OSError", "value": None, "stacktrace": {"frames": FRAMES}}
    event = normalize_event({"exception": [cause, {"value": "no"}]})
    assert stack_trace(event).splitlines() == [
        '  File "app.py", line 7, in work',
        "    fail()",
        '  File "?", in org.example.Main.main',
        '  File "0x1f", in ?',
        '  File "?", in ?',
        "OSError",
        "",
        "no",
    ]


def test_stack_trace_without_an_exception_has_frames_alone() -> None:
    event = parse_event({"stacktrace": {"frames": [{"filename": "a.c", "function": "f"}]}})
    assert stack_trace(event) == '  File "a.c", in f'
    assert stack_trace(parse_event({})) == ""


def test_errors_leave_out_those_that_could_not_be_read() -> None:
    event = parse_event({"level": "loud", "errors": [5, {"type": "js_no_source"}]})
    assert [error.type for error in errors_of(event)] == ["js_no_source", "invalid_data", "invalid_data"]
    assert errors_of(parse_event({})) == []


def test_tag_is_found_by_its_name() -> None:
    event = parse_event({"tags": [["a", "b"], None, ["c", "d"]]})
    assert (tag(event, "c"), tag(event, "x")) == ("d", None)


@pytest.mark.parametrize(
    ("timestamp", "expected"),
    [(1795392000.5, datetime(2026, 11, 23, 0, 0, 0, 500000, UTC)), (None, None), ("9999-12-31T23:59:59-10:00", None)],
)
def test_time_is_in_utc(timestamp: Any, expected: datetime | None) -> None:
    assert time_of(parse_event({"timestamp": timestamp})) == expected
