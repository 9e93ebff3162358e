"""Each body coding against the bare call of its C library, turn about in one process: medians and ratios.

Run it with `python -m benchmarks.body_codings`. The bare call is the one that the library itself ends in (zlib-ng and
pybase64 where they are installed), without any bound or check.
"""

import base64
import gzip
import json
import random
import statistics
import time
import zlib
from collections.abc import Callable

import brotli
import zstandard

from store_protocol.body import decode_body, engines

SIZES = (2_000, 8_000, 50_000, 200_000)
ROUNDS = 30


def event(size: int) -> bytes:
    """Make a JSON text of about `size` bytes that compresses as an event does."""
    rng = random.Random(size)
    words = ["django", "request", "lineno", "filename", "context_line", "self", "return", "value", "/usr/lib/python3"]
    frames = []
    while len(json.dumps(frames)) < size:
        frames.append({rng.choice(words): rng.choice(words) + str(rng.random()) for _ in range(8)})
    return json.dumps({"frames": frames}).encode()


def median(function: Callable[[], object], number: int) -> float:
    start = time.perf_counter()
    for _ in range(number):
        function()
    return (time.perf_counter() - start) / number


def main() -> None:
    inflate, from_base64 = engines.zlib_module(), engines.base64_decoder()
    print(f"inflate: {inflate.__name__}, base64: {getattr(from_base64, 'func', from_base64).__module__}")
    print(f"{'coding':16} {'plain':>8} {'body':>8} {'bare us':>9} {'ours us':>9} {'ratio':>6}")
    for size in SIZES:
        plain = event(size)
        raw = zlib.compress(plain)[2:-4]
        zlibbed = zlib.compress(plain)
        rows: dict[str, tuple[str | None, bytes, Callable[[bytes], object]]] = {
            "gzip": ("gzip", gzip.compress(plain), lambda body: inflate.decompress(body, 31)),
            "deflate": ("deflate", zlibbed, inflate.decompress),
            "deflate, bare": ("deflate", raw, lambda body: inflate.decompress(body, -15)),
            "br": ("br", brotli.compress(plain, quality=5), brotli.decompress),
            "zstd": ("zstd", zstandard.compress(plain), lambda body: zstandard.ZstdDecompressor().decompress(body)),
            "base64 of zlib": (None, base64.b64encode(zlibbed), lambda body: inflate.decompress(from_base64(body))),
        }
        for name, (header, body, bare) in rows.items():
            number = max(3, 400_000 // len(plain))
            pairs = []
            for _ in range(ROUNDS):
                bare_time = median(lambda body=body, bare=bare: bare(body), number)
                ours_time = median(lambda body=body, header=header: decode_body(body, header), number)
                pairs.append((bare_time, ours_time))
            theirs, ours = (statistics.median(column) * 1e6 for column in zip(*pairs, strict=True))
            ratio = statistics.median(ours / bare for bare, ours in pairs)
            print(f"{name:16} {len(plain):8} {len(body):8} {theirs:9.1f} {ours:9.1f} {ratio:6.2f}")


if __name__ == "__main__":
    main()
