"""The stages of a request in their order: from bytes and headers to a submission, or to a typed error.

What differs by endpoint is asked of its `Endpoint`; no stage knows one by its name.
"""

import contextlib
import functools
import operator
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import msgspec

from store_protocol.auth import Auth, Credentials, find_credentials
from store_protocol.body import (
    BodyDecoder,
    DecodedBody,
    finish_body,
    open_body,
    over_compressed,
    over_plain,
    parse_content_encoding,
)
from store_protocol.body.first_line import FirstLine
from store_protocol.budget import Budget
from store_protocol.convert.timestamps import moment
from store_protocol.dsn import Dsn
from store_protocol.endpoints import endpoint_for
from store_protocol.endpoints.content import Content, ItemEvent, RequestFacts, as_item, refused_item
from store_protocol.endpoints.receiving import read_content_event
from store_protocol.errors import (
    BodyError,
    EmptyBody,
    LimitExceeded,
    MethodNotAllowed,
    StoreError,
)
from store_protocol.forwarded import client_address
from store_protocol.http_request import HttpRequest, text_pairs
from store_protocol.items.envelope_item import EnvelopeItem
from store_protocol.limits import Limits, Reserve
from store_protocol.normalize import NormalizeOptions, normalize_read_event, receipt
from store_protocol.normalize import new_event_id as random_event_id
from store_protocol.payload import Repair
from store_protocol.request_options import (
    client_hints,
    project_of,
    resolve_credentials,
    told_by_auth,
    told_by_envelope,
)
from store_protocol.schema import Event
from store_protocol.submission import Submission
from store_protocol.texts import safe_text

_LIMITS = Limits()
_OPTIONS = NormalizeOptions()
_NO_CREDENTIALS = Credentials()
#: Bytes of a body that are kept until all of it is there: what most events have as they come.
_AT_ONCE = 64 * 1024


def decode_request(
    request: HttpRequest,
    *,
    limits: Limits = _LIMITS,
    options: NormalizeOptions = _OPTIONS,
    now: float | None = None,
    new_event_id: Callable[[], str] | None = None,
) -> Submission:
    """Return what a request submits: who sent it, and its events, typed and normalized.

    `now` is the current time in seconds since the epoch, and `new_event_id` returns an id (32 hex digits) for an
    event without one; where they are left out the clock is read and a random id drawn. What the request itself tells (the
    client, its version, address and clock, the project) completes `options`; what these say goes before it.

    Raises a `StoreError` for every request that can't be taken; its `response()` is the answer. The submission of an
    OPTIONS or HEAD request has no event.

    >>> request = HttpRequest("POST", "/api/1/store/?sentry_key=a", [], b'{"message": "hello"}')
    >>> decode_request(request, new_event_id=lambda: "f" * 32).response().body
    b'{"id":"ffffffffffffffffffffffffffffffff"}'
    """
    head = _Head(request, limits)
    try:
        if not head.has_body:
            return head.without_body()
        head.check_head()
        received = request.body if head.method == "POST" else head.endpoint.read_query(head.query)
        return head.submit(head.open_body(received), len(received), options, now, new_event_id)
    except StoreError as error:
        head.answer_as_endpoint(error)
        raise


Method = TypeVar("Method", bound=Callable[..., Any])


def _answering(method: Method) -> Method:
    """Return a method of `RequestDecoder` whose errors are answered as its endpoint does it."""

    @functools.wraps(method)
    def call(decoder: "RequestDecoder", *arguments: Any, **keywords: Any) -> Any:
        try:
            return method(decoder, *arguments, **keywords)
        except StoreError as error:
            decoder._head.answer_as_endpoint(error)  # noqa: SLF001  (it is that of the method)
            raise

    return call  # type: ignore[return-value]


class RequestDecoder:
    """Decodes a request whose body comes piece by piece, as `decode_request` does one that is there as a whole.

    `request` is given without its body. What its head shows to be wrong is raised at once: an unknown path, missing
    credentials, a `Content-Length` over the limit. Then `feed` takes the body, raising as soon as it is over a limit, and
    `finish` gives the submission.

    `reserve` is told how many bytes more the request is about to hold: its `Content-Length` at once, a body without one as
    it comes, and what codings and containers decode to. Whatever it raises, such as `Overloaded`, refuses the request.

    >>> decoder = RequestDecoder(HttpRequest("POST", "/api/1/store/?sentry_key=a", []))
    >>> for piece in (b'{"message": ', b'"hello"}'):
    ...     decoder.feed(piece)
    >>> decoder.finish().event.logentry.formatted
    'hello'
    """

    def __init__(
        self,
        request: HttpRequest,
        *,
        limits: Limits = _LIMITS,
        options: NormalizeOptions = _OPTIONS,
        now: float | None = None,
        new_event_id: Callable[[], str] | None = None,
        reserve: Reserve | None = None,
    ) -> None:
        self._head = _Head(request, limits, reserve)
        self._rest = (options, now, new_event_id)
        # A small body is decoded at once when it is there, which the C libraries do faster.
        self._kept: list[bytes] = []
        self._received = 0
        self._decoder: BodyDecoder | None = None
        self._body: DecodedBody | None = None
        self._reserved = 0
        self._begin()

    @_answering
    def _begin(self) -> None:
        head = self._head
        self._reserved = head.check_head()
        if head.first_line is not None:
            self._decoder = head.body_decoder()
        if head.reserve is not None:
            head.reserve(self._reserved)
        if head.method == "GET":
            self._take(head.endpoint.read_query(head.query))

    @property
    def has_body(self) -> bool:
        """Whether the body says anything: that of GET, HEAD and OPTIONS is not read."""
        return self._head.method == "POST"

    @property
    def received_bytes(self) -> int:
        """How many bytes of the body have been taken."""
        return self._received

    @property
    def endpoint(self) -> str:
        """The endpoint that the request is for, as `Submission.endpoint` will have it."""
        return self._head.endpoint.name

    @property
    def offload(self) -> bool:
        """Whether `finish` may take long however small the body is, so that an event loop should call it in a thread."""
        return self._head.endpoint.offload

    @_answering
    def feed(self, chunk: bytes) -> None:
        """Take the next piece of the body."""
        if self.has_body:
            self._take(chunk)

    def _take(self, chunk: bytes) -> None:
        self._received += len(chunk)
        if self._head.reserve is not None and self._received > self._reserved:
            self._head.reserve(self._received - self._reserved)
            self._reserved = self._received
        if self._decoder is not None:
            with self._head.decoding():
                self._decoder.feed(chunk)
            return
        self._kept.append(bytes(chunk))
        if self._received > _AT_ONCE:
            self._decoder = self._head.body_decoder()
            kept, self._kept = self._kept, []
            for each in kept:
                self._decoder.feed(each)

    @_answering
    def decode(self) -> int:
        """Take the end of the body, and return its length in bytes once its codings are undone.

        `finish` does this too; whoever wants to finish large bodies elsewhere, in a thread, asks before.
        """
        if self._body is None:
            if self._decoder is None:
                self._body = self._head.open_body(b"".join(self._kept))
            else:
                self._body = self._head.end_body(self._decoder)
            self._decoder, self._kept = None, []
        return len(self._body.data)

    @_answering
    def finish(self) -> Submission:
        """Return what the request submits, once all of its body has been fed."""
        head = self._head
        if not head.has_body:
            return head.without_body()
        self.decode()
        body, self._body = self._body, None
        assert body is not None  # noqa: S101  (it has just been decoded)
        return head.submit(body, self._received, *self._rest)


class _Head:
    """What the head of a request says, checked: everything but its body.

    Where the endpoint is known by the first line of the body alone, `first_line` takes that, and what else is wrong is told
    after it.
    """

    first_line: FirstLine | None = None

    def __init__(self, request: HttpRequest, limits: Limits, reserve: Reserve | None = None) -> None:
        headers = text_pairs(request.headers)
        self._limits = limits
        self._remote_addr = request.remote_addr
        self.method = request.method.upper()
        # What GET submits stands in its head, which is there already.
        self.reserve = reserve if self.method == "POST" else None
        path, self.query = request.split_target()
        first = dict(reversed(headers))
        content_type = first.get("content-type", "")
        self.endpoint, route = endpoint_for(path, self.method, content_type)
        self._path_project, self._path_key = route.project_id, route.parameters.get("sentry_key")
        self._facts = RequestFacts(content_type, self.query, first, self.reserve, route.parameters)
        try:
            self._read(headers, first, limits)
        except StoreError as error:
            self.answer_as_endpoint(error)
            raise

    def _read(self, headers: list[tuple[str, str]], first: dict[str, str], limits: Limits) -> None:
        if self.method not in self.endpoint.methods:
            allow = self.endpoint.methods
            raise MethodNotAllowed(f"the {self.endpoint.name} endpoint takes {', '.join(allow)}", allow=allow)
        self.encoding = ""
        if self.method == "POST" and "content-encoding" in first:
            self.encoding = ", ".join([value for name, value in headers if name == "content-encoding"])
        #: What `encoding` names, once `check_head` has read it.
        self.codings: tuple[str, ...] | None = None
        self._credentials = _NO_CREDENTIALS
        self._headers = headers
        check = self.endpoint.first_line
        if check is not None:
            self.first_line = FirstLine(lambda line: check(line, limits), limits.max_envelope_header_bytes)
        elif self.has_body:
            self._find_credentials()

    def answer_as_endpoint(self, error: StoreError) -> None:
        """Have an error answered as the endpoint does it."""
        if self.endpoint.rpc_status:
            error.rpc_status = True

    def _find_credentials(self) -> None:
        if self.endpoint.dsn_of is not None and (text := self.endpoint.dsn_of(self.query)):
            dsn = Dsn.parse(text)
            self._path_project, self._path_key = dsn.project_id, dsn.public_key
        self._credentials = found = find_credentials(self._headers, self.query, self._path_key)
        if found.auth is None and not self.endpoint.auth_in_body:
            found.required()

    @property
    def has_body(self) -> bool:
        return self.method not in {"OPTIONS", "HEAD"}

    def open_body(self, data: bytes) -> DecodedBody:
        if self.first_line is not None:
            decoder = self.body_decoder()
            with self.decoding():
                decoder.feed(data)
            return self.end_body(decoder)
        endpoint = self.endpoint
        return open_body(
            data,
            self.encoding,
            self.codings,
            limits=self._limits,
            sniff=endpoint.sniff,
            kind=endpoint.kind,
            reserve=self.reserve,
        )

    def body_decoder(self) -> BodyDecoder:
        endpoint = self.endpoint
        return BodyDecoder(
            self.encoding,
            limits=self._limits,
            sniff=endpoint.sniff,
            kind=endpoint.kind,
            reserve=self.reserve,
            first_line=self.first_line,
        )

    def end_body(self, decoder: BodyDecoder) -> DecodedBody:
        with self.decoding():
            return finish_body(decoder)

    @contextlib.contextmanager
    def decoding(self) -> Iterator[None]:
        """Tell nothing of what is wrong with a body that is not known to be for the endpoint."""
        try:
            yield
        except (BodyError, LimitExceeded):
            if self.first_line is not None:
                self.first_line.end()
            raise

    def check_head(self) -> int:
        """Refuse a coding that isn't known, and a body that says itself that it is over the limit.

        Return how many bytes it says that it has, 0 if it doesn't say.
        """
        if self.first_line is not None:
            with self.decoding():
                parse_content_encoding(self.encoding, limits=self._limits)
            return 0
        if self.endpoint.check_content_type is not None and self.method == "POST":
            self.endpoint.check_content_type(self._facts.content_type)
        self.codings = codings = parse_content_encoding(self.encoding, limits=self._limits)
        length = self._facts.headers.get("content-length")
        if length is None or self.method != "POST" or not (length.isascii() and length.isdecimal()):
            return 0
        # More digits than any limit has.
        size = int(length) if len(length) <= 18 else 10**18
        kind = self.endpoint.kind
        if size > (kind.max_compressed(self._limits) if codings else kind.max_plain(self._limits)):
            raise over_compressed(kind, self._limits) if codings else over_plain(kind, self._limits)
        return size

    def without_body(self) -> Submission:
        headers = self._facts.headers if self.method == "OPTIONS" else {}
        asked = {name: value for name, value in headers.items() if name.startswith("access-control-request-")}
        return Submission(self.endpoint.name, self._path_project, method=self.method, preflight=asked)

    def submit(
        self,
        body: DecodedBody,
        received_bytes: int,
        options: NormalizeOptions,
        now: float | None,
        new_event_id: Callable[[], str] | None,
    ) -> Submission:
        """Read the body, and return what the request submits."""
        if self.first_line is not None:
            self._find_credentials()
        if not (self.endpoint.reads_empty or body.data.strip()):
            raise EmptyBody("empty request body")
        budget = Budget(self._limits, len(body.data))
        facts = self._facts
        if self.endpoint.stamps:
            stamps = {"received_at": receipt(options, now), "new_id": new_event_id or random_event_id}
            facts = msgspec.structs.replace(facts, **stamps)
        content = self.endpoint.read(body.data, facts, budget)
        auth, project_id = resolve_credentials(self._credentials, self._path_project, content)
        repairs = [Repair("content_encoding", text=name) for name in body.ignored]
        repairs += content.repairs
        refused = list(content.refused)
        events: list[Event] = []
        payloads: list[EnvelopeItem | None] = []
        completed: NormalizeOptions | None = None
        received_at = receipt(options, now) if content.payloads else 0.0
        # One event after the other: what an event was read from takes ten times the memory of its text.
        for number, payload in enumerate(content.payloads):
            try:
                read_event = read_content_event(payload, options, repairs, budget, received_at)
                if completed is None:
                    project_id = project_id or project_of(read_event)
                    completed = self._completed(options, auth, project_id, content)
                event = normalize_read_event(
                    read_event,
                    completed,
                    received_at=received_at,
                    new_event_id=new_event_id or random_event_id,
                    sent_at=moment(completed.sent_at),
                    infer_address=True,
                )
            except StoreError as error:
                if not isinstance(payload, ItemEvent):
                    raise
                refused.append(refused_item(payload.index, payload.type, error))
            else:
                events.append(event)
                payloads.append(content.sent[number] if content.sent else as_item(payload))
        if refused:
            refused.sort(key=operator.attrgetter("index"))
            if not (events or content.attachments or content.items):
                raise refused[0].error
        return Submission(
            self.endpoint.name,
            project_id,
            auth,
            tuple(events),
            content.attachments,
            content.items,
            repairs=_within(repairs, budget) if repairs else (),
            method=self.method,
            codings=body.codings,
            received_bytes=received_bytes,
            decoded_bytes=len(body.data),
            envelope_headers=content.headers,
            left_out=budget.left_out(),
            refused=tuple(refused),
            payloads=tuple(payloads),
            client_ip=self._client_address(options.trusted_proxies) if options.client_ip is None else options.client_ip,
            user_agent=self._facts.headers.get("user-agent") if options.user_agent is None else options.user_agent,
        )

    def _completed(
        self, options: NormalizeOptions, auth: Auth, project_id: str | None, content: Content
    ) -> NormalizeOptions:
        """Return the caller's options, completed with what the request tells where they say nothing."""
        headers = self._facts.headers
        told = told_by_auth(options, auth, project_id)
        if options.client_ip is None:
            told["client_ip"] = self._client_address(options.trusted_proxies)
        if options.user_agent is None:
            told["user_agent"] = headers.get("user-agent")
        if self.endpoint.client_hints and options.client_hints is None:
            told["client_hints"] = client_hints(headers)
        by_envelope = told_by_envelope(content.headers) if content.headers else {}
        told |= {name: value for name, value in by_envelope.items() if getattr(options, name) is None}
        return options.with_safe(told)

    def _client_address(self, trusted_proxies: tuple[str, ...]) -> str | None:
        """Return the address that the request came from."""
        if not trusted_proxies:
            return None if self._remote_addr is None else safe_text(self._remote_addr)
        forwarded = [value for name, value in self._headers if name == "x-forwarded-for"]
        return client_address(self._remote_addr, forwarded, trusted_proxies)


def _within(repairs: list[Repair], budget: Budget) -> tuple[Repair, ...]:
    """Return the repairs that the limits of the request let be listed."""
    most = budget.limits.max_repairs
    if len(repairs) > most:
        budget.leave_out("max_repairs", len(repairs) - most)
        del repairs[most:]
    return tuple(repairs)
