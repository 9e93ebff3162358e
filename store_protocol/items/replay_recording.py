"""Recordings of replays: what rrweb has recorded of a page, nearly always compressed."""

from typing import Any, ClassVar

import msgspec

from store_protocol.body import open_body
from store_protocol.convert.rules import NonNull
from store_protocol.errors import InvalidItem
from store_protocol.first_use import build_type_info
from store_protocol.items.base import Item
from store_protocol.items.types import RequiredU64
from store_protocol.json_types import OTHER_KEY
from store_protocol.limits import REPLAY, Limits
from store_protocol.payload import parse_payload

_LIMITS = Limits()


class ReplayRecording(Item):
    """The payload of an item `replay_recording`: a line of JSON, and the recording as it was sent.

    `body` has the events of rrweb as JSON, plain or in zlib's format.
    """

    __item_type__: ClassVar[str] = "replay_recording"
    __beside__: ClassVar[frozenset[str]] = Item.__beside__ | {"body"}

    #: The number of the segment, counted from 0.
    segment_id: NonNull[RequiredU64] = None
    body: bytes = msgspec.field(default=b"", name=f"{OTHER_KEY}body")

    def events(self, *, limits: Limits = _LIMITS) -> list[Any]:
        """Return the events of rrweb, which are plain objects.

        Raises `LimitExceeded` for more than `max_replay_uncompressed_bytes`, `CorruptBody`, `InvalidJson`, and
        `InvalidItem` for JSON that is no array.

        >>> ReplayRecording(segment_id=0, body=b'[{"type": 4}]').events()
        [{'type': 4}]
        """
        coding = None if self.body[:1] in {b"[", b""} else "deflate"
        found = parse_payload(open_body(self.body, coding, limits=limits, sniff=False, kind=REPLAY).data, limits=limits)
        if type(found) is not list:
            raise InvalidItem("invalid recording of a replay: it is no JSON array")
        return found

    @classmethod
    def __split__(cls, data: bytes, headers: dict[str, Any]) -> tuple[bytes, dict[str, Any]]:
        line, newline, body = data.partition(b"\n")
        if not newline:
            raise InvalidItem("invalid replay_recording item: it has no line of headers")
        return line, {"body": body}

    def __write__(self, text: bytes) -> tuple[dict[str, Any], bytes]:
        return {}, text + b"\n" + self.body


build_type_info(ReplayRecording)
