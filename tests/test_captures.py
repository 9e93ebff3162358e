"""Requests recorded from real clients, byte for byte, each beside what must come of it.

`data/captures/<client>.jsonl` holds the requests, one a line, and `<client>.expected.jsonl` on the same line what was in
them. `python -m tests.test_captures` writes it for a new recording, to be read before it is kept. Payloads of curl were
written by hand, and so was the report of network errors, after the examples of its specification.
"""

import json
from typing import Any

import msgspec
import pytest

from store_protocol import Event, HttpRequest, StoreError, Submission, decode_request, encode_event
from store_protocol.request_decoder import RequestDecoder
from tests.recordings import CAPTURES, CLIENTS, requests

NOW = 1795447500.0
_MADE = {"cron", "nel", "otlp_logs", "otlp_traces", "error_page", "attachments", "unreal"}


def decode(request: HttpRequest) -> Submission:
    return decode_request(request, now=NOW, new_event_id=lambda: "f" * 32)


def summary(request: HttpRequest) -> dict[str, Any]:
    """Return what came of a request, in the words of the protocol."""
    try:
        submission = decode(request)
    except StoreError as error:
        return {"status": error.status, "code": error.code}
    auth = submission.auth
    assert auth is not None
    found: dict[str, Any] = {
        "status": submission.response().status,
        "project": submission.project_id,
        "key": auth.public_key,
        "client": auth.client,
        "version": auth.version,
        "codings": list(submission.codings),
    }
    if submission.endpoint != "store":
        found |= {
            "endpoint": submission.endpoint,
            "attachments": [
                [each.filename, each.content_type, each.attachment_type, len(each.data)] for each in submission.attachments
            ],
            "items": [[item.type, len(item.data)] for item in submission.items],
        }
    if submission.endpoint in _MADE:
        # What these send is no item: here is what becomes of it.
        found["made"] = [json.loads(item.data) for item in submission.items if item.type != "unreal_report"]
        found["headers"] = submission.envelope_headers
    return found if submission.event is None else found | in_event(submission.event, submission)


def in_event(event: Event, submission: Submission) -> dict[str, Any]:
    exceptions = event.exception.values if event.exception is not None else None
    last = exceptions[-1] if exceptions else None
    frames = last.stacktrace.frames if last is not None and last.stacktrace is not None else None
    return {
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
        if status < 300:
            submission = decode(request)
            for event in submission.events:
                again = json.loads(encode_event(event))
                assert again["event_id"] == event.event_id
                assert again["project"] == int(submission.project_id or 0)


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("size", [100, 70_000])
def test_recorded_requests_come_piece_by_piece(client: str, size: int) -> None:
    for request, status in requests(client):
        if status >= 300:
            continue
        decoder = RequestDecoder(msgspec.structs.replace(request, body=b""), now=NOW, new_event_id=lambda: "f" * 32)
        for start in range(0, len(request.body), size):
            decoder.feed(request.body[start : start + size])
        found, expected = decoder.finish(), decode(request)
        assert [encode_event(event) for event in found.events] == [encode_event(event) for event in expected.events]
        assert (found.attachments, found.items) == (expected.attachments, expected.items)
        assert (found.received_bytes, found.codings) == (expected.received_bytes, expected.codings)


if __name__ == "__main__":
    for name in CLIENTS:
        lines = [json.dumps(summary(request), ensure_ascii=False) + "\n" for request, _ in requests(name)]
        (CAPTURES / f"{name}.expected.jsonl").write_text("".join(lines), encoding="utf-8")
