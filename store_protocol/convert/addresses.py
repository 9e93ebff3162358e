"""Addresses and UUIDs in canonical form, many at once: an app has hundreds of images, and its threads as many frames.

They are nearly always written alike, which a few calls into C tell of all of them. What is written otherwise is read one
by one, as it would be alone.
"""

import re
import struct

from store_protocol.convert.ids import uuid
from store_protocol.convert.scalars import address

#: Characters of an address of 64 bits, and of a UUID with hyphens.
_ADDRESS, _UUID = 18, 36
_HYPHENS = (8, 13, 18, 23)

_ALL_CANONICAL = re.compile("0x(?:0|[1-9a-f][0-9a-f]{0,15})(?: 0x(?:0|[1-9a-f][0-9a-f]{0,15}))*+")
_ALL_HEX = re.compile("0x[0-9a-fA-F]{1,16}(?: 0x[0-9a-fA-F]{1,16})*+")


def canonical_address(text: str) -> str:
    """Return an address in canonical form, as `address` does, but sooner for what most clients send.

    >>> canonical_address("0x1f"), canonical_address("0x01F"), canonical_address("31")
    ('0x1f', '0x1f', '0x1f')
    """
    if len(text) <= _ADDRESS:
        try:
            found = hex(int(text, 16))
        except ValueError:
            return address(text)
        # What reads back as it was is canonical; what `int` takes besides, such as blanks and underscores, isn't.
        if found == text or (text[:2] == "0x" and text.isalnum() and text.isascii()):
            return found
    return address(text)


def canonical_addresses(texts: list[str]) -> list[str]:
    """Return addresses in canonical form, as `canonical_address` does; the list itself where nothing is to be done.

    Raises `ConversionError` where one is none.

    >>> canonical_addresses(["0x1f", "0x0"]), canonical_addresses(["0x01", "31"])
    (['0x1f', '0x0'], ['0x1', '0x1f'])
    """
    joined, count = " ".join(texts), len(texts)
    if _ALL_CANONICAL.fullmatch(joined):
        # Unless there are blanks in one of them.
        if joined.count(" ") == count - 1:
            return texts
    elif (digits := _packed(joined, count, _ADDRESS, "0x", (0,))) is not None:
        # With leading zeros, as Apple's SDKs write them.
        return [*map(hex, struct.unpack(f">{count}Q", digits))]
    elif joined.count(" ") == count - 1 and _ALL_HEX.fullmatch(joined):
        return [hex(int(text, 16)) for text in texts]
    return [canonical_address(text) for text in texts]


def canonical_uuids(texts: list[str]) -> list[str]:
    """Return UUIDs in canonical form, as `uuid` does. Raises `ConversionError` where one is none.

    >>> canonical_uuids(["C0BCC3F1-9827-FE65-3058-404B2831D9E6"])
    ['c0bcc3f1-9827-fe65-3058-404b2831d9e6']
    """
    joined = " ".join(texts)
    if _packed(joined, len(texts), _UUID, "-", _HYPHENS) is not None:
        return joined.lower().split(" ")
    return [uuid(text) for text in texts]


def _packed(joined: str, count: int, width: int, mark: str, places: tuple[int, ...]) -> bytes | None:
    """Return the digits of texts with blanks between them as bytes; None if not all have one width and marks in places."""
    step = width + 1
    if len(joined) != step * count - 1 or joined[width::step] != " " * (count - 1):
        return None
    for place in places:
        for at, char in enumerate(mark, place):
            if joined[at::step] != char * count:
                return None
    try:
        digits = bytes.fromhex(joined.replace(mark, ""))
    except ValueError:
        return None
    # Blanks and marks in other places leave too few.
    return digits if len(digits) * 2 == count * (width - len(mark) * len(places)) else None
