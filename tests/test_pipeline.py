"""The whole way of a request."""

import base64
import email.message
import gzip
import json
import zlib
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from store_protocol import (
    HttpRequest,
    Limits,
    NormalizeOptions,
    StoreError,
    Submission,
    decode_request,
    errors,
    read_request,
)
from store_protocol.http_response import CORS_HEADERS
from store_protocol.payload import read_payload
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


def read_and_decoded(request: HttpRequest, **more: Any) -> tuple[Submission, Submission]:
    return read_request(request, **more), decode_request(request, now=NOW, new_event_id=lambda: ID, **more)


NOW = 1.7e9
DUMP = b"MDMP" + bytes(40)
FORM = b'--x\r\nContent-Disposition: form-data; name="%b"%b\r\n\r\n%b\r\n'
CSP = {"csp-report": {"document-uri": "https://a.example/", "effective-directive": "img-src"}}
#: Target, content type and body, and the payloads as they are read.
READ: dict[str, tuple[str, str, bytes, list[Any]]] = {
    "event": ("/api/1/store/", "", b'{"message": "hello", "unknown": 1}', [b'{"message": "hello", "unknown": 1}']),
    "mended": ("/api/1/store/", "", b'{"extra": {"a": NaN}}', [b'{"extra": {"a": "NaN"}}']),
    "a string of JSON": ("/api/1/store/", "", b'"{\\"message\\": \\"a\\"}"', [b'{"message": "a"}']),
    "no UTF-8": ("/api/1/store/", "", b'{"message": "a", "b": "\xff"}', ['{"message": "a", "b": "\ufffd"}'.encode()]),
    "UTF-16": (
        "/api/1/store/",
        "text/plain; charset=utf-16",
        '{"message": "ä"}'.encode("utf-16"),
        ['{"message": "ä"}'.encode()],
    ),
    "events": (
        "/api/1/envelope/",
        "",
        b'{"event_id":"%b"}\n{"type":"event"}\n{"message":"a"}\n{"type":"session"}\n{}\n{"type":"feedback"}\n{"message":"b"}\n'
        % ID.encode(),
        [b'{"message":"a"}', b'{"message":"b"}'],
    ),
    "report": ("/api/1/security/", "", json.dumps(CSP).encode(), [None]),
    "dump": ("/api/1/minidump/", "", DUMP, [None]),
    "form": (
        "/api/1/minidump/",
        "multipart/form-data; boundary=x",
        FORM % (b"upload_file_minidump", b'; filename="a"', DUMP) + FORM % (b"sentry[user][id]", b"", b"7") + b"--x--\r\n",
        [None],
    ),
}


@pytest.mark.parametrize(("target", "content_type", "body", "payloads"), READ.values(), ids=READ)
def test_request_is_read_as_it_was_sent(target: str, content_type: str, body: bytes, payloads: list[Any]) -> None:
    request = post(body, ("Content-Type", content_type), target=target)
    read, normalized = read_and_decoded(request)
    assert read.events == () and len(normalized.events) == len(normalized.payloads) == len(payloads)
    assert read.payloads == normalized.payloads
    for found, payload in zip(read.payloads, payloads, strict=True):
        assert payload is None or found == payload
        assert json.loads(found)
    # All else is the same but what was passed over in the way to the event.
    without = {"events": (), "repairs": ()}
    assert msgspec.structs.replace(read, **without) == msgspec.structs.replace(normalized, **without)
    # What was read makes the same event again.
    for found, event in zip(read.payloads, normalized.events, strict=True):
        again = decode_request(post(found), now=NOW, new_event_id=lambda: ID).event
        assert again is not None and again.logentry == event.logentry and again.exception == event.exception


def test_form_is_read_with_what_it_says_of_its_event() -> None:
    target, content_type, body, _ = READ["form"]
    submission = read_request(post(body, ("Content-Type", content_type), target=target))
    assert json.loads(submission.payloads[0])["user"] == {"id": "7"}
    assert [(each.name, each.data) for each in submission.attachments] == [("upload_file_minidump", DUMP)]


def test_envelope_is_there_with_all_its_items_in_their_order() -> None:
    body = b'{"event_id":"%b"}\n' % ID.encode() + b"".join(
        b'{"type":"%b","length":2}\n{}\n' % kind for kind in (b"session", b"event", b"attachment", b"client_report")
    )
    body += b'{"type":"attachment","length":9}\nx'
    for submission in read_and_decoded(post(body, target="/api/1/envelope/")):
        assert submission.envelope is not None
        assert submission.envelope.headers == {"event_id": ID}
        assert [item.type for item in submission.envelope.items] == ["session", "event", "attachment", "client_report"]
        assert submission.envelope.refused == submission.refused and submission.refused[0].index == 4
        assert submission.event_id == ID
    store = read_request(post(b"{}"))
    assert store.envelope is None


def test_item_that_normalization_refuses_has_no_payload_there() -> None:
    body = b'{}\n{"type":"transaction"}\n{"type":"transaction"}\n{"type":"event"}\n{"message":"a"}\n{"type":"event"}\n{'
    read, normalized = read_and_decoded(post(body, target="/api/1/envelope/"))
    assert read.payloads == (b'{"type":"transaction"}', b'{"message":"a"}')
    assert normalized.payloads == (b'{"message":"a"}',) and len(normalized.events) == 1
    assert [(each.index, each.error.code) for each in read.refused] == [(2, "invalid_json")]
    assert [(each.index, each.error.code) for each in normalized.refused] == [(0, "invalid_event"), (2, "invalid_json")]


@pytest.mark.parametrize(
    ("payload", "event_id"),
    [
        (b'{"event_id": "FC6D8C0C-43FC-4630-AD85-0EE518F1B9D0"}', ID),
        (b'{"event_id": 7}', None),
        (b"{}", None),
    ],
)
def test_read_request_has_the_id_that_was_sent(payload: bytes, event_id: str | None) -> None:
    submission = read_request(post(payload))
    assert submission.event_id == event_id
    assert json.loads(submission.response().body) == ({} if event_id is None else {"id": event_id})


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        (post(b"{"), errors.InvalidJson),
        (post(b"[]"), errors.NotAnObject),
        (post(b""), errors.EmptyBody),
        (HttpRequest("POST", "/api/1/store/", [], b"{}"), errors.MissingAuth),
        (HttpRequest("POST", "/nothing", [], b"{}"), errors.NotFound),
    ],
)
def test_what_is_no_request_is_refused_unread(request_: HttpRequest, error: type[StoreError]) -> None:
    with pytest.raises(error):
        read_request(request_)


def test_legacy_path_takes_the_project_from_what_is_read() -> None:
    assert read_request(post(b'{"project": "5"}', target="/api/store/")).project_id == "5"
    assert read_request(HttpRequest("OPTIONS", "/api/1/store/", [])).payloads == ()
    kept = read_request(HttpRequest("POST", "/api/1/store/", [], b"{}"), require_auth=False, keep_body=True)
    assert (kept.auth, kept.request) == (None, HttpRequest("POST", "/api/1/store/", [], b"{}"))


@given(_BODIES, st.sampled_from(["store", "envelope", "minidump", "security"]))
def test_reading_refuses_no_more_than_decoding_property(body: bytes, endpoint: str) -> None:
    request = post(body, target=f"/api/1/{endpoint}/")
    try:
        submission = decode_request(request)
    except StoreError:
        return
    read = read_request(request)
    # In what no interface knows nothing but its bytes is looked at.
    mended = [read_payload(payload) for payload in submission.payloads]
    texts = zip(mended, submission.payloads, strict=True)
    assert [found.text or payload for found, payload in texts] == [*read.payloads]
    assert all(isinstance(json.loads(payload), dict) for payload in read.payloads)


class _Headers:
    """Headers as servers have them that are no mapping: a name may stand there twice."""

    def items(self) -> list[tuple[str, str]]:
        return [AUTH, ("X-A", "b"), ("X-A", "c")]


def _message() -> email.message.Message:
    message = email.message.Message()
    for name, value in _Headers().items():
        message[name] = value
    return message


@pytest.mark.parametrize("headers", [_message(), _Headers(), iter(_Headers().items()), tuple(_Headers().items())])
def test_headers_may_be_whatever_servers_have(headers: Any) -> None:
    submission = decode_request(HttpRequest("POST", "/api/1/store/", headers, b"{}"))
    assert submission.request is not None
    assert submission.request.headers == [(name.lower(), value) for name, value in _Headers().items()]


@pytest.mark.parametrize("body", [bytearray(b"{}"), memoryview(b"{}")])
def test_body_may_be_any_bytes(body: Any) -> None:
    assert decode_request(HttpRequest("POST", "/api/1/store/", [AUTH], body), keep_body=True).received_bytes == 2


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (("POST", "/api/1/store/", [AUTH], "{}"), "the body of a request is bytes, not str"),
        (("POST", "/api/1/store/", [AUTH], None), "the body of a request is bytes, not NoneType"),
        (("POST", "/api/1/store/", ["X-A: b"], b"{}"), "headers are a mapping or pairs"),
        (("POST", "/api/1/store/", [("X-A", 7)], b"{}"), "headers are a mapping or pairs"),
        (("POST", "/api/1/store/", {"X-A": None}, b"{}"), "headers are a mapping or pairs"),
        (("POST", "/api/1/store/", None, b"{}"), "headers are a mapping or pairs"),
        (("POST", "/api/1/store/", "X-A: b", b"{}"), "headers are a mapping or pairs"),
        ((b"POST", "/api/1/store/", [AUTH], b"{}"), "the method of a request is text, not bytes"),
        (("POST", b"/api/1/store/", [AUTH], b"{}"), "the target of a request is text, not bytes"),
    ],
)
def test_mistakes_of_the_caller_are_no_fault_of_the_client(arguments: Any, what: str) -> None:
    for decode in (decode_request, read_request):
        with pytest.raises(TypeError, match=what):
            decode(HttpRequest(*arguments))
