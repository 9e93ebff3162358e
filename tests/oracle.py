"""Relay's normalizer beside ours: the same event through both, and what differs.

Who imports this is skipped where Relay's normalizer is missing. So a file whose other tests do without it imports it in the
tests that don't.
"""

import json
from typing import Any

import pytest

from store_protocol import NormalizeOptions, StoreError, encode_event, normalize_event

WITHOUT_RELAY = "compares with Relay, and sentry-relay has no wheel for this platform"
exceptions = pytest.importorskip("sentry_relay.exceptions", reason=WITHOUT_RELAY)
processing = pytest.importorskip("sentry_relay.processing", reason=WITHOUT_RELAY)

OPTIONS: dict[str, Any] = {
    "project_id": 1,
    "client": "sentry-python/1.0",
    "protocol_version": "7",
    "key_id": "42",
    "remove_other": True,
    "enable_trimming": True,
    "max_secs_in_future": 60,
    "max_secs_in_past": 30 * 86400,
    "received_at": "2026-11-23T00:00:00Z",
}


def theirs(event: dict[str, Any], **options: Any) -> dict[str, Any] | None:
    """Return what Relay makes of an event, None if it refuses it."""
    try:
        normalizer = processing.StoreNormalizer(**{**OPTIONS, **options})
        normalized: dict[str, Any] = normalizer.normalize_event(raw_event=json.dumps(event))
    except exceptions.ProcessingErrorInvalidTransaction:
        return None
    return normalized


def ours(event: dict[str, Any], **options: Any) -> dict[str, Any] | None:
    """Return what we make of an event, None if we refuse it."""
    try:
        normalized = normalize_event(json.dumps(event), NormalizeOptions(**{**OPTIONS, **options}))
    except StoreError:
        return None
    encoded: dict[str, Any] = json.loads(encode_event(normalized))
    return encoded


def comparable(event: dict[str, Any] | None, given: str) -> Any:
    """Return an event without what may differ: null attributes, and ids that were drawn at random."""
    if event is None:
        return None
    trace = (event.get("contexts") or {}).get("trace") or {}
    holders = [(event, "event_id"), (trace, "trace_id"), (trace, "span_id")]
    spans = [span for span in event.get("spans") or () if span]
    holders += [(span, "trace_id") for span in spans]
    contexts = [context for context in (event.get("contexts") or {}).values() if isinstance(context, dict)]
    links = [link for holder in (*contexts, *spans) for link in holder.get("links") or ()]
    holders += [(holder, "trace_id") for holder in (*contexts, *links) if isinstance(holder, dict)]
    for holder, key in holders:
        if isinstance(holder.get(key), str) and holder[key] not in given:
            holder[key] = "drawn"
    return _comparable(event)


def _comparable(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: found for key, part in value.items() if (found := _comparable(part)) is not None}
    if isinstance(value, list):
        return [_comparable(part) for part in value]
    # Relay doesn't read every number to its last bit.
    return float(f"{value:.12g}") if isinstance(value, (int, float)) and not isinstance(value, bool) else value


def differs(event: dict[str, Any], **options: Any) -> tuple[Any, Any] | None:
    """Return what Relay and what we make of an event, None if it is the same."""
    given = json.dumps(event).lower().replace("-", "")
    pair = comparable(theirs(event, **options), given), comparable(ours(event, **options), given)
    return None if pair[0] == pair[1] else pair
