"""Deflate, which comes wrapped by gzip, wrapped by zlib, or bare."""

import gzip
import json
import random
import zlib

import pytest

from store_protocol.body import open_body
from store_protocol.body.codings import CODINGS
from store_protocol.body.codings.deflate import Deflate, is_zlib
from store_protocol.body.sniff import sniff
from store_protocol.errors import CorruptBody
from store_protocol.limits import Limits
from tests.body.cases import KIB, TEXT, in_pieces, outcomes, raw_deflate
from tests.body.test_at_once import ORDINARY, at_once

pytestmark = pytest.mark.usefixtures("engine")


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
