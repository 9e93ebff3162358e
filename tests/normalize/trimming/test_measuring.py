"""What plain values cost, told from their text."""

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from store_protocol.meta.sizes import estimate_size_flat
from store_protocol.normalize.trimming.free_form import is_shallow
from store_protocol.normalize.trimming.measuring import cost_of_parts

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["", "é", "a:b", ",", ":", '"', "\\", "\n", "\x7f", "null", "1.0,", "[]", "{", "x" * 40])
    | st.text(max_size=5)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3) | st.just(":"), inner, max_size=4),
    max_leaves=15,
)


def cost(value: Any) -> int:
    """Return what a value costs as a part of a container, gone through part by part."""
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return estimate_size_flat(value) + 1 + sum(map(cost, parts))


@given(st.lists(VALUES, max_size=6))
@example([[], {}, [[]], {"a": {}}, [{"b": []}]])
@example([1.0, [2.0], {"a": 3.0}, 1e300, -0.0])
@example([None, [None], {"a": None}])
def test_cost_is_that_of_each_part_property(values: list[Any]) -> None:
    measured = cost_of_parts(values, levels=20)
    # Where there are escapes nothing is told.
    if measured is not None:
        assert measured == sum(map(cost, values))
    else:
        assert any(escaped in repr(values) for escaped in ("\\", '"', "'"))


@given(st.lists(VALUES, min_size=1, max_size=4), st.integers(0, 4))
def test_values_that_are_too_deep_have_no_cost_property(values: list[Any], levels: int) -> None:
    if not is_shallow(values, levels + 1):
        assert cost_of_parts(values, levels) is None


@pytest.mark.parametrize(
    ("values", "levels", "told"),
    [
        ([], 0, 0),
        ([1, "ab"], 0, 7),
        ([[]], 0, None),
        ([[]], 1, 3),
        ([{"a": {"b": "c"}}], 1, None),
        ([{"a": {"b": "c"}}], 2, 3 + 3 + 4),
        (["[[["], 0, 6),
        (['"'], 0, None),
    ],
)
def test_cost_of_values(values: list[Any], levels: int, told: int | None) -> None:
    assert cost_of_parts(values, levels) == told
