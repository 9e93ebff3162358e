"""What servers hand on of a request: the environ of WSGI and the scope of ASGI, as the parts of an `HttpRequest`."""

import functools
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import unquote

from store_protocol.errors import CorruptBody
from store_protocol.limits import KIB

_CHUNK = 64 * KIB


class Parts(NamedTuple):
    """The parts of a request but its body."""

    method: str
    target: str
    headers: list[tuple[Any, Any]]
    remote_addr: str | None


def origin_form(path: str, query: str) -> str:
    """Return the target of a request whose server has parted it and has percent-decoded its path.

    >>> origin_form("/what?/api/1/store/", "sentry_key=a")
    '/what%3F/api/1/store/?sentry_key=a'
    """
    if "?" in path or "#" in path:
        path = path.replace("%", "%25").replace("?", "%3F").replace("#", "%23")
    return f"{path}?{query}" if query else path


def parts_of_environ(environ: Mapping[str, Any]) -> Parts:
    """Return the parts of a request of WSGI (PEP 3333)."""
    path = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")
    return Parts(
        environ["REQUEST_METHOD"],
        origin_form(path, _query(environ)),
        list(_headers(environ)),
        environ.get("REMOTE_ADDR") or None,
    )


def parts_of_scope(scope: Mapping[str, Any]) -> Parts:
    """Return the parts of a request of ASGI."""
    client = scope.get("client")
    return Parts(
        scope["method"],
        origin_form(_path(scope), scope.get("query_string", b"").decode("utf-8", "surrogateescape")),
        list(scope["headers"]),
        client[0] if client else None,
    )


def _headers(environ: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in environ.items():
        # A client's own `Content_Length: 1` must not stand before what the server says.
        if name.startswith("HTTP_") and name not in {"HTTP_CONTENT_TYPE", "HTTP_CONTENT_LENGTH"}:
            yield name[len("HTTP_") :].replace("_", "-"), value
        elif name in {"CONTENT_TYPE", "CONTENT_LENGTH"} and value:
            yield name.replace("_", "-"), value


def _query(environ: Mapping[str, Any]) -> str:
    query: str = environ.get("QUERY_STRING") or ""
    if query.isascii():
        return query
    try:
        # Its bytes stand in it as Latin-1 (PEP 3333), and clients mean UTF-8.
        return query.encode("latin-1").decode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return query


def _path(scope: Mapping[str, Any]) -> str:
    """Return the path as it came where it has escaped characters, for an escaped slash is none.

    Servers may leave out `raw_path`, and applications around this one may have changed `path` alone.
    """
    path: str = scope["path"]
    raw_path = scope.get("raw_path")
    if raw_path and b"%" in raw_path:
        text: str = raw_path.partition(b"?")[0].decode("latin-1")
        if unquote(text).endswith(path):
            return text
    return path


def body_of_environ(environ: Mapping[str, Any]) -> Iterator[bytes]:
    """Read the body of a request of WSGI: as much as its length says, or to its end where the server marks that.

    Raises `CorruptBody` where the client has gone away.
    """
    read = functools.partial(_read, environ["wsgi.input"])
    length = environ.get("CONTENT_LENGTH") or ""
    if length.isascii() and length.isdecimal():
        remaining = int(length)
        while remaining:
            chunk = read(min(remaining, _CHUNK))
            if not chunk:
                raise CorruptBody("the body is shorter than its Content-Length")
            remaining -= len(chunk)
            yield chunk
    # Without a length, reading on past the body would wait for ever where the server does not mark its end.
    elif environ.get("wsgi.input_terminated") or environ.get("HTTP_TRANSFER_ENCODING", "").lower() == "chunked":
        while chunk := read(_CHUNK):
            yield chunk


def _read(body: Any, size: int) -> bytes:
    try:
        data: bytes = body.read(size)
    except OSError as error:
        # How mod_wsgi and gunicorn tell of a client that has gone away; the application isn't at fault.
        raise CorruptBody("the body ended before all of it had come") from error
    return data
