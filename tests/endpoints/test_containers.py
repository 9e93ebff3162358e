"""The containers that a minidump may come in."""

import bz2
import gzip
import lzma
import random
import tracemalloc
from collections.abc import Callable

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from store_protocol import Limits, StoreError, errors
from store_protocol.endpoints import native
from store_protocol.endpoints.containers import Container
from store_protocol.endpoints.dump import DumpReader
from store_protocol.items.attachment import Attachment
from tests.endpoints.test_minidump import DUMP, form, part, sent


def open_container(data: bytes, filename: str | None, *, limits: Limits) -> tuple[bytes, str | None]:
    """Open a container as a whole, with its output bounded."""
    reader = DumpReader(
        Attachment("", filename, None, b"", native.MINIDUMP),
        None,
        limits,
        most=limits.max_attachment_bytes,
        field=None,
        reserve=None,
    )
    reader.write(data)
    reader.finish()
    if reader.error is not None:
        raise reader.error
    assert reader.payload is not None
    attachment = reader.payload.attachment()
    return attachment.data, attachment.filename


PACK: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "gzip": (gzip.compress, ".gz"),
    "xz": (lzma.compress, ".xz"),
    "bzip2": (bz2.compress, ".bz2"),
    "zstd": (zstandard.compress, ".zst"),
}


@pytest.mark.parametrize(("pack", "ending"), PACK.values(), ids=PACK)
def test_containers_are_opened(pack: Callable[[bytes], bytes], ending: str) -> None:
    packed = pack(DUMP)
    submission = sent(form(part("upload_file_minidump", packed, f"a.dmp{ending}")))
    assert [(each.filename, each.data) for each in submission.attachments] == [("a.dmp", DUMP)]
    assert sent(packed, "application/octet-stream").attachments[0].data == DUMP
    # Several streams, one after the other.
    assert open_container(packed + packed, None, limits=Limits()) == (DUMP + DUMP, None)


@pytest.mark.parametrize("pack", [pack for pack, _ in PACK.values()], ids=PACK)
def test_containers_that_are_broken_are_refused(pack: Callable[[bytes], bytes]) -> None:
    packed = pack(DUMP)
    magic = 6
    for cut in range(magic, len(packed)):
        with pytest.raises(errors.CorruptBody):
            open_container(packed[:cut], None, limits=Limits())
    for junk in (b"junk", b"\x01"):
        with pytest.raises(errors.CorruptBody):
            open_container(packed + junk, None, limits=Limits())


@pytest.mark.parametrize("pack", [pack for pack, _ in PACK.values()], ids=PACK)
def test_containers_are_bounded(pack: Callable[[bytes], bytes]) -> None:
    bomb = pack(DUMP + bytes(5_000_000))
    assert len(bomb) < 10_000
    with pytest.raises(errors.LimitExceeded) as refused:
        open_container(bomb, None, limits=Limits(max_attachment_bytes=1000))
    assert refused.value.limit == "max_attachment_bytes"


def test_padding_between_xz_streams_is_no_junk() -> None:
    packed = lzma.compress(DUMP)
    assert open_container(packed + bytes(8) + packed + bytes(4), None, limits=Limits())[0] == DUMP + DUMP


def test_padding_of_xz_is_a_multiple_of_four_zeros() -> None:
    packed = lzma.compress(DUMP)
    for padding in (1, 2, 3, 5, 70_001):
        for rest in (b"", packed):
            with pytest.raises(errors.CorruptBody, match="padding"):
                open_container(packed + bytes(padding) + rest, None, limits=Limits())
    # It may be longer than what a stage is fed at once.
    assert open_container(packed + bytes(200_000) + packed, None, limits=Limits())[0] == DUMP + DUMP


@pytest.mark.parametrize("first", [b"\x50\x2a\x4d\x18\x04\0\0\0abcd", zstandard.compress(b"")])
def test_zstd_container_may_begin_with_a_frame_without_content(first: bytes) -> None:
    # pzstd begins each file so.
    packed = first + zstandard.compress(DUMP)
    assert open_container(packed, "a.dmp.zst", limits=Limits()) == (DUMP, "a.dmp")
    with pytest.raises(errors.CorruptBody, match="truncated"):
        open_container(packed[:-1], None, limits=Limits())


@pytest.mark.parametrize("name", PACK)
def test_limit_of_a_container_is_exact(name: str) -> None:
    data = DUMP + bytes(200_000 - len(DUMP))
    packed = PACK[name][0](data)
    assert open_container(packed, None, limits=Limits(max_attachment_bytes=len(data)))[0] == data
    with pytest.raises(errors.LimitExceeded) as refused:
        open_container(packed, None, limits=Limits(max_attachment_bytes=len(data) - 1))
    assert refused.value.maximum == len(data) - 1


@pytest.mark.parametrize("name", PACK)
def test_container_holds_its_file_once(name: str) -> None:
    data = DUMP + random.Random(1).randbytes(3000) * 1500
    packed = PACK[name][0](data)
    limits = Limits(max_attachment_bytes=len(data))
    open_container(packed, None, limits=limits)
    tracemalloc.start()
    try:
        assert len(open_container(packed, None, limits=limits)[0]) == len(data)
        # What xz refers back to, 8 MiB by its preset, is allocated where it can be seen.
        dictionary = 8 << 20 if name == "xz" else 0
        assert tracemalloc.get_traced_memory()[1] < len(data) + dictionary + (1 << 20)
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", ["bzip2", "xz"])
def test_streams_of_a_container_are_counted(name: str) -> None:
    empty = PACK[name][0](b"")
    assert list(Container(empty, Limits()).feed(empty * 10_000)) == []
    with pytest.raises(errors.CorruptBody, match="too many streams"):
        open_container(empty * 10_001, None, limits=Limits())


@given(st.sampled_from(sorted(PACK)), st.binary(min_size=6), st.integers(min_value=0, max_value=40))
def test_property_any_container_is_opened_or_refused(name: str, junk: bytes, keep: int) -> None:
    data = PACK[name][0](DUMP)[:keep] + junk
    try:
        open_container(data, "a", limits=Limits(max_attachment_bytes=10_000))
    except StoreError as error:
        assert isinstance(error, errors.CorruptBody | errors.LimitExceeded | errors.InvalidMinidump)  # noqa: PT017
