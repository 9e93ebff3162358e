"""Requests of SDKs, held against what the protocol says."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from store_protocol import HttpRequest
from store_protocol.strategies import hostile_requests, requests
from store_protocol.testing import StoreServer, check_sdk
from tests.recordings import recorded_requests
from tests.testing.test_server import post

EVENT = {
    "event_id": "a" * 32,
    "timestamp": 1795392000,
    "platform": "python",
    "sdk": {"name": "sentry.python", "version": "2.0"},
    "message": "hello",
}
AUTH = "Sentry sentry_key=a, sentry_version=7, sentry_client=sentry.python/2.0"
ENVELOPE_HEADERS = {"event_id": "a" * 32, "sent_at": "2026-11-23T00:00:00Z"}


def envelope(
    event: Any = EVENT,
    *,
    headers: Any = ENVELOPE_HEADERS,
    item: Any = None,
    auth: str = AUTH,
    more: bytes = b"",
    head: dict[str, str | None] | None = None,
) -> HttpRequest:
    payload = json.dumps(event).encode()
    lines = [json.dumps(headers), json.dumps(item or {"type": "event", "length": len(payload)}), payload.decode()]
    told = {"X-Sentry-Auth": auth, "User-Agent": "sentry.python/2.0", "Content-Type": "application/x-sentry-envelope"}
    pairs = {**told, **(head or {})}.items()
    body = "\n".join(lines).encode() + more
    return HttpRequest("POST", "/api/1/envelope/", [(name, value) for name, value in pairs if value], body)


def rules(request: HttpRequest) -> list[str]:
    return [finding.rule for finding in check_sdk(request)]


def test_nothing_is_to_change_of_a_good_request() -> None:
    assert check_sdk(envelope()) == []


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (envelope(auth=AUTH.replace("version=7", "version=4")), ["sentry-version"]),
        (envelope(auth=f"{AUTH}, sentry_secret=b, sentry_timestamp=1"), ["secret-key", "auth-timestamp"]),
        (envelope(auth="Sentry sentry_key=a"), ["client-missing"]),
        (envelope(auth="Sentry sentry_key=a, sentry_client=me"), ["client-form"]),
        (envelope(head={"User-Agent": None}), ["user-agent"]),
        (envelope(head={"Content-Type": "text/plain"}), ["content-type"]),
        (envelope(headers={}), ["sent-at", "envelope-event-id"]),
        (envelope(item={"type": "event"}), ["item-length"]),
        (envelope(more=b'\n{"type":"event","length":2}\n{}'), ["many-events"]),
        (envelope(more=b'\n{"type":"session","length":1}\n{'), ["invalid-json"]),
        (envelope({**EVENT, "level": "loud"}), ["invalid-data"]),
        (envelope({**EVENT, "sentry.interfaces.Exception": [{"type": "E"}]}), ["old-name"]),
        (envelope({**EVENT, "message": "x" * 9000}), ["too-long"]),
        (envelope({key: EVENT[key] for key in EVENT if key not in {"platform", "sdk"}}), ["no-platform", "no-sdk"]),
        (envelope({**EVENT, "timestamp": 1}), []),
    ],
)
def test_what_an_sdk_should_change_is_found(request_: HttpRequest, expected: list[str]) -> None:
    found = rules(request_)
    assert [rule for rule in found if rule in expected] == expected
    # More is said of no one but the second event, which has nothing that every event has.
    assert set(found) == set(expected) or "many-events" in expected


def test_event_at_the_store_endpoint_is_deprecated() -> None:
    request = HttpRequest("POST", "/api/1/store/?sentry_key=a", [], b'{"extra":{"a":NaN}}')
    assert {"store-endpoint", "auth-in-query", "client-missing", "user-agent", "content-type"} <= {*rules(request)}
    assert any(finding.where == "$.extra.a" and finding.level == "error" for finding in check_sdk(request))


def test_request_that_is_refused_says_why() -> None:
    (finding,) = check_sdk(HttpRequest("POST", "/api/1/envelope/", [("User-Agent", "a/1")], b"{}"))
    assert finding.rule == "refused" and finding.message.startswith("401 missing_auth: ")
    assert str(finding) == f"error: request: {finding.message} [refused]"


def test_time_is_looked_at_where_it_is_told() -> None:
    assert check_sdk(envelope(), now=1795392001) == []
    assert [finding.rule for finding in check_sdk(envelope({**EVENT, "timestamp": "soon"}), now=1795392001)] == [
        "invalid-data"
    ]


def test_clients_of_today_frame_and_name_themselves_as_they_should() -> None:
    for client in ("sentry-python-2.75.0", "sentry-node-8.55.2"):
        for request in recorded_requests("envelope").get(client, []):
            wrong = [finding for finding in check_sdk(request) if finding.level == "error"]
            # Integers beyond 64 bits and odd tags were put in on purpose. Framing and credentials are right.
            assert {finding.rule for finding in wrong} <= {"big-integer", "invalid-data", "surrogate"}, wrong


@settings(max_examples=40, suppress_health_check=[*HealthCheck])
@given(requests() | hostile_requests())
def test_any_request_is_looked_at_without_an_error(request: HttpRequest) -> None:
    check_sdk(request)


def test_requests_of_the_fake_sentry_are_looked_at(store_server: StoreServer) -> None:
    post(store_server)
    (exchange,) = store_server.exchanges
    assert "store-endpoint" in rules(exchange.request)
