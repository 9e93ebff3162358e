"""Real SDKs send to a real server: every event arrives with what the program put in.

`make tests` installs them; one that isn't there is skipped, and the recorded requests stand for it.
"""

import functools
import http.server
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from store_protocol import Event, Submission
from store_protocol.asgi import StoreApp
from store_protocol.errors import RateLimited
from store_protocol.testing import StoreServer
from tests.servers import asgi, wait_until

SCRIPTS = Path(__file__).parent / "clients"
CLIENTS = Path(sys.prefix) / "clients"
NODE = CLIENTS / "node"

#: By client: the command, the folder that it is in, and what it calls the error.
SDKS: dict[str, tuple[list[str], Path, str]] = {
    "sentry-sdk 2": ([sys.executable, "sentry_sdk_client.py"], CLIENTS / "sentry-sdk-2", "ValueError"),
    "sentry-sdk 1": ([sys.executable, "sentry_sdk_client.py"], CLIENTS / "sentry-sdk-1", "ValueError"),
    "raven 6.10": ([sys.executable, "raven_client.py"], CLIENTS / "raven-6", "ValueError"),
    "@sentry/node": (["node", "sentry_node.cjs"], NODE / "node_modules/@sentry/node", "RangeError"),
    "raven for node": (["node", "raven_node.cjs"], NODE / "node_modules/raven", "RangeError"),
}

pytestmark = pytest.mark.client

StartServer = Callable[..., AbstractContextManager[StoreServer]]


def run(command: list[str], folder: Path, dsn: str) -> str:
    program, script, *arguments = command
    environment = os.environ | {
        "PYTHONPATH": str(folder),
        "NODE_PATH": str(NODE / "node_modules"),
        "PYTHONWARNINGS": "ignore",
        "NO_PROXY": "127.0.0.1",
    }
    done = subprocess.run(
        [program, str(SCRIPTS / script), dsn, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip().splitlines()[-1]


def check(event: Event, kind: str) -> None:
    """Hold an event against what every program puts in."""
    assert event.exception is not None and event.exception.values and event.user is not None
    exception = event.exception.values[-1]
    assert exception is not None and exception.stacktrace is not None and exception.stacktrace.frames
    assert (exception.type, exception.value) == (kind, "no 7")
    assert any(frame is not None and frame.function == "fail" for frame in exception.stacktrace.frames[-2:])
    assert ("colour", "grün") in (event.tags or ())
    assert (event.user.id, event.user.email) == ("42", "a@example.com")
    assert (event.release, event.environment) == ("app@1.2.3", "testing")
    crumbs = [crumb for crumb in (event.breadcrumbs and event.breadcrumbs.values) or () if crumb is not None]
    assert ("auth", "logged in") in [(crumb.category, crumb.message) for crumb in crumbs]


@pytest.mark.parametrize("client", SDKS)
def test_what_the_client_sends_arrives(client: str, store_server: StartServer) -> None:
    command, folder, kind = SDKS[client]
    if not folder.exists() or shutil.which(command[0]) is None:
        pytest.skip(f"{client} is not installed")
    with store_server() as server:
        event_id = run(command, folder, server.dsn)
        event = next(event for event in server.wait_for(1) if event.exception is not None)
        assert event.event_id == event_id.replace("-", "")
        check(event, kind)


CURL = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")


def curl(*arguments: str) -> tuple[int, str]:
    done = subprocess.run(
        ["curl", "--silent", "--show-error", "--write-out", "\n%{http_code}", *arguments],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    body, _, status = done.stdout.rpartition("\n")
    return int(status), body


@CURL
def test_curl_of_the_documentation_sends_an_event(store_server: StartServer) -> None:
    # develop.sentry.dev, "Reading from Curl": the key stands in the URL, as the DSN has it, and in the header.
    event = {
        "exception": [
            {
                "type": "ValueError",
                "value": "my exception value",
                "module": "__builtins__",
                "stacktrace": {"frames": [{"filename": "foo.py", "lineno": 7, "function": "fail"}]},
            }
        ],
        "event_id": "fc6d8c0c43fc4630ad850ee518f1b9d0",
        "culprit": "my.module.function_name",
        "timestamp": "2011-05-02T17:41:36",
        "tags": [["ios_version", "4.0"]],
    }
    key = "b70a31b3510c4cf793964a185cfe1fd0"
    with store_server() as server:
        status, body = curl(
            "--data",
            json.dumps(event),
            "--header",
            "Content-Type: application/json",
            "--header",
            f"X-Sentry-Auth: Sentry sentry_version=7, sentry_key={key}, sentry_client=raven-bash/0.1",
            f"http://{key}@{server.url.removeprefix('http://')}/api/1/store/",
        )
        assert (status, json.loads(body)) == (200, {"id": event["event_id"]})
        assert server.events[0].exception is not None


@CURL
@pytest.mark.parametrize("form", ["multipart", "raw"])
def test_curl_of_the_documentation_sends_a_minidump(form: str, store_server: StartServer, tmp_path: Path) -> None:
    dump = tmp_path / "mini.dmp"
    dump.write_bytes(b"MDMP" + bytes(16) + (1377809543).to_bytes(4, "little") + bytes(8))
    arguments = (
        ["-F", f"upload_file_minidump=@{dump}", "-F", 'sentry={"release":"1.2.3"}', "-F", "sentry[tags][a]=b"]
        if form == "multipart"
        else ["--data-binary", f"@{dump}", "-H", "Content-Type: application/x-dmp"]
    )
    with store_server() as server:
        status, body = curl(*arguments, f"{server.url}/api/1/minidump/?sentry_key=b70a31b3510c4cf793964a185cfe1fd0")
        event = server.events[0]
        assert (status, body.replace("-", "")) == (200, event.event_id)
        assert (event.platform, event.timestamp) == ("native", 1377809543)
        if form == "multipart":
            assert event.release == "1.2.3" and ("a", "b") in (event.tags or ())


CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


class Pages:
    """A server of a page with @sentry/browser, and the paths that it was asked for."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.asked: list[str] = []


@pytest.fixture(scope="module")
def page() -> Iterator[Pages]:
    """Serve a page with @sentry/browser, from an origin of its own."""
    esbuild = NODE / "node_modules/.bin/esbuild"
    if CHROMIUM is None or not esbuild.exists():
        pytest.skip("no Chromium, or no @sentry/browser, is installed")
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(SCRIPTS / "browser.mjs", NODE)
        bundle = ["--bundle", "--format=esm", "--charset=utf8", "--log-level=error", f"--outfile={folder}/page.js"]
        subprocess.run([esbuild, NODE / "browser.mjs", *bundle], check=True, timeout=60)
        html = '<!doctype html><meta charset="utf-8"><title>page</title><script type="module" src="page.js"></script>'
        (Path(folder) / "index.html").write_text(html)
        with pages(folder) as served:
            yield served


@contextmanager
def pages(folder: str) -> Iterator[Pages]:
    class Noted(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            served.asked.append(self.path.partition("?")[0])

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Noted, directory=folder)) as server:
        served = Pages(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield served
        server.shutdown()
        thread.join()


@contextmanager
def browser(url: str) -> Iterator[None]:
    assert CHROMIUM is not None
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        running = subprocess.Popen(
            [
                CHROMIUM,
                *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
                *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
                f"--user-data-dir={profile}",
                url,
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            yield
        finally:
            running.terminate()
            running.wait(timeout=10)


@pytest.mark.parametrize("way", ["simple", "preflight", "tunnel", "limited"])
def test_browser_sends(way: str, page: Pages) -> None:
    submissions: list[Submission] = []
    methods: list[str] = []

    async def take(submission: Submission) -> None:
        submissions.append(submission)
        if way == "limited":
            raise RateLimited("that will do", retry_after=60, rate_limits="60:error:key")

    store = StoreApp(take)

    async def noted(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            methods.append(scope["method"])
        await store(scope, receive, send)

    page.asked.clear()
    with asgi(noted) as port:
        query = {"dsn": f"http://b70a31b3510c4cf793964a185cfe1fd0@127.0.0.1:{port}/1"}
        if way == "preflight":
            query["preflight"] = "1"
        elif way == "tunnel":
            query["tunnel"] = f"http://127.0.0.1:{port}/monitoring"
        with browser(f"{page.url}/index.html?{urlencode(query)}"):
            wait_until(lambda: "/done" in page.asked, timeout=30)
    events = [event for submission in submissions for event in submission.events]
    check(events[0], "RangeError")
    assert events[0].platform == "javascript"
    assert ("OPTIONS" in methods) == (way == "preflight")
    messages = [event.logentry.formatted for event in events if event.logentry is not None]
    # A browser that may read the limits keeps the second event back.
    assert messages == ([] if way == "limited" else ["once more"])
