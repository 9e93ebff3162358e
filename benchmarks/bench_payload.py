"""JSON to plain objects: text that is right as it is, and each kind of fault, once in a text.

The row in brackets is the floor: msgspec's untyped decode of the right text.
"""

from typing import NamedTuple

import msgspec
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.workloads import sized
from store_protocol import parse_payload


class Case(NamedTuple):
    """A text, and the charset that its request names."""

    text: bytes
    charset: str | None = None


def cases(size: int) -> dict[str, Case]:
    plain = sized(size)

    def with_last(old: bytes, new: bytes) -> bytes:
        head, found, tail = plain.rpartition(old)
        assert found
        return head + new + tail

    return {
        "plain": Case(plain),
        "14 levels more": Case(with_last(b"123", b"[" * 14 + b"]" * 14)),
        "integer of 64 bits without a sign": Case(with_last(b"123", b"%d" % (2**64 - 1))),
        "big integer": Case(with_last(b"123", b"%d" % 2**64)),
        "NaN": Case(with_last(b"123", b"NaN")),
        "lone surrogate": Case(with_last(b"create_order", b"create_\\ud83d")),
        "not UTF-8": Case(with_last(b"create_order", b"create_\xff")),
        "Latin-1 by its charset": Case(with_last(b"create_order", b"create_\xe9"), "iso-8859-1"),
        "byte order mark": Case(b"\xef\xbb\xbf" + plain),
        "UTF-16": Case(plain.decode().encode("utf-16")),
    }


SIZES = {"2 KB": 2_000, "8 KB": 8_000, "50 KB": 50_000}


@pytest.mark.parametrize("size", SIZES)
def bench_floor(benchmark: BenchmarkFixture, size: str) -> None:
    benchmark.group = f"payload: {size}"
    benchmark(msgspec.json.Decoder().decode, sized(SIZES[size]))


@pytest.mark.parametrize("name", cases(2_000))
@pytest.mark.parametrize("size", SIZES)
def bench_parse_payload(benchmark: BenchmarkFixture, size: str, name: str) -> None:
    benchmark.group = f"payload: {size}"
    text, charset = cases(SIZES[size])[name]
    benchmark(parse_payload, text, charset=charset)
