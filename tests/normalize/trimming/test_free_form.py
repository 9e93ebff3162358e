"""Free-form values, measured all at once."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store_protocol import NormalizeOptions, normalize_event
from store_protocol.meta.tree import MetaTree
from store_protocol.normalize.trimming.free_form import KnownTooLarge, is_shallow, oversized_in
from tests.reading.test_events import OPTIONS

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
