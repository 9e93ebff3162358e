"""From what an endpoint found in a body to the event that is read of it."""

import msgspec

from store_protocol.budget import Budget
from store_protocol.endpoints.content import ContentEvent, EventText, ItemEvent, parse_event_text
from store_protocol.errors import InvalidReport
from store_protocol.limits import Limits
from store_protocol.normalize import NormalizeOptions, event_from_objects, event_from_payload, event_from_text
from store_protocol.payload import Payload, Repair
from store_protocol.reading.fast_path import ReadEvent

#: By the type of an item what its event is; for other items that depends on what the event holds.
_TYPES = {"transaction": "transaction", "feedback": "feedback", "security": "csp"}


def read_content_event(
    payload: ContentEvent,
    options: NormalizeOptions,
    repairs: list[Repair],
    budget: Budget,
    received_at: float,
) -> tuple[ReadEvent, bytes]:
    """Read an event; return it, and its text as it was sent, mended where it had to be.

    What had to be repaired is added to `repairs`. `received_at` is in seconds since the epoch.

    Raises `PayloadError`, and `InvalidReport` for an item `security` that reports nothing.
    """
    if isinstance(payload, ItemEvent):
        read_event, text = read_content_event(payload.payload, options, repairs, budget, received_at)
        return _of_type(read_event, payload.type, options), text
    if not isinstance(payload, EventText):
        return event_from_objects(payload, options, budget, received_at), _encode(payload)
    text = payload.text
    found_event = event_from_text(text, options, budget, received_at)
    if found_event is None or found_event.is_repaired:
        found = parse_event_text(text, budget.limits, charset=payload.charset)
        repairs += found.repairs
        if found.text is not None:
            text = found.text
        read_event = found_event or event_from_payload(found, payload.text, options, budget, received_at)
    else:
        read_event = found_event
        # What no interface knows is passed over, bytes that are no UTF-8 among it.
        if not text.isascii():
            text = _in_utf8(text)
    if payload.event_id is not None:
        read_event.event.event_id = payload.event_id
        read_event.meta_tree.take(("event_id",))
    return read_event, text


def read_content_payload(payload: ContentEvent, repairs: list[Repair], limits: Limits) -> tuple[bytes, Payload]:
    """Return the text of an event as it was sent, mended where it had to be, and what it stands for.

    What had to be repaired is added to `repairs`. Raises `PayloadError`.
    """
    if isinstance(payload, ItemEvent):
        return read_content_payload(payload.payload, repairs, limits)
    if not isinstance(payload, EventText):
        return _encode(payload), Payload(payload)
    found = parse_event_text(payload.text, limits, charset=payload.charset)
    repairs += found.repairs
    return payload.text if found.text is None else found.text, found


_encode = msgspec.json.Encoder().encode


def _in_utf8(text: bytes) -> bytes:
    try:
        text.decode()
    except UnicodeDecodeError:
        return text.decode("utf-8", "replace").encode()
    return text


def _of_type(read_event: ReadEvent, item_type: str, options: NormalizeOptions) -> ReadEvent:
    """Return what was read, of the type that its item tells, whatever it says itself (Relay `processing/errors`)."""
    told = _TYPES.get(item_type)
    if told == "csp" and read_event.event.csp is None:
        raise InvalidReport("invalid security report: it has no attribute csp")
    if told is None and options.is_renormalize:
        return read_event
    read_event.event.type = told
    read_event.meta_tree.take(("type",))
    # A report of a browser that has an exception too would else be an error.
    return msgspec.structs.replace(read_event, has_type=True) if told == "csp" else read_event
