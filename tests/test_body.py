"""Bodies in every coding: whole, byte by byte, cut short at every point, with junk after them."""

import base64
import gzip
import json
import random
import subprocess
import sys
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from functools import cache, partial

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from store_protocol.body import BodyDecoder, decode_body, engines, open_body, parse_content_encoding
from store_protocol.body.sniff import sniff
from store_protocol.errors import CorruptBody, LimitExceeded, StoreError, UnsupportedEncoding
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
    "plain": (None, JSON, ()),
    "blanks before": (None, b" \r\n\t" * 2000 + JSON, ()),
}
CASES = [pytest.param(*case, id=name) for table in (DECLARED, SNIFFED, SEVERAL) for name, case in table.items()]
COMPRESSED = [pytest.param(*case[:2], id=name) for name, case in DECLARED.items()]


@pytest.fixture(params=["speed", "standard"], autouse=True)
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Run every test with the C libraries of the extra `speed` and without them."""
    for cached in (engines.zlib_module, engines.base64_decoder):
        cached.cache_clear()
    if request.param == "standard":
        monkeypatch.setitem(sys.modules, "zlib_ng", None)
        monkeypatch.setitem(sys.modules, "pybase64", None)
    yield
    for cached in (engines.zlib_module, engines.base64_decoder):
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
    for size in (1, 7, 64, 100000):
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
@pytest.mark.parametrize("body", [JSON, b"x" * 100, b"\0\0\0\0\0\0", b"\x50" * 9])
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


def outcome(decode: Callable[[], bytes]) -> bytes | tuple[type[StoreError], str]:
    try:
        return decode()
    except StoreError as error:
        return type(error), error.code


@given(_BODIES, _HEADERS, st.integers(0, 900), st.lists(st.tuples(st.integers(0, 800), st.integers(0, 255)), max_size=3))
def test_any_body_gives_bytes_within_the_limit_or_an_error_property(
    body: bytes, header: str | None, limit: int, flips: list[tuple[int, int]]
) -> None:
    damaged = bytearray(body)
    for position, value in flips:
        if position < len(damaged):
            damaged[position] = value
    limits = Limits(max_event_bytes=limit)
    found = outcome(lambda: decode_body(bytes(damaged), header, limits=limits))
    if isinstance(found, bytes):
        assert len(found) <= limit


@given(_BODIES, _HEADERS, st.lists(st.integers(1, 400), max_size=30))
def test_pieces_equal_the_whole_property(body: bytes, header: str | None, sizes: list[int]) -> None:
    def pieces() -> bytes:
        decoder = BodyDecoder(header)
        start = 0
        for size in (*sizes, len(body)):
            decoder.feed(body[start : start + size])
            start += size
        return decoder.finish()

    assert outcome(pieces) == outcome(lambda: decode_body(body, header))


@given(st.binary(max_size=2000), st.sampled_from(["gzip", "deflate", "br", "zstd"]))
def test_compressed_bytes_come_back_property(data: bytes, coding: str) -> None:
    compress = {"gzip": gzip.compress, "deflate": zlib.compress, "br": brotli.compress, "zstd": zstandard.compress}[coding]
    assert decode_body(compress(data), coding, sniff=False) == data
