"""Submissions passed on: what arrives upstream is what came here, as it was sent or as it was normalized."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from store_protocol import (
    Attachment,
    EnvelopeItem,
    HttpRequest,
    NormalizeOptions,
    StoreError,
    Submission,
    decode_request,
    encode_envelope,
    encode_event,
    encode_request,
    forward,
    parse_envelope,
)
from store_protocol.errors import InvalidDsn
from store_protocol.strategies import dirty_events, events, items
from tests.recordings import CLIENTS, requests
from tests.test_client import DUMP, FILES, REPORT

DSN = "https://b70a31b3510c4cf793964a185cfe1fd0@example.com/42"
UPSTREAM = "https://c0ffee@upstream.example/sentry/7"
NOW = 1795392000.0
#: What the server itself says of an event.
OWN = ("project", "key_id", "received", "version", "sdk")


def here(request: HttpRequest) -> Submission:
    return decode_request(request, now=NOW)


def upstream(request: HttpRequest, **options: Any) -> Submission:
    submission = decode_request(request, now=NOW, options=NormalizeOptions(trusted_proxies=("*",), **options))
    assert submission.auth is not None
    assert (submission.endpoint, submission.project_id, submission.auth.public_key) == ("envelope", "7", "c0ffee")
    return submission


def told(submission: Submission) -> list[dict[str, Any]]:
    """Return the events of a submission without what the server itself says of them."""
    found = [json.loads(encode_event(event)) for event in submission.events]
    return [{name: part for name, part in event.items() if name not in OWN} for event in found]


def files(submission: Submission) -> list[tuple[Any, ...]]:
    return [
        (each.filename or each.name, each.content_type, each.data, each.attachment_type) for each in submission.attachments
    ]


def kinds(submission: Submission) -> list[tuple[str, bytes]]:
    return [(each.type, each.data) for each in submission.items]


def taken(client: str) -> list[Submission]:
    found = []
    for request, status in requests(client):
        if status == 200 and request.method in {"POST", "GET"}:
            submission = here(request)
            if not submission.is_empty:
                found.append(submission)
    return found


@pytest.mark.parametrize("client", CLIENTS)
def test_recorded_submission_arrives_as_it_came(client: str) -> None:
    for submission in taken(client):
        again = upstream(forward(submission, UPSTREAM))
        assert [event.event_id for event in again.events][:1] == [event.event_id for event in submission.events][:1]
        without_id = [{**event, "event_id": None} for event in told(again)]
        if submission.endpoint != "security":
            assert without_id == [{**event, "event_id": None} for event in told(submission)]
        assert files(again) == files(submission)
        assert kinds(again) == kinds(submission)
        assert submission.auth is not None
        assert again.client_ip == submission.client_ip
        assert again.user_agent == (submission.user_agent or submission.auth.client)
        assert [each.error for each in again.refused] == []


@pytest.mark.parametrize("client", CLIENTS)
def test_recorded_submission_arrives_as_it_was_normalized(client: str) -> None:
    for submission in taken(client):
        again = upstream(forward(submission, UPSTREAM, normalized=True), is_renormalize=True)
        assert len(again.events) == len(submission.events)
        for ours, theirs in zip(told(submission), told(again), strict=True):
            assert {name: theirs.get(name) for name in ours if name != "_meta"} == {
                name: part for name, part in ours.items() if name != "_meta"
            }
        assert files(again) == files(submission)


@given(
    st.lists(events() | dirty_events(), max_size=2), st.lists(items("session", "check_in", "log", "attachment"), max_size=3)
)
def test_drawn_submission_arrives_as_it_came(sent: list[dict[str, Any]], others: list[EnvelopeItem]) -> None:
    own = [EnvelopeItem("event", {}, json.dumps(event).encode()) for event in sent]
    others = [item for item in others if not str(item.headers.get("attachment_type", "")).startswith("event.")]
    body = encode_request(DSN, b"", endpoint="envelope")
    request = msgspec.structs.replace(body, body=encode_envelope({}, [*own, *others]))
    try:
        submission = here(request)
    except StoreError:
        return
    if submission.is_empty:
        return
    passed = forward(submission, UPSTREAM)
    assert [item.data for item in parse_envelope(passed.body).items if item.type == "event"] == [
        item.data for item in submission.sent if item is not None
    ]
    again = upstream(passed)
    assert [event.logentry for event in again.events] == [event.logentry for event in submission.events]
    assert (files(again), kinds(again)) == (files(submission), kinds(submission))


def test_store_event_keeps_its_text_and_gets_the_id_that_was_told() -> None:
    text = b'{"message":  "hello", "more": [NaN]}'
    submission = here(encode_request(DSN, text, client="raven-test/1"))
    passed = forward(submission, UPSTREAM)
    assert passed.target == "/sentry/api/7/envelope/"
    envelope = parse_envelope(passed.body)
    assert (envelope.headers, envelope.items[0].data) == ({"event_id": submission.event_id}, text)
    again = upstream(passed)
    assert again.auth is not None
    assert (again.event_id, again.auth.client) == (submission.event_id, "raven-test/1")


def test_text_in_another_charset_is_passed_on_as_utf_8() -> None:
    request = HttpRequest(
        "POST",
        "/api/1/store/?sentry_key=a",
        [("Content-Type", "application/json; charset=latin-1")],
        '{"message": "grün"}'.encode("latin-1"),
    )
    event = upstream(forward(here(request), UPSTREAM)).event
    assert event is not None and event.logentry is not None
    assert event.logentry.formatted == "grün"


def test_dsn_of_the_envelope_is_not_passed_on_but_all_else_is() -> None:
    headers = {"dsn": DSN, "sent_at": "2026-11-23T00:00:00Z", "trace": {"trace_id": "a" * 32}, "own": [1]}
    body = json.dumps(headers).encode() + b'\n{"type":"session"}\n{}'
    submission = here(encode_request(DSN, body, endpoint="envelope"))
    del headers["dsn"]
    assert parse_envelope(forward(submission, UPSTREAM).body).headers == headers
    assert kinds(upstream(forward(submission, UPSTREAM))) == kinds(submission)


def test_reports_of_browsers_become_items_that_hold_them() -> None:
    other = {"type": "deprecation", "body": {"id": "a"}}
    reports = [{"type": "csp-violation", "body": {"effectiveDirective": "img-src", "blockedURL": "http://a.b"}}, other]
    request = encode_request(DSN, reports, endpoint="security", auth="query")
    target = f"{request.target}&sentry_release=a%401&sentry_environment=qa"
    submission = here(msgspec.structs.replace(request, target=target))
    passed = forward(submission, UPSTREAM)
    assert [item.type for item in parse_envelope(passed.body).items] == ["raw_security", "raw_security"]
    again = upstream(passed)
    assert [(event.type, event.release, event.environment) for event in again.events] == [("csp", "a@1", "qa")]
    assert [(item.type, json.loads(item.data)) for item in again.items] == [("deprecation", other)]
    alone = upstream(forward(here(encode_request(DSN, REPORT, endpoint="security")), UPSTREAM, normalized=True))
    assert alone.event is not None and alone.event.type == "csp"


@pytest.mark.parametrize("normalized", [False, True])
@pytest.mark.parametrize("event", [None, {"release": "a@1", "exception": [{"type": "E", "value": "own"}]}])
def test_minidump_arrives_with_its_event(event: Any, normalized: bool) -> None:
    submission = here(encode_request(DSN, event, endpoint="minidump", attachments=[DUMP, *FILES]))
    again = upstream(forward(submission, UPSTREAM, normalized=normalized))
    assert again.event is not None and submission.event is not None
    assert again.event.exception == submission.event.exception
    assert (again.event_id, again.event.release) == (submission.event_id, submission.event.release)
    assert files(again) == files(submission)
    assert (submission.sent == (None,)) == (event is None)


def test_packed_crash_of_an_envelope_arrives_once() -> None:
    packed = Attachment("e", "e", None, msgspec.msgpack.encode({"release": "a@1"}), "event.payload")
    for event in ({"message": "a"}, None):
        body = encode_request(DSN, event or {}, endpoint="envelope", attachments=[packed, DUMP])
        if event is None:
            body = msgspec.structs.replace(body, body=encode_envelope({}, [packed, DUMP]))
        submission = here(body)
        again = upstream(forward(submission, UPSTREAM))
        assert told(again) == told(submission)
        assert len(again.events) == 1


def test_what_falls_under_a_limit_is_not_passed_on() -> None:
    body = b'{}\n{"type":"event"}\n{"message":"a"}\n{"type":"session"}\n{}'
    submission = here(encode_request(DSN, body, endpoint="envelope"))
    passed = forward(submission.without(["error"]), UPSTREAM)
    assert [item.type for item in parse_envelope(passed.body).items] == ["session"]
    with pytest.raises(ValueError, match="nothing to pass on"):
        forward(submission.without(["error", "session"]), UPSTREAM)
    with pytest.raises(InvalidDsn):
        forward(submission, "nonsense")


def test_who_sent_it_is_told() -> None:
    request = encode_request(DSN, {"message": "a"})
    request = HttpRequest("POST", request.target, [*request.headers, ("X", "y")], request.body, remote_addr="1.2.3.4")
    passed = forward(here(request), UPSTREAM)
    assert passed.header("X-Forwarded-For") == "1.2.3.4"
    assert passed.header("User-Agent") == request.header("User-Agent")
    assert passed.header("Host") == "upstream.example"
    assert upstream(passed).client_ip == "1.2.3.4"
