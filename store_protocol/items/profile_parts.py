"""What the formats of profiles have in common: frames, threads, images, and the check that what is referred to is there."""

from collections.abc import Sequence
from itertools import chain, islice
from typing import Annotated, Any

from store_protocol.convert.ids import debug_id, uuid
from store_protocol.convert.rules import NonNull, rule, scalar, text
from store_protocol.convert.scalars import u64
from store_protocol.items.base import ItemPart, Rules
from store_protocol.items.types import RequiredFloat, RequiredText, WholeNumber
from store_protocol.schema.images import DEBUG_ID, UUID
from store_protocol.schema.types import U64, Address, Bool, Text

#: Platforms whose profiles are those of user interfaces; all others are those of servers (Relay `ProfileType`).
UI_PLATFORMS = frozenset({"cocoa", "android", "javascript"})


# Beside the class, in whose body a field hides a function of its name.
_DebugId = Annotated[str, scalar(debug_id, aliases=("id",), pattern=DEBUG_ID)]
_Uuid = Annotated[str, scalar(uuid, aliases=("build_id",), pattern=UUID)]


class ProfileFrame(ItemPart):
    """One frame of a stack, known by its function, its file or its address."""

    #: The whole path of the source file.
    abs_path: Text | None = None
    #: The column in the line.
    colno: Annotated[int, scalar(u64, aliases=("column",), ge=0, le=2**63 - 1)] | None = None
    #: The source file.
    filename: Annotated[str, text(aliases=("file",))] | None = None
    #: The function.
    function: Annotated[str, text(aliases=("name",))] | None = None
    #: Whether it belongs to the application, and not to a library.
    in_app: Bool | None = None
    #: The address of the instruction.
    instruction_addr: Address | None = None
    #: The line in the source file.
    lineno: Annotated[int, scalar(u64, aliases=("line",), ge=0, le=2**63 - 1)] | None = None
    #: The module that the function is in.
    module: Text | None = None
    #: The library or archive that it comes from.
    package: Text | None = None
    #: The platform, where it is another than that of the profile.
    platform: Text | None = None


class ThreadMetadata(ItemPart):
    """A thread, by its id."""

    #: Its name.
    name: Text | None = None
    #: Its priority.
    priority: U64 | None = None


class ProfileImage(ItemPart):
    """A file that the program was loaded from, for finding the names of its functions."""

    #: `macho`, `symbolic`, `sourcemap`, `proguard` or `jvm`.
    type: NonNull[RequiredText] = None
    #: The path of the file.
    code_file: Annotated[str, text(aliases=("name",))] | None = None
    #: The identifier by which debug information is found.
    debug_id: _DebugId | None = None
    #: Where it was loaded.
    image_addr: Address | None = None
    #: Where it would have been loaded, by its own headers.
    image_vmaddr: Address | None = None
    #: Its size in memory, in bytes.
    image_size: WholeNumber | None = None
    #: The build, of ProGuard.
    uuid: _Uuid | None = None


class ProfileDebugMeta(ItemPart):
    """The files that the program was loaded from."""

    #: The files, in any order.
    images: list[NonNull[ProfileImage] | None] | None = None


class ClientSdk(ItemPart):
    """The SDK that made the profile."""

    #: Its name, such as `sentry.python`.
    name: NonNull[RequiredText] = None
    #: Its version.
    version: NonNull[RequiredText] = None


#: Stacks, each the positions of its frames, the innermost first.
Stacks = Annotated[list[NonNull[list[U64 | None]] | None], rule(required=True)]
Frames = Annotated[list[NonNull[ProfileFrame] | None], rule(required=True)]
Threads = dict[str, NonNull[ThreadMetadata] | None]


class ChunkMeasurementValue(ItemPart):
    """One number that was measured during a profile."""

    #: When it was measured, in seconds since the epoch.
    timestamp: NonNull[RequiredFloat] = None
    #: The number.
    value: NonNull[RequiredFloat] = None


class ChunkMeasurement(ItemPart):
    """Numbers that were measured during a profile, such as the load of the processor."""

    #: `nanosecond`, `hertz`, `byte`, `percent` or `nanojoule`.
    unit: NonNull[RequiredText] = None
    #: The numbers, the first one first.
    values: NonNull[Annotated[list[NonNull[ChunkMeasurementValue] | None], rule(required=True)]] = None


def check_references(profile: Any, rules: Rules) -> None:
    """Note samples of stacks that aren't there, and stacks of frames that aren't; Relay drops such a profile."""
    if profile is None:
        return
    stacks: Sequence[Any] = profile.stacks or ()
    frames, count = len(profile.frames or ()), len(stacks)
    budget = rules.meta_tree.budget
    for index, sample in enumerate(profile.samples or ()):
        if sample is not None and sample.stack_id is not None and sample.stack_id >= count:
            rules.refuse(("profile", "samples", str(index), "stack_id"), "expected a position in stacks", sample.stack_id)
    # Nearly all are right: all at once, then one comparison for each stack.
    if max(filter(None, chain.from_iterable(filter(None, stacks))), default=0) < frames:
        return
    for index, stack in enumerate(stacks):
        if not budget.lists_errors:
            positions = chain.from_iterable(filter(None, islice(stacks, index, None)))
            budget.unlisted_errors += sum([frame is not None and frame >= frames for frame in positions])
            return
        if stack and max(frame or 0 for frame in stack) >= frames:
            for place, frame in enumerate(stack):
                if frame is not None and frame >= frames:
                    path = ("profile", "stacks", str(index), str(place))
                    rules.refuse(path, "expected a position in frames", frame)


def check_duration(seconds: float, most: int, path: tuple[str, ...], rules: Rules) -> None:
    """Note a profile that is longer than it may be; Relay drops it."""
    if seconds > most:
        rules.refuse(path, f"the profile is longer than {most} seconds")
