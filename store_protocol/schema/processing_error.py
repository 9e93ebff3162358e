"""What servers note about an event: what was wrong with it, and what processing it took."""

from typing import Annotated, ClassVar

import msgspec

from store_protocol.convert.interface import Interface, Retain
from store_protocol.convert.rules import NonNull, anything, rule, text
from store_protocol.schema.types import U64, AnyValue, Bool, Text


class ProcessingError(Interface):
    """One thing that was wrong with an event."""

    __relay_name__: ClassVar[str] = "eventprocessingerror"

    #: Such as `invalid_data`.
    type: NonNull[Annotated[str, text(required=True)]] = None
    #: The path of the value, dotted.
    name: Text | None = None
    #: The value as it came, if it is short enough to be kept.
    value: AnyValue = None
    reason: Annotated[str, rule(read=anything)] | None = None
    #: What is missing, where it is one of several.
    attribute: Annotated[str, rule(read=anything)] | None = None
    #: The time of the event by the clock of its sender, and the time of its receipt (RFC 3339).
    sdk_time: Annotated[str, rule(read=anything)] | None = None
    server_time: Annotated[str, rule(read=anything)] | None = None


class Metrics(Interface):
    """Sizes in bytes and times in milliseconds that servers have measured."""

    __other__: ClassVar[Retain] = Retain.NEVER

    bytes_ingested_event: U64 | None = msgspec.field(default=None, name="bytes.ingested.event")
    bytes_ingested_event_minidump: U64 | None = msgspec.field(default=None, name="bytes.ingested.event.minidump")
    bytes_ingested_event_applecrashreport: U64 | None = msgspec.field(
        default=None, name="bytes.ingested.event.applecrashreport"
    )
    bytes_ingested_event_attachment: U64 | None = msgspec.field(default=None, name="bytes.ingested.event.attachment")
    bytes_stored_event: U64 | None = msgspec.field(default=None, name="bytes.stored.event")
    bytes_stored_event_minidump: U64 | None = msgspec.field(default=None, name="bytes.stored.event.minidump")
    bytes_stored_event_applecrashreport: U64 | None = msgspec.field(
        default=None, name="bytes.stored.event.applecrashreport"
    )
    bytes_stored_event_attachment: U64 | None = msgspec.field(default=None, name="bytes.stored.event.attachment")
    ms_processing_symbolicator: U64 | None = msgspec.field(default=None, name="ms.processing.symbolicator")
    ms_processing_proguard: U64 | None = msgspec.field(default=None, name="ms.processing.proguard")
    ms_processing_jvm: U64 | None = msgspec.field(default=None, name="ms.processing.jvm")
    ms_processing_sourcemaps: U64 | None = msgspec.field(default=None, name="ms.processing.sourcemaps")
    flag_processing_error: Bool | None = msgspec.field(default=None, name="flag.processing.error")
    flag_processing_fatal: Bool | None = msgspec.field(default=None, name="flag.processing.fatal")
