"""One coding each, undone piece by piece.

A stage is fed the body in blocks and returns the decoded bytes in chunks of bounded size, so that whoever takes them can
stop as soon as there are too many: a bomb never goes off further than one chunk. What is broken, truncated or followed by
bytes that are no part of it raises `CorruptBody`.
"""

import binascii
from collections.abc import Iterator
from typing import Any, Protocol

from store_protocol.body import engines
from store_protocol.body.buffers import CHUNK
from store_protocol.body.sniff import SKIPPABLE_MAGIC, ZSTD_MAGIC, is_skippable, is_zlib
from store_protocol.errors import CorruptBody

#: Members of one gzip body, frames of one zstd body. bgzip, which writes the most, ends one every 64 KiB.
MOST_MEMBERS = 10_000
#: Blocks of one zstd body: those of the largest envelope if its writer flushes every kilobyte.
MOST_BLOCKS = 100_000
#: What a block of zstd may hold (RFC 8878 section 3.1.1.2.4).
_MOST_IN_BLOCK = 128 * 1024
#: Chunks that a stream inflates to while it is only looked at.
_ENOUGH_CHUNKS = 16

_GZIP_MAGIC = b"\x1f\x8b"
#: What is wrong with bytes that a library refuses.
INVALID = "invalid data"
_TRAILING = "unexpected bytes after the end"


class Stage(Protocol):
    """A coding that is being undone.

    It is fed blocks as `Blocks` cuts them, none of them empty: the first one holds all there is, or `FIRST_BLOCK` bytes.
    """

    #: The coding by the name under which it is reported.
    name: str

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Take bytes and return what they decode to."""

    def finish(self) -> Iterator[bytes]:
        """Take the end of the body and return what is left; raise `CorruptBody` if it ended too early."""


def corrupt(name: str, what: str) -> CorruptBody:
    """Make the error for a body that is not what it is said to be."""
    return CorruptBody(f"corrupt {name} body: {what}")


def truncated(name: str) -> CorruptBody:
    """Make the error for a body that ends too early."""
    return corrupt(name, "truncated")


class Members:
    """Counts what a body is made of: each member costs more than its bytes do, and the empty ones come to no limit."""

    def __init__(self, name: str, what: str = "members", most: int = MOST_MEMBERS) -> None:
        self._name, self._what, self._left = name, what, most

    def count(self) -> None:
        """Count one more; raise `CorruptBody` for one too many."""
        self._left -= 1
        if self._left < 0:
            raise corrupt(self._name, f"too many {self._what}")


class Gzip:
    """gzip (RFC 1952): any number of members, one after the other."""

    name = "gzip"

    def __init__(self) -> None:
        self._member: Any = None
        self._members = Members(self.name)
        self._head = b""
        self._started = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        while data:
            if self._member is None:
                # zlib would take its time to say that these are no member: look at the first two bytes here.
                head = self._head + data[: 2 - len(self._head)]
                data = data[len(head) - len(self._head) :]
                self._head = head
                if not _GZIP_MAGIC.startswith(head):
                    raise corrupt(self.name, _TRAILING if self._started else "not gzip data")
                if len(head) < 2:
                    return
                self._members.count()
                self._member = engines.zlib_module().decompressobj(31)
                self._started, self._head = True, b""
                data = head + data
            yield from inflate(self._member, data, self.name)
            if not self._member.eof:
                return
            data, self._member = self._member.unused_data, None

    def finish(self) -> Iterator[bytes]:
        if self._member is not None or self._head or not self._started:
            raise truncated(self.name)
        return iter(())


class Deflate:
    """deflate: wrapped by zlib (RFC 1950) as HTTP has it, or with `bare` also bare (RFC 1951) as some clients send it.

    Which one it is shows in the first two bytes, but for a bare stream that begins with a stored block whose unused bits
    and length pass for a zlib header. That block also has its length inverted, which 1 in 65,536 zlib streams has in the
    same place. Such a body is zlib unless its first 64 KiB can only be read as bare.
    """

    def __init__(self, *, bare: bool = False) -> None:
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
            raise corrupt(self.name, _TRAILING)
        yield from self._inflate(data)

    def _start(self, data: bytes, *, whole: bool) -> None:
        wrapped = not self._bare or len(data) < 2 or is_zlib(data)
        if wrapped and self._bare and _is_stored(data):
            wrapped = _inflates(data, 15, whole=whole) or not _inflates(data, -15, whole=whole)
        if not wrapped:
            self.name = "deflate-raw"
        self._inflater = engines.zlib_module().decompressobj(15 if wrapped else -15)

    def _inflate(self, data: bytes) -> Iterator[bytes]:
        yield from inflate(self._inflater, data, self.name)
        if self._inflater.unused_data:
            raise corrupt(self.name, _TRAILING)

    def finish(self) -> Iterator[bytes]:
        if self._inflater is None and self._head:
            self._start(self._head, whole=True)
            yield from self._inflate(self._head)
        if self._inflater is None or not self._inflater.eof:
            raise truncated(self.name)


def _is_stored(data: bytes) -> bool:
    """Say whether bytes that begin as zlib begin as a stored block too: its length stands there twice, once inverted."""
    return len(data) >= 5 and data[1] ^ data[3] == data[2] ^ data[4] == 0xFF


def _inflates(data: bytes, wbits: int, *, whole: bool) -> bool:
    """Say whether bytes are a deflate stream, or with `whole` unset the start of one."""
    inflater = engines.zlib_module().decompressobj(wbits)
    try:
        # A bomb is not inflated twice: what has come to so much is one.
        for size, _ in enumerate(inflate(inflater, data, "deflate")):
            if size > _ENOUGH_CHUNKS:
                return True
    except CorruptBody:
        return False
    return not inflater.unused_data and (inflater.eof or not whole)


def inflate(inflater: Any, data: bytes, name: str) -> Iterator[bytes]:
    """Inflate bytes in chunks of at most `CHUNK` bytes, as far as the stream goes."""
    while True:
        try:
            chunk = inflater.decompress(data, CHUNK)
        except engines.zlib_module().error:
            raise corrupt(name, INVALID) from None
        if chunk:
            yield chunk
        data = inflater.unconsumed_tail
        # A full chunk may have left output behind in the inflater, even if it has taken all the input.
        if inflater.eof or (not data and len(chunk) < CHUNK):
            return


class Brotli:
    """br (RFC 7932)."""

    name = "br"

    def __init__(self) -> None:
        self._decompressor = engines.brotli_module().Decompressor()
        self._done = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        if self._done:
            raise corrupt(self.name, _TRAILING)
        while True:
            try:
                chunk = self._decompressor.process(data, output_buffer_limit=CHUNK)
            except engines.brotli_module().error:
                raise corrupt(self.name, f"{INVALID}, or {_TRAILING}") from None
            if chunk:
                yield chunk
            self._done = self._decompressor.is_finished()
            # It may say that it takes more while it still holds some of its output back.
            if self._done or (not chunk and self._decompressor.can_accept_more_data()):
                return
            data = b""

    def finish(self) -> Iterator[bytes]:
        if not self._done:
            raise truncated(self.name)
        return iter(())


class Zstd:
    """zstd (RFC 8878): any number of frames, with or without their content's size.

    The library bounds no output of its own, so that a few bytes could become gigabytes in one call. But a block becomes
    128 KiB at the most, and where blocks begin is plain from their headers: fed block by block, it can be stopped after
    each. The headers also tell where a frame ends, which tells a truncated body from a whole one.
    """

    name = "zstd"

    def __init__(self, max_window: int) -> None:
        self._max_window = max_window
        self._waiting = b""
        self._frame: Any = None
        self._checksum = False
        self._skip = 0
        self._any = False
        self._frames = Members(self.name, "frames")
        self._blocks = Members(self.name, "blocks", MOST_BLOCKS)

    def feed(self, data: bytes) -> Iterator[bytes]:
        data, self._waiting = self._waiting + data, b""
        position = 0
        while position < len(data):
            if self._skip:
                skipped = min(self._skip, len(data) - position)
                self._skip -= skipped
                position += skipped
                continue
            size = self._next_size(data[position : position + 5])
            if size is None or len(data) - position < size:
                break
            part = data[position : position + size]
            position += size
            yield from self._decode(part)
        self._waiting = data[position:]

    def _next_size(self, start: bytes) -> int | None:
        """Return how many bytes the next piece has: a frame's header, or a block with what follows the last one."""
        if self._frame is None:
            return self._header_size(start)
        if len(start) < 3:
            return None
        header = int.from_bytes(start[:3], "little")
        size = 1 if header >> 1 & 3 == 1 else header >> 3
        if size > _MOST_IN_BLOCK:
            raise corrupt(self.name, INVALID)
        return 3 + size + (4 if header & 1 and self._checksum else 0)

    def _header_size(self, start: bytes) -> int | None:
        if is_skippable(start):
            return 8
        if not (start.startswith(ZSTD_MAGIC) or ZSTD_MAGIC.startswith(start)):
            if len(start) < 4 and is_skippable(start[:1] + SKIPPABLE_MAGIC) and SKIPPABLE_MAGIC.startswith(start[1:]):
                return None
            raise corrupt(self.name, _TRAILING if self._any else "not zstd data")
        if len(start) < 5:
            return None
        descriptor = start[4]
        single = descriptor >> 5 & 1
        content_size = (single, 2, 4, 8)[descriptor >> 6]
        return 5 + (not single) + (0, 1, 2, 4)[descriptor & 3] + content_size

    def _decode(self, part: bytes) -> Iterator[bytes]:
        if self._frame is None:
            self._any = True
            self._frames.count()
            if is_skippable(part):
                self._skip = int.from_bytes(part[4:8], "little")
                return
            self._checksum = bool(part[4] & 4)
            zstandard = engines.zstandard_module()
            self._frame = zstandard.ZstdDecompressor(max_window_size=self._max_window).decompressobj()
            chunk = self._call(part)
        else:
            self._blocks.count()
            chunk = self._call(part)
            # libzstd has checked that the frame ends here, as its last block says.
            if part[0] & 1:
                self._frame = None
        if chunk:
            yield chunk

    def _call(self, part: bytes) -> bytes:
        try:
            chunk: bytes = self._frame.decompress(part)
        except engines.zstandard_module().ZstdError as error:
            what = "window too large" if "memory" in str(error) else INVALID
            raise corrupt(self.name, what) from None
        return chunk

    def finish(self) -> Iterator[bytes]:
        if self._frame is not None or self._waiting or self._skip or not self._any:
            raise truncated(self.name)
        return iter(())


_URL_SAFE = bytes.maketrans(b"-_", b"+/")
_BLANKS = b" \t\r\n"


class Base64:
    """base64 (RFC 4648) in either alphabet; line breaks are passed over, and padding may be missing."""

    name = "base64"

    def __init__(self) -> None:
        self._waiting = b""
        self._padded = False
        self._clean = True

    def feed(self, data: bytes) -> Iterator[bytes]:
        # Nearly every body is in the plain alphabet, without line breaks.
        if self._clean and len(data) % 4 == 0 and b"=" not in data:
            try:
                chunk = engines.base64_decoder()(data)
            except (binascii.Error, ValueError):
                self._clean = False
            else:
                yield chunk
                return
        self._clean = False
        text = data.translate(_URL_SAFE, _BLANKS)
        if self._padded and text.strip(b"="):
            raise corrupt(self.name, "unexpected characters after the padding")
        text = self._waiting + text
        whole = text.rstrip(b"=")
        self._padded = self._padded or len(whole) < len(text)
        if b"=" in whole:
            raise corrupt(self.name, "unexpected characters after the padding")
        usable = len(whole) // 4 * 4
        self._waiting = whole[usable:]
        for start in range(0, usable, CHUNK):
            yield self._call(whole[start : min(usable, start + CHUNK)])

    def finish(self) -> Iterator[bytes]:
        if len(self._waiting) == 1:
            raise truncated(self.name)
        if self._waiting:
            yield self._call(self._waiting + b"=" * (4 - len(self._waiting)))

    def _call(self, text: bytes) -> bytes:
        try:
            return engines.base64_decoder()(text)
        except (binascii.Error, ValueError):
            raise corrupt(self.name, "characters that are not base64") from None
