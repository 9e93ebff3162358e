"""A body that comes piece by piece."""

from store_protocol.body.buffers import Blocks, Output, pieces
from store_protocol.body.content_encoding import parse_content_encoding
from store_protocol.body.one_shot import decode_at_once
from store_protocol.body.sniff import sniff
from store_protocol.body.stages import Base64, Brotli, Deflate, Gzip, Stage, Zstd
from store_protocol.errors import LimitExceeded
from store_protocol.limits import EVENT, BodyKind, Limits, Reserve

_LIMITS = Limits()


class _Link:
    """A stage and the blocks that it is fed; without a stage, where the bytes are looked at and go on as they are."""

    __slots__ = ("base64", "blocks", "found", "stage")

    def __init__(self, stage: Stage | None, *, base64: bool = False) -> None:
        self.stage = stage
        self.blocks = Blocks()
        #: Whether base64 is looked for, and what was found: None until the first block is there, "" for plain bytes.
        self.base64 = base64
        self.found: str | None = None


def _stage(coding: str, limits: Limits) -> Stage:
    if coding == "gzip":
        return Gzip()
    if coding == "br":
        return Brotli()
    if coding == "zstd":
        return Zstd(limits.max_zstd_window_bytes)
    return Base64() if coding == "base64" else Deflate(bare=coding == "deflate")


def over_compressed(kind: BodyKind, limits: Limits) -> LimitExceeded:
    """Make the error for a compressed or base64 body that is too large as it came."""
    maximum = kind.max_compressed(limits)
    return LimitExceeded(f"compressed body over the limit of {maximum} bytes", limit=kind.compressed, maximum=maximum)


def over_plain(kind: BodyKind, limits: Limits) -> LimitExceeded:
    """Make the error for a body that is too large once decoded."""
    maximum = kind.max_plain(limits)
    return LimitExceeded(f"{kind.noun} over the limit of {maximum} bytes", limit=kind.plain, maximum=maximum)


class BodyDecoder:
    """Decodes a body that comes piece by piece, and stops as soon as it is over a limit.

    `content_encoding` is the header's value; with `sniff`, base64 and compressed bytes that no header names are undone too.
    A `kind` other than `EVENT` names other limits. What comes out of one coding and goes into the next is compressed too,
    and held to the same limit as the body as received. `reserve` is told how many bytes more codings are about to decode
    to, and may raise to refuse them.

    `feed` and `finish` raise what `decode_body` raises for the same body, whatever the pieces: `UnsupportedEncoding`,
    `CorruptBody` or `LimitExceeded`. Compressed bytes are decoded in blocks of up to 64 KiB, each once it is complete, and
    what shows first in the body is raised. Memory: at most `max_event_bytes` for the plain bytes, and about 1 MiB; and what
    the C libraries take for themselves, a window of up to 16 MiB for brotli and of `max_zstd_window_bytes` for zstd.

    >>> decoder = BodyDecoder(None)
    >>> for piece in (b"eyJtZXNzYWdl", b"IjogImhlbGxvIn0="):
    ...     decoder.feed(piece)
    >>> decoder.finish(), decoder.codings
    (b'{"message": "hello"}', ('base64',))
    """

    def __init__(
        self,
        content_encoding: str | None = None,
        *,
        limits: Limits = _LIMITS,
        sniff: bool = True,
        kind: BodyKind = EVENT,
        reserve: Reserve | None = None,
    ) -> None:
        self._reserve = reserve
        self._declared = parse_content_encoding(content_encoding, limits=limits)
        self._limits = limits
        self._kind = kind
        self._sniff = sniff
        self._received = 0
        self._output = Output(kind.max_plain(limits))
        # The coding that was applied last is undone first.
        self._links = [_Link(_stage(coding, limits)) for coding in reversed(self._declared)]
        if sniff:
            self._links.append(_Link(None, base64=True))
        #: The plain bytes and the codings, once all of the body is there.
        self._done: tuple[bytes, tuple[str, ...]] | None = None

    @property
    def codings(self) -> tuple[str, ...]:
        """The codings that have been undone, outermost first."""
        if self._done is not None:
            return self._done[1]
        return tuple(link.stage.name for link in self._links if link.stage is not None)

    @property
    def received_bytes(self) -> int:
        """How many bytes of the body have been taken."""
        return self._received

    def feed(self, chunk: bytes) -> None:
        """Take the next piece of the body."""
        for piece in pieces(chunk):
            self._received += len(piece)
            self._push(0, piece)

    def finish(self) -> bytes:
        """Take the end of the body, and return its plain bytes."""
        if self._done is None:
            self._done = self._at_once() or self._end()
        return self._done[0]

    def _at_once(self) -> tuple[bytes, tuple[str, ...]] | None:
        """Decode a body that came to less than one block, of which nothing has been decoded yet."""
        body = self._links[0].blocks.only_block() if self._links else b""
        if not body:
            return None
        return decode_at_once(body, self._declared, self._limits, sniff=self._sniff, kind=self._kind, reserve=self._reserve)

    def _end(self) -> tuple[bytes, tuple[str, ...]]:
        """Feed what is left, stage by stage, and tell each that it was all."""
        index = 0
        # A body without a byte is none, and so in no coding.
        while self._received and index < len(self._links):
            link = self._links[index]
            self._decode(index, link, link.blocks.rest())
            if link.stage is not None:
                for chunk in link.stage.finish():
                    self._push(index + 1, chunk)
            index += 1
        return self._output.value(), self.codings

    def _push(self, index: int, data: bytes) -> None:
        """Feed bytes to a stage; behind the last one they are plain."""
        if index == len(self._links):
            if len(data) > self._output.room:
                raise over_plain(self._kind, self._limits)
            # Bytes in no coding are those that were received.
            if self._reserve is not None and self.codings:
                self._reserve(len(data))
            self._output.add(data)
            return
        link, position = self._links[index], 0
        if link.found is None and link.stage is None and not link.blocks.total and data.startswith(b"{"):
            # JSON begins so nearly always, which says all without a closer look.
            link.found = ""
        while position < len(data):
            if link.found == "":
                self._push(index + 1, data[position:] if position else data)
                return
            block, position = link.blocks.take(data, position)
            self._check(index, link)
            if block is not None:
                self._decode(index, link, block)

    def _decode(self, index: int, link: _Link, block: bytes) -> None:
        if not block:
            return
        if link.stage is not None:
            for chunk in link.stage.feed(block):
                self._push(index + 1, chunk)
            return
        if link.found is None:
            self._look(index, link, block)
            self._check(index, link)
        self._push(index + 1, block)

    def _look(self, index: int, link: _Link, start: bytes) -> None:
        """Look at what a body begins as, and put the stages for it behind."""
        found = sniff(start) or ""
        if found == "base64":
            # What base64 holds may be compressed in turn (raven-python up to 3), but is not base64 once more.
            found = "base64" if link.base64 else ""
        link.found = found
        if found:
            behind = [_Link(_stage(found, self._limits))]
            if found == "base64":
                behind.append(_Link(None))
            self._links[index + 1 : index + 1] = behind

    def _check(self, index: int, link: _Link) -> None:
        """Hold what a stage has been fed to its limit, before the block that ends there is decoded."""
        size = link.blocks.total
        if index < len(self._declared) or (link.found and not index):
            if size > self._kind.max_compressed(self._limits):
                raise over_compressed(self._kind, self._limits)
        elif link.found and index == len(self._declared) and size > 2 * self._kind.max_plain(self._limits):
            # base64 makes the plain bytes a third more; what is still longer can't become an event.
            raise over_plain(self._kind, self._limits)
