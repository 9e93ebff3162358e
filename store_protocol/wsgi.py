"""A WSGI application that takes Sentry events: `StoreApp`, to be mounted anywhere or served alone.

It reads a body piece by piece and stops as soon as it is over a limit; what the head of a request shows to be wrong is
refused before the body is read.
"""

import asyncio
import functools
import inspect
from collections.abc import Awaitable, Callable, Iterable, Iterator
from http import HTTPStatus
from typing import Any

from store_protocol.errors import CorruptBody, StoreError
from store_protocol.http_request import HttpRequest, origin_form
from store_protocol.http_response import Response, writable
from store_protocol.in_flight import BytesInFlight
from store_protocol.limits import KIB, Limits, Reserve
from store_protocol.normalize import NormalizeOptions
from store_protocol.outcome import OnOutcome, Record
from store_protocol.pipeline import RequestDecoder
from store_protocol.rate_limits import RateLimit
from store_protocol.submission import Submission

Environ = dict[str, Any]
StartResponse = Callable[[str, list[tuple[str, str]]], Any]
OnSubmission = Callable[[Submission], Awaitable[Response | None] | Response | None]

_CHUNK = 64 * KIB
_PHRASES = {status.value: status.phrase for status in HTTPStatus}


class StoreApp:
    """Takes Sentry events and hands each submission to `on_submission`.

    `on_submission` is called once for each request that submits something, before it is answered; an async one runs in an
    event loop of its own. It refuses by raising a `StoreError` (`UnknownKey`, `Rejected`, `RateLimited`), and may return a
    `Response` to answer otherwise than `submission.response()` does.

    With `max_bytes_in_flight` a body is refused by `Overloaded` (503, `Retry-After`) while the bodies under way would hold
    more bytes with it: before it is read where it says its length, else as soon as it has grown too far. What it decodes to
    counts, too. Requests without a body are answered all the same. The bound holds for all threads of a process together.

    What falls under `rate_limits` is dropped before `on_submission` is called, and the answer tells clients of them: SDKs
    stop sending what isn't kept. A request that holds nothing else is refused by `RateLimited`.

    `on_outcome` is called with the `Outcome` of every request, accepted or not, before it is
    answered. It must not block;
    what it raises is logged.

    >>> app = StoreApp(lambda submission: print(submission.event_id))
    """

    def __init__(
        self,
        on_submission: OnSubmission,
        *,
        rate_limits: Iterable[RateLimit] = (),
        on_outcome: OnOutcome | None = None,
        max_bytes_in_flight: int | None = None,
        limits: Limits = Limits(),  # noqa: B008  (frozen)
        options: NormalizeOptions = NormalizeOptions(),  # noqa: B008  (frozen)
    ) -> None:
        self._on_submission = on_submission
        self._rate_limits = tuple(rate_limits)
        self._on_outcome = on_outcome
        self._in_flight = None if max_bytes_in_flight is None else BytesInFlight(max_bytes_in_flight)
        self._limits = limits
        self._options = options

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Serve one request."""
        record, status = Record(environ["REQUEST_METHOD"]), 500
        try:
            response = self._response(environ, record)
            status = response.status
        finally:
            if self._on_outcome is not None:
                record.report(self._on_outcome, status)
        start_response(f"{response.status} {_PHRASES.get(response.status, 'Unknown')}", response.headers)
        # The answer to HEAD is that of GET without its body, which gunicorn would write.
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [response.body]

    def _response(self, environ: Environ, record: Record) -> Response:
        """Return the answer to a request or to what refuses it."""
        try:
            if self._in_flight is None:
                return self._answer(environ, record, None)
            reservation = self._in_flight.reservation()
            try:
                return self._answer(environ, record, reservation.take)
            finally:
                reservation.release()
        except StoreError as error:
            return record.refuse(error)

    def _answer(self, environ: Environ, record: Record, reserve: Reserve | None) -> Response:
        path = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")
        request = HttpRequest(
            environ["REQUEST_METHOD"],
            origin_form(path, _query(environ)),
            list(_headers(environ)),
            remote_addr=environ.get("REMOTE_ADDR") or None,
        )
        decoder = RequestDecoder(request, limits=self._limits, options=self._options, reserve=reserve)
        record.endpoint = decoder.endpoint
        if decoder.has_body:
            for chunk in _body(environ):
                decoder.feed(chunk)
        submission = decoder.finish()
        if submission.auth is None:
            return submission.response()
        kept = record.limit(submission, self._rate_limits)
        if kept is None:
            return submission.response(self._rate_limits)
        result = self._on_submission(kept)
        if inspect.isawaitable(result):
            result = asyncio.run(_result(result))
        return writable(result) if isinstance(result, Response) else submission.response(self._rate_limits)


async def _result(awaitable: Awaitable[Response | None]) -> Response | None:
    return await awaitable


def _headers(environ: Environ) -> Iterator[tuple[str | bytes, str | bytes]]:
    for name, value in environ.items():
        # A client's own `Content_Length: 1` must not stand before what the server says.
        if name.startswith("HTTP_") and name not in {"HTTP_CONTENT_TYPE", "HTTP_CONTENT_LENGTH"}:
            yield name[len("HTTP_") :].replace("_", "-"), value
        elif name in {"CONTENT_TYPE", "CONTENT_LENGTH"} and value:
            yield name.replace("_", "-"), value


def _query(environ: Environ) -> str:
    query: str = environ.get("QUERY_STRING") or ""
    if query.isascii():
        return query
    try:
        # Its bytes stand in it as Latin-1 (PEP 3333), and clients mean UTF-8.
        return query.encode("latin-1").decode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return query


def _body(environ: Environ) -> Iterator[bytes]:
    """Read the body: as much as its length says, or to its end where the server marks that (for chunked bodies)."""
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
