"""Where the headers and the payloads of the items of an envelope end.

A wrong length matters only where nothing else tells the end of a payload: JSON ends by itself, so an item of JSON is taken
where a line ends with its value (SDKs have counted characters for bytes).
"""

import re
from typing import Any, TypeAlias

import msgspec

from store_protocol.budget import Budget
from store_protocol.endpoints.content import read_object
from store_protocol.endpoints.item_bounds import BOUNDS, EVENTS, named
from store_protocol.errors import (
    InvalidEnvelope,
    InvalidEnvelopeHeaders,
    InvalidItemHeaders,
    InvalidItemLength,
    InvalidJson,
    PayloadError,
    StoreError,
    WrongItemLength,
    over_limit,
    quote,
)
from store_protocol.first_use import once
from store_protocol.json_types import DECODE_ERRORS, json_value_type
from store_protocol.limits import Limits
from store_protocol.payload import Payload, Repair

#: Items whose payload is one JSON value.
JSON = EVENTS | {
    *("raw_security", "session", "sessions", "client_report", "check_in", "user_report", "form_data", "replay_event"),
    *("profile", "profile_chunk", "profile_chunk_ui", "log", "trace_metric", "span", "metric_buckets"),
}

#: What a line holds that may be headers: them, where nothing is to be repaired, or what was read, or why it is no object.
Line: TypeAlias = dict[str, Any] | Payload | PayloadError

_blanks = re.compile(rb"[ \t\r\n]*+").match
_line_end = re.compile(rb"[ \t\r]*+(?:\n|\Z)").match


def after_blanks(data: bytes, position: int) -> int:
    """Return where the next byte that is no blank stands, the end of the data if there is none."""
    found = _blanks(data, position)
    return found.end() if found is not None else position


def end_of_line(data: bytes, position: int) -> int:
    """Return where the line ends that a place is in."""
    end = data.find(b"\n", position)
    return len(data) if end < 0 else end


def is_line_end(data: bytes, position: int) -> bool:
    """Return whether a line ends at a place, or the data."""
    return position == len(data) or data.startswith((b"\n", b"\r\n"), position)


def read_line(line: bytes, limits: Limits) -> Line:
    """Return what a line holds that may be headers."""
    if limits.max_depth > _DEPTH + 1:
        # So it is with nearly all: nothing is to be repaired.
        try:
            return _headers_decoder().decode(line)
        except DECODE_ERRORS:
            pass
    try:
        return read_object(line, limits)
    except PayloadError as error:
        return error


def read_headers(
    data: bytes, start: int, budget: Budget, index: int | None, repairs: list[Repair], found: Line | None = None
) -> tuple[dict[str, Any], int]:
    """Read the headers of an item, or of the envelope (`index` None), that begin at `start`: one line of JSON, or several.

    Return them, and where what follows begins. What had to be repaired in them is added to `repairs`. `found` is what
    their first line holds, if it was read.

    Raises `InvalidEnvelope` and `LimitExceeded`.
    """
    end = data.find(b"\n", start)
    if end < 0:
        end = len(data)
    _take_headers(end - start, budget, index)
    if found is None:
        found = read_line(data[start:end], budget.limits)
    if isinstance(found, dict):
        return found, end + 1 if end < len(data) else end
    if isinstance(found, PayloadError):
        stop = start + budget.limits.max_envelope_header_bytes
        whole = value_end(data, start, stop) if isinstance(found, InvalidJson) else None
        if whole is None or whole <= end:
            raise _no_headers(index, found) from found
        _take_headers(whole - end, budget, index)
        try:
            found = read_object(data[start:whole], budget.limits)
        except PayloadError as wrong:
            raise _no_headers(index, wrong) from wrong
        end = end_of_line(data, whole)
    if found.repairs:
        repairs += [msgspec.structs.replace(each, offset=start + each.offset) for each in found.repairs]
    headers: dict[str, Any] = found.value
    return headers, end + 1 if end < len(data) else end


#: Containers in each other that the headers of an item or an envelope have at the most, nearly always.
_DEPTH = 4


@once
def _headers_decoder() -> "msgspec.json.Decoder[dict[str, Any]]":
    """Return the decoder of headers in which nothing is to be repaired."""
    return msgspec.json.Decoder(dict[str, json_value_type(_DEPTH)])  # type: ignore[misc]  # a type made at run time


def _take_headers(size: int, budget: Budget, index: int | None) -> None:
    if size > budget.limits.max_envelope_header_bytes:
        raise over_limit(f"the headers of {_whose(index)} have more bytes", "max_envelope_header_bytes", budget.limits)
    if not budget.take("max_envelope_headers_bytes", size):
        raise over_limit("all headers of the envelope have more bytes", "max_envelope_headers_bytes", budget.limits)


def _no_headers(index: int | None, error: PayloadError) -> InvalidEnvelope:
    kind = InvalidEnvelopeHeaders if index is None else InvalidItemHeaders
    return kind(f"invalid envelope: the headers of {_whose(index)} are not a JSON object", causes=(str(error),))


def _whose(index: int | None) -> str:
    return "the envelope" if index is None else f"item {index}"


def value_end(data: bytes, start: int, stop: int) -> int | None:
    """Return where the JSON value that begins at `start` ends; None unless it ends up to `stop`, and a line with it."""
    part = memoryview(data)[start:stop]
    end = len(part)
    try:
        _whole(part)
    except DECODE_ERRORS as refused:
        found = _trailing(str(refused))
        if found is None:
            return None
        # Counted from one, and what is counted is the first byte after the value that is no blank.
        end = int(found[1]) - 1
    end = start + len(bytes(part[:end]).rstrip(b" \t\r\n"))
    return None if _line_end(data, end) is None else end


# It stops at what follows the value: so it takes as long as the value is.
_whole = msgspec.json.Decoder(msgspec.Raw).decode
_trailing = re.compile(r"JSON is malformed: trailing characters \(byte (\d+)\)").fullmatch


def told_end(data: bytes, begin: int, headers: dict[str, Any]) -> int | None:
    """Return where the payload that begins here ends by the length that is told, None where that is wrong."""
    length = headers.get("length")
    if length is None:
        end = end_of_line(data, begin)
    elif type(length) is int and length >= 0 and is_line_end(data, begin + length):
        end = begin + length
    else:
        return None
    if _is_surely_one(data, begin, end) or not is_json(headers):
        return end
    return None if _ends_elsewhere(data, begin, end) else end


def _is_surely_one(data: bytes, begin: int, end: int) -> bool:
    """Return whether JSON surely ends with its one line, as nearly all that SDKs send does."""
    return data.endswith((b"}", b"]"), begin, end) and data.find(b"\n", begin, end) < 0


def _ends_elsewhere(data: bytes, begin: int, told: int) -> bool:
    """Return whether a line ends only by chance where the payload does by its length.

    That is in the midst of a value of several lines, or after it, where the headers of the next item follow. A value goes
    on behind the headers of an item only where that item does not begin one: so no byte is looked at often.
    """
    start = after_blanks(data, begin)
    if start >= told or data[start : start + 1] not in {b"{", b"["}:
        return False
    end = value_end(data, start, len(data))
    if end is None or end > told:
        return end is not None
    after = after_blanks(data, end)
    if after >= told:
        return False
    try:
        headers, _ = read_headers(data, after, Budget(), 0, [])
    except StoreError:
        return False
    return isinstance(headers.get("type"), str)


def has_json(headers: dict[str, Any]) -> bool:
    """Return whether the payload of an item is of a type that is JSON."""
    kind = headers.get("type")
    return isinstance(kind, str) and kind in JSON


def is_json(headers: dict[str, Any]) -> bool:
    """Return whether the payload of an item is JSON alone: where there is a `meta_length`, other bytes follow."""
    return has_json(headers) and "meta_length" not in headers


def end_of_json(data: bytes, begin: int, headers: dict[str, Any], limits: Limits) -> int | None:
    """Return where the JSON ends that a payload is whose length is wrong, None where nothing tells it."""
    if not is_json(headers):
        return None
    line = end_of_line(data, begin)
    if after_blanks(data, begin) >= line:
        return None
    end = value_end(data, begin, len(data))
    if end is not None:
        return end
    # What has to be repaired may be whole by its line. It is read: so it has the limit of what is.
    end, most = line, getattr(limits, BOUNDS[headers["type"]].each)
    try:
        read_object(data[begin:end] if end - begin <= most else b"", limits)
    except PayloadError:
        return None
    return end


def wrong_length(index: int, headers: dict[str, Any], left: int, line: int) -> InvalidEnvelope:
    """Return the error for an item whose length is wrong. `left` bytes follow its headers, `line` of them in its line."""
    length, kind = headers.get("length"), headers.get("type")
    item = named(index, kind if isinstance(kind, str) else "")
    if type(length) is not int or length < 0:
        told = quote(msgspec.json.encode(length).decode())
        return InvalidItemLength(f"invalid envelope: the length of {item} is not a number of bytes but {told}")
    found = f"{left} are left"
    if length <= left:
        found = f"{line} are in its line, and no line ends where it would"
    return WrongItemLength(f"invalid envelope: {item} has {length} bytes by its length, but {found}")


def headers_need(data: bytes, start: int, limits: Limits) -> tuple[int, Line | None]:
    """Return how many bytes from `start` on tell more of what `read_headers` reads there; 0 where no further byte does.

    Return as well what the first line holds, None where it isn't all there.
    """
    stop = start + limits.max_envelope_header_bytes
    end = data.find(b"\n", start, stop + 1)
    found = None if end < 0 else read_line(data[start:end], limits)
    if found is not None and not isinstance(found, InvalidJson):
        return 0, found
    size = len(data) - start
    if len(data) <= stop:
        return min(2 * size, limits.max_envelope_header_bytes) + 1, found
    whole = None if found is None else value_end(data, start, stop)
    return 0 if whole is None or data.find(b"\n", whole) >= 0 else 2 * size, found


def payload_needs(data: bytes, begin: int, headers: dict[str, Any]) -> int:
    """Return how many bytes from `begin` on tell more of where a payload of JSON ends; 0 where no further byte does."""
    size, length = len(data) - begin, headers.get("length")
    more = 2 * size + 1
    line = data.find(b"\n", begin)
    end = None
    if length is None:
        end = line
    elif type(length) is int and length >= 0:
        if size < length + 2:
            return length + 2
        end = begin + length if is_line_end(data, begin + length) else None
    if end is None:
        return 0 if line >= 0 and _is_settled(data, begin) else more
    if end < 0:
        return more
    if _is_surely_one(data, begin, end) or not is_json(headers):
        return 0
    start = after_blanks(data, begin)
    if start >= end or data[start : start + 1] not in {b"{", b"["}:
        return 0
    if not _is_settled(data, start):
        return more
    value = value_end(data, start, len(data))
    if value is None or value > end:
        return 0
    after = after_blanks(data, value)
    need = 0 if after >= end else headers_need(data, after, Limits())[0]
    return need and after - begin + need


def _is_settled(data: bytes, start: int) -> bool:
    """Return whether the JSON value that begins at `start` ends, and a line with it, whatever follows the data."""
    part = memoryview(data)[start:]
    try:
        _whole(part)
    except DECODE_ERRORS as refused:
        # A number that is cut is refused where the data ends.
        return not str(refused).endswith(("truncated", f"(byte {len(part)})"))
    return data.find(b"\n", len(data.rstrip(b" \t\r\n"))) >= 0
