"""Lenient conversion of scalars: what is near enough becomes the canonical form, the rest is refused with a reason.

Each function takes any JSON value but null, and gives the canonical value or raises `Wrong`. What is taken and the
reasons are Relay's (`relay-event-schema/src/protocol/types.rs` and the `FromValue` implementations beside it).
"""

import ipaddress
import math
import re
from operator import methodcaller
from typing import Any
from urllib.parse import unquote

import msgspec

from store_protocol.convert.context import Wrong

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
_HEX32 = re.compile("[0-9a-fA-F]{32}")
_HYPHENATED = re.compile("[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_HEX16 = re.compile("[0-9a-fA-F]{16}")
_DIGITS = re.compile(r"\+?([0-9]+)")
_HEX_DIGITS = re.compile(r"\+?([0-9a-fA-F]+)")
_OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_IPV4 = re.compile(rf"(?:{_OCTET}\.){{3}}{_OCTET}")
_GROUPS = (8, 4, 4, 4, 12)
#: Characters of the longest notation, with `urn:uuid:` before it.
_LONGEST_UUID = 45
_NO_HEX = re.compile("[^0-9a-fA-F]")
_DEBUG_ID = re.compile(
    r"(?P<digits>[0-9a-fA-F]{32})(?P<age>[0-9a-fA-F]{1,8})?"
    r"|(?P<hyphenated>[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})(?:-(?P<hyphenated_age>[0-9a-fA-F]{1,8}))?"
    r"|(?P<timestamp>[0-9a-fA-F]{8})-?(?P<pdb_age>[0-9a-fA-F]{1,8})"
)


def string(value: Any) -> str:
    """A string, and nothing else."""
    if type(value) is str:
        return value
    raise Wrong("expected a string")


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
            raise Wrong("expected a number with JSON precision")
        whole = str(int(value))
        return "-0" if whole == "0" and math.copysign(1.0, value) < 0 else whole
    raise Wrong("expected a primitive value")


def json_text(value: Any) -> str:
    """Give the JSON text of a value, its objects by key.

    It differs from what msgspec writes in the sign of an exponent, which Rust's serde_json always shows.
    """
    text = encode_json(value).decode()
    if _EXPONENT.search(text) is None:
        return text
    return _JSON_EXPONENT.sub(lambda match: match[1] + "e+" if match[1] else match[0], text)


def json_string(value: Any) -> str:
    """A string, or anything else as its JSON text."""
    return value if type(value) is str else json_text(value)


def u64(value: Any) -> int:
    """A whole number from 0 to 2^64 - 1; a fraction is cut off."""
    if type(value) is int and 0 <= value <= U64_MAX:
        return value
    if type(value) is float and 0 <= value < 2.0**64:
        return int(value)
    raise Wrong("expected an unsigned integer")


def i64(value: Any) -> int:
    """A whole number from -2^63 to 2^63 - 1; a fraction is cut off."""
    if (type(value) is int and I64_MIN <= value <= I64_MAX) or (type(value) is float and abs(value) <= 2.0**63):
        return int(value)
    raise Wrong("expected a signed integer")


def f64(value: Any) -> float:
    """A number."""
    if type(value) is float or type(value) is int:
        return float(value)
    raise Wrong("expected a floating point number")


def boolean(value: Any) -> bool:
    """True or false."""
    if type(value) is bool:
        return value
    raise Wrong("expected a boolean")


def _uuid_digits(text: str) -> str:
    """Give the 32 hex digits of a UUID in any of its notations."""
    if _HEX32.fullmatch(text):
        return text.lower()
    bare = text
    if text[:1] == "{" and text[-1:] == "}":
        bare = text[1:-1]
    elif text[:9].lower() == "urn:uuid:":
        bare = text[9:]
    groups = bare.split("-")
    if tuple(map(len, groups)) == _GROUPS and _HEX32.fullmatch("".join(groups)):
        return "".join(groups).lower()
    raise Wrong(_uuid_fault(text))


def _uuid_fault(text: str) -> str:
    """Say what keeps a text from being a UUID, as Rust's uuid crate says it."""
    length = len(text.encode())
    if length > _LONGEST_UUID:
        return f"invalid length: found {length}"
    offset = 0
    body = text
    if body[:1] == "{" and body[-1:] == "}":
        body, offset = body[1:-1], 1
    elif body.startswith("urn:uuid:"):
        body, offset = body[9:], 9
    hyphens = 0
    bounds: list[int] = []
    for index, char in enumerate(body.encode()):
        if char == 0x2D:
            if hyphens < 4:
                bounds.append(index)
            hyphens += 1
        elif chr(char) not in "0123456789abcdefABCDEF":
            found = body[len(body.encode()[:index].decode(errors="ignore"))]
            return f"invalid character: found `{found}` at {index + offset}"
    if hyphens == 0 and not offset:
        return f"invalid length: found {len(text.encode())}"
    if hyphens != 4:
        return f"invalid group count: expected 5, found {hyphens + 1}"
    starts = [8, 13, 18, 23]
    for group, (bound, expected) in enumerate(zip(bounds, starts, strict=True)):
        if bound != expected:
            previous = bounds[group - 1] + 1 if group else 0
            return f"invalid group length in group {group}: expected {_GROUPS[group]}, found {bound - previous}"
    return f"invalid group length in group 4: expected 12, found {len(body) - 24}"


def event_id(value: Any) -> str:
    """A UUID in any notation, as 32 lowercase hex digits."""
    if type(value) is not str:
        raise Wrong("expected event id")
    return _uuid_digits(value)


def uuid(value: Any) -> str:
    """A UUID in any notation, in lowercase with hyphens."""
    if type(value) is not str:
        raise Wrong("expected a uuid")
    if _HYPHENATED.fullmatch(value):
        return value.lower()
    digits = _uuid_digits(value)
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def trace_id(value: Any) -> str:
    """A trace id: a UUID in any notation, as 32 lowercase hex digits."""
    if type(value) is not str:
        raise Wrong("expected trace id")
    try:
        return _uuid_digits(value)
    except Wrong:
        raise Wrong("not a valid trace id") from None


def span_id(value: Any) -> str:
    """A span id: 16 hex digits, not all zero, in lowercase."""
    if type(value) is not str:
        raise Wrong("expected span id")
    if not _HEX16.fullmatch(value) or value == "0" * 16:
        raise Wrong("not a valid span id")
    return value.lower()


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
        raise Wrong(expected)
    if value[:2] == "0x" and len(value) <= 18 and value.isascii() and value.isalnum():
        try:
            return hex(int(value, 16))
        except ValueError:
            pass
    is_hex = value[:2] in {"0x", "0X"}
    digits = value[2:] if is_hex else value
    if not digits:
        raise Wrong("cannot parse integer from empty string")
    match = (_HEX_DIGITS if is_hex else _DIGITS).fullmatch(digits)
    if match is None:
        raise Wrong("invalid digit found in string")
    found = match.group(1).lstrip("0")
    # Sixteen hex digits or twenty decimal ones are the most that 64 bits hold; int() of more may be slow or refused.
    number = int(found or "0", 16 if is_hex else 10) if len(found) <= 20 else U64_MAX + 1
    if number > U64_MAX:
        raise Wrong("number too large to fit in target type")
    return hex(number)


def address(value: Any) -> str:
    """An address of 64 bits, a number or its decimal or hex text, as `0x` and hex digits.

    >>> address("31"), address(-1)
    ('0x1f', '0xffffffffffffffff')
    """
    return _number(value, "expected address")


def register(value: Any) -> str:
    """A register's value, read as an address is."""
    return _number(value, "expected register value")


def is_ip_address(text: str) -> bool:
    """Say whether a text is an IP address as Rust's parser takes it: no port, zone, brackets or leading zeros."""
    if _IPV4.fullmatch(text):
        return True
    if "%" in text or not text.isascii():
        return False
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def ip_address(value: Any) -> str:
    """An IP address as it is written, or `{{auto}}`."""
    if type(value) is str and (value == "{{auto}}" or is_ip_address(value)):
        return value
    raise Wrong("expected an ip address")


def thread_id(value: Any) -> int | str:
    """A string or a whole number; a negative one wraps to 64 bits."""
    if type(value) is str:
        return value
    if type(value) is int and I64_MIN <= value <= U64_MAX:
        return value & U64_MAX
    raise Wrong("expected a thread id")


def level(value: Any) -> str:
    """A severity by its name or by the number that Python's logging gives it."""
    if type(value) is str:
        found = _LEVEL_NAMES.get(value)
        if found is None:
            raise Wrong("invalid level")
        return found
    if type(value) is int:
        found = _LEVEL_NUMBERS.get(value)
        if found is None:
            raise Wrong(None)
        return found
    raise Wrong("expected a level")


def span_status(value: Any) -> str:
    """A status by its name or by gRPC's number for it."""
    if type(value) is str and value in _STATUS_NAMES:
        return _STATUS_NAMES[value]
    if type(value) is int and 0 <= value < len(STATUSES):
        return STATUSES[value]
    is_named = type(value) is str or (type(value) is int and value <= I64_MAX)
    raise Wrong("expected a trace status" if is_named else "expected a string")


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
        raise Wrong(None)
    return lowered


def finite(value: Any) -> float:
    """A number that is neither infinite nor NaN."""
    if (type(value) is float or type(value) is int) and math.isfinite(value):
        return float(value)
    raise Wrong("expected a finite floating point number")


def code_id(value: Any) -> str:
    """The identifier of a code file: hex digits in lowercase, whatever stands between them."""
    if type(value) is not str:
        raise Wrong("expected a code identifier")
    return _NO_HEX.sub("", value).lower()


def debug_id(value: Any) -> str:
    """The identifier of a debug file: a UUID with an age, or a PDB 2.0 timestamp with one.

    >>> debug_id("C0BCC3F19827FE653058404B2831D9E61")
    'c0bcc3f1-9827-fe65-3058-404b2831d9e6-1'
    >>> debug_id("5ab380779000")
    '5AB38077-9000'
    """
    if type(value) is not str:
        raise Wrong("expected a debug identifier")
    match = _DEBUG_ID.fullmatch(value)
    if match is None:
        raise Wrong("invalid debug identifier")
    digits, age = match["digits"] or match["hyphenated"], match["age"] or match["hyphenated_age"]
    if digits is None:
        return f"{match['timestamp'].upper()}-{int(match['pdb_age'], 16):x}"
    found = uuid(digits)
    number = int(age, 16) if age else 0
    return f"{found}-{number:x}" if number else found


_PARTITION = methodcaller("partition", "=")


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
    return unquote(text.replace("+", " "), errors="replace")
