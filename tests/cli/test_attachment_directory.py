"""`serve --attachments`: files that are there whole or not at all, and the memory that large ones take."""

import asyncio
import errno
import http.client
import os
import random
import socket
import subprocess
import sys
import zlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from store_protocol import AttachmentHead, HttpRequest, RequestHead, Submission, decode_request
from store_protocol.cli import serve
from store_protocol.cli.attachment_directory import AttachmentDirectory
from store_protocol.cli.commands import cli
from store_protocol.errors import Overloaded
from store_protocol.limits import MIB
from tests.cli.test_serve import KEY, running
from tests.servers import asgi, wait_until, wsgi

ID = "1" * 32
HEAD = AttachmentHead(
    "a", "a", None, "event.attachment", None, RequestHead("envelope", "1", None, HttpRequest("POST", "/", []))
)


def envelope(*names: str) -> bytes:
    files = [b'{"type":"attachment","length":3,"filename":"%b"}\nabc\n' % name.encode() for name in names]
    return b'{"event_id":"%b"}\n{"type":"event"}\n{}\n%b' % (ID.encode(), b"".join(files))


def taken(directory: AttachmentDirectory, body: bytes) -> Submission:
    request = HttpRequest("POST", f"/api/1/envelope/?sentry_key={KEY}", [], body)
    return decode_request(request, open_attachment=directory.open)


def close(submission: Submission) -> None:
    for each in submission.attachments:
        each.file.close()


def test_attachments_are_kept_by_the_id_of_their_event(tmp_path: Path) -> None:
    directory = AttachmentDirectory(tmp_path)
    names = ["a.txt", "../../etc/pass wd", "é", "", "-rf", "x" * 300]
    for _ in range(2):
        submission = taken(directory, envelope(*names))
        directory.keep(submission.event_id, submission.attachments)
        close(submission)
    found = sorted(path.name for path in tmp_path.iterdir())
    assert len(found) == 2 * len(names) and found[:2] == [f"{ID}-0-a.txt", f"{ID}-0-a.txt.1"]
    assert f"{ID}-1-.._.._etc_pass_wd" in found and all(len(name) < 150 for name in found)
    assert {path.read_bytes() for path in tmp_path.iterdir()} == {b"abc"}
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o644}


def test_nothing_stays_of_what_was_not_kept(tmp_path: Path) -> None:
    submission = taken(AttachmentDirectory(tmp_path), envelope("a", "b"))
    assert len([*tmp_path.iterdir()]) == 2
    close(submission)
    assert [*tmp_path.iterdir()] == []


def full(*_: Any) -> int:
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("function", ["fsync", "open", "replace"])
def test_either_all_attachments_of_a_request_are_kept_or_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, function: str
) -> None:
    directory = AttachmentDirectory(tmp_path)
    submission = taken(directory, envelope("a", "b", "c"))
    calls: list[Any] = []
    target: Any = Path if function == "replace" else os
    original = getattr(target, function)

    def fail_later(*arguments: Any) -> Any:
        calls.append(arguments)
        return full() if len(calls) > 1 else original(*arguments)

    with monkeypatch.context() as patched:
        patched.setattr(target, function, fail_later)
        with pytest.raises(Overloaded) as refused:
            directory.keep(ID, submission.attachments, fsync=True)
    assert refused.value.response().status == 503
    close(submission)
    assert [*tmp_path.iterdir()] == []


def test_disk_that_is_full_refuses_the_request(tmp_path: Path) -> None:
    directory = AttachmentDirectory(tmp_path / "missing")
    with pytest.raises(Overloaded):
        directory.open(HEAD)
    directory.check()
    file = directory.open(HEAD)
    file._file.close()
    # A disk that is full.
    file._file = Path("/dev/full").open("wb", buffering=0)  # type: ignore[assignment]  # noqa: SIM115
    with pytest.raises(Overloaded):
        file.write(b"abc")
    file.close()
    assert [*(tmp_path / "missing").iterdir()] == []


def test_attachments_of_an_event_that_can_not_be_kept_go_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    directory = AttachmentDirectory(tmp_path / "files")
    directory.check()
    sink = serve.Sink(tmp_path / "events", quiet=True, attachments=directory)
    submission = taken(directory, envelope("a", "b"))

    async def run() -> None:
        with monkeypatch.context() as patched:
            patched.setattr(os, "write", full)
            with pytest.raises(Overloaded):
                await sink(submission)

    asyncio.run(run())
    close(submission)
    assert [*(tmp_path / "files").iterdir()] == []


def test_directory_must_take_files(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    found = CliRunner().invoke(cli, ["serve", "--attachments", str(tmp_path / "file" / "a")])
    assert found.exit_code == 2 and "can't write to" in found.output


def test_memory_bounds_no_attachments_that_are_in_files() -> None:
    assert serve.memory_shares(300 * MIB)[1].max_attachments_bytes == 39 * MIB + MIB // 3
    limits = serve.memory_shares(300 * MIB, in_files=True)[1]
    assert (limits.max_attachments_bytes, limits.max_envelope_bytes) == (200 * MIB, 200 * MIB)


# What a request over HTTP may take of memory while an attachment of 200 MiB comes.
MOST = 16 * MIB
SIZE = 200 * MIB - 100_000
BLOCK = b"MDMP" + random.Random(1).randbytes(65536 - 4)


def dump() -> Iterator[bytes]:
    left = SIZE
    while left:
        yield BLOCK[:left]
        left -= min(left, len(BLOCK))


def in_envelope() -> Iterator[bytes]:
    head = b'{"type":"attachment","filename":"a.dmp","attachment_type":"event.minidump","length":%d}' % SIZE
    yield b'{"event_id":"%b"}\n{"type":"event"}\n{"message":"hello"}\n%b\n' % (ID.encode(), head)
    yield from dump()
    yield b'\n{"type":"session"}\n{}'


def in_form() -> Iterator[bytes]:
    yield b'--x\r\nContent-Disposition: form-data; name="upload_file_minidump"; filename="a.dmp"\r\n\r\n'
    yield from dump()
    yield b"\r\n--x--\r\n"


def in_gzip(pieces: Iterator[bytes]) -> Iterator[bytes]:
    # Of what is not compressed, gzip is quick, and larger than its limit of 40 MiB: so there are zeros.
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    for piece in pieces:
        if packed := packer.compress(piece if len(piece) < len(BLOCK) else piece[:8000] + bytes(len(piece) - 8000)):
            yield packed
    yield packer.flush()


ENVELOPE, MINIDUMP = "/api/1/envelope/", "/api/1/minidump/"
LARGE: dict[str, tuple[str, dict[str, str], Any]] = {
    "envelope": (ENVELOPE, {}, in_envelope),
    "envelope in gzip": (ENVELOPE, {"Content-Encoding": "gzip"}, lambda: in_gzip(in_envelope())),
    "form": (MINIDUMP, {"Content-Type": "multipart/form-data; boundary=x"}, in_form),
    "raw": (MINIDUMP, {"Content-Type": "application/octet-stream"}, dump),
    "container": (MINIDUMP, {}, lambda: in_gzip(dump())),
}


def post(port: int, case: str) -> tuple[int, bytes]:
    target, headers, pieces = LARGE[case]
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        connection.request("POST", f"{target}?sentry_key={KEY}", pieces(), headers, encode_chunked=True)
        answer = connection.getresponse()
        return answer.status, answer.read()


def peak(pid: int) -> int:
    """Return the most memory that a process has held so far, in bytes."""
    status = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM:"))


def assert_small(pid: int, port: int, *cases: str) -> None:
    with closing(http.client.HTTPConnection("127.0.0.1", port)) as connection:
        connection.request("POST", f"/api/1/store/?sentry_key={KEY}", b"{}")
        assert connection.getresponse().status == 200
    before = peak(pid)
    for case in cases:
        status, answer = post(port, case)
        assert (status, case) == (200, case), answer
        assert peak(pid) - before < MOST, (case, peak(pid) - before)


linux = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Linux tells VmHWM, where /proc is mounted")


@linux
def test_server_takes_large_attachments_in_little_memory(tmp_path: Path) -> None:
    with running("--quiet", "--attachments", str(tmp_path / "files"), "--max-memory", "160MiB") as (process, port):
        assert_small(process.pid, port, "envelope", "form", "container")
        found = sorted((tmp_path / "files").iterdir())
        assert [path.stat().st_size for path in found] == [SIZE] * 3
        # A client that goes away leaves nothing.
        with socket.create_connection(("127.0.0.1", port)) as broken:
            lines = f"POST {MINIDUMP}?sentry_key={KEY} HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n"
            broken.sendall(lines.encode() + BLOCK * 3)
            wait_until(lambda: any(path.name.startswith(".") for path in (tmp_path / "files").iterdir()))
        wait_until(lambda: sorted((tmp_path / "files").iterdir()) == found)


# A server of its own process, as what tests have held before counts.
SERVER = """
import os, sys, tempfile
from store_protocol import preload
from store_protocol.{kind} import StoreApp
from tests.servers import {kind}

preload()
def take(submission):
    if not submission.attachments:
        return
    (attachment,) = submission.attachments
    assert attachment.bytes_in_file == attachment.file.tell() == {size}

with {kind}(StoreApp(take, open_attachment=lambda head: tempfile.TemporaryFile(dir={directory!r}))) as port:
    print(port, flush=True)
    sys.stdin.read()
"""


@linux
@pytest.mark.parametrize(("kind", "cases"), [(asgi.__name__, ["envelope in gzip", "raw"]), (wsgi.__name__, ["envelope"])])
def test_applications_take_large_attachments_in_little_memory(kind: str, cases: list[str], tmp_path: Path) -> None:
    code = SERVER.format(kind=kind, size=SIZE, directory=str(tmp_path))
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None and process.stdin is not None
        port = int(process.stdout.readline())
        assert_small(process.pid, port, *cases)
        process.stdin.close()
        assert process.wait() == 0
