"""What bounds a body: its limits to the byte, members, frames and blocks by their count, and memory."""

import base64
import gzip
import json
import random
import subprocess
import sys
import tracemalloc
import zlib
from collections.abc import Callable
from functools import cache, partial

import brotli
import pytest
import zstandard
from msgspec import structs

from store_protocol.body import BodyDecoder, decode_body
from store_protocol.errors import CorruptBody, LimitExceeded
from store_protocol.limits import Limits
from tests.body.cases import (
    CASES,
    CODERS,
    EMPTY_FRAME,
    LARGE_CODERS,
    SKIPPABLE,
    WRAPPERS,
    in_pieces,
    outcomes,
    zstd_without_size,
)

pytestmark = pytest.mark.usefixtures("engine")


@pytest.mark.parametrize(("header", "body", "_codings"), CASES)
def test_body_at_its_limits_passes(header: str | None, body: bytes, _codings: tuple[str, ...]) -> None:
    plain = decode_body(body, header)
    limits = Limits(max_compressed_bytes=len(body), max_event_bytes=len(plain))
    assert decode_body(body, header, limits=limits) == plain
    assert in_pieces(body, header, 11, limits)[0] == plain


@pytest.mark.parametrize(("header", "body", "codings"), CASES)
def test_body_over_a_limit_is_refused_by_name(header: str | None, body: bytes, codings: tuple[str, ...]) -> None:
    plain = decode_body(body, header)
    over = {"max_event_bytes": Limits(max_event_bytes=len(plain) - 1)}
    if codings:
        over["max_compressed_bytes"] = Limits(max_compressed_bytes=len(body) - 1)
    for name, limits in over.items():
        decoders: list[Callable[[], object]] = [
            partial(decode_body, body, header, limits=limits),
            partial(in_pieces, body, header, 13, limits),
        ]
        for decode in decoders:
            with pytest.raises(LimitExceeded) as caught:
                decode()
            assert (caught.value.limit, caught.value.maximum) == (name, getattr(limits, name))
            assert str(caught.value.maximum) in caught.value.detail


def test_output_before_an_error_counts() -> None:
    # The libraries keep back what they have decoded in the call that fails, so that it depends on the pieces how much.
    data = json.dumps(random.Random(5).choices(range(10**6), k=20_000)).encode()
    for name, compress in CODERS.items():
        body = bytearray(compress(data))
        body[18_000:18_200] = bytes(byte ^ 0x55 for byte in body[18_000:18_200])
        for limit in range(20_000, 60_000, 4999):
            outcomes(bytes(body[:19_000]), name, Limits(max_event_bytes=limit), [17_900, 50, 50, 3])


@pytest.mark.parametrize("name", CODERS)
def test_limits_are_exact(name: str) -> None:
    # More than the first block and more than a chunk, so that the limit lies within others.
    data = json.dumps(random.Random(4).choices(range(10**9), k=12_000)).encode()
    body = CODERS[name](data)
    assert len(data) > 100_000 and len(body) > 40_000

    def limits(compressed: int = 0, plain: int = 0) -> Limits:
        return Limits(max_compressed_bytes=len(body) + compressed, max_event_bytes=len(data) + plain)

    assert outcomes(body, name, limits()) == (data, (name,))
    over = outcomes(body, name, limits(plain=-1))
    assert over[2:] == (f"event over the limit of {len(data) - 1} bytes", "max_event_bytes")
    over = outcomes(body, name, limits(compressed=-1))
    assert over[2:] == (f"compressed body over the limit of {len(body) - 1} bytes", "max_compressed_bytes")


@pytest.mark.parametrize(
    ("name", "inner"),
    [
        ("gzip", gzip.compress(bytes(50_000), 0, mtime=0)),
        ("deflate", zlib.compress(bytes(50_000), 0)),
        ("zstd", b"\x28\xb5\x2f\xfd\xa0" + (50_000).to_bytes(4, "little") + b"\x81\x1a\x06" + bytes(50_000)),
    ],
)
def test_limit_between_codings_is_exact(name: str, inner: bytes) -> None:
    # What comes out of a coding and is compressed itself is held to the limit of what comes compressed.
    body, header = brotli.compress(inner), f"{name}, br"
    assert len(body) < 200
    assert outcomes(body, header, Limits(max_compressed_bytes=len(inner))) == (bytes(50_000), ("br", name))
    over = outcomes(body, header, Limits(max_compressed_bytes=len(inner) - 1))
    assert over[2:] == (f"compressed body over the limit of {len(inner) - 1} bytes", "max_compressed_bytes")


@pytest.mark.parametrize("wrapper", ["base64", "for URLs", "in lines", "of zlib", "of zstd"])
@pytest.mark.parametrize("count", [40, 12_000])
def test_limits_of_what_no_header_names_are_exact(wrapper: str, count: int) -> None:
    data = json.dumps(random.Random(4).choices(range(10**9), k=count)).encode()
    body = WRAPPERS[wrapper](data)
    exact = Limits(max_compressed_bytes=len(body), max_event_bytes=len(data))
    assert outcomes(body, None, exact)[0] == data
    over = outcomes(body, None, structs.replace(exact, max_event_bytes=len(data) - 1))
    assert over[2:] == (f"event over the limit of {len(data) - 1} bytes", "max_event_bytes")
    over = outcomes(body, None, structs.replace(exact, max_compressed_bytes=len(body) - 1))
    assert over[2:] == (f"compressed body over the limit of {len(body) - 1} bytes", "max_compressed_bytes")


def test_base64_in_a_coding_may_have_twice_the_bytes_of_its_event() -> None:
    text = base64.b64encode(b"{" + b" " * 2998 + b"}") + b"\n" * 2000
    exact = Limits(max_event_bytes=3000)
    assert len(text) == 6000
    assert outcomes(gzip.compress(text), "gzip", exact)[1] == ("gzip", "base64")
    assert outcomes(gzip.compress(text + b"\n"), "gzip", exact)[3] == "max_event_bytes"


@pytest.mark.parametrize(
    ("header", "one", "most", "what"),
    [
        ("zstd", EMPTY_FRAME, 8_000, "corrupt zstd body: too many frames"),
        ("zstd", SKIPPABLE, 8_000, "corrupt zstd body: too many frames"),
        ("gzip", gzip.compress(b"", mtime=0), 10_000, "corrupt gzip body: too many members"),
    ],
)
def test_members_and_frames_are_counted(header: str, one: bytes, most: int, what: str) -> None:
    limits = Limits(max_compressed_bytes=1 << 20)
    assert decode_body(one * most, header, limits=limits) == b""
    with pytest.raises(CorruptBody) as caught:
        decode_body(one * (most + 1), header, limits=limits)
    assert str(caught.value) == what


@pytest.mark.parametrize("whole", [True, False], ids=["whole", "pieces"])
@pytest.mark.parametrize("name", [*LARGE_CODERS, "plain"])
def test_memory_is_the_plain_bytes_and_little_more(name: str, whole: bool) -> None:
    header, compress = LARGE_CODERS.get(name, (None, bytes))
    size = 12 << 20
    body = compress(b"{" + random.Random(7).randbytes(5000) * (size // 5000))
    limits = Limits(max_compressed_bytes=1 << 24, max_event_bytes=size // 5000 * 5000 + 1)
    # What is made on first use stays.
    decode_body(body, header, limits=limits)
    tracemalloc.start()
    try:
        if whole:
            plain = decode_body(body, header, limits=limits)
        else:
            decoder = BodyDecoder(header, limits=limits)
            for start in range(0, len(body), 16384):
                decoder.feed(body[start : start + 16384])
            plain = decoder.finish()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(plain) == limits.max_event_bytes
    assert peak < len(plain) + (1 << 20)


@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss is in KiB on Linux only")
def test_memory_outside_python_is_a_window_at_the_most() -> None:
    code = """
import base64, json, resource, sys
from store_protocol.body import BodyDecoder
from store_protocol.limits import Limits
size = 32 << 20
limits = Limits(max_event_bytes=size, max_compressed_bytes=1 << 20)
header, body = json.load(sys.stdin)
body = base64.b64decode(body)
decoder = BodyDecoder(header)
decoder.feed(base64.b64decode("H4sIAAAAAAACA6uuBQBDv6ajAgAAAA=="))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
decoder = BodyDecoder(header, limits=limits)
for start in range(0, len(body), 16384):
    decoder.feed(body[start : start + 16384])
assert len(decoder.finish()) == size
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 - size)
"""
    data = b"{" + bytes(range(256)) * (1 << 17)
    for header, compress in LARGE_CODERS.values():
        if header is not None:
            made = json.dumps([header, base64.b64encode(compress(data[: 32 << 20])).decode()])
            done = subprocess.run([sys.executable, "-c", code], input=made, capture_output=True, text=True, check=True)
            assert int(done.stdout) < 16 << 20, header


@cache
def bombs() -> dict[str, tuple[str | None, bytes]]:
    zeros = bytes(64 * 1024 * 1024)
    inner = gzip.compress(zeros, 9, mtime=0)
    return {
        "gzip": ("gzip", inner),
        "deflate": ("deflate", zlib.compress(zeros, 9)),
        "br": ("br", brotli.compress(zeros, quality=1)),
        "zstd": ("zstd", zstandard.compress(zeros)),
        "zstd without size": ("zstd", zstd_without_size(zeros)),
        "base64 of zlib": (None, base64.b64encode(zlib.compress(zeros, 9))),
        "gzip in gzip": ("gzip, gzip", gzip.compress(inner, 9, mtime=0)),
    }


@pytest.mark.parametrize("name", ["gzip", "deflate", "br", "zstd", "zstd without size", "base64 of zlib", "gzip in gzip"])
def test_bomb_never_holds_more_than_the_limit_and_a_chunk(name: str) -> None:
    header, body = bombs()[name]
    limits = Limits(max_event_bytes=256 * 1024)
    for decode in (lambda: decode_body(body, header, limits=limits), lambda: in_pieces(body, header, 4096, limits)):
        tracemalloc.start()
        with pytest.raises(LimitExceeded):
            decode()
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        # The limit, a chunk, what came in (base64 twice), and small change; 64 MiB would have been the whole.
        assert peak < 2 * 256 * 1024 + 3 * len(body) + 512 * 1024


@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss is in KiB on Linux only")
def test_bomb_takes_no_memory_outside_python_either() -> None:
    # The C libraries allocate where tracemalloc doesn't see it. A process that has made no bomb starts from a low peak.
    code = """
import base64, json, resource, sys
from store_protocol.body import decode_body
from store_protocol.errors import LimitExceeded
from store_protocol.limits import Limits
made = [(header, base64.b64decode(body)) for header, body in json.load(sys.stdin)]
limits = Limits(max_event_bytes=256 * 1024)
decode_body(base64.b64decode("H4sIAAAAAAACA6uuBQBDv6ajAgAAAA=="), "gzip")
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for header, body in made * 3:
    try:
        decode_body(body, header, limits=limits)
    except LimitExceeded:
        continue
    raise SystemExit("not refused")
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    made = json.dumps([(header, base64.b64encode(body).decode()) for header, body in bombs().values()])
    done = subprocess.run([sys.executable, "-c", code], input=made, capture_output=True, text=True, check=True)
    assert int(done.stdout) < 16 * 1024
