"""What plain values take as JSON, counted as Relay does: strings without escapes, floats without a fraction of zero."""

import re
from typing import Any

import msgspec

from store_protocol.json_types import OTHER_KEY

# What an interface doesn't know stands in an object of its own, by this key.
_encode = msgspec.json.Encoder().encode
_OTHER_KEY = OTHER_KEY.encode()
_KEYED = len(b'"":{}') + len(_OTHER_KEY)
#: An attribute that is empty, with the comma after it, or else before it.
_EMPTY = re.compile(rb'"\w+":(?:\[\]|\{\}|""),|,?"\w+":(?:\[\]|\{\}|"")')
#: A number that takes less in JSON text than all its digits do.
_EXPONENT = re.compile(rb"e(?<=[0-9]e)[+-]?([0-9]++)")
#: The greatest exponent of a float, and characters that all its digits may take more than so many.
_MOST_EXPONENT, _MOST_DIGITS = 324, 20
_SCALARS = frozenset({str, bool, int})


def estimate_size_flat(value: Any) -> int:
    """Return the bytes that a value takes without its parts; nothing for None."""
    kind = type(value)
    if kind is str:
        return (len(value) if value.isascii() else len(value.encode())) + 2
    if value is None:
        return 0
    if kind is bool:
        return 4 if value else 5
    if kind is int:
        return len(str(value))
    if kind is float:
        # Relay counts all digits of `1e300`. Here trimming is told by the text alone that most events have nothing to trim.
        return len(_encode(value).removesuffix(b".0"))
    return 2


def surely_exceeds(value: Any, size: int) -> bool:
    """Return whether a typed value takes more bytes than `size` however they are counted.

    Attributes that are empty may count for nothing.
    """
    text = _EMPTY.sub(b"", _encode(value))
    return _lower_bound(text, len(_exponents(text))) > size


def _exponents(text: bytes) -> list[bytes]:
    """Return what stands in a JSON text as the exponent of a number, in strings too."""
    return _EXPONENT.findall(text) if b"e" in text else []


def _lower_bound(text: bytes, exponents: int) -> int:
    """Return the bytes that a value of this JSON text with so many exponents takes at the least."""
    # An escape takes one byte more than its character, and four more where it is one like `\u001f`.
    escapes = text.count(b"\\") + 4 * text.count(b"\\u")
    # 1.0000000000000002e16 takes four bytes more than its digits.
    return len(text) - escapes - 2 * text.count(b".0") - 4 * exponents - _KEYED * text.count(_OTHER_KEY)


def is_smaller(value: Any, size: int) -> bool:
    """Return whether a plain value takes fewer bytes than `size`."""
    if type(value) is str and len(value) + 2 >= size:
        return False
    if type(value) in _SCALARS:
        return estimate_size_flat(value) < size
    text = _encode(value)
    exponents = _exponents(text)
    if len(text) < size and not exponents:
        # Nothing but an exponent takes more than its text.
        return True
    # Two bounds of the text tell of nearly all others.
    least = _lower_bound(text, len(exponents))
    if least >= size:
        return False
    # Escaped backslashes and exponents count for more than they are; strings may hold what looks like a number.
    most = least + 5 * text.count(rb"\\") + 2 * text.count(b".0") + 4 * len(exponents)
    of_floats = [int(digits) for digits in exponents if len(digits) <= 3]
    most += sum([exponent + _MOST_DIGITS for exponent in of_floats if exponent <= _MOST_EXPONENT])
    return most < size or _size(value, size) < size


def _size(value: Any, most: int) -> int:
    """Return the bytes that a plain value takes, or some number from `most` on where it takes as many."""
    total = 0
    rest = [value]
    while rest and total < most:
        part = rest.pop()
        total += 4 if part is None else _digits(part) if type(part) is float else estimate_size_flat(part)
        if isinstance(part, (dict, list, tuple)):
            total += max(0, len(part) - 1)
            if isinstance(part, dict):
                total += sum(estimate_size_flat(key) + 1 for key in part)
            rest += part.values() if isinstance(part, dict) else part
    return total


def _digits(value: float) -> int:
    """Return the characters of a number as Rust shows it: all digits, and no fraction where there is none."""
    text = repr(value)
    if "e" not in text:
        return len(text.removesuffix(".0"))
    from decimal import Decimal  # noqa: PLC0415  (such floats are rarely measured, and it is large)

    return len(format(Decimal(text), "f").removesuffix(".0"))
