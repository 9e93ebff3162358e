"""Identifiers: UUIDs in any notation, ids of events, traces and spans, of code and of debug files.

What is taken and the reasons are Relay's and those of Rust's uuid crate (`relay-event-schema/src/protocol/types.rs`).
"""

import re
from typing import Any

from store_protocol.convert.context import ConversionError
from store_protocol.convert.forms import TEXT, forms, whole

_DIGITS_OF_UUID = "[0-9a-fA-F]{32}"
_HEX32 = re.compile(_DIGITS_OF_UUID)
_HYPHENATED = re.compile("[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_HEX16 = re.compile("[0-9a-fA-F]{16}")
_GROUPS = (8, 4, 4, 4, 12)
#: Characters of the longest notation, with `urn:uuid:` before it.
_LONGEST_UUID = 45
_NO_HEX = re.compile("[^0-9a-fA-F]")
_DEBUG_ID = re.compile(
    r"(?P<digits>[0-9a-fA-F]{32})(?P<age>[0-9a-fA-F]{1,8})?"
    r"|(?P<hyphenated>[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})(?:-(?P<hyphenated_age>[0-9a-fA-F]{1,8}))?"
    r"|(?P<timestamp>[0-9a-fA-F]{8})-?(?P<pdb_age>[0-9a-fA-F]{1,8})"
)


def _uuid_digits(text: str) -> str:
    """Return the 32 hex digits of a UUID in any of its notations."""
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
    raise ConversionError(_uuid_fault(text))


def _uuid_fault(text: str) -> str:
    """Return what keeps a text from being a UUID, as Rust's uuid crate says it."""
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


_GROUPED = _HYPHENATED.pattern
_UUID_PATTERN = whole(rf"{_DIGITS_OF_UUID}|(?:[uU][rR][nN]:[uU][uU][iI][dD]:)?{_GROUPED}|\{{{_GROUPED}\}}")
#: What conversions take and give: see `store_protocol.convert.forms`.
_UUID = {"type": "string", "pattern": _UUID_PATTERN}
_DIGITS = {"type": "string", "pattern": whole("[0-9a-f]{32}")}
_DEBUG_ID_FORMS = (
    {"type": "string", "pattern": whole(re.sub(r"\?P<\w+>", "?:", _DEBUG_ID.pattern))},
    {
        "type": "string",
        "pattern": whole(
            "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?:-[1-9a-f][0-9a-f]{0,7})?|[0-9A-F]{8}-(?:0|[1-9a-f][0-9a-f]{0,7})"
        ),
    },
)


@forms(_UUID, _DIGITS)
def event_id(value: Any) -> str:
    """A UUID in any notation, as 32 lowercase hex digits."""
    if type(value) is not str:
        raise ConversionError("expected event id")
    return _uuid_digits(value)


@forms(_UUID, {"type": "string", "pattern": whole("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")})
def uuid(value: Any) -> str:
    """A UUID in any notation, in lowercase with hyphens."""
    if type(value) is not str:
        raise ConversionError("expected a uuid")
    if _HYPHENATED.fullmatch(value):
        return value.lower()
    digits = _uuid_digits(value)
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


@forms(_UUID, _DIGITS)
def trace_id(value: Any) -> str:
    """A trace id: a UUID in any notation, as 32 lowercase hex digits."""
    if type(value) is not str:
        raise ConversionError("expected trace id")
    try:
        return _uuid_digits(value)
    except ConversionError:
        raise ConversionError("not a valid trace id") from None


@forms(
    {"type": "string", "pattern": whole("(?!0{16})[0-9a-fA-F]{16}")},
    {"type": "string", "pattern": whole("(?!0{16})[0-9a-f]{16}")},
)
def span_id(value: Any) -> str:
    """A span id: 16 hex digits, not all zero, in lowercase."""
    if type(value) is not str:
        raise ConversionError("expected span id")
    if not _HEX16.fullmatch(value) or value == "0" * 16:
        raise ConversionError("not a valid span id")
    return value.lower()


@forms(TEXT, {"type": "string", "pattern": whole("[0-9a-f]*")})
def code_id(value: Any) -> str:
    """The identifier of a code file: hex digits in lowercase, whatever stands between them."""
    if type(value) is not str:
        raise ConversionError("expected a code identifier")
    return _NO_HEX.sub("", value).lower()


@forms(*_DEBUG_ID_FORMS)
def debug_id(value: Any) -> str:
    """The identifier of a debug file: a UUID with an age, or a PDB 2.0 timestamp with one.

    >>> debug_id("C0BCC3F19827FE653058404B2831D9E61")
    'c0bcc3f1-9827-fe65-3058-404b2831d9e6-1'
    >>> debug_id("5ab380779000")
    '5AB38077-9000'
    """
    if type(value) is not str:
        raise ConversionError("expected a debug identifier")
    match = _DEBUG_ID.fullmatch(value)
    if match is None:
        raise ConversionError("invalid debug identifier")
    digits, age = match["digits"] or match["hyphenated"], match["age"] or match["hyphenated_age"]
    if digits is None:
        return f"{match['timestamp'].upper()}-{int(match['pdb_age'], 16):x}"
    found = uuid(digits)
    number = int(age, 16) if age else 0
    return f"{found}-{number:x}" if number else found
