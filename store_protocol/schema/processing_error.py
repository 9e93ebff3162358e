"""What servers note about an event: what was wrong with it, and what processing it took."""

from typing import Annotated, ClassVar

import msgspec

from store_protocol.convert.interface import Interface, Retain
from store_protocol.convert.rules import NonNull, anything, rule, text
from store_protocol.schema.types import U64, AnyValue, Bool, Text


class ProcessingError(Interface):
    """One thing that was wrong with an event."""

    __relay_name__: ClassVar[str] = "eventprocessingerror"

    #: What is wrong: [a kind of error](../errors.md#what-is-wrong-with-a-value).
    type: NonNull[Annotated[str, text(required=True)]] = None
    #: The path of the value, dotted.
    name: Text | None = None
    #: The value as it came, if it is short enough to be kept.
    value: AnyValue = None
    #: Why the value wasn't taken.
    reason: Annotated[str, rule(read=anything)] | None = None
    #: What is missing, where it is one of several.
    attribute: Annotated[str, rule(read=anything)] | None = None
    #: The time of the event by the clock of its sender (RFC 3339).
    sdk_time: Annotated[str, rule(read=anything)] | None = None
    #: The time of its receipt (RFC 3339).
    server_time: Annotated[str, rule(read=anything)] | None = None


class Metrics(Interface):
    """Sizes in bytes and times in milliseconds that servers have measured."""

    __other__: ClassVar[Retain] = Retain.NEVER

    #: The event as it came, decoded, in bytes.
    bytes_ingested_event: U64 | None = msgspec.field(default=None, name="bytes.ingested.event")
    #: The minidump as it came, in bytes.
    bytes_ingested_event_minidump: U64 | None = msgspec.field(default=None, name="bytes.ingested.event.minidump")
    #: The crash report of Apple's systems as it came, in bytes.
    bytes_ingested_event_applecrashreport: U64 | None = msgspec.field(
        default=None, name="bytes.ingested.event.applecrashreport"
    )
    #: All other attachments as they came, in bytes.
    bytes_ingested_event_attachment: U64 | None = msgspec.field(default=None, name="bytes.ingested.event.attachment")
    #: The event as it was stored, in bytes.
    bytes_stored_event: U64 | None = msgspec.field(default=None, name="bytes.stored.event")
    #: The minidump as it was stored, in bytes; none where it was not.
    bytes_stored_event_minidump: U64 | None = msgspec.field(default=None, name="bytes.stored.event.minidump")
    #: The crash report of Apple's systems as it was stored, in bytes; none where it was not.
    bytes_stored_event_applecrashreport: U64 | None = msgspec.field(
        default=None, name="bytes.stored.event.applecrashreport"
    )
    #: All other attachments as they were stored, in bytes.
    bytes_stored_event_attachment: U64 | None = msgspec.field(default=None, name="bytes.stored.event.attachment")
    #: Milliseconds of symbolication.
    ms_processing_symbolicator: U64 | None = msgspec.field(default=None, name="ms.processing.symbolicator")
    #: Milliseconds of resolving names by ProGuard's mapping.
    ms_processing_proguard: U64 | None = msgspec.field(default=None, name="ms.processing.proguard")
    #: Milliseconds of resolving sources of a JVM.
    ms_processing_jvm: U64 | None = msgspec.field(default=None, name="ms.processing.jvm")
    #: Milliseconds of resolving source maps.
    ms_processing_sourcemaps: U64 | None = msgspec.field(default=None, name="ms.processing.sourcemaps")
    #: Whether processing failed in a way that makes the event less useful.
    flag_processing_error: Bool | None = msgspec.field(default=None, name="flag.processing.error")
    #: Whether processing failed in a way that makes the event useless.
    flag_processing_fatal: Bool | None = msgspec.field(default=None, name="flag.processing.fatal")
