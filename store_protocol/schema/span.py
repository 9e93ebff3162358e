"""Spans: the operations of a transaction."""

from typing import Annotated, Any, ClassVar

import msgspec

from store_protocol.convert.context import ConvertContext
from store_protocol.convert.interface import Interface, Retain
from store_protocol.convert.rules import NonNull, rule, text
from store_protocol.convert.scalars import json_string
from store_protocol.meta.tree import Path
from store_protocol.schema.contexts.trace import SpanData, SpanLink
from store_protocol.schema.measurement import Measurements
from store_protocol.schema.types import (
    F64,
    Bool,
    EventId,
    NonEmptyText,
    Origin,
    RequiredSpanId,
    RequiredTimestamp,
    RequiredTraceId,
    SpanId,
    SpanStatus,
    Text,
    Timestamp,
)


def read_span_kind(value: Any, path: Path, context: ConvertContext) -> Any:  # noqa: ARG001  (a reader's arguments)
    """Read the kind of a span: what isn't a string is neither a kind nor an error."""
    return value if type(value) is str else None


class SentryTags(Interface):
    """What Sentry itself derives from a span."""

    __other__: ClassVar[Retain] = Retain.NEVER

    release: Text | None = None
    user: Text | None = None
    user_id: Text | None = msgspec.field(default=None, name="user.id")
    user_ip: Text | None = msgspec.field(default=None, name="user.ip")
    user_username: Text | None = msgspec.field(default=None, name="user.username")
    user_email: Text | None = msgspec.field(default=None, name="user.email")
    environment: Text | None = None
    transaction_method: Text | None = msgspec.field(default=None, name="transaction.method")
    transaction_op: Text | None = msgspec.field(default=None, name="transaction.op")
    browser_name: Text | None = msgspec.field(default=None, name="browser.name")
    sdk_name: Text | None = msgspec.field(default=None, name="sdk.name")
    sdk_version: Text | None = msgspec.field(default=None, name="sdk.version")
    platform: Text | None = None
    mobile: Text | None = None
    device_class: Text | None = msgspec.field(default=None, name="device.class")
    device_family: Text | None = msgspec.field(default=None, name="device.family")
    device_arch: Text | None = msgspec.field(default=None, name="device.arch")
    device_simulator: Text | None = msgspec.field(default=None, name="device.simulator")
    runtime: Text | None = None
    runtime_name: Text | None = msgspec.field(default=None, name="runtime.name")
    browser: Text | None = None
    os: Text | None = None
    gpu_name: Text | None = msgspec.field(default=None, name="gpu.name")
    gpu_vendor: Text | None = msgspec.field(default=None, name="gpu.vendor")
    monitor_id: Text | None = msgspec.field(default=None, name="monitor.id")
    monitor_slug: Text | None = msgspec.field(default=None, name="monitor.slug")
    request_url: Text | None = msgspec.field(default=None, name="request.url")
    request_method: Text | None = msgspec.field(default=None, name="request.method")
    os_name: Text | None = msgspec.field(default=None, name="os.name")
    action: Text | None = None
    category: Text | None = None
    description: Text | None = None
    domain: Text | None = None
    raw_domain: Text | None = None
    group: Text | None = None
    http_decoded_response_content_length: Text | None = msgspec.field(
        default=None, name="http.decoded_response_content_length"
    )
    http_response_content_length: Text | None = msgspec.field(default=None, name="http.response_content_length")
    http_response_transfer_size: Text | None = msgspec.field(default=None, name="http.response_transfer_size")
    resource_render_blocking_status: Text | None = msgspec.field(default=None, name="resource.render_blocking_status")
    op: Text | None = None
    status: Text | None = None
    status_code: Text | None = None
    system: Text | None = None
    ttid: Text | None = None
    ttfd: Text | None = None
    file_extension: Text | None = None
    main_thread: Text | None = None
    replay_id: Text | None = None
    cache_hit: Text | None = msgspec.field(default=None, name="cache.hit")
    cache_key: Text | None = msgspec.field(default=None, name="cache.key")
    trace_status: Text | None = msgspec.field(default=None, name="trace.status")
    messaging_destination_name: Text | None = msgspec.field(default=None, name="messaging.destination.name")
    messaging_message_id: Text | None = msgspec.field(default=None, name="messaging.message.id")
    thread_name: Text | None = msgspec.field(default=None, name="thread.name")
    thread_id: Text | None = msgspec.field(default=None, name="thread.id")
    profiler_id: Text | None = None
    user_geo_country_code: Text | None = msgspec.field(default=None, name="user.geo.country_code")
    user_geo_subregion: Text | None = msgspec.field(default=None, name="user.geo.subregion")
    name: Text | None = None


class Span(Interface, kw_only=True):
    """One operation: its place in the trace, and how long it took. The exclusive time is in milliseconds."""

    timestamp: NonNull[RequiredTimestamp] = None
    start_timestamp: NonNull[RequiredTimestamp] = None
    exclusive_time: F64 | None = None
    op: Annotated[str, text(128)] | None = None
    span_id: NonNull[RequiredSpanId] = None
    parent_span_id: SpanId | None = None
    trace_id: NonNull[RequiredTraceId] = None
    segment_id: SpanId | None = None
    is_segment: Bool | None = None
    is_remote: Bool | None = None
    status: SpanStatus | None = None
    description: Text | None = None
    #: Values are strings; what is none becomes its JSON text.
    tags: dict[str, Annotated[str, text(convert=json_string)] | None] | None = None
    origin: Origin | None = None
    profile_id: EventId | None = None
    data: SpanData | None = None
    links: list[NonNull[SpanLink] | None] | None = None
    sentry_tags: SentryTags | None = None
    received: Timestamp | None = None
    measurements: Measurements | None = None
    platform: NonEmptyText | None = None
    was_transaction: Bool | None = None
    kind: Annotated[str, rule(read=read_span_kind)] | None = None
