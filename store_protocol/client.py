"""The client's side: from an event to the request that submits it, the mirror image of `decode_request`."""

from typing import Any, Literal

import msgspec

from store_protocol._version import __version__
from store_protocol.auth import Auth
from store_protocol.body.codings import CODINGS
from store_protocol.dsn import Dsn
from store_protocol.encode import encode_event
from store_protocol.http_request import HttpRequest
from store_protocol.payload.objects import repair_objects
from store_protocol.schema import Event
from store_protocol.texts import header_value

#: For type checkers: the names in `CODINGS.encodings`.
Encoding = Literal["gzip", "deflate", "br", "zstd", "base64"]
Placement = Literal["header", "query", "both"]


def encode_request(
    dsn: Dsn | str,
    event: Any,
    *,
    encoding: Encoding | None = None,
    auth: Placement = "header",
    client: str = f"store-protocol/{__version__}",
    now: float | None = None,
) -> HttpRequest:
    """Return the request that submits an event to the project of a DSN.

    `event` is an `Event`, the objects that stand for one, or JSON bytes, which are sent as they are. `encoding` is the
    body's coding; `base64` is base64 of zlib, as raven-python before 5.0 sent it. `auth` says where the credentials go.
    `now` is the time in seconds since the epoch that is sent with them; None leaves it out. The same arguments give the
    same request. Values that JSON can't express, such as NaN, are sent as strings.

    Raises `InvalidDsn` for an invalid DSN, `ValueError` for another encoding or placement, `TypeError` for an object that
    has no form in JSON, and `TooDeep` for an event that is nested deeper than any server takes.

    >>> request = encode_request("https://key@example.com/42", {"message": "hello"})
    >>> request.method, request.target, request.body
    ('POST', '/api/42/store/', b'{"message":"hello"}')
    """
    coding = None if encoding is None else CODINGS.get(encoding)
    if encoding is not None and (coding is None or coding.encode is None):
        message = f"encoding must be None or one of {', '.join(CODINGS.encodings)}"
        raise ValueError(message)
    if auth not in {"header", "query", "both"}:
        message = "auth must be one of header, query, both"
        raise ValueError(message)
    parsed = Dsn.parse(dsn) if isinstance(dsn, str) else dsn
    body = _body(event)
    if coding is not None and coding.encode is not None:
        body = coding.encode(body)
    credentials = Auth(parsed.public_key, secret_key=parsed.secret_key, client=client, timestamp=now)
    url = parsed.store_url
    host, _, path = url.partition("://")[2].partition("/")
    headers: list[tuple[str | bytes, str | bytes]] = [
        ("Host", host),
        ("User-Agent", header_value(client)),
        ("Content-Type", "application/json" if coding is None or coding.header_names else "application/octet-stream"),
    ]
    if coding is not None and coding.header_names:
        headers.append(("Content-Encoding", coding.header_names[0]))
    headers.append(("Content-Length", str(len(body))))
    if auth != "query":
        headers.append(("X-Sentry-Auth", credentials.to_header()))
    target = f"/{path}" if auth == "header" else f"/{path}?{credentials.to_query()}"
    return HttpRequest("POST", target, headers, body)


def _body(event: Any) -> bytes:
    if isinstance(event, (bytes, bytearray, memoryview)):
        return bytes(event)
    if isinstance(event, Event):
        return encode_event(event)
    return msgspec.json.encode(repair_objects(event))
