"""Arrays and objects that arrive as their JSON text: read where an attribute takes no string, and once."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store_protocol import Limits, NormalizeOptions, check_event, encode_event, normalize_event, parse_event
from store_protocol.convert import json_texts
from store_protocol.convert.readers import fields_of
from store_protocol.payload import parse_payload
from store_protocol.schema import Event
from store_protocol.strategies import events
from tests import ways
from tests.deviations import has_text

OPTIONS = NormalizeOptions(received_at=1795392000.0, enable_trimming=True)
EVENT_ID = "f" * 32
#: The attributes of an event that are arrays or objects and take no string.
CONTAINERS = {
    field.encode_name for field in fields_of(Event) if any(has_text(text, field.hint, field.rule) for text in ("[]", "{}"))
}


def content(event: Any, options: NormalizeOptions = OPTIONS) -> tuple[dict[str, Any], list[Any]]:
    """Return what comes of an event, and its errors."""
    found = normalize_event(event, options, new_event_id=lambda: EVENT_ID)
    plain: dict[str, Any] = json.loads(encode_event(found))
    plain.pop("_meta", None)
    return plain, plain.pop("errors", [])


def as_prototype_writes_it(value: Any) -> Any:
    """Return an event as pages with an old Prototype.js send it: each array a text that holds it whole."""
    if isinstance(value, list):
        return json.dumps(value)
    return {key: as_prototype_writes_it(part) for key, part in value.items()} if isinstance(value, dict) else value


RAVEN: dict[str, Any] = {
    "event_id": EVENT_ID,
    "platform": "javascript",
    "exception": {
        "values": [{"type": "E", "value": "v", "stacktrace": {"frames": [{"function": "f", "lineno": 1, "colno": 2}]}}]
    },
    "breadcrumbs": {"values": [{"timestamp": 1795391000, "message": "m", "category": "c"}]},
    "sdk": {"name": "raven-js", "version": "3", "integrations": ["a"], "packages": [{"name": "n", "version": "1"}]},
    "fingerprint": ["a", "b"],
    "request": {"url": "http://a.b/", "headers": [["User-Agent", "x"]]},
}


def test_event_of_a_page_with_an_old_prototype_is_read_whole() -> None:
    expected, faults = content(RAVEN)
    found, errors = content(as_prototype_writes_it(RAVEN))
    assert not faults and found == expected
    assert {error["type"] for error in errors} == {"json_text"}
    assert sorted(error["name"] for error in errors) == sorted(
        ["exception.values", "breadcrumbs.values", "sdk.integrations", "sdk.packages", "fingerprint", "request.headers"]
    )


@st.composite
def events_in_text(draw: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    event = draw(events())
    names = sorted(name for name in event if name in CONTAINERS and isinstance(event[name], (list, dict)))
    changed = dict(event)
    for name in draw(st.sets(st.sampled_from(names))) if names else ():
        inner = event[name]
        if isinstance(inner, dict) and isinstance(inner.get("values"), list) and draw(st.booleans()):
            changed[name] = {**inner, "values": json.dumps(inner["values"])}
        else:
            changed[name] = json.dumps(inner)
    return event, changed


@given(events_in_text())
def test_what_arrives_as_text_is_what_it_stands_for_property(drawn: tuple[dict[str, Any], dict[str, Any]]) -> None:
    event, changed = drawn
    expected, _ = content(event)
    found, _ = content(changed)
    # An empty attribute stays where something is said of it.
    assert {name: part for name, part in found.items() if holds_something(part)} == {
        name: part for name, part in expected.items() if holds_something(part)
    }


def holds_something(part: Any) -> bool:
    """Return whether there is anything but null, empty strings and empty containers in a value."""
    if isinstance(part, (dict, list)):
        return any(map(holds_something, part.values() if isinstance(part, dict) else part))
    return part is not None and part != ""


@given(events_in_text())
def test_all_ways_are_equal_for_what_arrives_as_text_property(drawn: tuple[dict[str, Any], dict[str, Any]]) -> None:
    assert ways.differences(drawn[1], OPTIONS) == {}


def nested(levels: int) -> str:
    return "[" * levels + "]" * levels


@pytest.mark.parametrize(
    "event",
    [
        {"extra": json.dumps({"a": nested(20)})},
        {"extra": '{"a": ' + nested(20) + "}"},
        {"extra": '{"a": ' + nested(100) + "}"},
        {"contexts": {"a": '{"b": ' + nested(30) + "}"}},
        {"request": {"env": '{"b": ' + nested(30) + "}"}},
        {"breadcrumbs": {"values": '[{"data": {"b": ' + nested(30) + "}}]"}},
        {"extra": json.dumps({"a": "x" * 20_000, "b": ["y" * 10_000] * 5})},
        {"exception": {"values": json.dumps([{"type": "E" * 300, "value": "x" * 9_000}])}},
        {"contexts": {"a": json.dumps({"b": ["z" * 5_000] * 5})}},
    ],
)
def test_what_arrives_as_text_is_trimmed_as_all_else_is(event: dict[str, Any]) -> None:
    assert ways.differences(event, OPTIONS) == {}

    def parsed(value: Any) -> Any:
        if isinstance(value, str) and value[:1] in {"[", "{"}:
            return json.loads(value)
        return {key: parsed(part) for key, part in value.items()} if isinstance(value, dict) else value

    assert content(event)[0] == content(parsed(event))[0]


def test_depth_holds_for_text_in_an_event() -> None:
    for levels, is_read in ((126, True), (127, False)):
        # An event, `extra` and the levels of the text.
        found = parse_event({"extra": '{"a": ' + nested(levels - 1) + "}"})
        assert (found.extra is not None) is is_read
    limits = Limits(max_depth=20)
    for levels, is_read in ((18, True), (19, False)):
        event = {"extra": '{"a": ' + nested(levels - 1) + "}"}
        assert bool(normalize_event(event, limits=limits).extra) is is_read


def test_text_within_text_stays_text() -> None:
    frames = json.dumps([{"function": "f"}])
    event = {"exception": {"values": json.dumps([{"type": "E", "stacktrace": {"frames": frames}}])}}
    assert [(error.path, error.kind) for error in check_event(event)] == [
        ("exception.values", "json_text"),
        ("exception.values.0.stacktrace.frames", "invalid_data"),
    ]


def test_text_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    read = parse_payload
    taken: list[int] = []

    def counting(text: str, **options: Any) -> Any:
        taken.append(len(text))
        return read(text, **options)

    monkeypatch.setattr(json_texts, "parse_payload", counting)
    text = json.dumps([{"type": "E", "value": json.dumps(["x"] * 1000), "stacktrace": json.dumps({"frames": []})}])
    for event in ({"exception": {"values": text}}, {"exception": text}, {"exception": [{"type": text}], "threads": text}):
        for payload in (event, json.dumps(event)):
            taken.clear()
            normalize_event(payload, OPTIONS)
            assert sum(taken) <= len(text)


def test_what_is_renormalized_is_no_text_to_be_read() -> None:
    found = normalize_event({"fingerprint": '["a"]'}, NormalizeOptions(is_renormalize=True))
    assert not found.fingerprint


@pytest.mark.parametrize(
    "field",
    [field for field in fields_of(Event) if field.encode_name in CONTAINERS],
    ids=lambda field: field.encode_name,
)
def test_every_container_of_an_event_may_arrive_as_text(field: Any) -> None:
    texts = ["[]", "{}"]
    kinds = {error.kind for text in texts for error in check_event({field.encode_name: text})}
    assert "json_text" in kinds


def test_interfaces_know_their_containers() -> None:
    assert {"tags", "exception", "breadcrumbs", "contexts", "extra", "fingerprint", "request", "user"} <= CONTAINERS
    assert CONTAINERS.isdisjoint({"message", "logentry", "level", "release", "_meta"})


def test_texts_are_looked_at_as_long_as_errors_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    count = 0

    def counting(text: str, **options: Any) -> Any:
        nonlocal count
        count += 1
        return parse_payload(text, **options)

    monkeypatch.setattr(json_texts, "parse_payload", counting)
    for text in ("{a}", '{"type": "E"}'):
        count = 0
        event = {"exception": {"values": [text] * 5_000}, "threads": {"values": [text] * 5_000}}
        normalize_event(event, OPTIONS, limits=Limits(max_errors=100))
        assert 0 < count <= 100
