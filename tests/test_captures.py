"""Requests recorded from real clients, byte for byte, each beside what must come of it.

`data/captures/<client>.jsonl` holds the requests, one a line, and `<client>.expected.jsonl` on the same line what was in
them.
A new recording is added with `python tests/test_captures.py`, and what it writes is read before it is kept.
"""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from store_protocol import HttpRequest, StoreError, Submission, decode_request, encode_event

CAPTURES = Path(__file__).parent / "data" / "captures"
CLIENTS = sorted(path.stem for path in CAPTURES.glob("*.jsonl") if "expected" not in path.name)
NOW = 1795447500.0


def requests(client: str) -> list[tuple[HttpRequest, int]]:
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


def decode(request: HttpRequest) -> Submission:
    return decode_request(request, now=NOW, new_event_id=lambda: "f" * 32)


def summary(request: HttpRequest) -> dict[str, Any]:
    """Give what came of a request, in the words of the protocol."""
    try:
        submission = decode(request)
    except StoreError as error:
        return {"status": error.status, "code": error.code}
    event, auth = submission.event, submission.auth
    assert event is not None and auth is not None
    exceptions = event.exception.values if event.exception is not None else None
    last = exceptions[-1] if exceptions else None
    frames = last.stacktrace.frames if last is not None and last.stacktrace is not None else None
    return {
        "status": submission.response().status,
        "project": submission.project_id,
        "key": auth.public_key,
        "client": auth.client,
        "version": auth.version,
        "codings": list(submission.codings),
        "event_id": event.event_id,
        "type": event.type,
        "platform": event.platform,
        "level": event.level,
        "message": event.logentry.formatted if event.logentry is not None else None,
        "exception": None if last is None else [last.type, (last.value or "")[:80]],
        "frames": None if frames is None else len(frames),
        "tags": len(event.tags or ()),
        "breadcrumbs": len((event.breadcrumbs and event.breadcrumbs.values) or ()),
        "user": event.user.sentry_user if event.user is not None else None,
        "errors": [[error.name, error.reason] for error in event.errors or () if error is not None],
        "repairs": [[repair.kind, repair.path] for repair in submission.repairs],
    }


@pytest.mark.parametrize("client", CLIENTS)
def test_recorded_requests_give_what_was_sent(client: str) -> None:
    expected = [json.loads(line) for line in (CAPTURES / f"{client}.expected.jsonl").read_bytes().splitlines()]
    found = [summary(request) for request, _ in requests(client)]
    assert found == expected
    assert [one["status"] for one in found] == [status for _, status in requests(client)]


@pytest.mark.parametrize("client", CLIENTS)
def test_recorded_events_survive_encoding(client: str) -> None:
    for request, status in requests(client):
        if status == 200:
            event = decode(request).event
            assert event is not None
            again = json.loads(encode_event(event))
            assert again["event_id"] == event.event_id
            assert again["project"] == int(decode(request).project_id or 0)


if __name__ == "__main__":
    for name in CLIENTS:
        lines = [json.dumps(summary(request), ensure_ascii=False) + "\n" for request, _ in requests(name)]
        (CAPTURES / f"{name}.expected.jsonl").write_text("".join(lines), encoding="utf-8")
