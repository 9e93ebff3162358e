"""Items decoded: from the type, the headers and the bytes of an item to what they stand for."""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from store_protocol.errors import InvalidItem, NotAnObject, UnsupportedItem, quote
from store_protocol.items.attachment import Attachment
from store_protocol.items.base import Item
from store_protocol.items.check_in import CheckIn
from store_protocol.items.client_report import ClientReport
from store_protocol.items.log import LogContainer
from store_protocol.items.profile import Profile
from store_protocol.items.profile_chunk import ProfileChunk
from store_protocol.items.reading import read_item
from store_protocol.items.replay_event import ReplayEvent
from store_protocol.items.replay_recording import ReplayRecording
from store_protocol.items.replay_video import ReplayVideo, unpack_replay
from store_protocol.items.session import SessionUpdate
from store_protocol.items.sessions import SessionAggregates
from store_protocol.items.span import SpanV2Container
from store_protocol.items.trace_attachment import (
    OLD_TRACE_ATTACHMENT,
    PLACEHOLDER,
    TRACE_ATTACHMENT,
    AttachmentPlaceholder,
    TraceAttachment,
)
from store_protocol.items.trace_metric import TraceMetricContainer
from store_protocol.items.user_report import UserReport
from store_protocol.items.view_hierarchy import ViewHierarchy
from store_protocol.limits import Limits
from store_protocol.normalize.options import NormalizeOptions
from store_protocol.payload import parse_payload
from store_protocol.payload.messagepack import unpack_first, unpack_last
from store_protocol.reading.events import parse_event
from store_protocol.schema.event import Event

_LIMITS = Limits()
_OPTIONS = NormalizeOptions()

#: What the payload of an item stands for.
Decoded: TypeAlias = Item | Event | Attachment

#: The interface of each type whose payload has attributes of its own.
INTERFACES: dict[str, type[Item]] = {
    each.__item_type__: each
    for each in (
        *(CheckIn, ClientReport, LogContainer, Profile, ProfileChunk, ReplayEvent, ReplayRecording, SessionAggregates),
        *(SessionUpdate, SpanV2Container, TraceMetricContainer, UserReport),
    )
}
# As the SDKs of user interfaces may name it.
INTERFACES["profile_chunk_ui"] = ProfileChunk


def decode_item(
    item_type: str,
    data: bytes,
    headers: Mapping[str, Any] | None = None,
    options: NormalizeOptions = _OPTIONS,
    *,
    limits: Limits = _LIMITS,
) -> Decoded:
    """Return what the payload of an item stands for, typed: a struct of `store_protocol.items`, an event or a file.

    `headers` are those of the item. Reading is lenient: a wrong value is None and listed in the item's `field_errors`,
    attributes that aren't known are kept in `other`. What Relay's processors do to an item is done. Of the `options`,
    `received_at` and `sent_at` set the client's clock right and check ages, which is left out without the first, by
    `max_secs_in_future` and `max_secs_in_past`; `client_ip` is the address for `{{auto}}`.

    Items `event`, `transaction`, `feedback` and `security` give an `Event` as `parse_event` does. An item `attachment`
    gives a `ViewHierarchy`, a `TraceAttachment`, an `AttachmentPlaceholder`, an `Event` for a packed one
    (`event.payload`, `event.breadcrumbs`), or an `Attachment`.

    Raises `UnsupportedItem` for other types, and for a payload that can't be read `InvalidItem` or another `PayloadError`.

    >>> session = decode_item("session", b'{"started": "2026-11-23T00:00:00Z", "status": 5, "attrs": {"release": "a@1"}}')
    >>> session.started, session.attrs.release
    (1795392000.0, 'a@1')
    >>> [(error.path, error.reason) for error in session.field_errors]
    [('status', 'expected a string')]
    """
    told = dict(headers or {})
    interface = INTERFACES.get(item_type)
    if interface is not None:
        return read_item(interface, data, told, options, limits)
    special = _SPECIAL.get(item_type)
    if special is None:
        raise UnsupportedItem(f"items of the type {quote(item_type)} have no typed form")
    return special(item_type, data, told, options, limits)


def _event(item_type: str, data: bytes, headers: dict[str, Any], options: NormalizeOptions, limits: Limits) -> Decoded:  # noqa: ARG001
    payload = parse_payload(data, limits=limits)
    if type(payload) is not dict:
        raise NotAnObject("an event is a JSON object")
    # The item's type decides what the event is.
    return parse_event({**payload, "type": item_type} if item_type in {"transaction", "feedback"} else payload)


def _attachment(
    item_type: str,  # noqa: ARG001
    data: bytes,
    headers: dict[str, Any],
    options: NormalizeOptions,
    limits: Limits,
) -> Decoded:
    content_type, kind = _text(headers.get("content_type")), _text(headers.get("attachment_type"))
    interface = _BY_MEDIA_TYPE.get(content_type or "")
    if interface is None and kind == "event.view_hierarchy":
        interface = ViewHierarchy
    if interface is not None:
        return read_item(interface, data, headers, options, limits)
    if kind in _PACKED:
        return _packed(kind, data, limits)
    filename = _text(headers.get("filename"))
    return Attachment(filename or "", filename, content_type, data, kind or "event.attachment")


def _packed(kind: str | None, data: bytes, limits: Limits) -> Event:
    if kind == "event.breadcrumbs":
        return parse_event({"breadcrumbs": {"values": unpack_last(data, limits.max_items, limits)}})
    found = unpack_first(data, limits)
    if type(found) is not dict:
        raise InvalidItem("invalid attachment item: event.payload is not a MessagePack object")
    return parse_event(found)


def _replay_video(
    item_type: str,  # noqa: ARG001
    data: bytes,
    headers: dict[str, Any],
    options: NormalizeOptions,
    limits: Limits,
) -> Decoded:
    packed = unpack_replay(data)
    return ReplayVideo(
        event=read_item(ReplayEvent, packed.replay_event, headers, options, limits),  # type: ignore[arg-type]
        recording=read_item(ReplayRecording, packed.replay_recording, headers, options, limits),  # type: ignore[arg-type]
        video=packed.replay_video,
    )


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


_PACKED = frozenset({"event.payload", "event.breadcrumbs"})
_BY_MEDIA_TYPE: dict[str, type[Item]] = {
    TRACE_ATTACHMENT: TraceAttachment,
    OLD_TRACE_ATTACHMENT: TraceAttachment,
    PLACEHOLDER: AttachmentPlaceholder,
}
_SPECIAL: dict[str, Callable[..., Decoded]] = {
    **dict.fromkeys(("event", "transaction", "feedback", "security"), _event),
    "attachment": _attachment,
    "replay_video": _replay_video,
}
