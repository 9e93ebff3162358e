"""The character coding of a body: any of those that clients send, turned into UTF-8.

Positions in the UTF-8 text and offsets in the body as it came are not the same once a body was turned, so the text keeps
what is needed to tell the one from the other.
"""

from collections.abc import Iterable
from encodings.aliases import aliases

import msgspec

from store_protocol.errors import InvalidJson

# Only text codings that have ASCII where ASCII has it and give each text one reading. That leaves out Python's codecs
# that aren't charsets (hex, zlib, rot13, unicode_escape), UTF-7, and those that switch tables by escape sequences. UTF-16
# and UTF-32 are missing since their bytes tell them: a label is never needed, and a wrong one would do harm.
_CODECS = {
    "latin_1",
    *(f"iso8859_{part}" for part in (2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 16)),
    *(f"cp{page}" for page in (1250, 1251, 1252, 1253, 1254, 1255, 1256, 1257, 1258, 437, 850, 852, 866)),
    *(f"cp{page}" for page in (874, 932, 949, 950)),
    *("koi8_r", "koi8_u", "mac_roman", "mac_cyrillic", "tis_620", "shift_jis", "euc_jp", "gb2312", "gbk", "gb18030"),
    *("big5", "big5hkscs", "euc_kr"),
}

_BYTE_ORDER_MARKS = (
    (b"\xff\xfe\x00\x00", "utf-32-le"),  # before UTF-16, whose mark is its beginning
    (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
_FIRST_OF_MARKS = (b"\xff", b"\xfe", b"\0")
_UTF8_MARK = b"\xef\xbb\xbf"


class DecodedText(msgspec.Struct, frozen=True):
    """A body as UTF-8, without its byte order mark.

    `data` is UTF-8 as far as the body was: bytes that aren't are still in it, and lone surrogates are too, as the three
    bytes that each would have. `mark` is the length of the byte order mark. `codec` is the Python codec that the body
    was turned from, None where `data` is what came.
    """

    data: bytes
    mark: int = 0
    codec: str | None = None

    def offsets(self, positions: Iterable[int]) -> list[int]:
        """Return the offsets in the body, in bytes, of positions in `data`, which must ascend."""
        if self.codec is None:
            return [self.mark + position for position in positions]
        offsets, offset, previous = [], self.mark, 0
        for position in positions:
            between = self.data[previous:position].decode("utf-8", "surrogatepass")
            # A lone surrogate can't be written, but what replaces it has its length.
            offset += len(between.encode(self.codec, "replace"))
            offsets.append(offset)
            previous = position
        return offsets

    def wrong(self, position: int, what: str) -> InvalidJson:
        """Return the error that says what is wrong at a position in `data`."""
        return _invalid(self.offsets([position])[0], what)


def to_utf8(body: bytes | str, charset: str | None = None) -> DecodedText:
    """Turn a body into UTF-8.

    What the bytes tell goes before what `charset` says, as labels are often wrong: a byte order mark first, then the
    zero bytes that UTF-16 and UTF-32 have around ASCII (RFC 4627 section 3; a JSON text begins with ASCII), then UTF-8.
    Only a body that is none of these is read as `charset`, and only if all of it can be.

    Raises `InvalidJson` for a text that begins as UTF-16 or UTF-32 and then breaks its rules.

    >>> to_utf8('{"a": "é"}'.encode("latin-1"), "ISO-8859-1").data.decode()
    '{"a": "é"}'
    """
    if isinstance(body, str):
        body = body.encode("utf-8", "surrogatepass")
    if body.startswith(_UTF8_MARK):
        return DecodedText(body.removeprefix(_UTF8_MARK), len(_UTF8_MARK))
    mark, codec = _wide(body)
    if codec is not None:
        try:
            text = body[mark:].decode(codec, "surrogatepass")
        except UnicodeDecodeError as error:
            start = error.start
        else:
            return DecodedText(text.encode("utf-8", "surrogatepass"), mark, codec)
        # Not within the handler: Python's error holds the body, and would go along as the context of ours.
        raise _invalid(mark + start, f"the text is not {codec[:6].upper()}")
    codec = _codec_of(charset) if charset else None
    if codec is not None and not is_utf8(body):
        try:
            return DecodedText(body.decode(codec).encode(), 0, codec)
        except UnicodeDecodeError:
            pass  # the label is wrong
    return DecodedText(body)


def is_utf8(data: bytes) -> bool:
    """Return whether all of `data` is UTF-8."""
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _wide(body: bytes) -> tuple[int, str | None]:
    """Return the length of the byte order mark and the codec of a body in UTF-16 or UTF-32."""
    if body.startswith(_FIRST_OF_MARKS):
        for mark, codec in _BYTE_ORDER_MARKS:
            if body.startswith(mark):
                return len(mark), codec
    if len(body) >= 2:
        if not body[0]:
            return 0, "utf-16-be" if body[1] else "utf-32-be"
        if not body[1]:
            return 0, "utf-16-le" if any(body[2:4]) or len(body) < 4 else "utf-32-le"
    return 0, None


def _codec_of(charset: str) -> str | None:
    # Not codecs.lookup: it would import a module by a name that came in a header, and keep every name it was asked for.
    name = charset.strip().lower().replace("-", "_")
    name = aliases.get(name, name)
    return name if name in _CODECS else None


def _invalid(offset: int, what: str) -> InvalidJson:
    return InvalidJson(f"invalid JSON at byte {offset}: {what}", offset=offset)
