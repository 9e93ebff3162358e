"""Lists, pairs and maps without nulls, where that is asked for."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given

from store_protocol import NormalizeOptions, StoreError, decode_event, encode_event, normalize_event
from store_protocol.convert.interface import Interface, interfaces
from store_protocol.convert.readers import fields_of
from store_protocol.convert.rules import anything
from store_protocol.strategies import dirty_events, events

RECEIVED: dict[str, Any] = {"received_at": 1795392000.0}
CASES: list[tuple[dict[str, Any], str, Any]] = [
    ({"exception": [{"type": "A"}, 5]}, "exception", {"values": [{"type": "A"}]}),
    ({"exception": [5]}, "exception", {}),
    (
        {"exception": [{"type": "A", "stacktrace": {"frames": [None, {"function": "f"}, 5]}}]},
        "exception",
        {"values": [{"type": "A", "stacktrace": {"frames": [{"function": "f"}]}}]},
    ),
    ({"tags": [["a", "b"], [None, "c"], ["d", []], 5]}, "tags", [["a", "b"]]),
    ({"tags": [["d", []]]}, "tags", None),
    (
        {"breadcrumbs": [5, {"message": "m"}]},
        "breadcrumbs",
        {"values": [{"message": "m", "level": "info", "type": "default"}]},
    ),
    ({"modules": {"a": "1", "b": []}}, "modules", {"a": "1"}),
    ({"fingerprint": ["a", None, []]}, "fingerprint", ["a"]),
    # What is free-form may hold anything.
    ({"extra": {"a": [None], "b": None}}, "extra", {"a": [None], "b": None}),
]


@pytest.mark.parametrize(("given", "name", "left"), CASES)
def test_nulls_are_removed(given: dict[str, Any], name: str, left: Any) -> None:
    event = normalize_event(given, NormalizeOptions(remove_nulls=True, **RECEIVED))
    kept = normalize_event(given, NormalizeOptions(**RECEIVED))
    assert event.to_dict().get(name) == left
    assert event.errors == kept.errors
    again = normalize_event(encode_event(kept), NormalizeOptions(remove_nulls=True, is_renormalize=True))
    assert again.to_dict().get(name) == left


def test_contexts_are_removed_with_all_that_is_null_in_them() -> None:
    given = {"contexts": {"device": 5, "os": {"name": "a"}, "shop": {"cart": [None]}}}
    contexts = normalize_event(given, NormalizeOptions(remove_nulls=True)).to_dict()["contexts"]
    assert sorted(contexts) == ["os", "shop", "trace"]
    assert contexts["shop"]["cart"] == [None]


#: Attributes that may hold anything: by their names in the schema, and those that steps of normalization write.
FREE_FORM = {"extra", "vars", "data", "other", "_meta", "errors", "context", "env", "contexts", "value", "grouping_config"}
FREE_FORM |= {
    field.encode_name
    for interface in interfaces(Interface)
    for field in fields_of(interface)
    if field.rule.read is anything or field.hint is Any or field.rule.limit is not None
}


def nulls(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Return the paths of nulls in lists, but for those in free-form values."""
    if isinstance(value, dict):
        for key, part in value.items():
            if key not in FREE_FORM:
                yield from nulls(part, (*path, key))
    elif isinstance(value, list):
        for part in value:
            if part is None:
                yield path
            yield from nulls(part, path)


OPTIONS = NormalizeOptions(remove_nulls=True, **RECEIVED)


@given(dirty_events(0.3))
def test_no_list_has_nulls_property(payload: dict[str, Any]) -> None:
    try:
        event = normalize_event(payload, OPTIONS, new_event_id=lambda: "7" * 32)
    except StoreError:
        return
    # Attributes that no interface of theirs knows are as they came.
    assert [path for path in nulls(event.to_dict()) if path[:1] not in {("request",), ("spans",), ("debug_meta",)}] == []
    assert decode_event(encode_event(event)) == event


@given(events())
def test_what_has_no_nulls_stays_as_it_is_property(payload: dict[str, Any]) -> None:
    event = normalize_event(payload, OPTIONS, new_event_id=lambda: "7" * 32)
    kept = normalize_event(payload, NormalizeOptions(**RECEIVED), new_event_id=lambda: "7" * 32)
    assert encode_event(event) == encode_event(kept)
