"""No event is answered by an error of the server, whatever is in it: pytest test_fuzz.py."""

from collections.abc import Iterator
from http.client import HTTPConnection
from threading import Thread
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store_protocol import Submission, encode_request
from store_protocol.strategies import dirty_events
from store_protocol.wsgi import StoreApp


def take(submission: Submission) -> None:
    """Do with the events what your server does."""


class Quiet(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Log nothing."""


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with make_server("127.0.0.1", 0, StoreApp(take), handler_class=Quiet) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


@given(event=dirty_events(), encoding=st.sampled_from([None, "gzip", "deflate", "br", "zstd", "base64"]))
def test_server_answers_every_event(port: int, event: Any, encoding: Any) -> None:
    request = encode_request(f"http://key@127.0.0.1:{port}/1", event, encoding=encoding)
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(request.method, request.target, request.body, dict(request.header_pairs()))
        assert connection.getresponse().status in {200, 400, 413}
    finally:
        connection.close()
