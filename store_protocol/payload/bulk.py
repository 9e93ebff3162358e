r"""The rest of a JSON text repaired at once, where it isn't read value by value any more.

Strategy: what has to be repaired is told by the tokens alone, wherever they stand, and a few passes in C over pieces of the
text see to all of them. Whether the text has the grammar of JSON is left to the decoder, which reads it afterwards: nothing
that is repaired here turns a text that has it not into one that has.

An error of the decoder stands in the repaired text. The pieces are known by where they begin in either, right after a comma
between values, so that the piece with the error can be read by itself, value by value, once the containers are known that
are open there.
"""

import json
import re
from collections.abc import Iterator
from itertools import accumulate
from typing import Literal, NamedTuple

from store_protocol.json_types import is_plain_number
from store_protocol.payload.charsets import is_utf8
from store_protocol.payload.strings import CONTROLS, REPLACEMENT, blank, repair_controls, repair_escapes, repair_surrogates

# A string, or what stands from a quote on that nothing ends: it is read once, and the decoder refuses it.
_STRING = rb'"[^"\\]*+(?:\\[\s\S]?+[^"\\]*+)*+"?+'

# A piece is worth the calls that it takes, and reading one by itself costs nothing.
_BYTES_OF_PIECE = 4096
# Pieces between quotes take up to twenty times as much memory as the block that they are of.
_BYTES_OF_BLOCK = 65536
_piece = re.compile(rb'(?:(?:[^",]++|%b)*+,){1,800}' % _STRING).match
_strings = re.compile(_STRING)
_strings_between = re.compile(rb"(%b)" % _STRING).split
#: With these `bytes.translate` leaves nothing but brackets, all of one kind.
ALL_SQUARE, NO_BRACKETS = bytes.maketrans(b"{}", b"[]"), bytes({*range(256)} - {*b"[]{}"})
_runs = re.compile(rb"\[++|\]++").findall

_surrogate = re.compile(rb"\xed[\xa0-\xbf][\x80-\xbf]")
_bad_in_string = re.compile('[\udc80-\udcff][^"]*+')

# With all digits alike and all signs and forms of an exponent, what may be beyond what is held is found by plain searches.
_ALIKE = bytes.maketrans(b"123456789E+", b"000000000e-")
_LONG = (b"0" * 19, b"e000", b"e-000")
# None has less characters than 1e999.
_long_numbers = re.compile(rb"([0-9.eE+-]{5,}+)").split
_is_number = re.compile(rb"-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?").fullmatch
# A number or a word that stands as a key, which no text may have.
_no_key = re.compile(rb"[0-9yN][ \t\n\r]*+:").search


class Piece(NamedTuple):
    """Where a piece begins in the text, and in what it was repaired to."""

    start: int
    repaired: int


def repair_rest(data: bytes, start: int) -> tuple[list[bytes], int, list[Piece]]:
    r"""Repair a text from `start` on, which is between two values; return it in pieces, with how many faults it had.

    >>> repair_rest(b'[0,NaN,"\\ud800\\"",1e999]', 3)[:2]
    ([b'"NaN","\xef\xbf\xbd\\"",', b'"1e999"]'], 3)
    """
    texts: list[bytes] = []
    pieces = [Piece(start, 0)]
    count = length = 0
    all_utf8 = is_utf8(data[start:])
    while start < len(data):
        end = _end_of_piece(data, start)
        text, found = _repaired(data[start:end], all_utf8=all_utf8)
        texts.append(text)
        count += found
        length += len(text)
        start = end
        pieces.append(Piece(start, length))
    return texts, count, pieces


def _end_of_piece(data: bytes, start: int) -> int:
    """Return the end of a piece, after a comma between values, or the end of the text."""
    if data.find(b'"', start, start + _BYTES_OF_PIECE) < 0:
        comma = data.rfind(b",", start, start + _BYTES_OF_PIECE)
        if comma >= 0:
            return comma + 1
    match = _piece(data, start)
    return len(data) if match is None else match.end()


def open_containers(opened: bytes, text: bytes) -> bytes:
    """Return the brackets of the containers that are open after a text that has the grammar of JSON.

    `opened` are those before it.

    >>> open_containers(b"[", b'{"a": [1, {"]": 2}, ')
    b'[{['
    """
    open_ones = bytearray(opened)
    start = 0
    while start < len(text):
        end = _end_of_piece(text, start)
        # Pairs are not taken out level by level, which takes a pass over all of them for each.
        for bracket in _strings.sub(b"", text[start:end]).translate(None, NO_BRACKETS):
            if bracket in b"[{":
                open_ones.append(bracket)
            elif open_ones:
                open_ones.pop()
        start = end
    return bytes(open_ones)


def is_deep(text: bytes, levels: int) -> bool:
    """Return whether a text that has the grammar of JSON has so many containers in each other.

    >>> is_deep(b'{"a": [[], "[[["]}', 3), is_deep(b'{"a": [[], "[[["]}', 4)
    (True, False)
    """
    if text.count(b"[") + text.count(b"{") < levels:
        return False
    left = b"".join([piece.translate(ALL_SQUARE, NO_BRACKETS) for piece in _without_strings(text)])
    # In as many brackets as there are levels it can only get so deep.
    size = max(1, levels // 4)
    depth = 0
    for start in range(0, len(left), size):
        some = left[start : start + size]
        ups = some.count(b"[")
        if depth + ups >= levels:
            changes = (len(run) if run[:1] == b"[" else -len(run) for run in _runs(some))
            if depth + max(accumulate(changes)) >= levels:
                return True
        depth += 2 * ups - len(some)
    return False


def has_long_numbers(text: bytes) -> bool:
    """Return whether there may be numbers in a text that are out of range; False means that there are none."""
    alike = text.translate(_ALIKE)
    if not any(long in alike for long in _LONG):
        return False
    # It may be in a string, as one that was out of range is after its repair.
    alike = b"".join(_without_strings(text)).translate(_ALIKE)
    return any(long in alike for long in _LONG)


def has_numbers_out_of_range(text: bytes) -> bool:
    """Return whether there are numbers in a text that JSON readers can't hold; the text has the grammar of JSON."""
    if not has_long_numbers(text):
        return False
    # Where many are, the first block has one; between blocks a number may be cut.
    blocks = [*_without_strings(text)]
    return any(_with_numbers(some)[1] for some in (blocks[0], b"".join(blocks)))


def _without_strings(text: bytes) -> Iterator[bytes]:
    """Yield what stands between the strings of a text that has the grammar of JSON, some blocks of it."""
    # In C from end to end: without escaped quotes, every other piece between quotes is a string.
    if b"\\" in text:
        text = text.replace(rb"\\", b"").replace(rb"\"", b"")
    in_string = 0
    for start in range(0, len(text), _BYTES_OF_BLOCK):
        pieces = text[start : start + _BYTES_OF_BLOCK].split(b'"')
        yield b"".join(pieces[in_string::2])
        # There is one quote less than there are pieces.
        in_string ^= len(pieces) % 2 == 0


def _repaired(text: bytes, *, all_utf8: bool) -> tuple[bytes, int]:
    """Repair a piece; return it, and how many faults it had."""
    count = 0
    if b"\\" in text:
        text, count = repair_escapes(text)
    if text.translate(None, CONTROLS) != text:
        parts = _strings_between(text)
        if found_controls := repair_controls(parts):
            text, count = b"".join(parts), count + found_controls
    if b"\\u" in text:
        text, found_surrogates = repair_surrogates(text)
        count += found_surrogates
    if not (all_utf8 or is_utf8(text)):
        found = blank(text).replace(b'\\"', b"\0\0").decode("utf-8", "surrogateescape")
        count += len(_bad_in_string.findall(found))
        if b"\xed" in text:
            text = _surrogate.sub(REPLACEMENT, text)
        text = text.decode("utf-8", "replace").encode()
    has_words, has_long = b"N" in text or b"I" in text, has_long_numbers(text)
    if has_words or has_long:
        parts = _strings_between(text)
        others = b"\0".join(parts[::2])
        # What has a control character here is refused, whatever becomes of it.
        if others.count(b"\0") == len(parts) // 2 and not _no_key(others):
            if has_words:
                others, found_words = _with_words(others)
                count += found_words
            if has_long:
                others, found_numbers = _with_numbers(others)
                count += found_numbers
            parts[::2] = others.split(b"\0")
            text = b"".join(parts)
    return text, count


def _with_words(others: bytes) -> tuple[bytes, int]:
    """Turn words into strings, where there are no strings yet; return how many, too."""
    count = others.count(b"NaN") + others.count(b"Infinity")
    return others.replace(b"NaN", b'"NaN"').replace(b"Infinity", b'"Infinity"').replace(b'-"', b'"-'), count


def _with_numbers(others: bytes) -> tuple[bytes, int]:
    """Turn numbers that can't be held into strings; return how many, too."""
    parts = _long_numbers(others)
    tokens = parts[1::2]
    try:
        # All at once; floats out of range are infinite.
        values = json.loads(b"[%b]" % b",".join(tokens))
        faulty = [not is_plain_number(value) for value in values]
    except ValueError:
        # The decoder might take what is no number for one out of range, of which it doesn't say where it stands.
        tokens = [token if _is_number(token) else b"x" * len(token) for token in tokens]
        faulty = [_is_number(token) is not None and fault_of_number(token) is not None for token in tokens]
    parts[1::2] = [b'"%b"' % token if is_faulty else token for token, is_faulty in zip(tokens, faulty, strict=True)]
    return b"".join(parts), sum(faulty)


def fault_of_number(token: bytes) -> Literal["big_integer", "number_range"] | None:
    """Return what keeps JSON readers from holding a number, None where they do."""
    if token.removeprefix(b"-").isdigit():
        return None if len(token) <= 20 and is_plain_number(int(token)) else "big_integer"
    return None if is_plain_number(float(token)) else "number_range"
