"""Events of crash reporters: the placeholder that says a minidump came along, and events packed as attachments.

The stack traces in a minidump are found out later, by whoever has the debug files; until then its event holds a placeholder
exception, by which such events are known (Relay `utils/native.rs`).
"""

from collections.abc import Sequence
from itertools import islice
from typing import Any

from store_protocol.convert.timestamps import moment
from store_protocol.endpoints import minidump_file
from store_protocol.items.attachment import Attachment
from store_protocol.limits import MIB, Limits
from store_protocol.payload.messagepack import unpack_first, unpack_last

MINIDUMP = "event.minidump"
#: An event as MessagePack; sentry-native before 0.2 and sentry-electron before 2 keep it so between crash and upload.
EVENT_PAYLOAD = "event.payload"
#: Breadcrumbs as MessagePack, one after the other, in two files that take turns.
BREADCRUMBS = "event.breadcrumbs"
_BREADCRUMB_FILES = 2
#: Those that are parts of the event: they are read here, and stay in memory where others go into files.
IN_MEMORY = frozenset({EVENT_PAYLOAD, BREADCRUMBS})
#: So much of a minidump is read: its header, its lists and its annotations. Crashpad and Breakpad write the memory of the
#: process behind these.
READ_OF_DUMP = 2 * MIB
#: Attachments that make an event or a part of one.
CRASH = frozenset({MINIDUMP, EVENT_PAYLOAD, BREADCRUMBS})


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
    crumbs = [unpack_last(data, limits.max_items, limits) for data in islice(files, _BREADCRUMB_FILES)]
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
    values = _values(event.get("exception") or others)
    # An event that another server has passed on has it already.
    event["exception"] = {"values": values if _is_placeholder(values) else [placeholder, *values]}
    found = minidump_file.read_minidump(dump[:READ_OF_DUMP])
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


def _is_placeholder(values: list[Any]) -> bool:
    first = values[0] if values else None
    mechanism = first.get("mechanism") if isinstance(first, dict) else None
    return isinstance(mechanism, dict) and mechanism.get("type") == "minidump" and bool(mechanism.get("synthetic"))


def _values(interface: Any) -> list[Any]:
    """Return the exceptions of an event in any of the forms that they may have."""
    if isinstance(interface, dict):
        interface = interface.get("values", [interface])
    return interface if isinstance(interface, list) else []


def packed_event(attachments: Sequence[Attachment], limits: Limits) -> dict[str, Any]:
    """Return the event that is packed in an attachment, an empty one where there is none."""
    packed = next((each.data for each in attachments if each.attachment_type == EVENT_PAYLOAD), b"")
    event = unpack_first(packed, limits)
    return event if isinstance(event, dict) else {}


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
