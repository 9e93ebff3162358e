"""The command line, as a person and as a pipe sees it."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import ClassVar

import pytest
from click.testing import CliRunner

from store_protocol import HttpRequest, StoreError, decode_request, json_schema, samples
from store_protocol.cli.commands import cli

DATA = Path(__file__).parents[1] / "data"
REQUESTS = DATA / "requests"
CAPTURE = DATA / "captures" / "raven-python-6.10.0.jsonl"
ID = "fc6d8c0c43fc4630ad850ee518f1b9d0"


def run(*args: str, data: bytes | None = None) -> tuple[int, str, str]:
    result = CliRunner().invoke(cli, args, input=data)
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.exit_code, result.stdout, result.stderr


def http(*parts: bytes) -> bytes:
    return b"".join(parts)


RAW = (
    b"POST /api/1/store/ HTTP/1.1\r\nHost: h\r\nUser-Agent: me\r\n"
    b"X-Sentry-Auth: Sentry sentry_key=a, sentry_client=me/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"
    b'8\r\n{"messag\r\n9\r\ne": "one"\r\n1\r\n}\r\n0\r\n\r\n'
    b"POST /api/1/store/?sentry_key=a HTTP/1.1\r\nHost: h\r\nContent-Length: 18\r\n\r\n"
    b'{"message": "two"}'
)


def test_decode_shows_a_card_for_each_raw_request(tmp_path: Path) -> None:
    file = tmp_path / "two.http"
    file.write_bytes(RAW)
    code, out, _ = run("decode", str(file))
    assert code == 0
    first, second = out.split("two.http:")[1:]
    assert first.startswith("1: 200\n  client: me/1.0\n  auth:   header v")
    assert "  event:  one (error, other)\n" in first and '  answer: {"id":' in first
    assert second.startswith("2: 200\n")
    assert "query v7" in second and "two (error, other)" in second


def test_decode_reads_recorded_lines_and_prints_events() -> None:
    code, out, _ = run("decode", "--json", str(CAPTURE))
    events = [json.loads(line) for line in out.split("\n")[:-1]]
    assert code == 0
    assert len(events) == len(CAPTURE.read_bytes().splitlines())
    assert {event["platform"] for event in events} == {"python"}


def test_decode_exits_with_1_if_a_request_is_refused() -> None:
    raw = b"POST /api/1/store/ HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}"
    code, out, _ = run("decode", "-", data=raw)
    assert code == 1 and "missing_auth" in out and "401" in out
    code, out, err = run("decode", "--json", "-", data=raw)
    assert (code, out) == (1, "")
    assert err.startswith("-:1: 401 missing_auth: ") and err.count("\n") == 1


def test_decode_shows_items_that_are_refused() -> None:
    body = b'{}\n{"type":"event"}\n{"message":"kept"}\n{"type":"event"}\n['
    raw = b"POST /api/1/envelope/?sentry_key=a HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    code, out, _ = run("decode", "-", data=raw)
    assert code == 0 and "kept (error, other), refused 'event' (invalid_json: " in out
    code, out, err = run("decode", "--json", "-", data=raw)
    assert code == 0 and json.loads(out)["logentry"]["formatted"] == "kept"
    assert err.startswith("-:1: refused 'event' (invalid_json: ") and err.count("\n") == 1


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"nonsense",
        b"{",
        b'{"method": "POST"}',
        b'{"method": "POST", "target": "/", "body": "?"}',
        b"GET / HTTP/1.1\r\n\r\n",
    ],
)
def test_unreadable_file_is_one_line_and_exit_2(data: bytes) -> None:
    code, _, err = run("decode", "-", data=data)
    assert code == 2
    assert "Error: -" in err and "Traceback" not in err


def test_directory_is_no_file() -> None:
    assert run("decode", str(DATA))[0] == 2


class Server(BaseHTTPRequestHandler):
    """A server that takes events with the library itself."""

    seen: ClassVar[list[HttpRequest]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        request = HttpRequest("POST", self.path, list(self.headers.items()), body)
        self.seen.append(request)
        try:
            response = decode_request(request).response()
        except StoreError as error:
            response = error.response()
        if b"slow down" in body:
            response = StoreErrorWithWait("too many").response()
        self.send_response(response.status)
        for name, value in response.headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(response.body if b"no id" not in body else b"[]"[: len(response.body)].ljust(len(response.body)))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


def StoreErrorWithWait(detail: str) -> StoreError:  # noqa: N802
    from store_protocol.errors import RateLimited

    return RateLimited(detail, retry_after=30)


@pytest.fixture
def server() -> Iterator[str]:
    Server.seen.clear()
    httpd = HTTPServer(("127.0.0.1", 0), Server)
    thread = threading.Thread(target=httpd.serve_forever)
    thread.start()
    yield f"http://b70a31b3510c4cf793964a185cfe1fd0@127.0.0.1:{httpd.server_port}/42"
    httpd.shutdown()
    thread.join()
    httpd.server_close()


@pytest.mark.parametrize("encoding", ["none", "gzip", "deflate", "br", "zstd", "base64"])
@pytest.mark.parametrize("auth", ["header", "query", "both"])
def test_send_posts_an_event(server: str, encoding: str, auth: str) -> None:
    event = json.dumps({"event_id": ID, "message": "hello"}).encode()
    code, out, err = run("send", server, "-", "--encoding", encoding, "--auth", auth, data=event)
    assert (code, out, err) == (0, f"{ID}\n", "")
    [request] = Server.seen
    assert request.path == "/api/42/store/"
    assert ("sentry_key" in request.query) is (auth != "header")
    assert (request.header("x-sentry-auth") is not None) is (auth != "query")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"[]", "400: the JSON text is not an object"),
        (b'{"message": "slow down"}', "429: too many: retry after 30 s"),
        (b'{"message": "no id"}', "without an id"),
    ],
)
def test_send_says_in_one_line_what_the_server_answered(server: str, body: bytes, said: str) -> None:
    code, out, err = run("send", server, "-", data=body)
    assert (code, out) == (1, "")
    assert said in err and err.count("\n") == 1


@pytest.mark.parametrize("dsn", ["nonsense", "http://a@127.0.0.1:1/1"])
def test_send_says_in_one_line_why_it_could_not(dsn: str) -> None:
    code, _, err = run("send", dsn, "-", "--timeout", "2", data=b"{}")
    assert code == 1
    assert err.startswith("Error: ") and err.count("\n") == 1


@pytest.mark.parametrize("name", ["python", "check_in", "transaction", "csp", "network_error", "replay_recording"])
def test_send_posts_a_sample(server: str, name: str) -> None:
    code, out, err = run("send", server, "--sample", name)
    assert (code, err) == (0, "")
    [request] = Server.seen
    submission = decode_request(request)
    assert [event.errors for event in submission.events] == [None] * (name in {"python", "transaction", "csp"})
    assert (submission.refused, submission.endpoint) == ((), ENDPOINTS_OF_SAMPLES.get(name, "envelope"))
    if name in {"python", "transaction"}:
        assert out == f"{submission.event_id}\n"
        assert submission.event_id and submission.event_id not in samples.load(name).decode()


ENDPOINTS_OF_SAMPLES = {"python": "store", "csp": "security", "network_error": "security"}


@pytest.mark.parametrize("more", [[], ["-", "--sample", "python"], ["--sample", "pascal"]])
def test_send_takes_a_file_or_a_sample(more: list[str]) -> None:
    assert run("send", "http://a@127.0.0.1:1/1", *more, data=b"{}")[:2] == (2, "")


def test_sample_prints_a_payload() -> None:
    result = CliRunner().invoke(cli, ["sample", "minidump"])
    assert (result.exit_code, result.stdout_bytes) == (0, samples.load("minidump"))


def test_sample_lists_all() -> None:
    code, out, _ = run("sample", "--list")
    assert code == 0
    assert {line.split()[0] for line in out.splitlines() if line[0] == " "} == {*samples.names()}
    assert [line for line in out.splitlines() if line[0] != " "] == [
        "events, by their platform:",
        "items of envelopes:",
        "reports of browsers:",
    ]


@pytest.mark.parametrize("name", ["accepted", "normalized", "check_in"])
def test_schema_prints_one(name: str) -> None:
    code, out, _ = run("schema", name)
    assert (code, json.loads(out)) == (0, json_schema.schema_of(name))
    assert name != "accepted" or run("schema")[1] == out


def test_schema_of_no_such_name_is_wrong_usage() -> None:
    assert run("schema", "frame")[:2] == (2, "")


@pytest.mark.parametrize("more", [[], ["python", "--list"], ["pascal"]])
def test_sample_takes_a_name_or_lists(more: list[str]) -> None:
    assert run("sample", *more)[:2] == (2, "")


def test_check_lists_every_problem(tmp_path: Path) -> None:
    file = tmp_path / "event.json"
    file.write_bytes(b'{"level": "loud", "tags": {"a": []}, "extra": {"r": NaN}, "logger": "%s\\n"}' % (b"x" * 200))
    code, out, _ = run("check", str(file))
    assert code == 1
    assert out.splitlines()[0].startswith(f"{file}: extra.r: ")
    assert f'{file}: level: invalid level ("loud")' in out
    assert f"{file}: tags.0.1: expected a primitive value ([])" in out
    assert "..." in out and len(out.splitlines()) == 4
    code, out, _ = run("check", "--json", str(file))
    assert [json.loads(line)["path"] for line in out.split("\n")[:-1]] == ["extra.r", "level", "logger", "tags.0.1"]


@pytest.mark.parametrize(
    ("event", "said"),
    [
        (b'{"type": "transaction"}', "(event): invalid transaction event: "),
        (b'{"message": "%s"}' % (b"x" * 2**20), "(event): event over the limit of 1048576 bytes"),
        (b'{"release": "a/b"}', "release: invalid data"),
    ],
)
def test_check_lists_what_normalization_or_the_endpoint_refuses(event: bytes, said: str) -> None:
    code, out, _ = run("check", "-", data=event)
    assert code == 1
    assert said in out and out.count("\n") == 1


def test_check_finds_nothing_in_a_good_event(tmp_path: Path) -> None:
    file = tmp_path / "event.json"
    file.write_bytes(b'{"message": "hello"}')
    assert run("check", str(file)) == (0, "no problems\n", "")
    assert run("check", "--json", str(file)) == (0, "", "")


def test_check_of_what_is_no_json_is_one_problem() -> None:
    code, out, _ = run("check", "-", data=b"{")
    assert code == 1
    assert out.startswith("-: (event): ") and out.count("\n") == 1


def test_installed_command_works_in_a_pipe() -> None:
    command = Path(sys.executable).parent / "store-protocol"
    done = subprocess.run([command, "decode", CAPTURE], capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert "\x1b" not in done.stdout and "raven-python/6.10.0" in done.stdout
    version = subprocess.run([command, "--version"], capture_output=True, text=True, check=True)
    assert version.stdout.startswith("store-protocol, version ")


def test_command_without_its_extra_says_which_one_to_install() -> None:
    code = "import sys; sys.modules['click'] = None\nfrom store_protocol.cli import main\nmain()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "store-protocol[cli]" in done.stderr and "Traceback" not in done.stderr
