"""Compressed files that a minidump may come in, recognized by their first bytes.

These are file formats, not content codings, and nothing in the request names them. Memory: about 1 MiB, and what the C
libraries allocate: up to 80 MiB for xz, 4 MiB for bzip2 and `max_zstd_window_bytes` for zstd.
"""

import bz2
from collections.abc import Iterator
from typing import Any

from store_protocol.body.buffers import Blocks
from store_protocol.body.codings import CODINGS
from store_protocol.body.codings.base import CHUNK, INVALID, MemberCounter, Stage, corrupt, truncated
from store_protocol.errors import UnsupportedEncoding
from store_protocol.limits import MIB, Limits

# The first bytes of each format, and how the names of its files end (Relay `endpoints/minidump.rs`).
_FORMATS = {
    "gzip": (CODINGS["gzip"].magic, ".gz"),
    "xz": ((b"\xfd7zXZ\x00",), ".xz"),
    "bzip2": ((b"BZh",), ".bz2"),
    "zstd": (CODINGS["zstd"].magic, ".zst"),
}
#: What xz may use to decode: its largest preset (-9) takes 65 MiB.
_XZ_MEMORY = 80 * MIB


class _Streams:
    """xz or bzip2, whose decompressors of the standard library work alike: one stream or more, one after the other."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._decompressor: Any = None
        self._streams = MemberCounter(name, "streams")
        self._padding = 0
        self._new, self._errors = _library(name)

    def feed(self, data: bytes) -> Iterator[bytes]:
        while data:
            if self._decompressor is None:
                data = self._without_padding(data)
                if not data:
                    return
                self._streams.count()
                self._decompressor = self._new()
            yield from self._decode(data)
            if not self._decompressor.eof:
                return
            data, self._decompressor = self._decompressor.unused_data, None

    def _without_padding(self, data: bytes) -> bytes:
        """Skip the padding behind a stream of xz: zeros, a multiple of four (xz file format 1.2.1, section 2.2)."""
        if self.name != "xz":
            return data
        rest = data.lstrip(b"\0")
        self._padding += len(data) - len(rest)
        if rest:
            self._check_padding()
        return rest

    def _check_padding(self) -> None:
        if self._padding % 4:
            raise corrupt(self.name, "padding that is not a multiple of four bytes")

    def _decode(self, data: bytes) -> Iterator[bytes]:
        try:
            chunk = self._decompressor.decompress(data, CHUNK)
            while chunk or not (self._decompressor.needs_input or self._decompressor.eof):
                yield chunk
                if self._decompressor.eof:
                    return
                chunk = self._decompressor.decompress(b"", CHUNK)
        except self._errors as error:
            raise corrupt(self.name, INVALID) from error

    def finish(self) -> Iterator[bytes]:
        if self._decompressor is not None:
            raise truncated(self.name)
        self._check_padding()
        yield from ()


def _library(name: str) -> tuple[Any, tuple[type[Exception], ...]]:
    if name == "bzip2":
        return bz2.BZ2Decompressor, (OSError, ValueError, EOFError)
    try:
        import lzma  # noqa: PLC0415  (some builds of Python lack it)
    except ImportError:  # pragma: no cover
        raise UnsupportedEncoding("this Python can't open xz files") from None
    return (
        lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_XZ_MEMORY),
        (lzma.LZMAError, ValueError, EOFError, MemoryError),
    )


class Container:
    """Opens a file as its bytes come: `feed` and `finish` return what is in it, in chunks of bounded size.

    `start` holds its first bytes, six at least of one that has so many. A file that is in no container comes out as it went
    in; `name` is None then. Both methods raise `CorruptBody` for a container that can't be opened.

    >>> import gzip
    >>> packed = gzip.compress(b"MDMP")
    >>> container = Container(packed, Limits())
    >>> container.name, b"".join([*container.feed(packed), *container.finish()]), container.inner_name("dump.dmp.gz")
    ('gzip', b'MDMP', 'dump.dmp')
    """

    def __init__(self, start: bytes, limits: Limits) -> None:
        self.name = name = next((name for name, (magic, _) in _FORMATS.items() if start.startswith(magic)), None)
        self._stage: Stage | None = None
        if name is not None:
            self._stage = CODINGS[name].stream(limits) if name in CODINGS else _Streams(name)
        # What comes out before an error depends on how much goes in at once.
        self._blocks = Blocks()

    def inner_name(self, filename: str | None) -> str | None:
        """Return the name of the file that is in one with this name: without the endings of containers."""
        if self.name is not None and filename:
            for _, ending in _FORMATS.values():
                filename = filename.removesuffix(ending)
        return filename

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Take the next bytes."""
        if self._stage is None:
            yield data
            return
        position = 0
        while position < len(data):
            block, position = self._blocks.take(data, position)
            if block is not None:
                yield from self._stage.feed(block)

    def finish(self) -> Iterator[bytes]:
        """Take the end of the file."""
        if self._stage is not None:
            rest = self._blocks.rest()
            if rest:
                yield from self._stage.feed(rest)
            yield from self._stage.finish()
