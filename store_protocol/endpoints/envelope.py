"""Envelopes: their items become events and attachments, and all others are handed on as they came.

An envelope is taken item by item: what is wrong with one costs that one alone, and it is listed (`Content.refused`). Relay
refuses the whole envelope for an item that is too large or can't be told from the next.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from store_protocol.budget import Budget
from store_protocol.convert.readers import known_names
from store_protocol.endpoints import native, security
from store_protocol.endpoints.content import (
    Content,
    Envelope,
    EventText,
    ItemEvent,
    RefusedItem,
    RequestFacts,
    parameter,
    parse_event_text,
    refused_item,
)
from store_protocol.endpoints.endpoint import Endpoint
from store_protocol.endpoints.framing import Frames, Framing, attachment_of, take_apart
from store_protocol.endpoints.item_bounds import EVENTS
from store_protocol.endpoints.item_ends import after_blanks, read_headers
from store_protocol.errors import EmptyBody, InvalidEnvelope, LimitExceeded, PayloadError, StoreError, over_limit
from store_protocol.http_request import event_id_of
from store_protocol.items.attachment import Attachment
from store_protocol.items.envelope_item import EnvelopeItem
from store_protocol.limits import ENVELOPE, Limits
from store_protocol.payload import Repair
from store_protocol.schema.event import Event

MEDIA_TYPE = "application/x-sentry-envelope"

#: What the headers of an envelope may name as well as an event (Relay `EnvelopeHeaders`, `RequestMeta`).
_SHARED_NAMES = frozenset({"event_id", "key_id", "project", "sdk", "type", "version"})
#: And those of an item.
_ITEM_HEADERS = _SHARED_NAMES | {"environment", "platform", "release"}
#: Items that make events.
_MAKERS = EVENTS | {"raw_security"}
#: Headers of an envelope that an event may bring along where one is sent in the place of an envelope.
_KEPT_HEADERS = ("dsn", "sent_at", "trace")


_LIMITS = Limits()


def parse_envelope(data: bytes, *, limits: Limits = _LIMITS) -> Envelope:
    r"""Take an envelope apart.

    The payload of an item with a `length` has that many bytes, of one without it ends with the line. Blanks and empty lines
    before headers are passed over, and headers may have several lines. An item that can't be taken is listed in `refused`.

    Raises `InvalidEnvelope` for what is not an envelope. Where no item can be taken, the error of the first is raised:
    `InvalidEnvelope` or `LimitExceeded`.

    >>> parse_envelope(b'{}\n{"type":"session"}\n{"started":"2020-02-07T14:16:00Z"}').items[0].type
    'session'
    """
    frames = take_apart(data, Budget(limits))
    if frames.refused and not frames.items:
        raise frames.refused[0].error
    return Envelope(frames.headers, tuple(item for _, item in frames.items), tuple(frames.refused))


def read(data: bytes, facts: RequestFacts, budget: Budget) -> Content:
    """Read an envelope: its events, its attachments, the items that are neither, and those that were refused.

    A body that is an event is read as that: an object, and nothing after it, that has an attribute which only events have.
    """
    alone = data if len(data) <= budget.limits.max_event_bytes else None
    return _read(lambda: take_apart(data, budget, facts.files), alone, facts, budget)


def _read(take: Callable[[], Frames], alone: bytes | None, facts: RequestFacts, budget: Budget) -> Content:
    """Read what `take` takes apart. `alone` is the body, None where it has more bytes than an event may have."""
    try:
        frames = take()
    except (InvalidEnvelope, LimitExceeded):
        event = _event_alone(alone, None, facts, budget.limits)
        if event is None:
            raise
        return event
    if not frames.items and not frames.refused:
        event = _event_alone(alone, frames.headers, facts, budget.limits)
        if event is not None:
            return event
    return _content(frames, facts, budget)


class EnvelopeReader:
    """Reads an envelope that comes in pieces, as `read` does one that is there as a whole.

    What is in it is held once, and not at all what goes into files.
    """

    def __init__(self, facts: RequestFacts, budget: Budget) -> None:
        self._facts, self._budget = facts, budget
        self._framing = Framing(budget, facts.files)
        #: All that has come, as long as it may be an event that was sent in the place of an envelope.
        self._alone: list[bytes] | None = []
        self._size = 0

    def feed(self, data: bytes) -> None:
        """Take the next bytes."""
        self._framing.feed(data)
        self._size += len(data)
        if self._alone is not None:
            self._alone.append(data)
            if self._framing.has_items or self._size > self._budget.limits.max_event_bytes:
                self._alone = None

    def finish(self) -> Content:
        """Take the end of the envelope, and return what it holds."""
        alone = None if self._alone is None else b"".join(self._alone)
        return _read(self._framing.finish, alone, self._facts, self._budget)


def _event_alone(data: bytes | None, found: dict[str, Any] | None, facts: RequestFacts, limits: Limits) -> Content | None:
    """Return the event that was sent in the place of an envelope, None where the body is no event.

    `found` is the object that the body is, if it was read.
    """
    charset = parameter(facts.content_type, "charset")
    if found is None:
        if data is None:
            return None
        try:
            found = parse_event_text(data, limits, charset=charset).value
        except StoreError:
            return None
    if not _is_event(found):
        return None
    if data is None:
        raise over_limit("the event has more bytes", "max_event_bytes", limits)
    headers = {name: found[name] for name in _KEPT_HEADERS if name in found}
    return Content(payloads=(EventText(data, charset),), repairs=(Repair("endpoint", text="event"),), headers=headers)


def _is_event(found: dict[str, Any], shared: frozenset[str] = _SHARED_NAMES) -> bool:
    """Return whether an object has an attribute that only events have."""
    known = known_names(Event)
    return any(name in known and name not in shared for name in found)


def _content(frames: Frames, facts: RequestFacts, budget: Budget) -> Content:
    events: list[ItemEvent] = []
    attachments: list[tuple[int, Attachment]] = []
    # The same, with as much as is read of those that are in files.
    read: list[tuple[int, Attachment]] = []
    others: list[EnvelopeItem] = []
    refused, repairs = frames.refused, frames.repairs
    items = tuple([item for _, item in frames.items])
    for index, item in frames.items:
        if item.type in EVENTS:
            events.append(ItemEvent(EventText(item.data), index, item.type, item))
        elif item.type == "raw_security":
            try:
                content = security.read_report(item.data, item.headers, facts, budget, is_item=True)
            except StoreError as error:
                refused.append(refused_item(index, item.type, error))
                continue
            events += [
                ItemEvent(event, index, item.type, sent)
                for event, sent in zip(content.payloads, content.sent, strict=True)
                if isinstance(event, dict)
            ]
            others += content.items
            repairs += content.repairs
            refused += [RefusedItem(index, item.type, each.error) for each in content.refused]
        elif item.type == "attachment":
            payload = frames.payloads.get(index)
            if payload is None:
                attachment = msgspec.structs.replace(attachment_of(item.headers), data=item.data)
                read_of = attachment
            else:
                attachment = payload.attachment()
                read_of = msgspec.structs.replace(attachment, data=payload.start())
            attachments.append((index, attachment))
            read.append((index, read_of))
        else:
            others.append(item)
    main = _main(events, read, frames, budget.limits)
    event_id = event_id_of(frames.headers)
    if event_id is not None:
        for number, event in enumerate(events):
            if event.index == main:
                events[number] = _with_id(event, event_id)
                break
    return Content(
        payloads=tuple(events),
        attachments=tuple(each for _, each in attachments),
        items=tuple(others),
        repairs=tuple(repairs),
        refused=tuple(refused),
        headers=frames.headers,
        envelope=Envelope(frames.headers, items, tuple(refused)),
    )


def _main(events: list[ItemEvent], attachments: list[tuple[int, Attachment]], frames: Frames, limits: Limits) -> int | None:
    """Return the place of the item whose event is that of the envelope: its first, or that of the crash that is attached.

    A crash is merged into its event. An item that was refused keeps its place: what becomes of the others is the same
    whether it could be taken or not.
    """
    if not (attachments or frames.refused):
        return events[0].index if events else None
    makers = {event.index: event.type for event in events}
    if frames.refused:
        makers |= {each.index: each.type or "" for each in frames.refused if each.type in _MAKERS}
    crash = next((index for index, each in attachments if each.attachment_type in native.CRASH), None)
    if crash is not None:
        # A transaction has no crash: what comes with it is no more than an attachment (Relay `ErrorsProcessor`).
        place = min((index for index, kind in makers.items() if kind == "event"), default=None)
        if place is not None or "transaction" not in makers.values():
            place = crash if place is None else place
            _merge(place, events, [each for _, each in attachments], frames, limits)
            return place
    return min(makers, default=None)


def _merge(place: int, events: list[ItemEvent], attachments: list[Attachment], frames: Frames, limits: Limits) -> None:
    """Replace the event of the item at `place` by what it is with the crash that is attached; make one if there is none."""
    number = next((number for number, event in enumerate(events) if event.index >= place), len(events))
    payload: dict[str, Any] | None = None
    sent: EnvelopeItem | None = None
    if number < len(events) and events[number].index == place:
        popped = events.pop(number)
        given, sent = popped.payload, popped.sent
        try:
            found = parse_event_text(given.text, limits) if isinstance(given, EventText) else None
        except PayloadError as error:
            # The crash alone is an event, too.
            frames.refused.append(refused_item(place, "event", error))
        else:
            if found is not None:
                payload = found.value
                frames.repairs.extend(found.repairs)
    merged = native.merge_attachments(payload, attachments, limits)
    events[number:number] = [ItemEvent(each, place, "event", sent) for each in merged]


def _with_id(event: ItemEvent, event_id: str) -> ItemEvent:
    payload = event.payload
    if isinstance(payload, EventText):
        return ItemEvent(EventText(payload.text, payload.charset, event_id), event.index, event.type, event.sent)
    return ItemEvent({**payload, "event_id": event_id}, event.index, event.type, event.sent)


def read_first_headers(data: bytes, limits: Limits) -> dict[str, Any]:
    """Return the headers of the envelope that begins with these bytes, as `parse_envelope` reads them.

    Raises `EmptyBody`, `InvalidEnvelope` and `LimitExceeded`.

    >>> read_first_headers(b'{"dsn": "https://key@example.com/1"}', Limits())
    {'dsn': 'https://key@example.com/1'}
    """
    start = after_blanks(data, 0)
    if start == len(data):
        raise EmptyBody("empty request body")
    return read_headers(data, start, Budget(limits), None, [])[0]


def is_envelope(data: bytes, limits: Limits) -> bool:
    r"""Return whether a body is an envelope, whatever its content type: headers in its first line, then those of an item.

    >>> is_envelope(b'{}\n{"type": "event"}\n{}', Limits()), is_envelope(b'{"message":\n"a"}', Limits())
    (True, False)
    """
    end = data.find(b"\n", 0, limits.max_envelope_header_bytes)
    # Nearly every event is told from an envelope by this: it has one line, or nothing but a brace in the first.
    if end < 2 or data[end - 1 : end] not in {b"}", b"\r"} or not data.startswith(b"{"):
        return False
    try:
        headers, position = read_headers(data, 0, Budget(limits), None, [])
        item, _ = read_headers(data, position, Budget(limits), 0, [])
    except StoreError:
        return False
    return not _is_event(headers) and isinstance(item.get("type"), str) and not _is_event(item, _ITEM_HEADERS)


ENDPOINT = Endpoint(name="envelope", kind=ENVELOPE, read=read, reader=EnvelopeReader, read_headers=read_first_headers)
#: A path of the application's own, to which its pages send envelopes that name their DSN (SDK option `tunnel`).
TUNNEL = Endpoint(
    name="envelope",
    methods=("POST",),
    kind=ENVELOPE,
    read=read,
    reader=EnvelopeReader,
    read_headers=read_first_headers,
    is_hidden=True,
)
