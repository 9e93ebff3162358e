"""Envelopes that come to a path of the application's own, and whatever else is sent there."""

import base64
import gzip
import random
import zlib
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
import zstandard

from store_protocol import HttpRequest, Limits, RequestDecoder, Submission, decode_request, errors
from tests.endpoints.test_envelope import DSN, KEY, envelope, event, sent

TUNNELED = envelope({"dsn": DSN}, event())
#: Bodies of which nothing can come through a tunnel, with their headers.
NOT_TUNNELED: list[tuple[bytes, dict[str, str]]] = [
    *((body, {}) for body in (b"", b"{}", b" \n ", b'{"message": "hello"}', envelope({}, event()), b"\xff\x00")),
    *((body, {}) for body in (envelope({"dsn": 1}, event()), b"user=a&password=b", b"name", b"[1]", b"{" * 200_000)),
    (b'{"a": "%b", "dsn": "%b"}\n' % (b"x" * 70_000, DSN.encode()), {}),
    # What is wrong with a body or a head is told to nobody else.
    (b"eJ", {}),
    (zlib.compress(b"hello" * 1000)[:20], {}),
    (b"hello", {"Content-Encoding": "gzip"}),
    (TUNNELED, {"Content-Encoding": "nothing-known"}),
    (gzip.compress(b" " * 2_000_000), {"Content-Encoding": "gzip"}),
    (b"{}", {"Content-Length": "999999999999"}),
    (b"{}", {"X-Sentry-Auth": "nonsense"}),
    (b"{}", {"X-Sentry-Auth": "Sentry sentry_key=a, sentry_version=99"}),
]


@pytest.mark.parametrize("line", [b"{", b"\n{", b"{\n"])
def test_envelope_comes_through_a_tunnel(line: bytes) -> None:
    submission = sent(envelope({"dsn": DSN}, event()).replace(b"{", line, 1), "/monitoring/errors")
    assert (submission.endpoint, submission.project_id) == ("envelope", "42")
    assert submission.event is not None and submission.event.project == 42


def in_pieces(request: HttpRequest, size: int, note: Callable[[int], Any] = id) -> Submission:
    decoder = RequestDecoder(msgspec.structs.replace(request, body=b""))
    for start in range(0, len(request.body), size):
        note(size)
        decoder.feed(request.body[start : start + size])
    return decoder.finish()


@pytest.mark.parametrize(("body", "headers"), NOT_TUNNELED)
@pytest.mark.parametrize("size", [None, 1000])
def test_nothing_else_comes_through_a_tunnel(body: bytes, headers: dict[str, str], size: int | None) -> None:
    request = HttpRequest("POST", f"/monitoring/errors?sentry_key={KEY}", headers, body)
    with pytest.raises(errors.NotFound):
        decode_request(request) if size is None else in_pieces(request, size)
    with pytest.raises(errors.NotFound):
        decode_request(HttpRequest("GET", "/monitoring/errors", headers, body))


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (gzip.compress(TUNNELED + b"x" * 100_000, 0)[:60_000], errors.CorruptBody),
        (TUNNELED + b"\n" * 3_000_000, errors.LimitExceeded),
    ],
)
def test_what_is_wrong_with_an_envelope_is_told_through_a_tunnel_too(body: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        decode_request(HttpRequest("POST", "/monitoring/errors", [], body), limits=Limits(max_envelope_bytes=2_000_000))


@pytest.mark.parametrize("code", [bytes, gzip.compress, zlib.compress, zstandard.compress, base64.b64encode])
@pytest.mark.parametrize("blanks", [b"", b"\n\r\n "])
def test_no_more_than_the_first_line_is_decoded_before_it_is_known(code: Any, blanks: bytes) -> None:
    line = envelope({"sdk": {"name": "a"}}, event())
    body = code(blanks + line + random.Random(1).randbytes(1_000_000))[:900_000]
    taken: list[int] = []
    with pytest.raises(errors.NotFound):
        in_pieces(HttpRequest("POST", "/monitoring/errors", [], body), 1000, taken.append)
    # Of zstd a block of 128 KiB comes out at once, and blocks are fed to it that end at other places.
    assert sum(taken) <= (200_000 if code is zstandard.compress else 66_000)
    submission = decode_request(HttpRequest("POST", "/monitoring/errors", [], code(TUNNELED)))
    assert submission.event is not None and submission.project_id == "42"


def test_credentials_of_a_tunneled_envelope_are_read_once_it_is_known() -> None:
    with pytest.raises(errors.ContradictoryAuth):
        sent(TUNNELED, "/monitoring/errors?sentry_key=other")
    with pytest.raises(errors.MalformedAuth):
        sent(TUNNELED, "/monitoring/errors", {"X-Sentry-Auth": "nonsense"})
