"""From a submission or an error to the HTTP answer.

CORS headers stand on every answer, errors too: without them a browser hides the status from the SDK
(getsentry/sentry-javascript#2859).
"""

import msgspec

from store_protocol.errors import MethodNotAllowed, Overloaded, RateLimited, StoreError
from store_protocol.messages import Response, Submission
from store_protocol.texts import header_value, safe_text

#: One transparent pixel, as small as a GIF can be; what `new Image().src = store_url` of raven-js before 3.0 waits for.
PIXEL = bytes.fromhex("474946383961 0100 0100 00 ff 00 2c 0000 0000 0100 0100 00 02 00 3b")

# content-encoding is allowed so that a browser SDK may compress (getsentry/relay#540); the auth headers so that it may
# authenticate by header; sentry-trace and baggage since an instrumented fetch adds them to every request.
CORS_HEADERS: tuple[tuple[str, str], ...] = (
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Allow-Methods", "POST, GET, HEAD, OPTIONS"),
    (
        "Access-Control-Allow-Headers",
        (
            "X-Sentry-Auth, X-Requested-With, Origin, Accept, Content-Type, Authentication, Authorization, "
            "Content-Encoding, Transfer-Encoding, X-Forwarded-For, Referer, Sentry-Trace, Baggage"
        ),
    ),
    ("Access-Control-Expose-Headers", "X-Sentry-Error, X-Sentry-Rate-Limits, Retry-After"),
    ("Access-Control-Max-Age", "3600"),
)

JSON = "application/json"

_encode = msgspec.json.Encoder().encode


def accepted_response(submission: Submission) -> Response:
    """Give the answer that accepts a submission.

    GET gets the pixel, HEAD its headers alone, OPTIONS the CORS headers, a minidump the id as text, a browser that reports
    nothing, and everything else `{"id": ...}` (Relay `endpoints/store.rs`, `minidump.rs`, `security_report.rs`).
    """
    event_id = submission.event_id
    match submission.method:
        case "OPTIONS":
            return _response(200, None, b"")
        case "HEAD":
            return _response(200, "image/gif", b"")
        case "GET":
            return _response(200, "image/gif", PIXEL)
    match submission.endpoint:
        case "minidump":
            parts = (event_id or "").ljust(32, "0")
            text = "-".join((parts[:8], parts[8:12], parts[12:16], parts[16:20], parts[20:]))
            return _response(200, "text/plain", text.encode())
        case "security":
            return _response(200, None, b"")
        case _:
            return _response(200, JSON, _encode({} if event_id is None else {"id": event_id}))


def error_response(error: StoreError) -> Response:
    """Give the answer for an error: `{"detail": ..., "causes": [...]}`, and the detail in `X-Sentry-Error`.

    >>> from store_protocol.errors import EmptyBody
    >>> error_response(EmptyBody("empty request body")).body
    b'{"detail":"empty request body"}'
    """
    # A caller's error may quote text that has not come through here.
    content: dict[str, object] = {"detail": safe_text(error.detail)}
    if error.causes:
        content["causes"] = [safe_text(cause) for cause in error.causes]
    extra = [("X-Sentry-Error", error.detail)]
    if isinstance(error, MethodNotAllowed):
        extra.append(("Allow", ", ".join(error.allow)))
    if isinstance(error, RateLimited | Overloaded):
        extra.append(("Retry-After", str(error.retry_after)))
    if isinstance(error, RateLimited) and error.rate_limits:
        extra.append(("X-Sentry-Rate-Limits", error.rate_limits))
    return _response(error.status, JSON, _encode(content), [(name, header_value(value)) for name, value in extra])


def _response(status: int, content_type: str | None, body: bytes, extra: list[tuple[str, str]] | None = None) -> Response:
    headers = [] if content_type is None else [("Content-Type", content_type)]
    headers += extra or []
    headers.append(("Content-Length", str(len(body))))
    headers += CORS_HEADERS
    return Response(status, headers, body)
