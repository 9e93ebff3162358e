"""Requests as WSGI and ASGI servers hand them on."""

import io
from typing import Any

import pytest

from store_protocol import HttpRequest, Limits, decode_request, errors

BODY = b'{"message": "hello"}'
ENVIRON: dict[str, Any] = {
    "REQUEST_METHOD": "POST",
    "SCRIPT_NAME": "/sentry",
    "PATH_INFO": "/api/1/store/",
    "QUERY_STRING": "sentry_key=a",
    "CONTENT_TYPE": "application/json",
    "CONTENT_LENGTH": str(len(BODY)),
    "REMOTE_ADDR": "192.0.2.1",
    "HTTP_X_FORWARDED_FOR": "198.51.100.7",
}
SCOPE: dict[str, Any] = {
    "type": "http",
    "method": "POST",
    "path": "/sentry/api/1/store/",
    "query_string": b"sentry_key=a",
    "headers": [(b"content-type", b"application/json"), (b"x-forwarded-for", b"198.51.100.7")],
    "client": ("192.0.2.1", 5000),
}


def test_request_is_the_same_from_both() -> None:
    environ = HttpRequest.from_environ({**ENVIRON, "wsgi.input": io.BytesIO(BODY + b"of the next request")})
    scope = HttpRequest.from_scope(SCOPE, BODY)
    for request in (environ, scope):
        assert (request.method, request.target, request.body) == ("POST", "/sentry/api/1/store/?sentry_key=a", BODY)
        assert (request.remote_addr, request.header("X-Forwarded-For")) == ("192.0.2.1", "198.51.100.7")
        assert request.header("Content-Type") == "application/json"
        submission = decode_request(request)
        assert submission.event is not None and submission.project_id == "1"


def test_body_is_left_alone_where_it_is_given() -> None:
    assert HttpRequest.from_environ(ENVIRON, b"").body == b""
    assert HttpRequest.from_scope(SCOPE).body == b""
    assert HttpRequest.from_scope({**SCOPE, "client": None}).remote_addr is None


@pytest.mark.parametrize(
    ("more", "error"),
    [
        ({"CONTENT_LENGTH": "99", "wsgi.input": io.BytesIO(BODY[:9])}, errors.CorruptBody),
        ({"CONTENT_LENGTH": "", "wsgi.input_terminated": True}, errors.LimitExceeded),
        ({}, errors.LimitExceeded),
    ],
)
def test_body_that_can_not_be_read_is_refused(more: dict[str, Any], error: type[errors.StoreError]) -> None:
    with pytest.raises(error):
        HttpRequest.from_environ({**ENVIRON, "wsgi.input": io.BytesIO(BODY), **more}, limits=Limits(max_envelope_bytes=19))


def test_body_without_a_length_or_an_end_is_none() -> None:
    environ = {**ENVIRON, "CONTENT_LENGTH": "", "wsgi.input": io.BytesIO(BODY)}
    assert HttpRequest.from_environ(environ).body == b""
    assert HttpRequest.from_environ({**environ, "HTTP_TRANSFER_ENCODING": "chunked"}).body == BODY
