"""From what an endpoint found in a body to the event that is read of it."""

from typing import Any

import msgspec

from store_protocol.budget import Budget
from store_protocol.endpoints.content import EventText, ItemEvent, parse_event_text
from store_protocol.errors import InvalidReport
from store_protocol.normalize import NormalizeOptions, event_from_objects, event_from_payload, event_from_text
from store_protocol.payload import Repair
from store_protocol.reading.fast_path import ReadEvent

#: By the type of an item what its event is; for other items that depends on what the event holds.
_TYPES = {"transaction": "transaction", "feedback": "feedback", "security": "csp"}


def read_content_event(
    payload: EventText | dict[str, Any] | ItemEvent,
    options: NormalizeOptions,
    repairs: list[Repair],
    budget: Budget,
    received_at: float,
) -> ReadEvent:
    """Read an event, and add what had to be repaired in its text to `repairs`. `received_at` is in seconds since the epoch.

    Raises `PayloadError`, and `InvalidReport` for an item `security` that reports nothing.
    """
    if isinstance(payload, ItemEvent):
        return _of_type(read_content_event(payload.payload, options, repairs, budget, received_at), payload.type, options)
    if not isinstance(payload, EventText):
        return event_from_objects(payload, options, budget, received_at)
    read_event = event_from_text(payload.text, options, budget, received_at)
    if read_event is None:
        found = parse_event_text(payload.text, budget.limits, charset=payload.charset)
        repairs += found.repairs
        read_event = event_from_payload(found, options, budget, received_at)
    elif read_event.is_repaired:
        repairs += parse_event_text(payload.text, budget.limits, charset=payload.charset).repairs
    if payload.event_id is not None:
        read_event.event.event_id = payload.event_id
        read_event.meta_tree.take(("event_id",))
    return read_event


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
