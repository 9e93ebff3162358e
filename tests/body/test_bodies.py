"""Bodies in every coding: whole, byte by byte, cut short at every point, with junk after them."""

import base64
import gzip
import json
import random
import subprocess
import sys
import tracemalloc
import zlib
from collections.abc import Callable, Iterable, Iterator
from functools import cache, partial
from itertools import repeat

import brotli
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from store_protocol.body import BodyDecoder, decode_body, open_body, parse_content_encoding
from store_protocol.body.codings.base64 import base64_decoder
from store_protocol.body.codings.deflate import zlib_module
from store_protocol.body.sniff import sniff
from store_protocol.errors import CorruptBody, LimitExceeded, StoreError, UnsupportedEncoding
from store_protocol.limits import Limits

JSON = b'{"message":"' + bytes(random.Random(1).choices(b"abcdef \xc3\xa9"[:7], k=700)) + b'"}'
LIMITS = Limits()


def gzipped(data: bytes) -> bytes:
    """Compress to the same bytes each second: a name of a test is made of them."""
    return gzip.compress(data, mtime=0)


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


@pytest.fixture(params=["speed", "standard"], autouse=True)
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Run every test with the C libraries of the extra `speed` and without them."""
    for cached in (zlib_module, base64_decoder):
        cached.cache_clear()
    if request.param == "standard":
        monkeypatch.setitem(sys.modules, "zlib_ng", None)
        monkeypatch.setitem(sys.modules, "pybase64", None)
    yield
    for cached in (zlib_module, base64_decoder):
        cached.cache_clear()


def in_pieces(body: bytes, header: str | None, size: int, limits: Limits = LIMITS) -> tuple[bytes, tuple[str, ...]]:
    decoder = BodyDecoder(header, limits=limits)
    for start in range(0, len(body), size):
        decoder.feed(body[start : start + size])
    return decoder.finish(), decoder.codings


@pytest.mark.parametrize(("header", "body", "codings"), CASES)
def test_body_is_decoded_whole_and_in_pieces(header: str | None, body: bytes, codings: tuple[str, ...]) -> None:
    whole = open_body(body, header)
    assert (whole.data.strip(), whole.codings) == (JSON, codings)
    for size in (1, 7, 64, 4096, 100000):
        assert in_pieces(body, header, size) == (whole.data, codings)


#: Several times as much as a decoder puts out at once, in one form that compresses little and one that does well.
LARGE = {
    "little": json.dumps(random.Random(2).choices(range(10**9), k=40_000)).encode(),
    "well": json.dumps([{"function": f"f{index % 7}", "lineno": index} for index in range(12_000)]).encode(),
}
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


@pytest.mark.parametrize("coder", LARGE_CODERS)
@pytest.mark.parametrize("kind", LARGE)
@pytest.mark.parametrize("size", [777, 1 << 14, 1 << 16, 1 << 24])
def test_large_body_is_decoded_in_pieces_of_any_size(kind: str, coder: str, size: int) -> None:
    header, compress = LARGE_CODERS[coder]
    body, limits = compress(LARGE[kind]), Limits(max_compressed_bytes=1 << 24, max_event_bytes=1 << 24)
    decoder = BodyDecoder(header, limits=limits)
    for start in range(0, len(body), size):
        decoder.feed(body[start : start + size])
    assert decoder.finish() == LARGE[kind]
    assert decode_body(body, header, limits=limits) == LARGE[kind]


def test_decoded_body_never_changes() -> None:
    with pytest.raises(AttributeError):
        open_body(JSON).data = b""  # type: ignore[misc]


@pytest.mark.parametrize(("header", "body"), COMPRESSED)
def test_body_cut_short_anywhere_is_corrupt(header: str, body: bytes) -> None:
    for end in range(1, len(body)):
        with pytest.raises(CorruptBody):
            decode_body(body[:end], header)
    with pytest.raises(CorruptBody):
        in_pieces(body[:-1], header, 5)


@pytest.mark.parametrize("name", ["gzip", "zlib", "zstd", "base64 of zlib", "base64 of gzip"])
def test_sniffed_body_cut_short_is_no_shorter_event(name: str) -> None:
    _, body, _ = SNIFFED[name]
    # A few bytes tell nothing of what they began as, and padding may be missing.
    for end in range(5, len(body.rstrip(b"=")) - 1):
        with pytest.raises(CorruptBody):
            decode_body(body[:end])


@pytest.mark.parametrize(("header", "body"), COMPRESSED)
@pytest.mark.parametrize("junk", [b"\0", b"junk", b"\x1f", b"\x28\xb5", b"{}"])
def test_junk_after_the_end_is_an_error(header: str, body: bytes, junk: bytes) -> None:
    with pytest.raises(CorruptBody):
        decode_body(body + junk, header)
    with pytest.raises(CorruptBody):
        in_pieces(body + junk, header, 1)


@pytest.mark.parametrize("header", ["gzip", "deflate", "br", "zstd"])
@pytest.mark.parametrize("body", [b"x" * 100, b"\0\0\0\0\0\0", b"\x50" * 9])
def test_body_that_is_not_in_its_coding_is_corrupt(header: str, body: bytes) -> None:
    with pytest.raises(CorruptBody):
        decode_body(body, header)


def test_flipped_checksum_is_seen() -> None:
    for header, body in (
        ("gzip", DECLARED["gzip"][1]),
        ("deflate", DECLARED["deflate"][1]),
        ("zstd", zstd_without_size(JSON)),
    ):
        broken = body[:-6] + bytes(byte ^ 0xFF for byte in body[-6:])
        with pytest.raises(CorruptBody):
            decode_body(broken, header)


def test_bare_deflate_that_looks_like_zlib_is_decoded() -> None:
    # A stored block whose first bytes pass for a zlib header: 0x78 is its type, and the length makes the check come out.
    stored = next(
        body
        for length in range(1, 2000)
        if sniff(body := b"\x78" + length.to_bytes(2, "little") + (length ^ 0xFFFF).to_bytes(2, "little") + b"a" * length)
        == "zlib"
    )
    body = stored + raw_deflate(b"b")
    plain = zlib.decompress(body, -15)
    assert open_body(body, "deflate").data == plain
    assert in_pieces(body, "deflate", 3) == (plain, ("deflate-raw",))


@pytest.mark.parametrize(
    ("header", "codings"),
    [
        (None, ()),
        ("", ()),
        ("identity", ()),
        (" UTF-8 ", ()),
        ("iso-8859-1", ()),
        ("gzip", ("gzip",)),
        ("GZip ,identity, Br", ("gzip", "br")),
        ("x-deflate", ("deflate",)),
        (",,zstd", ("zstd",)),
    ],
)
def test_content_encoding_is_parsed(header: str | None, codings: tuple[str, ...]) -> None:
    assert parse_content_encoding(header) == codings


@pytest.mark.parametrize("header", ["compress", "gzip;q=1", "gzip deflate", "é\r\n", "*", "x" * 1000])
def test_unknown_coding_is_named(header: str) -> None:
    with pytest.raises(UnsupportedEncoding) as caught:
        decode_body(b"x", header)
    assert caught.value.status == 415
    assert len(caught.value.detail) < 300 and caught.value.detail.isascii()


def test_too_many_codings_are_refused() -> None:
    with pytest.raises(UnsupportedEncoding, match="more than 2"):
        decode_body(b"x", "gzip, gzip, gzip", limits=Limits(max_content_codings=2))


@pytest.mark.parametrize("header", [None, "gzip", "deflate", "br", "zstd"])
def test_empty_body_stays_empty(header: str | None) -> None:
    assert open_body(b"", header).data == b""
    assert in_pieces(b"", header, 1)[0] == b""


@pytest.mark.parametrize(
    "start",
    [
        b'{"a"',
        b"[1,2,",
        b'"abcde"',
        b"\xef\xbb\xbf{}",
        b'{\0"\0a\0',
        b"\xff\xfe{\0}\0",
        b"12345",
        b"true ",
        b"null",
        b"   ",
    ],
)
def test_json_is_never_taken_for_anything_else(start: bytes) -> None:
    assert sniff(start) is None
    assert decode_body(start) == start


def test_sniffing_can_be_left_out() -> None:
    body = base64.b64encode(JSON)
    assert decode_body(body, sniff=False) == body
    assert open_body(gzip.compress(body), "gzip", sniff=False).data == body
    decoder = BodyDecoder(None, sniff=False)
    decoder.feed(body)
    assert decoder.finish() == body


@pytest.mark.parametrize("size", [100, 70_000])
def test_piece_may_be_any_buffer_and_stays_the_callers(size: int) -> None:
    body = gzip.compress(random.Random(8).randbytes(size), mtime=0)
    buffer = bytearray(body)
    decoder = BodyDecoder("gzip")
    decoder.feed(memoryview(buffer)[:50])  # type: ignore[arg-type]
    decoder.feed(buffer[50:])  # type: ignore[arg-type]
    buffer.clear()
    assert decoder.finish() == gzip.decompress(body)
    # An error holds on to none of it.
    buffer = bytearray(b"x" * size + b"y" * 70_000)
    with pytest.raises(CorruptBody) as caught:
        BodyDecoder("gzip").feed(buffer)  # type: ignore[arg-type]
    buffer.clear()
    assert caught.value.code == "corrupt_body"


@pytest.mark.parametrize("body", [b"eyJh=abc", b"eyJh!abc", b"eyJhY", b"eyJh====YWFh", b"eyJhYWFh=YWFh"])
def test_broken_base64_is_corrupt(body: bytes) -> None:
    with pytest.raises(CorruptBody):
        decode_body(body)
    with pytest.raises(CorruptBody):
        in_pieces(body, None, 1)


@pytest.mark.parametrize(("header", "body", "_codings"), CASES)
def test_body_at_its_limits_passes(header: str | None, body: bytes, _codings: tuple[str, ...]) -> None:
    plain = decode_body(body, header)
    limits = Limits(max_compressed_bytes=len(body), max_event_bytes=len(plain))
    assert decode_body(body, header, limits=limits) == plain
    assert in_pieces(body, header, 11, limits)[0] == plain


@pytest.mark.parametrize(("header", "body", "codings"), CASES)
def test_body_over_a_limit_is_refused_by_name(header: str | None, body: bytes, codings: tuple[str, ...]) -> None:
    plain = decode_body(body, header)
    over = {"max_event_bytes": Limits(max_event_bytes=len(plain) - 1)}
    if codings:
        over["max_compressed_bytes"] = Limits(max_compressed_bytes=len(body) - 1)
    for name, limits in over.items():
        decoders: list[Callable[[], object]] = [
            partial(decode_body, body, header, limits=limits),
            partial(in_pieces, body, header, 13, limits),
        ]
        for decode in decoders:
            with pytest.raises(LimitExceeded) as caught:
                decode()
            assert (caught.value.limit, caught.value.maximum) == (name, getattr(limits, name))
            assert str(caught.value.maximum) in caught.value.detail


def test_window_of_a_zstd_frame_is_capped() -> None:
    compressor = zstandard.ZstdCompressor(
        compression_params=zstandard.ZstdCompressionParameters(window_log=27, write_content_size=False)
    ).compressobj()
    body = compressor.compress(JSON) + compressor.flush()
    with pytest.raises(CorruptBody, match="window"):
        decode_body(body, "zstd")
    assert decode_body(body, "zstd", limits=Limits(max_zstd_window_bytes=2**27)) == JSON


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


ZSTD_HEADER = b"\x28\xb5\x2f\xfd\x20\x00"


@pytest.mark.parametrize(
    ("body", "what"),
    [
        (ZSTD_HEADER, "truncated"),
        (ZSTD_HEADER + b"\x01\x00", "truncated"),
        (ZSTD_HEADER + b"no block at all", "invalid data"),
        (ZSTD_HEADER + b"\x09\x00\x00a", "invalid data"),
        (EMPTY_FRAME + b"GARBAGE", "unexpected bytes after the end"),
        (EMPTY_FRAME + zstandard.compress(JSON)[:-1], "truncated"),
        (EMPTY_FRAME + b"\x28", "truncated"),
        (SKIPPABLE[:-1], "truncated"),
        (SKIPPABLE[:5], "truncated"),
        (SKIPPABLE[:2], "truncated"),
        (SKIPPABLE + b"{}", "unexpected bytes after the end"),
        (b"\x53\x2a\x4d\x19\x03\x00\x00\x00abc", "not zstd data"),
        (zstandard.compress(JSON)[:5], "truncated"),
    ],
)
def test_frame_that_says_it_is_empty_is_looked_at(body: bytes, what: str) -> None:
    assert outcomes(body, "zstd")[:3] == (CorruptBody, "corrupt_body", f"corrupt zstd body: {what}")


@pytest.mark.parametrize("body", [EMPTY_FRAME, SKIPPABLE, EMPTY_FRAME + SKIPPABLE, zstd_without_size(b"")])
def test_frames_without_content_are_an_empty_body(body: bytes) -> None:
    assert outcomes(body, "zstd") == (b"", ("zstd",))


@pytest.mark.parametrize(
    ("header", "body", "what"),
    [
        ("gzip", b"oops", "gzip body: not gzip data"),
        ("gzip", b"\x1f", "gzip body: truncated"),
        ("gzip", gzipped(b"{}") + b"\x1f", "gzip body: truncated"),
        ("gzip", gzipped(b"{}") + gzipped(b"{}")[:9], "gzip body: truncated"),
        # What a tape or a block device adds; nothing that sends HTTP does.
        ("gzip", gzipped(b"{}") + bytes(512), "gzip body: unexpected bytes after the end"),
        # A flag that is reserved, a wrong check of the header, and another method.
        ("gzip", b"\x1f\x8b\x08\x20" + gzipped(b"{}")[4:], "gzip body: invalid data"),
        ("gzip", b"\x1f\x8b\x08\x02" + bytes(6) + b"ab" + gzipped(b"{}")[10:], "gzip body: invalid data"),
        ("gzip", b"\x1f\x8b\x07" + gzipped(b"{}")[3:], "gzip body: invalid data"),
        ("deflate", b"x", "deflate body: truncated"),
        ("deflate", b"\x03", "deflate body: truncated"),
        ("deflate", zlib.compress(b"{}") + b"\0", "deflate body: unexpected bytes after the end"),
        ("deflate", raw_deflate(b"{}") + b"\0", "deflate-raw body: unexpected bytes after the end"),
        ("deflate", raw_deflate(b"{}")[:-1], "deflate-raw body: truncated"),
        ("br", brotli.compress(b"{}") + b"\0", "br body: invalid data, or unexpected bytes after the end"),
        ("br", brotli.compress(b"{}")[:-1], "br body: truncated"),
        (None, b"\x1f\x8b", "gzip body: truncated"),
        (None, zlib.compress(b"{}")[:-1], "zlib body: truncated"),
        (None, b"eyJhY", "base64 body: truncated"),
        (None, b"eyJhY===", "base64 body: truncated"),
        (None, b"eyJh=YWFh", "base64 body: unexpected characters after the padding"),
        (None, b"eyJh!YWFh", "base64 body: characters that are not base64"),
        ("gzip, gzip", gzipped(b""), "gzip body: truncated"),
        ("deflate, gzip", gzipped(b""), "deflate body: truncated"),
        ("br, gzip", gzipped(b""), "br body: truncated"),
        ("zstd, gzip", gzipped(b""), "zstd body: truncated"),
    ],
)
def test_error_says_what_is_wrong(header: str | None, body: bytes, what: str) -> None:
    assert outcomes(body, header)[:3] == (CorruptBody, "corrupt_body", f"corrupt {what}")


@pytest.mark.parametrize(
    ("body", "data", "codings"),
    [
        (b"e30=", b"{}", ("base64",)),
        (b"e30", b"e30", ()),
        (b"eyJhIjox", b'{"a":1', ("base64",)),
        # Padding may be missing, and there may be too much of it.
        (b"eyJhIjoxfQ", b'{"a":1}', ("base64",)),
        (b"eyJhIjoxfQ=", b'{"a":1}', ("base64",)),
        (b"eyJhIjoxfQ==", b'{"a":1}', ("base64",)),
        (b"eyJhIjoxfQ===\r\n=\n", b'{"a":1}', ("base64",)),
        (b"eyJhIjoxfSAg=", b'{"a":1}  ', ("base64",)),
        (b"  eyJhI joxf\r\nQ", b'{"a":1}', ("base64",)),
        (b"ey-_ey+/", b"{/\xbf{/\xbf", ("base64",)),
        (base64.b64encode(base64.b64encode(b"{}")), b"e30=", ("base64",)),
        # Digits are a number of JSON however many there are; what comes behind those that are looked at tells nothing.
        (b"1234", b"1234", ()),
        (b"1" * 100 + b"abcd", base64.b64decode(b"1" * 100 + b"abcd"), ("base64",)),
        (b"1" * 4096 + b"abcd", b"1" * 4096 + b"abcd", ()),
        (b"1" * 4095 + b"a", base64.b64decode(b"1" * 4095 + b"a"), ("base64",)),
        (b"\n" * 4092 + b"e30=", b"{}", ("base64",)),
        (b"\n" * 4093 + b"e30=", b"\n" * 4093 + b"e30=", ()),
    ],
)
def test_short_odd_and_numeric_bodies_are_told_apart(body: bytes, data: bytes, codings: tuple[str, ...]) -> None:
    assert outcomes(body, None) == (data, codings)


CODERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": partial(gzip.compress, mtime=0),
    "deflate": zlib.compress,
    "br": partial(brotli.compress, quality=5),
    "zstd": zstandard.compress,
}
_PLAIN = st.sampled_from(
    [
        JSON,
        b"{}",
        b"",
        b"null",
        b"7" * 5000 + b"abc",
        b" " * 4094 + b"e30=",
        b'{"a":"' + bytes(range(128)) * 700 + b'"}',
        random.Random(3).randbytes(50_000),
        bytes(1_500_000),
    ]
) | st.binary(max_size=300)
_WRAPPERS: dict[str, Callable[[bytes], bytes]] = {
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
_LIMITS = st.builds(
    Limits,
    max_compressed_bytes=st.sampled_from([1, 10, 500, 5000, 20_000, 1 << 21]),
    max_event_bytes=st.sampled_from([0, 1, 10, 500, 5000, 80_000, 1 << 20, 1 << 21]),
)


@st.composite
def _coded(draw: st.DrawFn) -> tuple[bytes, str | None]:
    """A body in any codings, whole or damaged, and a header that names them or not."""
    body = _WRAPPERS[draw(st.sampled_from(sorted(_WRAPPERS)))](draw(_PLAIN))
    names = draw(st.lists(st.sampled_from(sorted(CODERS)), max_size=2))
    for name in names:
        body = CODERS[name](body)
    header = ", ".join(names) or draw(st.sampled_from([None, "deflate", "gzip", "zstd"]))
    kept = draw(st.integers(0, len(body)) | st.just(len(body)))
    body = body[:kept] + draw(st.sampled_from([b"", b"\0", b"junk", b"\x1f", b"\x28\xb5", b"{}", b"="]))
    for position in draw(st.lists(st.integers(0, max(0, len(body) - 1)), max_size=2)):
        body = body[:position] + bytes([draw(st.integers(0, 255))]) + body[position + 1 :]
    return body, draw(st.sampled_from([header, None]))


@settings(deadline=None)
@given(_coded(), _LIMITS | st.just(LIMITS), st.lists(st.integers(1, 30_000), max_size=9), st.booleans())
def test_any_body_has_one_outcome_property(
    coded: tuple[bytes, str | None], limits: Limits, cuts: list[int], sniffed: bool
) -> None:
    found = outcomes(*coded, limits, cuts, sniff=sniffed)
    assert not isinstance(found[0], bytes) or len(found[0]) <= limits.max_event_bytes


SMALL = b'{"message":"hello, hello, hello"}'


@pytest.mark.parametrize("wrapper", [*_WRAPPERS, *CODERS, "gzip, deflate", "zstd, br"])
def test_small_body_has_one_outcome_cut_anywhere(wrapper: str) -> None:
    body, header = SMALL, None
    for name in wrapper.split(", "):
        body = (_WRAPPERS | CODERS)[name](body)
        header = wrapper if name in CODERS else "deflate" if name == "bare" else None
    for end in range(len(body) + 1):
        outcomes(body[:end], header, cuts=[end // 2])
        outcomes(body[:end] + b"junk", header)


def test_output_before_an_error_counts() -> None:
    # The libraries keep back what they have decoded in the call that fails, so that it depends on the pieces how much.
    data = json.dumps(random.Random(5).choices(range(10**6), k=20_000)).encode()
    for name, compress in CODERS.items():
        body = bytearray(compress(data))
        body[18_000:18_200] = bytes(byte ^ 0x55 for byte in body[18_000:18_200])
        for limit in range(20_000, 60_000, 4999):
            outcomes(bytes(body[:19_000]), name, Limits(max_event_bytes=limit), [17_900, 50, 50, 3])


@pytest.mark.parametrize("name", CODERS)
def test_limits_are_exact(name: str) -> None:
    # More than the first block and more than a chunk, so that the limit lies within others.
    data = json.dumps(random.Random(4).choices(range(10**9), k=12_000)).encode()
    body = CODERS[name](data)
    assert len(data) > 100_000 and len(body) > 40_000

    def limits(compressed: int = 0, plain: int = 0) -> Limits:
        return Limits(max_compressed_bytes=len(body) + compressed, max_event_bytes=len(data) + plain)

    assert outcomes(body, name, limits()) == (data, (name,))
    over = outcomes(body, name, limits(plain=-1))
    assert over[2:] == (f"event over the limit of {len(data) - 1} bytes", "max_event_bytes")
    over = outcomes(body, name, limits(compressed=-1))
    assert over[2:] == (f"compressed body over the limit of {len(body) - 1} bytes", "max_compressed_bytes")


@pytest.mark.parametrize(
    ("name", "inner"),
    [
        ("gzip", gzip.compress(bytes(50_000), 0, mtime=0)),
        ("deflate", zlib.compress(bytes(50_000), 0)),
        ("zstd", b"\x28\xb5\x2f\xfd\xa0" + (50_000).to_bytes(4, "little") + b"\x81\x1a\x06" + bytes(50_000)),
    ],
)
def test_limit_between_codings_is_exact(name: str, inner: bytes) -> None:
    # What comes out of a coding and is compressed itself is held to the limit of what comes compressed.
    body, header = brotli.compress(inner), f"{name}, br"
    assert len(body) < 200
    assert outcomes(body, header, Limits(max_compressed_bytes=len(inner))) == (bytes(50_000), ("br", name))
    over = outcomes(body, header, Limits(max_compressed_bytes=len(inner) - 1))
    assert over[2:] == (f"compressed body over the limit of {len(inner) - 1} bytes", "max_compressed_bytes")


@pytest.mark.parametrize("wrapper", ["base64", "for URLs", "in lines", "of zlib", "of zstd"])
@pytest.mark.parametrize("count", [40, 12_000])
def test_limits_of_what_no_header_names_are_exact(wrapper: str, count: int) -> None:
    data = json.dumps(random.Random(4).choices(range(10**9), k=count)).encode()
    body = _WRAPPERS[wrapper](data)
    exact = Limits(max_compressed_bytes=len(body), max_event_bytes=len(data))
    assert outcomes(body, None, exact)[0] == data
    over = outcomes(body, None, structs.replace(exact, max_event_bytes=len(data) - 1))
    assert over[2:] == (f"event over the limit of {len(data) - 1} bytes", "max_event_bytes")
    over = outcomes(body, None, structs.replace(exact, max_compressed_bytes=len(body) - 1))
    assert over[2:] == (f"compressed body over the limit of {len(body) - 1} bytes", "max_compressed_bytes")


def test_base64_in_a_coding_may_have_twice_the_bytes_of_its_event() -> None:
    text = base64.b64encode(b"{" + b" " * 2998 + b"}") + b"\n" * 2000
    exact = Limits(max_event_bytes=3000)
    assert len(text) == 6000
    assert outcomes(gzip.compress(text), "gzip", exact)[1] == ("gzip", "base64")
    assert outcomes(gzip.compress(text + b"\n"), "gzip", exact)[3] == "max_event_bytes"


@pytest.mark.parametrize(
    ("header", "one", "most", "what"),
    [
        ("zstd", EMPTY_FRAME, 10_000, "corrupt zstd body: too many frames"),
        ("zstd", SKIPPABLE, 10_000, "corrupt zstd body: too many frames"),
        ("gzip", gzip.compress(b"", mtime=0), 10_000, "corrupt gzip body: too many members"),
    ],
)
def test_members_and_frames_are_counted(header: str, one: bytes, most: int, what: str) -> None:
    limits = Limits(max_compressed_bytes=1 << 20)
    assert decode_body(one * most, header, limits=limits) == b""
    with pytest.raises(CorruptBody) as caught:
        decode_body(one * (most + 1), header, limits=limits)
    assert str(caught.value) == what


def test_blocks_of_zstd_are_counted() -> None:
    limits = Limits(max_compressed_bytes=1 << 20)
    start, block, last = b"\x28\xb5\x2f\xfd\x00\x00", b"\0\0\0", b"\x01\0\0"
    assert decode_body(start + block * 99_999 + last, "zstd", limits=limits) == b""
    with pytest.raises(CorruptBody, match="too many blocks"):
        decode_body(start + block * 100_000 + last, "zstd", limits=limits)
    # As many as there may be in a body that is decoded at once are no more than that.
    assert decode_body(start + block * 87_000 + last, "zstd", limits=limits) == b""


def zstd_frame(*blocks: tuple[int, int, bytes]) -> bytes:
    """Make a frame without its content's size, with a window of 8 MiB, of blocks: type, size and what follows."""
    headers = [(size << 3 | kind << 1).to_bytes(3, "little") + content for kind, size, content in blocks]
    return b"\x28\xb5\x2f\xfd\x00" + bytes([13 << 3]) + b"".join(headers) + b"\x01\0\0"


RAW, RLE = 0, 1
BLOCK = 128 * 1024


@pytest.mark.parametrize(
    ("blocks", "plain"),
    [
        ([(RLE, 5, b"a"), (RAW, 3, b"bcd"), (RLE, 0, b"x"), (RAW, 0, b"")], b"aaaaabcd"),
        ([(RAW, BLOCK, bytes(BLOCK)), (RLE, BLOCK, b"a")], bytes(BLOCK) + b"a" * BLOCK),
        ([(RAW, BLOCK + 1, bytes(BLOCK + 1))], None),
        ([(RLE, BLOCK + 1, b"a")], None),
        ([(3, 1, b"a")], None),
    ],
)
def test_blocks_of_zstd_are_told_apart(blocks: list[tuple[int, int, bytes]], plain: bytes | None) -> None:
    found = outcomes(zstd_frame(*blocks), "zstd", sniff=False)
    assert found == (plain, ("zstd",)) if plain else found[2] == "corrupt zstd body: invalid data"


@pytest.mark.parametrize("size", [JSON, None])
def test_window_of_a_zstd_frame_is_capped_whatever_its_size(size: bytes | None) -> None:
    # 8 MiB may be asked for; the next larger window is an eighth more. A frame that says its size is decoded at once.
    known = size is not None
    descriptor = b"\xc0" if known else b"\x00"
    content = len(JSON).to_bytes(8, "little") if known else b""
    block = (len(JSON) << 3 | 1).to_bytes(3, "little") + JSON
    for window, passes in ((13 << 3, True), (13 << 3 | 1, False), (30 << 3, False)):
        body = b"\x28\xb5\x2f\xfd" + descriptor + bytes([window]) + content + block
        found = outcomes(body, "zstd")
        assert found[0] == (JSON if passes else CorruptBody)
        assert passes or found[2] == "corrupt zstd body: window too large"


def test_bare_deflate_that_looks_like_zlib_may_be_long() -> None:
    def stored(data: bytes, first: int) -> bytes:
        length = len(data).to_bytes(2, "little")
        return bytes([first]) + length + bytes(byte ^ 0xFF for byte in length) + data

    text = json.dumps(random.Random(6).choices(range(10**9), k=9000)).encode()
    cut = next(cut for cut in range(40_000, 42_000) if sniff(stored(text[:cut], 0x78)) == "zlib")
    limits = Limits(max_compressed_bytes=1 << 20)
    for rest in (text[cut : cut + 500], text[cut : cut + 40_000]):
        body = stored(text[:cut], 0x78) + stored(rest, 1)
        assert outcomes(body, "deflate", limits) == (text[:cut] + rest, ("deflate-raw",))
        # No header names a bare stream, and nothing tells that it is one.
        assert outcomes(body, None, limits)[2] == "corrupt zlib body: invalid data"
        # Neither the one nor the other: it is called what it looks like.
        assert outcomes(body[:-1], "deflate", limits)[0] is CorruptBody


@pytest.mark.parametrize("whole", [True, False], ids=["whole", "pieces"])
@pytest.mark.parametrize("name", [*LARGE_CODERS, "plain"])
def test_memory_is_the_plain_bytes_and_little_more(name: str, whole: bool) -> None:
    header, compress = LARGE_CODERS.get(name, (None, bytes))
    size = 12 << 20
    body = compress(b"{" + random.Random(7).randbytes(5000) * (size // 5000))
    limits = Limits(max_compressed_bytes=1 << 24, max_event_bytes=size // 5000 * 5000 + 1)
    # What is made on first use stays.
    decode_body(body, header, limits=limits)
    tracemalloc.start()
    try:
        if whole:
            plain = decode_body(body, header, limits=limits)
        else:
            decoder = BodyDecoder(header, limits=limits)
            for start in range(0, len(body), 16384):
                decoder.feed(body[start : start + 16384])
            plain = decoder.finish()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(plain) == limits.max_event_bytes
    assert peak < len(plain) + (1 << 20)


@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss is in KiB on Linux only")
def test_memory_outside_python_is_a_window_at_the_most() -> None:
    code = """
import base64, json, resource, sys
from store_protocol.body import BodyDecoder
from store_protocol.limits import Limits
size = 32 << 20
limits = Limits(max_event_bytes=size, max_compressed_bytes=1 << 20)
header, body = json.load(sys.stdin)
body = base64.b64decode(body)
decoder = BodyDecoder(header)
decoder.feed(base64.b64decode("H4sIAAAAAAACA6uuBQBDv6ajAgAAAA=="))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
decoder = BodyDecoder(header, limits=limits)
for start in range(0, len(body), 16384):
    decoder.feed(body[start : start + 16384])
assert len(decoder.finish()) == size
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 - size)
"""
    data = b"{" + bytes(range(256)) * (1 << 17)
    for header, compress in LARGE_CODERS.values():
        if header is not None:
            made = json.dumps([header, base64.b64encode(compress(data[: 32 << 20])).decode()])
            done = subprocess.run([sys.executable, "-c", code], input=made, capture_output=True, text=True, check=True)
            assert int(done.stdout) < 16 << 20, header


@cache
def bombs() -> dict[str, tuple[str | None, bytes]]:
    zeros = bytes(64 * 1024 * 1024)
    inner = gzip.compress(zeros, 9, mtime=0)
    return {
        "gzip": ("gzip", inner),
        "deflate": ("deflate", zlib.compress(zeros, 9)),
        "br": ("br", brotli.compress(zeros, quality=1)),
        "zstd": ("zstd", zstandard.compress(zeros)),
        "zstd without size": ("zstd", zstd_without_size(zeros)),
        "base64 of zlib": (None, base64.b64encode(zlib.compress(zeros, 9))),
        "gzip in gzip": ("gzip, gzip", gzip.compress(inner, 9, mtime=0)),
    }


@pytest.mark.parametrize("name", ["gzip", "deflate", "br", "zstd", "zstd without size", "base64 of zlib", "gzip in gzip"])
def test_bomb_never_holds_more_than_the_limit_and_a_chunk(name: str) -> None:
    header, body = bombs()[name]
    limits = Limits(max_event_bytes=256 * 1024)
    for decode in (lambda: decode_body(body, header, limits=limits), lambda: in_pieces(body, header, 4096, limits)):
        tracemalloc.start()
        with pytest.raises(LimitExceeded):
            decode()
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        # The limit, a chunk, what came in (base64 twice), and small change; 64 MiB would have been the whole.
        assert peak < 2 * 256 * 1024 + 3 * len(body) + 512 * 1024


@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss is in KiB on Linux only")
def test_bomb_takes_no_memory_outside_python_either() -> None:
    # The C libraries allocate where tracemalloc doesn't see it. A process that has made no bomb starts from a low peak.
    code = """
import base64, json, resource, sys
from store_protocol.body import decode_body
from store_protocol.errors import LimitExceeded
from store_protocol.limits import Limits
made = [(header, base64.b64decode(body)) for header, body in json.load(sys.stdin)]
limits = Limits(max_event_bytes=256 * 1024)
decode_body(base64.b64decode("H4sIAAAAAAACA6uuBQBDv6ajAgAAAA=="), "gzip")
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for header, body in made * 3:
    try:
        decode_body(body, header, limits=limits)
    except LimitExceeded:
        continue
    raise SystemExit("not refused")
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    made = json.dumps([(header, base64.b64encode(body).decode()) for header, body in bombs().values()])
    done = subprocess.run([sys.executable, "-c", code], input=made, capture_output=True, text=True, check=True)
    assert int(done.stdout) < 16 * 1024


_HEADERS = st.sampled_from([None, "gzip", "deflate", "br", "zstd", "gzip, deflate", "utf-8"]) | st.text(max_size=12)
_BODIES = st.binary(max_size=200) | st.sampled_from(
    [case[1] for table in (DECLARED, SNIFFED, SEVERAL) for case in table.values()]
)


@given(_BODIES, _HEADERS, st.lists(st.integers(1, 400), max_size=30))
def test_pieces_equal_the_whole_property(body: bytes, header: str | None, sizes: list[int]) -> None:
    outcomes(body, header, cuts=sizes)


@given(st.binary(max_size=2000), st.sampled_from(["gzip", "deflate", "br", "zstd"]))
def test_compressed_bytes_come_back_property(data: bytes, coding: str) -> None:
    compress = {"gzip": gzip.compress, "deflate": zlib.compress, "br": brotli.compress, "zstd": zstandard.compress}[coding]
    assert decode_body(compress(data), coding, sniff=False) == data
