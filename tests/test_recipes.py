"""The recipes of the docs, each with its framework on a real server, and a real client that sends to it."""

import gzip
import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from types import ModuleType

import pytest
import sentry_sdk

from tests.servers import aiohttp, asgi, chunked, example, exchange, post, status_of, wait_until, wsgi

KEY = "b70a31b3510c4cf793964a185cfe1fd0"
STORE = f"/sentry/api/1/store/?sentry_key={KEY}"
EVENT = b'{"message": "hello", "extra": {"text": "%s"}}' % (b"x" * 5000)


class Recipe:
    def __init__(self, module: ModuleType, port: int) -> None:
        self.port = port
        self.received = module.received
        self.received.clear()

    def answer(self, data: bytes) -> tuple[int | None, bytes]:
        found = exchange(self.port, data)
        return status_of(found), found.partition(b"\r\n\r\n")[2]


@pytest.fixture(scope="module", params=["aiohttp", "django", "django_asgi", "fastapi", "flask", "starlette"])
def recipe(request: pytest.FixtureRequest) -> Iterator[Recipe]:
    module = example(f"{request.param}_app")
    match request.param:
        case "aiohttp":
            running = aiohttp(module.app)
        case "django":
            running = wsgi(module.application)
        case "flask":
            running = wsgi(module.app)
        case "django_asgi":
            running = asgi(module.application)
        case _:
            running = asgi(module.app)
    with running as port:
        yield Recipe(module, port)


def test_client_sends(recipe: Recipe) -> None:
    recipe.received.clear()
    sentry_sdk.init(
        f"http://{KEY}@127.0.0.1:{recipe.port}/sentry/1", default_integrations=False, auto_enabling_integrations=False
    )
    sentry_sdk.set_tag("tag", "value")
    try:
        raise ValueError("boom")  # noqa: TRY301
    except ValueError as error:
        event_id = sentry_sdk.capture_exception(error)
    sentry_sdk.get_client().close(timeout=5)
    wait_until(lambda: recipe.received)
    event = recipe.received[0].event
    assert event.event_id == event_id
    assert (event.exception.values[0].type, event.exception.values[0].value) == ("ValueError", "boom")
    assert event.exception.values[0].stacktrace.frames[-1].function == "test_client_sends"
    assert ("tag", "value") in event.tags


GOOD = {
    "plain": post(STORE, EVENT),
    "gzip": post(STORE, gzip.compress(EVENT), "Content-Encoding: gzip"),
    "chunked": chunked(STORE, EVENT),
    "chunked gzip": chunked(STORE, gzip.compress(EVENT), "Content-Encoding: gzip"),
}


@pytest.mark.parametrize("data", GOOD.values(), ids=GOOD)
def test_good_requests_are_taken(recipe: Recipe, data: bytes) -> None:
    recipe.received.clear()
    status, body = recipe.answer(data)
    assert status == 200
    (submission,) = recipe.received
    assert submission.event.logentry.formatted == "hello"
    assert submission.event_id.encode() in body
    assert submission.project_id == "1"


REFUSED = {
    "unknown key": (post("/sentry/api/1/store/?sentry_key=other", EVENT), 401),
    "no key": (post("/sentry/api/1/store/", EVENT), 401),
    "unknown path": (post("/sentry/api/1/nothing/", EVENT), 404),
    "no JSON": (post(STORE, b"hello"), 400),
    "cut gzip": (post(STORE, gzip.compress(EVENT)[:-9], "Content-Encoding: gzip"), 400),
    "oversized": (post(STORE, b'{"a":"%s"}' % (b"x" * 1_100_000)), 413),
    "oversized and chunked": (chunked(STORE, b'{"a":"%s"}' % (b"x" * 1_100_000), size=60_000), 413),
    "a bomb": (post(STORE, gzip.compress(bytes(20_000_000)), "Content-Encoding: gzip"), 413),
}


@pytest.mark.parametrize(("data", "status"), REFUSED.values(), ids=REFUSED)
def test_bad_requests_are_refused(recipe: Recipe, data: bytes, status: int) -> None:
    recipe.received.clear()
    found, body = recipe.answer(data)
    assert found == status
    assert json.loads(body)["detail"]
    assert not recipe.received


def test_body_that_says_it_is_too_long_is_not_waited_for(recipe: Recipe) -> None:
    recipe.received.clear()
    answer = exchange(recipe.port, post(STORE, b"", length=5_000_000))
    assert status_of(answer) == 413 and b"over the limit of 1048576 bytes" in answer
    assert not recipe.received


def test_client_that_goes_away_leaves_nothing(recipe: Recipe) -> None:
    recipe.received.clear()
    answer = exchange(recipe.port, post(STORE, EVENT[:100], length=len(EVENT)), half_close=True)
    assert status_of(answer) in {None, 400}
    status, _ = recipe.answer(GOOD["plain"])
    assert status == 200 and len(recipe.received) == 1


def test_client_that_stalls_keeps_nobody_waiting(recipe: Recipe) -> None:
    recipe.received.clear()
    with ExitStack() as stack:
        for _ in range(20):
            stalled = stack.enter_context(socket.create_connection(("127.0.0.1", recipe.port), timeout=10))
            stalled.sendall(post(STORE, EVENT[:1000], length=len(EVENT)))
        status, _ = recipe.answer(GOOD["plain"])
        assert status == 200 and len(recipe.received) == 1


def test_browser_may_ask_first(recipe: Recipe) -> None:
    answer = exchange(recipe.port, b"OPTIONS /sentry/api/1/store/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    assert status_of(answer) == 200
    assert b"access-control-allow-headers: x-sentry-auth" in answer.lower()
