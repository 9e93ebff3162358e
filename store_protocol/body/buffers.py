"""Where the bytes of a body are held: blocks on the way into a stage, and the plain bytes that come out of the last one."""

import io
from collections.abc import Callable, Iterator

from store_protocol.body.codings.base import CHUNK

#: The first block. Most bodies are shorter.
FIRST_BLOCK = 16 * 1024


class Blocks:
    """Cuts bytes that come in pieces of any size into blocks that end at fixed places of the body.

    What a library puts out before it finds an error depends on how much it is fed at once. As every stage is fed the same
    blocks however the body came, a body has one outcome: the same bytes, or the same error. The first block is small and
    each further one as long as all before it, up to `CHUNK`: what is wrong at the start shows early, and the rest is quick.
    """

    __slots__ = ("_cut", "_waiting", "total")

    def __init__(self) -> None:
        self._waiting = bytearray()
        self._cut = 0
        #: How many bytes have been taken, those of the block that is not complete among them.
        self.total = 0

    def take(self, data: bytes, start: int) -> tuple[bytes | None, int]:
        """Take bytes from `start` to the end of a block at most; return the block if it is complete, and where to go on."""
        room = min(CHUNK, max(FIRST_BLOCK, self._cut)) - len(self._waiting)
        part = data[start : start + room]
        self.total += len(part)
        if len(part) == room and not self._waiting:
            self._cut += room
            return part, start + room
        self._waiting += part
        return self.rest() if len(part) == room else None, start + len(part)

    def rest(self) -> bytes:
        """Return the bytes of a block that is not complete, at the end of the body."""
        block = bytes(self._waiting)
        self._cut += len(block)
        self._waiting.clear()
        return block


class Output:
    """Collects at most `most` plain bytes, and returns them without having held them twice.

    `BytesIO` grows in place and hands out its buffer as it is; chunks that are joined, or a `bytearray` that is copied,
    would take all of it once more. It allocates an eighth more than it needs, unless it is asked for much more at once:
    so before that could take it over `most`, it is asked for all of that.
    """

    __slots__ = ("_buffer", "_most", "_reserved", "_size")

    def __init__(self, most: int) -> None:
        self._buffer = io.BytesIO()
        self._most = most
        self._reserved = False
        self._size = 0

    @property
    def room(self) -> int:
        """How many more bytes may be added."""
        return self._most - self._size

    def add(self, data: bytes) -> None:
        """Add bytes, for which there has to be room."""
        size = self._size + len(data)
        if not self._reserved and size > self._most // 4 * 3:
            self._reserved = True
            self._buffer.seek(self._most - 1)
            self._buffer.write(b"\0")
            self._buffer.seek(self._size)
        self._buffer.write(data)
        self._size = size

    def value(self) -> bytes:
        """Return all that was added."""
        self._buffer.truncate(self._size)
        return self._buffer.getvalue()


class Passing:
    """Hands plain bytes on as they come, in place of an `Output`: at most `most` of them."""

    __slots__ = ("_most", "_take", "is_blank", "size")

    def __init__(self, most: int, take: Callable[[bytes], None]) -> None:
        self._most = most
        self._take = take
        self.size = 0
        #: Whether all were blanks.
        self.is_blank = True

    @property
    def room(self) -> int:
        """How many more bytes may come."""
        return self._most - self.size

    def add(self, data: bytes) -> None:
        """Hand bytes on, for which there has to be room."""
        self.size += len(data)
        if self.is_blank and data.strip():
            self.is_blank = False
        self._take(data)

    def value(self) -> bytes:
        """Return nothing: all have been handed on."""
        return b""


def check_bytes(data: bytes | bytearray | memoryview) -> None:
    """Raise `TypeError` for what a caller gives that is no bytes: of that the client knows nothing."""
    if not isinstance(data, (bytes, bytearray, memoryview)):
        raise TypeError(f"a body is bytes, not {type(data).__name__}")


def chunked(data: bytes | bytearray | memoryview) -> Iterator[bytes]:
    """Cut bytes into pieces that can be copied one at a time."""
    if isinstance(data, bytes) and len(data) <= CHUNK:
        yield data
        return
    # An error leaves no view behind, which would keep the caller from resizing a bytearray.
    with memoryview(data) as view, view.cast("B") as octets:
        for start in range(0, len(octets), CHUNK):
            yield bytes(octets[start : start + CHUNK])
