"""How two events differ, and that pytest shows it."""

import pytest

from store_protocol import normalize_event
from store_protocol.pytest_plugin import pytest_assertrepr_compare
from store_protocol.testing.differences import differences


@pytest.mark.parametrize(
    ("left", "right", "lines"),
    [
        ({"a": 1}, {"a": 1.0}, []),
        ({"a": 1, "b": None}, {"a": 2}, ["a: 1 != 2", "b: None != missing"]),
        ({"a": [{"b": "c"}, 2]}, {"a": [{"b": "d"}]}, ["a.0.b: 'c' != 'd'", "a.1: 2 != missing"]),
        ({"a": ("b", "c")}, {"a": ["b", "c"]}, []),
        ({"a": "x" * 200}, {"a": []}, [f"a: '{'x' * 76}... != []"]),
    ],
)
def test_differences_are_told_by_their_paths(left: object, right: object, lines: list[str]) -> None:
    assert [*differences(left, right)] == lines


def test_pytest_shows_how_events_differ() -> None:
    one = normalize_event({"event_id": "a" * 32, "timestamp": 1, "level": "error"}, now=1)
    other = normalize_event({"event_id": "a" * 32, "timestamp": 1, "level": "info"}, now=1)
    assert pytest_assertrepr_compare("==", one, other) == ["events differ", "level: 'error' != 'info'"]
    assert pytest_assertrepr_compare("!=", one, other) is None
    assert pytest_assertrepr_compare("==", one, 1) is None
