"""`store-protocol serve`: an endpoint on this machine that shows each event as it comes, and can keep them in a file.

An event stands in the file before its request is answered: what a client was told to be accepted is there, also after the
process was stopped. Each is one write to a file opened for appending, so that several workers can share it. A write into
the page cache takes a fraction of what the rest of a request does; gathering them would make each request wait for others.
"""

import asyncio
import io
import logging
import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path

import uvicorn

from store_protocol.asgi import StoreApp
from store_protocol.cli.decode import along, one_line
from store_protocol.messages import Submission
from store_protocol.schema.encode import encode_event

#: How workers, which are processes of their own, are told what to do.
_OUTPUT, _QUIET = "STORE_PROTOCOL_OUTPUT", "STORE_PROTOCOL_QUIET"
#: Seconds that requests under way have to end in when the server is stopped.
_GRACE = 10
#: What the DSN shown names; any other key and project are taken as well.
_KEY, _PROJECT = "0123456789abcdef0123456789abcdef", 1


class Sink:
    """Takes what is submitted: prints it, and appends it to a file."""

    def __init__(self, output: Path | None, *, quiet: bool) -> None:
        self._torn = False
        self._file = None if output is None else _open(output)
        self._quiet = quiet
        self._waiting: list[str] = []

    async def __call__(self, submission: Submission) -> None:
        if self._file is not None and submission.events:
            self._append(self._file, b"".join(encode_event(event) + b"\n" for event in submission.events))
        if not self._quiet:
            if not self._waiting:
                # What comes in the same round of the loop is printed at once.
                asyncio.get_running_loop().call_soon(self._print)
            self._waiting += shown(submission)

    def _append(self, file: int, lines: bytes) -> None:
        # What a full disk left of a line must not swallow the next one.
        rest = memoryview(b"\n" + lines if self._torn else lines)
        self._torn = True
        while rest:
            rest = rest[os.write(file, rest) :]
        self._torn = False

    def _print(self) -> None:
        lines, self._waiting = self._waiting, []
        try:
            sys.stdout.write("".join(f"{line}\n" for line in lines))
            sys.stdout.flush()
        except OSError:
            # Whoever read along has gone (`| head`); events are taken all the same.
            self._quiet = True
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _open(output: Path) -> int:
    return os.open(output, os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o644)


def prepare(output: Path) -> None:
    """See that events can be kept, and end the line that a killed process left unfinished.

    Before there are workers: each of them might see what another is writing.
    """
    file = _open(output)
    try:
        if _ends_within_a_line(output):
            os.write(file, b"\n")
    finally:
        os.close(file)


def _ends_within_a_line(output: Path) -> bool:
    # Only a file has an end that can be read; a pipe or a terminal has none.
    if not output.is_file() or not output.stat().st_size:
        return False
    with output.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read() != b"\n"


def shown(submission: Submission) -> list[str]:
    """Give the lines that tell what was submitted: one for each event, attachment and item."""
    lines = [
        f"{datetime.fromtimestamp(event.timestamp or 0, UTC):%H:%M:%S} {one_line(event)} {event.event_id}"
        for event in submission.events
    ]
    lines += [f"  {each}" for each in along(submission)]
    lines += [f"  repaired {repair.kind} at {repair.path}" for repair in submission.repairs]
    return [_plain(line) for line in lines]


def _plain(text: str) -> str:
    # What a client sends must not steer the terminal.
    return text if text.isprintable() else "".join(char if char.isprintable() else "?" for char in text)


def _is_no_cut(record: logging.LogRecord) -> bool:
    # A client that stalls until the grace is over is cut off, which the server would tell of with a traceback.
    return not (record.exc_info and isinstance(record.exc_info[1], asyncio.CancelledError))


def create_app() -> StoreApp:
    """Make the application of one worker, as the environment says."""
    output = os.environ.get(_OUTPUT)
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal that knows few characters is no reason to refuse an event with others.
        sys.stdout.reconfigure(errors="backslashreplace")
    logging.getLogger("uvicorn.error").addFilter(_is_no_cut)
    return StoreApp(Sink(Path(output) if output else None, quiet=bool(os.environ.get(_QUIET))))


def serve(*, host: str, port: int, workers: int, output: Path | None, quiet: bool) -> None:
    """Serve until SIGINT or SIGTERM; requests under way are answered first.

    Raises `OSError` where events can't be kept in `output`.
    """
    if output is not None:
        prepare(output)
    # The server stops by itself and then raises the signal again; a stop that was asked for is no failure.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    os.environ[_OUTPUT] = "" if output is None else str(output.resolve())
    os.environ[_QUIET] = "1" if quiet else ""
    name = f"[{host}]" if ":" in host else host
    sys.stdout.write(f"send to http://{_KEY}@{name}:{port}/{_PROJECT}\n")
    sys.stdout.flush()
    uvicorn.run(
        "store_protocol.cli.serve:create_app",
        factory=True,
        host=host,
        port=port,
        workers=workers,
        ws="none",
        access_log=False,
        log_level="warning",
        timeout_graceful_shutdown=_GRACE,
        server_header=False,
        date_header=True,
    )
