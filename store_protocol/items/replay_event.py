"""Replays of sessions: what a segment of one is about. The recording itself is another item (`replay_recording`)."""

from string import ascii_letters, digits
from typing import Annotated, Any, ClassVar

from store_protocol.convert.pairs import Pair, read_tags
from store_protocol.convert.rules import LARGE, MEDIUM, NonNull, rule, text
from store_protocol.convert.scalars import lenient_string
from store_protocol.first_use import build_type_info
from store_protocol.items.base import Item, Rules
from store_protocol.items.times import bound_times
from store_protocol.items.types import RequiredEventId, RequiredU64
from store_protocol.schema.contexts import read_contexts
from store_protocol.schema.request import Request
from store_protocol.schema.sdk import Sdk
from store_protocol.schema.types import EventId, LenientTimestamp, Text, Uuid
from store_protocol.schema.user import User

#: Entries of each list (Relay `normalize_array_fields`).
_MOST = 100
_LISTS = ("urls", "error_ids", "trace_ids", "segment_names")
#: The greatest number of a segment.
_LAST_SEGMENT = 2**16 - 1
_DIST = frozenset(ascii_letters + digits + "_.-")


class ReplayEvent(Item):
    """The payload of an item `replay_event`."""

    __item_type__: ClassVar[str] = "replay_event"

    #: The event, 32 hex digits.
    event_id: EventId | None = None
    #: The replay, 32 hex digits.
    replay_id: NonNull[RequiredEventId] = None
    #: Why it was recorded: `session` or `error`.
    replay_type: Annotated[str, text(64)] | None = None
    #: The number of the segment, counted from 0.
    segment_id: NonNull[RequiredU64] = None
    #: When the segment was made, in seconds since the epoch.
    timestamp: LenientTimestamp | None = None
    #: When the replay began, in seconds since the epoch; of the first segment.
    replay_start_timestamp: LenientTimestamp | None = None
    #: The pages that were visited during the segment; the first 100 are kept.
    urls: Annotated[list[Text | None], rule(limit=LARGE)] | None = None
    #: The events of errors during the segment, each a UUID; the first 100 are kept.
    error_ids: Annotated[list[Uuid | None], rule(limit=MEDIUM)] | None = None
    #: The traces of the segment, each a UUID; the first 100 are kept.
    trace_ids: Annotated[list[Uuid | None], rule(limit=MEDIUM)] | None = None
    #: The segments of traces, by name.
    segment_names: Annotated[list[Text | None], rule(limit=MEDIUM)] | None = None
    #: The environment, by key, as in an event.
    contexts: Annotated[dict[str, Any], rule(read=read_contexts)] | None = None
    #: The platform of the SDK, such as `javascript`.
    platform: Annotated[str, text(64)] | None = None
    #: The release of the application.
    release: Annotated[str, text(200, convert=lenient_string, strip=True, nonempty=True)] | None = None
    #: The build of the release.
    dist: Annotated[str, text(64, strip=True, nonempty=True, allow=_DIST)] | None = None
    #: Where the application runs, such as `production`.
    environment: Annotated[str, text(64, strip=True, nonempty=True)] | None = None
    #: Pairs of a key and a value, for search.
    tags: Annotated[list[Pair | None], rule(read=read_tags, item_chars=200)] | None = None
    #: `replay_event`.
    type: Annotated[str, text(64)] | None = None
    #: The user whose replay it is.
    user: User | None = None
    #: The page, its headers, and the browser.
    request: Request | None = None
    #: The SDK that recorded it.
    sdk: Sdk | None = None

    def __apply__(self, rules: Rules) -> None:
        if self.segment_id is not None and self.segment_id > _LAST_SEGMENT:
            rules.refuse(("segment_id",), "segment_id too large", self.segment_id)
            self.segment_id = None
        for name in _LISTS:
            values = getattr(self, name)
            if values is not None and len(values) > _MOST:
                setattr(self, name, values[:_MOST])
        bound_times([((), self)], ("timestamp", "replay_start_timestamp"), rules)


build_type_info(ReplayEvent)
