"""What a file holds that is to be shown or checked: an event, events one a line, an envelope, or recorded requests."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from store_protocol.cli.request_files import read_file, read_requests
from store_protocol.http_request import HttpRequest
from store_protocol.limits import Limits

#: An envelope and an event are read whatever their sizes: nobody sends them here.
UNLIMITED = Limits(max_compressed_bytes=1 << 40, max_event_bytes=1 << 40, max_events_bytes=1 << 40)
#: Keys of a recorded request, which no event has.
_REQUEST_KEYS = frozenset({"method", "target"})


class Found(msgspec.Struct, frozen=True):
    """One thing in a file: where it is, and the text of an event, or a request."""

    where: str
    text: bytes | None = None
    request: HttpRequest | None = None


def read_inputs(file: Path) -> Iterator[Found]:
    """Return what a file holds, or the standard input for `-`. Raises `UnreadableFile` for one that holds none of these."""
    data = read_file(file)
    first, _, rest = data.lstrip().partition(b"\n")
    head = _object(first)
    if head is None:
        if data.lstrip()[:1] in {b"{", b"["} or not data.strip():
            # An event over several lines, or one with a fault in it.
            yield Found(str(file), text=data)
        else:
            yield from _requests(file)
    elif head.keys() >= _REQUEST_KEYS:
        yield from _requests(file)
    elif "type" in (_object(rest.lstrip().partition(b"\n")[0]) or {}) and not _is_event(head):
        yield Found(str(file), request=HttpRequest("POST", "/api/1/envelope/?sentry_key=file", [], data))
    elif rest.strip():
        for number, line in enumerate(data.splitlines(), 1):
            if line.strip():
                yield Found(f"{file}:{number}", text=line)
    else:
        yield Found(str(file), text=data)


def _requests(file: Path) -> Iterator[Found]:
    for recorded in read_requests(file):
        yield Found(f"{recorded.file}:{recorded.number}", request=recorded.request)


def _object(text: bytes) -> dict[str, Any] | None:
    try:
        value = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _is_event(head: dict[str, Any]) -> bool:
    """Return whether an object is an event and no header of an envelope, which has few attributes."""
    return bool(head.keys() & {"message", "exception", "logentry", "platform", "contexts", "level", "type", "timestamp"})
