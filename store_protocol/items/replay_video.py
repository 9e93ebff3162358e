"""Replays of mobile apps: event, recording and video in one item, packed as MessagePack."""

from typing import Any, ClassVar

import msgspec

from store_protocol.errors import InvalidItem
from store_protocol.first_use import build_type_info
from store_protocol.items.base import Item, write_item
from store_protocol.items.replay_event import ReplayEvent
from store_protocol.items.replay_recording import ReplayRecording
from store_protocol.json_types import OTHER_KEY


class PackedReplay(msgspec.Struct, gc=False):
    """The payload of an item `replay_video` as it is packed."""

    replay_event: bytes
    replay_recording: bytes
    replay_video: bytes


class ReplayVideo(Item):
    """The payload of an item `replay_video`; `field_errors` of its event stand in the event."""

    __item_type__: ClassVar[str] = "replay_video"
    __beside__: ClassVar[frozenset[str]] = Item.__beside__ | {"event", "recording", "video"}

    event: ReplayEvent | None = msgspec.field(default=None, name=f"{OTHER_KEY}event")
    recording: ReplayRecording | None = msgspec.field(default=None, name=f"{OTHER_KEY}recording")
    #: The video, in the format that the recording tells.
    video: bytes = msgspec.field(default=b"", name=f"{OTHER_KEY}video")

    def __write__(self, text: bytes) -> tuple[dict[str, Any], bytes]:
        event, recording = (b"" if part is None else write_item(part)[1] for part in (self.event, self.recording))
        return {}, msgspec.msgpack.encode(PackedReplay(event, recording, self.video))


def unpack_replay(data: bytes) -> PackedReplay:
    """Return the parts of a payload. Raises `InvalidItem`."""
    try:
        packed: PackedReplay = _unpack(data)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        raise InvalidItem("invalid replay_video item: not a MessagePack object of event, recording and video") from None
    return packed


_unpack = msgspec.msgpack.Decoder(PackedReplay).decode

build_type_info(ReplayVideo, PackedReplay)
