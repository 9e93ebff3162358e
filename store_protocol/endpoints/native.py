"""Events of crash reporters: the placeholder that says a minidump came along, and events packed as attachments.

The stack traces in a minidump are found out later, by whoever has the debug files; until then its event holds a placeholder
exception, by which such events are known (Relay `utils/native.rs`).
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any

import msgspec

from store_protocol.convert.timestamps import moment
from store_protocol.endpoints import minidump_file
from store_protocol.endpoints.content import Attachment
from store_protocol.errors import PayloadError
from store_protocol.limits import Limits
from store_protocol.payload import read_payload

MINIDUMP = "event.minidump"
#: An event as MessagePack; sentry-native before 0.2 and sentry-electron before 2 keep it so between crash and upload.
EVENT_PAYLOAD = "event.payload"
#: Breadcrumbs as MessagePack, one after the other, in two files that take turns.
BREADCRUMBS = "event.breadcrumbs"
_BREADCRUMB_FILES = 2
#: Attachments that make an event or a part of one.
CRASH = frozenset({MINIDUMP, EVENT_PAYLOAD, BREADCRUMBS})

_unpack = msgspec.msgpack.Decoder().decode
_to_json = msgspec.json.Encoder().encode


def merge_attachments(
    payload: dict[str, Any] | None, attachments: Sequence[Attachment], limits: Limits
) -> list[dict[str, Any]]:
    """Return the event with what the attachments add to it: one event or none.

    A packed event is the event where there is no other, packed breadcrumbs become its breadcrumbs, and a minidump makes it
    a native event. None of them is a reason to refuse: what can't be read stays an attachment.
    """
    if payload is None:
        payload = packed_event(attachments, limits) or None
    files = (each.data for each in attachments if each.attachment_type == BREADCRUMBS)
    crumbs = [_unpack_last(data, limits.max_items, limits) for data in islice(files, _BREADCRUMB_FILES)]
    if any(crumbs):
        payload = {**(payload or {}), "breadcrumbs": {"values": _in_turn(crumbs)}}
    dump = next((each for each in attachments if each.attachment_type == MINIDUMP), None)
    if dump is not None:
        payload = native_event(payload or {}, dump.data)
    return [] if payload is None else [payload]


def native_event(payload: dict[str, Any], dump: bytes) -> dict[str, Any]:
    """Return the event of a minidump: what came with it, the placeholder before its exceptions, and the dump's own time.

    >>> native_event({}, b"MDMP")["exception"]["values"][0]["mechanism"]["type"]
    'minidump'
    """
    event = dict(payload)
    event["platform"] = "native"
    if event.get("level") is None:
        event["level"] = "fatal"
    placeholder = {
        "type": "Minidump",
        "value": "Invalid Minidump",
        "mechanism": {"type": "minidump", "handled": False, "synthetic": True},
    }
    others = event.pop("sentry.interfaces.Exception", None)
    event["exception"] = {"values": [placeholder, *_values(event.get("exception") or others)]}
    found = minidump_file.read_minidump(dump)
    if found is None:
        return event
    if event.get("sdk") is None:
        event["sdk"] = {"name": f"minidump.{found.writer}", "version": "0.0.0"}
    if found.timestamp:
        event["timestamp"] = found.timestamp
    if found.annotations:
        contexts = event.get("contexts")
        event["contexts"] = {**found.annotations, **(contexts if isinstance(contexts, dict) else {})}
    return event


def _values(interface: Any) -> list[Any]:
    """Return the exceptions of an event in any of the forms that they may have."""
    if isinstance(interface, dict):
        interface = interface.get("values", [interface])
    return interface if isinstance(interface, list) else []


def packed_event(attachments: Sequence[Attachment], limits: Limits) -> dict[str, Any]:
    """Return the event that is packed in an attachment, an empty one where there is none."""
    packed = next((each.data for each in attachments if each.attachment_type == EVENT_PAYLOAD), b"")
    event = _unpack_first(packed, limits)
    return event if isinstance(event, dict) else {}


def _unpack_first(data: bytes, limits: Limits) -> Any:
    """Return the value that MessagePack begins with as JSON has it, None where it can't be read."""
    return next(map(_reader(data, limits), islice(_places(data, limits), 1)), None)


def _unpack_last(data: bytes, most: int, limits: Limits) -> list[Any]:
    """Return the last of the values that stand one after the other in MessagePack; what can't be read ends them."""
    values = list(map(_reader(data, limits), deque(_places(data, limits), most)))
    return values[: values.index(None)] if None in values else values


def _places(data: bytes, limits: Limits) -> Iterator[tuple[int, int]]:
    """Return where each value begins and ends."""
    position = 0
    while len(data) <= limits.max_event_bytes:
        end = _end_of_value(data, position)
        if end is None:
            return
        yield position, end
        position = end


def _reader(data: bytes, limits: Limits) -> Callable[[tuple[int, int]], Any]:
    def read(place: tuple[int, int]) -> Any:
        try:
            text = _to_json(_unpack(data[slice(*place)]))
            # What takes a byte in MessagePack takes three in JSON.
            return read_payload(text, limits=limits).value if len(text) <= limits.max_event_bytes else None
        except (msgspec.MsgspecError, RecursionError, TypeError, ValueError, PayloadError):
            return None

    return read


# By the first byte of a value that isn't a small number, string or container: how many bytes of its head tell a length, how
# many bytes follow in any case, and how many values for each of the length (MessagePack specification, "Formats").
_FIXED = {0xC0: 0, 0xC2: 0, 0xC3: 0, 0xCA: 4, 0xCB: 8, **{0xCC + n: 1 << n for n in range(4)}}
_FIXED |= {0xD0 + n: 1 << n for n in range(4)} | {0xD4 + n: 1 + (1 << n) for n in range(5)}
_COUNTED = {0xC4: (1, 0), 0xC5: (2, 0), 0xC6: (4, 0), 0xC7: (1, 1), 0xC8: (2, 1), 0xC9: (4, 1), 0xD9: (1, 0), 0xDA: (2, 0)}
_COUNTED |= {0xDB: (4, 0)}
_CONTAINERS = {0xDC: (2, 1), 0xDD: (4, 1), 0xDE: (2, 2), 0xDF: (4, 2)}


def _end_of_value(data: bytes, position: int) -> int | None:
    r"""Return where the MessagePack value that begins here ends, None where none does.

    The library reads one value and refuses what follows, so that the ends have to be found before.

    >>> _end_of_value(b"\x81\xa1a\x92\x01\x02\xc0", 0)
    6
    """
    pending = 1
    while pending:
        if position >= len(data):
            return None
        first = data[position]
        position += 1
        pending -= 1
        if first <= 0x7F or first >= 0xE0:
            continue
        if first <= 0x8F:
            pending += 2 * (first & 0x0F)
        elif first <= 0x9F:
            pending += first & 0x0F
        elif first <= 0xBF:
            position += first & 0x1F
        elif first in _FIXED:
            position += _FIXED[first]
        elif first in _COUNTED:
            width, more = _COUNTED[first]
            position += width + more + int.from_bytes(data[position : position + width], "big")
        elif first in _CONTAINERS:
            width, each = _CONTAINERS[first]
            pending += each * int.from_bytes(data[position : position + width], "big")
            position += width
        else:
            return None
    return position if position <= len(data) else None


def _in_turn(files: list[list[Any]]) -> list[Any]:
    """Put the breadcrumbs of files that take turns in order: the file with the newest last, no more than the longest has.

    One of the files is full when the other is begun anew, so that its length is the number that the client keeps.
    """
    ordered = sorted(files, key=_newest)
    crumbs = [crumb for file in ordered for crumb in file]
    return crumbs[-max(map(len, files)) :]


def _newest(crumbs: list[Any]) -> float:
    times = (moment(crumb.get("timestamp")) for crumb in reversed(crumbs) if isinstance(crumb, dict))
    return next((time for time in times if time is not None), float("-inf"))
