"""A fake Sentry: a real server on loopback to which an application's SDK sends, and what came to it.

One `FakeSentry` serves any number of DSNs. Each is a `StoreServer` of its own, which sees what was sent to its key alone:
the tests of a session can share a server, and what an earlier one sends late is not taken for a later one's.
"""

import collections
import threading
import uuid
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal, overload

import msgspec

from store_protocol.auth import find_auth
from store_protocol.endpoints.content import RefusedItem
from store_protocol.errors import RateLimited, StoreError, UnknownKey
from store_protocol.http_request import HttpRequest
from store_protocol.http_response import Response
from store_protocol.items.attachment import Attachment
from store_protocol.items.envelope_item import EnvelopeItem
from store_protocol.limits import Limits
from store_protocol.normalize import NormalizeOptions
from store_protocol.rate_limits import RateLimit, format_rate_limits
from store_protocol.request_decoder import RequestDecoder
from store_protocol.schema import NormalizedEvent
from store_protocol.submission import Submission
from store_protocol.testing.received import Exchange, NotReceived, Refusal, told

#: What `StoreServer.wait_for` can wait for, by the attributes that list it: events, and all else.
EventKind = Literal["events", "errors", "transactions", "feedback"]
OtherKind = Literal["check_ins", "sessions", "logs", "attachments", "items", "submissions", "exchanges", "refused"]


class Stall(msgspec.Struct, frozen=True):
    """An answer that comes so many seconds late."""

    seconds: float


class Close(msgspec.Struct, frozen=True):
    """No answer: the connection is closed once the request has been read."""


#: How a request is answered: refused with an error, told of rate limits (429), with a response of one's own, late, not at
#: all, or taken as it would be (None).
Answer = StoreError | RateLimit | Response | Stall | Close | None


class StoreServer:
    """What came to one DSN of a fake Sentry, and how it answers.

    `dsn` is what the application is given, `url` where the server is, `public_key` and `project_id` what the DSN names.
    What came is told by `events` and the attributes after it, each a list in the order of arrival, made anew whenever it is
    asked for. A `StoreError` in `refuse_with` refuses everything from then on, and None takes it again; `answer_next` says
    how the next requests are answered.

    Called, it gives what `store_protocol.testing.store_server` does: another server, for as long as the block runs.
    """

    def __init__(self, sentry: "FakeSentry", public_key: str, project_id: str) -> None:
        self.public_key = public_key
        self.project_id = project_id
        self.url = sentry.url
        self.dsn = sentry.url.replace("://", f"://{public_key}@") + f"/{project_id}"
        #: Refuses everything while it is set.
        self.refuse_with: StoreError | None = None
        self._sentry = sentry
        #: How many requests with other keys had come before: they are none of this one's.
        self._others_before = len(sentry.unclaimed)
        self._exchanges: list[Exchange] = []
        self._answers: collections.deque[Answer] = collections.deque()
        self._changed = threading.Condition()

    def __call__(self, **options: Any) -> Any:
        """Run another server, as `store_protocol.testing.store_server` does."""
        return store_server(**options)

    # What came.

    @property
    def exchanges(self) -> list[Exchange]:
        """All requests with their answers, those that were refused among them."""
        with self._changed:
            return [*self._exchanges]

    @property
    def submissions(self) -> list[Submission]:
        """What was accepted, a submission for each request."""
        return [each.submission for each in self.exchanges if each.submission is not None and each.is_accepted]

    @property
    def events(self) -> list[NormalizedEvent]:
        """The events: errors, messages, transactions, feedback and reports of browsers."""
        return [event for submission in self.submissions for event in submission.events]

    @property
    def errors(self) -> list[NormalizedEvent]:
        """The events that are neither transactions nor feedback."""
        return [event for event in self.events if event.type not in {"transaction", "feedback"}]

    @property
    def transactions(self) -> list[NormalizedEvent]:
        """The events that are transactions."""
        return [event for event in self.events if event.type == "transaction"]

    @property
    def feedback(self) -> list[NormalizedEvent]:
        """The events that are feedback of users."""
        return [event for event in self.events if event.type == "feedback"]

    @property
    def items(self) -> list[EnvelopeItem]:
        """The items of envelopes that are neither events nor attachments."""
        return [item for submission in self.submissions for item in submission.items]

    @property
    def check_ins(self) -> list[Any]:
        """The check-ins of monitors, each a `store_protocol.items.CheckIn`."""
        return self._decoded("check_in")

    @property
    def sessions(self) -> list[Any]:
        """The sessions, each a `store_protocol.items.SessionUpdate`, or `SessionAggregates` for many at once."""
        return self._decoded("session", "sessions")

    @property
    def logs(self) -> list[Any]:
        """The log entries, each a `store_protocol.items.Log`, whichever container it came in."""
        return [entry for container in self._decoded("log") for entry in container.items or () if entry is not None]

    @property
    def attachments(self) -> list[Attachment]:
        """The files that came along with events, or alone."""
        return [attachment for submission in self.submissions for attachment in submission.attachments]

    @property
    def refused(self) -> list[Refusal]:
        """What was refused, and why: whole requests, and the items of envelopes that could not be taken."""
        found = []
        for exchange in self.exchanges:
            if exchange.error is not None:
                found.append(Refusal("request", exchange.error, exchange))
            refused: tuple[RefusedItem, ...] = exchange.submission.refused if exchange.submission is not None else ()
            found += [Refusal(each.type or "item", each.error, exchange) for each in refused]
        return found

    def _decoded(self, *types: str) -> list[Any]:
        return [item.decode() for item in self.items if item.type in types]

    # Waiting.

    @overload
    def wait_for(
        self,
        count: int = 1,
        *,
        where: Callable[[NormalizedEvent], bool] | None = None,
        of: EventKind = "events",
        timeout: float = 5.0,
    ) -> list[NormalizedEvent]: ...
    @overload
    def wait_for(
        self, count: int = 1, *, where: Callable[[Any], bool] | None = None, of: OtherKind, timeout: float = 5.0
    ) -> list[Any]: ...
    def wait_for(
        self,
        count: int = 1,
        *,
        where: Callable[[Any], bool] | None = None,
        of: EventKind | OtherKind = "events",
        timeout: float = 5.0,
    ) -> list[Any]:
        """Wait until `count` events have come for which `where` holds, and return all of these.

        `of` waits for another kind, by the name of the attribute that lists it. Raises `NotReceived`, an `AssertionError`
        and a `TimeoutError`, after `timeout` seconds; it tells what came instead, what was refused and why, and how the
        client was answered.
        """
        return self._wait(count, where, of, timeout)

    def wait_for_async(
        self,
        count: int = 1,
        *,
        where: Callable[[Any], bool] | None = None,
        of: EventKind | OtherKind = "events",
        timeout: float = 5.0,
    ) -> Awaitable[list[Any]]:
        """Wait as `wait_for` does while the event loop goes on, for an application that sends from it."""
        import asyncio  # noqa: PLC0415  (who waits here has loaded it, and others need not)

        return asyncio.to_thread(self._wait, count, where, of, timeout)

    def _wait(self, count: int, where: Callable[[Any], bool] | None, of: str, timeout: float) -> list[Any]:
        def found() -> list[Any]:
            return [each for each in getattr(self, of) if where is None or where(each)]

        with self._changed:
            if not self._changed.wait_for(lambda: len(found()) >= count, timeout):
                such = "" if where is None else " such"
                came = f"{len(found())} of {count}{such} {of.replace('_', ' ')} came within {timeout:g} seconds"
                raise NotReceived(self._told(came))
            return found()

    def expect_nothing(self, *, of: EventKind | OtherKind = "events", within: float = 0.2) -> None:
        """Wait `within` seconds for what must not come; raise `AssertionError` as soon as it does."""
        with self._changed:
            if self._changed.wait_for(lambda: bool(getattr(self, of)), within):
                raise AssertionError(self._told(f"expected no {of.replace('_', ' ')}"))

    def _told(self, what: str) -> str:
        return told(what, self._exchanges, self._sentry.unclaimed[self._others_before :])

    def clear(self) -> None:
        """Forget what came, and how the next requests were to be answered."""
        with self._changed:
            self._exchanges.clear()
            self._answers.clear()

    # Answering.

    def answer_next(self, *answers: Answer) -> None:
        """Say how the next requests are answered, one after the other; those after them are taken as ever.

        An answer is a `StoreError`, which refuses the request, a `RateLimit` (429 with the headers that tell of it), a
        `Response`, `Stall(seconds)`, `Close()`, or None for a request that is taken.
        """
        with self._changed:
            self._answers.extend(answers)

    def _next_answer(self) -> Answer:
        with self._changed:
            return self._answers.popleft() if self._answers else self.refuse_with

    def _add(self, exchange: Exchange) -> None:
        with self._changed:
            self._exchanges.append(exchange)
            self._changed.notify_all()


class FakeSentry:
    """A server on loopback for any number of DSNs, until it is closed.

    A request whose key is none of theirs goes to the server made with `any_key`, if there is one; else it is refused and
    listed in `unclaimed`. What comes for a DSN that was retired is taken and listed in `late`, by the name given then.
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        limits: Limits | None = None,
        options: NormalizeOptions | None = None,
    ) -> None:
        try:
            from store_protocol.testing.http_server import HttpServer  # noqa: PLC0415  (only who runs one needs h11)
        except ModuleNotFoundError as missing:
            raise ModuleNotFoundError(
                "a fake Sentry needs the package h11: pip install 'store-protocol[testing]'", name=missing.name
            ) from missing
        self.unclaimed: list[Exchange] = []
        self.late: list[tuple[str, Exchange]] = []
        self._limits, self._options = limits or Limits(), options or NormalizeOptions()
        self._servers: dict[str, StoreServer] = {}
        self._retired: dict[str, str] = {}
        self._any_key: StoreServer | None = None
        self._closing = threading.Event()
        self._http = HttpServer(host, port, self._answer)
        name = f"[{host}]" if ":" in host else host
        self.url = f"http://{name}:{self._http.port}"

    def server(self, *, public_key: str | None = None, any_key: bool = False) -> StoreServer:
        """Return a server with a DSN of its own; with `any_key` it gets what is sent to other keys as well."""
        project = str(len(self._servers) + len(self._retired) + 1)
        server = StoreServer(self, public_key or uuid.uuid4().hex, project)
        self._servers[server.public_key] = server
        if any_key:
            self._any_key = server
        return server

    def retire(self, server: StoreServer, name: str) -> None:
        """Let what comes for a DSN from now on be late, and list it by a name, such as that of the test that used it."""
        self._retired[server.public_key] = name
        del self._servers[server.public_key]

    def close(self) -> None:
        """Stop the server."""
        self._closing.set()
        self._http.close()

    def _answer(self, request: HttpRequest, body: Iterator[bytes]) -> Response | None:
        submission: Submission | None = None
        pieces: list[bytes] = []
        server = self._any_key
        error: StoreError | None = None
        response: Response | None
        try:
            decoder = RequestDecoder(request, limits=self._limits, options=self._options)
            for piece in body:
                pieces.append(piece)
                decoder.feed(piece)
            submission = decoder.finish()
            if submission.auth is None:
                # A preflight, or a look whether there is anything.
                return submission.response()
            key = submission.auth.public_key
            server = self._servers.get(key, self._any_key)
            if server is None and key not in self._retired:
                raise UnknownKey("no DSN of this server has the key")
            response = self._by(server, submission)
        except StoreError as refused:
            error, response = refused, refused.response()
            if submission is None:
                server = self._servers.get(_key_of(request), self._any_key)
        exchange = Exchange(msgspec.structs.replace(request, body=b"".join(pieces)), submission, error, response)
        if server is not None:
            server._add(exchange)  # noqa: SLF001  (two halves of one thing)
        elif (
            submission is not None
            and submission.auth is not None
            and (name := self._retired.get(submission.auth.public_key))
        ):
            self.late.append((name, exchange))
        else:
            self.unclaimed.append(exchange)
        return response

    def _by(self, server: StoreServer | None, submission: Submission) -> Response | None:
        answer = None if server is None else server._next_answer()  # noqa: SLF001
        match answer:
            case StoreError():
                raise answer
            case RateLimit():
                raise RateLimited("rate limited", retry_after=answer.seconds, rate_limits=format_rate_limits([answer]))
            case Response():
                return answer
            case Stall():
                # Ended by the end of the server.
                self._closing.wait(answer.seconds)
            case Close():
                return None
        return submission.response()


def _key_of(request: HttpRequest) -> str:
    """Return the public key that the head of a request names, nothing where it names none."""
    try:
        return find_auth(request.headers, request.query).public_key
    except StoreError:
        return ""


@contextmanager
def store_server(
    *, host: str = "127.0.0.1", port: int = 0, limits: Limits | None = None, options: NormalizeOptions | None = None
) -> Iterator[StoreServer]:
    """Run a fake Sentry while the block runs; port 0 takes any that is free. It takes every key.

    Raises `OSError` where the port is taken, and `ModuleNotFoundError` where the extra `testing` isn't installed.

    >>> with store_server() as server:  # doctest: +SKIP
    ...     sentry_sdk.init(server.dsn)
    ...     sentry_sdk.capture_message("hello")
    ...     server.wait_for(1)[0].logentry.formatted
    'hello'
    """
    sentry = FakeSentry(host=host, port=port, limits=limits, options=options)
    try:
        yield sentry.server(public_key=_KEY, any_key=True)
    finally:
        sentry.close()


#: The key of a DSN where there is one alone: the same each time, as it is shown in what people compare.
_KEY = "0123456789abcdef0123456789abcdef"
