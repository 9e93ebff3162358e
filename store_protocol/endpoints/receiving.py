"""From what an endpoint found in a body to the event that is read of it."""

from typing import Any

import msgspec

from store_protocol.budget import Budget
from store_protocol.endpoints.content import EventText, ItemEvent, read_event
from store_protocol.errors import InvalidReport
from store_protocol.normalize import NormalizeOptions, receive_objects, receive_payload, receive_text
from store_protocol.payload import Repair
from store_protocol.reading.fast_path import Reception

#: By the type of an item what its event is; for other items that depends on what the event holds.
_TYPES = {"transaction": "transaction", "feedback": "feedback", "security": "csp"}


def receive(
    payload: EventText | dict[str, Any] | ItemEvent,
    options: NormalizeOptions,
    repairs: list[Repair],
    budget: Budget,
    received_at: float,
) -> Reception:
    """Read an event, and add what had to be repaired in its text to `repairs`. `received_at` is in seconds since the epoch.

    Raises `PayloadError`, and `InvalidReport` for an item `security` that reports nothing.
    """
    if isinstance(payload, ItemEvent):
        return _of_type(receive(payload.payload, options, repairs, budget, received_at), payload.type, options)
    if not isinstance(payload, EventText):
        return receive_objects(payload, options, budget, received_at)
    reception = receive_text(payload.text, options, budget, received_at)
    if reception is None:
        found = read_event(payload.text, budget.limits, charset=payload.charset)
        repairs += found.repairs
        reception = receive_payload(found, options, budget, received_at)
    if payload.event_id is not None:
        reception.event.event_id = payload.event_id
        reception.notes.take(("event_id",))
    return reception


def _of_type(reception: Reception, item_type: str, options: NormalizeOptions) -> Reception:
    """Return what was read, of the type that its item tells, whatever it says itself (Relay `processing/errors`)."""
    told = _TYPES.get(item_type)
    if told == "csp" and reception.event.csp is None:
        raise InvalidReport("invalid security report: it has no attribute csp")
    if told is None and options.is_renormalize:
        return reception
    reception.event.type = told
    reception.notes.take(("type",))
    # A report of a browser that has an exception too would else be an error.
    return msgspec.structs.replace(reception, has_type=True) if told == "csp" else reception
