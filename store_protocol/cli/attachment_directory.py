"""A directory that keeps the attachments of accepted requests, each as a file that is there whole or not at all.

While an attachment comes its bytes go into a file with a name of its own, which begins with a dot. It gets its name once
its request is accepted. Of a request that is refused, and of one whose client goes away, nothing stays; a process that is
killed leaves files that begin with a dot.
"""

import os
import re
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from store_protocol.errors import Overloaded
from store_protocol.items.attachment import Attachment, AttachmentHead

#: Seconds after which a client may send again what could not be kept.
_RETRY_AFTER = 60
#: Characters of a file name that are kept as they are. A name must lead to no other directory, and be no option of a tool.
_OTHERS = re.compile(r"[^0-9A-Za-z_.-]++")
_LONGEST_NAME = 100

Returned = TypeVar("Returned")


def _kept(operation: Callable[[], Returned]) -> Returned:
    """Return what an operation on a file does; refuse the request where that fails."""
    try:
        return operation()
    except OSError as error:
        raise Overloaded("the attachment can't be kept for now", retry_after=_RETRY_AFTER) from error


class AttachmentDirectory:
    """Opens files for attachments, and keeps those of accepted requests."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def check(self) -> None:
        """Raise `OSError` unless files can be made there."""
        self._path.mkdir(parents=True, exist_ok=True)
        IncomingFile(self._path).close()

    def open(self, head: AttachmentHead) -> "IncomingFile":  # noqa: ARG002  (the arguments of `open_attachment`)
        """Return a file for the bytes of an attachment."""
        return _kept(lambda: IncomingFile(self._path))

    def keep(self, event_id: str | None, attachments: Sequence[Attachment], *, fsync: bool = False) -> list[Path]:
        """Give the files of a request's attachments their names: the event id, a number, and their own.

        Return the paths. Raises `Overloaded` where one can't be kept, and keeps none then.
        """
        paths: list[Path] = []
        try:
            for number, attachment in enumerate(attachments):
                name = _OTHERS.sub("_", attachment.filename or attachment.name)[-_LONGEST_NAME:]
                file: IncomingFile = attachment.file
                paths.append(_kept(lambda: file.keep(f"{event_id or 'none'}-{number}-{name}", fsync=fsync)))  # noqa: B023
        except Overloaded:
            discard(paths)
            raise
        return paths


def discard(paths: Sequence[Path]) -> None:
    """Remove the files of a request that could not be accepted after all."""
    for path in paths:
        with suppress(OSError):
            path.unlink()


class IncomingFile:
    """A file that goes away when it is closed, unless it is kept."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        file, name = tempfile.mkstemp(prefix=".", suffix=".part", dir=directory)
        self._file, self._path = os.fdopen(file, "wb"), Path(name)
        self._is_kept = False

    def write(self, data: bytes) -> int:
        """Take the next bytes. Raises `Overloaded` where the disk doesn't take them."""
        return _kept(lambda: self._file.write(data))

    def keep(self, name: str, *, fsync: bool) -> Path:
        """Give the file its name, with a number more if there is one with it; return its path. Raises `OSError`."""
        self._file.flush()
        if fsync:
            os.fsync(self._file.fileno())
        number = 0
        while True:
            path = self._directory / (f"{name}.{number}" if number else name)
            try:
                # Nobody else can have the name from here on.
                os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644))
            except FileExistsError:
                number += 1
            else:
                break
        try:
            self._file.close()
            self._path.chmod(0o644)
            self._path.replace(path)
        except OSError:
            path.unlink()
            raise
        self._is_kept = True
        return path

    def close(self) -> None:
        """Close the file, and remove it unless it was kept."""
        # What it has not written yet may not fit on a disk that is full; it goes away all the same.
        with suppress(OSError):
            self._file.close()
        if not self._is_kept:
            with suppress(OSError):
                self._path.unlink()
