"""Envelopes taken apart: headers, then items, each with headers and a payload (develop.sentry.dev "Envelopes").

Strategy: an item that is too large or says nothing of its type costs itself, since it is known where the next one begins.
Where that isn't known, the item is the last: its headers can't be read, or its length is wrong. All that stands before it
is kept. A wrong length matters only where nothing else tells the end of a payload: JSON ends by itself, so an item of JSON
is taken where a line ends with its value (SDKs have counted characters for bytes).
"""

import re
from typing import Any, NamedTuple

import msgspec

from store_protocol.budget import Budget
from store_protocol.endpoints.content import RefusedItem, media_type, read_object, refused_item
from store_protocol.errors import (
    InvalidEnvelope,
    InvalidEnvelopeHeaders,
    InvalidItemHeaders,
    InvalidItemLength,
    InvalidJson,
    MissingItemType,
    PayloadError,
    ReservedItemType,
    StoreError,
    WrongItemLength,
    over_limit,
    quote,
)
from store_protocol.first_use import once
from store_protocol.items.envelope_item import EnvelopeItem
from store_protocol.json_types import DECODE_ERRORS, json_value_type
from store_protocol.limits import Limits
from store_protocol.payload import Repair
from store_protocol.payload.repairs import MAX_TOKEN

#: Items whose payload is an event as JSON (Relay `ItemType::Event`, `Transaction`, `Security`, `UserReportV2`).
EVENTS = frozenset({"event", "transaction", "security", "feedback"})

#: Items whose payload is one JSON value.
_JSON = EVENTS | {
    *("raw_security", "session", "sessions", "client_report", "check_in", "user_report", "form_data", "replay_event"),
    *("profile", "profile_chunk", "log", "trace_metric", "span", "metric_buckets"),
}


#: Those whose payload is read here.
_READ = EVENTS | {"raw_security"}


class _Bound(NamedTuple):
    """By which fields of `Limits` items are bounded: each, all of a kind together, and their number."""

    each: str
    together: str | None = None
    number: str | None = None


# By item type; other items are bounded by the envelope (Relay `utils/sizes.rs`).
_BOUNDS = {
    **dict.fromkeys((*EVENTS, "raw_security"), _Bound("max_event_bytes", "max_events_bytes")),
    **dict.fromkeys(("replay_event", "form_data"), _Bound("max_event_bytes")),
    **dict.fromkeys(
        ("attachment", "user_report", "unreal_report"),
        _Bound("max_attachment_bytes", "max_attachments_bytes", "max_attachments"),
    ),
    **dict.fromkeys(("session", "sessions"), _Bound("max_sessions_bytes", "max_sessions_bytes", "max_sessions")),
    "client_report": _Bound("max_client_report_bytes", "max_client_report_bytes", "max_client_reports"),
    "check_in": _Bound("max_check_in_bytes"),
    **dict.fromkeys(("profile", "profile_chunk"), _Bound("max_profile_bytes")),
    **dict.fromkeys(("replay_recording", "replay_video"), _Bound("max_replay_bytes")),
    "metric_buckets": _Bound("max_metric_buckets_bytes"),
    "log": _Bound("max_log_bytes", "max_container_bytes"),
    "trace_metric": _Bound("max_trace_metric_bytes", "max_container_bytes"),
    "span": _Bound("max_span_bytes", "max_container_bytes", "max_standalone_spans"),
}
#: The media types of items that hold several of their kind (Relay `ContentType::is_container`).
_CONTAINERS = frozenset(f"application/vnd.sentry.items.{each}+json" for each in ("log", "span.v2", "trace-metric"))


class Frames(NamedTuple):
    """An envelope taken apart: its headers, its items with their numbers, what was refused, and what was repaired."""

    headers: dict[str, Any]
    items: list[tuple[int, EnvelopeItem]]
    refused: list[RefusedItem]
    repairs: list[Repair]


def take_apart(data: bytes, budget: Budget) -> Frames:
    """Take an envelope apart; raise `InvalidEnvelope` or `LimitExceeded` where its own headers can't be read."""
    repairs: list[Repair] = []
    headers, position = read_headers(data, after_blanks(data, 0), budget, None, repairs)
    frames = Frames(headers, [], [], repairs)
    held: dict[str, int] = {}
    index = 0
    while (position := after_blanks(data, position)) < len(data):
        item_headers: dict[str, Any] = {}
        try:
            if not budget.take("max_items"):
                raise over_limit("the envelope has more items", "max_items", budget.limits)
            item_headers, begin = read_headers(data, position, budget, index, repairs)
            end = _told_end(data, begin, item_headers)
            if end is None:
                end = _Frame(data, begin, item_headers, index).end(budget.limits)
                told = msgspec.json.encode(item_headers.get("length")).decode()
                repairs.append(Repair("length", f"$.items[{index}].length", position, told[:MAX_TOKEN]))
        except StoreError as error:
            # Nobody knows where the next item begins.
            frames.refused.append(refused_item(index, item_headers.get("type"), error))
            break
        try:
            kind = _check(item_headers, end - begin, index, budget.limits, held)
        except StoreError as error:
            frames.refused.append(refused_item(index, item_headers.get("type"), error))
        else:
            frames.items.append((index, EnvelopeItem(kind, item_headers, data[begin:end])))
        index += 1
        position = end
    return frames


_blanks = re.compile(rb"[ \t\r\n]*+").match
_line_end = re.compile(rb"[ \t\r]*+(?:\n|\Z)").match


def after_blanks(data: bytes, position: int) -> int:
    """Return where the next byte that is no blank stands, the end of the data if there is none."""
    found = _blanks(data, position)
    return found.end() if found is not None else position


def _end_of_line(data: bytes, position: int) -> int:
    end = data.find(b"\n", position)
    return len(data) if end < 0 else end


def _is_line_end(data: bytes, position: int) -> bool:
    return position == len(data) or data.startswith((b"\n", b"\r\n"), position)


def read_headers(
    data: bytes, start: int, budget: Budget, index: int | None, repairs: list[Repair]
) -> tuple[dict[str, Any], int]:
    """Read the headers of an item, or of the envelope (`index` None), that begin at `start`: one line of JSON, or several.

    Return them, and where what follows begins. What had to be repaired in them is added to `repairs`.

    Raises `InvalidEnvelope` and `LimitExceeded`.
    """
    end = data.find(b"\n", start)
    if end < 0:
        end = len(data)
    _take_headers(end - start, budget, index)
    line = data[start:end]
    if budget.limits.max_depth > _DEPTH + 1:
        # So it is with nearly all: nothing is to be repaired.
        try:
            return _headers_decoder().decode(line), end + 1 if end < len(data) else end
        except DECODE_ERRORS:
            pass
    try:
        found = read_object(line, budget.limits)
    except PayloadError as error:
        stop = start + budget.limits.max_envelope_header_bytes
        whole = value_end(data, start, stop) if isinstance(error, InvalidJson) else None
        if whole is None or whole <= end:
            raise _no_headers(index, error) from error
        _take_headers(whole - end, budget, index)
        try:
            found = read_object(data[start:whole], budget.limits)
        except PayloadError as wrong:
            raise _no_headers(index, wrong) from wrong
        end = _end_of_line(data, whole)
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


def _told_end(data: bytes, begin: int, headers: dict[str, Any]) -> int | None:
    """Return where the payload that begins here ends by the length that is told, None where that is wrong."""
    length = headers.get("length")
    if length is None:
        end = _end_of_line(data, begin)
    elif type(length) is int and length >= 0 and _is_line_end(data, begin + length):
        end = begin + length
    else:
        return None
    # JSON surely ends with its one line, as nearly all that SDKs send does.
    is_surely = data.endswith((b"}", b"]"), begin, end) and data.find(b"\n", begin, end) < 0
    kind = headers.get("type")
    if is_surely or not (isinstance(kind, str) and kind in _READ):
        return end
    return None if _ends_elsewhere(data, begin, end) else end


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


class _Frame:
    """Where the payload of an item ends whose length is wrong."""

    def __init__(self, data: bytes, begin: int, headers: dict[str, Any], index: int) -> None:
        self._data, self._begin, self._index = data, begin, index
        self._length = headers.get("length")
        kind = headers.get("type")
        self._type = kind if isinstance(kind, str) else ""
        # Where there is a `meta_length`, other bytes follow the JSON.
        self._is_json = self._type in _JSON and "meta_length" not in headers

    def end(self, limits: Limits) -> int:
        """Return where the JSON ends that the payload is; raise `InvalidEnvelope` where nothing tells it."""
        end = self._end_of_json(limits) if self._is_json else None
        if end is None:
            raise self._wrong()
        return end

    def _end_of_json(self, limits: Limits) -> int | None:
        data, begin = self._data, self._begin
        line = _end_of_line(data, begin)
        if after_blanks(data, begin) >= line:
            return None
        end = value_end(data, begin, len(data))
        if end is not None:
            return end
        # What has to be repaired may be whole by its line. It is read: so it has the limit of what is.
        end, most = line, getattr(limits, _BOUNDS[self._type].each)
        try:
            read_object(data[begin:end] if end - begin <= most else b"", limits)
        except PayloadError:
            return None
        return end

    def _wrong(self) -> InvalidEnvelope:
        item, length = _named(self._index, self._type), self._length
        if type(length) is not int or length < 0:
            told = quote(msgspec.json.encode(length).decode())
            return InvalidItemLength(f"invalid envelope: the length of {item} is not a number of bytes but {told}")
        found = len(self._data) - self._begin
        where = "are left"
        if length <= found:
            found = _end_of_line(self._data, self._begin) - self._begin
            where = "are in its line, and no line ends where it would"
        return WrongItemLength(f"invalid envelope: {item} has {length} bytes by its length, but {found} {where}")


def _check(headers: dict[str, Any], size: int, index: int, limits: Limits, held: dict[str, int]) -> str:
    """Return the type of an item that may be taken; `held` sums up what the items before it have of their limits."""
    kind = headers.get("type")
    if not isinstance(kind, str):
        raise MissingItemType(f"invalid envelope: item {index} has no type")
    bound = _BOUNDS.get(kind)
    if bound is None:
        if kind == "integration":
            raise ReservedItemType(f"invalid envelope: {_named(index, kind)} is of a type that only Relay itself may use")
        return kind
    each, number = size, bound.number
    if bound.together == "max_container_bytes" and _is_container(headers):
        count = headers.get("item_count")
        each = size // count if type(count) is int and count > 0 else size
        number = None
    if each > getattr(limits, bound.each):
        raise over_limit(f"{_named(index, kind)} has more bytes", bound.each, limits)
    if bound.together is None:
        return kind
    # What is summed up has the name of its limit, and where that holds for several kinds, of one of them.
    of_size = bound.each + bound.together
    total = held.get(of_size, 0) + size
    if total > getattr(limits, bound.together):
        what = f"with {_named(index, kind)} the envelope has more bytes of this kind"
        raise over_limit(what, bound.together, limits)
    if number is not None:
        taken = held.get(number, 0) + 1
        if taken > getattr(limits, number):
            raise over_limit(f"with {_named(index, kind)} the envelope has more items of this kind", number, limits)
        held[number] = taken
    held[of_size] = total
    return kind


def _is_container(headers: dict[str, Any]) -> bool:
    content_type = headers.get("content_type")
    return isinstance(content_type, str) and media_type(content_type) in _CONTAINERS


def _named(index: int, kind: str) -> str:
    return f"item {index} ({quote(kind)})"
