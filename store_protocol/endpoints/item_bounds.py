"""The limits of items by their types (Relay `utils/sizes.rs`)."""

from typing import Any, NamedTuple

from store_protocol.endpoints.content import media_type
from store_protocol.errors import MissingItemType, ReservedItemType, over_limit, quote
from store_protocol.limits import Limits

#: Items whose payload is an event as JSON (Relay `ItemType::Event`, `Transaction`, `Security`, `UserReportV2`).
EVENTS = frozenset({"event", "transaction", "security", "feedback"})


class Bound(NamedTuple):
    """By which fields of `Limits` items are bounded: each, all of a kind together, and their number."""

    each: str
    together: str | None = None
    number: str | None = None


#: By item type; other items are bounded by the envelope.
BOUNDS = {
    **dict.fromkeys((*EVENTS, "raw_security"), Bound("max_event_bytes", "max_events_bytes")),
    **dict.fromkeys(("replay_event", "form_data"), Bound("max_event_bytes")),
    **dict.fromkeys(
        ("attachment", "user_report", "unreal_report"),
        Bound("max_attachment_bytes", "max_attachments_bytes", "max_attachments"),
    ),
    **dict.fromkeys(("session", "sessions"), Bound("max_sessions_bytes", "max_sessions_bytes", "max_sessions")),
    "client_report": Bound("max_client_report_bytes", "max_client_report_bytes", "max_client_reports"),
    "check_in": Bound("max_check_in_bytes"),
    **dict.fromkeys(("profile", "profile_chunk", "profile_chunk_ui"), Bound("max_profile_bytes")),
    **dict.fromkeys(("replay_recording", "replay_video"), Bound("max_replay_bytes")),
    "metric_buckets": Bound("max_metric_buckets_bytes"),
    "log": Bound("max_log_bytes", "max_container_bytes"),
    "trace_metric": Bound("max_trace_metric_bytes", "max_container_bytes"),
    "span": Bound("max_span_bytes", "max_container_bytes", "max_standalone_spans"),
}
#: The media types of items that hold several of their kind (Relay `ContentType::is_container`).
_CONTAINERS = frozenset(f"application/vnd.sentry.items.{each}+json" for each in ("log", "span.v2", "trace-metric"))


def check_item(headers: dict[str, Any], size: int, index: int, limits: Limits, held: dict[str, int]) -> str:
    """Return the type of an item that may be taken; `held` sums up what the items before it have of their limits."""
    kind = headers.get("type")
    if not isinstance(kind, str):
        raise MissingItemType(f"invalid envelope: item {index} has no type")
    bound = BOUNDS.get(kind)
    if bound is None:
        if kind == "integration":
            raise ReservedItemType(f"invalid envelope: {named(index, kind)} is of a type that only Relay itself may use")
        return kind
    each, number = size, bound.number
    if bound.together == "max_container_bytes" and _is_container(headers):
        count = headers.get("item_count")
        each = size // count if type(count) is int and count > 0 else size
        number = None
    if each > getattr(limits, bound.each):
        raise over_limit(f"{named(index, kind)} has more bytes", bound.each, limits)
    if bound.together is None:
        return kind
    # What is summed up has the name of its limit, and where that holds for several kinds, of one of them.
    of_size = bound.each + bound.together
    total = held.get(of_size, 0) + size
    if total > getattr(limits, bound.together):
        what = f"with {named(index, kind)} the envelope has more bytes of this kind"
        raise over_limit(what, bound.together, limits)
    if number is not None:
        taken = held.get(number, 0) + 1
        if taken > getattr(limits, number):
            raise over_limit(f"with {named(index, kind)} the envelope has more items of this kind", number, limits)
        held[number] = taken
    held[of_size] = total
    return kind


def most_bytes(headers: dict[str, Any], limits: Limits, held: dict[str, int]) -> int | None:
    """Return how many bytes an item may have at the most, below 0 where it may not be there, None where nothing bounds it.

    `check_item` says why one with more is refused.
    """
    kind = headers.get("type")
    bound = BOUNDS.get(kind) if isinstance(kind, str) else None
    if not isinstance(kind, str) or (bound is None and kind == "integration"):
        return -1
    if bound is None:
        return None
    if bound.number is not None and held.get(bound.number, 0) >= getattr(limits, bound.number):
        return -1
    most: int = getattr(limits, bound.each)
    if bound.together is not None:
        most = min(most, getattr(limits, bound.together) - held.get(bound.each + bound.together, 0))
    return most


def _is_container(headers: dict[str, Any]) -> bool:
    content_type = headers.get("content_type")
    return isinstance(content_type, str) and media_type(content_type) in _CONTAINERS


def named(index: int, kind: str) -> str:
    """Return what errors call an item."""
    return f"item {index} ({quote(kind)})"
