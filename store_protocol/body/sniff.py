"""What a body is by its first bytes, whatever its headers say."""

import binascii
import re

from store_protocol.body.codings import CODINGS
from store_protocol.body.codings.base64 import BLANKS, URL_SAFE

#: How many bytes of a body are looked at. They are part of the first block.
LOOK = 4 * 1024
#: Characters of base64 that are decoded for a look at what is in it.
_BASE64_LOOK = 64

_begins_as_json = re.compile(rb"(?:\xef\xbb\xbf)?[ \t\r\n]*+[\[{\"]").match
# A name of a form's field has no character that base64 hasn't, and base64 has no `=` before anything but `=` and blanks.
_begins_as_form = re.compile(rb"[ \t\r\n]*+[A-Za-z0-9_.%*+\[\]-]{1,128}+=[^=\s]").match
# Of a form that is read line by line the first one stands alone.
_begins_as_multipart = re.compile(rb"(?:\r\n)?--[^\r\n]{1,100}+\r?(?:\n(?i:Content-(?:Disposition|Type):)|\Z)").match
_begins_as_markup = re.compile(rb"(?:\xef\xbb\xbf)?[ \t\r\n]*+<(?:[?!A-Za-z])").match
_MAGIC = ((b"PK\x03\x04", "a zip archive"), (b"PK\x05\x06", "a zip archive"), (b"MDMP", "a minidump"))


def sniff(start: bytes) -> str | None:
    """Return the name of the coding that a body begins in (`gzip`, `zlib`, `zstd`, `base64`), or None for anything else.

    `start` holds at least the first `LOOK` bytes of the body, or all of a shorter one; what follows them is not looked at.
    JSON never begins as any coding does.

    >>> sniff(b"eJzLSM3JyQcABiwCFQ"), sniff(b'{"message"')
    ('base64', None)
    """
    if not start:
        return None
    if (magic := _by_magic(start)) is not None:
        return magic
    for name, looks_like in CODINGS.by_look:
        if looks_like(start[:LOOK]):
            is_form = _begins_as_form(start) or _begins_as_multipart(start)
            return name if not is_form or _begins_within(start) else None
    return None


def _by_magic(start: bytes) -> str | None:
    for name, magic in CODINGS.by_first_byte.get(start[0], ()) if start else ():
        if start.startswith(magic):
            return name
    return None


def begins_as(start: bytes) -> str | None:
    """Return what a body surely begins as: `json` (an envelope too), a coding with magic, or `base64` of one of these.

    >>> begins_as(b"eyJtZXNzYWdlIjogImhlbGxvIn0="), begins_as(b"hello"), begins_as(b' {"a":')
    ('base64', None, 'json')
    """
    found = "json" if _begins_as_json(start) else sniff(start)
    if found is None or not CODINGS.is_wrapper(found):
        return found
    return found if _begins_within(start) else None


def _begins_within(start: bytes) -> str | None:
    """Return what is in base64 by its beginning: `json` or a coding with magic."""
    text = start[:LOOK].translate(URL_SAFE, BLANKS)[:_BASE64_LOOK].partition(b"=")[0]
    if len(text) % 4 == 1:
        text = text[:-1]
    try:
        inside = binascii.a2b_base64(text + b"=" * (-len(text) % 4), strict_mode=True)
    except binascii.Error:
        return None
    return "json" if _begins_as_json(inside) else _by_magic(inside)


def format_of(start: bytes) -> str | None:
    r"""Return what a body is that is not what it should be, in words for people; None where its beginning doesn't tell.

    >>> format_of(b"event_id=9ec79c33&message=hello"), format_of(b"PK\x03\x04")
    ('a form', 'a zip archive')
    """
    for magic, name in _MAGIC:
        if start.startswith(magic):
            return name
    if _begins_as_multipart(start):
        return "a multipart form"
    if _begins_as_form(start):
        return "a form"
    return "HTML or XML" if _begins_as_markup(start) else None
