"""From the plain bytes of a body to what its request submits: read, and normalized where that is asked for."""

import operator
from collections.abc import Callable

import msgspec

from store_protocol.auth import Auth
from store_protocol.body import DecodedBody
from store_protocol.body.buffers import Passing
from store_protocol.budget import Budget
from store_protocol.collector import LARGE_TEXT, uncollected
from store_protocol.convert.timestamps import moment
from store_protocol.endpoints.content import (
    Content,
    ContentEvent,
    ItemEvent,
    RequestFacts,
    as_item,
    refused_item,
    size_of_text,
)
from store_protocol.endpoints.endpoint import BodyReader
from store_protocol.endpoints.payloads import CallerFailed
from store_protocol.endpoints.receiving import read_content_event, read_content_payload
from store_protocol.errors import EmptyBody, StoreError
from store_protocol.head import Head
from store_protocol.items.envelope_item import EnvelopeItem
from store_protocol.limits import Reserve
from store_protocol.normalize import NormalizeOptions, normalize_read_event, receipt
from store_protocol.normalize import new_event_id as random_event_id
from store_protocol.payload import Repair
from store_protocol.request_options import client_hints, project_of, told_by_auth, told_by_envelope
from store_protocol.schema import NormalizedEvent
from store_protocol.submission import Submission

OPTIONS = NormalizeOptions()


class Normalizing(msgspec.Struct, frozen=True):
    """How the events of a request are normalized, as `decode_request` has it."""

    options: NormalizeOptions = OPTIONS
    now: float | None = None
    new_event_id: Callable[[], str] | None = None


NORMALIZING = Normalizing()


def failure(head: Head, error: BaseException) -> BaseException:
    """Return what is to be raised in place of an error: what the caller's own function or file has raised, as it is.

    Files of attachments are closed, and a `StoreError` is answered as the endpoint does it.
    """
    if head.files is not None:
        head.files.abandon()
    if isinstance(error, StoreError):
        head.answering(error)
    return error.error if isinstance(error, CallerFailed) else error


def without_body(head: Head) -> Submission:
    """Return what OPTIONS and HEAD submit: nothing but what they ask."""
    headers = head.facts.headers if head.method == "OPTIONS" else {}
    asked = {name: value for name, value in headers.items() if name.startswith("access-control-request-")}
    return Submission(head.endpoint.name, head.project_id, method=head.method, preflight=asked, request=head.bare_request())


class Passed:
    """A body that is read as its plain bytes come, and so is held nowhere: `output` hands them to the endpoint's reader.

    `reserve` is told of the bytes that are held: all that don't go into files.
    """

    def __init__(self, head: Head, make: Callable[[RequestFacts, Budget], BodyReader], reserve: Reserve | None) -> None:
        self.budget = Budget(head.limits)
        self.reader = make(head.facts, self.budget)
        self.output = Passing(head.endpoint.kind.max_plain(head.limits), self._take)
        self._files = head.files
        self._reserve = reserve
        self._reserved = 0

    def _take(self, data: bytes) -> None:
        self.reader.feed(data)
        if self._reserve is not None and self._files is not None:
            held = self.output.size - self._files.written
            if held > self._reserved:
                self._reserve(held - self._reserved)
                self._reserved = held


def submit(
    head: Head,
    body: DecodedBody,
    received_bytes: int,
    normalizing: Normalizing | None,
    kept: bytes = b"",
    passed: Passed | None = None,
) -> Submission:
    """Read the body, and return what the request submits. Its events are normalized unless `normalizing` is None.

    `kept` is the body as it was received, where that is to be kept. `passed` is a body that has been read as it came.
    """
    is_blank = not body.data.strip() if passed is None else passed.output.is_blank
    if is_blank and not head.endpoint.reads_empty:
        raise EmptyBody("empty request body")
    size = len(body.data) if passed is None else passed.output.size
    budget = Budget(head.limits) if passed is None else passed.budget
    budget.set_size(size)
    facts = head.facts
    if head.endpoint.stamps:
        stamped = normalizing or NORMALIZING
        facts = msgspec.structs.replace(
            facts,
            received_at=receipt(stamped.options, stamped.now),
            new_id=stamped.new_event_id or random_event_id,
        )
    content = head.endpoint.read(body.data, facts, budget) if passed is None else passed.reader.finish()
    auth, project_id = head.resolve(content.headers)
    if auth is None:
        head.check_required()
    repairs = [Repair("content_encoding", text=name) for name in body.ignored]
    repairs += content.repairs
    options = OPTIONS if normalizing is None else normalizing.options
    taken = _Taken(head, content, auth, project_id, repairs, budget)
    if normalizing is None:
        taken.read_events()
    else:
        taken.normalize_events(normalizing)
    refused = taken.refused
    if refused:
        refused.sort(key=operator.attrgetter("index"))
        if not (taken.payloads or content.attachments or content.items):
            raise refused[0].error
    return Submission(
        head.endpoint.name,
        taken.project_id,
        auth,
        tuple(taken.events),
        content.attachments,
        content.items,
        repairs=_within(repairs, budget) if repairs else (),
        method=head.method,
        codings=body.codings,
        received_bytes=received_bytes,
        decoded_bytes=size,
        envelope_headers=content.headers,
        left_out=budget.left_out(),
        refused=tuple(refused),
        payloads=tuple(taken.payloads),
        sent=tuple(taken.sent),
        envelope=content.envelope,
        request=head.bare_request(kept),
        client_ip=head.client_address(options.trusted_proxies) if options.client_ip is None else options.client_ip,
        user_agent=facts.headers.get("user-agent") if options.user_agent is None else options.user_agent,
    )


class _Taken:
    """The events of a request, as far as they can be taken."""

    def __init__(
        self, head: Head, content: Content, auth: Auth | None, project_id: str | None, repairs: list[Repair], budget: Budget
    ) -> None:
        self._head, self._content, self._auth = head, content, auth
        self._repairs, self._budget = repairs, budget
        #: The caller's options, completed when the first event is read.
        self._options: NormalizeOptions | None = None
        self.project_id = project_id
        self.refused = list(content.refused)
        self.events: list[NormalizedEvent] = []
        self.payloads: list[bytes] = []
        self.sent: list[EnvelopeItem | None] = []

    def read_events(self) -> None:
        for number, content_event in enumerate(self._content.payloads):
            try:
                text, payload = read_content_payload(content_event, self._repairs, self._budget.limits)
            except StoreError as error:
                self._refuse(content_event, error)
            else:
                self._keep(number, text)
                # Of a text that was mended the objects are made only if they are asked for.
                if self.project_id is None:
                    self.project_id = project_of(payload.value.get("project"))

    def normalize_events(self, normalizing: Normalizing) -> None:
        payloads = self._content.payloads
        received_at = receipt(normalizing.options, normalizing.now) if payloads else 0.0
        # One event after the other: what an event was read from takes ten times the memory of its text.
        for number, content_event in enumerate(payloads):
            try:
                if self._budget.is_large and size_of_text(content_event) >= LARGE_TEXT:
                    event, text = uncollected(self._normalized, content_event, normalizing, received_at)
                else:
                    event, text = self._normalized(content_event, normalizing, received_at)
            except StoreError as error:
                self._refuse(content_event, error)
            else:
                self.events.append(event)
                self._keep(number, text)

    def _normalized(
        self, content_event: ContentEvent, normalizing: Normalizing, received_at: float
    ) -> tuple[NormalizedEvent, bytes]:
        options = normalizing.options
        read_event, text = read_content_event(content_event, options, self._repairs, self._budget, received_at)
        if self._options is None:
            self.project_id = self.project_id or project_of(read_event.original.get("project"))
            self._options = self._completed(options)
        event = normalize_read_event(
            read_event,
            self._options,
            received_at=received_at,
            new_event_id=normalizing.new_event_id or random_event_id,
            sent_at=moment(self._options.sent_at),
            infer_address=True,
        )
        return event, text

    def _keep(self, number: int, text: bytes) -> None:
        content = self._content
        self.payloads.append(text)
        self.sent.append(content.sent[number] if content.sent else as_item(content.payloads[number]))

    def _refuse(self, content_event: ContentEvent, error: StoreError) -> None:
        """List an item that can't be taken; what is no item is all that there is."""
        if not isinstance(content_event, ItemEvent):
            raise error
        self.refused.append(refused_item(content_event.index, content_event.type, error))

    def _completed(self, options: NormalizeOptions) -> NormalizeOptions:
        """Return the caller's options, completed with what the request tells where they say nothing."""
        head = self._head
        headers = head.facts.headers
        told = told_by_auth(options, self._auth, self.project_id)
        if options.client_ip is None:
            told["client_ip"] = head.client_address(options.trusted_proxies)
        if options.user_agent is None:
            told["user_agent"] = headers.get("user-agent")
        if head.endpoint.client_hints and options.client_hints is None:
            told["client_hints"] = client_hints(headers)
        by_envelope = told_by_envelope(self._content.headers) if self._content.headers else {}
        told |= {name: value for name, value in by_envelope.items() if getattr(options, name) is None}
        return options.with_safe(told)


def _within(repairs: list[Repair], budget: Budget) -> tuple[Repair, ...]:
    """Return the repairs that the limits of the request let be listed."""
    most = budget.limits.max_repairs
    if len(repairs) > most:
        budget.leave_out("max_repairs", len(repairs) - most)
        del repairs[most:]
    return tuple(repairs)
