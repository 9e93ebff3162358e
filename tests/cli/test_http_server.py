"""The HTTP/1.1 of `serve`: clients that are slow, send too much or send what is no HTTP are cut, and it costs no event."""

import asyncio
import contextlib
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from store_protocol import Submission, errors
from store_protocol.asgi import StoreApp
from store_protocol.cli.http_server import BoundedProtocol, Bounds
from tests import servers
from tests.servers import answer_of, exchange, status_of, wait_until

KEY = "b70a31b3510c4cf793964a185cfe1fd0"
TARGET = f"/api/1/store/?sentry_key={KEY}"
EVENT = b'{"message": "hello"}'
HEAD = f"POST {TARGET} HTTP/1.1\r\nHost: a\r\n".encode()
POST = HEAD + b"Content-Length: %d\r\n\r\n" % len(EVENT) + EVENT
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"%x\r\n%b\r\n0\r\n" % (len(EVENT), EVENT)
#: Times for those who are cut, and for those who must not be.
SHORT, LONG = 0.5, 60.0


@contextmanager
def serving(on_submission: Any = None, *, keep_alive: float = LONG, bounds: Bounds | None = None) -> Iterator[int]:
    class Protocol(BoundedProtocol):
        pass

    async def take(_: Submission) -> None:
        pass

    Protocol.bounds = bounds or Bounds()
    app = StoreApp(on_submission or take, max_bytes_in_flight=10_000_000)
    with servers.asgi(app, http=Protocol, ws="none", timeout_keep_alive=keep_alive, log_config=None) as port:
        yield port
        assert app._in_flight is not None
        wait_until(lambda: app._in_flight is not None and app._in_flight.count == 0)


@contextmanager
def connected(port: int) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        yield connection


def received(connection: socket.socket) -> bytes:
    """Return all that comes until the server closes the connection."""
    answer = b""
    with contextlib.suppress(ConnectionError):
        while chunk := connection.recv(65536):
            answer += chunk
    return answer


def dripped(connection: socket.socket, start: bytes, drop: bytes, *, pause: float = 0.02) -> bytes:
    """Send some bytes, and go on drop by drop until the server has had enough; return what it said."""
    connection.sendall(start)
    connection.settimeout(pause)
    answer = b""
    for _ in range(1000):
        try:
            chunk = connection.recv(65536)
        except TimeoutError:
            with contextlib.suppress(ConnectionError):
                connection.sendall(drop)
            continue
        except ConnectionError:
            return answer
        if not chunk:
            return answer
        answer += chunk
    pytest.fail("the server never had enough")


SLOW: dict[str, tuple[bytes, bytes, list[int]]] = {
    "nothing comes": (b"", b"", []),
    "blank lines": (b"\r\n", b"\r\n", []),
    "blank lines after a request": (POST, b"\r\n", [200]),
    "request line": (b"P", b"O", [400]),
    "target": (b"GET /", b"a", [408]),
    "headers": (HEAD, b"a", [408]),
    "head after a request": (POST + b"GET / HTTP/1.1\r\n", b"a", [200, 408]),
    "nothing of a body": (HEAD + b"Content-Length: 99\r\n\r\n", b"", [408]),
    "body": (HEAD + b"Content-Length: 999999\r\n\r\n", b"a", [408]),
    "extension of a chunk": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n9;", b"a", [408]),
    "trailers": (CHUNKED + b"a:", b"a", [408]),
    "body of a refused request": (b"POST /api/1/store/ HTTP/1.1\r\nHost: a\r\nContent-Length: 9999\r\n\r\n", b"a", [401]),
    "body of a request that is read to its end": (
        b"OPTIONS /api/1/store/ HTTP/1.1\r\nHost: a\r\nContent-Length: 9999\r\n\r\n",
        b"a",
        [200],
    ),
}


def statuses_of(answer: bytes) -> list[int]:
    return [int(part[:3]) for part in answer.split(b"HTTP/1.1 ")[1:]]


@pytest.mark.parametrize(("start", "drop", "statuses"), SLOW.values(), ids=SLOW)
def test_client_that_stalls_or_drips_is_cut(start: bytes, drop: bytes, statuses: list[int]) -> None:
    bounds = Bounds(head_timeout=SHORT, body_timeout=SHORT)
    with serving(bounds=bounds) as port, connected(port) as connection:
        answer = dripped(connection, start, drop)
    assert statuses_of(answer) == statuses
    if statuses[-1:] == [408]:
        head, _, body = answer.rpartition(b"\r\n\r\n")
        assert b"took too long" in body and b"Access-Control-Allow-Origin: *" in head and b"Connection: close" in head


def test_body_of_a_slow_line_is_taken() -> None:
    body = EVENT + b" " * 100
    bounds = Bounds(head_timeout=SHORT, body_timeout=LONG, min_rate=1)
    with serving(bounds=bounds) as port, connected(port) as connection:
        connection.sendall(HEAD + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(body))
        began = time.monotonic()
        for start in range(0, len(body), 10):
            connection.sendall(body[start : start + 10])
            # Far more than is asked for, and slower than the head may be.
            time.sleep(max(0.0, began + (start + 10) / 100 - time.monotonic()))
        assert statuses_of(received(connection)) == [200]


def test_body_below_the_rate_is_cut() -> None:
    bounds = Bounds(head_timeout=SHORT, body_timeout=LONG, min_rate=1_000_000)
    with serving(bounds=bounds) as port, connected(port) as connection:
        assert statuses_of(dripped(connection, HEAD + b"Content-Length: 999999\r\n\r\n", b"a" * 10)) == [408]


def test_connection_without_requests_is_closed() -> None:
    with serving(keep_alive=0.1) as port, connected(port) as connection:
        connection.sendall(POST)
        assert statuses_of(received(connection)) == [200]


def test_connection_is_used_again_and_again() -> None:
    with serving() as port, connected(port) as connection:
        for request in (POST, CHUNKED + b"\r\n", POST):
            connection.sendall(request)
            assert statuses_of(answer_of(connection)) == [200]


LARGE: dict[str, bytes] = {
    "target": b"GET /" + b"a" * 3000 + b" HTTP/1.1\r\n\r\n",
    "headers": HEAD + b"a: b\r\n" * 400 + b"\r\n",
    "one header": HEAD + b"a: " + b"b" * 3000 + b"\r\n\r\n",
    "one name": HEAD + b"a" * 3000 + b": b\r\n\r\n",
    "name without an end": HEAD + b"a" * 1_000_000,
    "target without an end": b"GET /" + b"a" * 1_000_000,
    "headers without an end": HEAD + b"a: b\r\n" * 100_000,
}


@pytest.mark.parametrize("size", [500, 1_000_000])
@pytest.mark.parametrize("request_", LARGE.values(), ids=LARGE)
def test_head_that_is_too_large_is_refused(request_: bytes, size: int) -> None:
    with serving(bounds=Bounds(max_head_bytes=2000)) as port, connected(port) as connection:
        answer = sent_in_pieces(connection, request_, size)
    assert statuses_of(answer) == [431] and b"over the limit of 2000 bytes" in answer


def sent_in_pieces(connection: socket.socket, data: bytes, size: int) -> bytes:
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with contextlib.suppress(ConnectionError):
        for start in range(0, len(data), size):
            connection.sendall(data[start : start + size])
            if len(data) < 100_000:
                time.sleep(0.005)
        connection.shutdown(socket.SHUT_WR)
    return received(connection)


def test_head_of_exactly_the_limit_is_taken() -> None:
    head = HEAD + b"Content-Length: %d\r\nConnection: close\r\n\r\n" % len(EVENT)
    limit, request = len(head), head + EVENT
    for size in (10, 1_000_000):
        with serving(bounds=Bounds(max_head_bytes=limit)) as port, connected(port) as connection:
            assert statuses_of(sent_in_pieces(connection, request, size)) == [200]
        with serving(bounds=Bounds(max_head_bytes=limit - 1)) as port, connected(port) as connection:
            assert statuses_of(sent_in_pieces(connection, request, size)) == [431]


@pytest.mark.parametrize("rest", [b"a: b\r\n" * 100_000, b"a" * 1_000_000], ids=["trailers", "one trailer"])
def test_trailers_without_an_end_are_cut(rest: bytes) -> None:
    with serving(bounds=Bounds(max_head_bytes=2000)) as port, connected(port) as connection:
        assert statuses_of(sent_in_pieces(connection, CHUNKED + rest, 1000)) == [431]


def test_bodies_are_no_part_of_the_head() -> None:
    large = b'{"extra": {"a": "%s"}}' % (b"x" * 300_000)
    chunks = b"".join(b"%x;%b\r\n%b\r\n" % (1, b"e" * 50, large[at : at + 1]) for at in range(2000))
    chunks += b"%x\r\n%b\r\n0\r\n\r\n" % (len(large) - 2000, large[2000:])
    with serving(bounds=Bounds(max_head_bytes=2000)) as port:
        for request in (
            HEAD + b"Content-Length: %d\r\n\r\n" % len(large) + large,
            HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunks,
        ):
            assert status_of(exchange(port, request)) == 200


@pytest.mark.parametrize("at_once", [True, False])
@pytest.mark.parametrize(
    ("trailer", "status"),
    [
        (f"X-Sentry-Auth: Sentry sentry_key={'c' * 32}", 200),
        ("Content-Encoding: gzip", 200),
        ("Content-Type: application/x-sentry-envelope", 200),
        ("Connection: close", 200),
    ],
)
def test_trailers_are_no_headers(trailer: str, status: int, at_once: bool) -> None:
    taken: list[Submission] = []
    with serving(taken.append) as port, connected(port) as connection:
        rest = trailer.encode() + b"\r\n\r\n"
        if at_once:
            connection.sendall(CHUNKED + rest)
        else:
            connection.sendall(CHUNKED)
            time.sleep(0.02)
            connection.sendall(rest)
        assert status_of(answer_of(connection)) == status
    (submission,) = taken
    assert submission.auth is not None and submission.auth.public_key == KEY and submission.endpoint == "store"


def test_key_in_a_trailer_is_none() -> None:
    request = CHUNKED.replace(b"?sentry_key=" + KEY.encode(), b"")
    with serving() as port:
        assert status_of(exchange(port, request + b"X-Sentry-Auth: Sentry sentry_key=a\r\n\r\n")) == 401


class Gate:
    """A callback that lets events through once it is opened."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        self._entered, self._open = threading.Event(), threading.Event()
        self.open = self._open.set

    def open_later(self, seconds: float = 0.2) -> None:
        """Open it so long after the first event has come."""

        def wait() -> None:
            self._entered.wait(20)
            time.sleep(seconds)
            self.open()

        threading.Thread(target=wait).start()

    async def __call__(self, submission: Submission) -> None:
        self._entered.set()
        await asyncio.to_thread(self._open.wait, 20)
        assert submission.event is not None and submission.event.logentry is not None
        self.taken.append(str(submission.event.logentry.formatted))


def numbered(number: int) -> bytes:
    body = b'{"message": "%d"}' % number
    return HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body


def test_requests_that_were_sent_on_are_answered_in_order() -> None:
    gate = Gate()
    with serving(gate) as port, connected(port) as connection:
        gate.open_later()
        connection.sendall(b"".join(map(numbered, range(8))))
        connection.shutdown(socket.SHUT_WR)
        assert statuses_of(received(connection)) == [200] * 8
    assert gate.taken == [str(number) for number in range(8)]


WRONG: dict[str, tuple[bytes, list[int]]] = {
    "no HTTP": (b"\x16\x03\x01\x02\x00", [400]),
    "no HTTP after a request": (numbered(0) + b"\x16\x03\x01", [200]),
    "no HTTP after two requests": (numbered(0) + numbered(1) + b"\x16\x03\x01", [200, 200]),
    "too many requests": (b"".join(map(numbered, range(500))), [200] * 8),
    "large head after a request": (numbered(0) + HEAD + b"a" * 300_000, [200]),
    "bad chunk": (HEAD + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n", [400]),
    "bad chunk after a request": (numbered(0) + HEAD + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n", [200]),
    "bad chunk after two requests": (
        numbered(0) + numbered(1) + HEAD + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n",
        [200, 200],
    ),
    "two lengths": (HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", [400]),
    "length and chunks": (HEAD + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n", [400]),
    "target that is none": (b"GET http:// HTTP/1.1\r\nHost: a\r\n\r\n", [400]),
    "target beyond ASCII": (b"GET /\xff HTTP/1.1\r\nHost: a\r\n\r\n", [400]),
}


@pytest.mark.parametrize(("data", "statuses"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_answered_after_what_was_right(
    data: bytes, statuses: list[int], caplog: pytest.LogCaptureFixture
) -> None:
    gate = Gate()
    with serving(gate) as port, connected(port) as connection:
        if statuses[0] == 200:
            gate.open_later()
        assert statuses_of(sent_in_pieces(connection, data, 1_000_000)) == statuses
    assert gate.taken == [str(number) for number in range(statuses.count(200))]
    assert not caplog.records


@pytest.mark.parametrize("size", [7, 1_000_000])
@pytest.mark.parametrize(
    "request_",
    [POST.replace(b"Host: a", b"Host: a\r\nUpgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMA")],
)
def test_wish_for_another_protocol_costs_no_event(request_: bytes, size: int, caplog: pytest.LogCaptureFixture) -> None:
    chunked = request_.replace(b"Content-Length: 20", b"Transfer-Encoding: chunked")
    chunked = chunked.replace(EVENT, CHUNKED.rpartition(b"\r\n\r\n")[2] + b"\r\n")
    taken: list[Submission] = []
    with serving(taken.append) as port:
        for request in (request_, chunked):
            with connected(port) as connection:
                answer = sent_in_pieces(connection, request, size)
            # The parser that reads the body knows no second request.
            assert statuses_of(answer) == [200] and b"\r\nconnection: close\r\n" in answer
        with connected(port) as connection:
            answer = sent_in_pieces(connection, chunked.replace(b"14\r\n", b"xy\r\n"), size)
            assert statuses_of(answer) == [400]
        get = (
            request_.partition(b"Content-Length")[0].replace(b"POST", b"GET").replace(b" HTTP", b"&sentry_data=%7B%7D HTTP")
        )
        with connected(port) as connection:
            assert statuses_of(sent_in_pieces(connection, get + b"\r\n", size)) == [200]
    assert len(taken) == 3 and not caplog.records


def test_client_that_has_said_all_still_gets_its_answer() -> None:
    gate = Gate()
    with serving(gate) as port, connected(port) as connection:
        gate.open_later()
        connection.sendall(POST)
        connection.shutdown(socket.SHUT_WR)
        assert statuses_of(received(connection)) == [200]


def test_client_that_goes_away_within_a_body_is_forgotten() -> None:
    with serving(lambda _: pytest.fail("there is no event")) as port:
        for _ in range(3):
            with connected(port) as connection:
                connection.sendall(POST[:-5])


def test_body_that_waits_for_another_answer_is_not_cut() -> None:
    gate = Gate()
    bounds = Bounds(head_timeout=SHORT, min_rate=1_000_000)
    body = b'{"message": "1"}' + b" " * 500_000
    # The server stops reading of the second what it can't hand on yet: it is not the client that is slow.
    second = HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body
    with serving(gate, bounds=bounds) as port, connected(port) as connection:
        gate.open_later(3 * SHORT)
        connection.sendall(numbered(0))
        time.sleep(0.05)
        connection.sendall(second)
        connection.shutdown(socket.SHUT_WR)
        assert statuses_of(received(connection)) == [200, 200]


def test_more_connections_than_may_be_are_told_so() -> None:
    with serving(bounds=Bounds(max_connections=2)) as port:
        with connected(port) as first, connected(port) as second:
            for connection in (first, second):
                connection.sendall(POST)
                assert status_of(answer_of(connection)) == 200
            with connected(port) as third:
                answer = received(third)
            assert statuses_of(answer) == [503] and b"Retry-After: 10\r\n" in answer
        wait_until(lambda: status_of(exchange(port, POST)) == 200)


@pytest.mark.parametrize("later", [True, False])
def test_callback_that_fails_harms_nobody_else(later: bool, caplog: pytest.LogCaptureFixture) -> None:
    failures = iter([True, False, True, False])

    def fail(_: Submission) -> None:
        if next(failures):
            raise ZeroDivisionError("what is between us")

    async def fail_later(submission: Submission) -> None:
        await asyncio.sleep(0)
        fail(submission)

    with serving(fail_later if later else fail) as port:
        answers = [exchange(port, POST) for _ in range(4)]
    assert [status_of(answer) for answer in answers] == [500, 200, 500, 200]
    assert answers[0].endswith(b"\r\n\r\nInternal Server Error")
    assert len([record for record in caplog.records if record.exc_info]) == 2


def test_callback_may_refuse_and_the_connection_goes_on() -> None:
    async def refuse(_: Submission) -> None:
        raise errors.Overloaded("not now", retry_after=3)

    with serving(refuse) as port, connected(port) as connection:
        for _ in range(3):
            connection.sendall(POST)
            answer = answer_of(connection)
            assert status_of(answer) == 503 and b"retry-after: 3\r\n" in answer.lower()


class Transport(asyncio.Transport):
    """A transport whose peer doesn't read."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.buffered = 100_000

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return default

    def write(self, data: Any) -> None:
        self.calls.append("write")

    def write_eof(self) -> None:
        self.calls.append("eof")

    def get_write_buffer_size(self) -> int:
        return self.buffered

    def is_closing(self) -> bool:
        return "close" in self.calls or "abort" in self.calls

    def close(self) -> None:
        self.calls.append("close")

    def abort(self) -> None:
        self.calls.append("abort")


def in_loop(steps: Callable[[BoundedProtocol, Transport], Any], bounds: Bounds) -> list[str]:
    """Run steps on a connection whose peer doesn't read; return what became of it."""

    async def run() -> list[str]:
        from uvicorn import Config
        from uvicorn.server import ServerState

        class Protocol(BoundedProtocol):
            pass

        Protocol.bounds = bounds
        config = Config(StoreApp(lambda _: None), http=Protocol, ws="none", access_log=False)
        protocol = Protocol(config, ServerState(), {})
        transport = Transport()
        protocol.connection_made(transport)
        steps(protocol, transport)
        await asyncio.sleep(0.1)
        protocol.connection_lost(None)
        return transport.calls

    return asyncio.run(run())


def test_client_that_takes_no_answer_is_cut() -> None:
    def stall(protocol: BoundedProtocol, _: Transport) -> None:
        protocol.pause_writing()

    def go_on(protocol: BoundedProtocol, _: Transport) -> None:
        protocol.pause_writing()
        protocol.resume_writing()

    bounds = Bounds(answer_timeout=0.01)
    assert in_loop(stall, bounds)[0] == "abort"
    assert "abort" not in in_loop(go_on, bounds)
    assert "abort" not in in_loop(stall, Bounds())


def test_idle_connection_with_answers_that_nobody_reads_is_cut() -> None:
    def idle(protocol: BoundedProtocol, transport: Transport, buffered: int) -> None:
        transport.buffered = buffered
        protocol.timeout_keep_alive_handler()

    assert in_loop(lambda protocol, transport: idle(protocol, transport, 1), Bounds())[:2] == ["close", "abort"]
    assert "abort" not in in_loop(lambda protocol, transport: idle(protocol, transport, 0), Bounds())


def test_errors_of_the_server_are_those_of_the_protocol() -> None:
    with serving() as port:
        answer = exchange(port, b"nothing\r\n\r\n")
    head, _, body = answer.partition(b"\r\n\r\n")
    assert json.loads(body) == {"detail": "the request is no HTTP/1.1"}
    assert b"X-Sentry-Error: the request is no HTTP/1.1" in head
