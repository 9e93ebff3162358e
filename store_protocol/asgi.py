"""An ASGI application that takes Sentry events: `StoreApp`, to be mounted anywhere or served alone.

It reads a body piece by piece and stops as soon as it is over a limit; what the head of a request shows to be wrong is
refused before the body is read. A client that stalls or goes away holds its own connection and what it has sent, no more.
"""

import asyncio
import contextlib
import functools
import inspect
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

from store_protocol.errors import StoreError
from store_protocol.gateways import parts_of_scope
from store_protocol.http_request import HttpRequest
from store_protocol.http_response import Response, given_response
from store_protocol.in_flight import BytesInFlight
from store_protocol.items.attachment import OpenAttachment
from store_protocol.limits import KIB, Limits, Reserve
from store_protocol.normalize import NormalizeOptions
from store_protocol.outcome import OnOutcome, Record
from store_protocol.rate_limits import RateLimit
from store_protocol.request_decoder import RequestDecoder
from store_protocol.request_head import RequestHead
from store_protocol.submission import Submission

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
OnHead = Callable[[RequestHead], Awaitable[Response | None] | Response | None]
OnSubmission = Callable[[Submission], Awaitable[Response | None] | Response | None]

#: Bytes of a plain body above which it is read in a thread: those who wait for the loop would feel it.
_IN_THREAD = 256 * KIB


class StoreApp:
    """Takes Sentry events and hands each submission to `on_submission`.

    `on_submission` is called once for each request that submits something, before it is answered. It may be async; a
    function that isn't runs in a thread, so that it may block. It refuses by raising a `StoreError` (`UnknownKey`,
    `Rejected`, `RateLimited`), and may return a `Response` to answer otherwise than `submission.response()` does.

    `on_head` is called likewise, with the `RequestHead`, before the body is read: as soon as the key is known, which for an
    envelope that alone names it is when its headers have come. What it raises, or a `Response` that it returns, is the
    answer, and no more of the body is read.

    With `require_auth=False` requests may come without credentials. With `keep_body` the body stays in
    `Submission.request` as it was received.

    `open_attachment` is called with the `AttachmentHead` of each attachment, and returns the binary file that its bytes go
    into as they come, or None for one that is to stay in memory. It runs in a thread, and so does writing. `on_submission`
    finds the file in `Attachment.file`; once that has returned, or where the request comes to nothing, it is closed. What
    `open_attachment` or a file raises refuses the request as what `on_submission` raises does.

    With `normalize=False` submissions are as `read_request` gives them: `payloads`, and no events.

    With `max_bytes_in_flight` a body is refused by `Overloaded` (503, `Retry-After`) while the bodies under way would hold
    more bytes with it: before it is read where it says its length, else as soon as it has grown too far. What it decodes to
    counts, too. Requests without a body are answered all the same.

    What falls under `rate_limits` is dropped before `on_submission` is called, and the answer tells clients of them: SDKs
    stop sending what isn't kept. A request that holds nothing else is refused by `RateLimited`.

    `on_outcome` is called with the `Outcome` of every request, accepted or not, once it has been
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
        self._on_submission = _Callback(on_submission)
        self._on_head = None if on_head is None else _Callback(on_head)
        self._rate_limits = tuple(rate_limits)
        self._on_outcome = on_outcome
        self._in_flight = None if max_bytes_in_flight is None else BytesInFlight(max_bytes_in_flight)
        self._limits = limits
        self._options = options
        self._require_auth = require_auth
        self._keep_body = keep_body
        self._open_attachment = open_attachment
        self._normalize = normalize

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve one connection of ASGI: an HTTP request, or the lifespan of the server."""
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        if scope["type"] == "websocket":
            # Closed before it is open, which servers answer with 403: any visitor can ask for one.
            await send({"type": "websocket.close"})
            return
        record = Record(scope["method"])
        status: int | None = None
        try:
            response = await self._response(scope, receive, record)
            status = None if response is None else response.status
            if response is not None:
                await _write(response, scope, send)
        except Exception:
            # The server answers so; who is cancelled is not answered at all.
            status = 500
            raise
        finally:
            if self._on_outcome is not None:
                record.report(self._on_outcome, status)

    async def _response(self, scope: Message, receive: Receive, record: Record) -> Response | None:
        """Return the answer to a request or to what refuses it, None where the client has gone away."""
        try:
            if self._in_flight is None:
                return await self._answer(scope, receive, record, None)
            reservation = self._in_flight.reservation()
            try:
                return await self._answer(scope, receive, record, reservation.take)
            finally:
                reservation.release()
        except StoreError as error:
            return record.refuse(error)

    async def _answer(self, scope: Message, receive: Receive, record: Record, reserve: Reserve | None) -> Response | None:
        """Return the answer to a request, None where the client has gone away."""
        method, target, headers, remote_addr = parts_of_scope(scope)
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
            response = await self._served(receive, decoder, record)
            if decoder.has_open_files:
                await _in_thread(decoder.close)
        finally:
            # Of a request that is cancelled, a thread may still write: what it writes to is closed after that.
            decoder.close()
        return response

    async def _served(self, receive: Receive, decoder: RequestDecoder, record: Record) -> Response | None:
        record.endpoint = decoder.endpoint
        body = _Body(receive, is_empty=not decoder.has_body)
        if self._on_head is not None and decoder.submits:
            head = await _head_of(decoder, body)
            if head is None:
                return None
            answer = given_response(await self._on_head(head))
            if answer is not None:
                return answer
        while (chunk := await body.next()) is not None:
            await _feed(decoder, chunk)
        if body.is_broken:
            return None
        if decoder.has_body and await _is_long(decoder):
            submission: Submission = await _in_thread(decoder.finish)
        else:
            submission = decoder.finish()
        if not decoder.submits:
            return submission.response()
        kept = record.limit(submission, self._rate_limits)
        if kept is None:
            return submission.response(self._rate_limits)
        return given_response(await self._on_submission(kept)) or submission.response(self._rate_limits)


async def _write(response: Response, scope: Message, send: Send) -> None:
    headers = [_encoded(name, value) for name, value in response.headers]
    # The answer to HEAD is that of GET without its body; h11 refuses to write one.
    body = b"" if scope["method"] == "HEAD" else response.body
    # Since ASGI 2.4 servers may tell so that the client has gone.
    with contextlib.suppress(OSError):
        await send({"type": "http.response.start", "status": response.status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


# Nearly all headers of the answers are always the same.
@functools.lru_cache(maxsize=256)
def _encoded(name: str, value: str) -> tuple[bytes, bytes]:
    return name.lower().encode("latin-1"), value.encode("latin-1")


class _Callback:
    """Calls what the application has given: in a thread what is not async, so that it may block."""

    def __init__(self, function: Callable[[Any], Any]) -> None:
        self._function = function
        call = getattr(function, "__call__", None)  # noqa: B004  (an object may be called by an async method)
        self._is_async = inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(call)

    async def __call__(self, argument: Any) -> Any:
        function = self._function
        result = function(argument) if self._is_async else await _in_thread(function, argument)
        return await result if inspect.isawaitable(result) else result


class _Body:
    """The pieces of a body as the server receives them."""

    def __init__(self, receive: Receive, *, is_empty: bool) -> None:
        self._receive = receive
        self._is_over = is_empty
        #: Whether the client has gone away before all of it had come.
        self.is_broken = False

    async def next(self) -> bytes | None:
        """Return the next piece, None after the last one."""
        if self._is_over:
            return None
        message = await self._receive()
        if message["type"] == "http.disconnect":
            self._is_over = self.is_broken = True
            return None
        self._is_over = not message.get("more_body", False)
        chunk: bytes = message.get("body", b"")
        return chunk


async def _head_of(decoder: RequestDecoder, body: _Body) -> RequestHead | None:
    """Return who sends a request, having read as much of its body as that takes; None where the client has gone away."""
    while (head := decoder.head) is None:
        chunk = await body.next()
        if chunk is None:
            return None if body.is_broken else decoder.end()
        decoder.feed(chunk)
    return head


async def _is_long(decoder: RequestDecoder) -> bool:
    """Take the end of the body; return whether it takes long to read it, or may wait for files."""
    if decoder.offload:
        return True
    size = await _in_thread(decoder.decode) if decoder.may_write() else decoder.decode()
    return size > _IN_THREAD or decoder.may_write()


async def _feed(decoder: RequestDecoder, chunk: bytes) -> None:
    if decoder.may_write(len(chunk)):
        await _in_thread(decoder.feed, chunk)
    else:
        decoder.feed(chunk)


async def _in_thread(function: Callable[..., Any], *arguments: Any) -> Any:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        # Another event loop, such as trio's, has no threads that could be had without its library.
        return function(*arguments)
    return await asyncio.to_thread(function, *arguments)


async def _lifespan(receive: Receive, send: Send) -> None:
    # There is nothing to start or to stop; servers only want to be told so.
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
