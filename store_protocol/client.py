"""The client's side: from an event to the request that submits it, the mirror image of `decode_request`."""

import base64
import gzip
import zlib
from collections.abc import Callable
from typing import Any, Literal

import msgspec

from store_protocol._version import __version__
from store_protocol.auth import Auth
from store_protocol.body import engines
from store_protocol.dsn import Dsn
from store_protocol.encode import encode_event
from store_protocol.http_request import HttpRequest
from store_protocol.payload.objects import strict_objects
from store_protocol.schema import Event
from store_protocol.texts import header_value

Encoding = Literal["gzip", "deflate", "br", "zstd", "base64"]
Placement = Literal["header", "query", "both"]

# Deterministic, so that the same event gives the same request: gzip without the time, zstd with the size of its content.
_ENCODERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": lambda body: gzip.compress(body, mtime=0),
    "deflate": zlib.compress,
    "br": lambda body: engines.brotli_module().compress(body, quality=4),
    "zstd": lambda body: engines.zstandard_module().compress(body),
    "base64": lambda body: base64.b64encode(zlib.compress(body)),
}


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
    body's coding; `base64` is base64 of zlib, as raven-python before 5.0 sent it. `auth` says where the credentials stand.
    `now` is the time in seconds since the epoch that goes with them; None leaves it out.

    What JSON has no room for in the objects is sent as its own text, such as NaN.

    Raises `InvalidDsn` for a DSN that can't be read, `ValueError` for another encoding or placement, `TypeError` for an
    event that JSON has no form for, and `TooDeep` for one that no server takes.

    >>> request = encode_request("https://key@example.com/42", {"message": "hello"})
    >>> request.method, request.target, request.body
    ('POST', '/api/42/store/', b'{"message":"hello"}')
    """
    if encoding is not None and encoding not in _ENCODERS:
        message = f"encoding must be None or one of {', '.join(_ENCODERS)}"
        raise ValueError(message)
    if auth not in {"header", "query", "both"}:
        message = "auth must be one of header, query, both"
        raise ValueError(message)
    parsed = Dsn.parse(dsn) if isinstance(dsn, str) else dsn
    body = _body(event)
    if encoding is not None:
        body = _ENCODERS[encoding](body)
    credentials = Auth(parsed.public_key, secret_key=parsed.secret_key, client=client, timestamp=now)
    url = parsed.store_url
    host, _, path = url.partition("://")[2].partition("/")
    headers: list[tuple[str | bytes, str | bytes]] = [
        ("Host", host),
        ("User-Agent", header_value(client)),
        ("Content-Type", "application/octet-stream" if encoding == "base64" else "application/json"),
    ]
    if encoding is not None and encoding != "base64":
        headers.append(("Content-Encoding", encoding))
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
    return msgspec.json.encode(strict_objects(event))
