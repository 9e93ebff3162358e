"""The ASGI and WSGI applications, and the fake Sentry for tests."""

import asyncio
import functools
import gzip
import io
import json
import random
import subprocess
import sys
import threading
import zlib
from typing import Any
from urllib.parse import unquote, unquote_to_bytes

import pytest

from store_protocol import (
    Auth,
    HttpRequest,
    Limits,
    NormalizeOptions,
    RequestHead,
    Response,
    Submission,
    asgi,
    decode_request,
    errors,
    wsgi,
)
from store_protocol.request_decoder import RequestDecoder

KEY = "b70a31b3510c4cf793964a185cfe1fd0"
STORE, QUERY = "/api/1/store/", f"sentry_key={KEY}"
EVENT = b'{"event_id": "%s", "message": "hello"}' % (b"1" * 32)
LARGE = b'{"event_id": "%s", "extra": {"a": "%s"}}' % (b"1" * 32, b"x" * 400_000)


def call_asgi(
    app: Any,
    method: str = "POST",
    path: str = STORE,
    query: str = QUERY,
    headers: Any = (),
    chunks: Any = (EVENT,),
    **scope: Any,
) -> tuple[int, dict[str, str], bytes] | None:
    """Call an ASGI application; a chunk that is None stands for a client that goes away."""
    messages = [
        {"type": "http.disconnect"}
        if chunk is None
        else {"type": "http.request", "body": chunk, "more_body": index < len(chunks) - 1}
        for index, chunk in enumerate(chunks)
    ]
    sent: list[Any] = []

    async def receive() -> Any:
        return messages.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": method, "path": path, "query_string": query.encode(), "headers": headers} | scope
    asyncio.run(app(scope, receive, send))
    if not sent:
        return None
    found = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], found, sent[1]["body"]


def call_wsgi(
    app: Any,
    method: str = "POST",
    path: str = STORE,
    query: str = QUERY,
    headers: Any = (),
    chunks: Any = (EVENT,),
    **environ: Any,
) -> tuple[int, dict[str, str], bytes] | None:
    body = b"".join(chunk for chunk in chunks if chunk is not None)
    length = len(body) + (1 if None in chunks else 0)
    made: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "CONTENT_LENGTH": str(length),
        "CONTENT_TYPE": "",
        "REMOTE_ADDR": environ.pop("client", ("",))[0],
        "wsgi.input": io.BytesIO(body),
    }
    for name, value in headers:
        made["HTTP_" + name.decode().upper().replace("-", "_")] = value.decode()
    made |= environ
    started: list[Any] = []
    result = app(made, lambda status, found: started.append((status, found)))
    status, found = started[0]
    return int(status.split()[0]), {name.lower(): value for name, value in found}, b"".join(result)


APPS = pytest.mark.parametrize(
    ("kind", "call"), [(asgi.StoreApp, call_asgi), (wsgi.StoreApp, call_wsgi)], ids=["asgi", "wsgi"]
)


@APPS
def test_submission_is_handed_on_and_answered(kind: Any, call: Any) -> None:
    taken: list[Submission] = []
    app = kind(taken.append, options=NormalizeOptions(project_id=7))
    status, headers, body = call(app, client=("1.2.3.4", 5))
    assert (status, json.loads(body), headers["content-type"]) == (200, {"id": "1" * 32}, "application/json")
    assert headers["access-control-allow-origin"] == "*"
    (submission,) = taken
    assert submission.event is not None and submission.event.project == 7


@APPS
@pytest.mark.parametrize("chunks", [[EVENT[:9], EVENT[9:], b""], [LARGE], [LARGE[:70_000], LARGE[70_000:]]])
def test_bodies_come_in_pieces(kind: Any, call: Any, chunks: list[bytes]) -> None:
    threads: list[Any] = []
    app = kind(lambda submission: threads.append((submission.decoded_bytes, threading.current_thread())))
    assert call(app, chunks=chunks)[0] == 200
    assert threads[0][0] == sum(map(len, chunks))


@APPS
def test_path_may_have_a_prefix(kind: Any, call: Any) -> None:
    taken: list[Submission] = []
    assert call(kind(taken.append), path="/sentry/api/9/store/")[0] == 200
    assert taken[0].project_id == "9"


def test_path_of_a_mounted_wsgi_application() -> None:
    taken: list[Submission] = []
    assert call_wsgi(wsgi.StoreApp(taken.append), SCRIPT_NAME="/sentry", PATH_INFO="/api/9/store/") is not None
    assert taken[0].project_id == "9"


# A path as it stands in a request target, and the answer that decode_request gives it.
ESCAPED = [
    ("/api/1%2F2/store/", 400),
    ("/api/x%2Fapi%2F7/store/", 400),
    ("/api/1%3Fa/store/", 400),
    ("/api/1%3F/store/", 400),
    ("/api/1/store/%3F", 404),
    ("/api/1/store%3Fsentry_key=a", 404),
    ("/api/1/store/%3Fsentry_key=a&sentry_version=7", 404),
    ("/api/1%23/store/", 400),
    ("/api/1%25/store/", 400),
    ("/api/gr%C3%BCn/store/", 400),
    ("/api/%FF/store/", 400),
    ("/pre%20fix/api/1/store/", 200),
]


@pytest.mark.parametrize(("target", "status"), ESCAPED)
def test_escaped_characters_of_the_path_are_no_separators(target: str, status: int) -> None:
    path, raw = unquote(target), target.encode()
    request = HttpRequest("POST", f"{target}?{QUERY}", [], EVENT)
    app = asgi.StoreApp(lambda _: None)
    if status != 200:
        with pytest.raises((errors.InvalidProject, errors.NotFound)):
            decode_request(request)
    for scope in ({"raw_path": raw}, {"raw_path": None}, {}):
        if "%2F" in target and not scope.get("raw_path"):
            continue
        found = call_asgi(app, path=path, chunks=(EVENT,), **scope)
        assert found is not None and found[0] == status, scope
    if "%2F" not in target:
        decoded = unquote_to_bytes(target).decode("latin-1")
        found = call_wsgi(wsgi.StoreApp(lambda _: None), path=decoded)
        assert found is not None and found[0] == status


@pytest.mark.parametrize("raw_path", [b"/ingest/1%2F2", b"/a%20b", b"/%"])
def test_path_that_an_application_around_has_changed_counts(raw_path: bytes) -> None:
    found = call_asgi(asgi.StoreApp(lambda _: None), raw_path=raw_path)
    assert found is not None and found[0] == 200


def test_raw_path_of_a_server_may_hold_the_query() -> None:
    found = call_asgi(
        asgi.StoreApp(lambda _: None), path="/a b/api/1/store/", raw_path=b"/a%20b/api/1/store/?" + QUERY.encode()
    )
    assert found is not None and found[0] == 200


def test_status_without_a_phrase_may_be_answered() -> None:
    found = call_wsgi(wsgi.StoreApp(lambda _: Response(599, [], b"")))
    assert found is not None and found[0] == 599


@APPS
def test_of_repeated_headers_the_first_counts_and_codings_add_up(kind: Any, call: Any) -> None:
    body = gzip.compress(zlib.compress(EVENT))
    if kind is asgi.StoreApp:
        headers = [(b"content-encoding", b"deflate"), (b"content-encoding", b"gzip"), (b"user-agent", b"a")]
    else:
        # Servers of WSGI join them.
        headers = [(b"content-encoding", b"deflate,gzip")]
    assert call(kind(lambda _: None), headers=headers, chunks=[body])[0] == 200


@APPS
@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.UnknownKey("no such key"), 401),
        (errors.Rejected("not you"), 403),
        (errors.RateLimited("slow down", retry_after=60, rate_limits="60:error:key"), 429),
        (errors.Overloaded("not now", retry_after=60), 503),
    ],
)
def test_callback_may_refuse(kind: Any, call: Any, error: Exception, status: int) -> None:
    def refuse(submission: Submission) -> None:
        raise error

    async def refuse_later(submission: Submission) -> None:
        raise error

    for callback in (refuse, refuse_later):
        found, headers, body = call(kind(callback))
        assert (found, json.loads(body)["detail"]) == (status, str(error))
        assert headers.get("retry-after") == ("60" if status in {429, 503} else None)
        assert headers.get("x-sentry-rate-limits") == ("60:error:key" if status == 429 else None)


class Callback:
    def __init__(self) -> None:
        self.taken: list[Submission] = []

    async def __call__(self, submission: Submission) -> Response:
        await asyncio.sleep(0)
        self.taken.append(submission)
        return Response(202, [("X-Mine", "1")], b"mine")


@APPS
def test_callback_may_be_async_and_answer_itself(kind: Any, call: Any) -> None:
    callback = Callback()
    for each in (
        callback,
        callback.__call__,
        functools.partial(Callback.__call__, callback),
        lambda found: callback(found),  # noqa: PLW0108  (the case: what it gives tells that it is async)
    ):
        assert call(kind(each)) == (202, {"x-mine": "1"}, b"mine")
    assert len(callback.taken) == 4


@APPS
def test_requests_without_a_submission_are_answered_without_the_callback(kind: Any, call: Any) -> None:
    app = kind(lambda submission: pytest.fail("there is nothing to hand on"))
    assert call(app, method="OPTIONS", query="", chunks=())[0] == 200
    for path, status in ((STORE, 200), ("/nothing", 404)):
        found, headers, body = call(app, method="HEAD", path=path, query="", chunks=())
        assert (found, body) == (status, b"") and "content-length" in headers


@APPS
def test_event_may_come_in_the_query(kind: Any, call: Any) -> None:
    taken: list[Submission] = []
    status, headers, body = call(kind(taken.append), method="GET", query=f"{QUERY}&sentry_data=%7B%7D", chunks=(b"",))
    assert (status, headers["content-type"], body[:6], len(taken)) == (200, "image/gif", b"GIF89a", 1)


def never(*_: Any) -> Any:
    pytest.fail("the body is not to be read")


EARLY: dict[str, tuple[dict[str, Any], int]] = {
    "unknown path": ({"path": "/nothing", "method": "PUT"}, 404),
    "no key": ({"query": ""}, 401),
    "too long": ({"headers": [(b"content-length", b"9999999")]}, 413),
}


@pytest.mark.parametrize(("request_", "status"), EARLY.values(), ids=EARLY)
def test_refused_before_the_body_is_read(request_: dict[str, Any], status: int) -> None:
    found = call_asgi(asgi.StoreApp(never), chunks=(), **request_)
    assert found is not None and found[0] == status
    request_ = dict(request_)
    length = dict(request_.pop("headers", ())).get(b"content-length", b"5").decode()
    body = type("Body", (), {"read": never})()
    found = call_wsgi(wsgi.StoreApp(never), chunks=(), CONTENT_LENGTH=length, **{"wsgi.input": body}, **request_)
    assert found is not None and found[0] == status


@APPS
def test_reading_stops_at_the_limit(kind: Any, call: Any) -> None:
    bomb = gzip.compress(bytes(10_000_000))
    app = kind(never, limits=Limits(max_event_bytes=100_000))
    headers = [(b"content-encoding", b"gzip")]
    assert call(app, headers=headers, chunks=[bomb])[0] == 413
    assert call(app, chunks=[b"x" * 60_000] * 9)[0] == 413


def test_client_that_goes_away_is_not_answered() -> None:
    assert call_asgi(asgi.StoreApp(never), chunks=[EVENT[:9], None]) is None
    assert call_asgi(asgi.StoreApp(never), chunks=[None]) is None


def test_client_that_goes_away_before_its_answer_is_no_error() -> None:
    async def receive() -> Any:
        return {"type": "http.request", "body": EVENT}

    async def send(message: Any) -> None:
        raise OSError

    taken: list[Submission] = []
    scope = {"type": "http", "method": "POST", "path": STORE, "query_string": QUERY.encode(), "headers": []}
    asyncio.run(asgi.StoreApp(taken.append)(scope, receive, send))
    assert len(taken) == 1


def test_body_that_is_shorter_than_it_says_is_refused() -> None:
    found = call_wsgi(wsgi.StoreApp(never), chunks=[EVENT, None])
    assert found is not None and found[0] == 400


def test_connection_that_breaks_is_no_fault_of_the_application() -> None:
    def read(size: int) -> bytes:
        raise ConnectionResetError

    found = call_wsgi(wsgi.StoreApp(never), **{"wsgi.input": type("Body", (), {"read": staticmethod(read)})()})
    assert found is not None and found[0] == 400


@pytest.mark.parametrize(
    ("path", "body", "in_thread"),
    [
        (STORE, EVENT, False),
        (STORE, LARGE, True),
        (STORE, gzip.compress(LARGE), True),
        ("/api/1/minidump/", b"MDMP" + bytes(28), True),
    ],
)
def test_what_takes_long_keeps_no_other_client_waiting(
    path: str, body: bytes, in_thread: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: set[bool] = set()
    finish = RequestDecoder.finish

    def watched(self: RequestDecoder) -> Submission:
        threads.add(threading.current_thread() is not threading.main_thread())
        return finish(self)

    async def take(submission: Submission) -> None:
        assert submission.events

    monkeypatch.setattr(RequestDecoder, "finish", watched)
    found = call_asgi(asgi.StoreApp(take), path=path, chunks=[body])
    assert found is not None and found[0] == 200
    assert threads == {in_thread}


@pytest.mark.parametrize(
    ("environ", "status"),
    [
        ({"CONTENT_LENGTH": "", "wsgi.input_terminated": True}, 200),
        ({"CONTENT_LENGTH": "", "HTTP_TRANSFER_ENCODING": "Chunked"}, 200),
        ({"CONTENT_LENGTH": ""}, 400),
    ],
)
def test_body_without_a_length_ends_where_the_server_says(environ: dict[str, Any], status: int) -> None:
    found = call_wsgi(wsgi.StoreApp(lambda submission: None), **environ)
    assert found is not None and found[0] == status


def test_lifespan_is_acknowledged_and_websockets_are_closed() -> None:
    messages: list[Any] = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]
    sent: list[Any] = []

    async def receive() -> Any:
        return messages.pop(0)

    async def send(message: Any) -> None:
        sent.append(message["type"])

    app = asgi.StoreApp(never)
    asyncio.run(app({"type": "lifespan"}, receive, send))
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    sent.clear()
    asyncio.run(app({"type": "websocket"}, receive, send))
    assert sent == ["websocket.close"]


def test_other_event_loops_call_in_place() -> None:
    taken: list[Submission] = []
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": EVENT}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": STORE, "query_string": QUERY.encode(), "headers": []}
    # Driven by hand, as a loop that isn't asyncio's would.
    with pytest.raises(StopIteration):
        asgi.StoreApp(taken.append)(scope, receive, send).send(None)
    assert len(taken) == 1 and sent[0]["status"] == 200


def test_applications_need_no_framework() -> None:
    code = """
import sys
import store_protocol.asgi, store_protocol.pytest_plugin, store_protocol.wsgi
frameworks = {"aiohttp", "django", "fastapi", "flask", "h11", "httptools", "starlette", "uvicorn", "uvloop", "werkzeug"}
print(*frameworks.intersection(name.partition(".")[0] for name in sys.modules))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout.split() == []


def refusing(error: errors.StoreError) -> Any:
    def refuse(_: Any) -> None:
        raise error

    return refuse


def refusing_later(error: errors.StoreError) -> Any:
    async def refuse(_: Any) -> None:
        await asyncio.sleep(0)
        raise error

    return refuse


DSN_BODY = b'{"dsn":"https://%s@example.com/42"}\n{"type":"event"}\n%s\n' % (KEY.encode(), EVENT)


@APPS
@pytest.mark.parametrize("refuse", [refusing, refusing_later])
def test_head_is_refused_before_the_body_is_read(kind: Any, call: Any, refuse: Any) -> None:
    more: dict[str, Any] = {"chunks": ()}
    if kind is wsgi.StoreApp:
        more = {"CONTENT_LENGTH": "999", "wsgi.input": type("Body", (), {"read": never})()}
    app = kind(never, on_head=refuse(errors.RateLimited("not now", retry_after=7)))
    status, headers, body = call(app, **more)
    assert (status, headers["retry-after"], json.loads(body)) == (429, "7", {"detail": "not now"})


@APPS
def test_head_tells_who_sends_the_request(kind: Any, call: Any) -> None:
    heads: list[RequestHead] = []
    taken: list[Submission] = []
    app = kind(taken.append, on_head=heads.append)
    assert call(app, client=("192.0.2.1", 5), headers=[(b"x-a", b"b")])[0] == 200
    assert call(app, path="/api/42/envelope/", query="", chunks=[DSN_BODY])[0] == 200
    assert call(app, method="GET", query=f"{QUERY}&sentry_data=%7B%7D", chunks=(b"",))[0] == 200
    # What submits nothing is nobody's.
    assert call(app, method="OPTIONS", query="")[0] == call(app, method="HEAD", query="")[0] == 200
    assert [(head.endpoint, head.project_id) for head in heads] == [("store", "1"), ("envelope", "42"), ("store", "1")]
    assert [head.auth for head in heads] == [Auth(KEY)] * 3
    assert [head.request for head in heads] == [each.request for each in taken]
    assert (heads[0].request.remote_addr, heads[0].request.header("X-A")) == ("192.0.2.1", "b")


@APPS
def test_envelope_that_alone_names_its_key_is_refused_with_its_first_pieces(kind: Any, call: Any) -> None:
    # What follows the first pieces is never asked for.
    body = gzip.compress(DSN_BODY + random.Random(1).randbytes(200_000))
    chunks = [body[start : start + 10_000] for start in range(0, len(body), 10_000)]
    app = kind(never, on_head=refusing(errors.UnknownKey("no project has this key")), max_bytes_in_flight=80_000)
    more: dict[str, Any] = {"path": "/api/42/envelope/", "query": "", "headers": [(b"content-encoding", b"gzip")]}
    if kind is asgi.StoreApp:
        assert call(app, chunks=chunks[:2], **more)[0] == 401
    else:
        read: list[int] = []

        class Counted(io.BytesIO):
            def read(self, size: int | None = -1, /) -> bytes:
                read.append(size or 0)
                return super().read(size)

        more |= {"CONTENT_LENGTH": "", "wsgi.input_terminated": True, "wsgi.input": Counted(body)}
        assert call(app, **more)[0] == 401
        assert len(read) == 1


@APPS
@pytest.mark.parametrize("place", ["on_head", "on_submission"])
def test_callback_may_answer_otherwise(kind: Any, call: Any, place: str) -> None:
    answer = Response(299, [("X-A", "b\r\n")], b"told")
    callbacks: dict[str, Any] = {"on_submission": lambda _: None, place: lambda _: answer}
    status, headers, body = call(kind(**callbacks))
    assert (status, headers, body) == (299, {"x-a": "b??"}, b"told")


@APPS
@pytest.mark.parametrize("place", ["on_head", "on_submission"])
@pytest.mark.parametrize("result", [errors.Rejected("no"), False, 403])
def test_what_a_callback_returns_by_mistake_is_no_consent(kind: Any, call: Any, place: str, result: Any) -> None:
    callbacks: dict[str, Any] = {"on_submission": lambda _: None, place: lambda _: result}
    with pytest.raises(TypeError, match="raises what refuses"):
        call(kind(**callbacks))


@APPS
def test_client_that_goes_away_before_its_key_is_known_is_asked_for_nothing(kind: Any, call: Any) -> None:
    app = kind(never, on_head=never)
    chunks = [b'{"dsn":', None]
    found = call(app, path="/api/42/envelope/", query="", chunks=chunks)
    assert found is None if kind is asgi.StoreApp else found[0] == 400


@APPS
def test_credentials_may_be_optional_and_the_body_kept(kind: Any, call: Any) -> None:
    taken: list[Submission] = []
    heads: list[RequestHead] = []
    app = kind(taken.append, on_head=heads.append, require_auth=False, keep_body=True)
    assert call(app, query="")[0] == 200
    assert (heads[0].auth, taken[0].auth) == (None, None)
    assert taken[0].request is not None and taken[0].request.body == EVENT
    assert call(kind(never), query="")[0] == 401
