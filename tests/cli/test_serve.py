"""`store-protocol serve`: what it shows, what it keeps, and that it keeps it when it is stopped."""

import asyncio
import errno
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
from hypothesis import given
from hypothesis import strategies as st

from store_protocol import HttpRequest, StoreError, Submission, decode_request, strategies
from store_protocol.cli import serve
from store_protocol.cli.commands import cli
from store_protocol.cli.http_server import BoundedProtocol, Bounds
from store_protocol.errors import Overloaded
from store_protocol.limits import MIB, Limits
from tests.servers import exchange, status_of, wait_until

KEY = "b70a31b3510c4cf793964a185cfe1fd0"
STORE_PROTOCOL = str(Path(sys.executable).parent / "store-protocol")
SERVERS_PAGE = Path(__file__).parents[2] / "docs" / "servers.md"


def submission(body: str, path: str = "store") -> Submission:
    return decode_request(HttpRequest("POST", f"/api/1/{path}/?sentry_key={KEY}", [], body.encode()), now=1795447500.0)


CONTEXTS = '"contexts": {"trace": {"trace_id": "ID", "span_id": "aaaaaaaaaaaaaaaa"}}}'
SHOWN = [
    ('{"message": "hi\\u001b[31m", "event_id": "ID"}', "15:25:00 hi?[31m (error, other) ID"),
    (
        '{"exception": {"type": "E", "value": "v"}, "sdk": {"name": "a", "version": "1"}, "event_id": "ID"}',
        "15:25:00 E: v (error, other) ID",
    ),
    ('{"level": "loud", "event_id": "ID"}', "15:25:00 default (error, other, 1 error) ID\n  wrong: level: invalid level"),
    (
        '{"type": "transaction", "transaction": "/a", "timestamp": 2, "start_timestamp": 1, "event_id": "ID",' + CONTEXTS,
        "00:00:02 /a (info, other) ID",
    ),
]


@pytest.mark.parametrize(("body", "line"), SHOWN)
def test_event_is_shown_in_a_line(body: str, line: str) -> None:
    event_id = "1" * 32
    assert serve.shown(submission(body.replace("ID", event_id))) == line.replace("ID", event_id).splitlines()


def test_what_came_along_is_shown_below() -> None:
    body = (
        '{}\n{"type":"event"}\n{"extra":{"a":NaN}}\n{"type":"attachment","filename":"a.txt"}\nhi\n{"type":"se\\nssion"}\n{}'
    )
    assert serve.shown(submission(body, "envelope"))[1:] == [
        "  attachment a.txt (2 bytes)",
        "  se?ssion (2 bytes)",
        "  repaired nan at $.extra.a",
    ]


def test_what_was_refused_is_shown_below() -> None:
    body = '{}\n{"type":"event"}\n{}\n{"type":"tran\\u001bsaction"}\n\n{"type":"event"}\n[]\n{"type":"a","length":9}\nx'
    assert serve.shown(submission(body, "envelope"))[1:] == [
        "  tran?saction (0 bytes)",
        "  refused 'event' (not_an_object: the JSON text is not an object)",
        "  refused 'a' (wrong_item_length: invalid envelope: item 3 ('a') has 9 bytes by its length, but 1 are left)",
    ]


def test_events_are_appended_and_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "events.ndjson"
    sink = serve.Sink(output, quiet=True)
    asyncio.run(sink(submission('{"message": "é"}')))
    asyncio.run(sink(submission('{}\n{"type":"session"}\n{}', "envelope")))
    asyncio.run(serve.Sink(None, quiet=False)(submission('{"message": "shown"}')))
    (line,) = output.read_text().splitlines()
    assert json.loads(line)["logentry"]["formatted"] == "é"
    assert "shown" in capsys.readouterr().out


BOTH = '{}\n{"type":"session"}\n{}\n{"type":"event"}\n{}\n'


def test_items_are_kept_beside_events(tmp_path: Path) -> None:
    events, items = tmp_path / "events.ndjson", tmp_path / "items.ndjson"
    sink = serve.Sink(events, items=items, quiet=True, fsync=True)
    large = '{}\n{"type":"statsd"}\n%s\n{"type":"client_report"}\n{}' % ("x" * 100_000)
    asyncio.run(sink(submission("{}")))
    asyncio.run(sink(submission(BOTH, "envelope")))
    asyncio.run(sink(submission(large, "envelope")))
    assert len(events.read_text().splitlines()) == 2
    lines = [json.loads(line) for line in items.read_text().splitlines()]
    assert [line["type"] for line in lines] == ["session", "statsd", "client_report"]
    asyncio.run(serve.Sink(None, items=items, quiet=True)(submission(BOTH, "envelope")))
    assert len(items.read_text().splitlines()) == 4


@pytest.mark.parametrize("full", ["events", "items"])
def test_events_and_items_are_kept_together_or_not_at_all(
    full: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = {name: tmp_path / f"{name}.ndjson" for name in ("events", "items")}
    sink = serve.Sink(paths["events"], items=paths["items"], quiet=True)
    write = os.write

    def limited(file: int, data: bytes) -> int:
        if os.path.sameopenfile(file, watched.fileno()):
            # Takes a part, and then no more.
            if watched.tell() != os.fstat(file).st_size:
                raise OSError(errno.ENOSPC, "No space left on device")
            return write(file, data[:5])
        return write(file, data)

    asyncio.run(sink(submission(BOTH, "envelope")))
    before = [path.read_bytes() for path in paths.values()]
    with paths[full].open("rb") as watched:
        watched.seek(0, os.SEEK_END)
        with monkeypatch.context() as patched:
            patched.setattr(os, "write", limited)
            with pytest.raises(Overloaded):
                asyncio.run(sink(submission(BOTH, "envelope")))
    assert [path.read_bytes() for path in paths.values()] == before
    asyncio.run(sink(submission(BOTH, "envelope")))
    assert [len(path.read_text().splitlines()) for path in paths.values()] == [2, 2]


def test_events_and_items_in_one_file_are_wrong_usage(tmp_path: Path) -> None:
    both = str(tmp_path / "both.ndjson")
    result = CliRunner().invoke(cli, ["serve", "--output", both, "--items", both])
    assert result.exit_code == 2 and result.output.splitlines()[-1] == "Error: events and items need a file each"


def test_long_lists_of_what_came_along_are_cut() -> None:
    body = "{}\n" + '{"type":"session"}\n{}\n' * 50
    assert serve.shown(submission(body, "envelope"))[19:] == ["  session (2 bytes)", "  and 30 more"]


ODD_TIMES = [-1e11, -62135596801.0, 253402300800.0, 1e300, -1e300, 5e-324, -1e-9, float("inf"), float("nan"), 2**80]


@pytest.mark.parametrize("timestamp", ODD_TIMES)
def test_event_of_any_time_is_shown(timestamp: float) -> None:
    found = submission("{}")
    (event,) = found.events
    event.timestamp = timestamp
    assert re.match(r"[-0-2][-0-9]:[-0-5][-0-9]:[-0-5][-0-9] ", serve.shown(found)[0])


@given(event=strategies.events(), number=st.one_of(st.floats(), st.integers()))
def test_property_whatever_is_taken_is_shown(event: dict[str, Any], number: float) -> None:
    bodies = [json.dumps(event), json.dumps({"timestamp": number}), json.dumps({"message": repr(event), "level": number})]
    for body in bodies:
        try:
            found = submission(body)
        except StoreError:
            continue
        lines = serve.shown(found)
        assert lines and all(line.isprintable() for line in lines)


def test_events_from_before_the_calendar_are_accepted_once(tmp_path: Path) -> None:
    output = tmp_path / "events.ndjson"
    with running("--output", str(output)) as (_, port):
        assert post(port, b'{"timestamp": -1e11, "message": "old"}') == 200
        assert post(port, b'{"timestamp": 1e300, "message": "late"}') == 200
    assert len(output.read_text().splitlines()) == 2


def test_a_fault_of_showing_fails_no_request(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: Submission) -> list[str]:
        raise ZeroDivisionError

    monkeypatch.setattr(serve, "shown", fail)
    output = tmp_path / "events.ndjson"
    faults: list[Any] = []

    async def run() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: faults.append(context["exception"]))
        await serve.Sink(output, quiet=False)(submission("{}"))
        await asyncio.sleep(0)

    asyncio.run(run())
    assert len(output.read_text().splitlines()) == 1 and [type(each) for each in faults] == [ZeroDivisionError]


REFUSED = [
    ("/api/1/store/", b"{}", "refused 401: the request carries no credentials (POST /api/1/store/ by me/1.0)"),
    (
        "/api/1/store/?sentry_key=a",
        b"{",
        "refused 400: invalid JSON at byte 1: the text ends too early (POST /api/1/store/",
    ),
    ("/nothing\x1b", b"", "refused 404: no endpoint has this path (POST /nothing? by me/1.0)"),
]


@pytest.mark.parametrize(("target", "body", "told"), REFUSED)
@pytest.mark.parametrize("quiet", [False, True])
def test_request_that_is_refused_is_told_with_its_reason(
    target: str, body: bytes, told: str, quiet: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STORE_PROTOCOL_SERVE", json.dumps({"quiet": quiet}))
    path, _, query = target.partition("?")
    headers = [(b"user-agent", b"me/1.0")]
    scope = {"type": "http", "method": "POST", "path": path, "query_string": query.encode(), "headers": headers}
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": body}

    async def send(message: Any) -> None:
        sent.append(message)

    async def run() -> None:
        await serve.create_app()(scope, receive, send)
        await asyncio.sleep(0)

    asyncio.run(run())
    assert sent[0]["status"] == int(told.split()[1].rstrip(":"))
    shown = capsys.readouterr().out
    assert shown == "" if quiet else re.match(r"\d\d:\d\d:\d\d ", shown) and told in shown


def test_what_can_not_be_kept_is_refused_and_told_of_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    output = tmp_path / "events.ndjson"
    sink = serve.Sink(output, quiet=True)

    def full(file: int, data: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    async def run() -> list[str]:
        logging.getLogger("uvicorn.error").propagate = True
        for _ in range(3):
            with monkeypatch.context() as patched:
                patched.setattr(os, "write", full)
                for _ in range(2):
                    with pytest.raises(Overloaded) as refused:
                        await sink(submission("{}"))
            await sink(submission("{}"))
        return [refused.value.detail, str(refused.value.response().status)]

    # Nothing of the machine is told to strangers.
    assert asyncio.run(run()) == ["what was sent can't be kept for now", "503"]
    assert [record.getMessage() for record in caplog.records] == ["what is sent can't be kept: No space left on device"] * 3
    assert len(output.read_text().splitlines()) == 3


def test_with_fsync_events_are_answered_when_they_are_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    output = tmp_path / "events.ndjson"
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda _: synced.append(len(output.read_text().splitlines())))
    sink = serve.Sink(output, quiet=True, fsync=True)

    async def run() -> None:
        await asyncio.gather(*[sink(submission("{}")) for _ in range(5)])
        await sink(submission("{}"))

    asyncio.run(run())
    # All that were there together share one.
    assert synced == [5, 6]

    def fail(_: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(Overloaded):
        asyncio.run(sink(submission("{}")))


@pytest.mark.parametrize(
    ("memory", "in_flight", "events"),
    [(1024, 160, 10), (512, 74, 5), (256, 32, 2), (148, 14, 1), (10_000, 1656, 10)],
)
def test_memory_is_shared_between_bodies_and_objects(memory: int, in_flight: int, events: int) -> None:
    bodies, limits = serve.memory_shares(memory * MIB)
    assert (bodies // MIB, limits.max_events_bytes // MIB) == (in_flight, events)
    assert limits.max_envelope_bytes == min(bodies, 200 * MIB)
    assert limits.max_event_bytes == 1 * MIB


def test_items_that_are_kept_take_half_of_the_room_for_bodies() -> None:
    without, with_lines = (serve.memory_shares(1024 * MIB, with_lines=each)[0] for each in (False, True))
    assert without == 2 * with_lines


def test_default_memory_has_room_for_the_largest_envelope() -> None:
    bodies, limits = serve.memory_shares(serve.Settings().memory)
    assert limits == Limits() and bodies >= limits.max_envelope_bytes


def test_memory_that_is_too_little_is_an_error_of_one_line() -> None:
    for arguments in (["--max-memory", "147MiB"], ["--max-memory", "500MiB", "--workers", "4"]):
        result = CliRunner().invoke(cli, ["serve", *arguments])
        assert result.exit_code == 2
        assert result.output.splitlines()[-1] == "Error: a worker needs at least 148 MiB of memory"


def test_options_reach_the_workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: dict[str, Any] = {}
    monkeypatch.setattr(uvicorn, "run", lambda app, **options: ran.update(options, app=app, worker=serve.create_app()))
    monkeypatch.setenv("STORE_PROTOCOL_SERVE", "")
    output, items = tmp_path / "o.ndjson", tmp_path / "i.ndjson"
    arguments = ["serve", "--host", "::1", "--port", "9001", "--workers", "3", "--quiet", "--output", str(output)]
    arguments += ["--items", str(items)]
    more = ["--max-memory", "1.5GiB", "--head-timeout", "2", "--body-timeout", "9.5", "--min-rate", "1kB"]
    more += ["--keep-alive", "7", "--max-head", "9000", "--max-connections", "50", "--fsync"]
    result = CliRunner().invoke(cli, [*arguments, *more])
    assert result.exit_code == 0, result.output
    assert re.search(r"http://[0-9a-f]{32}@\[::1\]:9001/1", result.output)
    assert (ran["host"], ran["port"], ran["workers"], ran["app"]) == ("::1", 9001, 3, "store_protocol.cli.serve:create_app")
    assert (ran["timeout_keep_alive"], ran["http"]) == (7, BoundedProtocol)
    assert BoundedProtocol.bounds == Bounds(
        head_timeout=2, body_timeout=9.5, min_rate=1000, max_head_bytes=9000, max_connections=50
    )
    settings = json.loads(os.environ["STORE_PROTOCOL_SERVE"])
    assert (settings["memory"], settings["fsync"], settings["quiet"]) == (512 * MIB, True, True)
    assert output.exists() and items.exists() and settings["items"] == str(items)
    CliRunner().invoke(cli, ["serve"])
    assert (ran["host"], ran["workers"], ran["timeout_keep_alive"]) == ("127.0.0.1", 1, 5)
    assert BoundedProtocol.bounds == Bounds()
    assert json.loads(os.environ["STORE_PROTOCOL_SERVE"])["memory"] == 1280 * MIB


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("65536", 65536),
        ("64KiB", 65536),
        ("64 kib", 65536),
        ("2k", 2000),
        ("1.5GB", 1_500_000_000),
        ("3b", 3),
        ("1TiB", 2**40),
    ],
)
def test_sizes_are_read_as_people_write_them(text: str, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    given: dict[str, Any] = {}
    monkeypatch.setattr(serve, "serve", given.update)
    assert CliRunner().invoke(cli, ["serve", "--max-head", text]).exit_code == 0
    assert given["settings"].bounds.max_head_bytes == size


@pytest.mark.parametrize(
    "text", ["", "0", "-1", "1e9", "MiB", "5 apples", "0.1", "9000TiB", "9" * 16, "\u0665", "1.5.5", "1 0"]
)
def test_what_is_no_size_is_wrong_usage(text: str) -> None:
    result = CliRunner().invoke(cli, ["serve", "--max-memory", text])
    assert result.exit_code == 2 and "is not a size such as 512MiB" in result.output


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    before, propagates = signal.getsignal(signal.SIGTERM), logging.getLogger("uvicorn.error").propagate
    yield
    signal.signal(signal.SIGTERM, before)
    logging.getLogger("uvicorn.error").propagate = propagates
    BoundedProtocol.bounds = Bounds()


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
    monkeypatch.setenv("STORE_PROTOCOL_SERVE", "{}")
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
def running(*arguments: str, ulimit: int | None = None) -> Iterator[tuple[subprocess.Popen[str], int]]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [STORE_PROTOCOL, "serve", "--port", str(port), *arguments]
    if ulimit is not None:
        command = ["sh", "-c", f'ulimit -f {ulimit}; exec "$@"', "sh", *command]
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


def post(port: int, body: bytes, endpoint: str = "store") -> int:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        connection.request("POST", f"/api/1/{endpoint}/?sentry_key={KEY}", body)
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


@pytest.mark.client
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
        shown = [process.stdout.readline() for _ in range(8)]
    assert answers == [
        *('{"id":"fc6d8c0c43fc4630ad850ee518f1b9d0"}', "9d0fc6d8-c0c4-3fc4-630a-d850ee518f1b"),
        *("", "", "{}"),
    ]
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
        "check_in",
        "attachment some_file.txt",
        "log",
    ]


def sender(port: int, accepted: list[str], unexpected: list[int], body: bytes) -> None:
    """Send events, and some that are none, until the server is gone; note which were accepted."""
    for number in range(100_000):
        bad = number % 20 == 0
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
            try:
                connection.request("POST", f"/api/1/store/?sentry_key={KEY}", b"{" if bad else body)
                answer = connection.getresponse()
                content = answer.read()
            except (OSError, http.client.HTTPException):
                return
        if answer.status == 200:
            accepted.append(json.loads(content)["id"])
        if answer.status != (400 if bad else 200):
            unexpected.append(answer.status)


@contextmanager
def sending(port: int, *, body: bytes, threads: int = 4) -> Iterator[list[str]]:
    """Send events from several threads until the server is gone; return the ids of those that were accepted."""
    accepted: list[str] = []
    unexpected: list[int] = []
    senders = [threading.Thread(target=sender, args=(port, accepted, unexpected, body)) for _ in range(threads)]
    for each in senders:
        each.start()
    yield accepted
    for each in senders:
        each.join()
    assert not unexpected


@pytest.mark.parametrize(("stop", "workers"), [(signal.SIGTERM, "1"), (signal.SIGINT, "1"), (signal.SIGTERM, "2")])
def test_what_was_accepted_is_kept_when_it_is_stopped(stop: signal.Signals, workers: str, tmp_path: Path) -> None:
    output = tmp_path / "events.ndjson"
    body = b'{"message": "%s"}' % (b"x" * 3000)
    with (
        running("--output", str(output), "--quiet", "--workers", workers) as (process, port),
        sending(port, body=body) as accepted,
    ):
        wait_until(lambda: len(accepted) > 200, timeout=30)
        process.send_signal(stop)
        assert process.wait(timeout=20) == 0
    kept = [json.loads(line)["event_id"] for line in output.read_text().splitlines()]
    assert len(kept) == len(set(kept))
    assert set(accepted) <= set(kept)


def test_what_was_accepted_is_kept_when_it_is_killed(tmp_path: Path) -> None:
    output = tmp_path / "events.ndjson"
    output.write_text("")
    for round_ in range(3):
        # Large, so that it is killed within a write if it can be.
        body = b'{"extra": {%s}}' % b",".join(b'"%d": "%s"' % (key, b"x" * 900) for key in range(100))
        with running("--output", str(output), "--quiet") as (process, port), sending(port, body=body) as accepted:
            wait_until(lambda: len(accepted) > 50, timeout=30)
            process.kill()
            process.wait(timeout=20)
        lines = output.read_bytes().split(b"\n")
        assert lines.pop() == b"" or round_ >= 0
        kept = [json.loads(line)["event_id"] for line in lines if not is_torn(line)]
        # Only what stood at the end when it was killed can be torn: one line for each time.
        assert sum(map(is_torn, lines)) <= round_
        assert len(kept) == len(set(kept)) and set(accepted) <= set(kept)


def is_torn(line: bytes) -> bool:
    try:
        json.loads(line)
    except ValueError:
        return True
    return False


@pytest.mark.skipif(sys.platform == "win32", reason="the shell has no ulimit")
@pytest.mark.parametrize("workers", ["1", "2"])
def test_full_disk_is_no_200_and_no_half_event(workers: str, tmp_path: Path) -> None:
    output = tmp_path / "events.ndjson"
    answers: list[tuple[int, str]] = []
    # The largest file that may be written: what no longer fits is cut off there, as by a disk that is full.
    with running("--output", str(output), "--quiet", "--workers", workers, ulimit=16) as (process, port):
        for number in range(40):
            event_id = f"{number:032x}"
            body = b'{"event_id": "%s", "message": "%s"}' % (event_id.encode(), b"x" * 1000)
            # As a client does that keeps what was not taken.
            for _ in range(2):
                answers.append((post(port, body), event_id))
                if answers[-1][0] == 200:
                    break
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0
        assert process.stderr is not None
        errors = process.stderr.read().splitlines()
    accepted = [event_id for status, event_id in answers if status == 200]
    assert {status for status, _ in answers} == {200, 503} and 0 < len(accepted) < 40
    assert [json.loads(line)["event_id"] for line in output.read_text().splitlines()] == accepted
    assert errors and all("what is sent can't be kept: File too large" in line for line in errors)
    assert len(errors) <= int(workers)


@pytest.mark.skipif(sys.platform == "win32", reason="the shell has no ulimit")
@pytest.mark.parametrize(("event", "item"), [(100, 1000), (1000, 100)])
def test_full_disk_keeps_events_and_items_together(event: int, item: int, tmp_path: Path) -> None:
    events, items = tmp_path / "events.ndjson", tmp_path / "items.ndjson"
    accepted: list[str] = []
    with running("--output", str(events), "--items", str(items), "--quiet", "--workers", "2", ulimit=16) as (_, port):
        for number in range(40):
            body = b'{"event_id":"%032x"}\n{"type":"user_report"}\n{"comments":"%s"}\n' % (number, b"x" * item)
            body += b'{"type":"event"}\n{"message":"%s"}\n' % (b"x" * event)
            if post(port, body, "envelope") == 200:
                accepted.append(f"{number:032x}")
    assert 0 < len(accepted) < 40
    for path in (events, items):
        assert [json.loads(line)["event_id"] for line in path.read_text().splitlines()] == accepted
