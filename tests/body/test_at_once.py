"""Whole bodies that are decoded in single calls, and those that are left to the stages."""

import base64
import gzip
import random
import tracemalloc
import zlib
from collections.abc import Callable

import brotli
import pytest
import zstandard

from store_protocol.body.at_once import decode_at_once
from store_protocol.body.codings import CODINGS
from store_protocol.limits import EVENT, Limits
from tests.body.cases import KIB, TEXT, raw_deflate
from tests.body.codings.test_zstd import block


def at_once(
    body: bytes,
    *codings: str,
    compressed: int = 1 << 20,
    plain: int = 1 << 21,
    window: int = 8 << 20,
    **options: object,
) -> tuple[bytes, tuple[str, ...]] | None:
    limits = Limits(max_compressed_bytes=compressed, max_event_bytes=plain, max_zstd_window_bytes=window)
    return decode_at_once(body, codings, limits, **{"sniff": True, "kind": EVENT, **options})  # type: ignore[arg-type]


ORDINARY = {
    "gzip": (gzip.compress(TEXT), ("gzip",), ("gzip",)),
    "deflate": (zlib.compress(TEXT), ("deflate",), ("deflate",)),
    "bare deflate": (raw_deflate(TEXT), ("deflate",), ("deflate-raw",)),
    "br": (brotli.compress(TEXT), ("br",), ("br",)),
    "zstd": (zstandard.compress(TEXT), ("zstd",), ("zstd",)),
    "gzip without a header": (gzip.compress(TEXT), (), ("gzip",)),
    "zlib without a header": (zlib.compress(TEXT), (), ("zlib",)),
    "zstd without a header": (zstandard.compress(TEXT), (), ("zstd",)),
    "base64": (base64.b64encode(TEXT), (), ("base64",)),
    "base64 of zlib": (base64.b64encode(zlib.compress(TEXT)), (), ("base64", "zlib")),
    "base64 of gzip": (base64.b64encode(gzip.compress(TEXT)), (), ("base64", "gzip")),
    "base64 of zstd": (base64.b64encode(zstandard.compress(TEXT)), (), ("base64", "zstd")),
    "plain": (TEXT, (), ()),
}


@pytest.mark.parametrize("name", ORDINARY)
def test_ordinary_body_is_decoded_at_once_up_to_its_limits(name: str) -> None:
    body, codings, undone = ORDINARY[name]
    assert at_once(body, *codings) == (TEXT, undone)
    assert at_once(body, *codings, compressed=len(body), plain=len(TEXT)) == (TEXT, undone)
    assert at_once(body, *codings, compressed=len(body), plain=len(TEXT) - 1) is None
    if undone:
        assert at_once(body, *codings, compressed=len(body) - 1, plain=len(TEXT)) is None
    else:
        assert at_once(body, compressed=1) == (TEXT, ())


def test_array_is_plain_at_once() -> None:
    assert at_once(b'["a"]') == (b'["a"]', ())
    assert at_once(gzip.compress(b'["a"]'), "gzip") == (b'["a"]', ("gzip",))
    assert at_once(base64.b64encode(b'["a"]')) == (b'["a"]', ("base64",))


def test_nothing_is_looked_for_at_once_that_need_not_be() -> None:
    body = base64.b64encode(TEXT)
    assert at_once(body, sniff=False) == (body, ())
    assert at_once(gzip.compress(body), "gzip", sniff=False) == (body, ("gzip",))


def compressed_without_size(data: bytes) -> bytes:
    compressor = zstandard.ZstdCompressor(write_content_size=False).compressobj()
    return compressor.compress(data) + compressor.flush()


@pytest.mark.parametrize(
    ("body", "codings"),
    [
        (gzip.compress(gzip.compress(TEXT)), ("gzip", "gzip")),
        (gzip.compress(TEXT) + gzip.compress(TEXT), ("gzip",)),
        (gzip.compress(base64.b64encode(TEXT)), ("gzip",)),
        (gzip.compress(TEXT)[:-1], ("gzip",)),
        (zlib.compress(TEXT) + b"\0", ("deflate",)),
        (raw_deflate(TEXT)[:-1], ("deflate",)),
        (brotli.compress(TEXT)[:-1], ("br",)),
        (brotli.compress(TEXT) + b"\0", ("br",)),
        (b"junk", ("br",)),
        (compressed_without_size(TEXT), ("zstd",)),
        (zstandard.compress(TEXT)[:-1], ("zstd",)),
        (zstandard.compress(TEXT) + b"\0", ("zstd",)),
        (zstandard.compress(b""), ("zstd",)),
        (b"junk", ("zstd",)),
        (zlib.compress(TEXT)[:-1], ()),
        (base64.b64encode(base64.b64encode(TEXT)), ()),
        (base64.b64encode(zlib.compress(TEXT)[:-1]), ()),
        (base64.encodebytes(TEXT), ()),
        (base64.b64encode(TEXT + b" ").rstrip(b"="), ()),
    ],
)
def test_what_is_out_of_the_ordinary_is_left_to_the_stages(body: bytes, codings: tuple[str, ...]) -> None:
    assert at_once(body, *codings) is None


@pytest.mark.parametrize("codings", [("deflate",), ()])
@pytest.mark.parametrize("wrap", [bytes, base64.b64encode])
def test_body_is_decompressed_at_once_up_to_256_kib(codings: tuple[str, ...], wrap: object) -> None:
    noise = random.Random(2).randbytes(256 * KIB)
    # Stored blocks of 65,535 bytes make it 5 bytes longer each, and zlib's ends take 6.
    room = 256 * KIB - 6 - 5 * 5
    body = zlib.compress(b"{" + noise[: room - 1], 0)
    assert len(body) == 256 * KIB
    longer = zlib.compress(b"{" + noise[:room], 0)
    if wrap is bytes:
        assert at_once(body, *codings) is not None
        assert at_once(longer, *codings) is None
    elif not codings:
        assert at_once(base64.b64encode(body)) is not None
        assert at_once(base64.b64encode(longer)) is None


@pytest.mark.parametrize("name", ["gzip", "deflate"])
def test_body_is_inflated_at_once_up_to_1_mib(name: str) -> None:
    compress: Callable[[bytes], bytes] = gzip.compress if name == "gzip" else zlib.compress
    for size, is_taken in ((1024 * KIB, True), (1024 * KIB + 1, True), (1024 * KIB + 2, False)):
        assert (at_once(compress(b"{" + bytes(size - 1)), name) is not None) == is_taken


@pytest.mark.parametrize("name", ["gzip", "deflate", "br", "zstd"])
def test_what_has_to_be_reserved_is_decoded_at_once_up_to_a_chunk(name: str) -> None:
    compress = {"gzip": gzip.compress, "deflate": zlib.compress, "br": brotli.compress, "zstd": zstandard.compress}[name]
    reserved: list[int] = []
    plain = b"{" + bytes(64 * KIB - 1)
    assert at_once(compress(plain), name, reserve=reserved.append) == (plain, (name,))
    assert reserved == [64 * KIB]
    assert at_once(compress(plain + b" "), name, reserve=reserved.append) is None
    assert at_once(compress(plain), name, plain=64 * KIB - 1, reserve=reserved.append) is None
    # A body in no coding is there already.
    assert at_once(plain + plain, reserve=reserved.append) == (plain + plain, ())
    assert at_once(b"[" + plain, plain=64 * KIB, reserve=reserved.append) is None
    assert reserved == [64 * KIB]


@pytest.mark.parametrize("name", ["gzip", "deflate", "br", "zstd"])
def test_body_that_is_over_its_limit_is_decoded_little_further_at_once(name: str) -> None:
    encode = CODINGS[name].encode
    assert encode is not None
    body = encode(b"{" + bytes(900 * KIB))
    # What is loaded on first use stays.
    assert at_once(body, name) is not None
    tracemalloc.start()
    try:
        assert at_once(body, name, plain=1000) is None
        assert tracemalloc.get_traced_memory()[1] < 100 * KIB
    finally:
        tracemalloc.stop()


def frame_with_window(window: bytes) -> bytes:
    """Make a zstd frame with the size of its content in eight bytes, and a window or, without one, in a single segment."""
    descriptor = b"\xc0" if window else b"\xe0"
    return b"\x28\xb5\x2f\xfd" + descriptor + window + len(TEXT).to_bytes(8, "little") + block(0, len(TEXT), TEXT)


@pytest.mark.parametrize("exponent", [0, 1, 6, 13, 21])
@pytest.mark.parametrize("mantissa", [0, 1, 6, 7])
def test_window_of_a_zstd_frame_is_held_to_its_limit_at_once(exponent: int, mantissa: int) -> None:
    # By RFC 8878 section 3.1.1.1.2, which says it in these words.
    window_base = 1 << (10 + exponent)
    window = window_base + window_base // 8 * mantissa
    body = frame_with_window(bytes([exponent << 3 | mantissa]))
    assert at_once(body, "zstd", window=window) == (TEXT, ("zstd",))
    assert at_once(body, "zstd", window=window - 1) is None


def test_window_of_a_single_segment_is_its_content_at_once() -> None:
    assert at_once(frame_with_window(b""), "zstd", window=len(TEXT)) == (TEXT, ("zstd",))
    assert at_once(frame_with_window(b""), "zstd", window=len(TEXT) - 1) is None
