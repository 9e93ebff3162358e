"""The schemas and the code say the same of events and items."""

import copy
import json
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store_protocol import (
    EnvelopeItem,
    Event,
    NormalizeOptions,
    StoreError,
    check_event,
    encode_event,
    json_schema,
    normalize_event,
    samples,
)
from store_protocol.strategies import dirty_events, dirty_items, events, items, legacy_events
from tests.recordings import event_of, recorded_requests

jsonschema = pytest.importorskip("jsonschema")
VALIDATORS = {name: jsonschema.Draft202012Validator(json_schema.schema_of(name)) for name in json_schema.names()}
RECEIVED = 1795392000.0
OPTIONS = NormalizeOptions(enable_trimming=True, received_at="2026-11-23T00:00:00Z")
RECORDED = [
    text
    for requests in recorded_requests("store", "envelope").values()
    for request in requests
    if (text := event_of(request)) is not None
]
#: What is wrong by kind and reason that no schema says: see docs/usage.md.
UNSAID = (
    "end timestamp is smaller than start timestamp",
    "is too stale",
    "input is out of range",
    "expected an ip address",
)


def errors(name: str, value: Any) -> list[str]:
    return [f"{'.'.join(map(str, error.absolute_path))}: {error.message}" for error in VALIDATORS[name].iter_errors(value)]


def hold_together(event: Any) -> None:
    """Hold what the two schemas say of an event against what the code does."""
    found = check_event(event, now=RECEIVED)
    said = [error for error in found if not (error.reason or "").endswith(UNSAID) and UNSAID[1] not in (error.reason or "")]
    wrong = errors("accepted", event)
    assert found or not wrong, wrong[:3]
    assert wrong or not said, said[:3]
    try:
        normalized = normalize_event(event, OPTIONS)
    except StoreError:
        return
    assert errors("normalized", json.loads(encode_event(normalized))) == []


@pytest.mark.parametrize("name", json_schema.names())
def test_schema_is_one(name: str) -> None:
    schema = json_schema.schema_of(name)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert json_schema.schema_of(name) == schema == json.loads(json.dumps(schema))
    assert not VALIDATORS[name].is_valid(None)
    assert {*_references(schema)} == {f"#/$defs/{each}" for each in schema["$defs"]}


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from ([value["$ref"]] if isinstance(value.get("$ref"), str) else [])
        for part in value.values():
            yield from _references(part)
    elif isinstance(value, list):
        for part in value:
            yield from _references(part)


def test_schema_is_its_callers_own() -> None:
    before = json_schema.schema_of("accepted")
    changed = json_schema.schema_of("accepted")
    changed["$defs"]["Frame"]["properties"]["function"]["type"].append("number")
    assert json_schema.schema_of("accepted") == before != changed


def test_unknown_name_is_told_with_those_that_there_are() -> None:
    with pytest.raises(ValueError, match=r"^name must be one of accepted, normalized, check_in, .*view_hierarchy$"):
        json_schema.schema_of("frame")


@pytest.mark.parametrize("name", samples.names("event"))
def test_sample_meets_its_schemas(name: str) -> None:
    event = json.loads(samples.load(name))
    assert errors("accepted", event) == errors("event", event) == []
    hold_together(event)


@pytest.mark.parametrize("index", range(len(RECORDED)))
def test_recorded_event_meets_the_schema_if_it_is_accepted(index: int) -> None:
    event = json.loads(RECORDED[index])
    hold_together(event)
    assert bool(errors("accepted", event)) == bool(check_event(event, now=RECEIVED))


def test_recorded_events_with_one_value_wrong_are_told_alike() -> None:
    random = Random(7)
    values: list[Any] = [[], {}, [1], {"a": 1}, True, -1.5, "\n", "x" * 300, None, 5, "", -5, "x", [[]], [None], False]
    for _ in range(300):
        event = copy.deepcopy(json.loads(random.choice(RECORDED)))
        holder, key = random.choice([*_places(event)])
        holder[key] = random.choice(values)
        hold_together(event)


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    for key, part in [*(value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ())]:
        yield value, key
        yield from _places(part)


@given(st.one_of(events(), legacy_events(), dirty_events(0.05)))
def test_drawn_events_are_told_alike_property(event: dict[str, Any]) -> None:
    hold_together(event)


ACCEPTED: list[Any] = [
    {"logentry": "x", "message": 5},
    {"message": False},
    {"message": [1]},
    {"message": {"formatted": ""}},
    {"exception": {}},
    {"exception": {"type": "a"}},
    {"exception": {"values": [{"type": "x"}], "y": 1}},
    {"exception": [{"value": []}]},
    {"exception": [{"type": "x", "mechanism": {"posix_signal": None}}]},
    {"exception": [{"type": "E", "stacktrace": None, "sentry.interfaces.Stacktrace": 5}]},
    {"contexts": {"device": {"type": "x", "name": 5}, "os": {"type": 5}, "app": None}},
    {"debug_meta": {"images": [None, {"type": "apple", "name": "a", "uuid": "a" * 32}]}},
    {"debug_meta": {"images": [{"type": "elf", "name": "a", "id": "a" * 32}]}},
    {"tags": [["a", None], None], "release": 5, "dist": " a ", "level": 40, "_meta": 5},
    {"request": {"headers": [["a", ["b", 1, None]]], "cookies": "a=b; c=d;", "query_string": {"a": [1]}}},
]
REFUSED: list[Any] = [
    5,
    {"foo": None},
    {"message": {"x": 1}},
    {"exception": [{}]},
    {"exception": {"values": None}},
    {"exception": [{"type": "x", "mechanism": {"type": None}}]},
    {"exception": [{"type": "x", "mechanism": {"type": "generic", "help_link": "x"}}]},
    {"exception": [{"type": "x", "mechanism": {"posix_signal": {"signal": "x"}}}]},
    {"breadcrumbs": [{"x": None}]},
    {"breadcrumbs": [{"timestamp": -1.5}]},
    {"contexts": {"x": {"type": "device", "name": 5}}},
    {"contexts": {"device": {"name": 5}}},
    {"contexts": {"flags": {"values": [{"flag": "a", "result": "b\n"}]}}},
    {"debug_meta": {"images": [{"type": "apple", "name": "a"}]}},
    {"debug_meta": {"images": [{}]}},
    {"stacktrace": {"frames": []}},
    {"stacktrace": {"frames": "[{}]"}},
    {"tags": {"": "x"}},
    {"tags": {"a": "\n"}},
    {"type": "transaction", "contexts": {"trace": {"trace_id": "a" * 32, "span_id": "b" * 16}}},
    {"type": "transaction", "start_timestamp": 1, "contexts": {"trace": None}},
    {"release": "latest"},
    {"release": "a/b"},
    {"environment": "None"},
    {"environment": "x" * 65},
    {"dist": "x" * 65},
    {"request": {"method": "ge t"}},
    {"time_spent": 2**64},
]


@pytest.mark.parametrize("event", ACCEPTED)
def test_accepted_event_meets_the_schema(event: Any) -> None:
    assert check_event(event, now=RECEIVED) == []
    assert errors("accepted", event) == []


@pytest.mark.parametrize("event", REFUSED)
def test_refused_event_does_not_meet_the_schema(event: Any) -> None:
    assert check_event(event, now=RECEIVED) != []
    assert errors("accepted", event) != []


def payload_of(item: EnvelopeItem) -> tuple[str, Any] | None:
    """Return the name of the schema of an item, and the JSON in it; None for one without any."""
    data, length = item.data, item.headers.get("meta_length")
    if item.type == "replay_recording":
        return item.type, json.loads(data.partition(b"\n")[0])
    if length is not None:
        return ("trace_attachment" if item.type == "attachment" else item.type), json.loads(data[:length])
    if item.type == "attachment":
        is_tree = item.headers.get("attachment_type") == "event.view_hierarchy"
        return ("view_hierarchy", json.loads(data)) if is_tree else None
    return None if item.type == "replay_video" else (item.type, json.loads(data))


#: What is refused of items that their schemas don't say: what Relay's processors ask of values of the right type.
BESIDE_TYPES = ("attrs.environment", "attrs.release", "name", "segment_id", "samples", "profile")


def hold_item(item: EnvelopeItem) -> None:
    found = payload_of(item)
    if found is None:
        return
    name, payload = found
    wrong = errors(name, payload)
    try:
        decoded = item.decode()
    except StoreError:
        return
    if isinstance(decoded, Event):
        return
    faults = decoded.field_errors  # type: ignore[union-attr]
    assert faults or not wrong, wrong[:3]
    said = [fault for fault in faults if not fault.path.endswith(BESIDE_TYPES)]
    assert wrong or not said, said[:3]


@pytest.mark.parametrize("name", samples.names("item"))
def test_sample_item_meets_its_schema(name: str) -> None:
    found = payload_of(samples.get(name).item())
    assert found is None or errors(*found) == []
    hold_item(samples.get(name).item())


def test_request_of_a_replay_is_not_normalized() -> None:
    hold_item(EnvelopeItem("replay_event", {}, b'{"replay_id": "%b", "request": {"url": "", "method": ""}}' % (b"a" * 32)))


@given(st.one_of(items(), dirty_items()))
def test_drawn_items_are_told_alike_property(item: EnvelopeItem) -> None:
    hold_item(item)


@pytest.mark.parametrize("name", ["accepted", "normalized", "check_in", "log", "span"])
def test_everything_in_a_schema_says_what_it_is(name: str) -> None:
    for told in json_schema.schema_of(name)["$defs"].values():
        described = {each: schema.get("description", "") for each, schema in told.get("properties", {}).items()}
        assert told["description"].endswith(".")
        assert [each for each, sentence in described.items() if not sentence.endswith((".", ".)"))] == []
