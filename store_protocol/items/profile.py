"""Profiles of transactions: stacks sampled while one ran (sample format 1), and traces of Android's own tools."""

from typing import Annotated, Any, ClassVar

from store_protocol.convert.ids import event_id
from store_protocol.convert.rules import NonNull, rule, scalar
from store_protocol.first_use import build_type_info
from store_protocol.items.base import Item, ItemPart, Rules
from store_protocol.items.profile_parts import (
    ClientSdk,
    Frames,
    ProfileDebugMeta,
    Stacks,
    Threads,
    check_duration,
    check_references,
)
from store_protocol.items.types import (
    IsoTimestamp,
    RequiredEventId,
    RequiredIsoTimestamp,
    RequiredText,
    RequiredU64,
    RequiredWholeNumber,
    WholeNumber,
)
from store_protocol.schema.types import U64, AnyValue, Bool, EventId, SpanId, Text

#: Seconds that a profile may last (Relay `MAX_PROFILE_DURATION`).
_LONGEST = 30


class Sample(ItemPart):
    """What one thread was doing at one moment."""

    #: The position of the stack.
    stack_id: NonNull[RequiredU64] = None
    thread_id: NonNull[RequiredWholeNumber] = None
    #: In nanoseconds.
    elapsed_since_start_ns: NonNull[RequiredWholeNumber] = None
    #: The dispatch queue, on Apple's platforms.
    queue_address: Text | None = None


class QueueMetadata(ItemPart):
    """A dispatch queue, by its address."""

    label: NonNull[RequiredText] = None


class SampleProfile(ItemPart):
    """Samples, and the stacks and frames that they refer to by position."""

    samples: NonNull[Annotated[list[NonNull[Sample] | None], rule(required=True)]] = None
    stacks: NonNull[Stacks] = None
    frames: NonNull[Frames] = None
    thread_metadata: Threads | None = None
    queue_metadata: dict[str, NonNull[QueueMetadata] | None] | None = None


class TransactionMetadata(ItemPart):
    """The transaction that ran."""

    #: Its event, 32 hex digits.
    id: NonNull[RequiredEventId] = None
    name: NonNull[RequiredText] = None
    #: 32 hex digits.
    trace_id: NonNull[RequiredEventId] = None
    #: 16 hex digits.
    segment_id: SpanId | None = None
    active_thread_id: WholeNumber | None = None
    #: When it began and ended after the start of the profile.
    relative_start_ns: WholeNumber | None = None
    relative_end_ns: WholeNumber | None = None
    relative_cpu_start_ms: WholeNumber | None = None
    relative_cpu_end_ms: WholeNumber | None = None


class ProfileDevice(ItemPart):
    """The device that it ran on; Apple's SDKs must send all of it."""

    architecture: NonNull[RequiredText] = None
    is_emulator: Bool | None = None
    locale: Text | None = None
    manufacturer: Text | None = None
    model: Text | None = None


class ProfileOs(ItemPart):
    """The operating system that it ran on."""

    name: NonNull[RequiredText] = None
    version: NonNull[RequiredText] = None
    build_number: Text | None = None


class ProfileRuntime(ItemPart):
    """The runtime that it ran in."""

    name: NonNull[RequiredText] = None
    version: NonNull[RequiredText] = None


class LegacyMeasurementValue(ItemPart):
    """One number that was measured during a profile."""

    elapsed_since_start_ns: NonNull[RequiredWholeNumber] = None
    #: A number; of old Android SDKs its text.
    value: AnyValue = None


class LegacyMeasurement(ItemPart):
    """Numbers that were measured during a profile, such as the load of the processor."""

    #: `nanosecond`, `hertz`, `byte`, `percent` or `nanojoule`.
    unit: NonNull[RequiredText] = None
    values: NonNull[Annotated[list[NonNull[LegacyMeasurementValue] | None], rule(required=True)]] = None


_Measurements = dict[str, NonNull[LegacyMeasurement] | None]
_ProfileId = Annotated[str, scalar(event_id, required=True, aliases=("profile_id",), pattern=r"^[0-9a-f]{32}\Z")]


class Profile(Item):
    """The payload of an item `profile`, in sample format 1."""

    __item_type__: ClassVar[str] = "profile"

    #: `1`.
    version: NonNull[RequiredText] = None
    #: The profile, 32 hex digits.
    event_id: NonNull[_ProfileId] = None
    platform: NonNull[RequiredText] = None
    #: When it began, in seconds since the epoch.
    timestamp: NonNull[RequiredIsoTimestamp] = None
    release: Text | None = None
    dist: Text | None = None
    environment: Text | None = None
    device: NonNull[Annotated[ProfileDevice, rule(required=True)]] = None
    os: NonNull[Annotated[ProfileOs, rule(required=True)]] = None
    runtime: ProfileRuntime | None = None
    #: The transaction that ran; old SDKs send it in `transactions`.
    transaction: TransactionMetadata | None = None
    transactions: list[NonNull[TransactionMetadata] | None] | None = None
    #: What a Relay has added of the transaction.
    transaction_metadata: dict[str, Text | None] | None = None
    transaction_tags: dict[str, Text | None] | None = None
    client_sdk: ClientSdk | None = None
    debug_meta: ProfileDebugMeta | None = None
    measurements: _Measurements | None = None
    profile: NonNull[Annotated[SampleProfile, rule(required=True)]] = None

    @classmethod
    def __choose__(cls, payload: dict[str, Any], headers: dict[str, Any]) -> type[Item]:
        return AndroidProfile if payload.get("platform") == "android" and payload.get("version") != "1" else cls

    def __apply__(self, rules: Rules) -> None:
        if self.transaction is None and not self.transactions:
            rules.meta_tree.missing(("transaction",))
        check_references(self.profile, rules)
        samples = (self.profile and self.profile.samples) or ()
        last = next((each.elapsed_since_start_ns for each in reversed(samples) if each is not None), None)
        check_duration((last or 0) / 1e9, _LONGEST, ("profile", "samples"), rules)


class AndroidProfile(Item):
    """The payload of an item `profile` of Android, before it had the sample format."""

    __item_type__: ClassVar[str] = "profile"

    platform: NonNull[RequiredText] = None
    #: The profile, 32 hex digits.
    profile_id: NonNull[RequiredEventId] = None
    #: When it began, in seconds since the epoch.
    timestamp: IsoTimestamp | None = None
    release: Text | None = None
    dist: Text | None = None
    environment: Text | None = None
    version_code: NonNull[RequiredText] = None
    version_name: NonNull[RequiredText] = None
    build_id: Text | None = None
    android_api_level: NonNull[RequiredU64] = None
    device_cpu_frequencies: NonNull[Annotated[list[U64 | None], rule(required=True)]] = None
    device_is_emulator: Bool | None = None
    device_locale: Text | None = None
    device_manufacturer: Text | None = None
    device_model: Text | None = None
    device_os_name: Text | None = None
    device_os_version: Text | None = None
    device_physical_memory_bytes: WholeNumber | None = None
    duration_ns: WholeNumber | None = None
    active_thread_id: WholeNumber | None = None
    #: The transaction that ran, in one of three forms.
    transaction_id: EventId | None = None
    transaction_name: Text | None = None
    trace_id: EventId | None = None
    transaction: TransactionMetadata | None = None
    transactions: list[NonNull[TransactionMetadata] | None] | None = None
    transaction_metadata: dict[str, Text | None] | None = None
    transaction_tags: dict[str, Text | None] | None = None
    client_sdk: ClientSdk | None = None
    debug_meta: ProfileDebugMeta | None = None
    #: The trace of Android's own tools, as base64.
    sampled_profile: Text | None = None
    #: The profile of JavaScript code that ran in the app.
    js_profile: SampleProfile | None = None
    measurements: _Measurements | None = None


build_type_info(Profile, AndroidProfile)
