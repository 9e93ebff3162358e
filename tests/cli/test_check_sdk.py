"""The linter for what SDKs send, as a command."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from click.testing import CliRunner

from store_protocol.cli.commands import cli

CAPTURES = Path(__file__).parents[1] / "data" / "captures"
MAIN = "from store_protocol.cli import main; main()"


def run(*args: str) -> tuple[int, str]:
    result = CliRunner().invoke(cli, ["check-sdk", *args])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


def test_findings_of_recorded_requests_are_printed(tmp_path: Path) -> None:
    code, out = run(str(CAPTURES / "raven-python-1.9.4-py27.jsonl"))
    assert code == 1 and "jsonl:1: warning: target: the store endpoint is deprecated" in out
    file = tmp_path / "event"
    file.write_text('{"level":"loud"}')
    code, out = run(str(file), "--json")
    findings = [json.loads(line) for line in out.splitlines()]
    assert code == 1 and findings[0]["request"] == str(file)
    assert {"rule": "invalid-data", "level": "error"}.items() <= findings[-5].items() | findings[-1].items() or any(
        finding["rule"] == "invalid-data" for finding in findings
    )


@pytest.mark.parametrize("arguments", [[], ["--listen", "1", str(CAPTURES / "curl.jsonl")]])
def test_either_files_or_a_port_is_named(arguments: list[str]) -> None:
    code, out = run(*arguments)
    assert code == 2 and "name either files or --listen" in out


def test_file_of_something_else_is_one_line(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("hello")
    code, out = run(str(file))
    assert code == 2 and "no HTTP/1.1 request" in out


def test_requests_are_taken_from_an_sdk_until_it_is_interrupted() -> None:
    # Where tests run in the background of a shell, the interrupt is ignored, which programs inherit.
    listened = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    command = [sys.executable, "-u", "-c", listened + MAIN, "check-sdk", "--listen", "0"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, "NO_PROXY": "127.0.0.1"}
    ) as process:
        assert process.stdout is not None
        match = re.fullmatch(r"send to http://(\w+)@([\d.:]+)/1\n", process.stdout.readline())
        assert match is not None
        url = f"http://{match[2]}/api/1/store/?sentry_key={match[1]}"
        with urlopen(Request(url, b'{"message":"a"}')) as answer:
            assert answer.status == 200
        assert "request 1: warning: target: the store endpoint" in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 0
