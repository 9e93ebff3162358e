"""A body that arrives in pieces."""

from collections.abc import Callable

from store_protocol.body.at_once import decode_at_once
from store_protocol.body.buffers import Blocks, Output, Passing, check_bytes, chunked
from store_protocol.body.codings import CODINGS
from store_protocol.body.codings.base import Stage
from store_protocol.body.content_encoding import parse_content_encoding
from store_protocol.body.sniff import LOOK, begins_as, sniff
from store_protocol.errors import CorruptBody, LimitExceeded
from store_protocol.limits import EVENT, KIB, BodyKind, Limits, Reserve

_LIMITS = Limits()
#: Bytes of a body that are kept until all of it is there: what most events have as they come.
AT_ONCE = 64 * KIB


class _Link:
    """A stage and the blocks that it is fed. Without a stage, the bytes are looked at and passed on unchanged."""

    __slots__ = ("blocks", "found", "named", "stage", "wrappers")

    def __init__(self, stage: Stage | None, *, wrappers: bool = False, named: str | None = None) -> None:
        self.stage = stage
        #: The coding as the header names it, until the first block shows that the bytes are in it.
        self.named = named
        self.blocks = Blocks()
        #: Whether wrappers (base64) are looked for.
        self.wrappers = wrappers
        #: The coding that was found: None until the first block is there, "" for plain bytes.
        self.found: str | None = None


def over_compressed(kind: BodyKind, limits: Limits) -> LimitExceeded:
    """Return the error for a compressed or base64 body that is too large as it came."""
    maximum = kind.max_compressed(limits)
    return LimitExceeded(f"compressed body over the limit of {maximum} bytes", limit=kind.compressed, maximum=maximum)


def over_plain(kind: BodyKind, limits: Limits) -> LimitExceeded:
    """Return the error for a body that is too large once decoded."""
    maximum = kind.max_plain(limits)
    return LimitExceeded(f"{kind.noun} over the limit of {maximum} bytes", limit=kind.plain, maximum=maximum)


class BodyDecoder:
    """Decode a body that arrives in pieces, and stop as soon as it is over a limit.

    `content_encoding` is the header's value; with `sniff`, base64 and compressed bytes that no header names are undone too.
    A `kind` other than `EVENT` selects other limits. What one coding leaves for the next is compressed too: it has the same
    limit as the body as received. `reserve` is called with the number of further bytes that codings are about to decode to,
    and may raise to refuse them.

    `feed` and `finish` raise what `decode_body` raises for the same body, whatever the pieces: `UnsupportedEncoding`,
    `CorruptBody` or `LimitExceeded`. A body of up to 64 KiB is decoded by `finish`, in one call of a C library where that
    can be bounded. A longer one is decoded in blocks of up to 64 KiB, each once it is complete; the first error in the body
    is raised. A coding that the header names is passed over where the bytes are not in it and begin
    as what can be read otherwise; `ignored` has those.

    Memory: at most `max_event_bytes` for the plain bytes, about 1 MiB, and what the C libraries allocate: a window of up to
    16 MiB for brotli and of `max_zstd_window_bytes` for zstd.

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
        take: Callable[[bytes], None] | None = None,
        output: Output | Passing | None = None,
    ) -> None:
        self._reserve = reserve
        # What takes the plain bytes in place of the output, as they come (`Beginning`).
        self._take = take
        #: What has come of a body that may be short enough to be decoded at once, None for any other.
        self._kept: bytes | bytearray | None = b"" if take is None else None
        self._declared = parse_content_encoding(content_encoding, limits=limits)
        self._limits = limits
        self._kind = kind
        self._sniff = sniff
        self._received = 0
        self._output = Output(kind.max_plain(limits)) if output is None else output
        # The coding that was applied last is undone first.
        self._links = [_Link(CODINGS[name].stream(limits), named=name) for name in reversed(self._declared)]
        if sniff:
            self._links.append(_Link(None, wrappers=True))
        #: The codings that the header names and the bytes are not in.
        self.ignored: tuple[str, ...] = ()
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
        """The number of bytes of the body that have been fed."""
        return self._received

    def feed(self, chunk: bytes | bytearray | memoryview) -> None:
        """Take the next piece of the body."""
        if type(chunk) is not bytes:
            check_bytes(chunk)
        if self._done is not None:
            raise RuntimeError("the body has been finished")
        self._received += len(chunk) if isinstance(chunk, (bytes, bytearray)) else chunk.nbytes
        if self._kept is not None:
            if self._received <= AT_ONCE:
                self._keep(self._kept, bytes(chunk))
                return
            kept, self._kept = self._kept, None
            self._push(0, bytes(kept))
        for piece in chunked(chunk):
            self._push(0, piece)

    def _keep(self, kept: bytes | bytearray, chunk: bytes) -> None:
        if not kept:
            self._kept = chunk
        elif isinstance(kept, bytearray):
            kept += chunk
        else:
            self._kept = bytearray(kept)
            self._kept += chunk

    def finish(self) -> bytes:
        """Take the end of the body, and return its plain bytes; called again, return them again."""
        if self._done is None:
            self._done = self._at_once() or self._end()
        return self._done[0]

    def _at_once(self) -> tuple[bytes, tuple[str, ...]] | None:
        """Decode a short body, of which nothing has been decoded yet."""
        if not self._kept:
            return None
        body, self._kept = bytes(self._kept), None
        done = decode_at_once(body, self._declared, self._limits, sniff=self._sniff, kind=self._kind, reserve=self._reserve)
        if done is None:
            self._push(0, body)
        return done

    def _end(self) -> tuple[bytes, tuple[str, ...]]:
        """Feed the rest to stage after stage, and finish each."""
        index = 0
        # An empty body counts as none, so it has no coding.
        while self._received and index < len(self._links):
            link = self._links[index]
            self._decode(index, link, link.blocks.rest(), is_last=True)
            if self._is_ignored(index, link):
                continue
            if link.stage is not None:
                for chunk in link.stage.finish():
                    self._push(index + 1, chunk)
            index += 1
        return self._output.value(), self.codings

    def _push(self, index: int, data: bytes) -> None:
        """Feed bytes to the link at `index`; behind the last one they are plain."""
        if index == len(self._links):
            if self._take is not None:
                self._take(data)
                return
            if len(data) > self._output.room:
                raise over_plain(self._kind, self._limits)
            # Bytes in no coding are those that were received.
            if self._reserve is not None and self.codings:
                self._reserve(len(data))
            self._output.add(data)
            return
        link, position = self._links[index], 0
        if link.found is None and link.stage is None and not link.blocks.total and data.startswith(b"{"):
            # JSON nearly always begins so: no closer look is needed.
            link.found = ""
        while position < len(data):
            if link.found == "":
                self._push(index + 1, data[position:] if position else data)
                return
            block, position = link.blocks.take(data, position)
            self._check(index, link)
            if block is not None:
                self._decode(index, link, block)
                if self._is_ignored(index, link):
                    self._push(index, data[position:])
                    return

    def _decode(self, index: int, link: _Link, block: bytes, *, is_last: bool = False) -> None:
        if not block:
            return
        if link.named is not None:
            name, link.named = link.named, None
            if not self._is_in(name, block, is_last=is_last):
                self._ignore(index, name)
                self._push(index, block)
                return
        if link.stage is not None:
            for chunk in link.stage.feed(block):
                self._push(index + 1, chunk)
            return
        if link.found is None:
            self._look(link, block)
            self._check(index, link)
        self._push(index + 1, block)

    def _is_in(self, name: str, block: bytes, *, is_last: bool) -> bool:
        """Return whether a body is in the coding that the header names, as far as its first block tells.

        Only what begins as something else that can be read is not: all other bytes are left to the coding to refuse.
        """
        found = begins_as(block)
        coding = CODINGS[name]
        if found is None or block.startswith(coding.magic):
            return True
        if coding.magic:
            return False
        # No magic tells (zlib's wrapper aside): only decoding does, and what comes out.
        if found == "zlib" and name == "deflate":
            return True
        stage, plain = coding.stream(self._limits), b""
        try:
            for chunk in stage.feed(block):
                plain += chunk
                if len(plain) >= LOOK:
                    break
            else:
                if is_last:
                    plain = b"".join([plain, *stage.finish()])
        except CorruptBody:
            return False
        return not self._sniff or begins_as(plain) is not None

    def _ignore(self, index: int, name: str) -> None:
        """Pass over a coding that the header names."""
        self.ignored = (*self.ignored, name)
        del self._links[index]

    def _is_ignored(self, index: int, link: _Link) -> bool:
        return index == len(self._links) or self._links[index] is not link

    def _look(self, link: _Link, start: bytes) -> None:
        """Look at what the bytes begin as, and append the stages for it. The link that looks is always the last one."""
        found = sniff(start)
        # A wrapper may hold compressed bytes (raven-python up to 3), but not another wrapper.
        if found is None or (CODINGS[found].is_wrapper and not link.wrappers):
            link.found = ""
            return
        link.found = found
        self._links.append(_Link(CODINGS[found].stream(self._limits)))
        if CODINGS[found].is_wrapper:
            self._links.append(_Link(None))

    def _check(self, index: int, link: _Link) -> None:
        """Check what a link has been fed against its limit, before the block that ends there is decoded."""
        size = link.blocks.total
        # The links of the codings that the header names come first.
        named = len(self._declared) - len(self.ignored)
        if index < named or (link.found and not index):
            if size > self._kind.max_compressed(self._limits):
                raise over_compressed(self._kind, self._limits)
        elif link.found and index == named and size > 2 * self._kind.max_plain(self._limits):
            # base64 makes the plain bytes a third longer; what is over twice the limit can't become an event.
            raise over_plain(self._kind, self._limits)
