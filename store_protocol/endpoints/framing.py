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
from store_protocol.endpoints.content import EnvelopeItem, RefusedItem, media_type, read_object, refused_item
from store_protocol.errors import InvalidEnvelope, InvalidJson, PayloadError, StoreError, over_limit, quote
from store_protocol.json_types import REFUSED
from store_protocol.limits import Limits
from store_protocol.payload import Payload, Repair
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
    """An envelope taken apart: its headers, its items with their numbers, what was refused, and what was mended."""

    headers: dict[str, Any]
    items: list[tuple[int, EnvelopeItem]]
    refused: list[RefusedItem]
    repairs: list[Repair]


def take_apart(data: bytes, budget: Budget) -> Frames:
    """Take an envelope apart; raise `InvalidEnvelope` or `LimitExceeded` where its own headers can't be read."""
    repairs: list[Repair] = []
    headers, position = read_headers(data, 0, budget, "the envelope", repairs)
    frames = Frames(headers, [], [], repairs)
    held: dict[tuple[_Bound, str], int] = {}
    index = 0
    while (position := _after_blanks(data, position)) < len(data):
        item_headers: dict[str, Any] = {}
        try:
            if not budget.take("max_items"):
                raise over_limit("the envelope has more items", "max_items", budget.limits)
            item_headers, begin = read_headers(data, position, budget, f"item {index}", repairs)
            frame = _Frame(data, begin, item_headers, index)
            end = frame.end(budget.limits)
        except StoreError as error:
            # Nobody knows where the next item begins.
            frames.refused.append(refused_item(index, item_headers.get("type"), error))
            break
        if frame.is_mended:
            told = msgspec.json.encode(frame.length).decode()
            repairs.append(Repair("length", f"$.items[{index}].length", position, told[:MAX_TOKEN]))
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


def _after_blanks(data: bytes, position: int) -> int:
    found = _blanks(data, position)
    return found.end() if found is not None else position


def _end_of_line(data: bytes, position: int) -> int:
    end = data.find(b"\n", position)
    return len(data) if end < 0 else end


def _is_line_end(data: bytes, position: int) -> bool:
    return position == len(data) or data.startswith((b"\n", b"\r\n"), position)


def read_headers(
    data: bytes, position: int, budget: Budget, whose: str, repairs: list[Repair]
) -> tuple[dict[str, Any], int]:
    """Read headers, in one line or in several; return them, and where what follows begins.

    What had to be mended in them is added to `repairs`. Raises `InvalidEnvelope` and `LimitExceeded`.
    """
    start = _after_blanks(data, position)
    end = _end_of_line(data, start)
    _take_headers(start, end, budget, whose)
    try:
        found = _object(data[start:end], whose, budget.limits)
    except InvalidEnvelope as error:
        stop = start + budget.limits.max_envelope_header_bytes
        whole = value_end(data, start, stop) if isinstance(error.__cause__, InvalidJson) else None
        if whole is None or whole <= end:
            raise
        _take_headers(end, whole, budget, whose)
        found = _object(data[start:whole], whose, budget.limits)
        end = _end_of_line(data, whole)
    repairs += [msgspec.structs.replace(each, offset=start + each.offset) for each in found.repairs]
    headers: dict[str, Any] = found.value
    return headers, min(end + 1, len(data))


def _object(text: bytes, whose: str, limits: Limits) -> Payload:
    try:
        return read_object(text, limits)
    except PayloadError as error:
        raise InvalidEnvelope(
            f"invalid envelope: the headers of {whose} are not a JSON object", causes=(str(error),)
        ) from error


def _take_headers(start: int, end: int, budget: Budget, whose: str) -> None:
    if end - start > budget.limits.max_envelope_header_bytes:
        raise over_limit(f"the headers of {whose} have more bytes", "max_envelope_header_bytes", budget.limits)
    if not budget.take("max_envelope_headers_bytes", end - start):
        raise over_limit("all headers of the envelope have more bytes", "max_envelope_headers_bytes", budget.limits)


def value_end(data: bytes, start: int, stop: int) -> int | None:
    """Return where the JSON value that begins at `start` ends; None unless it ends up to `stop`, and a line with it."""
    part = memoryview(data)[start:stop]
    end = len(part)
    try:
        _whole(part)
    except REFUSED as refused:
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


class _Frame:
    """Where the payload of an item is, by its headers or, where they are wrong, by itself."""

    def __init__(self, data: bytes, begin: int, headers: dict[str, Any], index: int) -> None:
        self.length = headers.get("length")
        #: Whether the length is wrong, and the payload was taken all the same.
        self.is_mended = False
        self._data, self._begin, self._index = data, begin, index
        kind = headers.get("type")
        self._type = kind if isinstance(kind, str) else ""
        # Where there is a `meta_length`, other bytes follow the JSON.
        self._is_json = self._type in _JSON and "meta_length" not in headers

    def end(self, limits: Limits) -> int:
        """Return where the payload ends; raise `InvalidEnvelope` where nothing tells it."""
        data, begin, length = self._data, self._begin, self.length
        if length is None:
            return _end_of_line(data, begin)
        told = begin + length if type(length) is int and length >= 0 else None
        if told is not None and _is_line_end(data, told):
            if self._type not in _READ or self._looks_whole(told):
                return told
            found = self._end_elsewhere(told, limits)
            if found is None:
                return told
        else:
            found = self._end_of_json(limits) if self._is_json else None
            if found is None:
                raise self._wrong(told)
        self.is_mended = True
        return found

    def _looks_whole(self, end: int) -> bool:
        """Return whether JSON surely ends with its one line, as nearly all that SDKs send does."""
        return self._data.endswith((b"}", b"]"), self._begin, end) and self._data.find(b"\n", self._begin, end) < 0

    def _end_elsewhere(self, told: int, limits: Limits) -> int | None:
        """Return where the payload ends if a line does by chance where it would by its length; None if it ends there.

        It is in the midst of a value of several lines, or after it, where the headers of the next item follow.
        """
        data, begin = self._data, self._begin
        start = _after_blanks(data, begin)
        if start >= told or data[start : start + 1] not in {b"{", b"["}:
            return None
        found = value_end(data, start, begin + self._most(limits))
        if found is None or found > told:
            return found
        after = _after_blanks(data, found)
        if after >= told:
            return None
        try:
            headers, _ = read_headers(data, after, Budget(limits), "the next item", [])
        except StoreError:
            return None
        return found if isinstance(headers.get("type"), str) else None

    def _most(self, limits: Limits) -> int:
        most: int = getattr(limits, _BOUNDS[self._type].each)
        return most

    def _end_of_json(self, limits: Limits) -> int | None:
        data, begin = self._data, self._begin
        most = self._most(limits)
        end = value_end(data, begin, begin + most)
        if end is not None:
            return end if data[begin:end] else None
        # What has to be mended may be whole by its line.
        end = _end_of_line(data, begin)
        try:
            read_object(data[begin:end] if end - begin <= most else b"", limits)
        except PayloadError:
            return None
        return end

    def _wrong(self, told: int | None) -> InvalidEnvelope:
        rest = len(self._data) - self._begin
        item = f"item {self._index} ({quote(self._type)})"
        if told is None:
            length = quote(msgspec.json.encode(self.length).decode())
            return InvalidEnvelope(f"invalid envelope: the length of {item} is not a number of bytes but {length}")
        found = rest if told > len(self._data) else _end_of_line(self._data, self._begin) - self._begin
        where = "are left" if told > len(self._data) else "are in its line, and no line ends where it would"
        return InvalidEnvelope(f"invalid envelope: {item} has {self.length} bytes by its length, but {found} {where}")


def _check(headers: dict[str, Any], size: int, index: int, limits: Limits, held: dict[tuple[_Bound, str], int]) -> str:
    """Return the type of an item that may be taken; `held` sums up what the items before it have of their limits."""
    kind = headers.get("type")
    if not isinstance(kind, str):
        raise InvalidEnvelope(f"invalid envelope: item {index} has no type")
    item = f"item {index} ({quote(kind)})"
    if kind == "integration":
        raise InvalidEnvelope(f"invalid envelope: {item} is of a type that only Relay itself may use")
    bound = _BOUNDS.get(kind)
    if bound is None:
        return kind
    content_type, count = headers.get("content_type"), headers.get("item_count")
    if isinstance(content_type, str) and media_type(content_type) in _CONTAINERS:
        bound = bound._replace(number=None)
        each = size // count if type(count) is int and count > 0 else size
    else:
        each = size
    if each > getattr(limits, bound.each):
        raise over_limit(f"{item} has more bytes", bound.each, limits)
    sums: dict[str, int] = {}
    for field, amount, what in ((bound.together, size, "bytes"), (bound.number, 1, "items")):
        if field is not None:
            sums[field] = held.get((bound, field), 0) + amount
            if sums[field] > getattr(limits, field):
                raise over_limit(f"with {item} the envelope has more {what} of this kind", field, limits)
    held.update({(bound, field): total for field, total in sums.items()})
    return kind
