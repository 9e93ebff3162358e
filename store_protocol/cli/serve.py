"""`store-protocol serve`: an endpoint that shows each event as it comes, and can keep what is sent in files.

An event stands in the file before its request is answered: what a client was told to be accepted is there, also after the
process was killed. Nothing that can fail stands between the write and the answer, or a client would be told to send again
what is kept; showing waits until the request is done with. A write into the page cache takes a fraction of what the rest of
a request does; gathering them would make each request wait for others.
"""

import asyncio
import contextlib
import functools
import io
import logging
import math
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec
import uvicorn

from store_protocol.asgi import StoreApp
from store_protocol.cli.attachment_directory import AttachmentDirectory, discard
from store_protocol.cli.decode import along, one_line, refusals
from store_protocol.cli.http_server import BoundedProtocol, Bounds
from store_protocol.cli.item_lines import item_lines
from store_protocol.cli.line_file import LineFile
from store_protocol.cli.metrics import DIRECTORY, Metrics, with_page
from store_protocol.cli.printing import plain
from store_protocol.describe import errors_of
from store_protocol.encode import encode_event
from store_protocol.errors import Overloaded
from store_protocol.limits import MIB, Limits
from store_protocol.submission import Submission

#: How workers, which are processes of their own, are told what to do.
_SETTINGS = "STORE_PROTOCOL_SERVE"
#: Seconds that requests under way have to end in when the server is stopped.
_GRACE = 10
#: Seconds after which a client may send again what could not be kept.
_RETRY_AFTER = 60
#: What the DSN shown names; any other key and project are taken as well.
_KEY, _PROJECT = "0123456789abcdef0123456789abcdef", 1

#: What a worker takes without any body: the interpreter, the code, and the buffers of its connections.
_BASE_MEMORY = 64 * MIB
#: How often a body is in memory at the most: as received, joined, and as attachments cut out of it; and where its items are
#: kept as lines, a third longer, each by itself and all together.
_COPIES, _COPIES_WITH_LINES = 3, 6
#: Bytes of items that are read without holding up other requests.
_FEW_BYTES = 64 * 1024
#: What a byte of an event takes at the most while it is read: measured, with values that are all wrong.
_OBJECTS = 42
#: Memory of a worker where none is named: room for the largest envelope.
_DEFAULT_MEMORY = 1280 * MIB
#: Characters shown of a path, and of what a client calls itself.
_LENGTH = 80
#: Lines shown of what came along with events.
_MOST_LINES = 20


_LIMITS = Limits()


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What a worker is told."""

    output: str | None = None
    items: str | None = None
    attachments: str | None = None
    fsync: bool = False
    quiet: bool = False
    #: The path of the page for Prometheus.
    metrics: str | None = None
    #: Bytes, of this worker.
    memory: int = _DEFAULT_MEMORY
    bounds: Bounds = Bounds()


def memory_shares(memory: int, *, in_files: bool = False, with_lines: bool = False) -> tuple[int, Limits]:
    """Return what a worker of so much memory may hold: bytes of bodies under way, and the limits of a request.

    `in_files` says whether attachments are held in files and not in memory, `with_lines` whether items are kept as lines.

    Half of what the worker does not need itself is for bodies. The other half is for the objects that events become, of the
    one large request that is read at a time. Raises `ValueError` if that is too little for one event.
    """
    share = (memory - _BASE_MEMORY) // 2
    limits = Limits()
    if share < _OBJECTS * limits.max_event_bytes:
        least = _BASE_MEMORY + 2 * _OBJECTS * limits.max_event_bytes
        raise ValueError(f"a worker needs at least {least // MIB} MiB of memory")
    bodies = share // (_COPIES_WITH_LINES if with_lines else _COPIES)
    of_files = limits.max_envelope_bytes if in_files else bodies
    return bodies, msgspec.structs.replace(
        limits,
        max_events_bytes=min(limits.max_events_bytes, share // _OBJECTS),
        # There would never be room for more, and so no use in sending it again.
        max_envelope_bytes=min(limits.max_envelope_bytes, of_files),
        max_attachments_bytes=min(limits.max_attachments_bytes, of_files),
        # What is read into objects as events are.
        max_container_bytes=min(limits.max_container_bytes, share // _OBJECTS),
    )


class Sink:
    """Takes what is submitted: appends events and items to files, keeps attachments in a directory, and prints it."""

    def __init__(
        self,
        output: Path | None,
        *,
        quiet: bool,
        fsync: bool = False,
        items: Path | None = None,
        attachments: AttachmentDirectory | None = None,
        limits: Limits = _LIMITS,
    ) -> None:
        self._attachments = attachments
        self._events_file = None if output is None else LineFile(output)
        self._items_file = None if items is None else LineFile(items)
        self._limits = limits
        self._fsync = fsync
        self._quiet = quiet
        self._is_failing = False
        #: What is printed next: submissions, and lines of what was refused.
        self._waiting: list[Submission | str] = []

    async def __call__(self, submission: Submission) -> None:
        lines = await self._lines(submission)
        files: list[Path] = []
        if self._attachments is not None and (found := [each for each in submission.attachments if each.file is not None]):
            keep = functools.partial(self._attachments.keep, fsync=self._fsync)
            files = await asyncio.to_thread(keep, submission.event_id, found)
        try:
            if lines:
                await self._keep(lines)
        except BaseException:
            discard(files)
            raise
        self.show(submission)

    def show(self, what: Submission | str) -> None:
        """Print a submission, or a line of what was refused, once the loop has nothing else to do."""
        if not self._quiet:
            if not self._waiting:
                # What comes in the same round of the loop is printed at once.
                asyncio.get_running_loop().call_soon(self._print)
            self._waiting.append(what)

    async def _lines(self, submission: Submission) -> list[tuple[LineFile, bytes]]:
        """Return what is to be appended, and to which file."""
        lines: list[tuple[LineFile, bytes]] = []
        if self._items_file is not None and submission.items:
            arguments = (submission, time.time(), self._limits)
            # Few are told at once; a thread has one request with many at a time.
            if sum(len(item.data) for item in submission.items) <= _FEW_BYTES:
                told = item_lines(*arguments)
            else:
                told = await asyncio.to_thread(item_lines, *arguments)
            lines.append((self._items_file, told))
        if self._events_file is not None and submission.events:
            lines.append((self._events_file, b"".join([encode_event(event) + b"\n" for event in submission.events])))
        return lines

    async def _keep(self, lines: list[tuple[LineFile, bytes]]) -> None:
        """Append to all files, or to none."""
        try:
            with contextlib.ExitStack() as stack:
                for file, told in lines:
                    stack.enter_context(file.appended(told))
            if self._fsync:
                await asyncio.gather(*[file.synced() for file, _ in lines])
        except OSError as error:
            # One line for a disk that is full, not one for each request.
            if not self._is_failing:
                logging.getLogger("uvicorn.error").error("what is sent can't be kept: %s", error.strerror)  # noqa: TRY400
            self._is_failing = True
            raise Overloaded("what was sent can't be kept for now", retry_after=_RETRY_AFTER) from error
        self._is_failing = False

    def _print(self) -> None:
        waiting, self._waiting = self._waiting, []
        try:
            lines = [line for what in waiting for line in ([what] if isinstance(what, str) else shown(what))]
            sys.stdout.write("".join([f"{line}\n" for line in lines]))
            sys.stdout.flush()
        except OSError:
            # Whoever read along has gone (`| head`); events are taken all the same.
            self._quiet = True
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def shown(submission: Submission) -> list[str]:
    """Return the lines that tell what was submitted: each event, what is wrong in it, attachments and items."""
    lines = [f"{_time_of_day(event.timestamp)} {one_line(event)} {event.event_id}" for event in submission.events]
    wrong = [error for event in submission.events for error in errors_of(event)]
    more = [f"wrong: {error.name}: {error.reason or (error.type or '').replace('_', ' ')}" for error in wrong]
    more += along(submission) + refusals(submission)
    more += [f"repaired {repair.kind} at {repair.path}" for repair in submission.repairs]
    lines += [f"  {each}" for each in more[:_MOST_LINES]]
    if len(more) > _MOST_LINES:
        lines.append(f"  and {len(more) - _MOST_LINES} more")
    return [plain(line) for line in lines]


def telling(app: Any, tell: Callable[[str], None]) -> Any:
    """Return an application that tells of each request that is refused: why, and who sent it."""

    async def served(scope: Any, receive: Any, send: Any) -> None:
        async def watched(message: Any) -> None:
            await send(message)
            if message["type"] == "http.response.start" and message["status"] >= 400:
                tell(_refused(scope, message["status"], _header(message, b"x-sentry-error")))

        await app(scope, receive, watched)

    return served


def _refused(scope: Any, status: int, why: str) -> str:
    client = _header(scope, b"user-agent") or "a client without a name"
    said = f"refused {status}: {why}" if why else f"refused {status}"
    return plain(f"{_time_of_day(time.time())} {said} ({scope['method']} {scope['path'][:_LENGTH]} by {client[:_LENGTH]})")


def _header(of: Any, name: bytes) -> str:
    return next((value.decode("latin-1") for key, value in of["headers"] if key.lower() == name), "")


def _time_of_day(timestamp: float) -> str:
    # Timestamps may lie in years that a calendar of Python's doesn't have.
    if not math.isfinite(timestamp):
        return "--:--:--"
    minutes, seconds = divmod(math.floor(timestamp) % 86_400, 60)
    return f"{minutes // 60:02}:{minutes % 60:02}:{seconds:02}"


def _is_no_cut(record: logging.LogRecord) -> bool:
    # A client that stalls until the grace is over is cut off, which the server would tell of with a traceback.
    return not (record.exc_info and isinstance(record.exc_info[1], asyncio.CancelledError))


def create_app() -> Any:
    """Make the application of one worker, as the environment says."""
    settings = msgspec.json.decode(os.environ[_SETTINGS], type=Settings)
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal that knows few characters must not make an event with others fail.
        sys.stdout.reconfigure(errors="backslashreplace")
    logging.getLogger("uvicorn.error").addFilter(_is_no_cut)
    BoundedProtocol.bounds = settings.bounds
    output = Path(settings.output) if settings.output else None
    items = Path(settings.items) if settings.items else None
    attachments = AttachmentDirectory(Path(settings.attachments)) if settings.attachments else None
    in_flight, limits = memory_shares(settings.memory, in_files=attachments is not None, with_lines=items is not None)
    sink = Sink(output, quiet=settings.quiet, fsync=settings.fsync, items=items, attachments=attachments, limits=limits)
    metrics = None
    if settings.metrics is not None:
        metrics = Metrics()
    on_outcome = None if metrics is None else metrics.count
    app: Any = StoreApp(
        sink,
        max_bytes_in_flight=in_flight,
        limits=limits,
        on_outcome=on_outcome,
        open_attachment=None if attachments is None else attachments.open,
    )
    if not settings.quiet:
        app = telling(app, sink.show)
    if settings.metrics is not None and metrics is not None:
        app = with_page(app, settings.metrics, metrics)

    async def served(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            # Large bodies are read in threads only so that the loop goes on; each takes a lot of memory meanwhile.
            asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
        await app(scope, receive, send)

    return served


def serve(*, host: str, port: int, workers: int, keep_alive: int, max_memory: int | None, settings: Settings) -> None:
    """Serve until SIGINT or SIGTERM; requests under way are answered first.

    `max_memory` is what all workers may take together, in bytes. Raises `OSError` where nothing can be kept in
    `settings.output`, `settings.items` or `settings.attachments`, and `ValueError` where there is too little memory, or one
    file for events and items.
    """
    settings = msgspec.structs.replace(settings, memory=max_memory // workers if max_memory else _DEFAULT_MEMORY)
    memory_shares(settings.memory)
    kept = [Path(name) for name in (settings.output, settings.items) if name is not None]
    for path in kept:
        LineFile(path).close()
    if len(kept) == 2 and kept[0].samefile(kept[1]):
        message = "events and items need a file each"
        raise ValueError(message)
    if settings.attachments is not None:
        AttachmentDirectory(Path(settings.attachments)).check()
    # The server stops by itself and then raises the signal again; a stop that was asked for isn't a failure.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    os.environ[_SETTINGS] = msgspec.json.encode(settings).decode()
    with contextlib.ExitStack() as stack:
        if settings.metrics is not None:
            # Where workers keep their counts.
            counts = stack.enter_context(tempfile.TemporaryDirectory(prefix="store-protocol-"))
            os.environ[DIRECTORY] = counts
        _run(host, port, workers, keep_alive)


def _run(host: str, port: int, workers: int, keep_alive: int) -> None:
    name = f"[{host}]" if ":" in host else host
    sys.stdout.write(f"send to http://{_KEY}@{name}:{port}/{_PROJECT}\n")
    sys.stdout.flush()
    uvicorn.run(
        "store_protocol.cli.serve:create_app",
        factory=True,
        host=host,
        port=port,
        workers=workers,
        http=BoundedProtocol,
        ws="none",
        access_log=False,
        log_level="warning",
        timeout_keep_alive=keep_alive,
        timeout_graceful_shutdown=_GRACE,
        server_header=False,
        date_header=True,
    )
