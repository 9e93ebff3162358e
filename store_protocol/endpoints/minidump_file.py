"""What is read in a minidump: when it was written, by which library, and what the application noted in it.

The format is Microsoft's (minidumpapiset.h: MINIDUMP_HEADER, MINIDUMP_DIRECTORY, MINIDUMP_MODULE); the annotations stand in
a stream of Crashpad's (crashpad minidump/minidump_extensions.h). Every offset and count in it comes from the one who sent
it: each is checked against the file, and as lists may share their entries and texts, no more is read of all of them than
the file has bytes.
"""

from collections.abc import Iterator
from typing import Any, Literal

import msgspec

_MODULES, _CRASHPAD, _BREAKPAD = 4, 0x43500001, 0x47670001
#: Entries of all lists together. Crashpad itself keeps 64 simple annotations and 200 others a module, and few have any.
_MOST_ENTRIES = 10_000
#: Bytes of all texts together: one annotation has up to 20 KiB (crashpad client/annotation.h `kValueMaxSize`).
_MOST_TEXT = 1024 * 1024
_MODULE_SIZE = 108
_STRING_ANNOTATION = 1


class Minidump(msgspec.Struct, frozen=True):
    """What was found in a minidump.

    `timestamp` is in seconds since the epoch, 0 where the writer set none. `writer` is `crashpad`, `breakpad` or `unknown`.
    `annotations` are contexts by their names: `crashpad` for those of the process, and one for each module that has some.
    """

    timestamp: int
    writer: str
    annotations: dict[str, dict[str, Any]] = {}


class _Reader:
    """Reads numbers and texts of a file; outside of it there are zeros and nothing."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        # Written on a big-endian machine, the signature is reversed.
        self.order: Literal["little", "big"] = "big" if data[:4] == b"PMDM" else "little"
        self._entries = _MOST_ENTRIES
        self._text = _MOST_TEXT
        self._unread = len(data)

    def number(self, offset: int, size: int = 4) -> int:
        return int.from_bytes(self.data[offset : offset + size], self.order) if offset + size <= len(self.data) else 0

    def text(self, offset: int, encoding: str = "utf-8") -> str:
        length = min(self.number(offset), self._text, self._unread) if offset else 0
        self._text -= length
        self._unread -= length
        return self.data[offset + 4 : offset + 4 + length].decode(encoding, "replace")

    def entries(self, offset: int, size: int) -> Iterator[int]:
        """Return the offsets of the entries of a list that begins with their count."""
        if offset:
            room = max(0, len(self.data) - offset - 4) // size
            for index in range(min(self.number(offset), room)):
                if not self._entries or self._unread < size:
                    return
                self._entries -= 1
                self._unread -= size
                yield offset + 4 + index * size


def read_minidump(data: bytes) -> Minidump | None:
    """Read a minidump; None for a file that has no more of one than its signature.

    >>> read_minidump(b"MDMP" + bytes(16) + (1382659975).to_bytes(4, "little") + bytes(8))
    Minidump(timestamp=1382659975, writer='unknown', annotations={})
    """
    file = _Reader(data)
    if data[:4] not in {b"MDMP", b"PMDM"} or len(data) < 32:
        return None
    count, directory = min(file.number(8), _MOST_ENTRIES), file.number(12)
    # Of equal streams the first counts.
    streams = {
        file.number(entry): file.number(entry + 8)
        for entry in range(directory + 12 * (count - 1), directory - 1, -12)
        if directory and entry + 12 <= len(data)
    }
    crashpad = streams.get(_CRASHPAD)
    writer = "crashpad" if crashpad else "breakpad" if _BREAKPAD in streams else "unknown"
    annotations = dict(_annotations(file, crashpad, streams.get(_MODULES, 0))) if crashpad else {}
    return Minidump(file.number(20), writer, annotations)


def _annotations(file: _Reader, crashpad: int, modules: int) -> Iterator[tuple[str, dict[str, Any]]]:
    # MinidumpCrashpadInfo: version, two ids of 16 bytes, then size and offset of the annotations and of the modules.
    simple = _simple(file, file.number(crashpad + 40))
    if simple:
        yield "crashpad", simple
    for link in file.entries(file.number(crashpad + 48), 12):
        index, info = file.number(link), file.number(link + 8)
        if not modules or not info or index >= file.number(modules):
            continue
        # MinidumpModuleCrashpadInfo: version, then size and offset each of a list, of pairs and of typed objects.
        context: dict[str, Any] = {"type": "crashpad"}
        context |= _simple(file, file.number(info + 16))
        context |= _objects(file, file.number(info + 24))
        notes = [file.text(file.number(entry)) for entry in file.entries(file.number(info + 8), 4)]
        if notes:
            context["annotations"] = notes
        encoding = "utf-16-le" if file.order == "little" else "utf-16-be"
        path = file.text(file.number(modules + 4 + index * _MODULE_SIZE + 20), encoding)
        name = path.replace("\\", "/").rpartition("/")[2]
        if name and len(context) > 1:
            yield name, context


def _simple(file: _Reader, offset: int) -> dict[str, Any]:
    return {file.text(file.number(entry)): file.text(file.number(entry + 4)) for entry in file.entries(offset, 8)}


def _objects(file: _Reader, offset: int) -> dict[str, Any]:
    return {
        file.text(file.number(entry)): file.text(file.number(entry + 8))
        for entry in file.entries(offset, 12)
        if file.number(entry + 4, 2) == _STRING_ANNOTATION
    }
