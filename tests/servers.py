"""Servers on loopback for the tests: each runs in a thread while its block runs."""

import asyncio
import importlib.util
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

EXAMPLES = Path(__file__).parents[1] / "docs" / "examples"


def example(name: str) -> ModuleType:
    """Import one of the examples of the docs, each time anew."""
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    import sys

    # Django's URL configuration is found by its name.
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@contextmanager
def asgi(app: Any, **options: Any) -> Iterator[int]:
    import uvicorn

    with socket.create_server(("127.0.0.1", 0)) as listener:
        # As store_server: WebSockets may warn when they are loaded.
        defaults: dict[str, Any] = {"log_level": "error", "access_log": False, "timeout_graceful_shutdown": 1, "ws": "none"}
        server = uvicorn.Server(uvicorn.Config(app, **defaults | options))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        wait_until(lambda: server.started)
        try:
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join()


@contextmanager
def wsgi(app: Any) -> Iterator[int]:
    from werkzeug.serving import WSGIRequestHandler, make_server

    class Quiet(WSGIRequestHandler):
        def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002
            pass

    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def aiohttp(app: Any) -> Iterator[int]:
    from aiohttp import web

    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    def run(coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, loop).result(10)

    runner = web.AppRunner(app, access_log=None)
    run(runner.setup())
    listener = socket.create_server(("127.0.0.1", 0))
    run(web.SockSite(runner, listener).start())
    try:
        yield listener.getsockname()[1]
    finally:
        run(runner.cleanup())
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def wait_until(condition: Callable[[], Any], *, timeout: float = 10.0) -> None:
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.01)


def exchange(port: int, data: bytes, *, half_close: bool = False) -> bytes:
    """Send bytes over a connection and give the answer, as much of it as comes."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        try:
            connection.sendall(data)
            if half_close:
                connection.shutdown(socket.SHUT_WR)
        except ConnectionError:
            # The server has answered and closed before it had read everything.
            pass
        return answer_of(connection)


def answer_of(connection: socket.socket) -> bytes:
    """Return the next answer, as much of it as comes; its head and its body may come in two pieces."""
    answer = b""
    try:
        # Some servers go on reading what they refused, to be sure that the answer arrives.
        while not _is_whole(answer) and (chunk := connection.recv(65536)):
            answer += chunk
    except ConnectionError:
        pass
    return answer


def _is_whole(answer: bytes) -> bool:
    head, separator, body = answer.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)\r\ncontent-length: *([0-9]+)", head)
    return bool(separator) and length is not None and len(body) >= int(length[1])


def post(target: str, body: bytes, *headers: str, length: int | None = None) -> bytes:
    lines = [
        f"POST {target} HTTP/1.1",
        "Host: localhost",
        "Connection: close",
        f"Content-Length: {len(body) if length is None else length}",
        *headers,
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def chunked(target: str, body: bytes, *headers: str, size: int = 1000) -> bytes:
    lines = [f"POST {target} HTTP/1.1", "Host: localhost", "Connection: close", "Transfer-Encoding: chunked", *headers]
    chunks = [body[start : start + size] for start in range(0, len(body), size)]
    coded = b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks)
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + coded + b"0\r\n\r\n"


def status_of(answer: bytes) -> int | None:
    """Return the status of an answer, None where the connection ended without one."""
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.") else None
