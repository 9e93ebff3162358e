"""Requests whose bodies come in pieces: what is known when, and one outcome however they come."""

import base64
import contextlib
import gzip
import random
import zlib
from collections.abc import Callable
from functools import partial
from typing import Any

import brotli
import msgspec
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from store_protocol import (
    Auth,
    HttpRequest,
    Limits,
    RequestDecoder,
    RequestHead,
    StoreError,
    Submission,
    decode_request,
    errors,
)
from store_protocol.body.beginning import Beginning
from tests.endpoints.test_envelope import DSN, KEY, basic, envelope, event

EARLY: dict[str, tuple[HttpRequest, type[StoreError]]] = {
    "unknown path": (HttpRequest("PUT", "/api/1/nothing/", []), errors.NotFound),
    "wrong method": (HttpRequest("PUT", "/api/1/store/?sentry_key=a", []), errors.MethodNotAllowed),
    "no credentials": (HttpRequest("POST", "/api/1/store/", []), errors.MissingAuth),
    "unknown coding": (
        HttpRequest("POST", "/api/1/store/?sentry_key=a", [("Content-Encoding", "lzw")]),
        errors.UnsupportedEncoding,
    ),
    "too long": (
        HttpRequest("POST", "/api/1/store/?sentry_key=a", [("Content-Length", str(2**20 + 1))]),
        errors.LimitExceeded,
    ),
    "too long compressed": (
        HttpRequest("POST", "/api/1/store/?sentry_key=a", {"Content-Length": "204801", "Content-Encoding": "gzip"}),
        errors.LimitExceeded,
    ),
    "too long for an envelope": (
        HttpRequest("POST", "/api/1/envelope/?sentry_key=a", [("Content-Length", "9" * 30)]),
        errors.LimitExceeded,
    ),
}


@pytest.mark.parametrize(("request_", "error"), EARLY.values(), ids=EARLY)
def test_what_the_head_shows_to_be_wrong_is_refused_before_the_body(request_: HttpRequest, error: type[StoreError]) -> None:
    with pytest.raises(error):
        RequestDecoder(request_)


@pytest.mark.parametrize("length", ["1048576", "-1", "many", ""])
def test_other_lengths_are_no_reason_to_refuse(length: str) -> None:
    decoder = RequestDecoder(HttpRequest("POST", "/api/1/store/?sentry_key=a", [("Content-Length", length)]))
    decoder.feed(b"{}")
    assert decoder.has_body and decoder.finish().event is not None


def test_body_that_outgrows_its_limit_is_refused_as_it_comes() -> None:
    decoder = RequestDecoder(HttpRequest("POST", "/api/1/store/?sentry_key=a", []), limits=Limits(max_event_bytes=100_000))
    for _ in range(100):
        decoder.feed(b"{" * 1000)
    with pytest.raises(errors.LimitExceeded):
        decoder.feed(b"{")
    assert decoder.received_bytes == 100_001


ENVELOPE = b'{"event_id":"' + b"a" * 32 + b'"}\n{"type":"event"}\n{"message":"hello"}\n'
NAMED = b'{"dsn":"%b","event_id":"%b"}\n{"type":"event"}\n{"message":"hello"}\n' % (DSN.encode(), b"a" * 32)
LONG = b'{"message":"hello","extra":{"a":"' + random.Random(1).randbytes(120_000).hex().encode() + b'"}}'
DUMP = b"MDMP" + bytes(40)
FORM = b'--x\r\nContent-Disposition: form-data; name="upload_file_minidump"; filename="a"\r\n\r\n' + DUMP + b"\r\n--x--\r\n"
REPORT = b'{"csp-report":{"document-uri":"https://a.example/","effective-directive":"img-src"}}'
_TARGETS = {
    "/api/1/store/": (b'{"message":"hello"}', LONG),
    "/api/42/envelope/": (
        *(ENVELOPE, ENVELOPE * 2000, ENVELOPE + b'{"type":"event"}\n[\n{"type":"a","length":99}\nx', LONG, b"\n \n"),
        *(NAMED, NAMED + ENVELOPE * 2000, NAMED.replace(b",", b",\n", 1), b"\n" * 70_000 + NAMED),
        *(NAMED.replace(b"{", b'{"a":"%b",' % (b"x" * size), 1) for size in (100, 65_000, 66_000, 200_000)),
        *(NAMED.replace(b"{", b'{"a":\n"%b",' % (b"x" * size), 1) for size in (100, 65_000, 66_000, 200_000)),
        *(LONG.replace(b"{", b'{"dsn":"%b",' % DSN.encode(), 1), NAMED.replace(DSN.encode(), b"nonsense"), NAMED[:40]),
    ),
    "/tunnel": (ENVELOPE, b"nonsense", NAMED, NAMED.replace(b",", b",\n", 1), NAMED + LONG),
    "/api/1/minidump/": (FORM, FORM.replace(DUMP, gzip.compress(DUMP)), DUMP),
    "/api/1/security/": (REPORT, b"[" + b" " * 100_000 + b"]"),
}
_CODERS: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": partial(brotli.compress, quality=1),
    "zstd": zstandard.compress,
    "gzip, deflate": lambda body: zlib.compress(gzip.compress(body)),
}


CREDENTIALS = {
    "key": [("X-Sentry-Auth", f"Sentry sentry_key={KEY}")],
    "other": [("X-Sentry-Auth", "Sentry sentry_key=other")],
    "login": basic("visitor:password"),
    "none": [],
}


def outcome_of(submit: Callable[[], Submission]) -> tuple[Any, ...]:
    try:
        submission = submit()
    except StoreError as error:
        return type(error), error.code, str(error), getattr(error, "limit", None), error.response()
    return submission, submission.response()


@settings(deadline=None)
@given(
    st.sampled_from(sorted(_TARGETS)).flatmap(
        lambda target: st.tuples(st.just(target), st.sampled_from(_TARGETS[target]) | st.binary(max_size=30))
    ),
    st.sampled_from(sorted(_CODERS)),
    st.sampled_from([bytes, base64.b64encode, zlib.compress, lambda body: base64.b64encode(zlib.compress(body))]),
    st.tuples(st.booleans(), st.booleans(), st.sampled_from(["key", "other", "login", "none"]), st.booleans()),
    st.sampled_from([b"", b"\0", b"{}", b"junk"]),
    st.integers(0, 300_000) | st.none(),
    st.sampled_from([Limits(), Limits(max_event_bytes=1000, max_compressed_bytes=200, max_compressed_envelope_bytes=300)]),
    st.lists(st.integers(1, 90_000), max_size=6),
)
def test_request_has_one_outcome_whole_and_in_pieces_property(
    sent: tuple[str, bytes],
    coding: str,
    wrap: Callable[[bytes], bytes],
    said: tuple[bool, bool, str, bool],
    junk: bytes,
    end: int | None,
    limits: Limits,
    cuts: list[int],
) -> None:
    target, plain = sent
    body = (_CODERS[coding](wrap(plain)) + junk)[:end]
    headers = [*CREDENTIALS[said[2]]]
    if "minidump" in target and plain != DUMP:
        headers.append(("Content-Type", "multipart/form-data; boundary=x"))
    if said[0]:
        headers.append(("Content-Encoding", coding))
    if said[1]:
        headers.append(("Content-Length", str(len(body))))
    more: dict[str, Any] = {"limits": limits, "now": 1.7e9, "new_event_id": lambda: "f" * 32, "require_auth": said[3]}
    heads: list[RequestHead] = []

    def in_pieces() -> Submission:
        decoder, start = RequestDecoder(HttpRequest("POST", target, headers), **more), 0
        for size in cuts:
            decoder.feed(body[start : start + size])
            start += size
        decoder.feed(body[start:])
        heads.append(decoder.end())
        return decoder.finish()

    whole = outcome_of(lambda: decode_request(HttpRequest("POST", target, headers, body), **more))
    assert outcome_of(in_pieces) == whole
    # Whoever was asked about the head was asked about the one who sends it.
    if isinstance(whole[0], Submission):
        (head,) = heads
        assert (head.endpoint, head.auth) == (whole[0].endpoint, whole[0].auth)
        assert head.project_id in {whole[0].project_id, None} and head.request == whole[0].request


@pytest.mark.parametrize("coding", ["", "gzip"])
def test_length_over_the_limit_is_refused_in_the_same_words_as_the_body(coding: str) -> None:
    body = gzip.compress(LONG) if coding else LONG
    limits = Limits(max_event_bytes=100_000, max_compressed_bytes=10_000)
    found = []
    for headers in ([], [("Content-Length", str(len(body)))]):
        request = HttpRequest("POST", "/api/1/store/?sentry_key=a", [("Content-Encoding", coding), *headers], body)
        with pytest.raises(errors.LimitExceeded) as refused:
            decode_request(request, limits=limits)
        found.append((str(refused.value), refused.value.limit, refused.value.maximum))
    assert found[0] == found[1]
    assert found[0][1] == ("max_compressed_bytes" if coding else "max_event_bytes")


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_body_of_other_methods_is_not_read(method: str) -> None:
    target = "/api/1/store/?sentry_key=a&sentry_data=%7B%7D"
    decoder = RequestDecoder(HttpRequest(method, target, [("Content-Length", "9999999")]), new_event_id=lambda: "f" * 32)
    decoder.feed(b"nonsense")
    assert not decoder.has_body
    assert decoder.finish().event_id == ("f" * 32 if method == "GET" else None)


def test_head_is_known_before_the_body() -> None:
    request = HttpRequest("POST", f"/api/42/store/?sentry_key={KEY}", {"X-A": "b"}, remote_addr="192.0.2.1")
    decoder = RequestDecoder(request)
    assert (decoder.endpoint, decoder.project_id, decoder.auth) == ("store", "42", Auth(KEY))
    head = decoder.head
    assert head is not None and head == decoder.end()
    assert (head.endpoint, head.project_id, head.auth, head.public_key) == ("store", "42", Auth(KEY), KEY)
    assert head.request == HttpRequest("POST", request.target, [("x-a", "b")], remote_addr="192.0.2.1")


@pytest.mark.parametrize("target", ["/api/42/envelope/", "/api/envelope/", "/monitoring/errors"])
@pytest.mark.parametrize("size", [1, 10, 1000])
@pytest.mark.parametrize("login", [[], basic("visitor:password"), basic(f"{KEY}:")])
def test_key_that_only_an_envelope_names_is_known_after_its_first_line(
    target: str, size: int, login: list[tuple[str, str]]
) -> None:
    body = envelope({"dsn": DSN}, event())
    line = body.index(b"\n") + 1
    decoder = RequestDecoder(HttpRequest("POST", target, login))
    for start in range(0, len(body), size):
        assert (decoder.head is None, decoder.auth is None) == (start < line, start < line)
        decoder.feed(body[start : start + size])
    assert decoder.head is not None and decoder.auth is not None
    assert (decoder.head.project_id, decoder.head.auth, decoder.auth.public_key) == ("42", decoder.auth, KEY)
    submission = decoder.finish()
    assert (submission.event is not None, submission.auth, submission.received_bytes) == (True, decoder.auth, len(body))


CODERS: dict[str, Any] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": partial(brotli.compress, quality=1),
    "zstd": zstandard.compress,
    "base64": base64.b64encode,
}


def feed_and_end(decoder: RequestDecoder, body: bytes) -> None:
    decoder.feed(body)
    decoder.end()


@pytest.mark.parametrize("coding", CODERS)
@pytest.mark.parametrize(
    ("line", "error"),
    [
        ({"dsn": DSN}, None),
        ({"dsn": DSN, "a": "x" * 60_000}, None),
        ({"a": "x" * 100_000, "dsn": DSN}, errors.InvalidEnvelope),
    ],
)
def test_no_more_is_decoded_than_it_takes_to_know_the_key(
    coding: str, line: dict[str, str], error: type[StoreError] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoded: list[int] = []
    take = Beginning._take

    def counted(self: Beginning, data: bytes) -> None:
        decoded.append(len(data))
        take(self, data)

    monkeypatch.setattr(Beginning, "_take", counted)
    body = CODERS[coding](envelope(line, ({"type": "attachment", "length": 30_000_000}, bytes(30_000_000))))
    headers = [("Content-Encoding", coding)] if coding != "base64" else []
    decoder = RequestDecoder(HttpRequest("POST", "/api/42/envelope/", headers))
    with contextlib.nullcontext() if error is None else pytest.raises(error):
        feed_and_end(decoder, body)
    assert (decoder.auth is None) == (error is not None)
    # zstd has blocks of 128 KiB, each of which comes out at once; brotli exceeds what it is asked for.
    assert sum(decoded) <= {"zstd": 128, "br": 96, "base64": 96}.get(coding, 64) * 1024


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"", errors.EmptyBody),
        (b" \n", errors.EmptyBody),
        (envelope({}, event()), errors.MissingAuth),
        (envelope({"dsn": "nonsense"}, event()), errors.MissingAuth),
        (b"[1]\n", errors.InvalidEnvelope),
        (envelope({"dsn": DSN.replace("/42", "/7")}, event()), errors.ContradictoryAuth),
    ],
)
def test_envelope_without_a_key_is_refused_as_soon_as_that_is_known(body: bytes, error: type[StoreError]) -> None:
    decoder = RequestDecoder(HttpRequest("POST", "/api/42/envelope/", []))
    with pytest.raises(error):
        feed_and_end(decoder, body)
    with pytest.raises(error):
        decode_request(HttpRequest("POST", "/api/42/envelope/", [], body))


@pytest.mark.parametrize("target", ["/api/42/store/", "/api/42/security/", "/api/42/minidump/", "/api/42/envelope/"])
def test_credentials_may_be_optional(target: str) -> None:
    body = {"store": b"{}", "security": REPORT, "minidump": DUMP, "envelope": envelope({}, event())}[target.split("/")[3]]
    request = HttpRequest("POST", target, [], body)
    with pytest.raises(errors.MissingAuth):
        decode_request(request)
    submission = decode_request(request, require_auth=False)
    assert submission.auth is None and submission.public_key is None
    assert submission.event is not None and submission.response().status == 200
    decoder = RequestDecoder(msgspec.structs.replace(request, body=b""), require_auth=False)
    assert decoder.auth is None and (decoder.head is None) == ("envelope" in target)
    decoder.feed(body)
    head = decoder.end()
    assert head.auth is None and head.public_key is None
    # What is there must be right.
    with pytest.raises(errors.MalformedAuth):
        decode_request(msgspec.structs.replace(request, headers={"X-Sentry-Auth": "nonsense"}), require_auth=False)


def test_optional_credentials_of_an_envelope_are_found() -> None:
    submission = decode_request(HttpRequest("POST", "/api/envelope/", [], NAMED), require_auth=False)
    assert (submission.auth, submission.public_key, submission.project_id) == (Auth(KEY), KEY, "42")
    with pytest.raises(errors.ContradictoryAuth):
        decode_request(HttpRequest("POST", "/api/7/envelope/", [], NAMED), require_auth=False)


def test_body_is_kept_where_that_is_asked_for() -> None:
    body = gzip.compress(b'{"message": "hello"}')
    request = HttpRequest("POST", f"/api/42/store/?sentry_key={KEY}", [("Content-Encoding", "gzip")], body)
    for keep in (False, True):
        decoder = RequestDecoder(msgspec.structs.replace(request, body=b""), keep_body=keep)
        decoder.feed(body[:5])
        decoder.feed(body[5:])
        whole = decode_request(request, keep_body=keep).request
        assert whole is not None and whole == decoder.finish().request
        assert (whole.body, whole.headers) == (body if keep else b"", [("content-encoding", "gzip")])
    query = decode_request(HttpRequest("GET", f"/api/42/store/?sentry_key={KEY}&sentry_data=%7B%7D", []), keep_body=True)
    assert query.request is not None and query.request.body == b""


def test_mistakes_of_the_caller_are_told_to_the_caller() -> None:
    decoder = RequestDecoder(HttpRequest("POST", f"/api/42/store/?sentry_key={KEY}", []))
    with pytest.raises(TypeError, match="a body is bytes, not str"):
        decoder.feed("{}")  # type: ignore[arg-type]
    decoder.feed(memoryview(b'{"message":'))
    decoder.feed(bytearray(b'"a"}'))
    assert decoder.finish().event is not None
    with pytest.raises(RuntimeError, match="has been finished"):
        decoder.finish()
    with pytest.raises(RuntimeError, match="no more of its body"):
        decoder.feed(b"")
    with pytest.raises(RuntimeError, match="has been finished"):
        decoder.decode()
