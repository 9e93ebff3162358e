"""What a body is by its first bytes, whatever its headers say."""

import re

#: How many bytes tell what a body is.
ENOUGH = 5

_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{4}")
_BLANKS = b" \t\r\n"
# JSON that is all letters and digits at its start; each is refused later for not being an object, with a better reason.
_WORDS_BEGIN = tuple(bytes([char]) for char in b"tfn-0123456789")
_JSON_WORDS = re.compile(rb"(?:true|false|null|-?[0-9]+(?:[.,eE\s]|$))")


def sniff(start: bytes) -> str | None:
    """Name what a body begins as: `gzip`, `zlib`, `zstd`, `base64`, or None for anything else.

    `start` holds its first bytes, `ENOUGH` of them unless it is shorter. JSON never begins as any of these.

    >>> sniff(b"eJzLSM3JyQcABiwCFQ"), sniff(b'{"message"')
    ('base64', None)
    """
    if start.startswith(b"\x1f\x8b"):
        return "gzip"
    if start.startswith(b"\x28\xb5\x2f\xfd"):
        return "zstd"
    if is_zlib(start):
        return "zlib"
    text = start.lstrip(_BLANKS)
    if _BASE64.match(text) and not (text.startswith(_WORDS_BEGIN) and _JSON_WORDS.match(text)):
        return "base64"
    return None


def is_zlib(start: bytes) -> bool:
    """Say whether bytes begin as a zlib stream: method 8, a window of at most 32 KiB, no dictionary, a good check."""
    return len(start) >= 2 and start[0] & 0x8F == 8 and not start[1] & 0x20 and (start[0] << 8 | start[1]) % 31 == 0
