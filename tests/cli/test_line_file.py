"""Appending events to a file: whole or not at all, whatever the disk does and whoever else appends."""

import errno
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from store_protocol.cli.line_file import LineFile

Write = Callable[[int, bytes], int]


@pytest.fixture
def output(tmp_path: Path) -> Path:
    return tmp_path / "events.ndjson"


def disk(monkeypatch: pytest.MonkeyPatch, room: int, *, most: int = 1_000_000) -> None:
    """Leave so much room on the disk, and take no more than `most` bytes at once."""
    write = os.write
    left = [room]

    def limited(file: int, data: bytes) -> int:
        if not left[0]:
            raise OSError(errno.ENOSPC, "No space left on device")
        written = write(file, data[: min(left[0], most)])
        left[0] -= written
        return written

    monkeypatch.setattr(os, "write", limited)


@pytest.mark.parametrize("most", [1, 3, 100])
def test_short_writes_are_gone_on_with(output: Path, monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    disk(monkeypatch, 1000, most=most)
    file = LineFile(output)
    for line in (b'{"a":1}\n', b'{"b":2}\n{"c":3}\n'):
        file.append(line)
    file.close()
    assert output.read_bytes() == b'{"a":1}\n{"b":2}\n{"c":3}\n'


@pytest.mark.parametrize("start", [b"", b'{"a":1}\n', b'{"torn'])
@pytest.mark.parametrize("room", range(0, 18, 3))
@pytest.mark.parametrize("most", [1, 100])
def test_full_disk_leaves_nothing_behind(
    output: Path, monkeypatch: pytest.MonkeyPatch, start: bytes, room: int, most: int
) -> None:
    output.write_bytes(start)
    file = LineFile(output)
    lines = b'{"b":2}\n{"c":3}\n'
    with monkeypatch.context() as patched:
        disk(patched, min(room, len(lines) - 1), most=most)
        for _ in range(2):
            with pytest.raises(OSError, match="No space"):
                file.append(lines)
            assert output.read_bytes() == start
    file.append(lines)
    file.close()
    assert output.read_bytes() == (start + b"\n" if start.endswith(b"torn") else start) + lines


def test_write_that_takes_nothing_is_no_endless_loop(output: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "write", lambda file, data: 0)
    file = LineFile(output)
    with pytest.raises(OSError, match="space"):
        file.append(b"{}\n")
    file.close()


def test_line_that_a_killed_worker_left_is_ended(output: Path) -> None:
    first, second = LineFile(output), LineFile(output)
    first.append(b'{"a":1}\n')
    second.append(b'{"b":2}\n')
    # Of the second, killed within its write.
    with output.open("ab") as torn:
        torn.write(b'{"c":')
    for line in (b'{"d":4}\n', b'{"e":5}\n'):
        first.append(line)
    assert output.read_bytes() == b'{"a":1}\n{"b":2}\n{"c":\n{"d":4}\n{"e":5}\n'
    # Emptied by whoever reads it.
    output.write_bytes(b"")
    second.append(b'{"f":6}\n')
    assert output.read_bytes() == b'{"f":6}\n'
    first.close()
    second.close()


def test_file_without_locks_or_cuts_ends_its_torn_line(output: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    for name in ("fcntl.flock", "os.ftruncate"):
        output.write_bytes(b"")
        file = LineFile(output)
        with monkeypatch.context() as patched:
            patched.setattr(f"store_protocol.cli.line_file.{name}", never)
            disk(patched, 5)
            with pytest.raises(OSError, match="No space"):
                file.append(b'{"a":1}\n')
        file.append(b'{"b":2}\n')
        file.close()
        assert output.read_bytes() == b'{"a":\n{"b":2}\n'


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names")
def test_pipe_gets_whole_lines_and_ends_a_torn_one(output: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(output)
    reader = os.open(output, os.O_RDONLY | os.O_NONBLOCK)
    file = LineFile(output)
    with monkeypatch.context() as patched:
        disk(patched, 5)
        with pytest.raises(OSError, match="No space"):
            file.append(b'{"a":1}\n')
    file.append(b'{"b":2}\n')
    file.append(b'{"c":3}\n')
    file.close()
    assert os.read(reader, 1000) == b'{"a":\n{"b":2}\n{"c":3}\n'
    os.close(reader)


@pytest.mark.parametrize("start", [b"", b'{"a":1}\n', b'{"torn'])
def test_what_is_appended_is_taken_back_where_something_else_fails(output: Path, start: bytes) -> None:
    output.write_bytes(start)
    file = LineFile(output)

    def fail() -> None:
        with file.appended(b'{"b":2}\n'):
            assert output.read_bytes().endswith(b'{"b":2}\n')
            raise ZeroDivisionError

    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            fail()
        assert output.read_bytes() == start
    with file.appended(b'{"c":3}\n'):
        pass
    file.close()
    assert output.read_bytes() == (start + b"\n" if start.endswith(b"torn") else start) + b'{"c":3}\n'


APPEND = """
import sys
from pathlib import Path
from store_protocol.cli.line_file import LineFile
import os
name, path = sys.argv[1:]
write = os.write
# One byte at a time: whoever is not kept out gets in between.
os.write = lambda file, data: write(file, data[:1])
file = LineFile(Path(path))
for number in range(200):
    file.append(b'{"%b":%d}\\n' % (name.encode(), number))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there are no locks")
def test_workers_do_not_get_between_the_bytes_of_each_other(output: Path) -> None:
    workers = [subprocess.Popen([sys.executable, "-c", APPEND, name, str(output)]) for name in "ab"]
    assert [worker.wait(timeout=60) for worker in workers] == [0, 0]
    lines = [json.loads(line) for line in output.read_text().splitlines()]
    for name in "ab":
        assert [line[name] for line in lines if name in line] == list(range(200))
