"""The whole way of a request."""

import base64
import gzip
import json
import random
import zlib
from collections.abc import Callable
from functools import partial
from typing import Any

import brotli
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from store_protocol import HttpRequest, Limits, NormalizeOptions, StoreError, Submission, decode_request, errors
from store_protocol.http_response import CORS_HEADERS
from store_protocol.pipeline import RequestDecoder
from store_protocol.submission import PIXEL

KEY = "b70a31b3510c4cf793964a185cfe1fd0"
ID = "fc6d8c0c43fc4630ad850ee518f1b9d0"
AUTH = ("X-Sentry-Auth", f"Sentry sentry_version=7, sentry_key={KEY}")

# The request that the SDK documentation prints, byte for byte but for the ends of lines.
DOCS_REQUEST = b"""POST /api/project-id/store/ HTTP/1.1
User-Agent: raven-python/1.0
Content-Type: application/json
X-Sentry-Auth: Sentry sentry_version=7,
  sentry_timestamp=1329096377,
  sentry_key=b70a31b3510c4cf793964a185cfe1fd0,
  sentry_client=raven-python/1.0,
  sentry_secret=b7d80b520139450f903720eb7991bf3d

{
    "event_id": "fc6d8c0c43fc4630ad850ee518f1b9d0",
    "culprit": "my.module.function_name",
    "timestamp": "2011-05-02T17:41:36",
    "message": "SyntaxError: Wattttt!",
    "exception": [{
        "type": "SyntaxError",
        "value": "Wattttt!",
        "module": "__builtins__"
    }]
}
"""


def post(body: bytes, *headers: tuple[str, str], target: str = "/api/1/store/") -> HttpRequest:
    return HttpRequest("POST", target, [AUTH, *headers], body)


def decoded(body: bytes, *headers: tuple[str, str], **options: Any) -> Any:
    return decode_request(post(body, *headers), **options)


def test_request_of_the_docs_is_taken() -> None:
    head, _, body = DOCS_REQUEST.partition(b"\n\n")
    first, *lines = head.decode().replace("\n  ", "\r\n  ").split("\n")
    lines = "\n".join(lines).replace("\r\n  ", "\x00").split("\n")
    method, target, _ = first.split()
    headers = [(name, value.replace("\x00", "\r\n  ")) for name, _, value in (line.partition(": ") for line in lines)]
    submission = decode_request(HttpRequest(method, target, headers, body))
    assert submission.auth is not None and submission.event is not None
    assert submission.project_id == "project-id"
    assert (submission.auth.version, submission.auth.timestamp, submission.auth.client) == (
        7,
        1329096377.0,
        "raven-python/1.0",
    )
    assert submission.auth.secret_key == "b7d80b520139450f903720eb7991bf3d"
    assert submission.event.logentry is not None and submission.event.exception is not None
    assert submission.event.logentry.formatted == "SyntaxError: Wattttt!"
    assert submission.response().body == b'{"id":"%s"}' % ID.encode()


@pytest.mark.parametrize("password", ["", "b7d80b520139450f903720eb7991bf3d"])
def test_curl_with_the_key_in_url_and_header_is_taken(password: str) -> None:
    basic = base64.b64encode(f"{KEY}:{password}".encode()).decode()
    submission = decoded(b'{"message": "a"}', ("Authorization", f"Basic {basic}"))
    assert submission.auth.public_key == KEY


def test_key_that_differs_is_refused() -> None:
    with pytest.raises(errors.ContradictoryAuth):
        decode_request(post(b"{}", target="/api/1/store/?sentry_key=other"))


def test_what_the_request_tells_goes_into_the_event() -> None:
    submission = decode_request(
        HttpRequest(
            "POST",
            "/api/42/store/?sentry_key=a&sentry_version=6&sentry_client=raven-js%2F3.0",
            [],
            b'{"message": "a"}',
            remote_addr="192.0.2.1",
        ),
        now=1795392000.0,
        new_event_id=lambda: ID,
    )
    event = submission.event
    assert event is not None
    assert (event.project, event.version, event.event_id, event.received) == (42, "6", ID, 1795392000.0)
    assert (submission.event_id, submission.received_bytes, submission.decoded_bytes) == (ID, 16, 16)


def test_options_of_the_caller_come_first() -> None:
    event = decoded(b"{}", options=NormalizeOptions(project_id=7, protocol_version="x", client="a/1")).event
    assert (event.project, event.version) == (7, "x")


def test_id_and_time_are_drawn_where_they_are_left_out() -> None:
    first, second = decoded(b"{}"), decoded(b"{}")
    assert len({first.event_id, second.event_id}) == 2
    assert first.event.received > 1.7e9


@pytest.mark.parametrize(
    ("body", "project"),
    [
        (b'{"project": "1"}', "1"),
        (b'{"project": 5}', "5"),
        (b'{"project": "a b"}', None),
        (b'{"project": []}', None),
        (b"{}", None),
    ],
)
def test_legacy_path_takes_the_project_from_the_payload(body: bytes, project: str | None) -> None:
    assert decode_request(post(body, target="/api/store/")).project_id == project


def test_repairs_are_listed() -> None:
    submission = decoded(b'{"extra": {"a": NaN}, "message": "\\ud800"}')
    assert [repair.path for repair in submission.repairs] == ["$.extra.a", "$.message"]
    assert submission.event.extra == {"a": "NaN"}
    assert submission.event.logentry.formatted == "\ufffd"


def test_charset_of_the_content_type_is_honoured() -> None:
    body = '{"message": "café"}'
    for charset in ("iso-8859-1", "utf-16", '"UTF-8"'):
        encoded = body.encode(charset.strip('"'))
        event = decoded(encoded, ("Content-Type", f"application/json; charset={charset}")).event
        assert event.logentry.formatted == "café"


def test_codings_are_told() -> None:
    body = base64.b64encode(zlib.compress(b'{"message": "a"}'))
    submission = decoded(body, ("Content-Type", "application/octet-stream"))
    assert (submission.codings, submission.received_bytes, submission.decoded_bytes) == (("base64", "zlib"), len(body), 16)


@pytest.mark.parametrize(
    ("request_", "error", "status"),
    [
        (HttpRequest("POST", "/api/1/store/", [], b"{}"), errors.MissingAuth, 401),
        (HttpRequest("POST", "/api/1/store/", [("X-Sentry-Auth", "Sentry x")], b"{}"), errors.MalformedAuth, 401),
        (HttpRequest("POST", "/api/1/store/?sentry_key=a&sentry_version=8", [], b"{}"), errors.UnsupportedVersion, 400),
        (HttpRequest("POST", "/api/1/store/?sentry_key=a%20b", [], b"{}"), errors.InvalidKey, 400),
        (HttpRequest("POST", "/api/%20/store/?sentry_key=a", [], b"{}"), errors.InvalidProject, 400),
        (HttpRequest("POST", "/api/1/stare/?sentry_key=a", [], b"{}"), errors.NotFound, 404),
        (HttpRequest("PUT", "/api/1/store/?sentry_key=a", [], b"{}"), errors.MethodNotAllowed, 405),
        (HttpRequest("GET", "/api/1/store/?sentry_key=a", [], b""), errors.EmptyBody, 400),
        (post(b""), errors.EmptyBody, 400),
        (post(b" \n "), errors.EmptyBody, 400),
        (post(gzip.compress(b""), ("Content-Encoding", "gzip")), errors.EmptyBody, 400),
        (post(b"x", ("Content-Encoding", "gzip")), errors.CorruptBody, 400),
        (post(b"x", ("Content-Encoding", "compress")), errors.UnsupportedEncoding, 415),
        (post(b"{"), errors.InvalidJson, 400),
        (post(b"[]"), errors.NotAnObject, 400),
        (post(b"[" * 200 + b"]" * 200), errors.TooDeep, 400),
        (post(b" " * (1024 * 1024) + b"{}"), errors.LimitExceeded, 413),
        (post(gzip.compress(b" " * (1024 * 1024) + b"{}"), ("Content-Encoding", "gzip")), errors.LimitExceeded, 413),
    ],
)
def test_request_is_refused(request_: HttpRequest, error: type[StoreError], status: int) -> None:
    with pytest.raises(error) as caught:
        decode_request(request_)
    response = caught.value.response()
    assert response.status == status
    assert set(CORS_HEADERS) <= set(response.headers)
    assert json.loads(response.body)["detail"] == dict(response.headers)["X-Sentry-Error"]


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/api/1/store/", "POST, GET, HEAD"),
        ("/api/1/envelope/", "POST"),
        ("/api/1/minidump/", "POST"),
        ("/api/1/security/", "POST"),
        ("/api/1/csp-report/", "POST"),
    ],
)
def test_preflight_is_allowed_what_it_asks_for(path: str, methods: str) -> None:
    asked = "content-type,traceparent, X-Correlation-Id,  sentry-trace,X-Correlation-Id,bad name,a=b,é,"
    headers = {
        "Origin": "https://app.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": asked,
        "Access-Control-Request-Private-Network": "true",
    }
    response = decode_request(HttpRequest("OPTIONS", path, headers)).response()
    answer = dict(response.headers)
    assert len(answer) == len(response.headers) and (response.status, response.body) == (200, b"")
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert answer["Access-Control-Allow-Methods"] == methods
    usual = dict(CORS_HEADERS)["Access-Control-Allow-Headers"]
    assert answer["Access-Control-Allow-Headers"] == usual + ", traceparent, X-Correlation-Id"
    assert answer["Access-Control-Allow-Private-Network"] == "true"
    assert answer["Cross-Origin-Resource-Policy"] == "cross-origin"


def test_preflight_that_asks_for_nothing_gets_the_usual_headers() -> None:
    response = decode_request(HttpRequest("OPTIONS", "/api/1/store/", {"Origin": "https://app.example"})).response()
    assert response.headers == [("Content-Length", "0"), *CORS_HEADERS]


@pytest.mark.parametrize("method", ["OPTIONS", "HEAD", "options"])
def test_options_and_head_need_nothing(method: str) -> None:
    submission = decode_request(HttpRequest(method, "/api/1/store/", []))
    assert (submission.event, submission.response().status, submission.response().body) == (None, 200, b"")


@pytest.mark.parametrize(
    "data",
    [
        "%7B%22message%22%3A%22a+b%22%7D",
        base64.b64encode(zlib.compress(b'{"message":"a b"}')).decode(),
        base64.b64encode(zlib.compress(b'{"message":"a b"}')).decode().replace("+", "%2B").replace("/", "%2F"),
    ],
)
def test_get_takes_the_event_from_the_query(data: str) -> None:
    submission = decode_request(HttpRequest("GET", f"/api/1/store/?sentry_key=a&sentry_data={data}", []))
    assert submission.event is not None and submission.event.logentry is not None
    assert submission.event.logentry.formatted == "a b"
    assert submission.response().body == PIXEL


def test_limits_are_the_callers() -> None:
    with pytest.raises(errors.TooDeep):
        decoded(b'{"a": {"b": {}}}', limits=Limits(max_depth=3))
    with pytest.raises(errors.LimitExceeded, match="10 bytes"):
        decoded(b'{"message": "a"}', limits=Limits(max_event_bytes=10))


_HEADER_NAMES = st.sampled_from(["X-Sentry-Auth", "Authorization", "Content-Encoding", "Content-Type", "content-length"])
_HEADER_VALUES = st.text(max_size=40) | st.sampled_from(
    [
        AUTH[1],
        "gzip",
        "deflate",
        "br",
        "zstd",
        "utf-8",
        "application/json; charset=utf-16",
        "text/plain;charset=hex",
        "Basic YTo=",
    ]
)
_PATHS = st.sampled_from(["/api/1/store/", "/api/store", "/store/", "//api/x/store/", "http://h/api/1/store/"]) | st.text(
    max_size=20
)
_QUERIES = st.sampled_from(["", "?sentry_key=a", "?sentry_key=a&sentry_data=e30=", "?sentry_data=%7B%7D"]) | st.text(
    max_size=20
)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["message", "tags", "user", "exception", "a"]), inner, max_size=3)
    ),
    max_leaves=8,
)
_BODIES = (
    st.binary(max_size=100)
    | _JSON.map(lambda value: json.dumps(value).encode())
    | _JSON.map(lambda value: zlib.compress(json.dumps(value).encode()))
)


@given(
    st.sampled_from(["POST", "GET", "OPTIONS", "HEAD", "PUT", "post", ""]),
    _PATHS,
    _QUERIES,
    st.lists(st.tuples(_HEADER_NAMES, _HEADER_VALUES), max_size=4),
    _BODIES,
)
def test_any_request_gives_a_submission_or_an_error_property(
    method: str, path: str, query: str, headers: list[tuple[str, str]], body: bytes
) -> None:
    try:
        response = decode_request(HttpRequest(method, path + query, headers, body)).response()
    except StoreError as error:
        response = error.response()
        assert response.status >= 400
    else:
        assert response.status == 200
    assert {name for name, _ in CORS_HEADERS} <= {name for name, _ in response.headers}
    for name, value in response.headers:
        assert (name + value).isascii() and (name + value).isprintable()


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
LONG = b'{"message":"hello","extra":{"a":"' + random.Random(1).randbytes(120_000).hex().encode() + b'"}}'
DUMP = b"MDMP" + bytes(40)
FORM = b'--x\r\nContent-Disposition: form-data; name="upload_file_minidump"; filename="a"\r\n\r\n' + DUMP + b"\r\n--x--\r\n"
REPORT = b'{"csp-report":{"document-uri":"https://a.example/","effective-directive":"img-src"}}'
_TARGETS = {
    "/api/1/store/": (b'{"message":"hello"}', LONG),
    "/api/1/envelope/": (ENVELOPE, ENVELOPE * 2000, ENVELOPE + b'{"type":"event"}\n[\n{"type":"a","length":99}\nx', LONG),
    "/tunnel": (ENVELOPE, b"nonsense"),
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
    st.tuples(st.booleans(), st.booleans()),
    st.sampled_from([b"", b"\0", b"{}", b"junk"]),
    st.integers(0, 300_000) | st.none(),
    st.sampled_from([Limits(), Limits(max_event_bytes=1000, max_compressed_bytes=200, max_compressed_envelope_bytes=300)]),
    st.lists(st.integers(1, 90_000), max_size=6),
)
def test_request_has_one_outcome_whole_and_in_pieces_property(
    sent: tuple[str, bytes],
    coding: str,
    wrap: Callable[[bytes], bytes],
    said: tuple[bool, bool],
    junk: bytes,
    end: int | None,
    limits: Limits,
    cuts: list[int],
) -> None:
    target, plain = sent
    body = (_CODERS[coding](wrap(plain)) + junk)[:end]
    headers = [("X-Sentry-Auth", "Sentry sentry_key=a"), ("Content-Type", "multipart/form-data; boundary=x")]
    if "minidump" not in target or plain == DUMP:
        headers.pop()
    if said[0]:
        headers.append(("Content-Encoding", coding))
    if said[1]:
        headers.append(("Content-Length", str(len(body))))
    more: dict[str, Any] = {"limits": limits, "now": 1.7e9, "new_event_id": lambda: "f" * 32}

    def in_pieces() -> Submission:
        decoder, start = RequestDecoder(HttpRequest("POST", target, headers), **more), 0
        for size in cuts:
            decoder.feed(body[start : start + size])
            start += size
        decoder.feed(body[start:])
        return decoder.finish()

    assert outcome_of(in_pieces) == outcome_of(lambda: decode_request(HttpRequest("POST", target, headers, body), **more))


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
