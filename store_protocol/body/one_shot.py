"""A whole body in single calls of the C libraries, where these can be bounded: the way that nearly every body takes.

Whatever is out of the ordinary (several members, a large, broken or oversized body, codings on one another) is left to the
stages of `BodyDecoder`, which decide it and find the words for it: `decode_at_once` then returns None. So what it has to
take care of is only that it decodes nothing that the stages would decode otherwise, or refuse.
"""

import binascii
from collections.abc import Callable
from typing import Any

from store_protocol.body import engines
from store_protocol.body.buffers import CHUNK
from store_protocol.body.sniff import is_zlib
from store_protocol.body.sniff import sniff as sniffed
from store_protocol.limits import KIB, BodyKind, Limits, Reserve

#: The longest body that is decompressed in a single call. A block of zstd has at least 3 bytes, so that these are fewer
#: blocks than the stages take (`MOST_BLOCKS`).
_MOST_BODY = 256 * KIB
#: The most that is inflated in a single call: the libraries collect it in pieces first, and so hold it twice.
_MOST_INFLATED = 1024 * KIB + 1

#: Undoes a coding; the numbers are how many plain bytes there may be, and how large zstd's window.
_Undo = Callable[[bytes, int, int], bytes | None]


def decode_at_once(
    body: bytes,
    codings: tuple[str, ...],
    limits: Limits,
    *,
    sniff: bool,
    kind: BodyKind,
    reserve: Reserve | None = None,
    most: int | None = None,
) -> tuple[bytes, tuple[str, ...]] | None:
    """Return the plain bytes of a body and the codings undone, or None for a body that has to go through the stages.

    These are all that decode to more than `most` bytes. With `reserve` that is what the stages decode before they tell it.
    """
    if reserve is not None:
        most = min(kind.max_plain(limits), CHUNK)
        done = decode_at_once(body, codings, limits, sniff=sniff, kind=kind, most=most)
        if done is not None and done[1]:
            reserve(len(done[0]))
        return done
    if not codings and (not sniff or body.startswith(b"{")):
        # JSON begins so nearly always, which says all without a closer look.
        return (body, ()) if len(body) <= kind.max_plain(limits) else None
    if most is None:
        most = kind.max_plain(limits)
    window = limits.max_zstd_window_bytes
    if not codings:
        found = sniffed(body)
        if found is None:
            return (body, ()) if len(body) <= kind.max_plain(limits) else None
        if len(body) > kind.max_compressed(limits):
            return None
        if found == "base64":
            return _base64(body, most, window)
        plain = _UNDO[found](body, most, window) if len(body) <= _MOST_BODY else None
        return None if plain is None else (plain, (found,))
    if len(codings) > 1 or len(body) > _MOST_BODY or len(body) > kind.max_compressed(limits):
        return None
    if codings[0] == "deflate" and not is_zlib(body):
        codings = ("deflate-raw",)
    plain = _UNDO[codings[0]](body, most, window)
    if plain is None or (sniff and not plain.startswith(b"{") and sniffed(plain) is not None):
        return None
    return plain, codings


def _base64(body: bytes, most: int, window: int) -> tuple[bytes, tuple[str, ...]] | None:
    if len(body) > 2 * most:
        return None
    try:
        plain = engines.base64_decoder()(body)
    except (binascii.Error, ValueError):
        return None
    found = None if plain.startswith(b"{") else sniffed(plain)
    if found is None:
        return (plain, ("base64",)) if len(plain) <= most else None
    if found == "base64" or len(plain) > _MOST_BODY:
        return None
    inner = _UNDO[found](plain, most, window)
    return None if inner is None else (inner, ("base64", found))


def _inflate(wbits: int) -> _Undo:
    def undo(body: bytes, most: int, _: int) -> bytes | None:
        zlib = engines.zlib_module()
        inflater = zlib.decompressobj(wbits)
        try:
            plain: bytes = inflater.decompress(body, most + 1 if most < _MOST_INFLATED else _MOST_INFLATED)
        except zlib.error:
            return None
        return plain if inflater.eof and not inflater.unused_data and len(plain) <= most else None

    return undo


def _brotli(body: bytes, most: int, _: int) -> bytes | None:
    brotli = engines.brotli_module()
    decompressor = brotli.Decompressor()
    try:
        plain: bytes = decompressor.process(body, output_buffer_limit=min(most + 1, _MOST_INFLATED))
    except brotli.error:
        return None
    return plain if decompressor.is_finished() and len(plain) <= most else None


def _zstd(body: bytes, most: int, window: int) -> bytes | None:
    zstandard: Any = engines.zstandard_module()
    try:
        # A frame that says how large it will be becomes no larger. 0 is said of a skippable frame too, and one that says
        # so itself is taken for empty without a look at the rest of it.
        size = zstandard.frame_content_size(body)
        if not 0 < size <= most or _window(body, size) > window:
            return None
        plain: bytes = zstandard.ZstdDecompressor().decompress(body, allow_extra_data=False)
    except zstandard.ZstdError:
        return None
    return plain


def _window(body: bytes, size: int) -> int:
    """Return the window that a frame asks for (RFC 8878 section 3.1.1.1.2), which goes unchecked in a single call."""
    if body[4] & 0x20:
        return size
    exponent, mantissa = divmod(body[5], 8)
    return (8 + mantissa) << (7 + exponent)


_UNDO: dict[str, _Undo] = {
    "gzip": _inflate(31),
    "deflate": _inflate(15),
    "deflate-raw": _inflate(-15),
    "zlib": _inflate(15),
    "br": _brotli,
    "zstd": _zstd,
}
