"""Whatever text stands in the head of a request, or is given with it: a value or a `StoreError`, and an answer to write."""

import asyncio
import io
import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from unittest import mock

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from store_protocol import (
    Dsn,
    HttpRequest,
    NormalizeOptions,
    Response,
    StoreError,
    Submission,
    asgi,
    decode_request,
    encode_event,
    encode_request,
    errors,
    find_auth,
    http_request,
    normalize_event,
    parse_auth_header,
    parse_auth_query,
    parse_event,
    wsgi,
)
from store_protocol.gateways import origin_form
from store_protocol.http_request import text_pairs
from store_protocol.rate_limits import format_rate_limits, format_retry_after, parse_rate_limits, parse_retry_after
from store_protocol.request_decoder import RequestDecoder
from store_protocol.texts import header_value, safe_target, safe_text

KEY = "b70a31b3510c4cf793964a185cfe1fd0"
ID = "1" * 32
NOW = 1795392000.0
AUTH = ("X-Sentry-Auth", f"Sentry sentry_key={KEY}")
EVENT = b'{"message": "hello"}'
REPORT = b'{"csp-report": {"effective-directive": "img-src", "blocked-uri": "http://a.b"}}'
DUMP = b"MDMP" + bytes(28)
ESCAPED = b"caf\xe9 \xff".decode("utf-8", "surrogateescape")

#: Any text, and more often what breaks things: odd bytes as servers hand them on, halves of pairs, ends of lines.
texts = (
    st.text(st.characters(exclude_categories=[]), max_size=20)
    | st.text('\ud800\udc00\udcff\udc80\udfff\r\n\0\x85\u2028é٧"%=&?#,;:/@ a7', max_size=20)
    | st.binary(max_size=20).map(lambda data: data.decode("utf-8", "surrogateescape"))
)


def post(endpoint: str, body: bytes, *headers: tuple[Any, Any], query: str = "") -> HttpRequest:
    target = f"/api/1/{endpoint}/{query}"
    return HttpRequest("POST", target, [AUTH, *headers], body)


def envelope(headers: dict[str, Any], item: dict[str, Any] | None = None, payload: bytes = EVENT) -> HttpRequest:
    lines = [json.dumps(headers).encode(), json.dumps({"type": "event"} | (item or {})).encode(), payload]
    return post("envelope", b"\n".join(lines))


def form(name: str, filename: str | None, content_type: str, data: bytes) -> HttpRequest:
    disposition = f'form-data; name="{name}"' + (f'; filename="{filename}"' if filename is not None else "")
    lines = [
        *(b"--xyz", b'Content-Disposition: form-data; name="upload_file_minidump"; filename="a"', b"", DUMP, b"--xyz"),
        f"Content-Disposition: {disposition}".encode("utf-8", "surrogatepass"),
        f"Content-Type: {content_type}".encode("utf-8", "surrogatepass"),
        *(b"", data, b"--xyz--", b""),
    ]
    return post("minidump", b"\r\n".join(lines))


BODIES = {"store": EVENT, "security": REPORT, "minidump": DUMP, "envelope": b'{}\n{"type":"event"}\n' + EVENT}
#: Headers by the text around the one that is tried.
HEADERS = {
    **dict.fromkeys(("User-Agent", "Origin", "Referer", "Sec-CH-UA", "Sec-CH-UA-Platform", "Sec-CH-UA-Model"), "{}"),
    **dict.fromkeys(("Content-Encoding", "Content-Length", "X-Sentry-Auth", "Authorization", "X-Forwarded-For"), "{}"),
    "content-type": "{}",
    "CONTENT-TYPE": "text/plain; charset={}",
    "Content-Type": "multipart/form-data; boundary={}",
    "origin": "http://{}",
    "Authorization ": "Basic {}",
    "x-sentry-auth": f"Sentry sentry_key={KEY}, sentry_client={{}}, sentry_secret={{}}",
    "X-Sentry-auth": f"Sentry sentry_key={KEY}, sentry_timestamp={{}}",
    "X-sentry-Auth": f"Sentry sentry_key={KEY}, sentry_version={{}}",
    "X-sentry-auth": f'Sentry sentry_key={KEY}, sentry_client="{{}}"',
}
QUERIES = (
    "{}",
    *("sentry_data={}", "sentry_data=%7B%22message%22%3A%22{}%22%7D", "sentry_release={}", "sentry_environment={}"),
    *("sentry_client={}", "sentry_secret={}", "sentry_key={}", "sentry_version={}", "sentry_timestamp={}"),
)


def with_header(endpoint: str, name: str, around: str) -> Callable[[str], HttpRequest]:
    return lambda text: post(endpoint, BODIES[endpoint], (name.strip(), around.replace("{}", text)))


def with_bytes(endpoint: str, name: str, around: str) -> Callable[[str], HttpRequest]:
    def make(text: str) -> HttpRequest:
        value = around.replace("{}", text).encode("utf-8", "surrogatepass")
        return post(endpoint, BODIES[endpoint], (name.strip().encode(), value))

    return make


def with_query(endpoint: str, around: str, method: str = "POST") -> Callable[[str], HttpRequest]:
    def make(text: str) -> HttpRequest:
        target = f"/api/1/{endpoint}/?sentry_key={KEY}&{around.replace('{}', text)}"
        return HttpRequest(method, target, [], BODIES[endpoint])

    return make


#: By the place in a request, what makes the request of the text that stands there.
PLACES: dict[str, Callable[[str], HttpRequest]] = {
    **{
        f"{name} {around} at {endpoint}": with_header(endpoint, name, around)
        for endpoint in BODIES
        for name, around in HEADERS.items()
    },
    **{f"bytes of {name} {around}": with_bytes("security", name, around) for name, around in HEADERS.items()},
    **{f"{around} at {endpoint}": with_query(endpoint, around) for endpoint in BODIES for around in QUERIES},
    **{f"{around} of GET": with_query("store", around, "GET") for around in QUERIES},
    "the name of a header": lambda text: post("security", REPORT, (text, text)),
    "the project": lambda text: HttpRequest("POST", f"/api/{text}/store/", [AUTH], EVENT),
    "the path": lambda text: HttpRequest("POST", f"/{text}/api/1/store/", [AUTH], EVENT),
    "the target": lambda text: HttpRequest("POST", text, [AUTH], EVENT),
    "the host": lambda text: HttpRequest("POST", f"http://{text}/api/1/store/", [AUTH], EVENT),
    "the method": lambda text: HttpRequest(text, "/api/1/store/", [AUTH], EVENT),
    "the address": lambda text: HttpRequest("POST", "/api/1/store/", [AUTH], EVENT, remote_addr=text),
    "the DSN of an envelope": lambda text: envelope({"dsn": text}),
    "the key of an envelope's DSN": lambda text: envelope({"dsn": f"https://{KEY}:{text}@h/1"}),
    "the clock of an envelope": lambda text: envelope({"sent_at": text}),
    "the id of an envelope": lambda text: envelope({"event_id": text}),
    "the trace of an envelope": lambda text: envelope({"trace": {"sample_rate": text, "replay_id": text, text: text}}),
    "any header of an envelope": lambda text: envelope({text: text}),
    "the type of an item": lambda text: envelope({}, {"type": text}),
    "the length of an item": lambda text: envelope({}, {"length": text}),
    "the names of an attachment": lambda text: envelope(
        {}, {"type": "attachment", "filename": text, "content_type": text, "attachment_type": text}
    ),
    "the release of a report": lambda text: envelope(
        {}, {"type": "raw_security", "sentry_release": text, "sentry_environment": text}, REPORT
    ),
    "the name of a field": lambda text: form(text, None, "text/plain", b"a"),
    "the name of a path of fields": lambda text: form(f"sentry[{text}][a]", None, "text/plain", b"a"),
    "a field": lambda text: form("a", None, text, text.encode("utf-8", "surrogatepass")),
    "the name of a file": lambda text: form("a", text, text, b"a"),
}


def check_response(response: Response) -> None:
    for name, value in response.headers:
        assert (name + value).isascii() and (name + value).isprintable()
    assert dict(response.headers)["Content-Length"] == str(len(response.body))


def check_error(error: StoreError) -> None:
    assert str(error).isascii() and str(error).isprintable() and len(str(error)) < 200
    assert repr(error)
    check_response(error.response())


def check(request: HttpRequest) -> None:
    assert repr(request).isprintable()
    try:
        submission = decode_request(request, now=NOW, new_event_id=lambda: ID)
    except StoreError as error:
        check_error(error)
        return
    check_response(submission.response())
    assert repr(submission).encode()
    # All that it holds can be stored.
    assert msgspec.json.encode(submission)
    for event in submission.events:
        assert decode_json(encode_event(event))["event_id"]


decode_json = msgspec.json.Decoder(dict[str, Any]).decode


@pytest.mark.parametrize("text", [ESCAPED, "\ud83d", "\r\nX-Evil: 1", "9" * 5000], ids=ascii)
def test_hard_text_in_each_place_of_a_head_gives_a_submission_or_an_error(text: str) -> None:
    for make in PLACES.values():
        check(make(text))


@given(texts, st.integers(0, 3))
def test_property_any_text_of_a_head_gives_a_submission_or_an_error(text: str, first: int) -> None:
    # A quarter of the places for each text, as there are more than a hundred.
    for make in [*PLACES.values()][first::4]:
        check(make(text))


@given(texts, texts, texts)
def test_property_any_head_gives_the_same_piece_by_piece(method: str, target: str, header: str) -> None:
    request = HttpRequest(method, f"/api/1/store/?{target}", [("X-Sentry-Auth", header), ("Content-Encoding", header)])
    with suppress(StoreError):
        decoder = RequestDecoder(request, now=NOW)
        decoder.feed(EVENT)
        assert encode_event(decoder.finish().events[0])


@pytest.mark.parametrize(
    ("place", "read", "value"),
    [
        ("User-Agent {} at security", lambda event: dict(event.request.headers)["User-Agent"], "café ÿ"),
        ("sentry_release={} at security", lambda event: event.release, "caf\ufffd \ufffd"),
        (
            "sentry_data=%7B%22message%22%3A%22{}%22%7D of GET",
            lambda event: event.logentry.formatted,
            "caf\ufffd \ufffd",
        ),
    ],
)
def test_bytes_that_came_as_surrogates_are_read_as_bytes_are(place: str, read: Any, value: str) -> None:
    assert read(decode_request(PLACES[place](ESCAPED)).event) == value


def test_client_may_have_any_character() -> None:
    request = PLACES["x-sentry-auth " + HEADERS["x-sentry-auth"] + " at store"]("caf\udce9/1")
    auth = decode_request(request).auth
    assert auth is not None and (auth.client, auth.secret_key) == ("café/1", "café/1")


@pytest.mark.parametrize(
    ("text", "safe", "target"),
    [
        ("plain", "plain", "plain"),
        ("é€😀", "é€😀", "é€😀"),
        ("\udc80\udcff", "\x80ÿ", "%80%FF"),
        ("\udc00\udc7f\udfff\ud800", "\ufffd" * 4, "\ufffd" * 4),
        ("\ud83d\udcaf", "💯", "💯"),
        ("\udcaf\ud83d", "¯\ufffd", "%AF\ufffd"),
    ],
)
def test_surrogates_are_repaired(text: str, safe: str, target: str) -> None:
    assert (safe_text(text), safe_target(text)) == (safe, target)


@given(texts)
def test_property_repaired_text_can_be_encoded_and_stays(text: str) -> None:
    for repair in (safe_text, safe_target):
        repaired = repair(text)
        assert repaired.encode().decode() == repair(repaired) == repaired
    assert header_value(text).isascii() and header_value(text).isprintable() and len(header_value(text)) == len(text)


def options_of(text: str) -> NormalizeOptions:
    hints = {"sec_ch_ua": text, "sec_ch_ua_platform": text, "sec_ch_ua_model": None, text: text}
    return NormalizeOptions(
        client=f"{text}/1",
        client_ip=text,
        key_id=text,
        protocol_version=text,
        grouping_config={"id": text},
        user_agent=text,
        client_hints=hints,
        replay_id=text,
        sent_at=text,
        normalize_user_agent=True,
    )


@given(texts)
@example(ESCAPED)
def test_property_options_may_hold_any_text(text: str) -> None:
    options = options_of(text)
    for payload in (EVENT, {"csp": {"effective_directive": "img-src"}}):
        event = normalize_event(payload, options)
        assert decode_json(encode_event(event))["event_id"]
        assert encode_event(normalize_event(encode_event(event), NormalizeOptions(is_renormalize=True)))
    for name in ("store", "security"):
        (event,) = decode_request(post(name, BODIES[name]), options=options).events
        assert decode_json(encode_event(event))["key_id"] == safe_text(text)


def test_options_that_are_told_keep_those_of_the_caller() -> None:
    options = NormalizeOptions(key_id="caf\udce9", client_hints={"sec_ch_ua": "\ud800"})
    assert (options.key_id, options.client_hints) == ("café", {"sec_ch_ua": "\ufffd"})
    changed = options.with_safe({"client": "a/1"})
    assert changed == msgspec.structs.replace(options, client="a/1") and options.client is None


def test_event_that_a_caller_puts_surrogates_into_is_written() -> None:
    event = parse_event({"message": "a", "contexts": {"trace": {"trace_id": ID, "span_id": "2" * 16, "x": 1}}})
    event.release = "a\ud800"
    assert decode_json(encode_event(event)) == decode_json(
        encode_event(parse_event({**_whole(event), "release": "a\ufffd"}))
    )


def _whole(event: Any) -> dict[str, Any]:
    event = msgspec.structs.replace(event, release=None)
    return decode_json(encode_event(event))


@given(texts, st.sampled_from(["header", "query", "both"]))
@example(ESCAPED, "both")
def test_property_requests_of_clients_of_any_name_can_be_sent(text: str, placement: Any) -> None:
    dsn = Dsn(scheme="https", public_key=KEY, secret_key=text, host="h", project_id="1")
    event = parse_event({"message": "a"})
    event.release = text
    for sent in (event, {"message": text}, {text: text}):
        request = encode_request(dsn, sent, client=text, auth=placement, now=float("nan"))
        for _, value in text_pairs(request.headers):
            assert value.isascii() and value.isprintable()
        assert request.target.isascii() and request.target.isprintable()
        assert decode_request(request).event is not None


@given(texts, texts)
def test_property_parsers_of_any_text(text: str, other: str) -> None:
    for parse in (parse_auth_header, parse_auth_query, Dsn.parse):
        for given_text in (text, f"Sentry sentry_key=a, sentry_client={text}", f"https://a:{text}@{other}/1"):
            with suppress(StoreError):
                found = parse(given_text)
                assert msgspec.json.encode(found) and repr(found).encode() and str(found).encode()
    with suppress(StoreError):
        assert msgspec.json.encode(find_auth([(text, text), ("Authorization", f"Basic {other}")], f"sentry_key=a&{text}"))
    limits = parse_rate_limits(f"{text}, 60:{text}:{other}:{text}")
    assert msgspec.json.encode(limits)
    assert header_value(format_rate_limits(limits)) == format_rate_limits(limits)
    for now in (None, NOW, float("nan"), float("inf")):
        parse_retry_after(text, now=now)
        parse_retry_after("Sun, 06 Nov 1994 08:49:37 GMT", now=now)


@pytest.mark.parametrize(
    "text",
    [
        *("1e400", "-1e400", "nan", "9" * 5000, "1" + "0" * 400, "0000-01-01T00:00:00Z", "0001-01-01T00:00:00+23:59"),
        *("9999-12-31T23:59:59-23:59", "٧", "1_0", "0x10", "2026-02-30", "\ud800", "1e-400"),
    ],
)
def test_odd_times_are_none(text: str) -> None:
    for auth in (
        parse_auth_header(f"Sentry sentry_key=a, sentry_timestamp={text}"),
        parse_auth_query(f"sentry_key=a&sentry_timestamp={text}"),
    ):
        assert auth.timestamp in (None, 0.0)


@pytest.mark.parametrize(("seconds", "text"), [(float("nan"), "1"), (float("inf"), "999999999999999"), (-1e400, "1")])
def test_wait_of_no_length_is_written(seconds: float, text: str) -> None:
    assert format_retry_after(seconds) == text


def call_wsgi(app: Any, **environ: Any) -> tuple[str, list[tuple[str, str]]]:
    started: list[Any] = []
    made = {"REQUEST_METHOD": "POST", "PATH_INFO": "/api/1/security/", "CONTENT_LENGTH": str(len(REPORT))}
    list(app(made | {"wsgi.input": io.BytesIO(REPORT)} | environ, lambda *given: started.append(given)))
    ((status, headers),) = started
    for name, value in headers:
        assert (name + value).isascii() and (name + value).isprintable()
    return status, headers


def call_asgi(app: Any, **scope: Any) -> int:
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": REPORT}

    async def send(message: Any) -> None:
        sent.append(message)

    made = {"type": "http", "method": "POST", "path": "/api/1/security/", "query_string": b"", "headers": []}
    asyncio.run(app(made | scope, receive, send))
    for name, value in sent[0]["headers"]:
        assert (name + value).isascii() and (name + value).decode().isprintable()
    status: int = sent[0]["status"]
    return status


@given(st.binary(max_size=20), texts)
@example(b"\xff?#%", ESCAPED)
def test_property_applications_take_any_head(data: bytes, text: str) -> None:
    taken: list[Submission] = []

    def take(submission: Submission) -> Response:
        taken.append(submission)
        return Response(200, [("X-Release", submission.events[0].release or "")])

    key = f"sentry_key={KEY}&sentry_release="
    for value in (data.decode("latin-1"), text):
        for environ in (
            {"PATH_INFO": f"/{value}/api/1/security/", "QUERY_STRING": key},
            {"PATH_INFO": value, "QUERY_STRING": key},
            {"SCRIPT_NAME": value, "QUERY_STRING": key},
            {"QUERY_STRING": key + value, "REMOTE_ADDR": value, "HTTP_USER_AGENT": value, "CONTENT_TYPE": value},
            {"QUERY_STRING": key, "HTTP_ORIGIN": value, "HTTP_SEC_CH_UA": value, "HTTP_CONTENT_LENGTH": value},
            {"QUERY_STRING": value, "HTTP_X_SENTRY_AUTH": value, "HTTP_AUTHORIZATION": value},
            {"REQUEST_METHOD": value, "HTTP_CONTENT_ENCODING": value, "QUERY_STRING": key},
        ):
            call_wsgi(wsgi.StoreApp(take), **environ)
    app = asgi.StoreApp(take)
    call_asgi(app, path=f"/{text}/api/1/security/", query_string=key.encode() + data, client=(text, 1))
    call_asgi(app, path=text, query_string=data, method=text)
    names = (b"user-agent", b"origin", b"content-type", b"x-sentry-auth", b"sec-ch-ua", b"content-length", data)
    for name in names:
        call_asgi(app, headers=[(name, data)], query_string=key.encode())
    for submission in taken:
        assert all(map(encode_event, submission.events))


def test_applications_read_a_query_as_utf_8() -> None:
    releases: list[str | None] = []

    def take(submission: Submission) -> None:
        releases.append(submission.events[0].release)

    for data in ("ü".encode(), b"\xff"):
        query = f"sentry_key={KEY}&sentry_release=".encode() + data
        call_asgi(asgi.StoreApp(take), query_string=query)
        call_wsgi(wsgi.StoreApp(take), QUERY_STRING=query.decode("latin-1"))
    assert releases == ["ü", "ü", "\ufffd", "\ufffd"]


@pytest.mark.parametrize("path", ["/a?b/api/1/security/", "/a#b/api/1/security/", "/?sentry_key=x/api/1/security/", "/%23"])
def test_path_that_was_decoded_stays_a_path(path: str) -> None:
    target = origin_form(path, f"sentry_key={KEY}")
    request = HttpRequest("POST", target, [])
    assert request.query == f"sentry_key={KEY}"
    status, _ = call_wsgi(wsgi.StoreApp(lambda submission: None), PATH_INFO=path, QUERY_STRING=f"sentry_key={KEY}")
    assert status.startswith("200" if path.endswith("security/") else "404")


def test_length_that_a_client_names_itself_does_not_count() -> None:
    app = wsgi.StoreApp(lambda submission: None)
    status, _ = call_wsgi(app, HTTP_CONTENT_LENGTH="1", CONTENT_LENGTH="9" * 5000, QUERY_STRING=f"sentry_key={KEY}")
    assert status.startswith("413")


def test_answer_of_a_caller_ends_no_header() -> None:
    def take(submission: Submission) -> Response:
        return Response(200, [("X-Id\n", "1\r\nX-Evil: 1"), ("X-Name", "caf\udce9")])

    query = f"sentry_key={KEY}"
    _, headers = call_wsgi(wsgi.StoreApp(take), QUERY_STRING=query)
    assert headers == [("X-Id?", "1??X-Evil: 1"), ("X-Name", "caf?")]
    assert call_asgi(asgi.StoreApp(take), query_string=query.encode()) == 200


@given(texts, texts)
@example("a\ud800", "\r\n")
def test_property_errors_of_a_caller_can_be_answered(text: str, cause: str) -> None:
    check_response(errors.Rejected(text, causes=(cause,)).response())
    check_response(errors.RateLimited(text, retry_after=1, rate_limits=cause).response())
    check_response(errors.MethodNotAllowed(text, allow=(cause,)).response())


@given(texts, st.integers(0, 50))
@example("\U0010ffff" * 500, 40)
@example("'\"" * 50, 40)
def test_property_quoted_text_is_short_and_plain(text: str, length: int) -> None:
    quoted = errors.quote(text, length=length)
    assert len(quoted) <= length + 5 and quoted.isascii() and quoted.isprintable()


@given(
    st.lists(
        st.tuples(st.text(max_size=8) | st.binary(max_size=8), st.text(max_size=8) | st.binary(max_size=8)), max_size=4
    )
)
def test_headers_of_ascii_are_read_as_all_others_property(pairs: list[tuple[Any, Any]]) -> None:
    with mock.patch.object(http_request, "_are_ascii", return_value=False):
        one_by_one = text_pairs(pairs)
    assert text_pairs(pairs) == one_by_one
    assert text_pairs(iter(pairs)) == one_by_one
