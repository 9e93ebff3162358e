"""Servers outside of this project, the recipes as the docs have them, fuzzed with its strategies."""

import asyncio
import importlib
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException, HTTPResponse
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from werkzeug.serving import WSGIRequestHandler, make_server

from store_protocol import HttpRequest, encode_request
from store_protocol.strategies import dirty_events, hostile_requests, requests

KEY = "b70a31b3510c4cf793964a185cfe1fd0"
#: Of the servers on their ports; a request has the path and the key of it.
DSN = f"http://{KEY}@127.0.0.1/sentry/1"

settings.register_profile("servers", max_examples=40, deadline=None, suppress_health_check=[*HealthCheck], database=None)
settings.load_profile("servers")


class Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002
        """Log nothing."""


@contextmanager
def wsgi(app: Any) -> Iterator[int]:
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


@contextmanager
def asgi(app: Any) -> Iterator[int]:
    import uvicorn

    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(app, log_level="critical", ws="none", http="h11"))
        thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listener])))
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield listener.getsockname()[1]
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="module", params=["starlette", "flask", "django"])
def recipe(request: pytest.FixtureRequest) -> Iterator[tuple[int, list[Any]]]:
    module = importlib.import_module(f"{request.param}_app")
    running = wsgi(module.application if request.param == "django" else module.app)
    if request.param == "starlette":
        running = asgi(module.app)
    with running as port:
        yield port, module.received


def exchange(port: int, request: HttpRequest) -> int | None:
    """Send a request as it is, for no client would send some of them; return the status of its answer, if there is one."""
    headers = [pair for pair in request.header_pairs() if pair[0].lower() not in {"content-length", "connection"}]
    headers += [("Content-Length", str(len(request.body))), ("Connection", "close")]
    lines = [f"{request.method} {request.target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers), "", ""]
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        try:
            connection.sendall("\r\n".join(lines).encode("utf-8", "replace") + request.body)
            answer = HTTPResponse(connection, method=request.method)
            answer.begin()
            answer.read()
        except (ConnectionError, HTTPException):
            # It has closed before it read all of what it refuses, and what it said is lost.
            return None
        return answer.status


@given(request=requests(dsn=DSN))
def test_right_requests_are_taken(recipe: tuple[int, list[Any]], request: HttpRequest) -> None:
    port, received = recipe
    received.clear()
    assert exchange(port, request) == 200
    (submission,) = received
    assert submission.refused == () and all(event.errors is None for event in submission.events)


@given(event=dirty_events())
def test_dirty_events_are_taken(recipe: tuple[int, list[Any]], event: Any) -> None:
    port, _ = recipe
    # 400 is for a transaction that no server can keep: without its times, or its trace.
    assert exchange(port, encode_request(DSN, event)) in {200, 400}


@given(request=hostile_requests(dsn=DSN))
def test_hostile_requests_are_no_error_of_the_server(recipe: tuple[int, list[Any]], request: HttpRequest) -> None:
    port, _ = recipe
    status = exchange(port, request)
    assert status is None or status < 500
