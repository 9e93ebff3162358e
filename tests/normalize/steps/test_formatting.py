"""Messages with parameters."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store_protocol.normalize.steps.formatting import _PERCENT, format_message


@pytest.mark.parametrize(
    ("message", "params", "formatted"),
    [
        ("%s", ["a"], "a"),
        ("%s %s", ["a", 1], "a 1"),
        ("%d%%", [5], "5%"),
        ("%.3f", [2], "2"),
        ("%-5d|", [2], "2|"),
        ("%c", [65], "65"),
        ("%ld", [1], "1"),
        ("%x", [-1], "ffffffffffffffff"),
        ("%#X", [255], "0xFF"),
        ("%#o", [8], "0o10"),
        ("%e", [1.5], "1.5e0"),
        ("%E", [-0.0], "-0E0"),
        ("%r", ["a"], '"a"'),
        ("%r", [1e20], "1e+20"),
        ("%s", [1e20], "100000000000000000000"),
        ("%s", [1.23e-5], "0.0000123"),
        ("%s", [1.0], "1"),
        ("%s", [True], "true"),
        ("%s", [{"b": 1, "a": [2]}], '{"a":[2],"b":1}'),
        ("%(a)s %(a)d", {"a": 1}, "1 1"),
        ("%15*s %5d", [1, 2], "1 2"),
        ("%s, and more", ["a", "b"], "a, and more"),
        ("%5.2f%d", [1, 2], "12"),
        ("{}", ["a"], "a"),
        ("{} {0}", ["a"], "a a"),
        ("{name}", {"name": "x"}, "x"),
        ("{{}}", [1], "{1}"),
        ("{}}", [1], "1}"),
    ],
)
def test_message_is_formatted(message: str, params: Any, formatted: str) -> None:
    assert format_message(message, params) == formatted


@pytest.mark.parametrize(
    ("message", "params"),
    [
        ("plain", ["a"]),
        ("100%", ["a"]),
        ("%s", [None]),
        ("%s", []),
        ("%s", {"a": 1}),
        ("%x", ["a"]),
        ("%e", [1]),
        ("%s %(a)s", {"a": 1}),
        ("%(b)s", {"a": 1}),
        ("{1}", ["a"]),
        ("{}", {"a": 1}),
        ("{0}", {"0": 1}),
        ("{ }", ["a"]),
        ("{0}%(a b)s", ["a"]),
        ("%.d", [1]),
    ],
)
def test_message_that_does_not_fit_its_parameters_is_not_formatted(message: str, params: Any) -> None:
    assert format_message(message, params) is None


_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
)


@given(
    st.lists(
        st.sampled_from(["%s", "%(a)s", "{}", "{a}", "{0}", "%", "%x", "%e", "%5.1f", "é", "{"]) | st.text(max_size=3)
    ).map("".join),
    st.lists(_SCALARS) | st.dictionaries(st.sampled_from("ab0"), _SCALARS),
)
def test_any_message_gives_text_or_none_property(message: str, params: Any) -> None:
    formatted = format_message(message, params)
    assert formatted is None or isinstance(formatted, str)


#: The pattern of Relay's formatter, which a backtracking matcher takes the cube of a run of zeros for.
_AS_RULED = re.compile(
    r"%(?:\((?P<key>\w+)\))?(?P<flags>[#0\-+]*)(?:\d+|\*)?(?:.(?:\d+|\*))?[hlL]*(?P<kind>[diouxXeEfFgGcrs%])"
)
_PIECES = [
    "%",
    "%(a)",
    "%(",
    ")",
    "a",
    "#",
    "0",
    "00",
    "1",
    "-",
    "+",
    "*",
    ".",
    ".0",
    "%.",
    "h",
    "l",
    "L",
    "s",
    "d",
    "x",
    "!",
    "٣",
    "\n",
]
MESSAGES = st.lists(st.sampled_from(_PIECES), max_size=9).map("".join)


@given(MESSAGES)
def test_property_placeholders_are_those_of_the_rules(message: str) -> None:
    found, ruled = (
        [(match.span(), match.groupdict()) for match in pattern.finditer(message)] for pattern in (_PERCENT, _AS_RULED)
    )
    assert found == ruled
