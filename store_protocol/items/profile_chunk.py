"""Chunks of continuous profiles: stacks sampled for a minute at most, in sample format 2."""

from typing import Annotated, Any, ClassVar

import msgspec

from store_protocol.convert.forms import NOTHING, Schema, SchemaOf, either
from store_protocol.convert.rules import NonNull, rule
from store_protocol.errors import InvalidItem
from store_protocol.first_use import build_type_info
from store_protocol.items.base import Item, ItemPart, Rules
from store_protocol.items.profile_parts import (
    UI_PLATFORMS,
    ChunkMeasurement,
    ClientSdk,
    Frames,
    ProfileDebugMeta,
    Stacks,
    Threads,
    check_duration,
    check_references,
)
from store_protocol.items.types import RequiredEventId, RequiredFloat, RequiredText, RequiredU64
from store_protocol.json_types import OTHER_KEY
from store_protocol.schema.types import U64, Text

#: Seconds that a chunk may last (Relay `MAX_PROFILE_CHUNK_DURATION`).
_LONGEST = 66
PERFETTO = "application/x-perfetto-trace"


class ChunkSample(ItemPart):
    """What one thread was doing at one moment."""

    #: When it was taken, in seconds since the epoch.
    timestamp: NonNull[RequiredFloat] = None
    #: The position of the stack.
    stack_id: NonNull[RequiredU64] = None
    #: The thread.
    thread_id: NonNull[RequiredText] = None


class ProfileData(ItemPart):
    """Samples, and the stacks and frames that they refer to by position."""

    #: The samples, the first one first.
    samples: NonNull[Annotated[list[NonNull[ChunkSample] | None], rule(required=True)]] = None
    #: Each stack as the positions of its frames, the innermost first.
    stacks: NonNull[Stacks] = None
    #: The frames that stacks refer to.
    frames: NonNull[Frames] = None
    #: The threads, by id.
    thread_metadata: Threads | None = None


class _Chunk(Item):
    __item_type__: ClassVar[str] = "profile_chunk"

    #: The format of the samples: `2`, or `2.android-trace`.
    version: Text | None = None
    #: The chunk, 32 hex digits.
    chunk_id: NonNull[RequiredEventId] = None
    #: The run of the profiler that it belongs to, 32 hex digits.
    profiler_id: NonNull[RequiredEventId] = None
    #: The platform of the SDK, such as `python`.
    platform: NonNull[RequiredText] = None
    #: The release of the application.
    release: Text | None = None
    #: Where the application runs, such as `production`.
    environment: Text | None = None
    #: The SDK that made the chunk.
    client_sdk: NonNull[Annotated[ClientSdk, rule(required=True)]] = None
    #: The files that the program was loaded from.
    debug_meta: ProfileDebugMeta | None = None
    #: Numbers that were measured meanwhile, by name.
    measurements: dict[str, NonNull[ChunkMeasurement] | None] | None = None

    @property
    def is_ui(self) -> bool:
        """Whether it is a profile of a user interface, and not of a server: by the platform."""
        return self.platform in UI_PLATFORMS

    def __write__(self, text: bytes) -> tuple[dict[str, Any], bytes]:
        return {} if self.platform is None else {"platform": self.platform}, text

    def __apply__(self, rules: Rules) -> None:
        named = rules.headers.get("platform")
        if isinstance(named, str) and self.platform is not None and (named in UI_PLATFORMS) != self.is_ui:
            rules.refuse(("platform",), f"expected the platform of the item's headers, found {self.platform}", named)


class ProfileChunk(_Chunk):
    """The payload of an item `profile_chunk`.

    `perfetto` is the trace of Android's tool of that name, where it follows the JSON.
    """

    __beside__: ClassVar[frozenset[str]] = _Chunk.__beside__ | {"perfetto"}

    #: The kind of the trace that follows the JSON, such as `perfetto`.
    content_type: Text | None = None
    #: The samples.
    profile: ProfileData | None = None
    perfetto: bytes | None = msgspec.field(default=None, name=f"{OTHER_KEY}perfetto")

    @classmethod
    def __split__(cls, data: bytes, headers: dict[str, Any]) -> tuple[bytes, dict[str, Any]]:
        length = headers.get("meta_length")
        if length is None:
            return data, {}
        if type(length) is not int or not 0 < length < len(data):
            raise InvalidItem("invalid profile_chunk item: its meta_length is not that of the JSON before the trace")
        return data[:length], {"perfetto": data[length:]}

    @classmethod
    def __takes__(cls, own: Schema, of: SchemaOf) -> Schema:
        """Return the schema of either format, each of which has a version of its own."""
        version = {"properties": {"version": {"const": "2.android-trace"}}, "required": ["version"]}
        there: Schema = {"not": NOTHING}
        traced = {"platform": {"const": "android"}, "sampled_profile": there}
        trace = {"properties": traced, "required": [*traced]}
        return {"if": either(version, trace), "then": of(AndroidProfileChunk), "else": own}

    @classmethod
    def __choose__(cls, payload: dict[str, Any], headers: dict[str, Any]) -> type[Item]:
        version = payload.get("version")
        is_trace = payload.get("platform") == "android" and payload.get("sampled_profile") is not None
        return AndroidProfileChunk if version == "2.android-trace" or is_trace else cls

    def __apply__(self, rules: Rules) -> None:
        super().__apply__(rules)
        if self.profile is None:
            if self.perfetto is None:
                rules.meta_tree.missing(("profile",))
            return
        check_references(self.profile, rules)
        samples = self.profile.samples or ()
        times = [each.timestamp for each in samples if each is not None and each.timestamp is not None]
        if times:
            check_duration(max(times) - min(times), _LONGEST, ("profile", "samples"), rules)

    def __write__(self, text: bytes) -> tuple[dict[str, Any], bytes]:
        headers, payload = super().__write__(text)
        if self.perfetto is None:
            return headers, payload
        return {**headers, "content_type": PERFETTO, "meta_length": len(text)}, payload + self.perfetto


class AndroidProfileChunk(_Chunk):
    """The payload of an item `profile_chunk` with a trace of Android's own tools."""

    #: The build, by which ProGuard's mapping is found.
    build_id: Text | None = None
    #: How long the chunk is, in nanoseconds.
    duration_ns: U64 | None = None
    #: When it began, in seconds since the epoch.
    timestamp: NonNull[RequiredFloat] = None
    #: The trace, as base64.
    sampled_profile: Text | None = None
    #: The profile of JavaScript code that ran in the app.
    js_profile: ProfileData | None = None


build_type_info(ProfileChunk, AndroidProfileChunk)
