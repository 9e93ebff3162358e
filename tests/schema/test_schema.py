"""Typing an event: what is taken, what is repaired, what is refused and with which words."""

from typing import Any

import pytest

from store_protocol.convert.interface import Interface, interfaces
from store_protocol.convert.plain_objects import plain
from store_protocol.convert.readers import fields_of, reader_of
from store_protocol.convert.rules import Rule, anything
from store_protocol.reading.events import parse_event
from store_protocol.schema import ProcessingError

UUID = "7c9ae6e58f03442b9203bbdcf6ae904c"


def typed(payload: dict[str, Any]) -> dict[str, Any]:
    """Return the plain form of a typed event without its errors."""
    event: dict[str, Any] = plain(parse_event(payload))
    event.pop("errors", None)
    event.pop("_meta", None)
    return event


def faults(payload: dict[str, Any]) -> list[tuple[str | None, str | None, str | None]]:
    return [(error.type, error.name, error.reason) for error in parse_event(payload).errors or () if error is not None]


def frame(**attributes: Any) -> dict[str, Any]:
    return {"exception": [{"type": "x", "stacktrace": {"frames": [attributes]}}]}


def read_frame(**attributes: Any) -> dict[str, Any]:
    found: dict[str, Any] = typed(frame(**attributes))["exception"]["values"][0]["stacktrace"]["frames"][0]
    return found


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        # scalars
        ({"event_id": UUID.upper()}, {"event_id": UUID}),
        ({"event_id": "7c9ae6e5-8f03-442b-9203-bbdcf6ae904c"}, {"event_id": UUID}),
        ({"event_id": "{7c9ae6e5-8f03-442b-9203-bbdcf6ae904c}"}, {"event_id": UUID}),
        ({"event_id": "urn:uuid:7c9ae6e5-8f03-442b-9203-bbdcf6ae904c"}, {"event_id": UUID}),
        ({"level": "log"}, {"level": "info"}),
        ({"level": "critical"}, {"level": "fatal"}),
        ({"level": 30}, {"level": "warning"}),
        ({"time_spent": 1.9}, {"time_spent": 1}),
        ({"release": 5}, {"release": "5"}),
        ({"release": True}, {"release": "True"}),
        ({"release": -0.5}, {"release": "-0"}),
        ({"release": "\u2003a\t"}, {"release": "a"}),
        ({"start_timestamp": 1}, {"start_timestamp": 1.0}),
        ({"modules": {"a": "1", "b": None}}, {"modules": {"a": "1"}}),
        ({"modules": {"b": None}}, {}),
        ({"fingerprint": [None, 1.9, True, "a"]}, {"fingerprint": ["1", "True", "a"]}),
        ({"type": "feedback"}, {"type": "feedback"}),
        ({"device": 1, "metadata": {}}, {}),
        # the message by all its names
        ({"message": "a"}, {"logentry": {"formatted": "a"}}),
        ({"sentry.interfaces.Message": {"message": "a"}}, {"logentry": {"message": "a"}}),
        ({"message": "b", "sentry.interfaces.Message": "a"}, {"logentry": {"formatted": "a"}}),
        ({"logentry": None, "message": "a"}, {}),
        ({"message": False}, {}),
        ({"message": ""}, {}),
        ({"message": {}}, {}),
        ({"message": [1, 1e16]}, {"logentry": {"formatted": "[1,1e+16]"}}),
        ({"message": {"message": "%s", "params": ["x"]}}, {"logentry": {"message": "%s", "params": ["x"]}}),
        # lists of values
        ({"exception": {"type": "a"}}, {"exception": {"values": [{"type": "a"}]}}),
        ({"exception": [{"value": {"b": 1, "a": 2}}]}, {"exception": {"values": [{"value": '{"a":2,"b":1}'}]}}),
        ({"exception": []}, {}),
        ({"exception": {}}, {}),
        ({"sentry.interfaces.Exception": {"values": [{"type": "a"}]}}, {"exception": {"values": [{"type": "a"}]}}),
        ({"threads": [{"id": -1}]}, {"threads": {"values": [{"id": 2**64 - 1}]}}),
        # pairs
        ({"tags": {"b": 1, "a b": 1.5}}, {"tags": [["a-b", "1"], ["b", "1"]]}),
        ({"tags": [["a", None], None]}, {"tags": [["a", None], None]}),
        ({"request": {"headers": {"x": ["a", 1], "a": "b"}}}, {"request": {"headers": [["A", "b"], ["X", "a,1"]]}}),
        (
            {"request": {"query_string": "?a=1&&b&c=%C3%A9+x"}},
            {"request": {"query_string": [["a", "1"], ["b", ""], ["c", "é x"]]}},
        ),
        ({"request": {"query_string": {"a": [1]}}}, {"request": {"query_string": [["a", "[1]"]]}}),
        ({"request": {"cookies": "a=b; c=d=e;"}}, {"request": {"cookies": [["a", "b"], ["c", "d=e"]]}}),
        ({"sentry.interfaces.Http": {"method": "GET"}}, {"request": {"method": "GET"}}),
        # the user
        ({"user": {"id": 5, "zz": 1, "data": {"zz": 2, "y": 3}}}, {"user": {"id": "5", "data": {"zz": 1, "y": 3}}}),
        ({"user": {"ip_address": "{{auto}}"}}, {"user": {"ip_address": "{{auto}}"}}),
        ({"user": {"ip_address": "::FFFF:1.2.3.4"}}, {"user": {"ip_address": "::FFFF:1.2.3.4"}}),
    ],
)
def test_event_is_typed(payload: dict[str, Any], expected: dict[str, Any]) -> None:
    assert typed(payload) == expected
    assert faults(payload) == []


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({"lineno": 1.5}, {"lineno": 1}),
        ({"filename": "", "abs_path": "/a"}, {"abs_path": "/a"}),
        ({"vars": [1, None]}, {"vars": {"0": 1, "1": None}}),
        ({"instruction_addr": 31}, {"instruction_addr": "0x1f"}),
        ({"instruction_addr": "+31"}, {"instruction_addr": "0x1f"}),
        ({"instruction_addr": "0X1F"}, {"instruction_addr": "0x1f"}),
        ({"instruction_addr": -1}, {"instruction_addr": "0xffffffffffffffff"}),
        ({"pre_context": ["a", None]}, {"pre_context": ["a", None]}),
        ({"lock": {"type": 4, "thread_id": ""}}, {"lock": {"type": 4}}),
        ({"data": {"orig_lineno": 3.0}}, {"data": {"orig_lineno": 3}}),
        ({"unknown": 1, "lineno": 2}, {"lineno": 2}),
    ],
)
def test_frame_is_typed(attributes: dict[str, Any], expected: dict[str, Any]) -> None:
    assert read_frame(**attributes) == expected
    assert faults(frame(**attributes)) == []


@pytest.mark.parametrize(
    ("payload", "fault"),
    [
        ({"event_id": "x" * 32}, ("event_id", "invalid character: found `x` at 0")),
        ({"event_id": "7c9"}, ("event_id", "invalid length: found 3")),
        ({"event_id": "7c9ae6e5-8f03"}, ("event_id", "invalid group count: expected 5, found 2")),
        ({"event_id": 5}, ("event_id", "expected event id")),
        ({"level": "loud"}, ("level", "invalid level")),
        ({"level": 25}, ("level", None)),
        ({"level": 10.0}, ("level", "expected a level")),
        ({"logger": 1}, ("logger", "expected a string")),
        ({"logger": "a\nb"}, ("logger", r"invalid character '\n'")),
        ({"dist": "a b"}, ("dist", "invalid character ' '")),
        ({"release": " "}, ("release", "expected a non-empty string")),
        ({"release": 2.0**53}, ("release", "expected a number with JSON precision")),
        ({"release": []}, ("release", "expected a primitive value")),
        ({"time_spent": -1}, ("time_spent", "expected an unsigned integer")),
        ({"time_spent": "1"}, ("time_spent", "expected an unsigned integer")),
        ({"extra": [1]}, ("extra", "expected an object")),
        ({"fingerprint": "a"}, ("fingerprint", "expected an array")),
        ({"fingerprint": [[1]]}, ("fingerprint", None)),
        ({"modules": {"a": 1}}, ("modules.a", "expected a string")),
        ({"exception": 5}, ("exception", "expected a list or values object")),
        ({"exception": {"values": {}}}, ("exception.values", "expected an array")),
        ({"exception": [5]}, ("exception.values.0", "expected exception")),
        ({"user": 5}, ("user", "expected user")),
        ({"user": {"ip_address": "1.2.3.04"}}, ("user.ip_address", "expected an ip address")),
        ({"user": {"ip_address": "fe80::1%eth0"}}, ("user.ip_address", "expected an ip address")),
        ({"user": {"geo": []}}, ("user.geo", "expected geo")),
        ({"message": {"message": 1}}, ("logentry.message", "expected a string")),
        ({"message": {"message": "a", "params": 1}}, ("logentry.params", "expected message parameters")),
        ({"breadcrumbs": [5]}, ("breadcrumbs.values.0", "expected breadcrumb")),
        ({"breadcrumbs": [{"data": []}]}, ("breadcrumbs.values.0.data", "expected an object")),
        ({"tags": [["a"]]}, ("tags.0", "expected a tuple")),
        ({"tags": {"a": []}}, ("tags.0.1", "expected a primitive value")),
        ({"tags": {"a!": "b"}}, ("tags.0.0", "invalid character '!'")),
        ({"tags": {"a": "b\nc"}}, ("tags.0.1", r"invalid character '\n'")),
        ({"request": {"headers": 5}}, ("request.headers", "expected an array")),
        ({"request": {"query_string": 5}}, ("request.query_string", "expected a query string or map")),
        ({"request": {"cookies": 5}}, ("request.cookies", "expected cookies")),
        ({"request": {"body_size": -1}}, ("request.body_size", "expected an unsigned integer")),
        (frame(vars=5), ("exception.values.0.stacktrace.frames.0.vars", "expected an object")),
        (frame(in_app="x"), ("exception.values.0.stacktrace.frames.0.in_app", "expected a boolean")),
        (
            frame(image_addr=""),
            ("exception.values.0.stacktrace.frames.0.image_addr", "cannot parse integer from empty string"),
        ),
        (frame(image_addr="zz"), ("exception.values.0.stacktrace.frames.0.image_addr", "invalid digit found in string")),
        (frame(image_addr=1.5), ("exception.values.0.stacktrace.frames.0.image_addr", "expected address")),
        (
            frame(image_addr="1" * 5000),
            ("exception.values.0.stacktrace.frames.0.image_addr", "number too large to fit in target type"),
        ),
        (frame(lock={"type": 3}), ("exception.values.0.stacktrace.frames.0.lock.type", None)),
        ({"threads": [{"id": 1.5}]}, ("threads.values.0.id", "expected a thread id")),
    ],
)
def test_wrong_value_costs_itself_alone(payload: dict[str, Any], fault: tuple[str, str | None]) -> None:
    assert ("invalid_data", *fault) in faults(payload)
    assert typed({**payload, "culprit": "kept"})["culprit"] == "kept"


@pytest.mark.parametrize(
    ("payload", "path"),
    [
        ({"exception": {"values": None}}, "exception.values"),
        ({"stacktrace": {}}, "stacktrace.frames"),
        ({"exception": [{"type": "x", "mechanism": {"type": None}}]}, "exception.values.0.mechanism.type"),
        (frame(lock={}), "exception.values.0.stacktrace.frames.0.lock.type"),
    ],
)
def test_missing_attribute_is_reported(payload: dict[str, Any], path: str) -> None:
    assert faults(payload) == [("missing_attribute", path, None)]


def test_one_bad_frame_costs_no_other() -> None:
    frames = [{"function": "a"}, {"function": "b", "lineno": "x", "module": "m"}, 5, {"function": "c"}]
    event = parse_event({"exception": [{"type": "x", "stacktrace": {"frames": frames}}]})
    assert event.exception is not None and event.exception.values is not None
    exception = event.exception.values[0]
    assert exception is not None and exception.stacktrace is not None and exception.stacktrace.frames is not None
    assert [found and (found.function, found.module) for found in exception.stacktrace.frames] == [
        ("a", None),
        ("b", "m"),
        None,
        ("c", None),
    ]
    assert [(error.name, error.value) for error in event.errors or () if error is not None] == [
        ("exception.values.0.stacktrace.frames.1.lineno", "x"),
        ("exception.values.0.stacktrace.frames.2", 5),
    ]


def test_unknown_attributes_are_named() -> None:
    assert faults({"foo": 1, "bar": None, "breadcrumbs": [{"zz": 1}]}) == [
        ("invalid_attribute", "breadcrumbs.values.0.zz", None),
        ("invalid_attribute", "bar", None),
        ("invalid_attribute", "foo", None),
    ]


def test_meta_says_by_place_what_errors_list() -> None:
    event = parse_event({"user": {"id": [1]}, "tags": "x"})
    assert event._meta == {
        "user": {"id": {"": {"err": [["invalid_data", {"reason": "expected a primitive value"}]], "val": [1]}}},
        "tags": {"": {"err": [["invalid_data", {"reason": "expected an array"}]], "val": "x"}},
    }


@pytest.mark.parametrize(("length", "kept"), [(497, True), (498, False), (10**6, False)])
def test_refused_value_is_kept_while_it_is_short(length: int, kept: bool) -> None:
    [error] = parse_event({"level": "x" * length}).errors or [None]
    assert error is not None
    assert error.value == ("x" * length if kept else None)


def test_what_is_no_object_is_reported() -> None:
    assert parse_event([1]).errors == [ProcessingError(type="invalid_data", name="", value=[1], reason="expected event")]
    assert parse_event(None).errors is None


@pytest.mark.parametrize(
    ("mechanism", "expected"),
    [
        ({}, None),
        ({"type": "m", "handled": False}, {"type": "m", "handled": False}),
        ({"handled": False}, {"type": "generic", "data": {"handled": False}, "meta": {}}),
        (
            {"posix_signal": {"signal": 11, "code": 1, "name": "S", "code_name": "C"}},
            {"type": "generic", "data": {}, "meta": {"signal": {"number": 11, "code": 1, "name": "S", "code_name": "C"}}},
        ),
        (
            {"mach_exception": {"exception": 1, "code": 2, "subcode": 3, "exception_name": "E"}},
            {
                "type": "generic",
                "data": {},
                "meta": {"mach_exception": {"exception": 1, "code": 2, "subcode": 3, "name": "E"}},
            },
        ),
        ({"type": "m", "help_link": "https://x"}, {"type": "m", "help_link": "https://x"}),
    ],
)
def test_mechanism_old_and_new(mechanism: dict[str, Any], expected: dict[str, Any] | None) -> None:
    payload = {"exception": [{"type": "x", "mechanism": mechanism}]}
    assert typed(payload)["exception"]["values"][0].get("mechanism") == expected
    assert faults(payload) == []


def test_payload_is_not_changed() -> None:
    payload: dict[str, Any] = {"tags": {"a b": 1}, "user": {"zz": 1}, "exception": {"type": "x"}, "message": "m"}
    before = repr(payload)
    parse_event(payload)
    assert repr(payload) == before


def test_every_attribute_has_a_reader() -> None:
    for interface in interfaces(Interface):
        assert all(callable(field.read) for field in fields_of(interface))
    assert reader_of(Any) is anything
    with pytest.raises(TypeError, match="no reader"):
        reader_of(complex, Rule())
