"""Requests recorded from real clients, byte for byte: `data/captures/<client>.jsonl` holds one a line."""

import base64
import json
from pathlib import Path
from typing import Any

from store_protocol import HttpRequest, StoreError, decode_body, parse_envelope
from store_protocol.http_request import text_pairs

CAPTURES = Path(__file__).parent / "data" / "captures"
CLIENTS = sorted(path.stem for path in CAPTURES.glob("*.jsonl") if "expected" not in path.name)


def requests(client: str) -> list[tuple[HttpRequest, int]]:
    """Return the recorded requests of a client, each with the status that it is to be answered with."""
    records = [json.loads(line) for line in (CAPTURES / f"{client}.jsonl").read_bytes().splitlines()]
    return [
        (
            HttpRequest(
                record["method"],
                record["target"],
                [(name, value) for name, value in record["headers"]],
                base64.b64decode(record["body"]),
            ),
            record.get("expect", 200),
        )
        for record in records
    ]


def recorded_requests(*endpoints: str) -> dict[str, list[HttpRequest]]:
    """Return the requests of each client that were posted to these endpoints and are to be accepted."""
    found = {
        client: [
            request
            for request, status in requests(client)
            if status == 200
            and request.method == "POST"
            and any(f"/{endpoint}/" in request.target for endpoint in endpoints)
        ]
        for client in CLIENTS
    }
    return {client: chosen for client, chosen in found.items() if chosen}


def coding_of(request: HttpRequest) -> str | None:
    """Return the `Content-Encoding` of a request."""
    return dict(text_pairs(request.headers)).get("content-encoding")


def event_of(request: HttpRequest) -> bytes | None:
    """Return the event of a request to the store or the envelope endpoint, if it has one that is strict JSON."""
    try:
        plain = decode_body(request.body, coding_of(request))
        if "/envelope/" in request.target:
            items = parse_envelope(plain).items
            plain = next((item.data for item in items if item.type in {"event", "transaction"}), b"")
        value: Any = json.loads(plain)
        # Without NaN and lone surrogates, which not every peer takes.
        text = json.dumps(value, allow_nan=False, ensure_ascii=False).encode()
    except (StoreError, ValueError):
        return None
    return text if isinstance(value, dict) else None


def by_client(*endpoints: str) -> dict[str, list[bytes]]:
    """Return the events of each client that are strict JSON."""
    found = {
        client: [event for event in map(event_of, requests) if event is not None]
        for client, requests in recorded_requests(*endpoints).items()
    }
    return {client: events for client, events in found.items() if events}
