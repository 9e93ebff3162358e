"""Bodies in every coding: whole, byte by byte, cut short at every point, with junk after them."""

import base64
import gzip
import json
import random
import zlib
from typing import Any

import brotli
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from store_protocol.body import BodyDecoder, decode_body, open_body
from store_protocol.body.sniff import sniff
from store_protocol.errors import CorruptBody, LimitExceeded
from store_protocol.limits import ENVELOPE, EVENT, MINIDUMP, BodyKind, Limits
from tests.body.cases import (
    CASES,
    CODERS,
    COMPRESSED,
    DECLARED,
    JSON,
    LARGE_CODERS,
    LIMITS,
    SEVERAL,
    SNIFFED,
    WRAPPERS,
    in_pieces,
    outcomes,
    raw_deflate,
    zstd_without_size,
)

pytestmark = pytest.mark.usefixtures("engine")


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
    decoder.feed(memoryview(buffer)[:50])
    decoder.feed(buffer[50:])
    buffer.clear()
    assert decoder.finish() == gzip.decompress(body)
    # An error holds on to none of it.
    buffer = bytearray(b"x" * size + b"y" * 70_000)
    with pytest.raises(CorruptBody) as caught:
        BodyDecoder("gzip").feed(buffer)
    buffer.clear()
    assert caught.value.code == "corrupt_body"


@pytest.mark.parametrize(
    ("header", "body", "what"),
    [
        ("gzip", b"oops", "gzip body: not gzip data"),
        ("gzip", b"\x1f", "gzip body: truncated"),
        ("gzip", gzip.compress(b"{}") + b"\x1f", "gzip body: truncated"),
        ("gzip", gzip.compress(b"{}") + gzip.compress(b"{}")[:9], "gzip body: truncated"),
        # What a tape or a block device adds; nothing that sends HTTP does.
        ("gzip", gzip.compress(b"{}") + bytes(512), "gzip body: unexpected bytes after the end"),
        # A flag that is reserved, a wrong check of the header, and another method.
        ("gzip", b"\x1f\x8b\x08\x20" + gzip.compress(b"{}")[4:], "gzip body: invalid data"),
        ("gzip", b"\x1f\x8b\x08\x02" + bytes(6) + b"ab" + gzip.compress(b"{}")[10:], "gzip body: invalid data"),
        ("gzip", b"\x1f\x8b\x07" + gzip.compress(b"{}")[3:], "gzip body: invalid data"),
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
        ("gzip, gzip", gzip.compress(b""), "gzip body: truncated"),
        ("deflate, gzip", gzip.compress(b""), "deflate body: truncated"),
        ("br, gzip", gzip.compress(b""), "br body: truncated"),
        ("zstd, gzip", gzip.compress(b""), "zstd body: truncated"),
    ],
)
def test_error_says_what_is_wrong(header: str | None, body: bytes, what: str) -> None:
    assert outcomes(body, header)[:3] == (CorruptBody, "corrupt_body", f"corrupt {what}")


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


_LIMITS = st.builds(
    Limits,
    max_compressed_bytes=st.sampled_from([1, 10, 500, 5000, 20_000, 1 << 21]),
    max_event_bytes=st.sampled_from([0, 1, 10, 500, 5000, 80_000, 1 << 20, 1 << 21]),
)


@st.composite
def _coded(draw: st.DrawFn) -> tuple[bytes, str | None]:
    """A body in any codings, whole or damaged, and a header that names them or not."""
    body = WRAPPERS[draw(st.sampled_from(sorted(WRAPPERS)))](draw(_PLAIN))
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


@pytest.mark.parametrize("wrapper", [*WRAPPERS, *CODERS, "gzip, deflate", "zstd, br"])
def test_small_body_has_one_outcome_cut_anywhere(wrapper: str) -> None:
    body, header = SMALL, None
    for name in wrapper.split(", "):
        body = (WRAPPERS | CODERS)[name](body)
        header = wrapper if name in CODERS else "deflate" if name == "bare" else None
    for end in range(len(body) + 1):
        outcomes(body[:end], header, cuts=[end // 2])
        outcomes(body[:end] + b"junk", header)


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


@pytest.mark.parametrize("kind", [EVENT, ENVELOPE, MINIDUMP])
def test_kind_of_a_body_says_which_limits_it_has(kind: BodyKind) -> None:
    limits = Limits(max_event_bytes=10, max_envelope_bytes=20)
    most = kind.max_plain(limits)
    assert decode_body(b"{" * most, limits=limits, kind=kind) == b"{" * most
    with pytest.raises(LimitExceeded) as refused:
        decode_body(b"{" * (most + 1), limits=limits, kind=kind)
    assert refused.value.limit == kind.plain


@pytest.mark.parametrize("body", ["{}", None, 7, [b"{}"]])
def test_what_is_no_bytes_is_the_callers_mistake(body: Any) -> None:
    with pytest.raises(TypeError, match="a body is bytes, not"):
        decode_body(body)
    decoder = BodyDecoder()
    with pytest.raises(TypeError, match="a body is bytes, not"):
        decoder.feed(body)
    decoder.feed(b"{}")
    assert decoder.finish() == decoder.finish() == b"{}"
    with pytest.raises(RuntimeError, match="has been finished"):
        decoder.feed(b"")
