"""From what a client sent to a canonical event.

The steps stand in `STEPS` in the order in which they run: a step may rely on those before it. Each is a small function
of a `Normalization` in the file of its concern, and repairs the event in place; the payload itself is never changed.
"""

import os
import time
from collections.abc import Callable
from typing import Any, cast

from store_protocol.budget import Budget
from store_protocol.collector import LARGE_TEXT, uncollected
from store_protocol.convert.context import ConvertContext
from store_protocol.limits import Limits
from store_protocol.meta.tree import MetaTree
from store_protocol.normalize import remove_empty, remove_nulls
from store_protocol.normalize.context import Normalization, Steps
from store_protocol.normalize.options import NormalizeOptions as NormalizeOptions
from store_protocol.normalize.options import seconds_of
from store_protocol.normalize.steps import (
    attributes,
    breadcrumbs,
    contexts,
    devices,
    exceptions,
    logentry,
    measurements,
    mechanism,
    release,
    request,
    security,
    stacktraces,
    tags,
    timestamps,
    transactions,
    user,
    user_agents,
)
from store_protocol.normalize.trimming import trimmer as trimming
from store_protocol.payload import Payload, read_payload
from store_protocol.payload.objects import repair_objects
from store_protocol.reading.client_meta import read_meta
from store_protocol.reading.events import convert_event, write_meta
from store_protocol.reading.fast_path import DEPTH, ReadEvent, is_dense, read_text
from store_protocol.reading.original_event import OriginalEvent
from store_protocol.reading.wire_event import JsonText
from store_protocol.schema.event import Event
from store_protocol.schema.normalized_event import NormalizedEvent

STEPS = Steps(
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
    attributes.logger,
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
    attributes.ingest_path,
    attributes.own_errors,
    remove_empty.remove_empty,
    remove_nulls.remove_nulls,
)


#: What is done to an event that was normalized before.
RENORMALIZE_STEPS = Steps(
    contexts.nil_trace_ids,
    attributes.errors,
    trimming.trimming,
    attributes.ingest_path,
    remove_empty.remove_empty,
    remove_nulls.remove_nulls,
)


def new_event_id() -> str:
    """Draw a random event id: 32 hex digits of a UUID of version 4."""
    drawn = bytearray(os.urandom(16))
    drawn[6] = drawn[6] & 0x0F | 0x40
    drawn[8] = drawn[8] & 0x3F | 0x80
    return drawn.hex()


_DEFAULT_OPTIONS = NormalizeOptions()
_LIMITS = Limits()


def normalize_event(
    payload: Any,
    options: NormalizeOptions = _DEFAULT_OPTIONS,
    *,
    now: float | None = None,
    new_event_id: Callable[[], str] = new_event_id,
    limits: Limits | None = None,
    sent_at: float | None = None,
) -> NormalizedEvent:
    """Return the canonical event for what a client sent.

    `payload` is JSON (bytes or str) or the objects that it stands for, as Python's `json` gives them; it isn't changed.
    `now` is the current time in seconds since the epoch, used where `options.received_at` is None. `sent_at` is the time at
    which the client sent the event by its own clock, in the same seconds: a clock that is an hour off is set right.

    What can't be taken of the event is left out and listed in its `errors` and `_meta`. Raises `PayloadError` for text that
    is no JSON or for what is nested too deep, `InvalidEvent` for an event that must not be taken at all, and `ValueError`
    for a `now` that is no time.

    >>> normalize_event({"message": "hello"}).logentry.formatted
    'hello'
    """
    budget = Budget(limits or _LIMITS)
    is_text = isinstance(payload, (bytes, bytearray, memoryview, str))
    budget.is_large = is_text and len(payload) >= LARGE_TEXT
    received_at = receipt(options, now)
    if budget.is_large:
        return uncollected(_normalized, payload, options, received_at, new_event_id, budget, sent_at)
    return _normalized(payload, options, received_at, new_event_id, budget, sent_at)


def _normalized(
    payload: Any,
    options: NormalizeOptions,
    received_at: float,
    new_event_id: Callable[[], str],
    budget: Budget,
    sent_at: float | None,
) -> NormalizedEvent:
    read_event = None
    if isinstance(payload, (bytes, bytearray, memoryview, str)):
        read_event = event_from_text(payload, options, budget, received_at)
        if read_event is None:
            read = read_payload(payload, limits=budget.limits)
            if read.is_object:
                read_event = event_from_payload(read, payload, options, budget, received_at)
            else:
                payload = read.value
    else:
        payload = repair_objects(payload, limits=budget.limits)
        if isinstance(payload, dict):
            read_event = event_from_objects(payload, options, budget, received_at)
    if read_event is None:
        return _no_event(payload)
    return normalize_read_event(read_event, options, received_at=received_at, new_event_id=new_event_id, sent_at=sent_at)


def receipt(options: NormalizeOptions, now: float | None) -> float:
    """Return when an event was received, in seconds since the epoch."""
    if options.received_at is not None:
        return seconds_of("received_at", options.received_at)
    return seconds_of("now", time.time() if now is None else now)


def event_from_text(
    text: JsonText,
    options: NormalizeOptions,
    budget: Budget,
    received_at: float | None = None,
    *,
    is_plain: bool = False,
) -> ReadEvent | None:
    """Read an event from its JSON text; return None for one that has to be read from the objects that it stands for.

    That is text in which something has to be repaired, or that isn't an object, or is dense, and where unknown attributes
    are kept. `is_plain` says that nothing has to be repaired.
    """
    if _keeps_unknown(options) or budget.limits.max_depth <= DEPTH or (budget.is_large and is_dense(text)):
        return None
    if options.is_renormalize:
        return read_text(text, budget, enforce_rules=False, is_plain=is_plain)
    return read_text(text, budget, received_at=received_at, is_plain=is_plain)


def event_from_payload(
    payload: Payload, text: JsonText, options: NormalizeOptions, budget: Budget, received_at: float | None = None
) -> ReadEvent:
    """Read an event from what was read of its text: the text once more, now that it is repaired, or else the objects."""
    if payload.text is not None:
        read_event = event_from_text(payload.text, options, budget, received_at, is_plain=True)
        if read_event is not None:
            return read_event
    return event_from_objects(
        payload.value, options, budget, received_at, one_by_one=budget.is_large and is_dense(payload.text or text)
    )


def event_from_objects(
    payload: dict[str, Any],
    options: NormalizeOptions,
    budget: Budget,
    received_at: float | None = None,
    *,
    one_by_one: bool = False,
) -> ReadEvent:
    """Read an event from the objects that its JSON text stands for; `one_by_one` no attribute is typed whole."""
    meta_tree = MetaTree(budget)
    keep_unknown, enforce_rules = _keeps_unknown(options), not options.is_renormalize
    if isinstance(client_meta := payload.get("_meta"), dict):
        read_meta(client_meta, payload, meta_tree, keep_unknown=keep_unknown, enforce_rules=enforce_rules)
    context = ConvertContext(
        meta_tree, keep_unknown=keep_unknown, enforce_rules=enforce_rules, in_lenient_path=one_by_one, one_by_one=one_by_one
    )
    if context.enforce_rules:
        context.received_at = received_at
    return ReadEvent(convert_event(payload, context), meta_tree, OriginalEvent(payload=payload), context.facts)


def _keeps_unknown(options: NormalizeOptions) -> bool:
    return bool(options.is_renormalize) if options.remove_other is None else not options.remove_other


def normalize_read_event(
    read_event: ReadEvent,
    options: NormalizeOptions,
    *,
    received_at: float,
    new_event_id: Callable[[], str] = new_event_id,
    sent_at: float | None = None,
    infer_address: bool = False,
) -> NormalizedEvent:
    """Bring an event that was read into its canonical form, as `normalize_event` does.

    With `infer_address` the user's address is filled in by `options.client_ip`, as an endpoint does.
    """
    normalization = Normalization(read_event, options, received_at, new_event_id, sent_at, infer_address=infer_address)
    steps = RENORMALIZE_STEPS if options.is_renormalize else STEPS
    steps.run(normalization)
    event: Any = read_event.event
    write_meta(event, read_event.meta_tree)
    # The steps have filled it.
    normalized: NormalizedEvent = event
    return normalized


def _no_event(payload: Any) -> NormalizedEvent:
    event, meta_tree = Event(), MetaTree()
    if payload is not None:
        meta_tree.error((), "invalid_data", "expected event", value=payload)
        write_meta(event, meta_tree)
    # Nothing is filled here, which the class says.
    return cast("NormalizedEvent", event)
