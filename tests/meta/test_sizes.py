"""Whether a value is smaller than a number of bytes, told without writing it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store_protocol.meta import sizes
from store_protocol.meta.sizes import is_smaller, surely_exceeds
from store_protocol.schema.exception import ExceptionValue
from store_protocol.schema.stacktrace import Frame, FrameData, Stacktrace


@pytest.mark.parametrize(
    ("value", "size"),
    [
        ("é", 4),
        ("\n", 3),
        ([], 2),
        ([None, True, False, -12], 21),
        (["a\n", 'b"', "\u2028"], 17),
        ({"a": 1.0, "é\\": None}, 18),
        ([1e21], 24),
        ([1.5e-7], 12),
        ([[{}], {"a": [1, 2]}], 18),
        ("1e9999", 8),
        (["1e9999"], 10),
    ],
)
def test_size_is_that_of_text_without_escapes(value: Any, size: int) -> None:
    assert not is_smaller(value, size)
    assert is_smaller(value, size + 1)


_TEXTS = st.text(st.sampled_from('a\\"\n\x1fu.0e1é-'), max_size=8)
_FLOATS = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([1.0, -0.0, 1e300, 5e-324, 1e16, 2.5e-7, 1.0000000000000002e16]),
)
_VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**63), 2**63), _FLOATS, _TEXTS),
    lambda parts: st.one_of(st.lists(parts, max_size=4), st.dictionaries(_TEXTS, parts, max_size=4)),
    max_leaves=12,
)


@given(_VALUES, st.integers(-12, 12))
def test_bounds_of_the_text_tell_the_size_property(value: Any, more: int) -> None:
    exact = sizes._size(value, 10**6)
    assert is_smaller(value, exact + more) == (more > 0)


def test_size_of_what_is_deep_is_told() -> None:
    value: Any = []
    for _ in range(100):
        value = [value]
    assert not is_smaller([value, 1.0], 202 + 4)
    assert is_smaller([value, 1.0], 202 + 5)


@pytest.mark.parametrize(
    "frame", [{"data": FrameData()}, {"vars": {}}, {"abs_path": ""}, {"function": "\n"}, {"function": "\x1f"}]
)
def test_long_typed_value_surely_exceeds(frame: dict[str, Any]) -> None:
    exception = ExceptionValue(stacktrace=Stacktrace(frames=[Frame(**frame) for _ in range(300)]))
    assert surely_exceeds(exception, 500)


@pytest.mark.parametrize(
    ("frame", "size"),
    [
        (Frame(data=FrameData()), 2),
        (Frame(vars={}, function="a"), 16),
        (Frame(function="a", vars={}), 16),
        (Frame(abs_path="", function="a", vars={}), 16),
        (Frame(function="\n\x1f\\"), 18),
        (Frame(function="\\u"), 17),
    ],
)
def test_short_typed_value_may_not_exceed(frame: Frame, size: int) -> None:
    assert not surely_exceeds(frame, size)
