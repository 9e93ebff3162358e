"""What hostile input is held against: recorded events of fifteen clients, as they were sent.

For the memory of a large request, events and envelopes of the same size are made of them. An event of a size is a recorded
event of one client in which its own exceptions, frames and breadcrumbs come again and again until it has that size. An
envelope of a size holds recorded events of all clients in turn, made larger only where a thousand of them don't make the
size. Many small items are held against as many recorded ones: session updates, client reports and check-ins.
"""

import contextlib
import functools
import json
from typing import Any

from benchmarks.workloads import by_client, recorded_requests
from store_protocol import EnvelopeItem, StoreError, decode_request, encode_envelope

#: Where the values that repeat are, in events of every age.
_REPEATED = ("exception", "sentry.interfaces.Exception", "breadcrumbs", "sentry.interfaces.Breadcrumbs", "threads")
#: Events of an ordinary envelope: below the limit on items.
_ITEMS = 450
#: How many recorded events stand for small ones.
_KINDS = 5


@functools.cache
def recorded() -> dict[str, list[bytes]]:
    """Return the events of each client, the largest first, of those that have exceptions with frames."""
    found = {}
    for client, events in by_client("store", "envelope").items():
        kept = [event for event in events if b'"frames"' in event]
        if kept:
            found[client] = sorted(kept, key=len, reverse=True)
    return found


def ordinary() -> list[bytes]:
    """Return the largest recorded event of each client."""
    return [events[0] for events in recorded().values()]


def ordinary_event(client: str, size: int) -> bytes:
    """Return an event of a client with about as many bytes; no fewer than it was recorded with."""
    event = json.loads(recorded()[client][0])
    text = _written(event)
    if len(text) >= size:
        return text
    once = {name: _values(event[name]) for name in _REPEATED if name in event}
    times = 1 + (size - len(text)) // len(_written(list(once.values())))
    for name, values in once.items():
        event[name] = values * times if isinstance(event[name], list) else {"values": values * times}
    return _written(event)


def ordinary_envelope(size: int) -> bytes:
    """Return an envelope of recorded events with about as many bytes."""
    lines, used = [b"{}"], 0
    events = [event for of_client in recorded().values() for event in of_client]
    mean = sum(map(len, events)) // len(events)
    if size > mean * _ITEMS:
        events = [ordinary_event(client, size // _ITEMS) for client in recorded()]
    index = 0
    while used < size:
        event = events[index % len(events)]
        lines += [b'{"type":"event","length":%d}' % len(event), event]
        used += len(event)
        index += 1
    return b"\n".join(lines)


def small_events(count: int, size: int) -> bytes:
    """Return an envelope of so many recorded events of at most so many bytes, or of the smallest that was recorded."""
    known = sorted({event for of_client in by_client("store", "envelope").values() for event in of_client}, key=len)
    events = [event for event in known if len(event) <= size][-_KINDS:] or known[:1]
    items = (events[index % len(events)] for index in range(count))
    return b"\n".join([b"{}", *(b'{"type":"event","length":%d}\n%b' % (len(event), event) for event in items)])


def small_items(count: int) -> bytes:
    """Return an envelope of so many recorded items that are no events, those of each kind in turn."""
    kinds = _recorded_items()
    return encode_envelope({}, (kinds[index % len(kinds)] for index in range(count)))


@functools.cache
def _recorded_items() -> list[EnvelopeItem]:
    """Return the smallest recorded item of each kind that has a typed form and makes no event."""
    smallest: dict[str, EnvelopeItem] = {}
    for requests in recorded_requests("envelope").values():
        for request in requests:
            for item in decode_request(request).items:
                with contextlib.suppress(StoreError):
                    item.decode()
                    smallest[item.type] = min(item, smallest.get(item.type, item), key=lambda each: len(each.data))
    return [*smallest.values()]


def _values(interface: Any) -> list[Any]:
    values: list[Any] = interface if isinstance(interface, list) else interface.get("values", [interface])
    return values


def _written(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
