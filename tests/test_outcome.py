"""Rate limits of an application, and what it tells of the requests that it has served."""

import asyncio
import json
import logging
from collections.abc import Callable
from typing import Any

import pytest

from store_protocol import RateLimit, Submission, asgi, errors, wsgi
from store_protocol.http_response import Response, render
from store_protocol.outcome import Outcome
from tests.endpoints.doors import DOORS
from tests.test_apps import APPS, EVENT, KEY, QUERY, call_asgi

ENVELOPE = (
    b'{}\n{"type":"event"}\n{}\n{"type":"session"}\n{}\n{"type":"attachment"}\nabc\n{"type":"check_in","length":"x"}\nz'
)
ONLY_SESSIONS = b'{}\n{"type":"session"}\n{}\n{"type":"sessions","item_count":3}\n{}'
DUMP = b"MDMP1234"
NO_SESSIONS = RateLimit(60, categories=("session",))


def take(submission: Submission) -> None:
    pass


def refuse(submission: Submission) -> None:
    raise errors.RateLimited("quota reached", rate_limits=[RateLimit(60, scope="key")])


def answer(submission: Submission) -> Response:
    return render(202)


def reject(submission: Submission) -> Response:
    return render(403)


def fail(submission: Submission) -> None:
    raise ZeroDivisionError


ERROR = {"error": 1}
OF_ENVELOPE = {"error": 1, "attachment": 3, "attachment_item": 1, "session": 1}


@APPS
@pytest.mark.parametrize(
    ("request_", "on_submission", "outcome"),
    [
        ({}, take, {"status": 200, "endpoint": "store", "project_id": "1", "accepted": ERROR, "sizes": len(EVENT)}),
        ({}, answer, {"status": 202, "endpoint": "store", "project_id": "1", "accepted": ERROR, "sizes": len(EVENT)}),
        ({}, reject, {"status": 403, "endpoint": "store", "project_id": "1", "discarded": ERROR, "sizes": len(EVENT)}),
        (
            {},
            refuse,
            {
                "status": 429,
                "code": "rate_limited",
                "endpoint": "store",
                "project_id": "1",
                "discarded": ERROR,
                "sizes": len(EVENT),
            },
        ),
        (
            {"path": "/api/1/envelope/", "chunks": [ENVELOPE]},
            take,
            {
                "status": 200,
                "endpoint": "envelope",
                "project_id": "1",
                "accepted": OF_ENVELOPE,
                "sizes": len(ENVELOPE),
                "refused": {"invalid_item_length": 1},
            },
        ),
        ({"path": "/nowhere/", "chunks": [b"{}"]}, take, {"status": 404, "code": "not_found", "endpoint": "envelope"}),
        ({"path": "/nowhere/", "method": "GET"}, take, {"status": 404, "code": "not_found"}),
        ({"query": ""}, take, {"status": 401, "code": "missing_auth"}),
        ({"chunks": [b"no"]}, take, {"status": 400, "code": "invalid_json", "endpoint": "store"}),
        (
            {"chunks": [b'{"a": NaN}']},
            take,
            {
                "status": 200,
                "endpoint": "store",
                "project_id": "1",
                "accepted": ERROR,
                "sizes": 10,
                "repairs": {"nan": 1},
            },
        ),
        ({"method": "OPTIONS"}, take, {"status": 200, "endpoint": "store"}),
    ],
)
def test_outcome_says_what_became_of_a_request(
    kind: Any, call: Any, request_: dict[str, Any], on_submission: Callable[[Submission], Any], outcome: dict[str, Any]
) -> None:
    outcomes: list[Outcome] = []
    call(kind(on_submission, on_outcome=outcomes.append), **request_)
    size = outcome.get("sizes", 0)
    told = {name: value for name, value in outcome.items() if name != "sizes"}
    assert outcomes == [Outcome(method=request_.get("method", "POST"), **told, received_bytes=size, decoded_bytes=size)]


@APPS
def test_outcome_tells_of_failures_too(kind: Any, call: Any) -> None:
    outcomes: list[Outcome] = []
    with pytest.raises(ZeroDivisionError):
        call(kind(fail, on_outcome=outcomes.append))
    (outcome,) = outcomes
    assert (outcome.status, outcome.code, outcome.accepted, outcome.discarded) == (500, None, {}, ERROR)


def test_outcome_tells_of_clients_that_go_away() -> None:
    outcomes: list[Outcome] = []
    assert call_asgi(asgi.StoreApp(take, on_outcome=outcomes.append), chunks=[EVENT[:9], None]) is None
    assert outcomes == [Outcome(method="POST", endpoint="store")]


@APPS
@pytest.mark.parametrize("on_submission", [refuse, take])
def test_refusal_of_the_application_has_the_form_of_the_endpoint(kind: Any, call: Any, on_submission: Any) -> None:
    app = kind(on_submission, rate_limits=[] if on_submission is refuse else [RateLimit(60)])
    headers = [(b"content-type", b"application/json")]
    path, body = DOORS["otlp_logs"].path, DOORS["otlp_logs"].body
    more = {"CONTENT_TYPE": "application/json"} if kind is wsgi.StoreApp else {"headers": headers}
    status, answered, content = call(app, path=path, chunks=[body], **more)
    assert (status, json.loads(content)["code"], answered["retry-after"]) == (429, 8, "60")


def test_request_that_is_cut_off_has_no_status() -> None:
    outcomes: list[Outcome] = []

    async def wait(submission: Submission) -> None:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        call_asgi(asgi.StoreApp(wait, on_outcome=outcomes.append))
    assert [(outcome.status, outcome.discarded) for outcome in outcomes] == [(None, ERROR)]


@APPS
@pytest.mark.parametrize("on_submission", [take, refuse])
def test_callback_for_outcomes_that_fails_changes_no_answer(
    kind: Any, call: Any, on_submission: Any, caplog: pytest.LogCaptureFixture
) -> None:
    def on_outcome(outcome: Outcome) -> None:
        raise ZeroDivisionError

    with caplog.at_level(logging.ERROR, "store_protocol"):
        assert call(kind(on_submission, on_outcome=on_outcome)) == call(kind(on_submission))
    (record,) = caplog.records
    assert (record.name, record.exc_info is not None) == ("store_protocol", True)


def test_outcome_is_told_once_the_answer_is_written() -> None:
    told: list[str] = []
    app = asgi.StoreApp(take, on_outcome=lambda outcome: told.append("outcome"))

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": EVENT}

    async def send(message: Any) -> None:
        told.append(message["type"])

    scope = {"type": "http", "method": "POST", "path": "/api/1/store/", "query_string": QUERY.encode(), "headers": []}
    asyncio.run(app(scope, receive, send))
    assert told == ["http.response.start", "http.response.body", "outcome"]


@APPS
def test_outcome_holds_no_secret(kind: Any, call: Any) -> None:
    outcomes: list[Outcome] = []
    secret = "5ec4e75ec4e75ec4"
    app = kind(take, on_outcome=outcomes.append)
    for chunks in ([EVENT], [b"no"]):
        call(app, query=f"sentry_key={KEY}&sentry_secret={secret}", chunks=chunks)
    assert len(outcomes) == 2 and secret not in repr(outcomes) and KEY not in repr(outcomes)


@APPS
def test_rate_limits_drop_what_they_name_and_tell_of_it(kind: Any, call: Any) -> None:
    taken: list[Submission] = []
    outcomes: list[Outcome] = []
    app = kind(taken.append, rate_limits=[NO_SESSIONS], on_outcome=outcomes.append)
    status, headers, body = call(app, path="/api/1/envelope/", chunks=[ENVELOPE])
    assert (status, headers["x-sentry-rate-limits"]) == (200, "60:session:organization")
    assert "retry-after" not in headers
    (submission,) = taken
    assert [each.type for each in submission.items] == [] and len(submission.events) == 1
    assert json.loads(body) == {"id": submission.event_id}
    assert outcomes[0].discarded == {"session": 1}
    assert outcomes[0].accepted == {"error": 1, "attachment": 3, "attachment_item": 1}


@APPS
def test_request_of_which_nothing_is_left_is_refused(kind: Any, call: Any) -> None:
    taken: list[Submission] = []
    outcomes: list[Outcome] = []
    app = kind(taken.append, rate_limits=[NO_SESSIONS], on_outcome=outcomes.append)
    status, headers, _ = call(app, path="/api/1/envelope/", chunks=[ONLY_SESSIONS])
    assert (status, headers["x-sentry-rate-limits"], headers["retry-after"]) == (429, "60:session:organization", "60")
    assert (taken, outcomes[0].code, outcomes[0].discarded) == ([], "rate_limited", {"session": 4})


@APPS
def test_envelope_that_holds_nothing_is_no_matter_of_rate_limits(kind: Any, call: Any) -> None:
    assert call(kind(take, rate_limits=[RateLimit(60)]), path="/api/1/envelope/", chunks=[b"{}"])[0] == 200


@APPS
def test_crash_reporters_are_not_told_to_come_back(kind: Any, call: Any) -> None:
    taken: list[Submission] = []
    status, headers, body = call(kind(taken.append, rate_limits=[RateLimit(60)]), path="/api/1/minidump/", chunks=[DUMP])
    assert (status, "retry-after" in headers, len(body), taken) == (200, False, 36, [])
