"""Each body coding against the bare call of its C library, turn about in one process: medians and ratios.

    python -m benchmarks.body_codings

The bare call is the one that the library itself ends in (zlib-ng and pybase64 where they are installed), without any
bound or check. `bench_bodies` measures the same, one after the other; for a ratio of a few percent they have to take turns.
"""

import base64
import gzip
import json
import random
import statistics
import time
import zlib
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import brotli
import zstandard

from store_protocol import Limits
from store_protocol.body import decode_body
from store_protocol.body.codings.base64 import base64_decoder
from store_protocol.body.codings.deflate import zlib_module

SIZES = (2_000, 8_000, 16_000, 50_000, 200_000)
ROUNDS = 30
#: 200 KB in base64 are more than a body may have.
LIMITS = Limits(max_compressed_bytes=1 << 20)


class Coded(NamedTuple):
    """A body in a coding: its `Content-Encoding`, its bytes, and the bare call that undoes them."""

    header: str | None
    body: bytes
    bare: Callable[[bytes], object]


def event(size: int) -> bytes:
    """Make a JSON text of about `size` bytes that compresses as an event does."""
    rng = random.Random(size)
    words = ["django", "request", "lineno", "filename", "context_line", "self", "return", "value", "/usr/lib/python3"]
    frames: list[Any] = []
    while len(json.dumps(frames)) < size:
        frames.append({rng.choice(words): rng.choice(words) + str(rng.random()) for _ in range(8)})
    return json.dumps({"frames": frames}).encode()


def codings(plain: bytes) -> dict[str, Coded]:
    """Return a text in every coding that clients use."""
    inflate, from_base64 = zlib_module(), base64_decoder()
    zlibbed = zlib.compress(plain)

    def bare_gzip(body: bytes) -> object:
        return inflate.decompress(body, 31)

    def bare_deflate(body: bytes) -> object:
        return inflate.decompress(body, -15)

    def bare_zstd(body: bytes) -> object:
        return zstandard.ZstdDecompressor().decompress(body)

    def bare_base64_zlib(body: bytes) -> object:
        return inflate.decompress(from_base64(body))

    return {
        "gzip": Coded("gzip", gzip.compress(plain), bare_gzip),
        "deflate": Coded("deflate", zlibbed, inflate.decompress),
        "bare deflate": Coded("deflate", zlibbed[2:-4], bare_deflate),
        "br": Coded("br", brotli.compress(plain, quality=5), brotli.decompress),
        "zstd": Coded("zstd", zstandard.compress(plain), bare_zstd),
        "base64 of zlib": Coded(None, base64.b64encode(zlibbed), bare_base64_zlib),
        "base64 of JSON": Coded(None, base64.b64encode(plain), from_base64),
    }


def mean(function: Callable[[], object], number: int) -> float:
    start = time.perf_counter()
    for _ in range(number):
        function()
    return (time.perf_counter() - start) / number


def main() -> None:
    from_base64 = base64_decoder()
    modules = zlib_module().__name__, getattr(from_base64, "func", from_base64).__module__
    print("inflate: {}, base64: {}".format(*modules))
    print(f"{'coding':16} {'plain':>8} {'body':>8} {'bare us':>9} {'ours us':>9} {'ratio':>6}")
    for size in SIZES:
        plain = event(size)
        number = max(3, 400_000 // len(plain))
        for name, coded in codings(plain).items():
            bare, ours = partial(coded.bare, coded.body), partial(decode_body, coded.body, coded.header, limits=LIMITS)
            pairs = [(mean(bare, number), mean(ours, number)) for _ in range(ROUNDS)]
            columns = [statistics.median(column) * 1e6 for column in zip(*pairs, strict=True)]
            ratio = statistics.median(second / first for first, second in pairs)
            print(f"{name:16} {len(plain):8} {len(coded.body):8} {columns[0]:9.1f} {columns[1]:9.1f} {ratio:6.2f}")


if __name__ == "__main__":
    main()
