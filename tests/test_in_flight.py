"""Bytes in flight: bodies under way are counted to the byte, and released on every way out."""

import asyncio
import base64
import gzip
import io
import threading
from collections.abc import Callable
from typing import Any

import pytest

from store_protocol import HttpRequest, Limits, RequestDecoder, Submission, asgi, errors, wsgi
from store_protocol.in_flight import BytesInFlight
from tests.body.cases import raw_deflate
from tests.test_apps import APPS, EVENT, KEY, QUERY, STORE, call_wsgi, never

LENGTH = len(EVENT)
GZIPPED, BASE64 = gzip.compress(EVENT), base64.b64encode(EVENT)
LARGE = EVENT + b" " * 200_000
DUMP = b"MDMP" + bytes(2000)
# Bare deflate: a stored block of one byte, one of 1000, and a compressed one. It begins as a zlib stream with a stored
# block of 65534 bytes would, of which a thousand come out before it ends too early.
TWICE = b"\x78\x01\x00\xfe\xff\x01" + b"\x00\xe8\x03\x17\xfc" + b"a" * 1000 + raw_deflate(b"b" * 500)

#: By name: the endpoint, the coding that the header names, the body, and how many bytes the request holds at its largest.
BODIES: dict[str, tuple[str, str, bytes, int]] = {
    "plain": ("store", "", EVENT, LENGTH),
    "blanks before it": ("store", "", b" " * 9 + EVENT, LENGTH + 9),
    "large": ("store", "", LARGE, len(LARGE)),
    "gzip": ("store", "gzip", GZIPPED, len(GZIPPED) + LENGTH),
    "large in gzip": ("store", "gzip", gzip.compress(LARGE), len(gzip.compress(LARGE)) + len(LARGE)),
    "gzip that no header names": ("store", "", GZIPPED, len(GZIPPED) + LENGTH),
    "base64": ("store", "", BASE64, len(BASE64) + LENGTH),
    "base64 of gzip": ("store", "", base64.b64encode(GZIPPED), len(base64.b64encode(GZIPPED)) + LENGTH),
    "dump": ("minidump", "", DUMP, len(DUMP)),
    "dump in a container": ("minidump", "", gzip.compress(DUMP), len(gzip.compress(DUMP)) + len(DUMP)),
}
ALL = pytest.mark.parametrize(("endpoint", "coding", "body", "largest"), BODIES.values(), ids=BODIES)


def headers_of(coding: str, length: int | None) -> list[tuple[bytes, bytes]]:
    headers = [(b"content-encoding", coding.encode())] if coding else []
    return headers if length is None else [*headers, (b"content-length", str(length).encode())]


@APPS
@ALL
@pytest.mark.parametrize("size", [100, 1_000_000])
@pytest.mark.parametrize("says_its_length", [True, False])
def test_body_is_taken_where_all_that_it_holds_fits(
    kind: Any, call: Any, endpoint: str, coding: str, body: bytes, largest: int, size: int, says_its_length: bool
) -> None:
    counted: list[int] = []
    apps: list[Any] = []
    chunks = [body[start : start + size] for start in range(0, len(body), size)]
    more: dict[str, Any] = {"headers": headers_of(coding, len(body) if says_its_length else None)}
    if kind is wsgi.StoreApp and not says_its_length:
        more |= {"CONTENT_LENGTH": "", "wsgi.input_terminated": True}
    for maximum, status in ((largest, 200), (largest - 1, 503)):
        app = kind(lambda _: counted.append(apps[-1]._in_flight.count), max_bytes_in_flight=maximum)
        apps.append(app)
        found, headers, _ = call(app, path=f"/api/1/{endpoint}/", chunks=chunks, **more)
        assert (found, headers.get("retry-after")) == (status, "10" if status == 503 else None)
        assert app._in_flight.count == 0
    assert counted == [largest]


def test_what_is_decoded_twice_is_counted_once() -> None:
    counted: list[int] = []
    head = HttpRequest("POST", f"{STORE}?{QUERY}", {"Content-Encoding": "deflate"})
    decoder = RequestDecoder(head, reserve=counted.append)
    decoder.feed(TWICE)
    assert decoder.decode() == 1501
    assert len(counted) > 2 and sum(counted) == len(TWICE) + 1501


@APPS
def test_refused_before_the_body_is_read(kind: Any, call: Callable[..., Any]) -> None:
    headers = [(b"content-length", str(LENGTH).encode())]
    more: dict[str, Any] = {}
    if kind is wsgi.StoreApp:
        more = {"CONTENT_LENGTH": str(LENGTH), "wsgi.input": type("Body", (), {"read": never})()}
    found = call(kind(never, max_bytes_in_flight=LENGTH - 1), headers=headers, chunks=(), **more)
    assert found[0] == 503 and b"under way" in found[2] and "access-control-allow-origin" in found[1]


@APPS
def test_requests_without_a_body_are_answered_at_the_bound(kind: Any, call: Any) -> None:
    app = kind(lambda _: None, max_bytes_in_flight=0)
    assert call(app, method="OPTIONS", query="", chunks=())[0] == 200
    assert call(app, method="HEAD", query="", chunks=())[0] == 200
    assert call(app, method="GET", query=f"{QUERY}&sentry_data=%7B%7D", chunks=(b"",))[0] == 200
    assert call(app)[0] == 503


@APPS
@pytest.mark.parametrize("length", [b"-1", b"1e3", b"", b"\xb2", b"9" * 30])
def test_length_that_is_none_reserves_nothing(kind: Any, call: Any, length: bytes) -> None:
    app = kind(lambda _: None, max_bytes_in_flight=LENGTH)
    if kind is asgi.StoreApp:
        assert call(app, headers=[(b"content-length", length)])[0] == (413 if len(length) > 18 else 200)
    else:
        environ = {"CONTENT_LENGTH": length.decode("latin-1"), "wsgi.input_terminated": True}
        assert call(app, **environ)[0] == (413 if len(length) > 18 else 200)
    assert app._in_flight.count == 0


def failing(error: BaseException) -> Any:
    def take(_: Submission) -> None:
        raise error

    return take


async def failing_later(_: Submission) -> None:
    await asyncio.sleep(0)
    raise ZeroDivisionError


LEFT: dict[str, tuple[Any, dict[str, Any], int | type[BaseException] | None]] = {
    "answered": (lambda _: None, {}, 200),
    "refused by the callback": (failing(errors.UnknownKey("no such key")), {}, 401),
    "callback fails": (failing(ZeroDivisionError()), {}, ZeroDivisionError),
    "async callback fails": (failing_later, {}, ZeroDivisionError),
    "bad body": (never, {"chunks": [b"{"]}, 400),
    "bad coding": (never, {"chunks": [b"x" * 99], "headers": [(b"content-encoding", b"gzip")]}, 400),
    "over a limit": (never, {"chunks": [b"x" * 1_000_000] * 2}, 413),
    "client goes away": (never, {"chunks": [EVENT[:9], None]}, None),
    "client goes away at once": (never, {"chunks": [None], "headers": [(b"content-length", b"99")]}, None),
}


@APPS
@pytest.mark.parametrize(("callback", "request_", "outcome"), LEFT.values(), ids=LEFT)
def test_released_on_every_way_out(kind: Any, call: Any, callback: Any, request_: dict[str, Any], outcome: Any) -> None:
    app = kind(callback, max_bytes_in_flight=10_000_000)
    if isinstance(outcome, type):
        with pytest.raises(outcome):
            call(app, **request_)
    else:
        found = call(app, **request_)
        if outcome is None and kind is wsgi.StoreApp:
            outcome = 400
        assert (None if found is None else found[0]) == outcome
    assert app._in_flight.count == 0


def scope_of(length: int | None = None) -> dict[str, Any]:
    headers = headers_of("", length)
    return {"type": "http", "method": "POST", "path": STORE, "query_string": QUERY.encode(), "headers": headers}


async def start(app: Any, body: asyncio.Queue[Any], length: int | None = None) -> tuple["asyncio.Task[None]", list[int]]:
    """Start a request that gets its body from a queue, and let it come to where it waits."""
    statuses: list[int] = []

    async def send(message: Any) -> None:
        if "status" in message:
            statuses.append(message["status"])

    task = asyncio.create_task(app(scope_of(length), body.get, send))
    for _ in range(3):
        await asyncio.sleep(0)
    return task, statuses


def test_two_requests_at_the_bound() -> None:
    async def run() -> None:
        async def take(_: Submission) -> None:
            pass

        app = asgi.StoreApp(take, max_bytes_in_flight=2 * LENGTH)
        in_flight: Any = app._in_flight
        bodies: list[asyncio.Queue[Any]] = [asyncio.Queue() for _ in range(3)]
        first, answered = await start(app, bodies[0], LENGTH)
        # The second doesn't say its length: it has reserved what came of it.
        second, grown = await start(app, bodies[1])
        await bodies[1].put({"type": "http.request", "body": EVENT[:40], "more_body": True})
        await asyncio.sleep(0)
        assert in_flight.count == LENGTH + 40
        assert (await start(app, bodies[2], LENGTH - 39))[1] == [503]
        third, _ = await start(app, bodies[2], LENGTH - 40)
        assert in_flight.count == 2 * LENGTH
        # One byte more than there is room for.
        await bodies[1].put({"type": "http.request", "body": b"x", "more_body": True})
        await second
        assert grown == [503] and in_flight.count == 2 * LENGTH - 40
        await bodies[0].put({"type": "http.request", "body": EVENT, "more_body": False})
        await first
        assert answered == [200] and in_flight.count == LENGTH - 40
        third.cancel()
        with pytest.raises(asyncio.CancelledError):
            await third
        assert in_flight.count == 0

    asyncio.run(run())


def test_released_when_it_is_cancelled_in_a_thread() -> None:
    entered, leave = threading.Event(), threading.Event()

    def take(_: Submission) -> None:
        entered.set()
        assert leave.wait(10)

    async def run() -> int:
        app = asgi.StoreApp(take, max_bytes_in_flight=LENGTH)
        body: asyncio.Queue[Any] = asyncio.Queue()
        await body.put({"type": "http.request", "body": EVENT, "more_body": False})
        task, _ = await start(app, body, LENGTH)
        assert await asyncio.to_thread(entered.wait, 10)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        leave.set()
        count: int = app._in_flight.count  # type: ignore[union-attr]
        return count

    assert asyncio.run(run()) == 0


def test_request_that_is_over_reserves_nothing_more() -> None:
    in_flight = BytesInFlight(10)
    reservation = in_flight.reservation()
    reservation.take(4)
    for _ in range(2):
        reservation.release()
        assert in_flight.count == 0
    with pytest.raises(errors.Overloaded):
        reservation.take(1)
    assert in_flight.count == 0


def test_bound_is_no_negative_number() -> None:
    with pytest.raises(ValueError, match="0 or more"):
        asgi.StoreApp(never, max_bytes_in_flight=-1)


def test_threads_share_the_bound() -> None:
    waiting, refused = threading.Semaphore(0), threading.Event()
    statuses: list[int] = []

    class Body(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            waiting.release()
            assert refused.wait(10)
            return super().read(size)

    app = wsgi.StoreApp(lambda _: None, max_bytes_in_flight=3 * LENGTH)

    def send(body: io.BytesIO) -> None:
        environ: dict[str, Any] = {"CONTENT_LENGTH": str(LENGTH), "wsgi.input": body}
        found = call_wsgi(app, **environ)
        assert found is not None
        statuses.append(found[0])

    threads = [threading.Thread(target=send, args=(Body(EVENT),)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for _ in threads:
        assert waiting.acquire(timeout=10)
    send(io.BytesIO(EVENT))
    assert statuses == [503]
    refused.set()
    for thread in threads:
        thread.join()
    send(io.BytesIO(EVENT))
    assert statuses == [503, 200, 200, 200, 200]


def test_bomb_is_refused_before_it_has_gone_off() -> None:
    counted: list[int] = []

    def reserve(size: int) -> None:
        counted.append(size)
        if sum(counted) > 1_000_000:
            raise errors.Overloaded("too much", retry_after=1)

    head = HttpRequest("POST", f"/api/1/envelope/?sentry_key={KEY}", {"Content-Encoding": "gzip"})
    decoder = RequestDecoder(head, limits=Limits(), reserve=reserve)
    decoder.feed(gzip.compress(bytes(50_000_000)))
    with pytest.raises(errors.Overloaded):
        decoder.finish()
    assert sum(counted) < 1_200_000
