"""Typed attributes of logs and spans: `{"type": "string", "value": "a"}`."""

import math
from typing import Any

from store_protocol.convert.scalars import I64_MAX, I64_MIN


def attribute(value: Any, kind: str) -> dict[str, Any] | None:
    """Return a number as an attribute, `integer` or `double`; None for what is no such number.

    >>> attribute(5, "integer"), attribute(5, "double"), attribute("5", "integer")
    ({'type': 'integer', 'value': 5}, {'type': 'double', 'value': 5}, None)
    """
    is_integer = type(value) is int and I64_MIN <= value <= I64_MAX
    if is_integer or (kind == "double" and type(value) is float and math.isfinite(value)):
        return {"type": kind, "value": value}
    return None


def text_attribute(value: Any) -> dict[str, Any] | None:
    """Return a text as an attribute; None for what is no text."""
    return {"type": "string", "value": value} if isinstance(value, str) else None
