"""`store-protocol normalize`: a file of events, one a line, into canonical ones, with all cores and in constant memory.

Each line that isn't blank becomes one line of the output or one of the rejects, in the order of the input. Rejects are
written first: so whatever the output of a killed run holds, the lines that were rejected before it are known, and a run
that resumes can tell how far it came.
"""

import base64
import collections
import gzip
import io
import sys
from collections.abc import Callable, Iterator
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any, Final, Self

import msgspec
import zstandard
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from store_protocol.cli.request_files import UnreadableFile
from store_protocol.errors import StoreError
from store_protocol.limits import MIB
from store_protocol.many import normalize_many
from store_protocol.normalize import NormalizeOptions

#: The longest line that is read, in bytes: no event that an endpoint takes is nearly as long.
MAX_LINE_BYTES: Final = 16 * MIB
#: How files begin that are compressed.
_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
#: Events after which the progress bar is drawn anew.
_STEP = 200


class LineTooLong(StoreError):
    """A line is longer than what is read of one."""

    code = "line_too_long"


class Counts(msgspec.Struct):
    """How many lines became events, and how many were rejected."""

    events: int = 0
    rejected: int = 0


class Reject(msgspec.Struct, omit_defaults=True):
    """A line that is no event: its number, why, and the line itself (in base64 where it isn't UTF-8)."""

    line: int
    code: str
    reason: str
    text: str | None = None
    base64: str | None = None


def normalize_file(
    file: Path,
    options: NormalizeOptions,
    *,
    output: Path | None = None,
    rejects: Path | None = None,
    processes: int | None = None,
    resume: bool = False,
    console: Console | None = None,
) -> Counts:
    """Normalize the events of a file, or of the standard input for `-`, to another or to the standard output.

    Files are plain, gzip or zstd, whatever their names. Rejected lines go to `rejects` as JSON lines, or are told on the
    standard error. With `resume` the lines that `output` and `rejects` have already are passed over, and new ones appended.
    Raises `UnreadableFile` where a file can't be read or written.
    """
    counts = Counts()
    with ExitStack() as opened:
        try:
            raw: Any = sys.stdin.buffer if str(file) == "-" else opened.enter_context(file.open("rb"))
            sink = opened.enter_context(_Sink(file, output, rejects, resume=resume))
        except OSError as error:
            message = f"{error.filename}: {error.strerror}"
            raise UnreadableFile(message) from None
        bar = opened.enter_context(_progress(console or Console(stderr=True), beside=output is None))
        task = bar.add_task("", total=None if str(file) == "-" else file.stat().st_size, events=0)
        lines = _Lines(_plain(raw), sink)
        results = normalize_many(lines.texts(), options, processes=processes, encoded=True)
        try:
            for result in _with_refused(results, lines):
                number, text = lines.under_way.popleft()
                if isinstance(result, StoreError):
                    counts.rejected += 1
                    sink.reject(number, text, result)
                else:
                    counts.events += 1
                    sink.keep(result)
                if (counts.events + counts.rejected) % _STEP == 0:
                    sink.flush()
                    _update(bar, task, raw, counts)
            sink.flush()
        except BrokenProcessPool:
            message = f"{file}: a process was killed, perhaps for want of memory; --resume goes on where it was"
            raise UnreadableFile(message) from None
        except (OSError, zstandard.ZstdError, EOFError) as error:
            message = f"{file}: {error}"
            raise UnreadableFile(message) from None
        _update(bar, task, raw, counts)
    return counts


def _with_refused(results: Iterator[bytes | StoreError], lines: "_Lines") -> Iterator[bytes | StoreError]:
    """Return the results, with the error of each line that was too long to be handed on in its place."""
    while True:
        while lines.under_way and lines.under_way[0][1] is None:
            yield LineTooLong(f"the line is longer than {MAX_LINE_BYTES} bytes")
        try:
            yield next(results)
        except StopIteration:
            if not lines.under_way:
                return


class _Sink:
    """Where events and rejects go, and what is there already."""

    def __init__(self, file: Path, output: Path | None, rejects: Path | None, *, resume: bool) -> None:
        self._file = file
        #: How many events are there already, and the numbers of the lines that are rejected already.
        self.events = _whole_lines(output) if resume and output is not None else 0
        self.rejected = _rejected(rejects) if resume and rejects is not None else frozenset[int]()
        mode = "ab" if resume else "wb"
        self._rejects = None if rejects is None else rejects.open(mode)
        self._output: IO[bytes] = sys.stdout.buffer if output is None else output.open(mode)
        self._closes = output is not None
        self._lines: list[bytes] = []
        self._reject_lines: list[bytes] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._rejects is not None:
            self._rejects.close()
        if self._closes:
            self._output.close()

    def keep(self, event: bytes) -> None:
        self._lines.append(event)

    def reject(self, number: int, text: bytes | None, error: StoreError) -> None:
        if self._rejects is None:
            sys.stderr.write(f"{self._file}:{number}: {error.code}: {error}\n")
            return
        reject = Reject(number, error.code, str(error))
        if text is not None:
            try:
                reject.text = text.rstrip(b"\r\n").decode()
            except UnicodeDecodeError:
                reject.base64 = base64.b64encode(text).decode()
        self._reject_lines.append(msgspec.json.encode(reject))

    def flush(self) -> None:
        """Write what was gathered, the rejects first."""
        for out, lines in ((self._rejects, self._reject_lines), (self._output, self._lines)):
            if out is not None and lines:
                out.write(b"\n".join([*lines, b""]))
                out.flush()
                lines.clear()


def _whole_lines(path: Path) -> int:
    """Count the lines of a file, and cut off the last one where a killed run has written a part of it."""
    if not path.exists():
        return 0
    count = end = 0
    with path.open("r+b") as file:
        while chunk := file.read(MIB):
            count += chunk.count(b"\n")
            if (last := chunk.rfind(b"\n")) >= 0:
                end = file.tell() - len(chunk) + last + 1
        file.truncate(end)
    return count


def _rejected(path: Path) -> frozenset[int]:
    if not _whole_lines(path):
        return frozenset()
    with path.open("rb") as file:
        return frozenset(msgspec.json.decode(line, type=Reject).line for line in file)


class _Lines:
    """The lines of a stream; `under_way` are those that were handed on and have no result yet, with their numbers."""

    def __init__(self, stream: IO[bytes], sink: _Sink) -> None:
        self._stream = stream
        self._sink = sink
        #: None stands for a line that was too long.
        self.under_way: collections.deque[tuple[int, bytes | None]] = collections.deque()

    def texts(self) -> Iterator[bytes]:
        number = 0
        done, rejected = self._sink.events, self._sink.rejected
        while line := self._stream.readline(MAX_LINE_BYTES + 1):
            number += 1
            is_whole = len(line) <= MAX_LINE_BYTES or line.endswith(b"\n")
            rest = line
            while not is_whole and rest and not rest.endswith(b"\n"):
                rest = self._stream.readline(MIB)
            if number in rejected or not line.strip():
                continue
            if done:
                done -= 1
                continue
            self.under_way.append((number, line if is_whole else None))
            if is_whole:
                yield line


def _plain(raw: Any) -> IO[bytes]:
    """Return a stream of the plain bytes of a file, which may be compressed."""
    stream = raw if isinstance(raw, io.BufferedReader) else io.BufferedReader(raw)
    start = stream.peek(4)[:4]
    if start.startswith(_GZIP):
        return io.BufferedReader(gzip.GzipFile(fileobj=stream), MIB)
    if start == _ZSTD:
        reader = zstandard.ZstdDecompressor().stream_reader(stream, read_across_frames=True)
        return io.BufferedReader(reader, MIB)
    return stream


def _progress(console: Console, *, beside: bool) -> Progress:
    """Return a bar for a terminal, which shows nothing anywhere else, nor `beside` what is printed to the same one."""
    is_shown = console.is_terminal and not (beside and sys.stdout.isatty())
    columns = (
        *(TextColumn("{task.fields[events]:,} events"), BarColumn(), DownloadColumn(binary_units=True)),
        *(TimeElapsedColumn(), TimeRemainingColumn()),
    )
    return Progress(*columns, console=console, disable=not is_shown, transient=False)


def _update(bar: Progress, task: TaskID, raw: Any, counts: Counts) -> None:
    position: Callable[[], int] = raw.tell
    try:
        completed = position() if raw.seekable() else 0
    except OSError:
        completed = 0
    bar.update(task, completed=completed, events=counts.events)
