"""Spans: the operations of a transaction."""

from typing import Annotated, Any, ClassVar

import msgspec

from store_protocol.convert.context import ConvertContext
from store_protocol.convert.forms import TEXT, forms
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


@forms({}, TEXT)
def read_span_kind(value: Any, path: Path, context: ConvertContext) -> Any:  # noqa: ARG001  (a reader's arguments)
    """Read the kind of a span: what isn't a string is neither a kind nor an error."""
    return value if type(value) is str else None


class SentryTags(Interface):
    """What Sentry itself derives from a span."""

    __other__: ClassVar[Retain] = Retain.NEVER

    #: The release of the event.
    release: Text | None = None
    #: The user as Sentry counts it, such as `id:1`.
    user: Text | None = None
    #: The `id` of the user.
    user_id: Text | None = msgspec.field(default=None, name="user.id")
    #: The address of the user.
    user_ip: Text | None = msgspec.field(default=None, name="user.ip")
    #: The `username` of the user.
    user_username: Text | None = msgspec.field(default=None, name="user.username")
    #: The email address of the user.
    user_email: Text | None = msgspec.field(default=None, name="user.email")
    #: The environment of the event.
    environment: Text | None = None
    #: The HTTP method of the transaction.
    transaction_method: Text | None = msgspec.field(default=None, name="transaction.method")
    #: The kind of operation of the transaction.
    transaction_op: Text | None = msgspec.field(default=None, name="transaction.op")
    #: The name of the browser.
    browser_name: Text | None = msgspec.field(default=None, name="browser.name")
    #: The name of the SDK.
    sdk_name: Text | None = msgspec.field(default=None, name="sdk.name")
    #: The version of the SDK.
    sdk_version: Text | None = msgspec.field(default=None, name="sdk.version")
    #: The platform of the event.
    platform: Text | None = None
    #: `true` where the SDK is one for mobile apps.
    mobile: Text | None = None
    #: How fast the device is: `1` low, `2` medium, `3` high.
    device_class: Text | None = msgspec.field(default=None, name="device.class")
    #: The line of models of the device.
    device_family: Text | None = msgspec.field(default=None, name="device.family")
    #: The architecture of the device's CPU.
    device_arch: Text | None = msgspec.field(default=None, name="device.arch")
    #: The charge of the device's battery, in percent.
    device_battery_level: Text | None = msgspec.field(default=None, name="device.battery_level")
    #: The maker of the device.
    device_brand: Text | None = msgspec.field(default=None, name="device.brand")
    #: Whether the device was charging.
    device_charging: Text | None = msgspec.field(default=None, name="device.charging")
    #: The language and the country that the device is set to.
    device_locale: Text | None = msgspec.field(default=None, name="device.locale")
    #: The identifier of the model of the device.
    device_model_id: Text | None = msgspec.field(default=None, name="device.model_id")
    #: The name of the device.
    device_name: Text | None = msgspec.field(default=None, name="device.name")
    #: Whether the device was online.
    device_online: Text | None = msgspec.field(default=None, name="device.online")
    #: How the device was held: `portrait` or `landscape`.
    device_orientation: Text | None = msgspec.field(default=None, name="device.orientation")
    #: Pixels of the screen for each one that is independent of the device.
    device_screen_density: Text | None = msgspec.field(default=None, name="device.screen_density")
    #: Pixels of the screen an inch.
    device_screen_dpi: Text | None = msgspec.field(default=None, name="device.screen_dpi")
    #: The height of the screen, in pixels.
    device_screen_height_pixels: Text | None = msgspec.field(default=None, name="device.screen_height_pixels")
    #: The width of the screen, in pixels.
    device_screen_width_pixels: Text | None = msgspec.field(default=None, name="device.screen_width_pixels")
    #: Whether the device is a simulator.
    device_simulator: Text | None = msgspec.field(default=None, name="device.simulator")
    #: The identifier of the device.
    device_uuid: Text | None = msgspec.field(default=None, name="device.uuid")
    #: The identifier of the device that the app has for it.
    app_device: Text | None = msgspec.field(default=None, name="app.device")
    #: The model of the device.
    device_model: Text | None = msgspec.field(default=None, name="device.model")
    #: Name and version of the runtime.
    runtime: Text | None = None
    #: The name of the runtime.
    runtime_name: Text | None = msgspec.field(default=None, name="runtime.name")
    #: Name and version of the browser.
    browser: Text | None = None
    #: Name and version of the operating system.
    os: Text | None = None
    #: Whether the operating system is rooted, or jailbroken.
    os_rooted: Text | None = msgspec.field(default=None, name="os.rooted")
    #: The name of the graphics unit.
    gpu_name: Text | None = msgspec.field(default=None, name="gpu.name")
    #: The maker of the graphics unit.
    gpu_vendor: Text | None = msgspec.field(default=None, name="gpu.vendor")
    #: The monitor whose check-in the span belongs to.
    monitor_id: Text | None = msgspec.field(default=None, name="monitor.id")
    #: The name of that monitor.
    monitor_slug: Text | None = msgspec.field(default=None, name="monitor.slug")
    #: The URL of the request.
    request_url: Text | None = msgspec.field(default=None, name="request.url")
    #: The HTTP method of the request.
    request_method: Text | None = msgspec.field(default=None, name="request.method")
    #: The name of the operating system.
    os_name: Text | None = msgspec.field(default=None, name="os.name")
    #: What is done: an HTTP method, or the first word of an SQL statement.
    action: Text | None = None
    #: What the operation has to do with, such as `db`, `http` or `ui`.
    category: Text | None = None
    #: The description without what differs from one span to the next.
    description: Text | None = None
    #: What is acted on: a host, or the tables of a database.
    domain: Text | None = None
    #: The scheme and the host of a resource, as they came.
    raw_domain: Text | None = None
    #: A hash of the description, by which spans are grouped.
    group: Text | None = None
    #: The size of the response once it is decoded, in bytes.
    http_decoded_response_content_length: Text | None = msgspec.field(
        default=None, name="http.decoded_response_content_length"
    )
    #: The size of the response's body, in bytes.
    http_response_content_length: Text | None = msgspec.field(default=None, name="http.response_content_length")
    #: The size of the response as it came, its headers included, in bytes.
    http_response_transfer_size: Text | None = msgspec.field(default=None, name="http.response_transfer_size")
    #: Whether the page had to wait for the resource: `blocking` or `non-blocking`.
    resource_render_blocking_status: Text | None = msgspec.field(default=None, name="resource.render_blocking_status")
    #: The kind of operation.
    op: Text | None = None
    #: How the operation ended.
    status: Text | None = None
    #: The HTTP status of the response.
    status_code: Text | None = None
    #: The system that is called, such as `postgresql`.
    system: Text | None = None
    #: `ttid` where the span ended before the first display of the screen.
    ttid: Text | None = None
    #: `ttfd` where the span ended before the full display of the screen.
    ttfd: Text | None = None
    #: The extension of the resource's file, such as `css`.
    file_extension: Text | None = None
    #: `true` where the span ran in the main thread.
    main_thread: Text | None = None
    #: How the app was started: `cold` or `warm`.
    app_start_type: Text | None = None
    #: The replay during which it happened.
    replay_id: Text | None = None
    #: Whether the cache had it: `true` or `false`.
    cache_hit: Text | None = msgspec.field(default=None, name="cache.hit")
    #: The keys that were looked up in the cache.
    cache_key: Text | None = msgspec.field(default=None, name="cache.key")
    #: How the transaction ended.
    trace_status: Text | None = msgspec.field(default=None, name="trace.status")
    #: The queue or topic of the message.
    messaging_destination_name: Text | None = msgspec.field(default=None, name="messaging.destination.name")
    #: The identifier of the message.
    messaging_message_id: Text | None = msgspec.field(default=None, name="messaging.message.id")
    #: The name of the operation on the queue, as its system has it.
    messaging_operation_name: Text | None = msgspec.field(default=None, name="messaging.operation.name")
    #: The kind of operation on the queue, such as `publish`.
    messaging_operation_type: Text | None = msgspec.field(default=None, name="messaging.operation.type")
    #: The name of the thread.
    thread_name: Text | None = msgspec.field(default=None, name="thread.name")
    #: The number of the thread.
    thread_id: Text | None = msgspec.field(default=None, name="thread.id")
    #: The session of the continuous profiler.
    profiler_id: Text | None = None
    #: The city of the user.
    user_geo_city: Text | None = msgspec.field(default=None, name="user.geo.city")
    #: The country of the user, by its two letters.
    user_geo_country_code: Text | None = msgspec.field(default=None, name="user.geo.country_code")
    #: The name of the user's country.
    user_geo_region: Text | None = msgspec.field(default=None, name="user.geo.region")
    #: The part of the user's country.
    user_geo_subdivision: Text | None = msgspec.field(default=None, name="user.geo.subdivision")
    #: The part of the world that the user's country is in, by its UN M49 number.
    user_geo_subregion: Text | None = msgspec.field(default=None, name="user.geo.subregion")
    #: The name of the span.
    name: Text | None = None


class Span(Interface, kw_only=True):
    """One operation: its place in the trace, and how long it took. The exclusive time is in milliseconds."""

    #: When it ended, in seconds since the epoch.
    timestamp: NonNull[RequiredTimestamp] = None
    #: When it began, in seconds since the epoch.
    start_timestamp: NonNull[RequiredTimestamp] = None
    #: The time in milliseconds that no child span took.
    exclusive_time: F64 | None = None
    #: The kind of operation, such as `db.query`.
    op: Annotated[str, text(128)] | None = None
    #: The span: 16 hex digits.
    span_id: NonNull[RequiredSpanId] = None
    #: The span around it.
    parent_span_id: SpanId | None = None
    #: The trace: 32 hex digits.
    trace_id: NonNull[RequiredTraceId] = None
    #: The span that the segment begins with, a transaction mostly.
    segment_id: SpanId | None = None
    #: Whether the segment begins with this span.
    is_segment: Bool | None = None
    #: Whether the span around it ran in another process.
    is_remote: Bool | None = None
    #: How it ended.
    status: SpanStatus | None = None
    #: What was done, such as the statement or the URL.
    description: Text | None = None
    #: Tags by their keys; a value that is no string becomes its JSON text.
    tags: dict[str, Annotated[str, text(convert=json_string)] | None] | None = None
    #: How it came to be: `manual`, or `auto` and what made it.
    origin: Origin | None = None
    #: The profile that was recorded of it.
    profile_id: EventId | None = None
    #: What else is known of it, by names of Sentry's and OpenTelemetry's conventions.
    data: SpanData | None = None
    #: Links to spans of other traces.
    links: list[NonNull[SpanLink] | None] | None = None
    #: What servers derived from it.
    sentry_tags: SentryTags | None = None
    #: When it was received, in seconds since the epoch.
    received: Timestamp | None = None
    #: Numbers with units, by name.
    measurements: Measurements | None = None
    #: The platform that it ran on.
    platform: NonEmptyText | None = None
    #: Whether it was made of a transaction.
    was_transaction: Bool | None = None
    #: Its side of a call: `internal`, `server`, `client`, `producer` or `consumer`.
    kind: Annotated[str, rule(read=read_span_kind)] | None = None
