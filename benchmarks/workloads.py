"""What to measure with: what real clients sent, the same with faults in it, sizes from 1 KiB to 1 MiB, and worst cases.

Everything is made from recorded requests (`tests.recordings`) and fixed seeds, so that each run measures the same
bytes.
"""

import gzip
import json
import random
from typing import Any, TypeVar

import msgspec

from store_protocol import EnvelopeItem, HttpRequest, decode_body, encode_envelope, parse_envelope, samples
from tests.recordings import by_client, coding_of, event_of, recorded_requests

#: Frames of each exception in the events by size.
FRAMES = 40
SIZES = (1024, 4096, 16384, 65536, 262144, 1048576)

_WRONG: tuple[Any, ...] = ([], {}, [1], {"a": 1}, True, -1.5, "\n", "x" * 300)


#: When the events arrive (`peers.OPTIONS`), in both forms that clients send; and a second earlier, when transactions begin.
_NOW = {str: "2026-11-22T23:59:59.123456Z", int: 1795391999, float: 1795391999.123456}
_BEFORE = {str: "2026-11-22T23:59:58.123456Z", int: 1795391998, float: 1795391998.123456}


def as_of_now(event: bytes) -> bytes:
    """Return an event as if it had just been sent, in the form in which its client writes times.

    Recorded events are long past, and servers say so of each of them, which a server's events hardly ever need.
    """
    value = json.loads(event)
    for name, times in (("timestamp", _NOW), ("start_timestamp", _BEFORE)):
        if type(value.get(name)) in times:
            value[name] = times[type(value[name])]
    return json.dumps(value, ensure_ascii=False).encode()


def of_clients(*endpoints: str) -> dict[str, list[bytes]]:
    """Return the events of each client that are strict JSON, which every peer reads."""
    return {client: [as_of_now(event) for event in events] for client, events in by_client(*endpoints).items()}


def clean() -> list[bytes]:
    """Return all events of the requests to the store endpoint."""
    return [event for events in of_clients("store").values() for event in events]


def request_as_of_now(request: HttpRequest) -> HttpRequest:
    """Return a request in gzip as if it had just been sent: its event, and the time in the headers of an envelope."""
    plain = decode_body(request.body, coding_of(request))
    if "/envelope/" not in request.target:
        return msgspec.structs.replace(request, body=gzip.compress(as_of_now(plain), mtime=0))
    envelope = parse_envelope(plain)
    headers = envelope.headers
    pieces = [json.dumps({**headers, "sent_at": _NOW[str]} if "sent_at" in headers else headers).encode()]
    for item in envelope.items:
        data = as_of_now(item.data) if item.type in {"event", "transaction"} else item.data
        pieces += [json.dumps({**item.headers, "length": len(data)}).encode(), data]
    return msgspec.structs.replace(request, body=gzip.compress(b"\n".join(pieces) + b"\n", mtime=0))


def whole_requests() -> dict[str, list[tuple[HttpRequest, bytes]]]:
    """Return the recorded requests in gzip, by endpoint, each with its event, which is strict JSON.

    They are as if they had just been sent.
    """
    found = {
        endpoint: [
            (each := request_as_of_now(request), event_of(each))
            for requests in recorded_requests(endpoint).values()
            for request in requests
            if coding_of(request) == "gzip"
        ]
        for endpoint in ("store", "envelope")
    }
    whole = {
        f"{endpoint}, gzip": [(request, event) for request, event in pairs if event is not None]
        for endpoint, pairs in found.items()
    }
    return whole | of_ten_items()


#: The items beside the event: one of each kind that SDKs send most.
_ITEMS = (
    "session",
    "check_in",
    "client_report",
    "user_report",
    "log",
    "trace_metric",
    "span",
    "replay_event",
    "attachment",
)


def of_ten_items() -> dict[str, list[tuple[HttpRequest, bytes]]]:
    """Return an envelope of ten items, the same bytes in two, and its event alone."""
    event = as_of_now(samples.load("python"))
    # In one line, as SDKs write JSON.
    items = [
        msgspec.structs.replace(
            each, data=each.data if each.type == "attachment" else msgspec.json.format(each.data, indent=-1)
        )
        for each in (samples.get(name).item() for name in _ITEMS)
    ]
    all_in_one = EnvelopeItem("unknown", {"type": "unknown"}, b"".join(item.data for item in items))
    key = "0123456789abcdef0123456789abcdef"
    found = {"ten items": items, "the same bytes in two": [all_in_one], "its event alone": []}
    return {
        f"envelope, {name}": [
            (
                HttpRequest(
                    "POST",
                    "/api/1/envelope/",
                    {"X-Sentry-Auth": f"Sentry sentry_key={key}, sentry_version=7"},
                    encode_envelope({}, [EnvelopeItem("event", {"type": "event"}, event), *more]),
                ),
                event,
            )
        ]
        for name, more in found.items()
    }


Item = TypeVar("Item")


def hundred(items: list[Item]) -> list[Item]:
    """Return a hundred of some items, evenly from all of them, so that the time of one is easily told."""
    return [items[index * len(items) // 100] for index in range(100)]


def dirty(share: float = 0.05) -> list[bytes]:
    """Return the clean events with this share of their scalars wrong, one of twenty unless said otherwise."""
    rng = random.Random(7)

    def spoil(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: spoil(part) for key, part in value.items()}
        if isinstance(value, list):
            return [spoil(part) for part in value]
        return rng.choice(_WRONG) if rng.random() < share else value

    return [json.dumps(spoil(json.loads(event))).encode() for event in clean()]


def sized(size: int) -> bytes:
    """Return an event of about `size` bytes: exceptions with as many frames as it takes."""
    frame = {
        "filename": "app/views/orders.py",
        "abs_path": "/srv/app/views/orders.py",
        "module": "app.views.orders",
        "function": "create_order",
        "lineno": 123,
        "in_app": True,
        "context_line": "    order = Order.objects.create(**payload)",
        "pre_context": ["def create_order(request):", "    payload = request.json"],
        "post_context": ["    return order", ""],
        "vars": {"request": "<Request 'POST /orders'>", "payload": {"id": 17, "items": [1, 2, 3]}},
    }
    event: dict[str, Any] = {
        "event_id": "7c9ae6e58f03442b9203bbdcf6ae904c",
        "timestamp": "2026-11-23T00:00:00Z",
        "level": "error",
        "platform": "python",
        "tags": {"server": "web-1", "region": "eu"},
        "exception": {"values": []},
    }
    values = event["exception"]["values"]
    length = len(json.dumps(event))
    while length < size:
        # No more frames than trimming leaves alone, so that each size does the same work for its bytes.
        frames: list[Any] = []
        values.append({"type": "ValueError", "value": "no such item", "stacktrace": {"frames": frames}})
        while length < size and len(frames) < FRAMES:
            frames.append(frame)
            length += len(json.dumps(frame)) + 2
    return json.dumps(event).encode()


def _nested(levels: int) -> Any:
    return json.loads('{"a":' * levels + "1" + "}" * levels)


def odd() -> dict[str, bytes]:
    """Return an event of 4 KiB with one value in it for which the plain way is left: to hold against the event without."""

    def with_value(value: Any, *, in_frame: bool = False) -> bytes:
        event = json.loads(sized(4096))
        frame = event["exception"]["values"][0]["stacktrace"]["frames"][0]
        if in_frame:
            frame["vars"] = {**frame["vars"], "odd": value}
        event["extra"] = {"plain": 1} if in_frame else {"odd": value}
        return json.dumps(event).encode()

    return {
        "4 KiB and a plain value": with_value(1),
        "4 KiB, lone surrogate": with_value("\ud800"),
        "4 KiB, integer of 70 bits": with_value(2**70),
        "4 KiB, 9 levels in `extra`": with_value(_nested(9)),
        "4 KiB, 9 levels in a variable": with_value(_nested(9), in_frame=True),
        "4 KiB, 90 levels in `extra`": with_value(_nested(90)),
    }


def worst() -> dict[str, bytes]:
    """Return events that cost the most for their size."""
    tags = 20_000
    deep = _nested(100)
    return {
        "20,000 right tags": json.dumps({"tags": [[f"k{index}", "v"] for index in range(tags)]}).encode(),
        "20,000 wrong tags": json.dumps({"tags": [[f"k{index}", {}] for index in range(tags)]}).encode(),
        "20,000 unknown attributes": json.dumps({f"k{index}": 1 for index in range(tags)}).encode(),
        "20,000 frames": json.dumps(
            {"exception": [{"type": "E", "stacktrace": {"frames": [{"function": "f"}] * tags}}]}
        ).encode(),
        "1 MiB in one variable": json.dumps(
            {"exception": [{"type": "E", "stacktrace": {"frames": [{"vars": {"a": "x" * (1 << 20)}}]}}]}
        ).encode(),
        "20,000 wrong frames": json.dumps(
            {"exception": [{"type": "E", "stacktrace": {"frames": [{"function": [], "lineno": "x"}] * tags}}]}
        ).encode(),
        "20,000 breadcrumbs": json.dumps(
            {"breadcrumbs": [{"timestamp": 1795447463.5, "category": "http", "message": "GET /orders"}] * tags}
        ).encode(),
        "100 levels deep": json.dumps({"extra": {"a": deep}}).encode(),
        "400 times 100 levels deep": json.dumps({"extra": {f"k{index}": deep for index in range(400)}}).encode(),
    }


def workloads() -> dict[str, list[bytes]]:
    """Return all events by the name of the workload that they belong to."""
    return {
        "clean": clean(),
        "dirty, 5 %": dirty(),
        "dirty, 0.5 %": dirty(0.005),
        **{f"client: {client}": events for client, events in of_clients("store", "envelope").items()},
        **{f"{size // 1024} KiB": [sized(size)] for size in SIZES},
        **{name: [event] for name, event in (odd() | worst()).items()},
    }
