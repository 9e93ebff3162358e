"""Where paths lead, and what every request is answered."""

import json
import pickle

import msgspec
import pytest

from store_protocol import RequestDecoder, decode_request, errors
from store_protocol.budget import Budget
from store_protocol.endpoints import ENDPOINTS, Route, methods_of, route
from store_protocol.endpoints.content import Content, RequestFacts
from store_protocol.endpoints.endpoint import Endpoint
from store_protocol.http_request import HttpRequest, text_pairs
from store_protocol.http_response import CORS_HEADERS, Response, render
from store_protocol.schema import Event
from store_protocol.submission import PIXEL, Submission

DSN = "https://b70a31b3510c4cf793964a185cfe1fd0@host/42"
ID = "7c9ae6e58f03442b9203bbdcf6ae904c"


@pytest.mark.parametrize(
    ("path", "project"),
    [
        ("/api/1/store/", "1"),
        ("/api/1/store", "1"),
        ("//api//1//store//", "1"),
        ("/sentry/api/my-project_2/store/", "my-project_2"),
        ("/a/b/api/1/store/", "1"),
        ("/api/store/", None),
        ("/prefix/api/store/", None),
        ("/store/", None),
    ],
)
def test_path_leads_to_the_store_endpoint(path: str, project: str | None) -> None:
    assert route(path) == Route("store", project)


@pytest.mark.parametrize("path", ["", "/", "/api/1/", "/api/1/stores/", "/1/store/", "/api/1/2/store/", "/store/api/"])
def test_other_paths_are_not_found(path: str) -> None:
    with pytest.raises(errors.NotFound):
        route(path)


@pytest.mark.parametrize("project", ["a b", "%31", "é", "x" * 65, "1;2"])
def test_bad_project_is_named(project: str) -> None:
    with pytest.raises(errors.InvalidProject):
        route(f"/api/{project}/store/")


def header(response: Response, name: str) -> str | None:
    return next((value for key, value in response.headers if key.lower() == name.lower()), None)


def test_post_is_answered_with_the_id() -> None:
    response = Submission("store", events=(Event(event_id=ID),)).response()
    assert (response.status, response.body) == (200, b'{"id":"%s"}' % ID.encode())
    assert header(response, "Content-Type") == "application/json"
    assert header(response, "Content-Length") == str(len(response.body))


def test_get_is_answered_with_the_pixel() -> None:
    response = Submission("store", events=(Event(event_id=ID),), method="GET").response()
    assert (response.status, response.body) == (200, PIXEL)
    assert header(response, "Content-Type") == "image/gif"
    assert PIXEL[:6] == b"GIF89a" and len(PIXEL) == 26


@pytest.mark.parametrize("method", ["OPTIONS", "HEAD"])
def test_methods_without_an_event_get_no_body(method: str) -> None:
    assert Submission("store", method=method).response().body == b""


@pytest.mark.parametrize(
    ("endpoint", "content_type", "body"),
    [
        ("store", "application/json", b'{"id":"%s"}' % ID.encode()),
        ("envelope", "application/json", b'{"id":"%s"}' % ID.encode()),
        ("minidump", "text/plain", b"7c9ae6e5-8f03-442b-9203-bbdcf6ae904c"),
        ("security", None, b""),
        ("of the caller's own", "application/json", b'{"id":"%s"}' % ID.encode()),
    ],
)
def test_endpoint_renders_its_own_answer(endpoint: str, content_type: str | None, body: bytes) -> None:
    submission = Submission(endpoint, events=(Event(event_id=ID),))
    encoded = msgspec.json.encode(Submission(endpoint, envelope_headers={"event_id": ID}))
    again = msgspec.json.decode(encoded, type=Submission)
    for response in (submission.response(), pickle.loads(pickle.dumps(submission)).response(), again.response()):
        assert (response.status, header(response, "Content-Type"), response.body) == (200, content_type, body)
        assert set(CORS_HEADERS) <= set(response.headers)


def test_every_endpoint_is_found_by_its_name() -> None:
    for endpoint in ENDPOINTS.values():
        assert methods_of(endpoint.name) == endpoint.methods


def test_endpoint_is_one_line_of_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(data: bytes, facts: RequestFacts, budget: Budget) -> Content:
        return Content(payloads=({"message": data.decode(), "csp": {}},), headers={"dsn": DSN})

    endpoint = Endpoint(
        name="notes",
        methods=("POST", "GET"),
        sniff=False,
        read=read,
        reads_empty=True,
        read_headers=lambda data, limits: {"dsn": DSN},
        client_hints=True,
        offload=True,
        answer=lambda event_id: render(202, "text/plain", f"noted {event_id}".encode()),
    )
    monkeypatch.setitem(ENDPOINTS, "/api/{project_id}/notes/", endpoint)
    request = HttpRequest("POST", "/api/42/notes/", {"Sec-CH-UA-Platform": "Linux"})
    submission = decode_request(request, new_event_id=lambda: ID)
    assert (submission.endpoint, submission.project_id) == ("notes", "42")
    assert submission.event is not None and submission.event.request is not None
    assert submission.event.request.headers == [("SEC-CH-UA-Platform", "Linux")]
    assert (submission.response().status, submission.response().body) == (202, b"noted " + ID.encode())
    assert RequestDecoder(HttpRequest("POST", "/api/42/notes/", [])).offload
    found = decode_request(HttpRequest("GET", "/api/42/notes/?hello", [])).event
    assert found is not None and found.logentry is not None and found.logentry.formatted == "hello"
    with pytest.raises(errors.MethodNotAllowed) as refused:
        decode_request(HttpRequest("OPTIONS", "/api/42/notes/", []))
    assert header(refused.value.response(), "Allow") == "POST, GET"


def test_submission_without_an_event_has_no_id() -> None:
    submission = Submission("store")
    assert (submission.event, submission.event_id, submission.response().body) == (None, None, b"{}")


ERRORS: list[tuple[errors.StoreError, int]] = [
    (errors.StoreError("x"), 400),
    (errors.InvalidRequest("x"), 400),
    (errors.NotFound("x"), 404),
    (errors.MethodNotAllowed("x", allow=("POST", "GET")), 405),
    (errors.MissingAuth("x"), 401),
    (errors.MalformedAuth("x"), 401),
    (errors.ContradictoryAuth("x"), 401),
    (errors.UnknownKey("x"), 401),
    (errors.UnsupportedVersion("x"), 400),
    (errors.InvalidKey("x"), 400),
    (errors.InvalidProject("x"), 400),
    (errors.InvalidDsn("x"), 400),
    (errors.EmptyBody("x"), 400),
    (errors.CorruptBody("x"), 400),
    (errors.UnsupportedEncoding("x"), 415),
    (errors.LimitExceeded("x", limit="max_event_bytes", maximum=5), 413),
    (errors.InvalidEnvelope("x"), 400),
    (errors.InvalidEnvelopeHeaders("x"), 400),
    (errors.InvalidItemHeaders("x"), 400),
    (errors.InvalidItemLength("x"), 400),
    (errors.WrongItemLength("x"), 400),
    (errors.MissingItemType("x"), 400),
    (errors.ReservedItemType("x"), 400),
    (errors.InvalidMultipart("x"), 400),
    (errors.MissingMinidump("x"), 400),
    (errors.InvalidMinidump("x"), 400),
    (errors.InvalidReport("x"), 400),
    (errors.InvalidItem("x"), 400),
    (errors.UnsupportedItem("x"), 400),
    (errors.UnsupportedMediaType("x"), 415),
    (errors.RetiredReport("x"), 415),
    (errors.InvalidJson("x", offset=3), 400),
    (errors.TooDeep("x"), 400),
    (errors.NotAnObject("x"), 400),
    (errors.InvalidEvent("x"), 400),
    (errors.Rejected("x"), 403),
    (errors.RateLimited("x", retry_after=60, rate_limits="60::key"), 429),
    (errors.Overloaded("x", retry_after=1), 503),
]


@pytest.mark.parametrize(("error", "status"), ERRORS, ids=lambda value: type(value).__name__)
def test_error_is_answered(error: errors.StoreError, status: int) -> None:
    response = error.response()
    assert response.status == error.status == status
    assert json.loads(response.body) == {"detail": "x"}
    assert header(response, "X-Sentry-Error") == "x"
    assert header(response, "Content-Type") == "application/json"
    assert set(CORS_HEADERS) <= set(response.headers)


@pytest.mark.parametrize("error", [error for error, _ in ERRORS], ids=lambda value: type(value).__name__)
def test_error_survives_pickling(error: errors.StoreError) -> None:
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), vars(again), again.args) == (type(error), vars(error), error.args)


def test_every_code_is_its_own() -> None:
    kinds = [value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, errors.StoreError)]
    assert (
        len({kind.code for kind in kinds}) == len(kinds) == len(ERRORS) + 3
    )  # AuthError, BodyError, PayloadError are groups


def test_causes_stand_in_the_answer() -> None:
    error = errors.CorruptBody("corrupt body", causes=("gzip", "bad crc"))
    assert json.loads(error.response().body) == {"detail": "corrupt body", "causes": ["gzip", "bad crc"]}
    assert str(error) == "corrupt body: gzip: bad crc"


def test_error_header_holds_nothing_that_could_end_it() -> None:
    assert header(errors.NotFound("a\r\nSet-Cookie: é").response(), "X-Sentry-Error") == "a??Set-Cookie: ?"


def test_headers_that_an_error_needs() -> None:
    assert header(errors.MethodNotAllowed("x", allow=("POST", "GET")).response(), "Allow") == "POST, GET"
    limited = errors.RateLimited("x", retry_after=60, rate_limits="60::key").response()
    assert (header(limited, "Retry-After"), header(limited, "X-Sentry-Rate-Limits")) == ("60", "60::key")
    assert header(errors.RateLimited("x", retry_after=1).response(), "X-Sentry-Rate-Limits") is None


@pytest.mark.parametrize(
    ("target", "path", "query"),
    [
        ("/a/?b=c?d", "/a/", "b=c?d"),
        ("/a#f?b", "/a", ""),
        ("https://host/a/?b", "/a/", "b"),
        ("http://host", "/", ""),
        ("HTTP://host?b=/c", "/", "b=/c"),
    ],
)
def test_target_is_split(target: str, path: str, query: str) -> None:
    request = HttpRequest("GET", target, [])
    assert (request.path, request.query) == (path, query)


@pytest.mark.parametrize("target", ["", "*", "host:443", "ftp://host/a"])
def test_target_that_names_no_path_is_refused(target: str) -> None:
    with pytest.raises(errors.InvalidRequest):
        HttpRequest("GET", target, []).path  # noqa: B018


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "a"},
        {b"content-type": b"a"},
        [("CONTENT-TYPE", "a"), ("Content-Type", "b")],
        [(b"Content-Type", b"a")],
    ],
)
def test_headers_of_any_form_are_found(headers: dict[str, str]) -> None:
    request = HttpRequest("POST", "/", headers)
    assert request.header("Content-type") == "a"
    assert request.header("x") is None
    assert next(iter(text_pairs(headers))) == ("content-type", "a")


def test_quote_shortens_and_escapes() -> None:
    assert errors.quote("é" * 50) == "'" + r"\xe9" * 10 + "...'"
    assert errors.quote("it's") == '"it\'s"'
    assert errors.quote("gzip;Sentry_Secret=abc") == "'***'"


@pytest.mark.parametrize(
    ("path", "endpoint", "project", "parameters"),
    [
        ("/api/1/nel/", "nel", "1", {}),
        ("/api/1/csp-report", "security", "1", {}),
        ("/api/1/cron/nightly", "cron", "1", {"monitor_slug": "nightly"}),
        ("/api/1/cron/nightly/", "cron", "1", {"monitor_slug": "nightly"}),
        ("/api/1/cron/nightly/abc", "cron", "1", {"monitor_slug": "nightly", "sentry_key": "abc"}),
        ("//x/api/1/cron/nightly//abc/", "cron", "1", {"monitor_slug": "nightly", "sentry_key": "abc"}),
        ("/api/1/cron/B%C3%A4cker%20/", "cron", "1", {"monitor_slug": "Bäcker "}),
        ("/api/1/cron/a%2Fb/", "cron", "1", {"monitor_slug": "a/b"}),
        # Monitors may be called as endpoints are.
        ("/api/1/cron/api/store/", "cron", "1", {"monitor_slug": "api", "sentry_key": "store"}),
        ("/api/1/cron/store/", "cron", "1", {"monitor_slug": "store"}),
        (f"/api/1/events/{ID}/attachments/", "attachments", "1", {"event_id": ID}),
        ("/api/1/unreal/abc/", "unreal", "1", {"sentry_key": "abc"}),
        ("/api/1/unreal/", "unreal", "1", {}),
        ("/api/1/integration/otlp/v1/logs", "otlp_logs", "1", {}),
        ("/p/api/1/integration/otlp/v1/traces/", "otlp_traces", "1", {}),
        ("/api/embed/error-page/", "error_page", None, {}),
        ("/p/api/embed/error-page", "error_page", None, {}),
    ],
)
def test_path_names_what_the_endpoint_reads(
    path: str, endpoint: str, project: str | None, parameters: dict[str, str]
) -> None:
    assert route(path) == Route(endpoint, project, parameters)


@pytest.mark.parametrize(
    "path",
    [
        *("/api/1/cron/", "/api/1/cron/a/b/c/", "/api/1/events/attachments/", "/api/1/events/a/b/attachments/"),
        *("/api/1/integration/otlp/v1/metrics/", "/api/1/integration/otlp/", "/integration/otlp/v1/logs/"),
        *("/api/1/integration/vercel/logs/", "/api/1/upload/", "/api/1/upload/a/", "/api/1/playstation/"),
        *("/api/1/embed/error-page/", "/embed/error-page/", "/cron/a/", "/api/cron/a/", "/unreal/a/"),
    ],
)
def test_paths_of_other_services_are_not_found(path: str) -> None:
    with pytest.raises(errors.NotFound):
        route(path)


@pytest.mark.parametrize("path", ["/api/1/cron/a/%20/", "/api/1/unreal/a.b/", f"/api/1/unreal/{'a' * 65}/"])
def test_bad_key_of_a_path_is_named_and_not_shown(path: str) -> None:
    with pytest.raises(errors.InvalidKey, match="bad key in the path") as refused:
        route(path)
    assert path.split("/")[-2] not in str(refused.value)


RPC_CODES = {400: 3, 401: 16, 403: 7, 404: 5, 405: 2, 413: 8, 415: 3, 429: 8, 503: 14}


@pytest.mark.parametrize(("error", "status"), ERRORS, ids=lambda value: type(value).__name__)
def test_error_is_answered_to_clients_of_otlp(error: errors.StoreError, status: int) -> None:
    again = pickle.loads(pickle.dumps(error))
    again.rpc_status = True
    response = again.response()
    assert (response.status, json.loads(response.body)) == (status, {"code": RPC_CODES[status], "message": "x"})
    assert header(response, "X-Sentry-Error") == "x" and set(CORS_HEADERS) <= set(response.headers)
    for name in ("Retry-After", "Allow", "X-Sentry-Rate-Limits"):
        assert header(response, name) == header(error.response(), name)


def test_error_of_the_callers_own_has_a_code_for_clients_of_otlp() -> None:
    class Broken(errors.StoreError):
        status = 599

    error = Broken("x")
    error.rpc_status = True
    assert json.loads(error.response().body)["code"] == 13
