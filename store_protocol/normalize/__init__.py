"""From what a client sent to a canonical event.

The steps stand in `STEPS` in the order in which they run: a step may rely on those before it. Each is a small function
of a `Job` in the file of its concern, and mends the event in place; the payload itself is never changed.
"""

import os
import time
from collections.abc import Callable
from typing import Any

from store_protocol.limits import Limits
from store_protocol.normalize import (
    attributes,
    breadcrumbs,
    contexts,
    devices,
    exceptions,
    logentry,
    measurements,
    mechanism,
    prune,
    release,
    request,
    security,
    stacktraces,
    tags,
    timestamps,
    transactions,
    trimming,
    user,
    user_agents,
)
from store_protocol.normalize.job import Job, Step
from store_protocol.normalize.options import NormalizeOptions as NormalizeOptions
from store_protocol.payload import parse_payload
from store_protocol.schema.convert import Reading
from store_protocol.schema.event import Event, finish, read_event
from store_protocol.schema.incoming_meta import read_meta
from store_protocol.schema.notes import FieldError, Notes
from store_protocol.schema.report import field_errors
from store_protocol.schema.timestamps import timestamp

STEPS: tuple[Step, ...] = (
    timestamps.clock_drift,
    timestamps.stale,
    attributes.event_type,
    transactions.requirements,
    transactions.name,
    security.security_report,
    user.user,
    release.release_and_environment,
    logentry.logentry,
    release.dist,
    tags.tags,
    attributes.defaults,
    stacktraces.move_stacktrace,
    stacktraces.stacktraces,
    exceptions.exceptions,
    mechanism.mechanisms,
    breadcrumbs.breadcrumbs,
    measurements.measurements,
    request.request,
    attributes.event_id,
    contexts.nil_trace_ids,
    devices.device,
    user_agents.user_agent,
    contexts.contexts,
    attributes.from_options,
    attributes.sdk,
    attributes.errors,
    trimming.trimming,
    prune.prune,
)


#: What is done to an event that was normalized before.
RENORMALIZE_STEPS: tuple[Step, ...] = (contexts.nil_trace_ids, attributes.errors, trimming.trimming, prune.prune)


def new_event_id() -> str:
    """Draw a random event id: 32 hex digits of a UUID of version 4."""
    drawn = bytearray(os.urandom(16))
    drawn[6] = drawn[6] & 0x0F | 0x40
    drawn[8] = drawn[8] & 0x3F | 0x80
    return drawn.hex()


_DEFAULT_OPTIONS = NormalizeOptions()


def normalize_event(
    payload: Any,
    options: NormalizeOptions = _DEFAULT_OPTIONS,
    *,
    now: float | None = None,
    new_event_id: Callable[[], str] = new_event_id,
    limits: Limits | None = None,
    sent_at: float | None = None,
) -> Event:
    """Give the canonical event for what a client sent.

    `payload` is JSON (bytes or str) or the objects that it stands for; it isn't changed. `now` is the current time in
    seconds since the epoch, used where `options.received_at` is None. `sent_at` is the time at which the client sent the
    event by its own clock, in the same seconds: a clock that is an hour off is set right.

    What can't be taken of the event is left out and listed in its `errors` and `_meta`. Raises `PayloadError` for text that
    is no JSON, and `InvalidEvent` for an event that must not be taken at all.

    >>> normalize_event({"message": "hello"}).logentry.formatted
    'hello'
    """
    if isinstance(payload, (bytes, bytearray, memoryview, str)):
        payload = parse_payload(payload) if limits is None else parse_payload(payload, limits=limits)
    notes = Notes()
    if not isinstance(payload, dict):
        event = Event()
        if payload is not None:
            notes.error((), "invalid_data", "expected event", value=payload)
            finish(event, notes, with_errors=False)
        return event
    received_at = options.received_at
    if received_at is None:
        received_at = time.time() if now is None else now
    remove_other = options.remove_other if options.remove_other is not None else not options.is_renormalize
    read_meta(payload, notes)
    event = read_event(payload, Reading(notes, keep_other=not remove_other, checks=not options.is_renormalize))
    job = Job(payload, event, notes, options, timestamp(received_at), new_event_id, sent_at)
    for step in RENORMALIZE_STEPS if options.is_renormalize else STEPS:
        step(job)
    finish(event, notes, with_errors=not options.is_renormalize)
    return event


def check_event(payload: Any) -> list[FieldError]:
    """List everything that is wrong with an event, each with its path, the reason and the value.

    `payload` is JSON (bytes or str) or the objects that it stands for; it isn't changed. Raises `PayloadError` for text
    that is no JSON.

    >>> [(error.path, error.reason) for error in check_event({"level": "loud", "tags": {"a": []}})]
    [('level', 'invalid level'), ('tags.0.1', 'expected a primitive value')]
    """
    if isinstance(payload, (bytes, bytearray, memoryview, str)):
        payload = parse_payload(payload)
    notes = Notes()
    if isinstance(payload, dict):
        return field_errors(read_event(payload, Reading(notes)), notes)
    notes.error((), "invalid_data", "expected event", value=payload)
    return field_errors(None, notes)
