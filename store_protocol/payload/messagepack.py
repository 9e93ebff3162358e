"""MessagePack to plain objects as JSON has them: what crash reporters keep between a crash and its upload."""

from collections import deque
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import msgspec

from store_protocol.collector import decode_uncollected
from store_protocol.errors import PayloadError
from store_protocol.limits import Limits
from store_protocol.payload import read_payload

_decode = msgspec.msgpack.Decoder().decode
_to_json = msgspec.json.Encoder().encode


def unpack_first(data: bytes, limits: Limits) -> Any:
    """Return the value that MessagePack begins with as JSON has it, None where it can't be read."""
    return next(map(_reader(data, limits), islice(_places(data, limits), 1)), None)


def unpack_last(data: bytes, most: int, limits: Limits) -> list[Any]:
    """Return the last of the values that stand one after the other in MessagePack; what can't be read ends them."""
    values = list(map(_reader(data, limits), deque(_places(data, limits), most)))
    return values[: values.index(None)] if None in values else values


def _places(data: bytes, limits: Limits) -> Iterator[tuple[int, int]]:
    """Return where each value begins and ends."""
    position = 0
    size = len(data)
    while size <= limits.max_event_bytes:
        # One after the other they are looked at in half the time of a call.
        whole = position < size and data[position] in _OF_ONE_BYTE
        end = position + 1 if whole else _end_of_value(data, position, limits.max_event_bytes // 2)
        if end is None:
            return
        yield position, end
        position = end


def _reader(data: bytes, limits: Limits) -> Callable[[tuple[int, int]], Any]:
    def read(place: tuple[int, int]) -> Any:
        try:
            text = _to_json(decode_uncollected(_decode, data[slice(*place)]))
            # What takes a byte in MessagePack takes three in JSON.
            return read_payload(text, limits=limits).value if len(text) <= limits.max_event_bytes else None
        except (msgspec.MsgspecError, RecursionError, TypeError, ValueError, PayloadError):
            return None

    return read


# By the first byte of a value that isn't a small number, string or container: how many bytes of its head tell a length, how
# many bytes follow in any case, and how many values for each of the length (MessagePack specification, "Formats").
_FIXED = {0xC0: 0, 0xC2: 0, 0xC3: 0, 0xCA: 4, 0xCB: 8, **{0xCC + n: 1 << n for n in range(4)}}
_FIXED |= {0xD0 + n: 1 << n for n in range(4)} | {0xD4 + n: 1 + (1 << n) for n in range(5)}
_COUNTED = {0xC4: (1, 0), 0xC5: (2, 0), 0xC6: (4, 0), 0xC7: (1, 1), 0xC8: (2, 1), 0xC9: (4, 1), 0xD9: (1, 0), 0xDA: (2, 0)}
_COUNTED |= {0xDB: (4, 0)}
_CONTAINERS = {0xDC: (2, 1), 0xDD: (4, 1), 0xDE: (2, 2), 0xDF: (4, 2)}


#: First bytes of values that have no more: small numbers, what is empty, null and booleans.
_OF_ONE_BYTE = frozenset({*range(0x80), 0x80, 0x90, 0xA0, 0xC0, 0xC2, 0xC3, *range(0xE0, 0x100)})


def _end_of_value(data: bytes, position: int, most: int) -> int | None:
    r"""Return where the MessagePack value that begins here ends, None where none does, or where it holds too many values.

    The library reads one value and refuses what follows, so that the ends have to be found before. As JSON each value
    takes two bytes at the least: `most` is how many there may be in an event.

    >>> _end_of_value(b"\x81\xa1a\x92\x01\x02\xc0", 0, 5)
    6
    """
    pending, done = 1, 0
    while pending:
        if position >= len(data) or pending + done > most:
            return None
        first = data[position]
        position += 1
        pending -= 1
        done += 1
        if first <= 0x7F or first >= 0xE0:
            continue
        if first <= 0x8F:
            pending += 2 * (first & 0x0F)
        elif first <= 0x9F:
            pending += first & 0x0F
        elif first <= 0xBF:
            position += first & 0x1F
        elif first in _FIXED:
            position += _FIXED[first]
        elif first in _COUNTED:
            width, more = _COUNTED[first]
            position += width + more + int.from_bytes(data[position : position + width], "big")
        elif first in _CONTAINERS:
            width, each = _CONTAINERS[first]
            pending += each * int.from_bytes(data[position : position + width], "big")
            position += width
        else:
            return None
    return position if position <= len(data) else None
