"""Messages with parameters, formatted as Python's `%` or as braces are, whichever the message has.

The rules are those of the formatter in Relay (the crate dynfmt): flags, width and precision are read and left
unheeded, and a message that can't be formatted whole isn't formatted at all.
"""

import re
from decimal import Decimal
from typing import Any

from store_protocol.convert.scalars import json_text, u64_of

# Relay's pattern is `%(\((\w+)\))?[#0\-+]*(\d+|\*)?(.(\d+|\*))?[hlL]*[diouxXeEfFgGcrs%]`: any character begins a precision.
# A run of digits may be flags, width and precision in many ways, which all lead to the same ends. So here each repeat keeps
# what it has read. The one exception, a last digit that begins a precision of `*`, stands by itself.
_PERCENT = re.compile(
    r"%(?:\((?P<key>\w++)\))?(?P<flags>[#0\-+]*+)(?:(?:\d++|\*)?(?:.(?:\d++|\*))?|\d++\*)[hlL]*+"
    r"(?P<kind>[diouxXeEfFgGcrs%])"
)
_BRACES = re.compile(r"\{(\w++)?\}")

#: Bytes of a formatted message; one that would be longer is not formatted (Relay).
MAX_FORMATTED = 32 * 1024


class _Unformattable(Exception):
    """The message and its parameters don't fit each other."""


def format_message(message: str, params: Any) -> str | None:
    """Return a message with its parameters in it, None if it has no place for any or they don't fit.

    `params` is a list or an object (dict).

    >>> format_message("%s is %d", ["x", 1])
    'x is 1'
    >>> format_message("{name}!", {"name": "x"})
    'x!'
    """
    try:
        if "%" in message:
            formatted = _format_percent(message, params)
        elif "{" in message:
            formatted = _format_braces(message, params)
        else:
            return None
    except _Unformattable:
        return None
    return None if formatted == message or len(formatted.encode()) > MAX_FORMATTED else formatted


class _FormatBudget:
    """What is left for parameters in a formatted message, so that none grows far beyond it that has one many times."""

    def __init__(self) -> None:
        self.left = MAX_FORMATTED

    def take(self, text: str) -> str:
        self.left -= len(text)
        if self.left < 0:
            raise _Unformattable
        return text


def _format_percent(message: str, params: Any) -> str:
    index = 0
    keyed: bool | None = None
    budget = _FormatBudget()

    def replace(match: re.Match[str]) -> str:
        nonlocal index, keyed
        key, kind = match["key"], match["kind"]
        if kind == "%":
            return "%"
        if keyed is not None and keyed != (key is not None):
            raise _Unformattable
        keyed = key is not None
        if keyed:
            return budget.take(_convert(_by_key(params, key), match))
        index += 1
        return budget.take(_convert(_by_index(params, index - 1), match))

    return _PERCENT.sub(replace, message)


def _by_key(params: Any, key: str) -> Any:
    if not isinstance(params, dict) or params.get(key) is None:
        raise _Unformattable
    return params[key]


def _by_index(params: Any, index: int) -> Any:
    if not isinstance(params, list) or index >= len(params) or params[index] is None:
        raise _Unformattable
    return params[index]


def _convert(value: Any, match: re.Match[str]) -> str:
    kind = match["kind"]
    if kind in "xXo":
        if type(value) is not int:
            raise _Unformattable
        prefix = {"o": "0o"}.get(kind, "0x") if "#" in match["flags"] else ""
        return prefix + format(value & (2**64 - 1), kind)
    if kind in "eE":
        if type(value) is not float:
            raise _Unformattable
        return _exponent(value, kind)
    if kind == "r":
        return json_text(value)
    return display(value)


def _exponent(value: float, kind: str) -> str:
    sign, numbers, exponent = Decimal(repr(value)).normalize().as_tuple()
    digits = "".join(map(str, numbers))
    point = "." if len(digits) > 1 else ""
    return f"{'-' if sign else ''}{digits[0]}{point}{digits[1:]}{kind}{int(exponent) + len(digits) - 1}"


def display(value: Any) -> str:
    """Return a value as a person would read it: strings bare, floats without exponent, the rest as JSON."""
    if type(value) is str:
        return value
    if type(value) is float:
        text = format(Decimal(repr(value)), "f")
        return text.removesuffix(".0")
    return json_text(value)


def _format_braces(message: str, params: Any) -> str:
    counter = 0
    budget = _FormatBudget()

    def replace(match: re.Match[str]) -> str:
        nonlocal counter
        name = match[1]
        if name is None:
            value = _by_index(params, counter)
            counter += 1
        elif (index := u64_of(name)) is not None:
            value = _by_index(params, index)
        else:
            value = _by_key(params, name)
        return budget.take(display(value))

    return _BRACES.sub(replace, message)
