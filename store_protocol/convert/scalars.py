"""Lenient conversion of scalars: what is near enough becomes the canonical form, the rest is refused with a reason.

Each function takes any JSON value but null, and returns the canonical value or raises `ConversionError`. What is taken and
the reasons are Relay's (`relay-event-schema/src/protocol/types.rs` and the `FromValue` implementations beside it).
"""

import ipaddress
import math
import re
from operator import methodcaller
from typing import Any
from urllib.parse import unquote, unquote_to_bytes

import msgspec

from store_protocol.convert.context import ConversionError
from store_protocol.convert.forms import TEXT, either, forms, whole

U64_MAX = 2**64 - 1
_U64_DIGITS = 20
I64_MAX = 2**63 - 1
I64_MIN = -(2**63)
#: From here on a float can't tell every integer from its neighbour.
JSON_PRECISION = 2.0**53

encode_json = msgspec.json.Encoder(order="sorted").encode

LEVELS = frozenset({"debug", "info", "warning", "error", "fatal"})
# raven-java says log, python-logging's CRITICAL comes from old Python clients.
_LEVEL_NAMES = {**{name: name for name in LEVELS}, "log": "info", "critical": "fatal"}
_LEVEL_NUMBERS = {10: "debug", 20: "info", 30: "warning", 40: "error", 50: "fatal"}

#: The names of gRPC's status codes, by their numbers, in Sentry's spelling.
STATUSES = (
    *("ok", "cancelled", "unknown", "invalid_argument", "deadline_exceeded", "not_found", "already_exists"),
    *("permission_denied", "resource_exhausted", "failed_precondition", "aborted", "out_of_range", "unimplemented"),
    *("internal_error", "unavailable", "data_loss", "unauthenticated"),
)
# As old SDKs have them.
_STATUS_NAMES = {
    **{name: name for name in STATUSES},
    "success": "ok",
    "failure": "internal_error",
    "unknown_error": "internal_error",
}

#: Characters of a unit that Sentry doesn't know (Relay `CustomUnit`).
MAX_UNIT = 15
_UNITS = frozenset(
    {
        *("nanosecond", "microsecond", "millisecond", "second", "minute", "hour", "day", "week", "bit", "byte"),
        *("kilobyte", "kibibyte", "megabyte", "mebibyte", "gigabyte", "gibibyte", "terabyte", "tebibyte"),
        *("petabyte", "pebibyte", "exabyte", "exbibyte", "ratio", "percent", "none"),
    }
)
_CUSTOM_UNIT = re.compile("[a-zA-Z0-9_]+")
_SHORT_UNITS = {"ns": "nanosecond", "ms": "millisecond", "s": "second"}

# The literal stands first, for which the text is searched at three times the speed.
_EXPONENT = re.compile("e(?<=[0-9]e)[0-9]")
# A string is stepped over whole. All after its first quote is optional, so that none that has begun is read twice.
_JSON_EXPONENT = re.compile(r'"[^"\\]*+(?:\\[\s\S]?+[^"\\]*+)*+"?+|([0-9])e(?=[0-9])')
_DIGITS = re.compile(r"\+?([0-9]+)")
_HEX_DIGITS = re.compile(r"\+?([0-9a-fA-F]+)")
_OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_IPV4 = re.compile(rf"(?:{_OCTET}\.){{3}}{_OCTET}")


#: What conversions take and give: see `store_protocol.convert.forms`.
_PRECISE = {"type": "number", "exclusiveMinimum": -JSON_PRECISION, "exclusiveMaximum": JSON_PRECISION}
_U64_NUMBER = {"type": "number", "minimum": 0, "maximum": U64_MAX}
_I63 = {"type": "integer", "minimum": 0, "maximum": I64_MAX}
_ADDRESS_TEXT = {"type": "string", "pattern": whole(r"0[xX]\+?0*[0-9a-fA-F]{1,16}|\+?0*[0-9]{1,20}")}
_NUMBER = either({"type": "integer", "minimum": I64_MIN, "maximum": U64_MAX}, _ADDRESS_TEXT)
_HEX_NUMBER = {"type": "string", "pattern": whole("0x(?:0|[1-9a-f][0-9a-f]{0,15})")}
_IP_ADDRESS = {"type": "string", "pattern": whole(rf"{_IPV4.pattern}|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*|\{{\{{auto\}}\}}")}


@forms(TEXT)
def string(value: Any) -> str:
    """A string, and nothing else."""
    if type(value) is str:
        return value
    raise ConversionError("expected a string")


@forms(either({"type": ["string", "boolean", "integer"]}, _PRECISE), TEXT)
def lenient_string(value: Any) -> str:
    """A string, or a number or boolean as Python 2 would have printed it.

    >>> lenient_string(1.9), lenient_string(True)
    ('1', 'True')
    """
    if type(value) is str:
        return value
    if type(value) in {bool, int}:
        return str(value)
    if type(value) is float:
        if abs(value) >= JSON_PRECISION:
            raise ConversionError("expected a number with JSON precision")
        whole = str(int(value))
        return "-0" if whole == "0" and math.copysign(1.0, value) < 0 else whole
    raise ConversionError("expected a primitive value")


def json_text(value: Any) -> str:
    """Return the JSON text of a value, its objects by key.

    It differs from what msgspec writes in the sign of an exponent, which Rust's serde_json always shows.
    """
    text = encode_json(value).decode()
    if _EXPONENT.search(text) is None:
        return text
    return _JSON_EXPONENT.sub(lambda match: match[1] + "e+" if match[1] else match[0], text)


@forms({}, TEXT)
def json_string(value: Any) -> str:
    """A string, or anything else as its JSON text."""
    return value if type(value) is str else json_text(value)


@forms(_U64_NUMBER, {**_U64_NUMBER, "type": "integer"})
def u64(value: Any) -> int:
    """A whole number from 0 to 2^64 - 1; a fraction is cut off."""
    if type(value) is int and 0 <= value <= U64_MAX:
        return value
    if type(value) is float and 0 <= value < 2.0**64:
        return int(value)
    raise ConversionError("expected an unsigned integer", keep_first=True)


@forms(
    {"type": "number", "minimum": I64_MIN, "maximum": I64_MAX}, {"type": "integer", "minimum": I64_MIN, "maximum": I64_MAX}
)
def i64(value: Any) -> int:
    """A whole number from -2^63 to 2^63 - 1; a fraction is cut off."""
    if (type(value) is int and I64_MIN <= value <= I64_MAX) or (type(value) is float and abs(value) <= 2.0**63):
        return int(value)
    raise ConversionError("expected a signed integer", keep_first=True)


@forms(either({**_I63, "type": "number"}, {"type": "string", "pattern": whole("0*[0-9]{1,19}")}), _I63)
def whole_number(value: Any) -> int:
    """A whole number from 0 to 2^63 - 1, or its decimal digits as text.

    >>> whole_number("0042")
    42
    """
    number = u64_of(value) if type(value) is str else u64(value)
    if number is None or number > I64_MAX:
        raise ConversionError("expected an unsigned integer")
    return number


@forms({"type": "number"})
def f64(value: Any) -> float:
    """A number."""
    if type(value) is float or type(value) is int:
        return float(value)
    raise ConversionError("expected a floating point number", keep_first=True)


@forms({"type": "boolean"})
def boolean(value: Any) -> bool:
    """True or false."""
    if type(value) is bool:
        return value
    raise ConversionError("expected a boolean")


def u64_of(digits: str) -> int | None:
    """Return the number that ASCII digits stand for, None for other digits and for more than 64 bits.

    >>> u64_of("0042"), u64_of("18446744073709551616")
    (42, None)
    """
    if not (digits.isascii() and digits.isdigit()):
        return None
    # Twenty digits are the most that 64 bits hold; int() of more may be slow or refused.
    digits = digits.lstrip("0") or "0"
    return number if len(digits) <= _U64_DIGITS and (number := int(digits)) <= U64_MAX else None


def _number(value: Any, expected: str) -> str:
    if type(value) is int and I64_MIN <= value <= U64_MAX:
        return hex(value & U64_MAX)
    if type(value) is not str:
        raise ConversionError(expected)
    if value[:2] == "0x" and len(value) <= 18 and value.isascii() and value.isalnum():
        try:
            return hex(int(value, 16))
        except ValueError:
            pass
    if value[:1].isalpha():
        raise ConversionError("invalid digit found in string")
    is_hex = value[:2] in {"0x", "0X"}
    digits = value[2:] if is_hex else value
    if not digits:
        raise ConversionError("cannot parse integer from empty string")
    match = (_HEX_DIGITS if is_hex else _DIGITS).fullmatch(digits)
    if match is None:
        raise ConversionError("invalid digit found in string")
    found = match.group(1).lstrip("0")
    # Sixteen hex digits or twenty decimal ones are the most that 64 bits hold; int() of more may be slow or refused.
    number = int(found or "0", 16 if is_hex else 10) if len(found) <= 20 else U64_MAX + 1
    if number > U64_MAX:
        raise ConversionError("number too large to fit in target type")
    return hex(number)


@forms(_NUMBER, _HEX_NUMBER)
def address(value: Any) -> str:
    """An address of 64 bits, a number or its decimal or hex text, as `0x` and hex digits.

    >>> address("31"), address(-1)
    ('0x1f', '0xffffffffffffffff')
    """
    return _number(value, "expected address")


@forms(_NUMBER, _HEX_NUMBER)
def register(value: Any) -> str:
    """A register's value, read as an address is."""
    return _number(value, "expected register value")


def is_ip_address(text: str) -> bool:
    """Return whether a text is an IP address as Rust's parser takes it: no port, zone, brackets or leading zeros."""
    if _IPV4.fullmatch(text):
        return True
    if "%" in text or not text.isascii():
        return False
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


@forms(_IP_ADDRESS)
def ip_address(value: Any) -> str:
    """An IP address as it is written, or `{{auto}}`."""
    if type(value) is str and (value == "{{auto}}" or is_ip_address(value)):
        return value
    raise ConversionError("expected an ip address")


@forms(
    {"type": ["string", "integer"], "minimum": I64_MIN, "maximum": U64_MAX},
    {"type": ["string", "integer"], "minimum": 0, "maximum": U64_MAX},
)
def thread_id(value: Any) -> int | str:
    """A string or a whole number; a negative one wraps to 64 bits."""
    if type(value) is str:
        return value
    if type(value) is int and I64_MIN <= value <= U64_MAX:
        return value & U64_MAX
    raise ConversionError("expected a thread id")


@forms({"enum": [*sorted(_LEVEL_NAMES), *_LEVEL_NUMBERS]}, {"enum": sorted(LEVELS)})
def level(value: Any) -> str:
    """A severity by its name or by the number that Python's logging gives it."""
    if type(value) is str:
        found = _LEVEL_NAMES.get(value)
        if found is None:
            raise ConversionError("invalid level")
        return found
    if type(value) is int:
        found = _LEVEL_NUMBERS.get(value)
        if found is None:
            raise ConversionError(None)
        return found
    raise ConversionError("expected a level")


@forms({"enum": [*_STATUS_NAMES, *range(len(STATUSES))]}, {"enum": [*STATUSES]})
def span_status(value: Any) -> str:
    """A status by its name or by gRPC's number for it."""
    if type(value) is str and value in _STATUS_NAMES:
        return _STATUS_NAMES[value]
    if type(value) is int and 0 <= value < len(STATUSES):
        return STATUSES[value]
    is_named = type(value) is str or (type(value) is int and value <= I64_MAX)
    raise ConversionError("expected a trace status" if is_named else "expected a string")


@forms(
    {"type": "string", "pattern": whole(f"[a-zA-Z0-9_]{{0,{MAX_UNIT}}}")},
    {"type": "string", "pattern": whole(f"[a-z0-9_]{{1,{MAX_UNIT}}}")},
)
def unit(value: Any) -> str:
    """A unit of measurement: one that Sentry knows, or another of at most 15 ASCII letters and digits."""
    text = string(value)
    lowered = text.lower()
    if lowered in _UNITS:
        return lowered
    if text in _SHORT_UNITS:
        return _SHORT_UNITS[text]
    if not text:
        return "none"
    if len(text) > MAX_UNIT or not _CUSTOM_UNIT.fullmatch(text):
        raise ConversionError(None)
    return lowered


@forms({"type": "number"})
def finite(value: Any) -> float:
    """A number that is neither infinite nor NaN."""
    if (type(value) is float or type(value) is int) and math.isfinite(value):
        return float(value)
    raise ConversionError("expected a finite floating point number", keep_first=True)


_PARTITION = methodcaller("partition", "=")
#: Characters that are percent-decoded at once.
_BLOCK = 16 * 1024


def query_pairs(text: str, most: int = -1) -> list[tuple[str, str]]:
    """Split a query string into its pairs, percent-decoded, blanks for plus signs; a leading question mark is dropped.

    With `most` it gives no more than so many, and one more where there are others.

    >>> query_pairs("?a=1&&b")
    [('a', '1'), ('b', '')]
    """
    items = map(_PARTITION, filter(None, text.removeprefix("?").split("&", most)))
    if "%" in text or "+" in text:
        return [(_form_decode(key), _form_decode(found)) for key, _, found in items]
    return [(key, found) for key, _, found in items]


def _form_decode(text: str) -> str:
    return percent_decode(text.replace("+", " "))


def percent_decode(text: str) -> str:
    """Return a text with its percent-encoded bytes decoded as UTF-8, U+FFFD for those that are none.

    >>> percent_decode("%C3%A9%zz")
    'é%zz'
    """
    if len(text) <= _BLOCK:
        return unquote(text, errors="replace")
    # Each escape takes a hundred bytes of memory for a while.
    parts, start = [], 0
    while start < len(text):
        end = start + _BLOCK
        # None is cut.
        cut = text.rfind("%", end - 2, end)
        end = end if cut < 0 else cut
        parts.append(unquote_to_bytes(text[start:end]))
        start = end
    return b"".join(parts).decode("utf-8", "replace")
