"""Envelopes taken apart: headers, then items, each with headers and a payload (develop.sentry.dev "Envelopes").

Strategy: an item that is too large or says nothing of its type costs itself, since it is known where the next one begins.
Where that isn't known, the item is the last: its headers can't be read, or its length is wrong. All that stands before it
is kept.

An envelope may come in pieces. Then no more of it is held than is needed: each item is taken as soon as all of it is there,
and a payload that is no JSON as it comes. What is found doesn't depend on the pieces: nothing is decided as long as a
further byte could change it.
"""

from typing import Any, NamedTuple

import msgspec

from store_protocol.budget import Budget
from store_protocol.endpoints.content import RefusedItem, refused_item
from store_protocol.endpoints.item_bounds import check_item, most_bytes
from store_protocol.endpoints.item_ends import (
    after_blanks,
    end_of_json,
    end_of_line,
    has_json,
    headers_need,
    is_line_end,
    payload_needs,
    read_headers,
    told_end,
    wrong_length,
)
from store_protocol.endpoints.native import IN_MEMORY, MINIDUMP
from store_protocol.endpoints.payloads import AttachmentFiles, Payload
from store_protocol.errors import LimitExceeded, StoreError, over_limit
from store_protocol.items.attachment import Attachment
from store_protocol.items.envelope_item import EnvelopeItem
from store_protocol.limits import Limits
from store_protocol.payload import Repair
from store_protocol.payload.repairs import MAX_TOKEN


class Frames(NamedTuple):
    """An envelope taken apart: its headers, its items with their numbers, what was refused, and what was repaired.

    `payloads` has those of attachments that may be in files, by the number of the item.
    """

    headers: dict[str, Any]
    items: list[tuple[int, EnvelopeItem]]
    refused: list[RefusedItem]
    repairs: list[Repair]
    payloads: dict[int, Payload]


def take_apart(data: bytes, budget: Budget, files: AttachmentFiles | None = None) -> Frames:
    """Take an envelope apart; raise `InvalidEnvelope` or `LimitExceeded` where its own headers can't be read."""
    if files is not None:
        framing = Framing(budget, files)
        framing.run(data, is_last=True)
        return framing.finish()
    # What `Framing` does with all of it, without what it keeps for more to come: a tenth of the time of a request.
    repairs: list[Repair] = []
    headers, position = read_headers(data, after_blanks(data, 0), budget, None, repairs)
    frames = Frames(headers, [], [], repairs, {})
    held: dict[str, int] = {}
    index = 0
    while (position := after_blanks(data, position)) < len(data):
        item_headers: dict[str, Any] = {}
        try:
            if not budget.take("max_items"):
                raise _too_many(budget.limits)
            item_headers, begin = read_headers(data, position, budget, index, repairs)
            end = told_end(data, begin, item_headers)
            if end is None:
                end = end_of_json(data, begin, item_headers, budget.limits)
                if end is None:
                    raise wrong_length(index, item_headers, len(data) - begin, end_of_line(data, begin) - begin)
                repairs.append(_wrong_length_repaired(index, item_headers, position))
        except StoreError as error:
            # Nobody knows where the next item begins.
            frames.refused.append(refused_item(index, item_headers.get("type"), error))
            break
        kind = _checked(frames, item_headers, end - begin, index, budget.limits, held)
        if kind is not None:
            frames.items.append((index, EnvelopeItem(kind, item_headers, data[begin:end])))
        index += 1
        position = end
    return frames


def _checked(
    frames: Frames, headers: dict[str, Any], size: int, index: int, limits: Limits, held: dict[str, int]
) -> str | None:
    """Return the type of an item that may be taken, None for one that is refused, and listed."""
    try:
        return check_item(headers, size, index, limits, held)
    except StoreError as error:
        frames.refused.append(refused_item(index, headers.get("type"), error))
        return None


def _too_many(limits: Limits) -> LimitExceeded:
    return over_limit("the envelope has more items", "max_items", limits)


def _wrong_length_repaired(index: int, headers: dict[str, Any], place: int) -> Repair:
    told = msgspec.json.encode(headers.get("length")).decode()
    return Repair("length", f"$.items[{index}].length", place, told[:MAX_TOKEN])


class _Item(NamedTuple):
    """An item whose headers are read: these, and where they stand in the envelope."""

    headers: dict[str, Any]
    place: int


class _Coming:
    """An item whose payload is taken as it comes. `length` is None where the line ends it.

    `line` is where the first line of it ends, None as long as that isn't known; `further` is how many bytes have come after
    a length that is wrong.
    """

    __slots__ = ("further", "headers", "length", "line", "payload")

    def __init__(self, headers: dict[str, Any], length: int | None, payload: Payload) -> None:
        self.headers = headers
        self.length = length
        self.payload = payload
        self.line: int | None = None
        self.further = 0

    def take(self, data: bytes) -> None:
        if self.line is None and (line := data.find(b"\n")) >= 0:
            self.line = self.payload.size + line
        self.payload.write(data)


def attachment_of(headers: dict[str, Any]) -> Attachment:
    """Return what the headers of an item say of its attachment."""
    filename, kind, content_type = (_text(headers.get(name)) for name in ("filename", "attachment_type", "content_type"))
    return Attachment(filename or "", filename, content_type, b"", kind or "event.attachment")


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


class Framing:
    """Takes an envelope apart as its bytes come: `feed`, then `finish`. What the caller's files raise passes through.

    `files` opens files for attachments.
    """

    def __init__(self, budget: Budget, files: AttachmentFiles | None = None) -> None:
        self._budget = budget
        self._files = files
        self._frames = Frames({}, [], [], [], {})
        self._held: dict[str, int] = {}
        #: The number of the next item, None before the headers of the envelope.
        self._index: int | None = None
        self._item: _Item | None = None
        self._coming: _Coming | None = None
        self._error: StoreError | None = None
        #: Whether nothing more is read: all of it has come, or nobody knows where the next item begins.
        self._is_over = False
        # What has come and is not taken yet, how much of it is, and how many bytes came before.
        self._pending: list[bytes] = []
        self._pending_bytes = 0
        self._base = 0
        #: As long as fewer bytes are pending, nothing more can be told.
        self._need = 1

    @property
    def has_items(self) -> bool:
        """Whether an item has begun."""
        return bool(self._item or self._coming or self._index or self._frames.refused)

    def feed(self, data: bytes) -> None:
        """Take the next bytes."""
        if self._is_over:
            return
        coming = self._coming
        if coming is not None and coming.length is not None and not self._pending_bytes:
            # Nearly all of a large envelope is taken here.
            size = min(coming.length - coming.payload.size, len(data))
            coming.take(data[:size])
            self._base += size
            data = data[size:]
        if data:
            self._pending.append(data)
            self._pending_bytes += len(data)
            if self._pending_bytes >= self._need:
                self._run(is_last=False)

    def finish(self) -> Frames:
        """Take the end of the envelope, and return what it holds.

        Raises `InvalidEnvelope` or `LimitExceeded` where the headers of the envelope can't be read.
        """
        if not self._is_over:
            self._run(is_last=True)
        if self._error is not None:
            raise self._error
        return self._frames

    def _run(self, *, is_last: bool) -> None:
        data = self._pending[0] if len(self._pending) == 1 else b"".join(self._pending)
        self._pending.clear()
        position = self.run(data, is_last=is_last)
        self._base += position
        self._pending_bytes = len(data) - position
        if self._pending_bytes:
            self._pending.append(data[position:])

    def run(self, data: bytes, *, is_last: bool) -> int:
        """Take what is whole of some bytes, and return how many of them that is. What is last is whole."""
        position = 0
        after: int | None = 0
        while not self._is_over and after is not None:
            position = after
            if self._coming is not None:
                position, after = self._come(self._coming, data, position, is_last=is_last)
            elif self._item is not None:
                after = self._take_payload(self._item, data, position, is_last=is_last)
            else:
                position = after_blanks(data, position)
                if position == len(data) and (self._index is not None or not is_last):
                    self._need = 1
                    break
                after = self._take_headers(data, position, is_last=is_last)
        self._is_over = self._is_over or is_last
        return len(data) if self._is_over else position

    def _take_headers(self, data: bytes, position: int, *, is_last: bool) -> int | None:
        """Take the headers that begin at a place; return where they end, None where more of them is needed."""
        budget, index = self._budget, self._index
        found = None
        if not is_last:
            need, found = headers_need(data, position, budget.limits)
            if need:
                self._need = need
                return None
        repairs: list[Repair] = []
        try:
            if index is not None and not budget.take("max_items"):
                raise _too_many(budget.limits)
            headers, begin = read_headers(data, position, budget, index, repairs, found)
        except StoreError as error:
            if index is None:
                self._error, self._is_over = error, True
            else:
                self._refuse_rest({}, error)
            return None
        if repairs:
            base = self._base
            self._frames.repairs.extend(msgspec.structs.replace(each, offset=base + each.offset) for each in repairs)
        if index is None:
            self._frames.headers.update(headers)
            self._index = 0
        else:
            self._item = _Item(headers, self._base + position)
        return begin

    def _take_payload(self, item: _Item, data: bytes, begin: int, *, is_last: bool) -> int | None:
        """Take the payload that begins at a place; return where it ends, None where more of it is needed."""
        headers = item.headers
        if not is_last:
            if not has_json(headers):
                if self._comes(headers, data, begin):
                    return begin
            elif need := payload_needs(data, begin, headers):
                self._need = need
                return None
        end = told_end(data, begin, headers)
        if end is None:
            end = end_of_json(data, begin, headers, self._budget.limits)
            if end is None:
                left, line = len(data) - begin, end_of_line(data, begin) - begin
                self._refuse_rest(headers, wrong_length(self._index or 0, headers, left, line))
                return None
            self._frames.repairs.append(_wrong_length_repaired(self._index or 0, headers, item.place))
        self._end_item(headers, data, begin, end)
        return end

    def _comes(self, headers: dict[str, Any], data: bytes, begin: int) -> bool:
        """Return whether the payload that begins at a place is not all there, and if so begin to take it as it comes."""
        length = headers.get("length")
        if length is None:
            if data.find(b"\n", begin) >= 0:
                return False
        elif (
            type(length) is not int or length < 0 or (len(data) - begin >= length + 2 and is_line_end(data, begin + length))
        ):
            return False
        limits = self._budget.limits
        most = most_bytes(headers, limits, self._held)
        if most is None:
            most = limits.max_envelope_bytes
        if length is not None and length > most:
            most = -1
        self._coming = _Coming(headers, length, self._payload(headers, most, length))
        return True

    def _payload(self, headers: dict[str, Any], most: int, length: int | None) -> Payload:
        attachment = attachment_of(headers)
        kind = attachment.attachment_type
        files = None if headers.get("type") != "attachment" or kind in IN_MEMORY else self._files
        return Payload(attachment, files, most=most, length=length, is_read=kind == MINIDUMP)

    def _come(self, coming: _Coming, data: bytes, position: int, *, is_last: bool) -> tuple[int, int | None]:
        """Take more of the payload that is coming; return where that ends, and where to go on, None where it is needed."""
        length, payload = coming.length, coming.payload
        self._need = 1
        if length is None:
            end = data.find(b"\n", position)
            stop = end if end >= 0 else len(data)
            payload.write(data[position:stop])
            if end < 0 and not is_last:
                return stop, None
            self._end_coming(coming)
            return stop, stop
        size = min(length - payload.size, len(data) - position)
        coming.take(data[position : position + size])
        position += size
        if payload.size == length and not coming.further:
            if not is_last and len(data) - position < 2:
                self._need = 2
                return position, None
            if is_line_end(data, position):
                self._end_coming(coming)
                return position, position
        if payload.size < length and not is_last:
            return position, None
        if coming.line is None:
            end = data.find(b"\n", position)
            stop = end if end >= 0 else len(data)
            coming.further += stop - position
            if end < 0 and not is_last:
                return stop, None
            coming.line = payload.size + coming.further
        payload.drop()
        self._refuse_rest(coming.headers, wrong_length(self._index or 0, coming.headers, payload.size, coming.line))
        return position, None

    def _end_coming(self, coming: _Coming) -> None:
        kind = self._checked(coming.headers, coming.payload.size)
        if kind is None:
            coming.payload.drop()
        else:
            self._keep(kind, coming.headers, coming.payload)
        self._next()

    def _end_item(self, headers: dict[str, Any], data: bytes, begin: int, end: int) -> None:
        kind = self._checked(headers, end - begin)
        if kind == "attachment" and self._files is not None:
            payload = self._payload(headers, end - begin, end - begin)
            with memoryview(data)[begin:end] as part:
                payload.write(part)
            self._keep(kind, headers, payload)
        elif kind is not None:
            self._frames.items.append((self._index or 0, EnvelopeItem(kind, headers, data[begin:end])))
        self._next()

    def _checked(self, headers: dict[str, Any], size: int) -> str | None:
        return _checked(self._frames, headers, size, self._index or 0, self._budget.limits, self._held)

    def _keep(self, kind: str, headers: dict[str, Any], payload: Payload) -> None:
        index = self._index or 0
        self._frames.items.append((index, EnvelopeItem(kind, headers, payload.data())))
        if not payload.is_in_memory:
            self._frames.payloads[index] = payload

    def _next(self) -> None:
        self._index = (self._index or 0) + 1
        self._item = self._coming = None

    def _refuse_rest(self, headers: dict[str, Any], error: StoreError) -> None:
        self._frames.refused.append(refused_item(self._index or 0, headers.get("type"), error))
        self._is_over = True
