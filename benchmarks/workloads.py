"""Events to measure with: what real clients sent, the same with faults in it, sizes from 1 KiB to 1 MiB, and worst cases.

Everything is made from recorded requests (`tests/data/captures`) and fixed seeds, so that each run measures the same
bytes.
"""

import base64
import json
import random
from pathlib import Path
from typing import Any

from store_protocol import HttpRequest, StoreError, decode_body
from store_protocol.limits import Limits

CAPTURES = Path(__file__).parent.parent / "tests" / "data" / "captures"
#: Frames of each exception in the events by size.
FRAMES = 40
#: How many of 100 scalars are wrong in the dirty corpus.
DIRTY = 5
SIZES = (1024, 4096, 16384, 65536, 262144, 1048576)
LIMITS = Limits(max_compressed_bytes=1 << 26, max_event_bytes=1 << 26)

_WRONG: tuple[Any, ...] = ([], {}, [1], {"a": 1}, True, -1.5, "\n", "x" * 300)


def recorded_requests() -> dict[str, list[HttpRequest]]:
    """Give the recorded requests of each client to the store endpoint that are to be accepted."""
    found: dict[str, list[HttpRequest]] = {}
    for path in sorted(CAPTURES.glob("*.jsonl")):
        if "expected" in path.name:
            continue
        records = [json.loads(line) for line in path.read_bytes().splitlines()]
        found[path.stem] = [
            HttpRequest(
                record["method"],
                record["target"],
                [(name, value) for name, value in record["headers"]],
                base64.b64decode(record["body"]),
            )
            for record in records
            if record.get("expect", 200) == 200 and record["method"] == "POST" and "/store/" in record["target"]
        ]
    return {client: requests for client, requests in found.items() if requests}


def clean() -> list[bytes]:
    """Give the events of the recorded requests that are strict JSON, which every peer reads."""
    events = []
    for requests in recorded_requests().values():
        for request in requests:
            headers = {name.lower(): value for name, value in request.headers}
            try:
                plain = decode_body(request.body, headers.get("content-encoding"))
                value = json.loads(plain)
                # Without NaN and lone surrogates, which not every peer takes.
                text = json.dumps(value, allow_nan=False, ensure_ascii=False).encode()
            except (StoreError, ValueError):
                continue
            if isinstance(value, dict):
                events.append(text)
    return events


def dirty() -> list[bytes]:
    """Give the clean events with one of twenty scalars wrong."""
    rng = random.Random(7)

    def spoil(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: spoil(part) for key, part in value.items()}
        if isinstance(value, list):
            return [spoil(part) for part in value]
        return rng.choice(_WRONG) if rng.randrange(100) < DIRTY else value

    return [json.dumps(spoil(json.loads(event))).encode() for event in clean()]


def sized(size: int) -> bytes:
    """Give an event of about `size` bytes: exceptions with as many frames as it takes."""
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


def worst() -> dict[str, bytes]:
    """Give events that cost the most for their size."""
    tags = 20_000
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
        "100 levels deep": json.dumps({"extra": {"a": json.loads('{"a":' * 100 + "1" + "}" * 100)}}).encode(),
    }


def workloads() -> dict[str, list[bytes]]:
    """Give all events by the name of the workload that they belong to."""
    return {
        "clean": clean(),
        "dirty": dirty(),
        **{f"{size // 1024} KiB": [sized(size)] for size in SIZES},
        **{name: [event] for name, event in worst().items()},
    }
