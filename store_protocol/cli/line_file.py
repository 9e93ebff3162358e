"""A file of lines that several workers append to: an append is there whole, or it leaves nothing behind.

What was accepted must be in the file, and what was refused must not be, since its client sends it again. Three things can
leave part of an append: a disk that is full, a process that is killed, and a machine that loses its power.

A full disk is told to the process that writes, which takes back what it has written. Nobody may write behind it meanwhile,
so that each append holds a lock on the file (flock(2), which the kernel takes back from a process that is killed).

A killed process leaves a line without its end. The next append ends it before it writes its own, so that what is torn is
always a line by itself. It shows: a part of a JSON object is never JSON. Nothing of it was accepted. It is not cut off, as
what stands at the end of a file might be someone else's.

Lost power takes what the kernel had not written yet, unless each append is on the disk before it is answered: `synced`.
"""

import asyncio
import errno
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

if sys.platform == "win32":

    def _lock(_: int) -> bool:
        return False

    def _unlock(_: int) -> None:
        pass

else:
    import fcntl

    def _lock(file: int) -> bool:
        """Keep other workers from appending; say whether they are kept, which some file systems can't."""
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
        except OSError:
            return False
        return True

    def _unlock(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_UN)


class LineFile:
    """The end of a file, to which lines are appended; raises `OSError` where it can't be opened or written."""

    def __init__(self, path: Path) -> None:
        binary = getattr(os, "O_BINARY", 0)
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | binary, 0o644)
        # Only a file has an end that can be read and cut; a pipe or a terminal has none.
        self._reader = os.open(path, os.O_RDONLY | binary) if stat.S_ISREG(os.fstat(self._file).st_mode) else None
        #: Where the last append of this process ended.
        self._end = 0
        #: Whether a pipe has taken only a part of a line.
        self._torn = False
        self._syncing: asyncio.Task[None] | None = None
        self._next_sync: asyncio.Task[None] | None = None

    def close(self) -> None:
        """Close the file; what was appended stays."""
        os.close(self._file)
        if self._reader is not None:
            os.close(self._reader)

    def append(self, lines: bytes) -> None:
        """Append lines, all of them or, where this raises `OSError`, none."""
        with self.appended(lines):
            pass

    @contextmanager
    def appended(self, lines: bytes) -> Iterator[None]:
        """Append lines as `append` does, and take them back where what is done meanwhile raises.

        Nobody else appends meanwhile. What can't be cut, such as a pipe, keeps them all the same.
        """
        if self._reader is None:
            self._write(b"\n" + lines if self._torn else lines)
            yield
            return
        is_locked = _lock(self._file)
        try:
            end = os.lseek(self._reader, 0, os.SEEK_END)
            # Where this process has written the end, it is known.
            if end not in {0, self._end} and _ends_within_a_line(self._reader, end):
                lines = b"\n" + lines
            try:
                self._write(lines)
                yield
            except BaseException:
                if is_locked:
                    # A file that can only be grown keeps the torn line.
                    with suppress(OSError):
                        os.ftruncate(self._file, end)
                raise
            self._end = end + len(lines)
        finally:
            if is_locked:
                _unlock(self._file)

    def _write(self, lines: bytes) -> None:
        self._torn = True
        written = os.write(self._file, lines)
        while written < len(lines):
            more = os.write(self._file, memoryview(lines)[written:])
            if not more:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            written += more
        self._torn = False

    async def synced(self) -> None:
        """Return when all that was appended before is on the disk.

        What is appended while the disk is busy waits for one sync together.
        """
        if self._next_sync is None:
            self._next_sync = asyncio.create_task(self._sync(self._syncing))
        await asyncio.shield(self._next_sync)

    async def _sync(self, before: "asyncio.Task[None] | None") -> None:
        if before is not None and not before.done():
            await asyncio.wait([before])
        self._syncing, self._next_sync = self._next_sync, None
        await asyncio.to_thread(os.fsync, self._file)


def _ends_within_a_line(reader: int, end: int) -> bool:
    os.lseek(reader, end - 1, os.SEEK_SET)
    return os.read(reader, 1) != b"\n"
