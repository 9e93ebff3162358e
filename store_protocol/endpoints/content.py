"""What an endpoint reads out of a body: the objects that stand for events, and what came along."""

from typing import Any

import msgspec

from store_protocol.errors import NotAnObject
from store_protocol.limits import Limits, Reserve
from store_protocol.messages import Attachment, EnvelopeItem
from store_protocol.payload import Payload, Repair, read_payload
from store_protocol.redaction import Redacted


class RequestFacts(Redacted, frozen=True):
    """What the request says outside its body: its content type, its query, and its headers by lower-case name.

    `reserve` is told how many bytes more are about to be held, as `RequestDecoder` says.
    """

    content_type: str = ""
    query: str = ""
    headers: dict[str, str] = msgspec.field(default_factory=dict)
    reserve: Reserve | None = None


class EventText(Redacted, frozen=True):
    """The JSON text of an event, which is read without the objects that it stands for where it can be.

    `charset` is the one that the content type names, and `event_id` an id that goes before the event's own.
    """

    text: bytes
    charset: str | None = None
    event_id: str | None = None


class Content(Redacted, frozen=True, kw_only=True):
    """What a body holds.

    `payloads` are the events in it, not yet read as such, each a text or objects; `headers` are those of the envelope.
    """

    payloads: tuple[EventText | dict[str, Any], ...] = ()
    attachments: tuple[Attachment, ...] = ()
    items: tuple[EnvelopeItem, ...] = ()
    repairs: tuple[Repair, ...] = ()
    headers: dict[str, Any] = msgspec.field(default_factory=dict)


def media_type(content_type: str) -> str:
    """Give the media type that a content type names, without its parameters and in lower case.

    >>> media_type("Application/JSON; charset=utf-8")
    'application/json'
    """
    return content_type.partition(";")[0].strip().lower()


def parameter(content_type: str, wanted: str) -> str | None:
    """Give a parameter of a content type such as its charset, None if it isn't there.

    >>> parameter('text/plain; Charset="UTF-8"', "charset")
    'UTF-8'
    """
    for each in content_type.split(";")[1:]:
        name, _, value = each.partition("=")
        if name.strip().lower() == wanted:
            return value.strip(' \t"') or None
    return None


def read_object(text: bytes, limits: Limits, *, charset: str | None = None) -> Payload:
    """Read a JSON text that stands for an object, and mend what has to be. Raises `PayloadError`."""
    payload = read_payload(text, limits=limits, charset=charset)
    if not isinstance(payload.value, dict):
        raise NotAnObject("the JSON text is no object")
    return payload
