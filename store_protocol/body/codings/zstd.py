"""zstd (RFC 8878), by the package `zstandard`."""

import functools
from collections.abc import Iterator
from typing import Any

from store_protocol.body.codings.base import INVALID, TRAILING, Coding, MemberCounter, Undone, corrupt, truncated
from store_protocol.limits import KIB, Limits

#: Frames of one zstd body: to begin one takes twice as long as a member of gzip.
MOST_FRAMES = 8_000
#: Blocks of one zstd body: those of the largest envelope if its writer flushes every kilobyte.
MOST_BLOCKS = 100_000
#: The most bytes that a block may hold (RFC 8878 section 3.1.1.2.4).
_MOST_IN_BLOCK = 128 * KIB

_FRAME_MAGIC = b"\x28\xb5\x2f\xfd"
#: What follows the first byte of a skippable frame, which is 0x50 to 0x5F (RFC 8878 section 3.1.2).
_SKIPPABLE_MAGIC = b"\x2a\x4d\x18"
#: First bytes of a body. All that pzstd writes begins with a skippable frame.
_MAGIC = (_FRAME_MAGIC, *(bytes([first]) + _SKIPPABLE_MAGIC for first in range(0x50, 0x60)))


@functools.cache
def zstandard_module() -> Any:
    """Return the module `zstandard`."""
    import zstandard  # noqa: PLC0415  (loaded when first needed)

    return zstandard


def is_skippable(start: bytes) -> bool:
    """Return whether bytes begin as a skippable frame."""
    return start[1:4] == _SKIPPABLE_MAGIC and start[0] & 0xF0 == 0x50


class Zstd:
    """The stage for zstd: any number of frames, with or without the size of their content.

    The library sets no bound to its output, so that a few bytes could become gigabytes in one call. But a block becomes
    128 KiB at most, and its header tells where the next one begins: fed block by block, the library can be stopped after
    each. The headers also tell where a frame ends, and so whether a body is truncated.
    """

    name = "zstd"

    def __init__(self, limits: Limits) -> None:
        self._max_window = limits.max_zstd_window_bytes
        self._waiting = b""
        self._frame: Any = None
        self._checksum = False
        self._skip = 0
        self._any = False
        self._frames = MemberCounter(self.name, "frames", MOST_FRAMES)
        self._blocks = MemberCounter(self.name, "blocks", MOST_BLOCKS)

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
        if not (start.startswith(_FRAME_MAGIC) or _FRAME_MAGIC.startswith(start)):
            if len(start) < 4 and is_skippable(start[:1] + _SKIPPABLE_MAGIC) and _SKIPPABLE_MAGIC.startswith(start[1:]):
                return None
            raise corrupt(self.name, TRAILING if self._any else "not zstd data")
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
            zstandard = zstandard_module()
            self._frame = zstandard.ZstdDecompressor(max_window_size=self._max_window).decompressobj()
            chunk = self._call(part)
        else:
            self._blocks.count()
            chunk = self._call(part)
            # libzstd has checked that the frame ends with its last block.
            if part[0] & 1:
                self._frame = None
        if chunk:
            yield chunk

    def _call(self, part: bytes) -> bytes:
        try:
            chunk: bytes = self._frame.decompress(part)
        except zstandard_module().ZstdError as error:
            what = "window too large" if "memory" in str(error) else INVALID
            raise corrupt(self.name, what) from None
        return chunk

    def finish(self) -> Iterator[bytes]:
        if self._frame is not None or self._waiting or self._skip or not self._any:
            raise truncated(self.name)
        return iter(())


_UNDONE = ("zstd",)


def _at_once(body: bytes, most: int, limits: Limits) -> Undone | None:
    zstandard = zstandard_module()
    try:
        # A frame becomes no larger than the size that it states. The library returns 0 for a skippable frame too, and
        # takes a frame that states 0 for empty without a look at the rest of it. A block has at least 3 bytes, so that
        # `max_at_once` bytes are fewer blocks than the stage takes (`MOST_BLOCKS`).
        size = zstandard.frame_content_size(body)
        if not 0 < size <= most or _window(body, size) > limits.max_zstd_window_bytes:
            return None
        plain: bytes = zstandard.ZstdDecompressor().decompress(body, allow_extra_data=False)
    except zstandard.ZstdError:
        return None
    return plain, _UNDONE


def _window(body: bytes, size: int) -> int:
    """Return the window in bytes that a frame asks for (RFC 8878 section 3.1.1.1.2), which a single call doesn't check."""
    if body[4] & 0x20:
        return size
    exponent, mantissa = divmod(body[5], 8)
    return (8 + mantissa) << (7 + exponent)


def _encode(data: bytes) -> bytes:
    # With the size of the content in its header.
    encoded: bytes = zstandard_module().compress(data)
    return encoded


ZSTD = Coding(
    load=zstandard_module,
    stream=Zstd,
    at_once=_at_once,
    encode=_encode,
    header_names=("zstd", "zstandard"),
    magic=_MAGIC,
)
