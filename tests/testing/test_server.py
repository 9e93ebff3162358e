"""The fake Sentry: what came, waiting for it, what is told where it doesn't come, and scripted answers."""

import asyncio
import gzip
import http.client
import json
import socket
import sys
import threading
import time
from collections.abc import Callable
from typing import Any
from unittest import mock
from urllib.parse import urlsplit

import pytest

from store_protocol import Dsn, HttpRequest, Limits, RateLimit, encode_request, errors
from store_protocol.http_request import text_pairs
from store_protocol.http_response import Response
from store_protocol.testing import Close, FakeSentry, NotReceived, Stall, StoreServer
from store_protocol.testing import store_server as running

ENVELOPE = b"\n".join(
    [
        b"{}",
        b'{"type":"event"}',
        b'{"message":"in an envelope"}',
        b'{"type":"transaction"}',
        b'{"type":"transaction","start_timestamp":1,"timestamp":2,"contexts":{"trace":{"trace_id":"%b","span_id":"%b"}}}'
        % (b"a" * 32, b"b" * 16),
        b'{"type":"attachment","filename":"a.txt"}',
        b"text",
        b'{"type":"check_in"}',
        b'{"check_in_id":"%b","monitor_slug":"nightly","status":"ok"}' % (b"c" * 32),
        b'{"type":"session"}',
        b'{"sid":"7c7b6585-f901-4351-bf8d-02711b721929","started":"2026-11-23T00:00:00Z","status":"ok","attrs":{"release":"1"}}',
        b'{"type":"log","item_count":1,"content_type":"application/vnd.sentry.items.log+json"}',
        b'{"items":[{"timestamp":1,"level":"info","body":"written"}]}',
        b'{"type":"event"}',
        b"{broken",
    ]
)


def post(server: StoreServer, event: Any = None, *, dsn: str = "") -> tuple[int, dict[str, str]]:
    """Send an event as an SDK does; return the status and the headers of the answer."""
    return send(server, encode_request(dsn or server.dsn, {"message": "hello"} if event is None else event))


def post_envelope(server: StoreServer, body: bytes) -> int:
    dsn = Dsn.parse(server.dsn)
    target = f"/api/{dsn.project_id}/envelope/?sentry_key={dsn.public_key}"
    status, _ = send(server, HttpRequest("POST", target, [("User-Agent", "sdk/1.0")], body))
    return status


def send(server: StoreServer, request: HttpRequest) -> tuple[int, dict[str, str]]:
    place = urlsplit(server.url)
    connection = http.client.HTTPConnection(str(place.hostname), place.port or 0, timeout=10)
    try:
        target = urlsplit(request.target)
        headers = dict(text_pairs(request.headers))
        connection.request(request.method, f"{target.path}?{target.query}", request.body, headers)
        answer = connection.getresponse()
        answer.read()
        return answer.status, dict(answer.getheaders())
    finally:
        connection.close()


def test_what_came_is_listed_by_its_kind(store_server: StoreServer) -> None:
    assert post(store_server)[0] == 200
    assert post_envelope(store_server, ENVELOPE) == 200
    assert [event.type for event in store_server.events] == ["default", "default", "transaction"]
    assert [event.type for event in store_server.errors] == ["default", "default"]
    assert [event.type for event in store_server.transactions] == ["transaction"]
    assert store_server.feedback == []
    assert [each.filename for each in store_server.attachments] == ["a.txt"]
    assert [each.monitor_slug for each in store_server.check_ins] == ["nightly"]
    assert [each.attrs.release for each in store_server.sessions] == ["1"]
    assert [each.body for each in store_server.logs] == ["written"]
    assert [(each.type, each.error.code) for each in store_server.refused] == [("event", "invalid_json")]
    assert [each.type for each in store_server.items] == ["check_in", "session", "log"]
    assert len(store_server.submissions) == len(store_server.exchanges) == 2
    store_server.clear()
    assert store_server.events == [] and store_server.exchanges == []


def test_dsn_names_server_key_and_project(store_server: StoreServer) -> None:
    dsn = Dsn.parse(store_server.dsn)
    assert (dsn.public_key, dsn.project_id) == (store_server.public_key, store_server.project_id)
    assert store_server.dsn.partition("@")[2] == f"{store_server.url.removeprefix('http://')}/{dsn.project_id}"


def test_each_dsn_sees_what_came_to_it_alone() -> None:
    sentry = FakeSentry()
    try:
        one, other = sentry.server(), sentry.server()
        post(one, {"message": "one"})
        post(other, {"message": "other"})
        assert [len(one.events), len(other.events)] == [1, 1]
        assert one.dsn != other.dsn and one.url == other.url
        # What comes once a test is over is nobody else's.
        sentry.retire(one, "test_one")
        assert post(one, {"message": "late"})[0] == 200
        assert len(one.events) == len(other.events) == 1
        assert [name for name, _ in sentry.late] == ["test_one"]
        # A key that nobody has is refused, as Sentry does.
        assert post(other, dsn=other.dsn.replace(other.public_key, "f" * 32))[0] == 401
        assert len(sentry.unclaimed) == 1 and other.refused == []
        with pytest.raises(NotReceived, match="requests with a key that no test has"):
            other.wait_for(2, timeout=0.01)
    finally:
        sentry.close()


def test_wait_for_returns_what_comes_later(store_server: StoreServer) -> None:
    later = threading.Timer(0.05, post, [store_server])
    later.start()
    (event,) = store_server.wait_for(1)
    assert event.logentry is not None and event.logentry.formatted == "hello"
    later.join()


def test_wait_for_takes_those_that_are_asked_for(store_server: StoreServer) -> None:
    for level in ("info", "error", "fatal"):
        post(store_server, {"level": level})
    assert [event.level for event in store_server.wait_for(2, where=lambda event: event.level != "info")] == [
        "error",
        "fatal",
    ]
    post_envelope(store_server, ENVELOPE)
    (check_in,) = store_server.wait_for(of="check_ins")
    assert check_in.status == "ok"
    with pytest.raises(NotReceived, match="0 of 1 such check ins came within"):
        store_server.wait_for(of="check_ins", where=lambda each: each.status == "error", timeout=0.01)


def test_failure_tells_what_came_instead(store_server: StoreServer) -> None:
    post(store_server, {"exception": {"type": "ValueError", "value": "no such item"}})
    post_envelope(store_server, ENVELOPE)
    post_envelope(store_server, b"")
    store_server.answer_next(errors.Rejected("not now"))
    post(store_server)
    with pytest.raises(NotReceived) as failure:
        store_server.wait_for(9, timeout=0.01)
    # Whoever caught one or the other still does.
    assert isinstance(failure.value, TimeoutError) and isinstance(failure.value, AssertionError)
    lines = str(failure.value).splitlines()
    assert lines[:2] == ["3 of 9 events came within 0.01 seconds", "requests:"]
    for line in (
        "    error: ValueError: no such item",
        "    default: in an envelope",
        "    attachment a.txt (4 bytes)",
        "    refused event: invalid JSON at byte 1: expected a key or `}`",
    ):
        assert any(each.startswith(line[:30]) for each in lines), (line, lines)
    assert any(" by sdk/1.0: 400 empty_body: " in line for line in lines)
    assert any(": 403 rejected: not now" in line for line in lines)


def test_failure_says_where_nothing_came_at_all(store_server: StoreServer) -> None:
    with pytest.raises(NotReceived, match="no request came at all: does the application use this DSN"):
        store_server.wait_for(1, timeout=0.01)


def test_failure_tells_of_the_last_requests(store_server: StoreServer) -> None:
    for _ in range(22):
        post(store_server)
    with pytest.raises(NotReceived, match="and 2 before these"):
        store_server.wait_for(23, timeout=0.01)


def test_expect_nothing_waits_and_fails_for_what_comes(store_server: StoreServer) -> None:
    store_server.expect_nothing(within=0.01)
    threading.Timer(0.02, post, [store_server]).start()
    with pytest.raises(AssertionError, match="expected no events\nrequests:"):
        store_server.expect_nothing(within=5)
    store_server.expect_nothing(of="transactions", within=0.01)


def test_waiting_lets_the_event_loop_go_on(store_server: StoreServer) -> None:
    async def application() -> None:
        await asyncio.sleep(0.02)
        await asyncio.to_thread(post, store_server)

    async def main() -> list[Any]:
        sending = asyncio.create_task(application())
        found = await store_server.wait_for_async(1)
        await sending
        return found

    assert len(asyncio.run(main())) == 1


def test_refuse_with_refuses_until_it_is_taken_back(store_server: StoreServer) -> None:
    store_server.refuse_with = errors.RateLimited("slow down", retry_after=60)
    status, headers = post(store_server)
    assert (status, headers["Retry-After"]) == (429, "60") and store_server.events == []
    store_server.refuse_with = None
    assert post(store_server)[0] == 200 and len(store_server.events) == 1


def test_answers_are_given_in_their_order(store_server: StoreServer) -> None:
    store_server.answer_next(
        errors.LimitExceeded("too large", limit="max_event_bytes", maximum=1),
        RateLimit(60, categories=("error",)),
        Response(502, [("Content-Length", "0")]),
        None,
    )
    answers = [post(store_server) for _ in range(5)]
    assert [status for status, _ in answers] == [413, 429, 502, 200, 200]
    assert answers[1][1]["X-Sentry-Rate-Limits"].startswith("60:error:")
    assert len(store_server.events) == 2


def test_connection_closes_without_an_answer(store_server: StoreServer) -> None:
    store_server.answer_next(Close())
    with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
        post(store_server)
    assert store_server.events == [] and store_server.exchanges[0].response is None
    with pytest.raises(NotReceived, match="closed without an answer"):
        store_server.wait_for(1, timeout=0.01)


def test_answer_comes_late_and_no_later_than_the_end_of_the_server() -> None:
    with running() as server:
        server.answer_next(Stall(0.05))
        start = time.monotonic()
        assert post(server)[0] == 200
        assert time.monotonic() - start >= 0.05
        server.answer_next(Stall(600))
        with socket.create_connection((str(urlsplit(server.url).hostname), urlsplit(server.url).port)) as client:
            body = b'{"message":"a"}'
            head = f"POST /api/1/store/?sentry_key={'a' * 32} HTTP/1.1\r\nHost: a\r\nContent-Length: {len(body)}\r\n\r\n"
            client.sendall(head.encode() + body)
            client.settimeout(0.1)
            with pytest.raises(TimeoutError):
                client.recv(1)


def test_server_alone_takes_every_key() -> None:
    with running(limits=Limits(max_event_bytes=1000)) as server:
        assert server.dsn == server.url.replace("://", "://0123456789abcdef0123456789abcdef@") + "/1"
        assert post(server, dsn=server.dsn.replace("0123456789abcdef", "f" * 16, 1))[0] == 200
        assert post(server, {"message": "x" * 2000})[0] == 413
        assert len(server.events) == 1 and server.refused[0].error.status == 413


def test_calling_the_fixture_runs_another_server(store_server: StoreServer) -> None:
    with store_server(limits=Limits(max_event_bytes=10)) as other:
        assert other.url != store_server.url
        assert post(other)[0] == 413 and post(store_server)[0] == 200


def test_several_connections_at_once(store_server: StoreServer) -> None:
    threads = [threading.Thread(target=post, args=(store_server,)) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(store_server.wait_for(16)) == 16


def test_missing_library_says_what_to_install() -> None:
    with (
        mock.patch.dict(sys.modules, {"h11": None, "store_protocol.testing.http_server": None}),
        pytest.raises(ModuleNotFoundError, match=r"pip install 'store-protocol\[testing\]'"),
        running(),
    ):
        pass


@pytest.mark.parametrize(
    ("request_of", "status"),
    [
        (lambda key, body: b"POST /api/1/store/?sentry_key=%b HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
         b"%x\r\n%b\r\n0\r\n\r\n" % (key, len(body), body), 200),
        (lambda key, body: b"POST /api/1/store/?sentry_key=%b HTTP/1.1\r\nHost: a\r\nContent-Encoding: gzip\r\n"
         b"Content-Length: %d\r\n\r\n%b" % (key, len(gzip.compress(body)), gzip.compress(body)), 200),
        (lambda key, _: b"HEAD /api/1/store/?sentry_key=%b HTTP/1.1\r\nHost: a\r\n\r\n" % key, 200),
        (lambda key, _: b"OPTIONS /api/1/store/ HTTP/1.1\r\nHost: a\r\n\r\n", 200),
        (lambda *_: b"nonsense\r\n\r\n", 400),
        (lambda *_: b"GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n", 404),
    ],
    ids=["chunked", "gzip", "HEAD", "OPTIONS", "no HTTP", "unknown path"],
)  # fmt: skip
def test_what_clients_send_is_answered(
    store_server: StoreServer, request_of: Callable[[bytes, bytes], bytes], status: int
) -> None:
    place = urlsplit(store_server.url)
    with socket.create_connection((str(place.hostname), place.port)) as client:
        client.sendall(request_of(store_server.public_key.encode(), b'{"message":"a"}'))
        client.shutdown(socket.SHUT_WR)
        answer = b""
        while piece := client.recv(65536):
            answer += piece
    assert answer.startswith(b"HTTP/1.1 %d " % status)
    assert answer.count(b"HTTP/1.1") == 1


def test_client_that_waits_to_be_asked_for_the_body_is_asked(store_server: StoreServer) -> None:
    place = urlsplit(store_server.url)
    with socket.create_connection((str(place.hostname), place.port)) as client:
        key = store_server.public_key
        head = (
            f"POST /api/1/store/?sentry_key={key} HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"
        )
        client.sendall(head.encode())
        assert client.recv(100).startswith(b"HTTP/1.1 100")
        client.sendall(b"{}")
        assert client.recv(100).startswith(b"HTTP/1.1 200")


def test_connection_is_kept_for_the_next_request(store_server: StoreServer) -> None:
    place = urlsplit(store_server.url)
    connection = http.client.HTTPConnection(str(place.hostname), place.port or 0)
    for _ in range(3):
        connection.request("POST", f"/api/1/store/?sentry_key={store_server.public_key}", json.dumps({"message": "a"}))
        answer = connection.getresponse()
        assert answer.status == 200 and answer.read()
    connection.close()
    assert len(store_server.wait_for(3)) == 3
