"""Bodies in every coding, and what comes of a body however it is cut."""

import base64
import gzip
import random
import zlib
from collections.abc import Callable, Iterable
from functools import partial
from itertools import repeat

import brotli
import pytest
import zstandard

from store_protocol.body import BodyDecoder, open_body
from store_protocol.errors import StoreError
from store_protocol.limits import Limits

JSON = b'{"message":"' + bytes(random.Random(1).choices(b"abcdef \xc3\xa9"[:7], k=700)) + b'"}'
LIMITS = Limits()


def raw_deflate(data: bytes) -> bytes:
    compressor = zlib.compressobj(6, zlib.DEFLATED, -15)
    return compressor.compress(data) + compressor.flush()


def zstd_without_size(data: bytes) -> bytes:
    compressor = zstandard.ZstdCompressor(write_content_size=False, write_checksum=True).compressobj()
    return compressor.compress(data) + compressor.flush()


SKIPPABLE = b"\x53\x2a\x4d\x18\x03\x00\x00\x00abc"
#: A frame without content, which says so in its header.
EMPTY_FRAME = zstandard.compress(b"")
#: Named by a header: the header, the body, what was undone.
DECLARED = {
    "gzip": ("gzip", gzip.compress(JSON, mtime=0), ("gzip",)),
    "x-gzip": ("X-GZIP", gzip.compress(JSON, mtime=0), ("gzip",)),
    "deflate": ("deflate", zlib.compress(JSON), ("deflate",)),
    "raw deflate": ("deflate", raw_deflate(JSON), ("deflate-raw",)),
    "br": ("br", brotli.compress(JSON), ("br",)),
    "zstd": ("zstd", zstandard.compress(JSON), ("zstd",)),
    "zstd without size": ("zstd", zstd_without_size(JSON), ("zstd",)),
    "gzip in gzip": ("gzip, gzip", gzip.compress(gzip.compress(JSON, mtime=0), mtime=0), ("gzip", "gzip")),
    "gzip over deflate": ("deflate, gzip", gzip.compress(zlib.compress(JSON), mtime=0), ("gzip", "deflate")),
    "base64 in gzip": (
        "gzip",
        gzip.compress(base64.b64encode(zlib.compress(JSON)), mtime=0),
        ("gzip", "base64", "zlib"),
    ),
}
#: Named by nothing.
SNIFFED = {
    "gzip": (None, gzip.compress(JSON, mtime=0), ("gzip",)),
    "zlib": (None, zlib.compress(JSON), ("zlib",)),
    "zstd": ("identity", zstandard.compress(JSON), ("zstd",)),
    "base64 of zlib": ("", base64.b64encode(zlib.compress(JSON)), ("base64", "zlib")),
    "base64 of gzip": ("utf-8", base64.b64encode(gzip.compress(JSON, mtime=0)), ("base64", "gzip")),
    "base64 of JSON": (None, base64.b64encode(JSON), ("base64",)),
    "base64 in lines": (None, base64.encodebytes(zlib.compress(JSON)), ("base64", "zlib")),
    "base64 for URLs": (None, base64.urlsafe_b64encode(zlib.compress(JSON)), ("base64", "zlib")),
    "base64 without padding": (None, base64.b64encode(JSON + b" ").rstrip(b"="), ("base64",)),
}
#: Several members or frames, each whole in itself, so that a cut between them is no error.
SEVERAL = {
    "gzip members": ("gzip", gzip.compress(JSON[:9], mtime=0) + gzip.compress(JSON[9:], mtime=0), ("gzip",)),
    "zstd frames": ("zstd", zstandard.compress(JSON[:9]) + SKIPPABLE + zstd_without_size(JSON[9:]), ("zstd",)),
    "zstd after an empty frame": ("zstd", EMPTY_FRAME + zstandard.compress(JSON), ("zstd",)),
    "zstd after a skippable frame": ("zstd", SKIPPABLE + zstandard.compress(JSON), ("zstd",)),
    "zstd before a skippable frame": ("zstd", zstandard.compress(JSON) + SKIPPABLE + EMPTY_FRAME, ("zstd",)),
    "unnamed zstd after a skippable frame": (None, SKIPPABLE + zstandard.compress(JSON), ("zstd",)),
    "base64 of zstd after a skippable frame": (
        None,
        base64.b64encode(SKIPPABLE + zstandard.compress(JSON)),
        ("base64", "zstd"),
    ),
    "gzip after an empty member": ("gzip", gzip.compress(b"", mtime=0) + gzip.compress(JSON, mtime=0), ("gzip",)),
    "plain": (None, JSON, ()),
    "blanks before": (None, b" \r\n\t" * 2000 + JSON, ()),
}
CASES = [pytest.param(*case, id=name) for table in (DECLARED, SNIFFED, SEVERAL) for name, case in table.items()]
COMPRESSED = [pytest.param(*case[:2], id=name) for name, case in DECLARED.items()]


def in_pieces(body: bytes, header: str | None, size: int, limits: Limits = LIMITS) -> tuple[bytes, tuple[str, ...]]:
    decoder = BodyDecoder(header, limits=limits)
    for start in range(0, len(body), size):
        decoder.feed(body[start : start + size])
    return decoder.finish(), decoder.codings


LARGE_CODERS: dict[str, tuple[str | None, Callable[[bytes], bytes]]] = {
    "gzip": ("gzip", gzip.compress),
    "deflate": ("deflate", zlib.compress),
    "raw deflate": ("deflate", raw_deflate),
    "br": ("br", partial(brotli.compress, quality=5)),
    "zstd": ("zstd", zstandard.compress),
    "zstd without size": ("zstd", zstd_without_size),
    "base64 of zlib": (None, lambda data: base64.b64encode(zlib.compress(data))),
    "base64": (None, base64.b64encode),
}


Outcome = tuple[object, ...]


def outcome(decode: Callable[[], tuple[bytes, tuple[str, ...]]]) -> Outcome:
    """Return all that can be told of what a decoder did: the bytes and the codings, or the error in full."""
    try:
        return decode()
    except StoreError as error:
        return type(error), error.code, str(error), getattr(error, "limit", None)


def outcomes(
    body: bytes, header: str | None, limits: Limits = LIMITS, cuts: Iterable[int] = (), *, sniff: bool = True
) -> Outcome:
    """Return the outcome of a body, which is the same whole, byte by byte and cut at will."""

    def whole() -> tuple[bytes, tuple[str, ...]]:
        decoded = open_body(body, header, limits=limits, sniff=sniff)
        return decoded.data, decoded.codings

    def cut_up(sizes: Iterable[int]) -> tuple[bytes, tuple[str, ...]]:
        decoder, start = BodyDecoder(header, limits=limits, sniff=sniff), 0
        for size in sizes:
            decoder.feed(body[start : start + size])
            start += size
        decoder.feed(body[start:])
        return decoder.finish(), decoder.codings

    found = outcome(whole)
    assert outcome(lambda: cut_up(cuts)) == found
    assert outcome(lambda: cut_up(small_pieces(len(body)))) == found
    return found


def small_pieces(size: int) -> Iterable[int]:
    """Return the sizes of pieces: of one byte, but of a few within a long body, where no header or check is."""
    if size < 5000:
        return repeat(1, size)
    if size < 100_000:
        return [*repeat(1, 2000), *repeat(7, (size - 4000) // 7), *repeat(1, 2007)]
    return repeat(4999, size // 4999)


CODERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": partial(gzip.compress, mtime=0),
    "deflate": zlib.compress,
    "br": partial(brotli.compress, quality=5),
    "zstd": zstandard.compress,
}


WRAPPERS: dict[str, Callable[[bytes], bytes]] = {
    "base64": base64.b64encode,
    "for URLs": base64.urlsafe_b64encode,
    "in lines": base64.encodebytes,
    "of zlib": lambda data: base64.b64encode(zlib.compress(data)),
    "of zstd": lambda data: base64.b64encode(zstandard.compress(data)).rstrip(b"="),
    "bare": raw_deflate,
    "stored": lambda data: raw_deflate(data) if len(data) > 65_000 else gzip.compress(data, 0, mtime=0),
    "members": lambda data: gzip.compress(data[:99], mtime=0) + gzip.compress(data[99:], mtime=0),
    "frames": lambda data: EMPTY_FRAME + zstd_without_size(data[:99]) + SKIPPABLE + zstandard.compress(data[99:]),
    "none": bytes,
}


KIB = 1024
TEXT = b'{"message":"' + bytes(random.Random(1).choices(b"abcdef", k=700)) + b'"}'
