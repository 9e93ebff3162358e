"""What holds the bytes of a body on their way."""

import random
import tracemalloc
from collections.abc import Iterable

import pytest

from store_protocol.body.buffers import Blocks, Output, chunked
from tests.body.cases import KIB


def blocks_of(data: bytes, size: int) -> list[bytes]:
    blocks, found = Blocks(), []
    for cut in range(0, len(data), size):
        piece, start = data[cut : cut + size], 0
        while start < len(piece):
            block, start = blocks.take(piece, start)
            if block is not None:
                found.append(block)
            assert blocks.total == cut + start
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
    found = [*chunked(data)]
    assert b"".join(found) == data
    assert {len(piece) for piece in found} == sizes
    if size <= 64 * KIB:
        assert found[0] is data
    array = bytearray(data)
    found = [*chunked(array)]
    assert b"".join(found) == data
    assert {type(piece) for piece in found} <= {bytes}
    # Nothing keeps hold of it.
    array += b"more"
