"""A body that comes piece by piece."""

from collections.abc import Iterator

from store_protocol.body.content_encoding import parse_content_encoding
from store_protocol.body.sniff import ENOUGH, sniff
from store_protocol.body.stages import Base64, Brotli, Deflate, Gzip, Stage, Zstd, pieces
from store_protocol.errors import CorruptBody, LimitExceeded
from store_protocol.limits import EVENT, BodyKind, Limits, Reserve

_LIMITS = Limits()


class _Sniffer:
    """The stage that looks at the first bytes, and undoes what they turn out to be."""

    name = "plain"

    def __init__(self, limits: Limits, *, base64: bool = True) -> None:
        self._limits = limits
        self._base64 = base64
        self._start = b""
        self._decided = False
        self._inner: Stage | None = None
        self._next: _Sniffer | None = None

    def codings(self) -> tuple[str, ...]:
        """Give the codings that were found, outermost first."""
        inner = () if self._inner is None else ("zlib" if self._inner.name == "deflate" else self._inner.name,)
        return inner if self._next is None else inner + self._next.codings()

    def feed(self, data: bytes) -> Iterator[bytes]:
        if not self._decided:
            self._start += data
            # Leading blanks tell nothing; but whoever sends more of them than fit a chunk sends no base64.
            if len(self._start.lstrip()) < ENOUGH and len(self._start) < 4096:
                return
            data = self._decide()
        yield from self._through(data)

    def _decide(self) -> bytes:
        start, self._start, self._decided = self._start, b"", True
        found = sniff(start[: 4096 + ENOUGH])
        if found == "base64" and self._base64:
            # What base64 holds may be compressed in turn (raven-python up to 3), but is not base64 once more.
            self._inner, self._next = Base64(), _Sniffer(self._limits, base64=False)
        elif found == "zlib":
            self._inner = Deflate()
        elif found in {"gzip", "zstd"}:
            self._inner = _stage(found, self._limits)
        return start

    def _through(self, data: bytes) -> Iterator[bytes]:
        if self._inner is None:
            if data:
                yield data
            return
        for chunk in self._inner.feed(data):
            if self._next is None:
                yield chunk
            else:
                yield from self._next.feed(chunk)

    def finish(self) -> Iterator[bytes]:
        if not self._decided:
            yield from self._through(self._decide())
        if self._inner is not None:
            for chunk in self._inner.finish():
                if self._next is None:
                    yield chunk
                else:
                    yield from self._next.feed(chunk)
        if self._next is not None:
            yield from self._next.finish()


def _stage(coding: str, limits: Limits, *, raw: bool = False) -> Stage:
    if coding == "gzip":
        return Gzip()
    if coding == "deflate":
        return Deflate(raw=raw)
    if coding == "br":
        return Brotli()
    return Zstd(limits.max_zstd_window_bytes)


class BodyDecoder:
    """Decodes a body that comes piece by piece, and stops as soon as it is over a limit.

    `content_encoding` is the header's value; with `sniff`, base64 and compressed bytes that no header names are undone too.
    Nothing holds more than `max_event_bytes` and one chunk of output; a `kind` other than `EVENT` names other limits. What
    comes out of one coding and goes into the next is compressed too, and held to the same limit as the body as received.
    `reserve` is told how many bytes more codings are about to decode to, and may raise to refuse them.
    Raises what `decode_body` does, at the first piece that shows it.

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
        #: How many decoded bytes have been reserved; where all is decoded again, they are reserved already.
        self._reserved = 0
        self._declared = parse_content_encoding(content_encoding, limits=limits)
        self._limits = limits
        self._kind = kind
        self._sniff = sniff
        # A bare deflate stream may begin as a zlib one does. Then all is decoded again, from the bytes kept here.
        self._kept: list[bytes] | None = [] if "deflate" in self._declared else None
        self._error: CorruptBody | None = None
        self._start(raw=False)

    def _start(self, *, raw: bool) -> None:
        self._received = 0
        self._plain = bytearray()
        self._sniffer = _Sniffer(self._limits) if self._sniff else None
        # The coding that was applied last is undone first.
        self._stages: list[Stage] = [_stage(coding, self._limits, raw=raw) for coding in reversed(self._declared)]
        if self._sniffer is not None:
            self._stages.append(self._sniffer)
        #: How many bytes each stage has been fed.
        self._fed = [0] * len(self._stages)

    @property
    def codings(self) -> tuple[str, ...]:
        """The codings that have been undone, outermost first."""
        found = self._sniffer.codings() if self._sniffer is not None else ()
        return tuple(stage.name for stage in self._stages if stage is not self._sniffer) + found

    @property
    def received_bytes(self) -> int:
        """How many bytes of the body have been taken."""
        return self._received

    def feed(self, chunk: bytes) -> None:
        """Take the next piece of the body."""
        if self._kept is not None:
            self._kept.append(bytes(chunk))
        try:
            self._feed(bytes(chunk))
        except CorruptBody as error:
            self._again(error)

    def finish(self) -> bytes:
        """Take the end of the body, and give its plain bytes."""
        if not self._received:
            return b""
        try:
            self._finish(0)
        except CorruptBody as error:
            self._again(error)
            try:
                self._finish(0)
            except CorruptBody:
                raise error from None
        return bytes(self._plain)

    def _again(self, error: CorruptBody) -> None:
        """Decode what came so far as bare deflate; raise the error that came up where that is no way out of it."""
        kept, self._kept = self._kept, None
        if kept is None or not any(isinstance(stage, Deflate) and stage.name == "deflate" for stage in self._stages):
            raise self._error or error
        self._error = error
        self._start(raw=True)
        try:
            self._feed(b"".join(kept))
        except CorruptBody:
            raise error from None

    def _feed(self, data: bytes) -> None:
        self._received += len(data)
        if self._declared:
            self._check_compressed(self._received)
        for piece in pieces(data):
            self._push(0, piece)
        self._check_sniffed()

    def _check_sniffed(self) -> None:
        # Bytes in base64 or compressed without a header are only known for that once they have been looked at.
        if self._sniffer is not None and self._sniffer.codings():
            self._check_compressed(self._received)
            # base64 makes them a third more; what is still longer can't become an event.
            if self._fed[-1] > 2 * self._kind.max_plain(self._limits):
                raise self._over_plain()

    def _check_compressed(self, size: int) -> None:
        maximum = self._kind.max_compressed(self._limits)
        if size > maximum:
            raise LimitExceeded(
                f"compressed body over the limit of {maximum} bytes", limit=self._kind.compressed, maximum=maximum
            )

    def _over_plain(self) -> LimitExceeded:
        maximum = self._kind.max_plain(self._limits)
        return LimitExceeded(
            f"{self._kind.noun} over the limit of {maximum} bytes", limit=self._kind.plain, maximum=maximum
        )

    def _push(self, index: int, data: bytes) -> None:
        if index < len(self._stages):
            stage = self._stages[index]
            self._fed[index] += len(data)
            if stage is not self._sniffer:
                self._check_compressed(self._fed[index])
            for chunk in stage.feed(data):
                self._push(index + 1, chunk)
            if stage is self._sniffer and index:
                self._check_sniffed()
            return
        if len(self._plain) + len(data) > self._kind.max_plain(self._limits):
            self._check_sniffed()
            raise self._over_plain()
        if self._reserve is not None:
            self._reserve_decoded(len(self._plain) + len(data), self._reserve)
        self._plain += data

    def _reserve_decoded(self, size: int, reserve: Reserve) -> None:
        # Bytes in no coding are those that were received.
        if size > self._reserved and (self._declared or (self._sniffer is not None and self._sniffer.codings())):
            reserve(size - self._reserved)
            self._reserved = size

    def _finish(self, index: int) -> None:
        if index < len(self._stages):
            for chunk in self._stages[index].finish():
                self._push(index + 1, chunk)
            self._finish(index + 1)
