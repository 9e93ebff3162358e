"""Free-form values, measured all at once."""

import json
from typing import Any
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store_protocol import NormalizeOptions, encode_event, normalize_event
from store_protocol.meta.tree import MetaTree
from store_protocol.normalize.trimming import flattening
from store_protocol.normalize.trimming.free_form import KnownTooLarge, is_longer, is_shallow, oversized_in
from tests.reading.test_events import OPTIONS
from tests.ways import trimming_takes_no_shortcut

VALUES = st.recursive(
    st.none() | st.integers(0, 10**6) | st.text(max_size=30) | st.sampled_from(["x" * 900, "é" * 400, "{[" * 50]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=12,
)


@given(st.lists(st.dictionaries(st.text(max_size=3), VALUES, max_size=4), min_size=1, max_size=6))
def test_what_surely_fits_is_not_cut_property(values: list[dict[str, Any]]) -> None:
    event = {"exception": [{"type": "E", "stacktrace": {"frames": [{"vars": value} for value in values]}}]}
    whole = normalize_event(json.dumps(event), NormalizeOptions(received_at=1795392000.0))
    cut = normalize_event(json.dumps(event), OPTIONS)
    if oversized_in("exception", whole.exception, MetaTree(), KnownTooLarge()) == []:
        assert cut.exception == whole.exception


@pytest.mark.parametrize(
    ("value", "levels"), [(1, 0), ("[[[", 0), ([], 1), ([1, "a"], 1), ({"a": [1]}, 2), ([[[]], []], 3), (("a", "b"), 1)]
)
def test_depth_is_counted_in_containers(value: Any, levels: int) -> None:
    assert is_shallow(value, levels)
    assert levels == 0 or not is_shallow(value, levels - 1)


@given(
    st.lists(VALUES, max_size=200) | st.dictionaries(st.text(max_size=3), VALUES, max_size=4) | VALUES,
    st.integers(0, 2000),
)
def test_what_is_told_to_be_longer_is_longer_property(value: Any, size: int) -> None:
    assert not is_longer(value, size) or len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()) >= size


@pytest.mark.parametrize(
    ("value", "size", "longer"),
    [
        ([0] * 1000, 1000, True),
        ([0] * 64, 10, False),
        ({"a": 1, "b": [0] * 1000}, 1000, True),
        ({"a": "x" * 1000}, 1000, True),
        ({"a": {"b": "x" * 1000}}, 1000, False),
        ({"a": 1}, 1, False),
        (None, 1, False),
    ],
)
def test_long_lists_and_strings_are_told_from_a_part(value: Any, size: int, longer: bool) -> None:
    assert is_longer(value, size) is longer


def test_no_more_of_a_long_list_is_written_than_tells() -> None:
    class Unwritable:
        pass

    assert is_longer([*["x" * 100] * 64, Unwritable()], 1000)


@given(
    st.lists(VALUES, min_size=129, max_size=140).map(lambda rows: {"rows": rows}),
    st.sampled_from(["extra", "vars", "data"]),
)
@settings(max_examples=30)
def test_containers_with_many_parts_are_cut_alike_property(value: dict[str, Any], place: str) -> None:
    frame = {"vars": value} if place == "vars" else {"function": "f"}
    event = {
        "extra": value if place == "extra" else {},
        "breadcrumbs": [{"data": value if place == "data" else {}}],
        "exception": [{"type": "E", "stacktrace": {"frames": [frame]}}],
    }
    text = json.dumps(event).encode()
    cut = encode_event(normalize_event(text, OPTIONS, new_event_id=lambda: "f" * 32))
    with mock.patch.object(flattening, "_MANY", 1 << 30):
        assert encode_event(normalize_event(text, OPTIONS, new_event_id=lambda: "f" * 32)) == cut
    with trimming_takes_no_shortcut():
        assert encode_event(normalize_event(text, OPTIONS, new_event_id=lambda: "f" * 32)) == cut
