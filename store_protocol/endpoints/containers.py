"""Compressed files: what a minidump may be wrapped in, told by its first bytes.

These are file formats, not content codings, and nothing in the request names them. Each is opened with its output bounded.
"""

import bz2
from collections.abc import Iterator
from typing import Any

from store_protocol.body.stages import CHUNK, Gzip, Members, Stage, Zstd, corrupt, pieces, truncated
from store_protocol.errors import LimitExceeded, UnsupportedEncoding
from store_protocol.limits import MIB, Limits, Reserve

# First bytes, and how file names of that kind end (Relay `endpoints/minidump.rs`).
_KINDS = {
    b"\x1f\x8b": ("gzip", ".gz"),
    b"\xfd7zXZ\x00": ("xz", ".xz"),
    b"BZh": ("bzip2", ".bz2"),
    b"\x28\xb5\x2f\xfd": ("zstd", ".zst"),
}
#: What xz may use to decode: its largest preset (-9) takes 65 MiB.
_XZ_MEMORY = 80 * MIB


class _Blocks:
    """xz or bzip2, whose decompressors of the standard library work alike: one stream or more, one after the other."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._decompressor: Any = None
        self._streams = Members(name, "streams")
        self._new, self._errors = _library(name)

    def feed(self, data: bytes) -> Iterator[bytes]:
        while data:
            if self._decompressor is None:
                # xz allows padding between streams, in zeros.
                data = data.lstrip(b"\0") if self.name == "xz" else data
                if not data:
                    return
                self._streams.count()
                self._decompressor = self._new()
            yield from self._decode(data)
            if not self._decompressor.eof:
                return
            data, self._decompressor = self._decompressor.unused_data, None

    def _decode(self, data: bytes) -> Iterator[bytes]:
        try:
            chunk = self._decompressor.decompress(data, CHUNK)
            while chunk or not (self._decompressor.needs_input or self._decompressor.eof):
                yield chunk
                if self._decompressor.eof:
                    return
                chunk = self._decompressor.decompress(b"", CHUNK)
        except self._errors as error:
            raise corrupt(self.name, "it can't be decoded") from error

    def finish(self) -> Iterator[bytes]:
        if self._decompressor is not None:
            raise truncated(self.name)
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


def open_container(
    data: bytes, filename: str | None, *, limits: Limits, reserve: Reserve | None = None
) -> tuple[bytes, str | None]:
    """Give the file in a container, and its name without what names the container; any other file as it is.

    `reserve` is told how many bytes more are about to be held, and may raise to refuse them. Raises `CorruptBody` for a
    container that can't be opened, and `LimitExceeded` for more than `max_attachment_bytes`.

    >>> import gzip
    >>> open_container(gzip.compress(b"MDMP"), "dump.dmp.gz", limits=Limits())
    (b'MDMP', 'dump.dmp')
    """
    kind = next((kind for magic, kind in _KINDS.items() if data.startswith(magic)), None)
    if kind is None:
        return data, filename
    name, _ = kind
    stage: Stage = Gzip() if name == "gzip" else Zstd(limits.max_zstd_window_bytes) if name == "zstd" else _Blocks(name)
    plain = bytearray()
    for chunk in _through(stage, data):
        if reserve is not None:
            reserve(len(chunk))
        plain += chunk
        if len(plain) > limits.max_attachment_bytes:
            raise LimitExceeded(
                f"attachment over the limit of {limits.max_attachment_bytes} bytes",
                limit="max_attachment_bytes",
                maximum=limits.max_attachment_bytes,
            )
    for _, ending in _KINDS.values():
        filename = filename.removesuffix(ending) if filename else filename
    return bytes(plain), filename


def _through(stage: Stage, data: bytes) -> Iterator[bytes]:
    for piece in pieces(data):
        yield from stage.feed(piece)
    yield from stage.finish()
