"""Batches of events: nothing lost, order kept, rejects apart, and runs that go on where one was stopped."""

import gzip
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
import zstandard
from click.testing import CliRunner
from rich.console import Console

from store_protocol import NormalizeOptions
from store_protocol.cli import batch
from store_protocol.cli.commands import cli

MAIN = "from store_protocol.cli import main; main()"


def run(*args: object, data: bytes | None = None) -> tuple[int, str, str]:
    result = CliRunner().invoke(cli, ["normalize", *map(str, args)], input=data)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.stdout, result.stderr


def lines_of(count: int) -> list[bytes]:
    return [b'{"event_id":"%032x","message":"event %d"}' % (number, number) for number in range(count)]


def ids(text: str | bytes) -> list[int]:
    return [int(json.loads(line)["event_id"], 16) for line in text.splitlines()]


@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstandard.compress], ids=["plain", "gzip", "zstd"])
@pytest.mark.parametrize("processes", [1, 2])
def test_events_are_normalized_in_their_order(tmp_path: Path, pack: Any, processes: int) -> None:
    file = tmp_path / "events"
    file.write_bytes(pack(b"\n".join(lines_of(50))))
    code, out, err = run(file, "--processes", processes)
    assert (code, ids(out), err) == (0, [*range(50)], "")
    assert json.loads(out.splitlines()[3])["logentry"] == {"formatted": "event 3"}


def test_standard_input_is_read_too() -> None:
    code, out, _ = run("-", "--processes", 1, data=b"\n\n".join(lines_of(3)) + b"\n")
    assert (code, ids(out)) == (0, [0, 1, 2])


def test_rejects_stand_apart_with_their_lines_and_reasons(tmp_path: Path) -> None:
    file, rejects = tmp_path / "events", tmp_path / "rejects"
    good = lines_of(3)
    file.write_bytes(b"\n".join([good[0], b"{broken", b"", good[1], b"\xff{", b"x" * 3000, good[2]]))
    with mock.patch.object(batch, "MAX_LINE_BYTES", 2000):
        code, out, _ = run(file, "--processes", 1, "--rejects", rejects)
    assert (code, ids(out)) == (1, [0, 1, 2])
    found = [json.loads(line) for line in rejects.read_bytes().splitlines()]
    assert [(each["line"], each["code"]) for each in found] == [
        (2, "invalid_json"),
        (5, "invalid_json"),
        (6, "line_too_long"),
    ]
    assert found[0]["text"] == "{broken" and found[1]["base64"] == "/3sK" and "text" not in found[2]


def test_rejects_are_told_where_no_file_takes_them(tmp_path: Path) -> None:
    file = tmp_path / "events"
    file.write_bytes(b"{\n")
    code, out, err = run(file, "--processes", 1)
    assert (code, out) == (1, "") and err.startswith(f"{file}:1: invalid_json: ")


@pytest.mark.parametrize("stopped_after", [0, 1, 7, 19, 20])
@pytest.mark.parametrize("torn", [b"", b'{"event_id":'])
def test_run_goes_on_where_one_was_stopped(tmp_path: Path, stopped_after: int, torn: bytes) -> None:
    file, output, rejects = tmp_path / "events", tmp_path / "out", tmp_path / "rejects"
    lines = lines_of(30)
    for number in range(2, 30, 3):
        lines[number] = b"{broken"
    file.write_bytes(b"\n".join(lines))
    assert run(file, "--processes", 1, "--output", output, "--rejects", rejects)[0] == 1
    whole, all_rejects = output.read_bytes(), rejects.read_bytes()
    # Rejects are written first, so that there may be some whose events are not there yet.
    output.write_bytes(b"".join(whole.splitlines(keepends=True)[:stopped_after]) + torn)
    known = stopped_after // 2 + 2
    rejects.write_bytes(b"".join(all_rejects.splitlines(keepends=True)[:known]) + torn)
    run(file, "--processes", 1, "--output", output, "--rejects", rejects, "--resume")
    # Times of receipt differ.
    assert ids(output.read_bytes()) == ids(whole)
    assert rejects.read_bytes() == all_rejects


def test_first_run_may_resume_too(tmp_path: Path) -> None:
    file, output = tmp_path / "events", tmp_path / "out"
    file.write_bytes(b"\n".join(lines_of(3)))
    assert run(file, "--processes", 1, "--output", output, "--rejects", tmp_path / "r", "--resume")[0] == 0
    assert ids(output.read_bytes()) == [0, 1, 2]


def test_receipt_that_is_no_time_is_wrong_usage(tmp_path: Path) -> None:
    events = tmp_path / "events.jsonl"
    events.write_bytes(b"{}\n")
    result = CliRunner().invoke(cli, ["normalize", str(events), "--received-at", "nonsense"])
    assert result.exit_code == 2 and result.output.splitlines()[-1].startswith("Error: received_at is no time: ")


def test_resuming_needs_a_file() -> None:
    code, _, err = run("-", "--resume", data=b"")
    assert code == 2 and "--resume needs --output" in err


def test_other_runs_start_anew(tmp_path: Path) -> None:
    file, output = tmp_path / "events", tmp_path / "out"
    file.write_bytes(b"\n".join(lines_of(2)))
    output.write_bytes(b"old\n")
    run(file, "--processes", 1, "--output", output)
    assert ids(output.read_bytes()) == [0, 1]


@pytest.mark.parametrize("data", [gzip.compress(b"{}\n" * 1000)[:-20], zstandard.compress(b"{}\n" * 9)[:-5] + b"xxxxx"])
def test_broken_file_is_one_line(tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "events"
    file.write_bytes(data)
    code, _, err = run(file, "--processes", 1)
    assert code == 2 and str(file) in err and "Traceback" not in err


def test_killed_process_is_one_line(tmp_path: Path) -> None:
    file = tmp_path / "events"
    file.write_bytes(b"{}")
    with mock.patch.object(batch, "normalize_many", side_effect=lambda *_, **__: _broken()):
        code, _, err = run(file)
    assert code == 2 and "a process was killed" in err and "Traceback" not in err


def _broken() -> Iterator[bytes]:
    yield from ()
    raise BrokenProcessPool


def test_file_that_can_not_be_written_is_one_line(tmp_path: Path) -> None:
    file = tmp_path / "events"
    file.write_bytes(b"{}")
    code, _, err = run(file, "--output", tmp_path / "none" / "out")
    assert code == 2 and "No such file or directory" in err


def test_options_reach_the_events(tmp_path: Path) -> None:
    file = tmp_path / "events"
    file.write_bytes(json.dumps({"message": "x" * 20_000}).encode())
    arguments = ("--processes", 1, "--project-id", 7, "--received-at", "2026-11-23T00:00:00Z")
    event = json.loads(run(file, *arguments)[1])
    assert (event["project"], event["received"], len(event["logentry"]["formatted"])) == (7, 1795392000, 8192)
    event = json.loads(run(file, *arguments, "--no-trim")[1])
    assert len(event["logentry"]["formatted"]) == 20_000


def test_progress_is_shown_on_a_terminal(tmp_path: Path) -> None:
    file = tmp_path / "events"
    file.write_bytes(b"\n".join(lines_of(500)))
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=100)
    counts = batch.normalize_file(file, NormalizeOptions(), output=tmp_path / "out", processes=1, console=console)
    assert counts == batch.Counts(500, 0) and "500 events" in screen.getvalue()


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no signals here")
def test_killed_run_is_resumed_without_loss(tmp_path: Path) -> None:
    file, output, rejects = tmp_path / "events", tmp_path / "out", tmp_path / "rejects"
    lines = lines_of(20_000)
    lines[5::50] = [b"{broken"] * len(lines[5::50])
    file.write_bytes(b"\n".join(lines))
    arguments: list[object] = [file, "--output", output, "--rejects", rejects, "--processes", 2]
    command = [sys.executable, "-c", MAIN, "normalize", *map(str, arguments)]
    with subprocess.Popen(command, start_new_session=True) as process:
        while process.poll() is None and not (output.exists() and output.stat().st_size > 1 << 20):
            time.sleep(0.01)
        os.killpg(process.pid, signal.SIGKILL)
    assert subprocess.run([*command, "--resume"], check=False).returncode == 1
    assert ids(output.read_bytes()) == [number for number in range(20_000) if number % 50 != 5]
    assert [json.loads(line)["line"] for line in rejects.read_bytes().splitlines()] == [*range(6, 20_000, 50)]


@pytest.mark.skipif(sys.platform != "linux", reason="memory is measured as Linux tells it")
def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    code = """
import resource, sys
from store_protocol.cli import main
try:
    main()
except SystemExit:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""
    peaks = []
    for count in (100, 1000):
        file = tmp_path / "events"
        with gzip.open(file, "wb", 1) as out:
            for _ in range(count):
                out.write(b'{"message":"%b"}\n' % (b"x" * 50_000))
        arguments = [str(file), "--output", str(tmp_path / "out"), "--processes", "1"]
        command = [sys.executable, "-c", code, "normalize", *arguments]
        peaks.append(int(subprocess.run(command, capture_output=True, check=True).stdout))
    # 50 MB more of events, in KiB.
    assert peaks[1] - peaks[0] < 5000
