"""A whole body in single calls of the C libraries, where these can be bounded: the way that nearly every body takes.

Whatever is out of the ordinary (several members, a broken or oversized body, codings on one another) is left to the stages
of `BodyDecoder`, which decide it and find the words for it: `decode_at_once` then gives None.
"""

import binascii
from collections.abc import Callable
from typing import Any

from store_protocol.body import engines
from store_protocol.body.sniff import ENOUGH, is_zlib, sniff
from store_protocol.limits import BodyKind, Limits

_START = 64


#: Undoes a coding; the numbers are how many plain bytes there may be, and how large zstd's window.
_Undo = Callable[[bytes, int, int], bytes | None]


def decode_at_once(
    body: bytes, codings: tuple[str, ...], limits: Limits, *, sniff: bool, kind: BodyKind, most: int
) -> tuple[bytes, tuple[str, ...]] | None:
    """Give the plain bytes of a body and the codings undone, or None for a body that has to go through the stages.

    Those are all bodies of more than `most` plain bytes.
    """
    plain, undone = body, codings
    window = limits.max_zstd_window_bytes
    if codings:
        if len(codings) > 1 or len(body) > kind.max_compressed(limits):
            return None
        if codings[0] == "deflate" and not is_zlib(body):
            undone = ("deflate-raw",)
        decoded = _UNDO[undone[0]](body, most, window)
        if decoded is None:
            return None
        plain = decoded
    # JSON begins so nearly always, which says all without a closer look.
    if sniff and not plain.startswith(b"{"):
        found = _sniff(plain)
        if found is not None:
            if codings or len(body) > kind.max_compressed(limits):
                return None
            return _base64(body, most, window) if found == "base64" else _found(_UNDO[found](body, most, window), (found,))
    return (plain, undone) if len(plain) <= most else None


def _found(plain: bytes | None, codings: tuple[str, ...]) -> tuple[bytes, tuple[str, ...]] | None:
    return None if plain is None else (plain, codings)


def _sniff(plain: bytes) -> str | None:
    start = plain[:_START]
    return None if len(start.strip()) < ENOUGH else sniff(start)


def _base64(body: bytes, most: int, window: int) -> tuple[bytes, tuple[str, ...]] | None:
    try:
        plain = engines.base64_decoder()(body)
    except (binascii.Error, ValueError):
        return None
    found = None if plain.startswith(b"{") else _sniff(plain)
    if found is None:
        return (plain, ("base64",)) if len(plain) <= most else None
    if found == "base64":
        return None
    return _found(_UNDO[found](plain, most, window), ("base64", found))


def _inflate(wbits: int) -> _Undo:
    def undo(body: bytes, most: int, _: int) -> bytes | None:
        zlib = engines.zlib_module()
        inflater = zlib.decompressobj(wbits)
        try:
            plain: bytes = inflater.decompress(body, most + 1)
        except zlib.error:
            return None
        return plain if inflater.eof and not inflater.unused_data and len(plain) <= most else None

    return undo


def _brotli(body: bytes, most: int, _: int) -> bytes | None:
    brotli = engines.brotli_module()
    decompressor = brotli.Decompressor()
    try:
        plain: bytes = decompressor.process(body, output_buffer_limit=most + 1)
    except brotli.error:
        return None
    return plain if decompressor.is_finished() and len(plain) <= most else None


def _zstd(body: bytes, most: int, window: int) -> bytes | None:
    zstandard: Any = engines.zstandard_module()
    try:
        # The frame says how large it will be, and the library gives no more.
        if not 0 <= zstandard.frame_content_size(body) <= most:
            return None
        decompressor = zstandard.ZstdDecompressor(max_window_size=window)
        plain: bytes = decompressor.decompress(body, allow_extra_data=False)
    except zstandard.ZstdError:
        return None
    return plain


_UNDO: dict[str, _Undo] = {
    "gzip": _inflate(31),
    "deflate": _inflate(15),
    "deflate-raw": _inflate(-15),
    "zlib": _inflate(15),
    "br": _brotli,
    "zstd": _zstd,
}
