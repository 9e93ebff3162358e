"""`store-protocol serve`: what it shows, what it keeps, and that it keeps it when it is stopped."""

import asyncio
import http.client
import json
import logging
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from click.testing import CliRunner

from store_protocol import HttpRequest, Submission, decode_request
from store_protocol.cli import serve
from store_protocol.cli.commands import cli
from tests.servers import exchange, status_of, wait_until

KEY = "b70a31b3510c4cf793964a185cfe1fd0"
STORE_PROTOCOL = str(Path(sys.executable).parent / "store-protocol")
SERVERS_PAGE = Path(__file__).parents[1] / "docs" / "servers.md"


def submission(body: str, path: str = "store") -> Submission:
    return decode_request(HttpRequest("POST", f"/api/1/{path}/?sentry_key={KEY}", [], body.encode()), now=1795447500.0)


CONTEXTS = '"contexts": {"trace": {"trace_id": "ID", "span_id": "aaaaaaaaaaaaaaaa"}}}'
SHOWN = [
    ('{"message": "hi\\u001b[31m", "event_id": "ID"}', "15:25:00 hi?[31m (error, other) ID"),
    (
        '{"exception": {"type": "E", "value": "v"}, "sdk": {"name": "a", "version": "1"}, "event_id": "ID"}',
        "15:25:00 E: v (error, other) ID",
    ),
    ('{"level": "loud", "event_id": "ID"}', "15:25:00 default (error, other, 1 errors) ID"),
    (
        '{"type": "transaction", "transaction": "/a", "timestamp": 2, "start_timestamp": 1, "event_id": "ID",' + CONTEXTS,
        "00:00:02 /a (info, other) ID",
    ),
]


@pytest.mark.parametrize(("body", "line"), SHOWN)
def test_event_is_shown_in_a_line(body: str, line: str) -> None:
    event_id = "1" * 32
    assert serve.shown(submission(body.replace("ID", event_id))) == [line.replace("ID", event_id)]


def test_what_came_along_is_shown_below() -> None:
    body = (
        '{}\n{"type":"event"}\n{"extra":{"a":NaN}}\n{"type":"attachment","filename":"a.txt"}\nhi\n{"type":"se\\nssion"}\n{}'
    )
    assert serve.shown(submission(body, "envelope"))[1:] == [
        "  attachment a.txt (2 bytes)",
        "  se?ssion (2 bytes)",
        "  repaired nan at $.extra.a",
    ]


def test_events_are_appended(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    output = tmp_path / "events.ndjson"
    # A process that was killed left half a line.
    output.write_text('{"a')
    serve.prepare(output)
    sink = serve.Sink(output, quiet=True)
    # A write may take less than it is given.
    write = os.write
    monkeypatch.setattr(os, "write", lambda file, data: write(file, data[:10]))
    asyncio.run(sink(submission('{"message": "é"}')))
    asyncio.run(sink(submission('{}\n{"type":"session"}\n{}', "envelope")))
    asyncio.run(serve.Sink(None, quiet=False)(submission('{"message": "shown"}')))
    lines = output.read_text().splitlines()
    assert lines[0] == '{"a' and json.loads(lines[1])["logentry"]["formatted"] == "é" and len(lines) == 2
    assert "shown" in capsys.readouterr().out


def test_whole_lines_and_new_files_are_left_as_they_are(tmp_path: Path) -> None:
    for text in ("", '{"a": 1}\n'):
        output = tmp_path / "events.ndjson"
        output.write_text(text)
        serve.prepare(output)
        assert output.read_text() == text


def test_full_disk_costs_no_later_event(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    output = tmp_path / "events.ndjson"
    sink = serve.Sink(output, quiet=True)
    write = os.write
    written = iter([10, None])

    def full(file: int, data: bytes) -> int:
        size = next(written)
        if size is None:
            raise OSError(28, "No space left on device")
        return write(file, data[:size])

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(OSError, match="space"):
        asyncio.run(sink(submission('{"message": "lost"}')))
    monkeypatch.setattr(os, "write", write)
    for text in ("first", "second"):
        asyncio.run(sink(submission(f'{{"message": "{text}"}}')))
    lines = output.read_text().splitlines()
    assert len(lines[0]) == 10
    assert [json.loads(line)["logentry"]["formatted"] for line in lines[1:]] == ["first", "second"]


def test_options_reach_the_workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: dict[str, Any] = {}
    monkeypatch.setattr(uvicorn, "run", lambda app, **options: ran.update(options, app=app, worker=serve.create_app()))
    for name in ("STORE_PROTOCOL_OUTPUT", "STORE_PROTOCOL_QUIET"):
        monkeypatch.setenv(name, "")
    output = tmp_path / "o.ndjson"
    arguments = ["serve", "--host", "::1", "--port", "9001", "--workers", "3", "--quiet", "--output", str(output)]
    result = CliRunner().invoke(cli, arguments)
    assert result.exit_code == 0, result.output
    assert re.search(r"http://[0-9a-f]{32}@\[::1\]:9001/1", result.output)
    assert (ran["host"], ran["port"], ran["workers"], ran["app"]) == ("::1", 9001, 3, "store_protocol.cli.serve:create_app")
    assert output.exists()
    CliRunner().invoke(cli, ["serve"])
    assert (ran["host"], ran["workers"]) == ("127.0.0.1", 1)


@pytest.fixture(autouse=True)
def _signals() -> Iterator[None]:
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


def test_what_it_can_not_write_or_listen_on_is_an_error_of_one_line(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["serve", "--output", str(tmp_path / "nowhere" / "events.ndjson")])
    assert result.exit_code == 2 and result.output.splitlines()[-1].endswith("No such file or directory")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = subprocess.run(
            [STORE_PROTOCOL, "serve", "--port", str(taken.getsockname()[1])],
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
    assert done.returncode == 1 and "address already in use" in done.stderr and len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(("error", "logged"), [(asyncio.CancelledError(), False), (ValueError(), True), (None, True)])
def test_client_that_is_cut_off_at_the_end_is_no_error(
    error: BaseException | None, logged: bool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("STORE_PROTOCOL_QUIET", "1")
    serve.create_app()
    logging.getLogger("uvicorn.error").error("Exception in ASGI application", exc_info=error)
    assert bool(caplog.records) == logged


def test_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "store_protocol.cli.serve")
    monkeypatch.delattr("store_protocol.cli.serve", raising=False)
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    result = CliRunner().invoke(cli, ["serve"])
    assert result.exit_code == 1 and "store-protocol[server]" in result.output


@contextmanager
def running(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [STORE_PROTOCOL, "serve", "--port", str(port), *arguments]
    # What a terminal that knows only ASCII makes of what is printed.
    environment = os.environ | {"PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment) as process:
        wait_until(lambda: _answers(port), timeout=20)
        try:
            yield process, port
        finally:
            process.kill()


def _answers(port: int) -> bool:
    with socket.socket() as connection:
        return connection.connect_ex(("127.0.0.1", port)) == 0


def post(port: int, body: bytes) -> int:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        connection.request("POST", f"/api/1/store/?sentry_key={KEY}", body)
        return connection.getresponse().status


def test_events_are_taken_whatever_becomes_of_what_is_printed(tmp_path: Path) -> None:
    output = tmp_path / "events.ndjson"
    with running("--output", str(output)) as (process, port):
        assert process.stdout is not None and process.stdout.readline().startswith("send to http://")
        assert post(port, '{"message": "grün"}'.encode()) == 200
        assert "gr\\xfcn" in process.stdout.readline()
        process.stdout.close()
        assert [post(port, b'{"message": "unseen"}') for _ in range(3)] == [200] * 3
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0
        assert process.stderr is not None and process.stderr.read() == ""
    assert len(output.read_text().splitlines()) == 4


def test_visitor_that_asks_for_a_websocket_gets_an_answer() -> None:
    upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    upgrade += "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="
    with running("--quiet") as (process, port):
        answer = exchange(port, f"GET /api/1/store/ HTTP/1.1\r\nHost: a\r\n{upgrade}\r\n\r\n".encode())
        assert status_of(answer) == 401
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0
        assert process.stderr is not None
        assert "Traceback" not in process.stderr.read()


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_curl_commands_of_the_docs_are_taken_as_they_stand(tmp_path: Path) -> None:
    commands = re.findall(r"```sh\n(curl .*?)```", SERVERS_PAGE.read_text(), re.DOTALL)
    (tmp_path / "mini.dmp").write_bytes(b"MDMP" + bytes(16) + (1377809543).to_bytes(4, "little") + bytes(8))
    (tmp_path / "some_file.txt").write_text("some text")
    output = tmp_path / "events.ndjson"
    with running("--output", str(output), "--workers", "1") as (process, port):
        answers = [
            subprocess.run(
                ["sh", "-c", command.replace(":9000/", f":{port}/").strip() + " --silent --show-error --fail"],
                capture_output=True,
                text=True,
                cwd=tmp_path,
                timeout=30,
                check=True,
            ).stdout
            for command in commands
        ]
        assert process.stdout is not None
        shown = [process.stdout.readline() for _ in range(5)]
    assert answers == ['{"id":"fc6d8c0c43fc4630ad850ee518f1b9d0"}', "9d0fc6d8-c0c4-3fc4-630a-d850ee518f1b"]
    event, native = map(json.loads, output.read_text().splitlines())
    (exception,) = event["exception"]["values"]
    assert (exception["type"], exception["value"]) == ("ValueError", "my exception value")
    assert exception["stacktrace"]["frames"][0]["function"] == "fail" and event["tags"] == [["ios_version", "4.0"]]
    assert (native["platform"], native["timestamp"], native["release"]) == ("native", 1377809543, "1.2.3")
    assert native["tags"] == [["mytag", "value"]] and native["user"]["id"] == "42"
    assert [line.split(" (")[0].strip() for line in shown[2:]] == [
        "20:52:23 Minidump: Invalid Minidump",
        "attachment mini.dmp",
        "attachment some_file.txt",
    ]


@pytest.mark.parametrize(("stop", "workers"), [(signal.SIGTERM, "1"), (signal.SIGINT, "1"), (signal.SIGTERM, "2")])
def test_what_was_accepted_is_kept_when_it_is_stopped(stop: signal.Signals, workers: str, tmp_path: Path) -> None:
    output = tmp_path / "events.ndjson"
    accepted: list[str] = []
    unexpected: list[int] = []

    def send(port: int) -> None:
        for number in range(100_000):
            bad = number % 20 == 0
            body = b"{" if bad else b'{"message": "%s"}' % (b"x" * 3000)
            with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
                try:
                    connection.request("POST", f"/api/1/store/?sentry_key={KEY}", body)
                    answer = connection.getresponse()
                    content = answer.read()
                except (OSError, http.client.HTTPException):
                    return
            if answer.status == 200:
                accepted.append(json.loads(content)["id"])
            if answer.status != (400 if bad else 200):
                unexpected.append(answer.status)

    with running("--output", str(output), "--quiet", "--workers", workers) as (process, port):
        threads = [threading.Thread(target=send, args=(port,)) for _ in range(4)]
        for thread in threads:
            thread.start()
        wait_until(lambda: len(accepted) > 200, timeout=30)
        process.send_signal(stop)
        assert process.wait(timeout=20) == 0
        for thread in threads:
            thread.join()
    kept = [json.loads(line)["event_id"] for line in output.read_text().splitlines()]
    assert len(kept) == len(set(kept))
    assert set(accepted) <= set(kept)
    assert not unexpected
