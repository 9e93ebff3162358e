"""A secret that stands anywhere in a request is in no text that the library makes of it."""

import base64
import json
import pickle
import traceback
from collections.abc import Iterator
from io import StringIO
from typing import Any

import msgspec
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from rich.console import Console

from store_protocol import (
    Attachment,
    Auth,
    Dsn,
    EnvelopeItem,
    HttpRequest,
    StoreError,
    decode_request,
    encode_request,
    parse_auth_header,
    parse_auth_query,
    parse_envelope,
)
from store_protocol.endpoints.content import RefusedItem, RequestFacts
from store_protocol.errors import NotAnObject
from store_protocol.request_decoder import RequestDecoder

KEY = "b70a31b3510c4cf793964a185cfe1fd0"
SECRET = "5ec4e75ec4e75ec4e75ec4e75ec4e75e"
BASIC = base64.b64encode(f"{KEY}:{SECRET}".encode()).decode()
DSN = f"https://{KEY}:{SECRET}@example.com/42"
EVENT = b'{"message": "hello"}'
PLANTED = (SECRET, BASIC, BASIC[-24:])


def rich_text(value: Any) -> str:
    printed = StringIO()
    Console(file=printed, width=10_000).print(value)
    return printed.getvalue()


def texts_of_error(error: BaseException) -> Iterator[str]:
    """Everything that is said of an error and of those behind it, but for lines of source."""
    seen: BaseException | None = error
    yield "".join(traceback.format_exception(error, limit=0))
    while seen is not None:
        yield from (str(seen), repr(seen), repr(seen.args), repr(seen.__dict__))
        seen = seen.__cause__ or seen.__context__


def texts_of(request: HttpRequest) -> Iterator[str]:
    yield from (repr(request), str(request), rich_text(request))
    try:
        decoder = RequestDecoder(request)
        yield repr(decoder)
        submission = decode_request(request)
    except StoreError as error:
        yield from texts_of_error(error)
        response = error.response()
    else:
        yield from (repr(submission), str(submission), f"{submission!r:>10}", rich_text(submission))
        yield from map(repr, (*submission.items, *submission.attachments, submission.auth))
        response = submission.response()
    yield from (repr(response), response.body.decode("latin-1"), *(f"{name}: {value}" for name, value in response.headers))


def check(texts: Iterator[str]) -> None:
    for text in texts:
        for planted in PLANTED:
            # An endpoint that shows the token of a broken coding shows it in lower case.
            assert planted.lower() not in text.lower()


def post(*headers: tuple[Any, Any], query: str = "", endpoint: str = "store", body: bytes = EVENT) -> HttpRequest:
    return HttpRequest("POST", f"/api/1/{endpoint}/{query}", list(headers), body)


def envelope(headers: Any, item: Any = None, project: str = "42") -> HttpRequest:
    body = b"\n".join([json.dumps(headers).encode(), json.dumps(item or {"type": "session"}).encode(), EVENT])
    return HttpRequest("POST", f"/api/{project}/envelope/?sentry_key={KEY}", [], body)


GOOD = f"Sentry sentry_version=7, sentry_key={KEY}, sentry_secret={SECRET}"
#: By place and form: requests that carry the secret, rightly or not.
REQUESTS: dict[str, HttpRequest] = {
    "header": post(("X-Sentry-Auth", GOOD)),
    "bytes of a header": post((b"x-sentry-auth", GOOD.encode())),
    "standard header": post(("Authorization", GOOD)),
    "header of another name": post(("X-Sentry-Authentication", GOOD), ("Authentication", GOOD)),
    "header without its colon": post((GOOD, ""), (f"X-Sentry-Auth {GOOD}", "")),
    "header for codings": post(("X-Sentry-Auth", GOOD), ("Content-Encoding", GOOD.replace(",", ";"))),
    "several headers": post(("X-Sentry-Auth", GOOD), ("X-Sentry-Auth", f"Sentry sentry_key=b, sentry_secret={SECRET}")),
    "cookie": post(("Cookie", f"secret={SECRET}"), ("Proxy-Authorization", f"Basic {BASIC}"), ("Forwarded", SECRET)),
    "query": post(query=f"?sentry_key={KEY}&sentry_secret={SECRET}"),
    "query with a wrong version": post(query=f"?sentry_key={KEY}&sentry_version={SECRET}"),
    "query with an escape": post(query=f"?sentry_key={KEY}&sentry%5Fsecret={SECRET}"),
    "query with commas": post(query=f"?sentry_key={KEY},sentry_secret={SECRET}"),
    "query with a client": post(query=f"?sentry_key={KEY}&sentry_client=a%26sentry_secret%3D{SECRET}"),
    "query without its mark": post(query=f"&sentry_key={KEY}&sentry_secret={SECRET}"),
    "fragment": post(query=f"#sentry_secret={SECRET}"),
    "query of GET": HttpRequest("GET", f"/api/1/store/?sentry_key={KEY}&sentry_secret={SECRET}&sentry_data=%7B%7D", []),
    "Basic": post(("Authorization", f"Basic {BASIC}")),
    "Basic that is not encoded": post(("Authorization", f"Basic {KEY}:{SECRET}")),
    "Basic that is cut": post(("Authorization", f"Basic {BASIC[1:]}")),
    "Basic of another key": post(("X-Sentry-Auth", "Sentry sentry_key=b"), ("Authorization", f"Basic {BASIC}")),
    "Basic with a wrong key": post(("Authorization", "Basic " + base64.b64encode(f"a b:{SECRET}".encode()).decode())),
    "absolute target": HttpRequest("POST", f"https://{KEY}:{SECRET}@h/api/1/store/", [("X-Sentry-Auth", GOOD)], EVENT),
    "absolute target with slashes": HttpRequest("POST", f"https://{KEY}:a/{SECRET}/b@h/api/1/store/", [], EVENT),
    "target that is none": HttpRequest("POST", f"{KEY}:{SECRET}@h/api/1/store/", [], EVENT),
    "path": HttpRequest("POST", f"/api/1/store/;sentry_secret={SECRET}/", [], EVENT),
    "path of names": HttpRequest("POST", f"/api/sentry_secret/{SECRET}/store/", [], EVENT),
    "coding": post(("X-Sentry-Auth", GOOD), ("Content-Encoding", f"sentry_secret={SECRET}")),
    "sent by our client": encode_request(DSN, EVENT, auth="both"),
    "envelope": envelope({"dsn": DSN}),
    "envelope alone": post(endpoint="envelope", body=json.dumps({"dsn": DSN}).encode() + b'\n{"type":"event"}\n{}'),
    "envelope through a tunnel": HttpRequest(
        "POST", "/t", [], json.dumps({"dsn": DSN}).encode() + b'\n{"type":"event"}\n{}'
    ),
    "envelope of another key": envelope({"dsn": DSN.replace(KEY, "b")}),
    "envelope of another project": envelope({"dsn": DSN}, project="1"),
    "envelope with a wrong DSN": envelope({"dsn": DSN.replace("://", ":"), "DSN": DSN, "sdk": {"name": "a"}}),
    "envelope with a list": envelope({"dsn": [DSN], "trace": {"dsn": DSN}}),
    "envelope with a key in two places": envelope({DSN: DSN}),
    "item": envelope({}, {"type": "session", "dsn": DSN, DSN: 1}),
    "attachment": envelope({}, {"type": "attachment", "dsn": DSN}),
    "envelope that is none": post(endpoint="envelope", query="?sentry_key=a", body=f'{{"dsn": "{DSN}"'.encode()),
    "event that is none": post(("X-Sentry-Auth", GOOD), body=f'{{"dsn": "{DSN}" "}}'.encode()),
    "form": post(("Content-Type", "multipart/form-data; boundary=x"), endpoint="minidump", body=DSN.encode()),
}


@pytest.mark.parametrize("request_", REQUESTS.values(), ids=REQUESTS)
def test_secret_is_in_no_text(request_: HttpRequest) -> None:
    check(texts_of(request_))


#: What headers and queries are made of; the secret only stands behind its name, since no one can tell it elsewhere.
PIECES = st.sampled_from(
    [
        *("Sentry ", "sentry_key=", KEY, "sentry_version=", "7", "sentry_client=", "raven/1", "sentry_timestamp=", "?"),
        *('"', "'", ",", ", ", ";", "&", " ", "=", "%22", "%2C", "%26", "\r\n ", "\\", "é", "\udcff", "Basic ", "\0"),
        *(f"sentry_secret={SECRET}", f"sentry_secret={SECRET}", f'sentry_secret="{SECRET}"', f"SENTRY_SECRET={SECRET}"),
        *(f"sentry%5Fsecret={SECRET}", f"sentry_secret%3D{SECRET}", f"sentry_secret: {SECRET}"),
    ]
)
MIXED = st.lists(PIECES, max_size=12).map("".join)


@given(MIXED, MIXED)
@example(f'sentry_version="7, sentry_secret={SECRET}", sentry_key={KEY}', "")
@example(f'sentry_client="7, sentry_secret={SECRET}", sentry_key={KEY}', "")
def test_property_secret_of_a_header_or_a_query_is_in_no_text(header: str, query: str) -> None:
    for value in (header, f"Sentry sentry_key={KEY}, {header}"):
        check(texts_of(post(("X-Sentry-Auth", value))))
        check(texts_of(post(("Authorization", value), query=f"?{query}")))
    check(texts_of(post(query=f"?sentry_key={KEY}&{query}", endpoint="security")))
    check(texts_of(HttpRequest("POST", query, [("X-Sentry-Auth", GOOD)], EVENT)))
    for parse, text in ((parse_auth_header, header), (parse_auth_query, query)):
        try:
            check(iter([repr(parse(text)), rich_text(parse(text))]))
        except StoreError as error:
            check(texts_of_error(error))


@given(st.text(), st.integers(0, len(DSN)), st.integers(0, 3))
@example("/", DSN.index("@"), 0)
@example(" ", 5, 0)
@example("@h/", DSN.index(":", 6), 0)
def test_property_secret_of_a_dsn_is_in_no_text(text: str, at: int, dropped: int) -> None:
    secret_at = DSN.index(SECRET)
    if secret_at - dropped < at < secret_at + len(SECRET):
        at = secret_at + len(SECRET)
    broken = DSN[:at] + text + DSN[at + dropped :]
    # Without the colon before it, nobody can tell the secret from the key.
    assume(":" in broken[len("https://") : broken.index(SECRET)] if SECRET in broken else True)
    try:
        found = Dsn.parse(broken)
    except StoreError as error:
        check(texts_of_error(error))
    else:
        check(iter([repr(found), rich_text(found)]))
    check(texts_of(envelope({"dsn": broken})))
    check(texts_of(envelope({"event_id": "1" * 32}, {"type": "session", "dsn": broken})))
    check(texts_of(post(endpoint="envelope", body=broken.encode("utf-8", "surrogatepass"))))


def test_context_of_an_error_holds_no_payload() -> None:
    payloads = (
        b'{"dsn": "%s"',
        b'{"dsn": "\xff%s',
        b'\xff\xfe{"dsn": "%s',
        b'["%s',
        b"--x\r\n\0%s",
        b"MDMP%s",
        b"[" * 200 + b"%s",
    )
    for endpoint in ("store", "envelope", "minidump", "security"):
        for payload in payloads:
            body = payload % DSN.encode()
            check(texts_of(post(("X-Sentry-Auth", GOOD), endpoint=endpoint, body=body)))
            check(texts_of(post(("X-Sentry-Auth", GOOD), ("Content-Encoding", "gzip"), endpoint=endpoint, body=body)))


SUBMISSION = decode_request(REQUESTS["envelope"], now=1795392000.0, new_event_id=lambda: "1" * 32)
SHOWN: dict[str, tuple[Any, str]] = {
    "request": (
        post(("Content-Type", "text/plain"), ("X-Sentry-Auth", GOOD), query="?sentry_key=a"),
        (
            "HttpRequest(method='POST', target='/api/1/store/?***', "
            "headers=[('Content-Type', 'text/plain'), ('X-Sentry-Auth', '***')], body=<20 bytes>, remote_addr=None)"
        ),
    ),
    "request with a mapping": (
        HttpRequest("GET", "/", {b"date": b"", b"cookie": b"a"}),
        "HttpRequest(method='GET', target='/', headers={b'date': b'', b'cookie': '***'}, body=<0 bytes>, remote_addr=None)",
    ),
    "request with what can be read once": (
        HttpRequest("GET", "/", iter([("a", "b")])),
        "HttpRequest(method='GET', target='/', headers='***', body=<0 bytes>, remote_addr=None)",
    ),
    "item": (
        EnvelopeItem("session", {"type": "session", "length": 2, "dsn": DSN}, b"{}"),
        "EnvelopeItem(type='session', headers={'type': 'session', 'length': 2, 'dsn': '***'}, data=<2 bytes>)",
    ),
    "attachment": (
        Attachment("a", "a.txt", "text/plain", b"abc", "b"),
        (
            "Attachment(name='a', filename='a.txt', content_type='text/plain', data=<3 bytes>, attachment_type='b', "
            "file=None, bytes_in_file=0)"
        ),
    ),
    "facts": (
        RequestFacts("text/plain", "sentry_key=a", {"x-sentry-auth": GOOD}),
        (
            "RequestFacts(content_type='text/plain', query='***', headers={'x-sentry-auth': '***'}, reserve=None, "
            "parameters={}, received_at=0.0, new_id=<class 'str'>, files=None)"
        ),
    ),
    "envelope": (
        parse_envelope(b'{"dsn":"a","event_id":"b"}'),
        "Envelope(headers={'dsn': '***', 'event_id': 'b'}, items=(), refused=())",
    ),
    "refused item": (
        RefusedItem(1, "event", NotAnObject("the JSON text is not an object")),
        "RefusedItem(index=1, type='event', error=NotAnObject('the JSON text is not an object'))",
    ),
}


@pytest.mark.parametrize(("value", "text"), SHOWN.values(), ids=SHOWN)
def test_what_is_shown(value: Any, text: str) -> None:
    assert repr(value) == text
    assert rich_text(value).replace("\n", "").replace(" ", "") == text.replace(" ", "")


@pytest.mark.parametrize(
    "value",
    [REQUESTS["header"], SUBMISSION, *SUBMISSION.items, Dsn.parse(DSN), Auth(KEY, secret_key=SECRET)],
    ids=lambda value: type(value).__name__,
)
def test_values_that_hide_a_secret_keep_it(value: Any) -> None:
    encoded = msgspec.json.encode(value)
    assert pickle.loads(pickle.dumps(value)) == value
    assert msgspec.structs.replace(value) == value
    if isinstance(value, (Dsn, Auth)):
        assert hash(pickle.loads(pickle.dumps(value))) == hash(value)
        assert msgspec.json.decode(encoded, type=type(value)) == value
    if not isinstance(value, EnvelopeItem):
        assert SECRET.encode() in encoded


def test_headers_that_are_no_pairs_are_shown_all_the_same() -> None:
    assert repr(HttpRequest("GET", "/", [("a",), 5])).count("***") == 2  # type: ignore[list-item]
