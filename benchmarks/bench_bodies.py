"""Each body coding beside the bare call of its C library, which is without any bound or check; and base64 alone."""

import base64

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.body_codings import LIMITS, SIZES, Coded, codings, event
from store_protocol.body import BodyDecoder, decode_body
from store_protocol.body.codings.base64 import base64_decoder

CASES = [
    pytest.param(
        coded, marks=pytest.mark.benchmark(group=f"body: {name}, {size // 1000} KB"), id=f"{name}, {size // 1000} KB"
    )
    for size in SIZES
    for name, coded in codings(event(size)).items()
]
#: What a server hands on at a time.
PIECE = 16 * 1024


@pytest.mark.parametrize("coded", CASES)
def bench_bare(benchmark: BenchmarkFixture, coded: Coded) -> None:
    benchmark(coded.bare, coded.body)


@pytest.mark.parametrize("coded", CASES)
def bench_decode_body(benchmark: BenchmarkFixture, coded: Coded) -> None:
    benchmark(decode_body, coded.body, coded.header, limits=LIMITS)


@pytest.mark.parametrize("coded", CASES)
def bench_in_pieces(benchmark: BenchmarkFixture, coded: Coded) -> None:
    pieces = [coded.body[start : start + PIECE] for start in range(0, len(coded.body), PIECE)]

    def run() -> bytes:
        decoder = BodyDecoder(coded.header, limits=LIMITS)
        for piece in pieces:
            decoder.feed(piece)
        return decoder.finish()

    benchmark(run)


@pytest.mark.benchmark(group="base64, 50 KB")
@pytest.mark.parametrize("name", ["standard library", "engine"])
def bench_base64(benchmark: BenchmarkFixture, name: str) -> None:
    decode = base64_decoder() if name == "engine" else base64.b64decode
    benchmark(decode, base64.b64encode(event(50_000)))
