"""The HTTP/1.1 of `serve`: uvicorn's, with bounds on how long a client may take and on what it makes the server hold.

uvicorn bounds the time between two requests, and nothing else: a head may come byte by byte for ever, and so may a body, or
what is left of one after its request was refused. Here each part of a request has its deadline. A request that comes in one
piece, as nearly all do, needs no timer for it.

httptools tells of the trailers of a chunked body by the same call as of headers: only what stands in the head becomes one.
It keeps a header until its end has come, which may be never: there is a bound on what is read without a piece of a body,
be it headers, trailers or extensions of chunks. The read that goes over it is the last, so that a connection holds that
much more at the most.

Requests that are sent on without waiting for answers (pipelining) wait in memory, and so there may be few. Whatever ends a
connection lets the requests be answered first that are there as a whole: an error written before would be taken for the
answer to one of them, and its event be sent again.

What strangers send wrong is answered and not logged: they must not be able to write to a log.
"""

import asyncio
from collections import deque
from types import SimpleNamespace
from typing import Any, ClassVar

import httptools
import msgspec
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from store_protocol.errors import InvalidRequest, Overloaded, StoreError
from store_protocol.limits import KIB

#: Requests of one connection that may wait for their answers. No SDK sends a second one before it has the answer.
_MOST_WAITING = 8
#: Seconds after an error in which a client can stop sending and read it. Closed at once, the connection would be reset by
#: what still comes, and the error be lost (RFC 9112 section 9.6).
_LINGER = 2.0


class Bounds(msgspec.Struct, frozen=True, kw_only=True):
    """What a client may take of time and memory; times in seconds."""

    #: For the head of a request, and for the first bytes of a body (Apache `RequestReadTimeout`: 20).
    head_timeout: float = 20.0
    #: For a whole body (Node `server.requestTimeout`: 300).
    body_timeout: float = 300.0
    #: Bytes a second that a body has to bring on average, once `head_timeout` is over (Apache `RequestReadTimeout`: 500).
    min_rate: int = 500
    #: For a client to take its answer (nginx `send_timeout`: 60).
    answer_timeout: float = 60.0
    #: The request line and the headers together, and the trailers, in bytes. Most servers take 8 to 64 KiB, and the event
    #: of a GET stands in its request line.
    max_head_bytes: int = 64 * KIB
    #: Connections of one worker. Each may hold a head, and as much of a body as comes in one piece.
    max_connections: int = 1000


class TooSlow(StoreError):
    """The client took too long to send its request."""

    status = 408
    code = "too_slow"


class HeadTooLarge(StoreError):
    """The headers or trailers of a request are too large together."""

    status = 431
    code = "head_too_large"


class BoundedProtocol(HttpToolsProtocol):
    """One connection."""

    bounds: ClassVar[Bounds] = Bounds()

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        # Of the request that is being received: which part of it comes (`head`, `body`, nothing between two requests, and
        # `over` once no more is read), and since when.
        self._part = ""
        self._since = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._answer_timer: asyncio.TimerHandle | None = None
        self._body_bytes = 0
        #: Bytes read since the request or a piece of its body began, without those of the read in which it did.
        self._silent_bytes = 0
        self._is_silent = True
        #: Bytes of this read, and of the one in which the request began.
        self._read_bytes = self._first_bytes = 0
        #: Requests that have no answer yet, in the order in which they will get one.
        self._unanswered: deque[RequestResponseCycle] = deque()
        self._error: StoreError | None = None

    # What the transport tells.

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > self.bounds.max_connections:
            self._part = "over"
            self._write(Overloaded("too many connections are open", retry_after=10))
            transport.close()
        else:
            self._start_timer(self.bounds.head_timeout)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        if self._answer_timer is not None:
            self._answer_timer.cancel()
        super().connection_lost(exc)

    def eof_received(self) -> bool | None:  # type: ignore[override]
        # A client that only says that it sends nothing more still reads the answers to what it has sent.
        whole = len(self._unanswered)
        if self._part == "body" and not self.cycle.response_complete:
            whole -= 1
        if whole:
            self._stop(InvalidRequest("the request ended too early"))
        return True if whole else None

    def data_received(self, data: bytes) -> None:
        if self._part == "over":
            return
        self._unset_keepalive_if_required()
        self._is_silent = True
        self._read_bytes = len(data)
        try:
            try:
                self.parser.feed_data(data)
            except httptools.HttpParserUpgrade as upgrade:
                self._pass_over_upgrade(data[upgrade.args[0] :])
        except httptools.HttpParserError:
            self._stop(self._error or InvalidRequest("the request is no HTTP/1.1"))
        if self._part == "over":
            return
        self._silent_bytes = self._silent_bytes + len(data) if self._is_silent else 0
        if self._silent_bytes > self.bounds.max_head_bytes:
            self._stop(self._too_large())
        elif self._timer is None and (self._part or not self._unanswered):
            # Blank lines begin no request, but have stopped uvicorn's timer.
            self._start_timer(self.bounds.head_timeout)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._answer_timer = self.loop.call_later(self.bounds.answer_timeout, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._answer_timer is not None:
            self._answer_timer.cancel()

    # What httptools tells.

    def on_message_begin(self) -> None:
        self._is_silent = False
        if len(self._unanswered) >= _MOST_WAITING:
            self._fail(InvalidRequest("too many requests wait for their answers on this connection"))
        self._part = "head"
        self._first_bytes, self._silent_bytes = self._read_bytes, 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        most = self.bounds.max_head_bytes
        # What was read holds the head, and maybe more.
        if self._first_bytes + self._silent_bytes + self._read_bytes > most:
            line = len(self.parser.get_method()) + len(self.url) + len("  HTTP/1.1\r\n\r\n")
            if line + sum([len(name) + len(value) + len(": \r\n") for name, value in self.headers]) > most:
                self._fail(self._too_large())
        self._is_silent = False
        self._stop_timer()
        self._part = "body"
        self._body_bytes = 0
        super().on_headers_complete()
        # The application has the list of the headers; trailers go into another.
        self.headers = []
        self._unanswered.append(self.cycle)
        if self.parser.should_upgrade():
            self.cycle.keep_alive = False

    def on_body(self, body: bytes) -> None:
        self._is_silent = False
        self._body_bytes += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        if self.parser.should_upgrade():
            return
        self._stop_timer()
        self._part = ""
        super().on_message_complete()

    def _pass_over_upgrade(self, rest: bytes) -> None:
        """Read the body of a request that asks for another protocol, such as HTTP/2 by Java's client and curl --http2.

        A server that doesn't change to it passes over the wish (RFC 9110 section 7.8), but httptools takes what follows the
        head for that protocol. Another parser is told of the body alone; the connection closes after the answer.
        """
        receiver = SimpleNamespace(on_body=self.on_body, on_message_complete=self.on_message_complete)
        self.parser = httptools.HttpRequestParser(receiver)
        headers = self.cycle.scope["headers"]
        length = [b"%b: %b\r\n" % pair for pair in headers if pair[0] in {b"content-length", b"transfer-encoding"}]
        self.parser.feed_data(b"POST / HTTP/1.1\r\n" + b"".join(length) + b"\r\n")
        self.parser.feed_data(rest)

    def _too_large(self) -> StoreError:
        return HeadTooLarge(f"headers over the limit of {self.bounds.max_head_bytes} bytes")

    def _fail(self, error: StoreError) -> None:
        # httptools goes no further, and raises an error of its own.
        self._error = error
        raise error

    # What becomes of requests.

    def on_response_complete(self) -> None:
        self._unanswered.popleft()
        super().on_response_complete()

    def timeout_keep_alive_handler(self) -> None:
        super().timeout_keep_alive_handler()
        if self.transport.get_write_buffer_size():
            # Nobody reads the answers, and closing would wait for that.
            self.transport.abort()

    def _start_timer(self, seconds: float) -> None:
        self._since = self.loop.time()
        self._timer = self.loop.call_later(seconds, self._check_time)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _check_time(self) -> None:
        self._timer = None
        if not self._part:
            # It has sent nothing that could be answered.
            if not self._unanswered:
                self.transport.close()
            return
        if self._part == "body":
            bounds = self.bounds
            allowed = min(bounds.head_timeout + self._body_bytes / bounds.min_rate, bounds.body_timeout)
            left = self._since + allowed - self.loop.time()
            if self.flow.read_paused:
                # It is the server that takes its time.
                left = max(left, bounds.head_timeout)
            if left > 0:
                self._timer = self.loop.call_later(left, self._check_time)
                return
        self._stop(TooSlow(f"the {self._part} of the request took too long to come"))

    def _stop(self, error: StoreError) -> None:
        """Read no further: answer what is there as a whole, or else say what is wrong; then close the connection."""
        broken = self.cycle if self._part == "body" else None
        self._part = "over"
        self._stop_timer()
        self._unset_keepalive_if_required()
        if broken is not None and not broken.response_complete:
            self._unanswered.pop()
            broken.disconnected = True
            broken.message_event.set()
        if self._unanswered:
            self._unanswered[-1].keep_alive = False
            return
        if self.transport.is_closing():
            return
        if broken is None or not broken.response_started:
            self._write(error)
        self.transport.write_eof()
        self._timer = self.loop.call_later(_LINGER, self.transport.abort)

    def _write(self, error: StoreError) -> None:
        response = error.response()
        lines = [STATUS_LINE[response.status]]
        lines += [b"%b: %b\r\n" % header for header in self.server_state.default_headers]
        lines += [f"{name}: {value}\r\n".encode("latin-1") for name, value in response.headers]
        self.transport.write(b"".join([*lines, b"Connection: close\r\n\r\n", response.body]))
