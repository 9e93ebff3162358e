"""Events as a person reads them, whatever they come in."""

import base64
import io
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from rich.console import Console

from store_protocol.cli import show
from store_protocol.cli.commands import cli

EVENT: dict[str, Any] = {
    "event_id": "a" * 32,
    "timestamp": "2026-11-23T00:00:00Z",
    "level": "fatal",
    "platform": "python",
    "environment": "production",
    "release": "shop@1.2",
    "transaction": "/orders",
    "user": {"id": "7", "email": "a@example.com"},
    "request": {"method": "GET", "url": "http://shop/orders"},
    "sdk": {"name": "sentry.python", "version": "2.0"},
    "tags": {"region": "eu", "wrong": []},
    "extra": {"note": "x" * 300},
    "contexts": {"runtime": {"name": "CPython", "version": "3.13"}, "mine": {"a": 1}},
    "breadcrumbs": [
        {"timestamp": 1795392000, "level": "info", "category": "query", "message": "SELECT 1"},
        {"data": {"a": 1}},
    ],
    "exception": {
        "values": [
            {"type": "KeyError", "value": "'a'"},
            {
                "type": "ValueError",
                "value": "no \x1b[31mitem",
                "mechanism": {"type": "generic", "handled": False},
                "stacktrace": {
                    "frames": [
                        {"filename": "lib.py", "lineno": 3, "function": "call"},
                        {
                            "filename": "app.py",
                            "lineno": 12,
                            "function": "work",
                            "in_app": True,
                            "pre_context": ["one", "two", "three"],
                            "context_line": "fail()",
                            "post_context": ["after"],
                        },
                        {},
                    ]
                },
            },
        ]
    },
}
ENVELOPE = b"\n".join(
    [
        b'{"event_id":"%b"}' % (b"b" * 32),
        b'{"type":"event"}',
        json.dumps({"message": "in an envelope"}).encode(),
        b'{"type":"attachment","filename":"a.txt"}',
        b"text",
        b'{"type":"session"}',
        b"{}",
        b'{"type":"event"}',
        b"{broken",
    ]
)


def run(*args: str, data: bytes | None = None) -> tuple[int, str]:
    result = CliRunner().invoke(cli, args, input=data)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


def shown(tmp_path: Path, data: bytes, *args: str) -> tuple[int, list[str]]:
    file = tmp_path / "file"
    file.write_bytes(data)
    code, out = run("show", str(file), *args)
    return code, out.splitlines()


def test_event_is_shown_with_all_that_a_person_wants(tmp_path: Path) -> None:
    code, lines = shown(tmp_path, json.dumps(EVENT).encode())
    assert code == 0
    assert lines == [
        "ValueError: no ?[31mitem",
        "  fatal · python · production · shop@1.2 · 2026-11-23 00:00:00 UTC",
        "  transaction: /orders",
        "  request: GET http://shop/orders",
        "  user: 7, a@example.com",
        "  sdk: sentry.python 2.0",
        f"  id: {'a' * 32}",
        "",
        "KeyError: 'a'",
        "",
        "  lib.py:3 in call",
        "  app.py:12 in work",
        "       10  two",
        "       11  three",
        "  >    12  fail()",
        "       13  after",
        "  ? in ?",
        "ValueError: no ?[31mitem  (not handled)",
        "",
        "tags:",
        "  region: eu",
        "  wrong: ",
        "",
        "breadcrumbs:",
        "  00:00:00  info  query  SELECT 1",
        '  info  {"a":1}',
        "",
        "contexts:",
        "  mine: a=1",
        "  runtime: runtime=CPython 3.13, name=CPython, version=3.13",
        f"  trace: trace_id={'a' * 32}, span_id={'a' * 16}, status=unknown",
        "",
        "extra:",
        f"  note: {'x' * 117}...",
        "",
        "could not be taken:",
        "  tags.1.1: expected a primitive value ([])",
        "",
    ]


@pytest.mark.parametrize(
    ("data", "titles"),
    [
        (json.dumps({"message": "one"}).encode(), ["one"]),
        (json.dumps({"message": "over lines"}, indent=2).encode(), ["over lines"]),
        (b'{"message":"first"}\n\n{"message":"second"}\n', ["first", "second"]),
        (b'{"received":1795392000,"logentry":{"formatted":"as serve writes it"}}\n', ["as serve writes it"]),
        (ENVELOPE, ["in an envelope"]),
        (b'POST /api/1/store/?sentry_key=a HTTP/1.1\r\nHost: a\r\nContent-Length: 15\r\n\r\n{"message":"r"}', ["r"]),
        (
            json.dumps(
                {
                    "method": "POST",
                    "target": "/api/1/store/?sentry_key=a",
                    "body": base64.b64encode(b'{"message":"recorded"}').decode(),
                }
            ).encode(),
            ["recorded"],
        ),
    ],
    ids=["event", "pretty", "lines", "normalized", "envelope", "HTTP", "recorded"],
)
def test_file_holds_any_of_these(tmp_path: Path, data: bytes, titles: list[str]) -> None:
    file = tmp_path / "file"
    file.write_bytes(data)
    found = [event for each in show.shown([file]) for event in each.events]
    assert [event.logentry.formatted for event in found if event.logentry is not None] == titles
    events = [json.loads(line) for line in run("show", "--json", str(file))[1].splitlines()]
    assert [event["logentry"]["formatted"] for event in events] == titles


def test_what_came_along_and_what_was_refused_is_shown(tmp_path: Path) -> None:
    _, lines = shown(tmp_path, ENVELOPE)
    text = "\n".join(lines)
    assert "attachments:\n  a.txt (4 bytes)" in text and "items:\n  session (2 bytes)" in text
    assert "was refused:\n  event: invalid JSON at byte 1" in text


def test_repairs_and_cuts_are_shown(tmp_path: Path) -> None:
    _, lines = shown(tmp_path, b'{"extra":{"a":NaN},"message":"%b"}' % (b"x" * 9000))
    text = "\n".join(lines)
    assert "was repaired:\n  $.extra.a: " in text and "was cut:\n  logentry.formatted: it was 9000 long" in text


@pytest.mark.parametrize("flag", [[], ["--json"]])
@pytest.mark.parametrize("data", [b"", b"{broken", b"[1"])
def test_what_is_refused_is_told(tmp_path: Path, data: bytes, flag: list[str]) -> None:
    code, lines = shown(tmp_path, data, *flag)
    assert code == 1 and len(lines) == 1 and str(tmp_path) in lines[0]


def test_what_is_no_file_of_these_is_one_line(tmp_path: Path) -> None:
    code, lines = shown(tmp_path, b"hello\n")
    assert code == 2 and "no HTTP/1.1 request" in lines[-1]


def test_terminal_has_colours_and_lines_of_its_width(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(json.dumps(EVENT).encode())
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=80, color_system="standard")
    assert not show.print_events([file], console)
    assert "\x1b[1;31mValueError: no ?[31mitem" in screen.getvalue()
    plain = Console(file=io.StringIO(), width=80, force_terminal=True, color_system=None)
    show.print_events([file], plain)
    assert isinstance(plain.file, io.StringIO) and max(map(len, plain.file.getvalue().splitlines())) <= 80


def test_check_takes_what_show_takes(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b'{"level":"loud"}\n{"level":"error"}\n{broken\n')
    code, out = run("check", str(file))
    assert code == 1
    assert out.splitlines()[0] == f'{file}:1: level: invalid level ("loud")'
    assert out.splitlines()[1].startswith(f"{file}:3: (event): invalid JSON")
    file.write_bytes(ENVELOPE.replace(b'{"message": "in an envelope"}', b'{"level": "loud", "extra": {"a": NaN}}'))
    code, out = run("check", str(file))
    lines = out.splitlines()
    assert code == 1 and len(lines) == 3
    assert (
        "extra.a: repaired at byte" in lines[0]
        and "event 3: invalid JSON" in lines[1]
        and "level: invalid level" in lines[2]
    )
    file.write_bytes(b"POST /api/1/store/ HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}")
    assert "no credentials" in run("check", str(file))[1]
