"""What a body is by its first bytes, whatever its headers say."""

import re

#: How many bytes of a body are looked at. They are part of the first block.
LOOK = 4 * 1024
ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
#: What follows the first byte of a skippable frame, which is 0x50 to 0x5F (RFC 8878 section 3.1.2).
SKIPPABLE_MAGIC = b"\x2a\x4d\x18"

# The first bytes of gzip, of zlib, and of zstd and its skippable frames.
_COMPRESSED_BEGIN = bytes([0x1F, *range(0x08, 0x80, 0x10), *range(0x50, 0x60)])
# With its padding, {} is no longer than that.
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{4}|[A-Za-z0-9+/_-]{3}=")
_BLANKS = b" \t\r\n"
# JSON that is all letters and digits at its start; each is refused later for not being an object, with a better reason.
_WORDS_BEGIN = tuple(bytes([char]) for char in b"tfn-0123456789")
_JSON_WORDS = re.compile(rb"(?:true|false|null|-?[0-9]+(?:[.,eE\s]|$))")


def sniff(start: bytes) -> str | None:
    """Name what a body begins as: `gzip`, `zlib`, `zstd`, `base64`, or None for anything else.

    `start` holds its first `LOOK` bytes at least, or all of a shorter body; what follows them is not looked at. JSON never
    begins as any of these.

    >>> sniff(b"eJzLSM3JyQcABiwCFQ"), sniff(b'{"message"')
    ('base64', None)
    """
    first = start[:1]
    if first in _COMPRESSED_BEGIN:
        if is_zlib(start):
            return "zlib"
        if start.startswith(b"\x1f\x8b"):
            return "gzip"
        if start.startswith(ZSTD_MAGIC) or is_skippable(start):
            return "zstd"
    text = start[:LOOK].lstrip(_BLANKS) if first in _BLANKS else start
    if _BASE64.match(text) and not (text.startswith(_WORDS_BEGIN) and _JSON_WORDS.match(text[:LOOK])):
        return "base64"
    return None


def is_skippable(start: bytes) -> bool:
    """Say whether bytes begin as a skippable frame of zstd, as all that pzstd writes does."""
    return start[1:4] == SKIPPABLE_MAGIC and start[0] & 0xF0 == 0x50


def is_zlib(start: bytes) -> bool:
    """Say whether bytes begin as a zlib stream: method 8, a window of at most 32 KiB, no dictionary, a good check."""
    return len(start) >= 2 and start[0] & 0x8F == 8 and not start[1] & 0x20 and (start[0] << 8 | start[1]) % 31 == 0
