"""What all endpoints have in common: who may send, how much, and how they are answered."""

import base64
import gzip
import json
from io import StringIO
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from store_protocol import (
    Dsn,
    HttpRequest,
    Limits,
    RequestDecoder,
    Response,
    StoreError,
    Submission,
    decode_request,
    encode_item,
    errors,
)
from store_protocol.endpoints import ENDPOINTS
from store_protocol.http_response import CORS_HEADERS
from store_protocol.items import Item
from tests.endpoints.doors import DOORS, EVENT_ID, KEY, NEW_ID, NOW, Door
from tests.endpoints.test_routes import header

OTHER = "0" * 32
DSN = Dsn.parse(f"https://{KEY}:secret@example.com/a/42")
BASIC = base64.b64encode(f"{KEY}:".encode()).decode()
EACH = pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)


def decode(request: HttpRequest, **more: Any) -> Submission:
    return decode_request(request, now=NOW, new_event_id=lambda: NEW_ID, **more)


def in_pieces(request: HttpRequest, size: int, **more: Any) -> Submission:
    head = msgspec.structs.replace(request, body=b"")
    decoder = RequestDecoder(head, now=NOW, new_event_id=lambda: NEW_ID, **more)
    for start in range(0, len(request.body), size):
        decoder.feed(request.body[start : start + size])
    return decoder.finish()


def refusal(request: HttpRequest, **more: Any) -> StoreError:
    with pytest.raises(StoreError) as whole:
        decode(request, **more)
    with pytest.raises(StoreError) as pieces:
        in_pieces(request, 7, **more)
    assert pieces.value == whole.value
    assert pieces.value.response() == whole.value.response()
    return whole.value


def test_every_endpoint_stands_in_the_table() -> None:
    asked = {"store", "envelope", "minidump", "security"} | {name.partition(" ")[0] for name in DOORS}
    assert {endpoint.name for endpoint in ENDPOINTS.values()} == asked


@EACH
def test_request_is_accepted_and_answered(door: Door) -> None:
    submission = decode(door.request())
    response = submission.response()
    assert (response.status, response.body) == (door.status, door.answer)
    assert set(CORS_HEADERS) <= set(response.headers)
    assert header(response, "Content-Length") == str(len(door.answer))
    assert submission.auth is not None and submission.auth.public_key == KEY
    assert submission.events == () and not submission.is_empty and submission.refused == ()
    assert submission.quantities


@pytest.mark.parametrize("name", [name for name in DOORS if name not in {"attachments", "unreal"}])
def test_items_are_those_that_sdks_send(name: str) -> None:
    for item in decode(DOORS[name].request()).items:
        found = item.decode()
        assert isinstance(found, Item) and found.field_errors == ()
        assert encode_item(found).headers.items() <= item.headers.items()


@EACH
@pytest.mark.parametrize(
    ("query", "headers"),
    [
        ("", [("X-Sentry-Auth", f"Sentry sentry_key={KEY}, sentry_version=7")]),
        ("", [("X-Sentry-Auth", f"sentry sentry_key={KEY}")]),
        ("", [("Authorization", f"Sentry sentry_key={KEY}")]),
        ("", [("Authorization", f"Basic {BASIC}")]),
        (f"sentry_key={KEY}&sentry_version=7&sentry_client=a%2F1", []),
        (f"sentry_key={KEY}", [("X-Sentry-Auth", f"Sentry sentry_key={KEY}")]),
        # A login to the site.
        (f"sentry_key={KEY}", [("Authorization", "Basic " + base64.b64encode(b"jane:pw").decode())]),
    ],
)
def test_key_may_stand_in_each_place(door: Door, query: str, headers: Any) -> None:
    submission = decode(door.request(query, headers))
    assert submission.auth is not None and submission.auth.public_key == KEY


@EACH
def test_key_may_stand_in_the_path_where_the_endpoint_has_a_place_for_it(door: Door) -> None:
    request = door.request("", path=f"{door.path.rstrip('/')}/{KEY}/")
    if not door.takes_key:
        assert refusal(request).status == 404
        return
    submission = decode(request)
    assert submission.auth is not None and submission.auth.public_key == KEY
    agreeing = door.request(f"sentry_key={KEY}&sentry_client=a", path=f"{door.path}{KEY}")
    found = decode(agreeing).auth
    assert found is not None and found.client == "a"
    login = door.request(
        "", [("Authorization", "Basic " + base64.b64encode(b"jane:pw").decode())], path=f"{door.path}{KEY}"
    )
    assert decode(login).auth == submission.auth
    for disagreeing in (
        door.request(f"sentry_key={OTHER}", path=f"{door.path}{KEY}"),
        door.request("", [("X-Sentry-Auth", f"Sentry sentry_key={OTHER}")], path=f"{door.path}{KEY}"),
    ):
        assert isinstance(refusal(disagreeing), errors.ContradictoryAuth)
    assert isinstance(refusal(door.request("", path=f"{door.path}not%20a%20key")), errors.InvalidKey)


URLS = {
    "cron": DSN.cron_url("nightly"),
    "nel": DSN.nel_url,
    "attachments": DSN.attachments_url(EVENT_ID),
    "unreal": DSN.unreal_url,
    "error_page": DSN.error_page_url(EVENT_ID),
    "otlp_logs": DSN.otlp_logs_url,
    "otlp_traces": DSN.otlp_traces_url,
}


@pytest.mark.parametrize("name", URLS)
def test_url_of_a_dsn_leads_to_its_endpoint(name: str) -> None:
    door, url = DOORS[name], URLS[name]
    headers = [("Content-Type", door.content_type)]
    if KEY not in url:
        headers.append(("X-Sentry-Auth", f"Sentry sentry_key={KEY}"))
    submission = decode(HttpRequest("POST", f"{url}?{door.query}" if name == "cron" else url, headers, door.body))
    assert (submission.endpoint, submission.project_id) == (name, "42")
    assert submission.auth is not None and submission.auth.public_key == KEY


def check_form(door: Door, response: Response) -> None:
    content = json.loads(response.body)
    assert set(content) == ({"code", "message"} if door.is_rpc else {"detail"} | ({"causes"} & set(content)))
    assert set(CORS_HEADERS) <= set(response.headers) and header(response, "X-Sentry-Error")


@EACH
@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"query": ""}, 401),
        ({"query": "sentry_key="}, 401),
        ({"headers": [("X-Sentry-Auth", f"Sentry sentry_key={OTHER}")]}, 401),
        ({"query": "sentry_key=a%20b"}, 400),
        ({"query": f"sentry_key={KEY}&sentry_version=9"}, 400),
        ({"headers": [("Content-Encoding", "rot13")]}, 415),
        ({"headers": [("Content-Encoding", "gzip")], "body": b"\x1f\x8bno"}, 400),
        ({"headers": [("Content-Length", str(10**12))]}, 413),
        ({"method": "PUT"}, 405),
        ({"method": "HEAD"}, 405),
        ({"path": "/api/a%20b/nel/"}, 400),
    ],
)
def test_refusal_has_the_form_of_the_endpoint(door: Door, more: dict[str, Any], status: int) -> None:
    error = refusal(door.request(**more))
    assert error.status == status
    response = error.response()
    if "path" not in more:
        check_form(door, response)
    if status == 405:
        assert header(response, "Allow") == door.methods


@EACH
def test_body_of_nothing_is_refused_where_it_has_to_say_something(door: Door) -> None:
    if door.query.startswith("status"):
        assert decode(door.request(body=b"")).items
    elif door.status == 202:
        assert isinstance(refusal(door.request(body=b"")), errors.InvalidRequest)
    else:
        assert isinstance(refusal(door.request(body=b" \n")), errors.EmptyBody)


@EACH
def test_preflight_allows_the_methods_of_the_endpoint(door: Door) -> None:
    asked = [("Access-Control-Request-Method", "POST"), ("Access-Control-Request-Headers", "x-of-page")]
    response = decode(HttpRequest("OPTIONS", door.path, asked)).response()
    assert (response.status, response.body) == (200, b"")
    assert header(response, "Access-Control-Allow-Methods") == door.methods.removesuffix(", OPTIONS")
    assert "x-of-page" in (header(response, "Access-Control-Allow-Headers") or "")


@EACH
def test_body_is_held_to_its_limit(door: Door) -> None:
    body = door.body + b" " if door.body else b"    "
    exact = Limits(**{door.limit: len(body)})
    # Telemetry is written with more bytes than it is sent with, and its item has the same limit.
    large = msgspec.structs.replace(exact, max_container_bytes=len(body)) if door.limit == "max_container_bytes" else exact
    error = refusal(door.request(body=body + b" "), limits=large)
    assert isinstance(error, errors.LimitExceeded) and (error.limit, error.status) == (door.limit, 413)
    check_form(door, error.response())
    declared = door.request(headers=[("Content-Length", str(len(body) + 1))])
    with pytest.raises(errors.LimitExceeded):
        RequestDecoder(declared, limits=large)


@EACH
def test_compressed_body_is_the_same(door: Door) -> None:
    request = door.request(headers=[("Content-Encoding", "gzip")], body=gzip.compress(door.body))
    if door.body:
        assert decode(request).items == decode(door.request()).items


@EACH
@given(size=st.integers(1, 400))
def test_property_pieces_are_as_the_whole(door: Door, size: int) -> None:
    assert in_pieces(door.request(), size) == decode(door.request())


@EACH
@given(cut=st.integers(0, 2000), junk=st.binary(max_size=20), content_type=st.booleans())
def test_property_any_body_is_accepted_or_refused(door: Door, cut: int, junk: bytes, content_type: bool) -> None:
    body = door.body[:cut] + junk + door.body[cut + len(junk) :]
    request = door.request(body=body)
    if not content_type:
        request = msgspec.structs.replace(request, headers=[])
    try:
        submission = decode(request)
    except StoreError as error:
        check_form(door, error.response())
    else:
        assert submission.response().status == door.status
        assert submission.quantities is not None
        for item in submission.items:
            assert isinstance(msgspec.msgpack.encode(item), bytes)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "body",
                    "type",
                    "age",
                    "url",
                    "status",
                    "protocol",
                    "server_ip",
                    "resourceLogs",
                    "scopeLogs",
                    "logRecords",
                    "resource",
                    "resourceSpans",
                    "scopeSpans",
                    "spans",
                    "scope",
                    "attributes",
                    "key",
                    "value",
                    "stringValue",
                    "intValue",
                    "arrayValue",
                    "values",
                    "kvlistValue",
                    "traceId",
                    "kind",
                    "flags",
                    "links",
                    "traceState",
                    "status_code",
                    "name",
                    "code",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@pytest.mark.parametrize("name", ["cron with JSON", "nel", "otlp_logs", "otlp_traces"])
@given(value=VALUES)
def test_property_any_json_is_accepted_or_refused(name: str, value: Any) -> None:
    door = DOORS[name]
    body = json.dumps(value).encode()
    try:
        submission = decode(door.request(body=body))
    except StoreError as error:
        check_form(door, error.response())
    else:
        for item in submission.items:
            if item.type in {"log", "span", "check_in"}:
                assert isinstance(msgspec.json.decode(item.data), dict)


PLACES = {
    "key of a path": (f"/api/1/cron/nightly/{KEY}/", "status=ok"),
    "key of a path that is wrong": (f"/api/1/cron/nightly/{KEY}.{KEY}/", "status=ok"),
    "key of a path without status": (f"/api/1/cron/nightly/{KEY}/", ""),
    "key of a path that disagrees": (f"/api/1/cron/nightly/{KEY}/", f"status=ok&sentry_key={OTHER}"),
    "key of a path with a prefix": (f"/a/api/1/unreal/{KEY}/", f"sentry_key={OTHER}"),
    "key of a path that leads nowhere": (f"/api/1/unreals/{KEY}/", ""),
    "DSN of a query": ("/api/embed/error-page/", f"eventId={EVENT_ID}&dsn=https://{OTHER}:{KEY}@h/1"),
    "DSN of a query that is none": ("/api/embed/error-page/", f"eventId={EVENT_ID}&dsn={KEY}@h/1"),
    "DSN of a query without event": ("/api/embed/error-page/", f"dsn=https://{OTHER}:{KEY}@h/1"),
}


@pytest.mark.parametrize("method", ["POST", "GET", "PUT"])
@pytest.mark.parametrize(("path", "query"), PLACES.values(), ids=PLACES)
def test_key_of_a_path_is_in_no_text(path: str, query: str, method: str) -> None:
    request = HttpRequest(method, f"{path}?{query}", [], b"name=a")
    printed = StringIO()
    Console(file=printed, width=10_000).print(request)
    texts = [repr(request), printed.getvalue()]
    try:
        submission = decode(request)
    except StoreError as error:
        texts += [str(error), repr(error), *(value for _, value in error.response().headers), str(error.response().body)]
    else:
        texts += [repr(submission.response()), *map(repr, submission.items)]
        shown = repr(submission)
        # Whoever sends is told by the credentials alone.
        assert shown.count(KEY) == shown.count(f"public_key='{KEY}'")
    assert not [text for text in texts if KEY in text]
