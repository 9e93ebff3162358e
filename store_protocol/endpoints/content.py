"""What an endpoint reads out of a body: the objects that stand for events, and what came along."""

from collections.abc import Callable
from typing import Any

import msgspec

from store_protocol.errors import NotAnObject, StoreError
from store_protocol.first_use import build_type_info
from store_protocol.items.attachment import Attachment
from store_protocol.items.envelope_item import EnvelopeItem
from store_protocol.limits import Limits, Reserve
from store_protocol.payload import Payload, Repair, read_payload
from store_protocol.redaction import Redacted


class RefusedItem(Redacted, frozen=True):
    """An item that could not be taken, while others of its request were.

    `index` is its place among the items of the envelope, the parts of a form or the reports of an array, counted from 0.
    `type` is that of the item or report, `attachment` in a form, None where it isn't told. `error` is why it was refused.
    """

    index: int
    type: str | None
    error: StoreError


def refused_item(index: int, kind: Any, error: StoreError) -> RefusedItem:
    """Return what is kept of a refused item: the error alone, as its traceback would hold what was being read."""
    error.__traceback__ = error.__cause__ = error.__context__ = None
    return RefusedItem(index, kind if isinstance(kind, str) else None, error)


class RequestFacts(Redacted, frozen=True):
    """What the request says outside its body: its content type, its query, and its headers by lower-case name.

    `reserve` is told how many bytes more are about to be held, as `RequestDecoder` says. `parameters` are the parts of the
    path that stand for something. `received_at` (seconds since the epoch) and `new_id` are there for endpoints that need
    them (`Endpoint.stamps`). `files` opens files for attachments (`AttachmentFiles`), None where all stay in memory.
    """

    content_type: str = ""
    query: str = ""
    headers: dict[str, str] = msgspec.field(default_factory=dict)
    reserve: Reserve | None = None
    parameters: dict[str, str] = msgspec.field(default_factory=dict)
    received_at: float = 0.0
    new_id: Callable[[], str] = str
    files: Any = None


class EventText(Redacted, frozen=True):
    """The JSON text of an event, which is read without the objects that it stands for where it can be.

    `charset` is the one that the content type names, and `event_id` an id that goes before the event's own.
    """

    text: bytes
    charset: str | None = None
    event_id: str | None = None


class ItemEvent(Redacted, frozen=True):
    """The event that an item of an envelope holds.

    `index` and `type` are those of the item. The type decides what the event is, whatever its payload says. `sent` is the
    item itself, None where the event was made of attachments alone.
    """

    payload: EventText | dict[str, Any]
    index: int
    type: str
    sent: EnvelopeItem | None = None


#: An event as a body holds it, not yet read as such.
ContentEvent = EventText | dict[str, Any] | ItemEvent


def size_of_text(content_event: ContentEvent) -> int:
    """Return the bytes of the text of an event, 0 where it comes as objects."""
    payload = content_event.payload if isinstance(content_event, ItemEvent) else content_event
    return len(payload.text) if isinstance(payload, EventText) else 0


class Envelope(Redacted, frozen=True):
    """An envelope taken apart: its headers and its items, in order, and the items that could not be taken.

    `repr` does not show the DSN in the headers.
    """

    headers: dict[str, Any]
    items: tuple[EnvelopeItem, ...] = ()
    refused: tuple[RefusedItem, ...] = ()


class Content(Redacted, frozen=True, kw_only=True):
    """What a body holds.

    `payloads` are the events in it, not yet read as such, each a text or objects; `headers` are those of the envelope, and
    `envelope` is all of it.
    `sent` has the item that each of them would be in an envelope, where the payloads don't tell: see `as_item`.
    `refused` are items that could not be taken: where nothing else can be, the request is refused for the first of them.
    """

    payloads: tuple[ContentEvent, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    items: tuple[EnvelopeItem, ...] = ()
    repairs: tuple[Repair, ...] = ()
    refused: tuple[RefusedItem, ...] = ()
    headers: dict[str, Any] = msgspec.field(default_factory=dict)
    sent: tuple[EnvelopeItem | None, ...] = ()
    envelope: Envelope | None = None


def as_item(payload: ContentEvent) -> EnvelopeItem | None:
    """Return the item of an envelope that holds an event as it was sent, None for one made of attachments alone."""
    if type(payload) is ItemEvent:
        return payload.sent
    if type(payload) is not EventText:
        return EnvelopeItem("event", {"type": "event"}, msgspec.json.encode(payload))
    headers = {"type": "event"}
    if payload.charset is not None:
        headers["content_type"] = f"application/json; charset={payload.charset}"
    return EnvelopeItem("event", headers, payload.text)


def media_type(content_type: str) -> str:
    """Return the media type of a content type, without its parameters and in lower case.

    >>> media_type("Application/JSON; charset=utf-8")
    'application/json'
    """
    return content_type.partition(";")[0].strip().lower()


def parameter(content_type: str, wanted: str) -> str | None:
    """Return a parameter of a content type such as its charset; None if it is missing or empty.

    >>> parameter('text/plain; Charset="UTF-8"', "charset")
    'UTF-8'
    """
    for each in content_type.split(";")[1:]:
        name, _, value = each.partition("=")
        if name.strip().lower() == wanted:
            return value.strip(' \t"') or None
    return None


def read_object(text: bytes, limits: Limits, *, charset: str | None = None) -> Payload:
    """Read a JSON text that stands for an object, and repair what has to be. Raises `PayloadError`."""
    payload = read_payload(text, limits=limits, charset=charset)
    if not payload.is_object:
        raise NotAnObject("the JSON text is not an object")
    return payload


def parse_event_text(text: bytes, limits: Limits, *, charset: str | None = None) -> Payload:
    """Read the JSON text of an event, and repair what has to be. Raises `PayloadError`.

    Code that serializes an event twice (getsentry/sentry-javascript#5311) sends a string that holds the text: one such
    string is taken off.
    """
    payload = read_payload(text, limits=limits, charset=charset)
    if payload.is_object:
        return payload
    if isinstance(payload.value, str) and payload.value.lstrip()[:1] == "{":
        inner = payload.value.encode()
        found = read_payload(inner, limits=limits)
        if found.is_object:
            repairs = (*payload.repairs, Repair("json_string"), *found.repairs)
            return Payload(msgspec.UNSET, repairs, inner if found.text is None else found.text)
    raise NotAnObject("the JSON text is not an object")


build_type_info(RefusedItem, Envelope)
