"""What a body begins with, read before any more of it is decoded."""

from collections.abc import Callable
from typing import Any

from store_protocol.body.decoder import BodyDecoder
from store_protocol.errors import StoreError
from store_protocol.limits import EVENT, BodyKind, Limits

_BLANKS = b" \t\r\n"


class _Enough(Exception):
    """No more of the body is needed."""


class Beginning:
    r"""Reads what a body begins with out of its first plain bytes, and decodes no more of it than that takes.

    `read` gets the first line that isn't blank, once it is there. Where it raises a `StoreError`, it is asked once more, of
    the first `most` bytes of the body, or of all of a shorter one; what it raises then is `error`. Other arguments are as
    those of `BodyDecoder`, and so are the errors that `feed` and `end` raise. However the body comes, `read` gets the same
    bytes.

    >>> import gzip
    >>> beginning = Beginning(bytes.upper, 100, "gzip", limits=Limits())
    >>> beginning.feed(gzip.compress(b"{first}\nsecond"))
    >>> beginning.end()
    >>> beginning.value
    b'{FIRST}'
    """

    __slots__ = ("_data", "_decoder", "_line_is_read", "_most", "_read", "error", "is_known", "value")

    def __init__(
        self,
        read: Callable[[bytes], Any],
        most: int,
        content_encoding: str | None = None,
        *,
        limits: Limits,
        sniff: bool = True,
        kind: BodyKind = EVENT,
    ) -> None:
        self._read = read
        self._most = most
        self._data = bytearray()
        self._line_is_read = False
        self._decoder = BodyDecoder(content_encoding, limits=limits, sniff=sniff, kind=kind, take=self._take)
        #: Whether no more of the body is needed.
        self.is_known = False
        #: What was read, or why nothing was.
        self.value: Any = None
        self.error: StoreError | None = None

    def feed(self, chunk: bytes) -> None:
        """Take the next piece of the body, as far as it is needed."""
        if not self.is_known:
            try:
                self._decoder.feed(chunk)
            except _Enough:
                self.is_known = True

    def end(self) -> None:
        """Take the end of the body."""
        if not self.is_known:
            try:
                self._decoder.finish()
                self._read_all()
            except _Enough:
                self.is_known = True

    def _take(self, data: bytes) -> None:
        """Take the next plain bytes."""
        self._data += data[: self._most - len(self._data)]
        if not self._line_is_read:
            line = self._data.lstrip(_BLANKS)
            end = line.find(b"\n")
            if end >= 0:
                self._line_is_read = True
                try:
                    self.value = self._read(bytes(line[:end]))
                except StoreError:
                    pass
                else:
                    raise _Enough
        if len(self._data) >= self._most:
            self._read_all()

    def _read_all(self) -> None:
        try:
            self.value = self._read(bytes(self._data))
        except StoreError as error:
            self.error = error
        raise _Enough
