"""A WSGI application that takes Sentry events: `StoreApp`, to be mounted anywhere or served alone.

It reads a body piece by piece and stops as soon as it is over a limit; what the head of a request shows to be wrong is
refused before the body is read.
"""

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Iterable, Iterator
from http import HTTPStatus
from typing import Any

from store_protocol.errors import StoreError
from store_protocol.gateways import body_of_environ, parts_of_environ
from store_protocol.http_request import HttpRequest
from store_protocol.http_response import Response, given_response
from store_protocol.in_flight import BytesInFlight
from store_protocol.items.attachment import OpenAttachment
from store_protocol.limits import Limits, Reserve
from store_protocol.normalize import NormalizeOptions
from store_protocol.outcome import OnOutcome, Record
from store_protocol.rate_limits import RateLimit
from store_protocol.request_decoder import RequestDecoder
from store_protocol.request_head import RequestHead
from store_protocol.submission import Submission

Environ = dict[str, Any]
StartResponse = Callable[[str, list[tuple[str, str]]], Any]
OnHead = Callable[[RequestHead], Awaitable[Response | None] | Response | None]
OnSubmission = Callable[[Submission], Awaitable[Response | None] | Response | None]

_PHRASES = {status.value: status.phrase for status in HTTPStatus}


class StoreApp:
    """Takes Sentry events and hands each submission to `on_submission`.

    `on_submission` is called once for each request that submits something, before it is answered; an async one runs in an
    event loop of its own. It refuses by raising a `StoreError` (`UnknownKey`, `Rejected`, `RateLimited`), and may return a
    `Response` to answer otherwise than `submission.response()` does.

    `on_head` is called likewise, with the `RequestHead`, before the body is read: as soon as the key is known, which for an
    envelope that alone names it is when its headers have come. What it raises, or a `Response` that it returns, is the
    answer, and no more of the body is read.

    With `require_auth=False` requests may come without credentials. With `keep_body` the body stays in
    `Submission.request` as it was received.

    `open_attachment` is called with the `AttachmentHead` of each attachment, and returns the binary file that its bytes go
    into as they come, or None for one that is to stay in memory. `on_submission` finds the file in `Attachment.file`; once
    that has returned, or where the request comes to nothing, it is closed. What `open_attachment` or a file raises refuses
    the request as what `on_submission` raises does.

    With `normalize=False` submissions are as `read_request` gives them: `payloads`, and no events.

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

    def __init__(  # noqa: PLR0913  (all but one by name)
        self,
        on_submission: OnSubmission,
        *,
        on_head: OnHead | None = None,
        rate_limits: Iterable[RateLimit] = (),
        on_outcome: OnOutcome | None = None,
        max_bytes_in_flight: int | None = None,
        limits: Limits = Limits(),  # noqa: B008  (frozen)
        options: NormalizeOptions = NormalizeOptions(),  # noqa: B008  (frozen)
        require_auth: bool = True,
        keep_body: bool = False,
        open_attachment: OpenAttachment | None = None,
        normalize: bool = True,
    ) -> None:
        self._on_submission = on_submission
        self._on_head = on_head
        self._rate_limits = tuple(rate_limits)
        self._on_outcome = on_outcome
        self._in_flight = None if max_bytes_in_flight is None else BytesInFlight(max_bytes_in_flight)
        self._limits = limits
        self._options = options
        self._require_auth = require_auth
        self._keep_body = keep_body
        self._open_attachment = open_attachment
        self._normalize = normalize

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
        method, target, headers, remote_addr = parts_of_environ(environ)
        request = HttpRequest(method, target, headers, remote_addr=remote_addr)
        decoder = RequestDecoder(
            request,
            limits=self._limits,
            options=self._options,
            reserve=reserve,
            require_auth=self._require_auth,
            keep_body=self._keep_body,
            open_attachment=self._open_attachment,
            normalize=self._normalize,
        )
        try:
            return self._served(environ, decoder, record)
        finally:
            decoder.close()

    def _served(self, environ: Environ, decoder: RequestDecoder, record: Record) -> Response:
        record.endpoint = decoder.endpoint
        chunks = body_of_environ(environ) if decoder.has_body else iter(())
        if self._on_head is not None and decoder.submits:
            answer = given_response(_called(self._on_head, _head_of(decoder, chunks)))
            if answer is not None:
                return answer
        for chunk in chunks:
            decoder.feed(chunk)
        submission = decoder.finish()
        if not decoder.submits:
            return submission.response()
        kept = record.limit(submission, self._rate_limits)
        if kept is None:
            return submission.response(self._rate_limits)
        return given_response(_called(self._on_submission, kept)) or submission.response(self._rate_limits)


def _head_of(decoder: RequestDecoder, chunks: Iterator[bytes]) -> RequestHead:
    """Return who sends a request, having read as much of its body as that takes."""
    while (head := decoder.head) is None:
        chunk = next(chunks, None)
        if chunk is None:
            return decoder.end()
        decoder.feed(chunk)
    return head


def _called(callback: Callable[[Any], Any], argument: Any) -> Any:
    result = callback(argument)
    return asyncio.run(_result(result)) if inspect.isawaitable(result) else result


async def _result(awaitable: Awaitable[Response | None]) -> Response | None:
    return await awaitable
