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
from urllib.parse import unquote

from store_protocol.errors import StoreError
from store_protocol.http_request import HttpRequest, origin_form
from store_protocol.http_response import Response, writable
from store_protocol.in_flight import BytesInFlight
from store_protocol.limits import KIB, Limits, Reserve
from store_protocol.normalize import NormalizeOptions
from store_protocol.outcome import OnOutcome, Record
from store_protocol.pipeline import RequestDecoder
from store_protocol.rate_limits import RateLimit
from store_protocol.submission import Submission

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
OnSubmission = Callable[[Submission], Awaitable[Response | None] | Response | None]

#: Bytes of a plain body above which it is read in a thread: those who wait for the loop would feel it.
_IN_THREAD = 256 * KIB


class StoreApp:
    """Takes Sentry events and hands each submission to `on_submission`.

    `on_submission` is called once for each request that submits something, before it is answered. It may be async; a
    function that isn't runs in a thread, so that it may block. It refuses by raising a `StoreError` (`UnknownKey`,
    `Rejected`, `RateLimited`), and may return a `Response` to answer otherwise than `submission.response()` does.

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
        call = getattr(on_submission, "__call__", None)  # noqa: B004  (an object may be called by an async method)
        self._is_async = inspect.iscoroutinefunction(on_submission) or inspect.iscoroutinefunction(call)

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
        client = scope.get("client")
        request = HttpRequest(
            scope["method"],
            origin_form(_path(scope), scope["query_string"].decode("utf-8", "surrogateescape")),
            scope["headers"],
            remote_addr=client[0] if client else None,
        )
        decoder = RequestDecoder(request, limits=self._limits, options=self._options, reserve=reserve)
        record.endpoint = decoder.endpoint
        more = decoder.has_body
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            decoder.feed(message.get("body", b""))
            more = message.get("more_body", False)
        if decoder.has_body and (decoder.offload or decoder.decode() > _IN_THREAD):
            submission: Submission = await _in_thread(decoder.finish)
        else:
            submission = decoder.finish()
        if submission.auth is None:
            return submission.response()
        kept = record.limit(submission, self._rate_limits)
        if kept is None:
            return submission.response(self._rate_limits)
        if self._is_async:
            result = self._on_submission(kept)
        else:
            result = await _in_thread(self._on_submission, kept)
        if inspect.isawaitable(result):
            result = await result
        return writable(result) if isinstance(result, Response) else submission.response(self._rate_limits)


async def _write(response: Response, scope: Message, send: Send) -> None:
    headers = [_encoded(name, value) for name, value in response.headers]
    # The answer to HEAD is that of GET without its body; h11 refuses to write one.
    body = b"" if scope["method"] == "HEAD" else response.body
    # Since ASGI 2.4 servers may tell so that the client has gone.
    with contextlib.suppress(OSError):
        await send({"type": "http.response.start", "status": response.status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def _path(scope: Message) -> str:
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


# Nearly all headers of the answers are always the same.
@functools.lru_cache(maxsize=256)
def _encoded(name: str, value: str) -> tuple[bytes, bytes]:
    return name.lower().encode("latin-1"), value.encode("latin-1")


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
