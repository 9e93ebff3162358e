"""One HTTP answer, and what all answers have in common.

CORS headers stand on every answer, errors too: without them a browser hides the status from the SDK
(getsentry/sentry-javascript#2859).
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from store_protocol.first_use import build_type_info
from store_protocol.texts import header_value

# content-encoding is allowed so that a browser SDK may compress (getsentry/relay#540); the auth headers so that it may
# authenticate by header; sentry-trace and baggage since an instrumented fetch adds them to every request.
CORS_HEADERS: tuple[tuple[str, str], ...] = (
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Allow-Methods", "POST, GET, HEAD"),
    (
        "Access-Control-Allow-Headers",
        (
            "X-Sentry-Auth, X-Requested-With, Origin, Accept, Content-Type, Authentication, Authorization, "
            "Content-Encoding, Transfer-Encoding, X-Forwarded-For, Referer, Sentry-Trace, Baggage"
        ),
    ),
    ("Access-Control-Expose-Headers", "X-Sentry-Error, X-Sentry-Rate-Limits, Retry-After"),
    ("Access-Control-Max-Age", "3600"),
    # A page that isolates itself (Cross-Origin-Embedder-Policy) loads the pixel only so.
    ("Cross-Origin-Resource-Policy", "cross-origin"),
)
#: What a preflight request asks, by the names of its headers (WHATWG Fetch; Private Network Access, section 4.1).
ASKED_HEADERS, ASKED_NETWORK = "access-control-request-headers", "access-control-request-private-network"
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}")

_encode = msgspec.json.Encoder().encode


class Response(msgspec.Struct, frozen=True):
    """One HTTP answer, ready to be written: its status, its headers as pairs, its body."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes = b""


def render(
    status: int, content_type: str | None = None, body: bytes = b"", headers: Iterable[tuple[str, str]] = ()
) -> Response:
    r"""Return an answer with its Content-Type, `headers`, Content-Length and the CORS headers, in this order.

    In the values of `headers`, a character that may not stand in a header becomes `?`.

    >>> render(200, "text/plain", b"hello", [("X-Id", "1\r\n")]).headers[:3]
    [('Content-Type', 'text/plain'), ('X-Id', '1??'), ('Content-Length', '5')]
    """
    pairs = [] if content_type is None else [("Content-Type", content_type)]
    pairs += [(name, header_value(value)) for name, value in headers]
    pairs.append(("Content-Length", str(len(body))))
    pairs += CORS_HEADERS
    return Response(status, pairs, body)


def render_preflight(methods: Iterable[str], asked: Mapping[str, str]) -> Response:
    """Return the answer to OPTIONS, which allows an endpoint's other methods and the headers that are asked for.

    Any origin is allowed, so that nothing is gained by refusing a header: pages add those of their tracing to each request
    (`traceparent`, `request-id`). `asked` has the request's headers by lower-case name. What is no name isn't repeated.

    >>> answer = render_preflight(["POST"], {"access-control-request-headers": "baggage,request-id"})
    >>> dict(answer.headers)["Access-Control-Allow-Headers"].split(", ")[-2:]
    ['Baggage', 'request-id']
    """
    answer = dict(CORS_HEADERS)
    usual = answer["Access-Control-Allow-Headers"].split(", ")
    known = {name.lower() for name in usual}
    others = {}
    for part in asked.get(ASKED_HEADERS, "").split(","):
        name = part.strip()
        if name.lower() not in known and _HEADER_NAME.fullmatch(name):
            others[name.lower()] = name
    answer["Access-Control-Allow-Methods"] = ", ".join([method for method in methods if method != "OPTIONS"])
    answer["Access-Control-Allow-Headers"] = ", ".join([*usual, *others.values()])
    if asked.get(ASKED_NETWORK, "").strip().lower() == "true":
        answer["Access-Control-Allow-Private-Network"] = "true"
    return Response(200, [("Content-Length", "0"), *answer.items()])


def render_json(status: int, content: dict[str, Any], headers: Iterable[tuple[str, str]] = ()) -> Response:
    """Return an answer whose body is a JSON object; see `render` for `headers`.

    >>> render_json(200, {"id": "f"}).body
    b'{"id":"f"}'
    """
    return render(status, "application/json", _encode(content), headers)


def with_header(response: Response, name: str, value: str) -> Response:
    """Return an answer with a header more, written as `render` does it.

    >>> with_header(Response(200, []), "X-Id", "1").headers
    [('X-Id', '1')]
    """
    return Response(response.status, [*response.headers, (name, header_value(value))], response.body)


def writable(response: Response) -> Response:
    r"""Return an answer that a caller made with what can't stand in a header replaced by `?`, as in a header of ours.

    >>> writable(Response(200, [("X-Id", "1\r\nX-Evil: 1")])).headers
    [('X-Id', '1??X-Evil: 1')]
    """
    headers = [(header_value(name), header_value(value)) for name, value in response.headers]
    return response if headers == response.headers else Response(response.status, headers, response.body)


def given_response(result: object) -> Response | None:
    """Return the answer that a caller's function has returned, None where it has returned None.

    Raises `TypeError` for anything else: an error that is returned in place of being raised must not count as consent.
    """
    if result is None:
        return None
    if isinstance(result, Response):
        return writable(result)
    raise TypeError(f"a callback returns None or a Response, and raises what refuses: it returned {type(result).__name__}")


build_type_info(Response)
