"""The first line of a body, known before any more of it is decoded."""

from collections.abc import Callable

_BLANKS = b" \t\r\n"


class FirstLine:
    r"""Takes the plain bytes of a body as they come, and has their first line checked once it is there.

    Blank lines before it don't count. `check` gets the line without its end, and may raise to refuse the body. Of a line of
    more than `most` bytes the beginning is checked, so that no more than that is kept.

    >>> line = FirstLine(print, 100)
    >>> line.add(b"\n first")
    >>> line.add(b" line\nsecond")
    b'first line'
    """

    __slots__ = ("_check", "_line", "_most", "is_known")

    def __init__(self, check: Callable[[bytes], None], most: int) -> None:
        self._check = check
        self._most = most
        self._line = bytearray()
        #: Whether the line has been checked and is not refused.
        self.is_known = False

    def add(self, data: bytes) -> None:
        """Take the next bytes."""
        if self.is_known:
            return
        if not self._line:
            data = data.lstrip(_BLANKS)
        part, end, _ = data[: self._most + 1 - len(self._line)].partition(b"\n")
        self._line += part
        if end or len(self._line) > self._most:
            self.end()

    def end(self) -> None:
        """Take the end of the body."""
        if not self.is_known:
            self._check(bytes(self._line))
            self.is_known = True
            self._line.clear()
