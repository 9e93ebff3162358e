"""gzip, and deflate in its two forms, by `zlib-ng` where it is installed, else by `zlib`.

`zlib-ng` comes with the extra `speed`. Both behave alike: only the time differs.
"""

import functools
import zlib
from collections.abc import Callable, Iterator
from typing import Any

from store_protocol.body.codings.base import (
    CHUNK,
    INVALID,
    MAX_INFLATED_AT_ONCE,
    TRAILING,
    Coding,
    MemberCounter,
    Undone,
    corrupt,
    truncated,
)
from store_protocol.errors import CorruptBody
from store_protocol.limits import Limits

#: Chunks after which a stream that is only looked at counts as valid.
_ENOUGH_CHUNKS = 16

#: The name under which a bare deflate stream is reported.
_BARE = ("deflate-raw",)
_GZIP_MAGIC = b"\x1f\x8b"


@functools.cache
def zlib_module() -> Any:
    """Return the module that inflates: `zlib_ng.zlib_ng` where it is installed, else `zlib`."""
    try:
        from zlib_ng import zlib_ng  # noqa: PLC0415  (loaded when first needed)
    except ImportError:
        return zlib
    return zlib_ng


def is_zlib(start: bytes) -> bool:
    """Return whether bytes begin as a zlib stream: method 8, a window of at most 32 KiB, no dictionary, a good check."""
    return len(start) >= 2 and start[0] & 0x8F == 8 and not start[1] & 0x20 and (start[0] << 8 | start[1]) % 31 == 0


def _starts(method: int) -> list[bytes]:
    """Return how zlib streams begin whose first byte is `method`: as a number, both bytes are a multiple of 31."""
    numbers = range(-(method << 8) % 31 + (method << 8), method + 1 << 8, 31)
    return [start for number in numbers if is_zlib(start := number.to_bytes(2, "big"))]


class Gzip:
    """The stage for gzip (RFC 1952): any number of members, one after the other."""

    name = "gzip"

    def __init__(self, _: Limits) -> None:
        self._member: Any = None
        self._members = MemberCounter(self.name)
        self._head = b""
        self._started = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        while data:
            if self._member is None:
                # zlib would read on before it refuses bytes that are not a member: check the first two here.
                head = self._head + data[: 2 - len(self._head)]
                data = data[len(head) - len(self._head) :]
                self._head = head
                if not _GZIP_MAGIC.startswith(head):
                    raise corrupt(self.name, TRAILING if self._started else "not gzip data")
                if len(head) < 2:
                    return
                self._members.count()
                self._member = zlib_module().decompressobj(31)
                self._started, self._head = True, b""
                data = head + data
            yield from _inflated(self._member, data, self.name)
            if not self._member.eof:
                return
            data, self._member = self._member.unused_data, None

    def finish(self) -> Iterator[bytes]:
        if self._member is not None or self._head or not self._started:
            raise truncated(self.name)
        return iter(())


class Deflate:
    """The stage for deflate: wrapped by zlib (RFC 1950) as HTTP has it, or with `bare` also bare, as some clients send it.

    The first two bytes tell which of the two it is, with one exception: a bare stream (RFC 1951) that begins with a stored
    block whose unused bits and length pass for a zlib header. That block also holds its length inverted; 1 in 65,536 zlib
    streams has the same bytes there. Such a body is zlib unless its first 64 KiB can only be read as bare.
    """

    def __init__(self, _: Limits, *, bare: bool = False) -> None:
        self.name = "deflate" if bare else "zlib"
        self._bare = bare
        self._head = b""
        self._inflater: Any = None

    def feed(self, data: bytes) -> Iterator[bytes]:
        if self._inflater is None:
            data = self._head + data
            if self._bare and is_zlib(data) and _is_stored(data) and len(data) < CHUNK:
                self._head = data
                return
            self._start(data, whole=False)
        elif self._inflater.eof:
            raise corrupt(self.name, TRAILING)
        yield from self._inflate(data)

    def _start(self, data: bytes, *, whole: bool) -> None:
        wrapped = not self._bare or len(data) < 2 or is_zlib(data)
        if wrapped and self._bare and _is_stored(data):
            wrapped = _inflates(data, 15, whole=whole) or not _inflates(data, -15, whole=whole)
        if not wrapped:
            self.name = _BARE[0]
        self._inflater = zlib_module().decompressobj(15 if wrapped else -15)

    def _inflate(self, data: bytes) -> Iterator[bytes]:
        yield from _inflated(self._inflater, data, self.name)
        if self._inflater.unused_data:
            raise corrupt(self.name, TRAILING)

    def finish(self) -> Iterator[bytes]:
        if self._inflater is None and self._head:
            self._start(self._head, whole=True)
            yield from self._inflate(self._head)
        if self._inflater is None or not self._inflater.eof:
            raise truncated(self.name)


def _is_stored(data: bytes) -> bool:
    """Return whether bytes that begin as zlib begin as a stored block too: its length twice, once inverted."""
    return len(data) >= 5 and data[1] ^ data[3] == data[2] ^ data[4] == 0xFF


def _inflates(data: bytes, wbits: int, *, whole: bool) -> bool:
    """Return whether bytes are a deflate stream or, with `whole` unset, the start of one."""
    inflater = zlib_module().decompressobj(wbits)
    try:
        # Enough to tell, and a bomb is not inflated twice.
        for size, _ in enumerate(_inflated(inflater, data, "deflate")):
            if size > _ENOUGH_CHUNKS:
                return True
    except CorruptBody:
        return False
    return not inflater.unused_data and (inflater.eof or not whole)


def _inflated(inflater: Any, data: bytes, name: str) -> Iterator[bytes]:
    """Inflate bytes in chunks of at most `CHUNK` bytes, up to the end of the stream."""
    while True:
        try:
            chunk = inflater.decompress(data, CHUNK)
        except zlib_module().error:
            raise corrupt(name, INVALID) from None
        if chunk:
            yield chunk
        data = inflater.unconsumed_tail
        # A full chunk may have left output behind in the inflater, even if it has taken all the input.
        if inflater.eof or (not data and len(chunk) < CHUNK):
            return


def _at_once(wbits: int, name: str, *, bare: bool = False) -> Callable[[bytes, int, Limits], Undone | None]:
    """Return the function that decodes a whole body, with `bare` also a bare deflate stream."""
    undone = (name,)

    def at_once(body: bytes, most: int, _: Limits) -> Undone | None:
        is_bare = bare and not is_zlib(body)
        zlib = zlib_module()
        inflater = zlib.decompressobj(-15 if is_bare else wbits)
        try:
            plain: bytes = inflater.decompress(body, most + 1 if most < MAX_INFLATED_AT_ONCE else MAX_INFLATED_AT_ONCE)
        except zlib.error:
            return None
        if not inflater.eof or inflater.unused_data or len(plain) > most:
            return None
        return plain, _BARE if is_bare else undone

    return at_once


def _encode_gzip(data: bytes) -> bytes:
    import gzip  # noqa: PLC0415  (loaded when first needed)

    return gzip.compress(data, mtime=0)


GZIP = Coding(
    load=zlib_module,
    stream=Gzip,
    at_once=_at_once(31, "gzip"),
    encode=_encode_gzip,
    header_names=("gzip", "x-gzip"),
    magic=(_GZIP_MAGIC,),
)
#: What `Content-Encoding: deflate` stands for: clients send it wrapped or bare.
DEFLATE = Coding(
    load=zlib_module,
    stream=functools.partial(Deflate, bare=True),
    at_once=_at_once(15, "deflate", bare=True),
    encode=zlib.compress,
    header_names=("deflate", "x-deflate"),
)
#: Deflate that no header names, which only its wrapper by zlib tells.
ZLIB = Coding(
    load=zlib_module,
    stream=Deflate,
    at_once=_at_once(15, "zlib"),
    magic=tuple(start for each in range(0x08, 0x79, 0x10) for start in _starts(each)),
)
