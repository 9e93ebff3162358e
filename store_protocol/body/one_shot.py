"""A whole body in single calls of the C libraries, where these can be bounded: the way that nearly every body takes.

Whatever is out of the ordinary (several members, a broken or oversized body, codings on one another) is left to the stages
of `BodyDecoder`, which decide it and find the words for it: `decode_at_once` then gives None.
"""

import binascii
from collections.abc import Callable
from typing import Any, NamedTuple

from store_protocol.body import engines
from store_protocol.body.sniff import ENOUGH, is_zlib, sniff
from store_protocol.limits import BodyKind, Limits

_START = 64


class _Most(NamedTuple):
    """How many plain bytes there may be, and how large zstd's window."""

    plain: int
    window: int


def decode_at_once(
    body: bytes, codings: tuple[str, ...], limits: Limits, *, sniff: bool, kind: BodyKind
) -> tuple[bytes, tuple[str, ...]] | None:
    """Give the plain bytes of a body and the codings undone, or None for a body that has to go through the stages."""
    plain: bytes | None = body
    undone = codings
    most = _Most(kind.max_plain(limits), limits.max_zstd_window_bytes)
    if codings:
        if len(codings) > 1 or len(body) > kind.max_compressed(limits):
            return None
        if codings[0] == "deflate" and not is_zlib(body):
            undone = ("deflate-raw",)
        plain = _UNDO[undone[0]](body, most)
        if plain is None:
            return None
    if sniff:
        found = _sniff(plain)
        if found is not None:
            if codings or len(body) > kind.max_compressed(limits):
                return None
            if found == "base64":
                return _base64(body, most)
            plain, undone = _UNDO[found](body, most), (found,)
    return None if plain is None or len(plain) > most.plain else (plain, undone)


def _sniff(plain: bytes | None) -> str | None:
    start = (plain or b"")[:_START]
    # JSON, nearly always: said without a look at the rest.
    return None if start[:1] == b"{" or len(start.strip()) < ENOUGH else sniff(start)


def _base64(body: bytes, most: _Most) -> tuple[bytes, tuple[str, ...]] | None:
    try:
        plain = engines.base64_decoder()(body)
    except (binascii.Error, ValueError):
        return None
    found = _sniff(plain)
    if found is None:
        return (plain, ("base64",)) if len(plain) <= most.plain else None
    if found == "base64":
        return None
    inflated = _UNDO[found](plain, most)
    return None if inflated is None else (inflated, ("base64", found))


def _inflate(wbits: int) -> Callable[[bytes, _Most], bytes | None]:
    def undo(body: bytes, most: _Most) -> bytes | None:
        zlib = engines.zlib_module()
        inflater = zlib.decompressobj(wbits)
        try:
            plain: bytes = inflater.decompress(body, most.plain + 1)
        except zlib.error:
            return None
        whole = inflater.eof and not inflater.unused_data and len(plain) <= most.plain
        return plain if whole else None

    return undo


def _brotli(body: bytes, most: _Most) -> bytes | None:
    brotli = engines.brotli_module()
    decompressor = brotli.Decompressor()
    try:
        plain: bytes = decompressor.process(body, output_buffer_limit=most.plain + 1)
    except brotli.error:
        return None
    return plain if decompressor.is_finished() and len(plain) <= most.plain else None


def _zstd(body: bytes, most: _Most) -> bytes | None:
    zstandard: Any = engines.zstandard_module()
    try:
        # The frame says how large it will be, and the library gives no more.
        if not 0 <= zstandard.frame_content_size(body) <= most.plain:
            return None
        decompressor = zstandard.ZstdDecompressor(max_window_size=most.window)
        plain: bytes = decompressor.decompress(body, allow_extra_data=False)
    except zstandard.ZstdError:
        return None
    return plain


_UNDO: dict[str, Callable[[bytes, _Most], bytes | None]] = {
    "gzip": _inflate(31),
    "deflate": _inflate(15),
    "deflate-raw": _inflate(-15),
    "zlib": _inflate(15),
    "br": _brotli,
    "zstd": _zstd,
}
