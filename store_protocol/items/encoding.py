"""Items and envelopes written: the inverse of decoding them."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

import msgspec

from store_protocol.encode import encode_event
from store_protocol.items.attachment import Attachment
from store_protocol.items.base import Item, write_item
from store_protocol.items.envelope_item import EnvelopeItem
from store_protocol.payload.objects import repair_objects
from store_protocol.schema.event import Event

#: What an envelope may hold: items as they came, typed ones, events and files.
Encodable: TypeAlias = EnvelopeItem | Item | Event | Attachment

_encode = msgspec.json.Encoder().encode


def encode_item(item: Encodable) -> EnvelopeItem:
    """Return the item of an envelope that holds a typed item, an event or a file; `decode` gives it back.

    Its headers are those that tell how its bytes are read (`item_count`, `content_type`, `attachment_type`), but for the
    length. `field_errors` are left out. An `EnvelopeItem` is returned as it is. Raises `TypeError` for anything else, and
    `ValueError` for an attachment whose bytes are in a file.

    >>> from store_protocol.items import UserReport
    >>> encode_item(UserReport(event_id="9ec79c33ec9942ab8353589fcb2e04dc", comments="broke")).data
    b'{"event_id":"9ec79c33ec9942ab8353589fcb2e04dc","comments":"broke"}'
    """
    if isinstance(item, EnvelopeItem):
        return item
    if isinstance(item, Event):
        kind = item.type if item.type in {"transaction", "feedback"} else "event"
        return EnvelopeItem(kind, {"type": kind, "content_type": "application/json"}, encode_event(item))
    if isinstance(item, Attachment):
        return _attachment(item)
    if not isinstance(item, Item):
        message = f"{type(item).__name__} is no item, event or attachment"  # type: ignore[unreachable]
        raise TypeError(message)
    headers, payload = write_item(item)
    return EnvelopeItem(item.__item_type__, {"type": item.__item_type__, **headers}, payload)


def _attachment(item: Attachment) -> EnvelopeItem:
    if item.file is not None:
        message = "the bytes of an attachment are in a file: give it its data"
        raise ValueError(message)
    headers: dict[str, Any] = {"type": "attachment"}
    told = {"filename": item.filename or item.name or None, "content_type": item.content_type}
    headers |= {name: value for name, value in told.items() if value is not None}
    if item.attachment_type != "event.attachment":
        headers["attachment_type"] = item.attachment_type
    return EnvelopeItem("attachment", headers, item.data)


def encode_envelope(headers: Mapping[str, Any], items: Iterable[Encodable]) -> bytes:
    r"""Write an envelope; `parse_envelope` is the inverse.

    `headers` are those of the envelope, such as `event_id`, `dsn` and `sent_at`. Items may be as they came, typed, events
    and attachments; each is written with its `type` and its `length`, whatever its headers say of these. Raises
    `TypeError` for what is none of them, and for headers that have no form in JSON.

    >>> encode_envelope({}, [EnvelopeItem("session", {}, b'{"started": 5}')])
    b'{}\n{"type":"session","length":14}\n{"started": 5}\n'
    """
    lines = [_encode(repair_objects(dict(headers)))]
    for each in items:
        item = encode_item(each)
        own = {"type": item.type, **item.headers, "length": len(item.data)}
        lines += [_encode(repair_objects({**own, "type": item.type})), item.data]
    return b"\n".join([*lines, b""])
