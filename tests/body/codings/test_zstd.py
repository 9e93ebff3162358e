"""zstd, by its frames and their blocks."""

import random
from functools import partial

import pytest
import zstandard

from store_protocol.body import decode_body
from store_protocol.body.codings.zstd import Zstd, is_skippable
from store_protocol.errors import CorruptBody
from store_protocol.limits import Limits
from tests.body.cases import EMPTY_FRAME, JSON, KIB, SKIPPABLE, TEXT, outcomes, zstd_without_size


def test_window_of_a_zstd_frame_is_capped() -> None:
    compressor = zstandard.ZstdCompressor(
        compression_params=zstandard.ZstdCompressionParameters(window_log=27, write_content_size=False)
    ).compressobj()
    body = compressor.compress(JSON) + compressor.flush()
    with pytest.raises(CorruptBody, match="window"):
        decode_body(body, "zstd")
    assert decode_body(body, "zstd", limits=Limits(max_zstd_window_bytes=2**27)) == JSON


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


def test_skippable_frames_have_sixteen_first_bytes() -> None:
    taken = [first for first in range(256) if is_skippable(bytes([first]) + b"\x2a\x4d\x18")]
    assert taken == [*range(0x50, 0x60)]
    assert not is_skippable(b"\x50\x2a\x4d")


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
