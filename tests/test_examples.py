"""Examples of the docs that are neither recipes nor the tutorial, as they stand there."""

import queue
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from store_protocol import HttpRequest
from store_protocol.testing import StoreServer
from tests.servers import asgi, example

_fuzz = example("test_fuzz")
port = _fuzz.port
test_server_answers_every_event = _fuzz.test_server_answers_every_event


def status(port: int, key: str) -> tuple[int, str | None]:
    url = f"http://127.0.0.1:{port}/api/1/store/?sentry_key={key}"
    try:
        with urlopen(Request(url, b'{"message": "hello"}')) as answer:
            return answer.status, None
    except HTTPError as error:
        error.close()
        return error.code, error.headers["X-Sentry-Rate-Limits"]


def test_quota_is_for_each_key(monkeypatch: pytest.MonkeyPatch) -> None:
    quota = example("quota")
    monkeypatch.setattr(quota, "MOST", 2)
    monkeypatch.setattr(quota.time, "time", lambda: 600_000_030.0)
    with asgi(quota.app) as port:
        assert [status(port, "a")[0] for _ in range(2)] == [200, 200]
        assert status(port, "a") == (429, "31:error:key")
        assert status(port, "b") == (200, None)
        monkeypatch.setattr(quota.time, "time", lambda: 600_000_060.0)
        assert status(port, "a") == (200, None)


def refuse(request: HttpRequest) -> None:
    raise queue.Full


def test_relay_passes_on_what_it_takes(store_server: StoreServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UPSTREAM", store_server.dsn)
    relay = example("forwarding")
    with asgi(relay.app) as port:
        assert status(port, "a") == (200, None)
        (event,) = store_server.wait_for(1)
        assert event.logentry is not None and event.logentry.formatted == "hello"
        monkeypatch.setattr(relay.waiting, "put_nowait", refuse)
        assert status(port, "a") == (503, None)
