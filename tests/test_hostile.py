"""Requests made to do harm, and recorded ones that were broken: little work, typed errors, and nothing left in the logs.

Work is counted in calls, as each that inflates puts out a chunk of bounded size, and memory in bytes. tests/checks holds
what a pattern does inside of one call.
"""

import bz2
import gzip
import json
import logging
import lzma
import random
import struct
import tracemalloc
from collections.abc import Callable
from functools import cache
from typing import Any

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from store_protocol import (
    HttpRequest,
    Limits,
    NormalizeOptions,
    StoreError,
    decode_request,
    encode_event,
    errors,
    normalize_event,
)
from store_protocol.body import open_body
from store_protocol.http_request import text_pairs
from tests.recordings import CLIENTS, requests
from tests.work import calls_of

QUERY = "?sentry_key=b70a31b3510c4cf793964a185cfe1fd0"
DUMP = b"MDMP" + struct.pack("<IIIIIQ", 0xA793, 0, 0, 0, 1377809543, 0)
EMPTY = gzip.compress(b"", mtime=0)
#: Calls for each character of an event, where 2.5 are enough, and for what each event takes, where a few hundred are.
CALLS_PER_CHARACTER, CALLS_PER_EVENT = 4, 10_000
#: Bytes, where half is enough. Without their bounds most of these take hundreds of megabytes.
IN_MEMORY = 60_000_000


def part(name: str, data: bytes, filename: str | None = None) -> bytes:
    disposition = f'form-data; name="{name}"' + (f'; filename="{filename}"' if filename is not None else "")
    return b"--xyz\r\nContent-Disposition: " + disposition.encode() + b"\r\n\r\n" + data + b"\r\n"


def form(*parts: bytes) -> bytes:
    return b"".join(parts) + b"--xyz--\r\n"


def dump(data: bytes) -> bytes:
    return form(part("upload_file_minidump", data, "a.dmp"))


def tiny_blocks(count: int) -> bytes:
    """A zstd frame of so many blocks of one byte each."""
    return b"\x28\xb5\x2f\xfd\x00\x58" + b"\x08\x00\x00a" * (count - 1) + b"\x09\x00\x00a"


def event_item(count: int) -> bytes:
    return b'{"type":"event"}\n{"extra":{%s}}\n' % b",".join(b'"%d":[1,{}]' % number for number in range(count))


#: By what it does: the endpoint, the codings, the body, the status, and the most calls, of which about half are enough.
HARM: dict[str, tuple[str, str, Callable[[], bytes], int, int]] = {
    "members of gzip without end": ("envelope", "gzip", lambda: EMPTY * 300_000, 400, 200_000),
    "members of gzip in gzip": ("store", "gzip, gzip", lambda: gzip.compress(EMPTY * 2_000_000), 413, 200_000),
    "gzip four times": (
        "store",
        "gzip, gzip, gzip, gzip",
        lambda: gzip.compress(gzip.compress(gzip.compress(gzip.compress(bytes(50_000_000))))),
        413,
        1_000,
    ),
    "empty blocks in gzip, of which no header tells": (
        "store",
        "gzip",
        lambda: gzip.compress(b"\x1f\x8b\x08\0\0\0\0\0\0\xff" + b"\0\0\0\xff\xff" * 20_000_000),
        413,
        3_000,
    ),
    "blocks of zstd without end": ("envelope", "zstd", lambda: tiny_blocks(1_000_000), 400, 4_000_000),
    "frames of zstd without end": ("envelope", "zstd", lambda: zstandard.compress(b"") * 500_000, 400, 400_000),
    "a block of zstd beyond any": (
        "store",
        "zstd",
        lambda: b"\x28\xb5\x2f\xfd\x00\x58\xf0\xff\xff" + bytes(100_000),
        400,
        300,
    ),
    "members of gzip in a container": ("minidump", "", lambda: dump(EMPTY * 300_000), 400, 200_000),
    "blocks of zstd in a container": ("minidump", "", lambda: dump(tiny_blocks(1_000_000)), 400, 3_000_000),
    "streams of bzip2 in a container": ("minidump", "", lambda: dump(bz2.compress(b"") * 200_000), 400, 80_000),
    "streams of xz in a container": ("minidump", "", lambda: dump(lzma.compress(b"") * 100_000), 400, 200_000),
    "lines without end": ("envelope", "gzip", lambda: gzip.compress(b"{}\n" + b"\n" * 50_000_000), 200, 20_000),
    "events without end": (
        "envelope",
        "br",
        lambda: brotli.compress(b"{}\n" + event_item(6000) * 900, quality=1),
        200,
        120_000,
    ),
    "a long field": ("minidump", "", lambda: form(part("sentry", event_item(1_000_000)), part("a", b"")), 413, 20_000),
    "fields without end": (
        "minidump",
        "",
        lambda: form(*(part(f"f{number}", b"x" * 2000) for number in range(900))),
        413,
        150_000,
    ),
    "breadcrumbs without end": (
        "minidump",
        "",
        lambda: form(
            part("upload_file_minidump", DUMP, "a"),
            *(part("__sentry-breadcrumb1", b"\xc0" * 2**18, "b") for _ in range(50)),
        ),
        200,
        4_000_000,
    ),
    "a query that is looked for without end": (
        "security",
        "",
        lambda: json.dumps(
            {"csp-report": {"effective-directive": "img-src", "blocked-uri": "https://api.stripe.com/" * 20_000}}
        ).encode(),
        200,
        1_000,
    ),
    "a boundary that nearly comes": ("minidump", "", lambda: dump(DUMP + b"\r\n--xy" * 3_000_000), 200, 40_000),
}


NUMBER = "1" * 5000
LONG = "x" * 100_000
#: Events that are small, and grow or take long where nothing bounds it, or hold what Python takes for no number.
HARMFUL_EVENTS: dict[str, dict[str, Any]] = {
    "a parameter a thousand times": {"logentry": {"message": "{0}" * 3000, "params": [LONG]}},
    "a parameter by name a thousand times": {"logentry": {"message": "%(a)s" * 3000, "params": {"a": LONG}}},
    "an object a thousand times": {"logentry": {"message": "{0}" * 3000, "params": [{"a": ["x"] * 30_000}]}},
    "a position of many digits": {"logentry": {"message": f"{{{NUMBER}}}", "params": ["a"]}},
    "a place of many digits": {"fingerprint": ["a"], "_meta": {"fingerprint": {NUMBER: {"": {"len": 1}}}}},
    "a frame of many digits": {
        "exception": [{"type": "E", "stacktrace": {"frames": [{"function": "f"}]}}],
        "_meta": {"exception": {"0": {"stacktrace": {"frames": {NUMBER: {"function": {"": {"len": 1}}}}}}}},
    },
    "a note on a key of many digits": {"extra": {NUMBER: 1}, "_meta": {"extra": {NUMBER: {"": {"err": ["x"]}}}}},
    "wrong breadcrumbs without end": {"breadcrumbs": [[]] * 60_000},
    "empty exceptions without end": {"exception": [{}] * 40_000},
    "wrong headers without end": {"request": {"headers": [0] * 40_000}},
    "names that are none without end": {
        "type": "transaction",
        "contexts": {"trace": {"trace_id": "a" * 32, "span_id": "b" * 16}},
        "timestamp": 1795392000,
        "start_timestamp": 1795391999,
        "measurements": {f"{number}": 0 for number in range(30_000)},
        "breakdowns": {LONG: {f"a{number}": 0 for number in range(20_000)}},
    },
    "times of long ago without end": {"breadcrumbs": [{"timestamp": -1}] * 20_000},
    "empty tags without end": {"tags": {f"a{number}": "" for number in range(30_000)}},
    "a user agent without end": {"request": {"headers": {"User-Agent": "Linux " * 20_000}}},
    "a name of Windows without end": {"contexts": {"os": {"raw_description": "Windows NT " * 50_000}}},
    "a path of numbers without end": {
        "transaction": "/" + "1a2b-" * 50_000,
        "transaction_info": {"source": "url"},
    },
}


@pytest.mark.parametrize("event", HARMFUL_EVENTS.values(), ids=HARMFUL_EVENTS)
def test_harmful_events_are_taken_in_few_calls_and_in_little_memory(event: dict[str, Any]) -> None:
    text = json.dumps(event)
    options = NormalizeOptions(enable_trimming=True, normalize_user_agent=True, received_at=1795392000.0)
    tracemalloc.start()
    try:
        encode_event(normalize_event(event, options))
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert most < IN_MEMORY
    # Only now, as what is made at first use is there.
    calls = calls_of(lambda: encode_event(normalize_event(text, options)))
    assert calls < CALLS_PER_CHARACTER * len(text) + CALLS_PER_EVENT


@pytest.mark.parametrize(
    ("event", "count"),
    [
        ({"breadcrumbs": [[]] * 20_000}, 2_000),
        ({"exception": [{}] * 20_000}, 2_000),
        ({"tags": {f"a{number}": "" for number in range(20_000)}}, 2_000),
        ({"breadcrumbs": [{"timestamp": -1}] * 20_000}, 2_000),
        # Those of one value, which stand twice, as Relay lists them.
        ({"breakdowns": {"a": {f"{number}": 0 for number in range(3_000)}}}, 2_000),
        # Each repeats the name of what it is in.
        ({"breakdowns": {LONG: {f"a{number}": 0 for number in range(1_000)}}}, 9),
    ],
)
def test_errors_of_an_event_are_bounded(event: dict[str, Any], count: int) -> None:
    for given_event in (json.dumps(event), event):
        assert len(normalize_event(given_event, NormalizeOptions(received_at=1795392000.0)).errors or []) == count


def test_whole_bodies_made_to_do_harm_are_taken() -> None:
    for event in HARMFUL_EVENTS.values():
        assert status_of("store", json.dumps(event).encode()) == 200


def status_of(endpoint: str, body: bytes, codings: str = "", **options: Any) -> int:
    headers = [("Content-Encoding", codings)] if codings else []
    try:
        return decode_request(HttpRequest("POST", f"/api/1/{endpoint}/{QUERY}", headers, body), **options).response().status
    except StoreError as error:
        return error.response().status


@pytest.mark.parametrize(("endpoint", "codings", "make", "status", "most_calls"), HARM.values(), ids=HARM)
def test_harm_ends_after_few_calls(
    endpoint: str, codings: str, make: Callable[[], bytes], status: int, most_calls: int
) -> None:
    body, found = make(), []
    if most_calls < 10_000:
        # Else what is loaded and made at first use would count.
        status_of(endpoint, body, codings)
    calls = calls_of(lambda: found.append(status_of(endpoint, body, codings)))
    assert found == [status]
    assert calls < most_calls


def test_compressed_bodies_between_two_codings_are_held_to_the_limit() -> None:
    inner = gzip.compress(b'{"message": "hello"}') + EMPTY * 100
    body = gzip.compress(inner)
    assert status_of("store", body, "gzip, gzip", limits=Limits(max_compressed_bytes=len(inner))) == 200
    assert status_of("store", body, "gzip, gzip", limits=Limits(max_compressed_bytes=len(inner) - 1)) == 413


def test_events_of_an_envelope_are_bounded_together() -> None:
    item = event_item(10)
    body = b"{}\n" + item * 3
    size = 3 * (len(item.splitlines()[1]))
    request = HttpRequest("POST", f"/api/1/envelope/{QUERY}", [], body)
    assert len(decode_request(request, limits=Limits(max_events_bytes=size)).events) == 3
    found = decode_request(request, limits=Limits(max_events_bytes=size - 1))
    (error,) = [each.error for each in found.refused]
    assert len(found.events) == 2 and isinstance(error, errors.LimitExceeded) and error.limit == "max_events_bytes"


@pytest.mark.parametrize("body", [b"--xyz\r\nnonsense\r\n", dump(DUMP)[:-5], b"--xyz!", b"--xyz\r\n\xff: a\r\n\r\n"])
def test_broken_forms_leave_nothing_in_the_logs(body: bytes, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        assert status_of("minidump", body) == 400
    assert not caplog.records


@cache
def recorded() -> list[HttpRequest]:
    """The recorded requests, each also with its body plain, so that what is inside breaks too."""
    found = []
    for client in CLIENTS:
        for request, _ in requests(client)[:12]:
            found.append(request)
            coding = request.header("content-encoding")
            if coding is not None:
                headers = [pair for pair in text_pairs(request.headers) if pair[0] != "content-encoding"]
                body = open_body(request.body, coding, limits=Limits(max_event_bytes=10**7)).data
                found.append(HttpRequest(request.method, request.target, headers, body))
    return found


TOKENS = [
    *(b"null", b"[]", b"{}", b'""', b"-1", b"1e999", b"253402300800", b"9" * 40, b"NaN", b"\xff", b"\\ud800", b"\\u0000"),
    *(b"--", b"\r\n", b"\n", b"\0", b"[[[[", b'"type":"event",', b'"length":3,', b"MDMP", b"\xdd\xff\xff\xff\xff"),
    *(b'"timestamp":', b'"exception":', b"sentry[", b"sentry__1", b"\x1f\x8b", b"\x28\xb5\x2f\xfd"),
]


def broken(data: bytes, chance: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.choice([1, 1, 2, 5])):
        at = chance.randrange(len(changed) + 1)
        match chance.randrange(5):
            case 0:
                changed[at : at + 1] = bytes([chance.randrange(256)])
            case 1:
                del changed[at : at + chance.choice([1, 4, 40])]
            case 2:
                changed[at : at + chance.choice([0, 1, 4, 10])] = chance.choice(TOKENS)
            case 3:
                start = chance.randrange(len(changed) + 1)
                changed[at:at] = changed[start : start + chance.choice([4, 20, 200])]
            case _:
                del changed[at:]
    return bytes(changed)


@given(st.integers(0, 2**32))
def test_property_broken_recordings_are_taken_or_refused(seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(20):
        request = chance.choice(recorded())
        headers = [
            (name, broken(value.encode(), chance).decode("latin-1") if chance.random() < 0.1 else value)
            for name, value in text_pairs(request.headers)
        ]
        target = request.target
        if chance.random() < 0.1:
            target = "/" + broken(target[1:].encode(), chance).decode("latin-1")
        try:
            submission = decode_request(HttpRequest(request.method, target, headers, broken(request.body, chance)))
        except StoreError as error:
            response, expected = error.response(), range(400, 500)
        else:
            response, expected = submission.response(), range(200, 203)
            for event in submission.events:
                assert json.loads(encode_event(event))["event_id"] == event.event_id
        assert response.status in expected
        # A header that a server would refuse to write turns the answer into one of its own.
        assert all(char in range(0x20, 0x7F) for _, value in response.headers for char in value.encode())
