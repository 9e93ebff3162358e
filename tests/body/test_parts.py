"""The parts that undo the codings of a body, each by itself and at its boundaries; test_body has whole bodies."""

import base64
import gzip
import random
import tracemalloc
import zlib
from collections.abc import Callable, Iterable
from functools import partial

import brotli
import pytest
import zstandard

from store_protocol.body.at_once import decode_at_once
from store_protocol.body.buffers import Blocks, Output, pieces
from store_protocol.body.codings import CODINGS
from store_protocol.body.codings.base import MemberCounter
from store_protocol.body.codings.deflate import Deflate, is_zlib
from store_protocol.body.codings.zstd import Zstd, is_skippable
from store_protocol.body.decoder import BodyDecoder
from store_protocol.body.first_line import FirstLine
from store_protocol.body.sniff import sniff
from store_protocol.errors import CorruptBody
from store_protocol.limits import EVENT, Limits

KIB = 1024
TEXT = b'{"message":"' + bytes(random.Random(1).choices(b"abcdef", k=700)) + b'"}'


def gzipped(data: bytes) -> bytes:
    """Compress to the same bytes each second: a name of a test is made of them."""
    return gzip.compress(data, mtime=0)


def raw_deflate(data: bytes) -> bytes:
    compressor = zlib.compressobj(6, zlib.DEFLATED, -15)
    return compressor.compress(data) + compressor.flush()


# Whole bodies in single calls.


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
        (gzipped(gzipped(TEXT)), ("gzip", "gzip")),
        (gzipped(TEXT) + gzipped(TEXT), ("gzip",)),
        (gzipped(base64.b64encode(TEXT)), ("gzip",)),
        (gzipped(TEXT)[:-1], ("gzip",)),
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


# What holds the bytes.


def blocks_of(data: bytes, size: int) -> list[bytes]:
    blocks, found = Blocks(), []
    for cut in range(0, len(data), size):
        piece, start = data[cut : cut + size], 0
        while start < len(piece):
            block, start = blocks.take(piece, start)
            if block is not None:
                found.append(block)
            assert blocks.total == cut + start
            assert blocks.only_block() == (b"" if found else data[: cut + start])
    return [*found, blocks.rest()]


@pytest.mark.parametrize("size", [777, 5000, 16 * KIB, 16 * KIB + 1, 64 * KIB, 100_000, 300_000])
def test_blocks_end_at_the_same_places_however_bytes_come(size: int) -> None:
    data = random.Random(3).randbytes(300_000)
    found = blocks_of(data, size)
    assert [len(block) for block in found] == [16 * KIB, 16 * KIB, 32 * KIB, 64 * KIB, 64 * KIB, 64 * KIB, 37_856]
    assert b"".join(found) == data


@pytest.mark.parametrize("most", [1, 2, 7, 8, 10, 1000])
@pytest.mark.parametrize("step", [1, 3, 1000])
def test_output_is_what_was_added(most: int, step: int) -> None:
    for size in (0, 1, most // 2, most * 3 // 4, most * 3 // 4 + 1, most - 1, most):
        output, data = Output(most), bytes(range(256)) * 4
        assert output.room == most
        for start in range(0, size, step):
            output.add(data[start : min(size, start + step)])
        assert (output.value(), output.room) == (data[:size], most - size)


def test_output_takes_the_room_that_it_needs_and_never_more_than_its_limit() -> None:
    most, step = 1 << 20, bytes(4 * KIB)
    tracemalloc.start()
    try:
        output = Output(most)
        for size in range(len(step), most + 1, len(step)):
            output.add(step)
            taken, peak = tracemalloc.get_traced_memory()
            # `BytesIO` takes an eighth more than it needs.
            assert taken < (size * 9 // 8 if size <= most * 3 // 4 else most) + KIB
            assert peak < most + KIB
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("parts", "line", "known_after"),
    [
        ([b"one\ntwo\nthree"], b"one", 1),
        ([b"o", b"ne\n", b"two"], b"one", 2),
        ([b" \r\n", b"\t\n one\ntwo"], b"one", 2),
        ([b"one"], b"one", None),
        ([b"one", b"two"], b"onetwo", None),
        ([b" \n"], b"", None),
        ([], b"", None),
        # Of a line that is too long the beginning is checked.
        ([b"1234567"], b"1234567", None),
        ([b"12345678"], b"12345678", 1),
        ([b"123456789"], b"12345678", 1),
        ([b"12345", b"6789"], b"123456789", 2),
        ([b"1234567\n8"], b"1234567", 1),
        ([b"12345678\n"], b"12345678", 1),
    ],
)
def test_first_line_is_checked_once_and_as_soon_as_it_is_there(
    parts: list[bytes], line: bytes, known_after: int | None
) -> None:
    checked: list[bytes] = []
    first = FirstLine(checked.append, 7)
    for index, part in enumerate(parts, 1):
        first.add(part)
        is_known = known_after is not None and index >= known_after
        assert (first.is_known, checked) == (is_known, [line] if is_known else [])
    first.end()
    first.end()
    assert (first.is_known, checked) == (True, [line])


@pytest.mark.parametrize("name", ORDINARY)
def test_decoder_has_the_first_line_checked_before_it_returns_the_body(name: str) -> None:
    body, codings, _ = ORDINARY[name]
    for size in (1, 100, len(body)):
        checked: list[bytes] = []
        decoder = BodyDecoder(",".join(codings), first_line=FirstLine(checked.append, 1000))
        for start in range(0, len(body), size):
            decoder.feed(body[start : start + size])
        assert (decoder.finish(), checked) == (TEXT, [TEXT])


def test_first_line_that_is_refused_is_not_known() -> None:
    def refuse(_: bytes) -> None:
        raise CorruptBody("refused")

    line = FirstLine(refuse, 7)
    with pytest.raises(CorruptBody):
        line.add(b"one\n")
    assert not line.is_known


@pytest.mark.parametrize(
    ("size", "sizes"),
    [
        (0, {0}),
        (1, {1}),
        (64 * KIB, {64 * KIB}),
        (64 * KIB + 1, {64 * KIB, 1}),
        (128 * KIB, {64 * KIB}),
    ],
)
def test_pieces_are_a_chunk_at_the_most(size: int, sizes: Iterable[int]) -> None:
    data = random.Random(4).randbytes(size)
    found = [*pieces(data)]
    assert b"".join(found) == data
    assert {len(piece) for piece in found} == sizes
    if size <= 64 * KIB:
        assert found[0] is data
    array = bytearray(data)
    found = [*pieces(array)]  # type: ignore[arg-type]
    assert b"".join(found) == data
    assert {type(piece) for piece in found} <= {bytes}
    # Nothing keeps hold of it.
    array += b"more"


# What a body begins as.


@pytest.mark.parametrize("first", [*range(0x08, 0x100, 0x10), 0x00, 0x70, 0x77, 0x79, 0x7F, 0xF9])
def test_zlib_is_what_zlib_takes_without_a_dictionary(first: int) -> None:
    for second in range(256):
        start = bytes([first, second])
        try:
            zlib.decompressobj(15).decompress(start)
        except zlib.error:
            is_taken = False
        else:
            is_taken = not second & 0x20
        assert is_zlib(start) == is_taken
        assert is_zlib(start + b"more") == is_taken


@pytest.mark.parametrize(
    ("start", "found"),
    [
        (b"", None),
        (b"\x1f", None),
        (b"\x1f\x8b", "gzip"),
        (b"\x1f\x8c\x08", None),
        (b"\x78", None),
        (b"\x78\x9c", "zlib"),
        (b"\x28\xb5\x2f", None),
        (b"\x28\xb5\x2f\xfd", "zstd"),
        (b"\x28\xb5\x2f\xfe", None),
        (b"\x50\x2a\x4d\x18", "zstd"),
        (b"\x5f\x2a\x4d\x18", "zstd"),
        (b"\x4f\x2a\x4d\x18", None),
        (b"\x60\x2a\x4d\x18", None),
        (b"\x50\x2a\x4d\x19", None),
        (b"e30", None),
        (b"e30=", "base64"),
        (b"-_+/", "base64"),
        (b"=e30", None),
        (b"e3 0", None),
        (b"\t\r\n e30=", "base64"),
        (b"\x0be30=", None),
        (b"true", None),
        (b"trueabcd", None),
        (b"false", None),
        (b"nullx", None),
        (b"tru3abcd", "base64"),
        (b"1234", None),
        (b"-123,", None),
        (b"1234e5", None),
        (b"1234a", "base64"),
        (b"--12", "base64"),
    ],
)
def test_start_of_a_body_is_told(start: bytes, found: str | None) -> None:
    assert sniff(start) == found


def test_skippable_frames_have_sixteen_first_bytes() -> None:
    taken = [first for first in range(256) if is_skippable(bytes([first]) + b"\x2a\x4d\x18")]
    assert taken == [*range(0x50, 0x60)]
    assert not is_skippable(b"\x50\x2a\x4d")


# zstd by its frames and blocks.


def zstd(body: bytes, size: int = 1 << 20) -> bytes:
    stage, found = Zstd(Limits(max_zstd_window_bytes=8 << 20)), b""
    for start in range(0, len(body), size):
        found += b"".join(stage.feed(body[start : start + size]))
    return found + b"".join(stage.finish())


def wrong(body: bytes) -> str:
    with pytest.raises(CorruptBody) as caught:
        zstd(body)
    with pytest.raises(CorruptBody, match=str(caught.value)):
        zstd(body, 1)
    return str(caught.value).removeprefix("corrupt zstd body: ")


MAGIC = b"\x28\xb5\x2f\xfd"
RAW, RLE, RESERVED = 0, 1, 3


def block(kind: int, size: int, data: bytes, *, is_last: bool = True) -> bytes:
    return (size << 3 | kind << 1 | is_last).to_bytes(3, "little") + data


@pytest.mark.parametrize("dictionary", [0, 1, 2, 3])
@pytest.mark.parametrize("flag", [0, 1, 2, 3])
@pytest.mark.parametrize("single", [False, True])
def test_header_of_a_frame_is_read_whatever_it_holds(single: bool, flag: int, dictionary: int) -> None:
    data = TEXT[:200] if flag == 0 else TEXT[:300]
    written = (len(data) - 256 if flag == 1 else len(data)).to_bytes(8, "little")
    content = written[: (int(single), 2, 4, 8)[flag]]
    header = bytes([flag << 6 | single << 5 | dictionary]) + bytes(not single) + bytes((0, 1, 2, 4)[dictionary]) + content
    body = MAGIC + header + block(RAW, len(data), data)
    for size in (1, 5, 1 << 20):
        assert zstd(body, size) == data
        assert zstd(body + body, size) == data + data
    for end in range(1, len(MAGIC + header) + 4):
        assert wrong(body[:end]) == "truncated"


def test_blocks_of_every_kind_are_read() -> None:
    body = MAGIC + b"\0\0" + block(RAW, 3, b"abc", is_last=False) + block(RLE, 1000, b"x", is_last=False)
    for last, end in ((block(RAW, 0, b""), b""), (block(RLE, 1, b"y"), b"y"), (block(RLE, 8, b"y"), b"y" * 8)):
        for size in (1, 7, 1 << 20):
            assert zstd(body + last, size) == b"abc" + b"x" * 1000 + end
    assert wrong(body) == "truncated"
    assert wrong(body + block(RESERVED, 1, b"x")) == "invalid data"


@pytest.mark.parametrize("data", [random.Random(5).randbytes(500), b"x" * 500, TEXT])
def test_check_of_a_frame_is_read(data: bytes) -> None:
    compressor = zstandard.ZstdCompressor(write_checksum=True)
    body = compressor.compress(data)
    for size in (1, 7, 1 << 20):
        assert zstd(body + body, size) == data + data
    for cut in range(1, 5):
        assert wrong(body[:-cut]) == "truncated"
    assert wrong(body[:-1] + bytes([body[-1] ^ 1])) == "invalid data"


def test_check_stands_behind_the_last_block_only() -> None:
    compressor = zstandard.ZstdCompressor(write_checksum=True).compressobj()
    flush = partial(compressor.flush, zstandard.COMPRESSOBJ_FLUSH_BLOCK)
    body = compressor.compress(TEXT) + flush() + compressor.compress(TEXT) + flush() + compressor.compress(b"end")
    body += compressor.flush()
    for size in (1, 7, 1 << 20):
        assert zstd(body + body, size) == (TEXT + TEXT + b"end") * 2
    assert wrong(body[:-1] + bytes([body[-1] ^ 1])) == "invalid data"


def test_block_holds_128_kib_at_the_most() -> None:
    data = random.Random(6).randbytes(128 * KIB)
    start = MAGIC + b"\xa0" + len(data).to_bytes(4, "little")
    assert zstd(start + block(RAW, len(data), data)) == data
    assert zstd(start + block(RLE, len(data), b"x")) == b"x" * len(data)
    # What says that it holds more is not waited for.
    stage = Zstd(Limits(max_zstd_window_bytes=8 << 20))
    assert [*stage.feed(start + block(RAW, len(data), b""))] == []
    with pytest.raises(CorruptBody, match="invalid data"):
        [*Zstd(Limits(max_zstd_window_bytes=8 << 20)).feed(start + block(RAW, len(data) + 1, b""))]


@pytest.mark.parametrize(
    "start", [b"x", b"\x4f", b"\x60", b"x\x2a", b"\x60\x2a", b"\x50\x2b", b"\x5f\x2a\x4c", b"\x28\xb4", b"\x28\xb5\x2e"]
)
def test_bytes_that_can_become_no_frame_are_not_waited_for(start: bytes) -> None:
    assert wrong(start) == "not zstd data"
    assert wrong(zstandard.compress(TEXT) + start) == "unexpected bytes after the end"


@pytest.mark.parametrize("start", [MAGIC[:1], MAGIC[:2], MAGIC[:3], b"\x50", b"\x5f", b"\x50\x2a", b"\x5f\x2a\x4d"])
def test_bytes_that_may_become_a_frame_are_waited_for(start: bytes) -> None:
    assert wrong(start) == "truncated"
    assert wrong(zstandard.compress(TEXT) + start) == "truncated"


@pytest.mark.parametrize("length", [0, 1, 3, 300, 70_000])
def test_skippable_frames_are_passed_over(length: int) -> None:
    skipped = b"\x53\x2a\x4d\x18" + length.to_bytes(4, "little") + bytes(length)
    frame = zstandard.compress(TEXT)
    for size in (5000, 1 << 20) if length > 300 else (1, 7, 1 << 20):
        assert zstd(skipped + frame + skipped + skipped + frame, size) == TEXT + TEXT
    assert zstd(skipped, 5000) == b""
    assert zstd(frame + skipped, 5000) == TEXT
    assert wrong(skipped[:-1]) == "truncated"


# Deflate, which comes wrapped by zlib or bare.


def test_members_of_gzip_may_be_cut_anywhere() -> None:
    first, second = gzip.compress(TEXT), gzip.compress(b"second")
    for cut in range(len(first + second)):
        stage = CODINGS["gzip"].stream(Limits())
        parts = (first + second)[:cut], (first + second)[cut:]
        found = [chunk for part in parts for chunk in stage.feed(part)]
        assert b"".join([*found, *stage.finish()]) == TEXT + b"second"


def test_two_bytes_are_a_bare_stream() -> None:
    stage = Deflate(Limits(), bare=True)
    assert raw_deflate(b"") == b"\x03\x00"
    assert [*stage.feed(b"\x03\x00"), *stage.finish()] == []
    assert stage.name == "deflate-raw"


@pytest.mark.parametrize(
    ("inverted", "is_stored"),
    [(b"\xfe\xf8", True), (b"\xff\xf8", False), (b"\xfe\xf9", False), (b"\x01\x07", False), (b"\xfe", False)],
)
def test_stream_is_waited_for_only_where_it_begins_as_a_stored_block_too(inverted: bytes, is_stored: bool) -> None:
    # A header of zlib, in which a bare stream sees a length of 0x0701, and a block of a type that there is not.
    start = b"\x78\x01\x07" + inverted
    stage = Deflate(Limits(), bare=True)
    if is_stored:
        assert [*stage.feed(start)] == []
    else:
        with pytest.raises(CorruptBody, match="corrupt deflate body: invalid data"):
            [*stage.feed(start)]


@pytest.mark.parametrize(("size", "is_waited_for"), [(64 * KIB - 1, True), (64 * KIB, False), (64 * KIB + 1, False)])
def test_what_kind_of_stream_it_is_shows_in_a_chunk(size: int, is_waited_for: bool) -> None:
    stage = Deflate(Limits(), bare=True)
    body = b"\x78\x01\x07\xfe\xf8".ljust(size, b"\0")
    if is_waited_for:
        assert [*stage.feed(body)] == []
    else:
        with pytest.raises(CorruptBody):
            [*stage.feed(body)]


def test_bare_stream_that_begins_as_zlib_is_told_by_a_chunk_of_it() -> None:
    # A header of zlib, and a block of a type that there is not; or a stored block of 0xFF01 bytes, and more of them.
    body = b"\x78\x01\xff\xfe\x00" + bytes(0xFF01) + stored(TEXT) + stored(TEXT, is_last=True)
    stage = Deflate(Limits(), bare=True)
    found = [*stage.feed(body[: 64 * KIB])]
    assert found and stage.name == "deflate-raw"
    assert b"".join([*found, *stage.feed(body[64 * KIB :]), *stage.finish()]) == bytes(0xFF01) + TEXT + TEXT


@pytest.mark.parametrize(("chunks", "name"), [(17, "deflate-raw"), (18, "deflate")])
def test_stream_that_could_be_either_is_looked_at_for_eighteen_chunks(chunks: int, name: str) -> None:
    # Read as zlib: a stored block of 65,534 bytes, then zeros up to the number of chunks, then what is no block. Read as
    # bare: a block of one byte, one of 60,000, and one that reaches to the end.
    zeros = zlib.compressobj(9, zlib.DEFLATED, -15)
    rest = zeros.compress(bytes(chunks * 64 * KIB - 65_534 + 10)) + zeros.flush(zlib.Z_FULL_FLUSH) + b"\x07" * 9
    content = stored(bytes(60_000))[1:]
    left = 65_534 - len(content) - 5 + len(rest)
    body = b"\x78\x01\x00\xfe\xff\x01\x00" + content + stored(bytes(left), is_last=True)[:5]
    body += bytes(65_534 - len(content) - 5) + rest
    assert len(zlib.decompress(body, -15)) == 1 + 60_000 + left
    stage = Deflate(Limits(), bare=True)
    if name == "deflate":
        with pytest.raises(CorruptBody, match="corrupt deflate body: invalid data"):
            [*stage.feed(body)]
    else:
        assert b"".join([*stage.feed(body), *stage.finish()]) == zlib.decompress(body, -15)
    assert stage.name == name


def stored(data: bytes, *, is_last: bool = False) -> bytes:
    """Make a stored block of deflate."""
    length = len(data).to_bytes(2, "little")
    return bytes([is_last]) + length + bytes(byte ^ 0xFF for byte in length) + data


@pytest.mark.parametrize("name", ["gzip", "deflate", "bare deflate", "zlib without a header"])
def test_stream_may_look_back_32_kib(name: str) -> None:
    # As far as zlib looks back itself.
    data = random.Random(9).randbytes(32 * KIB - 262) * 2
    wbits = {"gzip": 31, "bare deflate": -15}.get(name, 15)
    compressor = zlib.compressobj(9, zlib.DEFLATED, wbits)
    body = compressor.compress(data) + compressor.flush()
    assert len(body) < 34 * KIB
    _, codings, undone = ORDINARY[name]
    assert at_once(body, *codings, sniff=not codings) == (data, undone)
    stage = CODINGS[codings[0] if codings else "zlib"].stream(Limits())
    assert b"".join([*stage.feed(body), *stage.finish()]) == data


@pytest.mark.parametrize("more", [1, 3, 10])
def test_what_the_inflater_holds_back_is_asked_for(more: int) -> None:
    # The last byte of the body stands for more than the first chunk has room for.
    plain = b"{" + bytes(64 * KIB - 1 + more)
    body = raw_deflate(plain)
    inflater = zlib.decompressobj(-15)
    assert len(inflater.decompress(body, 64 * KIB)) == 64 * KIB
    assert not inflater.unconsumed_tail and not inflater.eof
    stage = Deflate(Limits(), bare=True)
    assert b"".join([*stage.feed(body), *stage.finish()]) == plain


def test_deflate_that_reads_both_ways_is_what_the_standard_says() -> None:
    # zlib's header and the start of its stored block, in which a bare stream sees a stored block of 257 bytes; behind that
    # stands another one that reaches to the end.
    zlib_start, content = b"\x78\x01" + b"\x01\xfe\xfe" + b"\x01\x01", bytearray(random.Random(8).randbytes(0xFEFE))
    bare_length = 4 + len(content) - 255 - 5
    content[255:260] = b"\x01" + bare_length.to_bytes(2, "little") + (bare_length ^ 0xFFFF).to_bytes(2, "little")
    body = zlib_start + content + zlib.adler32(content).to_bytes(4, "big")
    assert zlib.decompress(body) == content
    assert zlib.decompress(body, -15) == body[5:262] + body[267:]
    stage = Deflate(Limits(), bare=True)
    assert b"".join([*stage.feed(body), *stage.finish()]) == content
    assert stage.name == "deflate"


def test_one_member_too_many_is_refused() -> None:
    members = MemberCounter("x", "parts", 2)
    members.count()
    members.count()
    with pytest.raises(CorruptBody, match="corrupt x body: too many parts"):
        members.count()
