"""Profiles of transactions: stacks sampled while one ran (sample format 1), and traces of Android's own tools."""

from typing import Annotated, Any, ClassVar

from store_protocol.convert.forms import Schema, SchemaOf, either
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
    #: The thread.
    thread_id: NonNull[RequiredWholeNumber] = None
    #: When it was taken, in nanoseconds after the start of the profile.
    elapsed_since_start_ns: NonNull[RequiredWholeNumber] = None
    #: The dispatch queue, on Apple's platforms.
    queue_address: Text | None = None


class QueueMetadata(ItemPart):
    """A dispatch queue, by its address."""

    #: The name of the queue.
    label: NonNull[RequiredText] = None


class SampleProfile(ItemPart):
    """Samples, and the stacks and frames that they refer to by position."""

    #: The samples, the first one first.
    samples: NonNull[Annotated[list[NonNull[Sample] | None], rule(required=True)]] = None
    #: Each stack as the positions of its frames, the innermost first.
    stacks: NonNull[Stacks] = None
    #: The frames that stacks refer to.
    frames: NonNull[Frames] = None
    #: The threads, by id.
    thread_metadata: Threads | None = None
    #: The dispatch queues, by address.
    queue_metadata: dict[str, NonNull[QueueMetadata] | None] | None = None


class TransactionMetadata(ItemPart):
    """The transaction that ran."""

    #: Its event, 32 hex digits.
    id: NonNull[RequiredEventId] = None
    #: Its name.
    name: NonNull[RequiredText] = None
    #: Its trace, 32 hex digits.
    trace_id: NonNull[RequiredEventId] = None
    #: Its span, 16 hex digits.
    segment_id: SpanId | None = None
    #: The thread in which it ran.
    active_thread_id: WholeNumber | None = None
    #: When it began, in nanoseconds after the start of the profile.
    relative_start_ns: WholeNumber | None = None
    #: When it ended, in nanoseconds after the start of the profile.
    relative_end_ns: WholeNumber | None = None
    #: Milliseconds that the processor had worked for the app when it began (Android).
    relative_cpu_start_ms: WholeNumber | None = None
    #: Milliseconds that the processor had worked for the app when it ended (Android).
    relative_cpu_end_ms: WholeNumber | None = None


class ProfileDevice(ItemPart):
    """The device that it ran on; Apple's SDKs must send all of it."""

    #: The architecture of the CPU.
    architecture: NonNull[RequiredText] = None
    #: Whether it is an emulator, and no real device.
    is_emulator: Bool | None = None
    #: The language that it is set to.
    locale: Text | None = None
    #: Who made it.
    manufacturer: Text | None = None
    #: The model.
    model: Text | None = None


class ProfileOs(ItemPart):
    """The operating system that it ran on."""

    #: The name of the system, such as `iOS`.
    name: NonNull[RequiredText] = None
    #: Its version.
    version: NonNull[RequiredText] = None
    #: The number of its build.
    build_number: Text | None = None


class ProfileRuntime(ItemPart):
    """The runtime that it ran in."""

    #: The name of the runtime, such as `CPython`.
    name: NonNull[RequiredText] = None
    #: Its version.
    version: NonNull[RequiredText] = None


class LegacyMeasurementValue(ItemPart):
    """One number that was measured during a profile."""

    #: When it was measured, in nanoseconds after the start of the profile.
    elapsed_since_start_ns: NonNull[RequiredWholeNumber] = None
    #: A number; of old Android SDKs its text.
    value: AnyValue = None


class LegacyMeasurement(ItemPart):
    """Numbers that were measured during a profile, such as the load of the processor."""

    #: `nanosecond`, `hertz`, `byte`, `percent` or `nanojoule`.
    unit: NonNull[RequiredText] = None
    #: The numbers, the first one first.
    values: NonNull[Annotated[list[NonNull[LegacyMeasurementValue] | None], rule(required=True)]] = None


_Measurements = dict[str, NonNull[LegacyMeasurement] | None]
_ProfileId = Annotated[str, scalar(event_id, required=True, aliases=("profile_id",), pattern=r"^[0-9a-f]{32}\Z")]


class Profile(Item):
    """The payload of an item `profile`, in sample format 1."""

    __item_type__: ClassVar[str] = "profile"

    #: The version of the sample format, `1`.
    version: NonNull[RequiredText] = None
    #: The profile, 32 hex digits.
    event_id: NonNull[_ProfileId] = None
    #: The platform of the SDK, such as `python`.
    platform: NonNull[RequiredText] = None
    #: When it began, in seconds since the epoch.
    timestamp: NonNull[RequiredIsoTimestamp] = None
    #: The release of the application.
    release: Text | None = None
    #: The build of the release.
    dist: Text | None = None
    #: Where the application runs, such as `production`.
    environment: Text | None = None
    #: The device that it ran on.
    device: NonNull[Annotated[ProfileDevice, rule(required=True)]] = None
    #: The operating system that it ran on.
    os: NonNull[Annotated[ProfileOs, rule(required=True)]] = None
    #: The runtime that it ran in.
    runtime: ProfileRuntime | None = None
    #: The transaction that ran.
    transaction: TransactionMetadata | None = None
    #: What SDKs send as a list: its first is the `transaction`, and those after it stay here.
    transactions: list[NonNull[TransactionMetadata] | None] | None = None
    #: What a Relay has added of the transaction, by name.
    transaction_metadata: dict[str, Text | None] | None = None
    #: The tags of the transaction, which a Relay has added.
    transaction_tags: dict[str, Text | None] | None = None
    #: The SDK that made the profile.
    client_sdk: ClientSdk | None = None
    #: The files that the program was loaded from.
    debug_meta: ProfileDebugMeta | None = None
    #: Numbers that were measured meanwhile, by name.
    measurements: _Measurements | None = None
    #: The samples.
    profile: NonNull[Annotated[SampleProfile, rule(required=True)]] = None

    @classmethod
    def __takes__(cls, own: Schema, of: SchemaOf) -> Schema:
        """Return the schema of either format; in sample format 1 there is a transaction, or a list of one."""
        android = {"properties": {"platform": {"const": "android"}}, "required": ["platform"]}
        other = {"not": {"properties": {"version": {"const": "1"}}, "required": ["version"]}}
        needs = either({"required": ["transaction"]}, {"required": ["transactions"]})
        return {"if": {"allOf": [android, other]}, "then": of(AndroidProfile), "else": {**own, **needs}}

    @classmethod
    def __choose__(cls, payload: dict[str, Any], headers: dict[str, Any]) -> type[Item]:
        return AndroidProfile if payload.get("platform") == "android" and payload.get("version") != "1" else cls

    def __apply__(self, rules: Rules) -> None:
        if self.transaction is None and self.transactions:
            # One that can't be read is none.
            read: list[TransactionMetadata | None] = [each for each in self.transactions if each is not None]
            self.transaction, self.transactions = read[0] if read else None, read[1:] or None
        if self.transaction is None:
            rules.meta_tree.missing(("transaction",))
        check_references(self.profile, rules)
        samples = (self.profile and self.profile.samples) or ()
        last = next((each.elapsed_since_start_ns for each in reversed(samples) if each is not None), None)
        check_duration((last or 0) / 1e9, _LONGEST, ("profile", "samples"), rules)


class AndroidProfile(Item):
    """The payload of an item `profile` of Android, before it had the sample format."""

    __item_type__: ClassVar[str] = "profile"

    #: The platform of the SDK: `android`.
    platform: NonNull[RequiredText] = None
    #: The profile, 32 hex digits.
    profile_id: NonNull[RequiredEventId] = None
    #: When it began, in seconds since the epoch.
    timestamp: IsoTimestamp | None = None
    #: The release of the application.
    release: Text | None = None
    #: The build of the release.
    dist: Text | None = None
    #: Where the application runs, such as `production`.
    environment: Text | None = None
    #: The number of the app's version.
    version_code: NonNull[RequiredText] = None
    #: The app's version as people read it.
    version_name: NonNull[RequiredText] = None
    #: The build, by which ProGuard's mapping is found.
    build_id: Text | None = None
    #: The level of Android's API.
    android_api_level: NonNull[RequiredU64] = None
    #: The highest frequency of each core, in MHz.
    device_cpu_frequencies: NonNull[Annotated[list[U64 | None], rule(required=True)]] = None
    #: Whether the device is an emulator.
    device_is_emulator: Bool | None = None
    #: The language that the device is set to.
    device_locale: Text | None = None
    #: Who made the device.
    device_manufacturer: Text | None = None
    #: The model of the device.
    device_model: Text | None = None
    #: The name of the operating system.
    device_os_name: Text | None = None
    #: The version of the operating system.
    device_os_version: Text | None = None
    #: The memory of the device, in bytes.
    device_physical_memory_bytes: WholeNumber | None = None
    #: How long the profile is, in nanoseconds.
    duration_ns: WholeNumber | None = None
    #: The thread in which the transaction ran.
    active_thread_id: WholeNumber | None = None
    #: The event of the transaction that ran, 32 hex digits.
    transaction_id: EventId | None = None
    #: The name of the transaction.
    transaction_name: Text | None = None
    #: The trace of the transaction, 32 hex digits.
    trace_id: EventId | None = None
    #: The transaction that ran, in place of the three attributes above.
    transaction: TransactionMetadata | None = None
    #: Several transactions that ran, of old SDKs.
    transactions: list[NonNull[TransactionMetadata] | None] | None = None
    #: What a Relay has added of the transaction, by name.
    transaction_metadata: dict[str, Text | None] | None = None
    #: The tags of the transaction, which a Relay has added.
    transaction_tags: dict[str, Text | None] | None = None
    #: The SDK that made the profile.
    client_sdk: ClientSdk | None = None
    #: The files that the program was loaded from.
    debug_meta: ProfileDebugMeta | None = None
    #: The trace of Android's own tools, as base64.
    sampled_profile: Text | None = None
    #: The profile of JavaScript code that ran in the app.
    js_profile: SampleProfile | None = None
    #: Numbers that were measured meanwhile, by name.
    measurements: _Measurements | None = None


build_type_info(Profile, AndroidProfile)
