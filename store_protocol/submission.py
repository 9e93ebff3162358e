"""What a request submitted, decoded, and the answer that accepts it."""

import itertools
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Self, overload

import msgspec

from store_protocol.auth import Auth
from store_protocol.endpoints import answer_of, answers_pixel, ignores_rate_limits, methods_of
from store_protocol.endpoints.content import Envelope, RefusedItem
from store_protocol.first_use import build_type_info, once
from store_protocol.http_request import HttpRequest, event_id_of
from store_protocol.http_response import Response, render, render_preflight, with_header
from store_protocol.items.attachment import Attachment
from store_protocol.items.envelope_item import EnvelopeItem
from store_protocol.payload import Repair
from store_protocol.quantities import (
    CRASHES,
    OF_EVENT,
    Limited,
    add_up,
    event_categories,
    event_quantities,
    item_categories,
)
from store_protocol.rate_limits import RateLimit, rate_limits_header
from store_protocol.redaction import Redacted
from store_protocol.schema import Event, NormalizedEvent

#: One transparent pixel, as small as a GIF can be; what `new Image().src = store_url` of raven-js before 3.0 waits for.
PIXEL = bytes.fromhex("474946383961 0100 0100 00 ff 00 2c 0000 0000 0100 0100 00 02 00 3b")


class _WithId(msgspec.Struct):
    event_id: Any = None


@once
def _id_decoder() -> "msgspec.json.Decoder[_WithId]":
    return msgspec.json.Decoder(_WithId)


def sent_event_id(payload: bytes) -> str | None:
    """Return the id in the JSON text of an event, as 32 hex digits; None if it is missing or malformed.

    >>> sent_event_id(b'{"event_id": "9EC79C33-EC99-42AB-8353-589FCB2E04DC"}')
    '9ec79c33ec9942ab8353589fcb2e04dc'
    """
    return event_id_of({"event_id": _id_decoder().decode(payload).event_id})


if TYPE_CHECKING:

    class _Events:
        """For type checkers: the events are normalized ones, and a submission can be made of any, as tests do."""

        @overload
        def __get__(self, instance: None, owner: type["Submission"]) -> Self: ...
        @overload
        def __get__(self, instance: "Submission", owner: type["Submission"]) -> tuple[NormalizedEvent, ...]: ...
        def __get__(self, instance: Any, owner: type["Submission"]) -> Any: ...
        def __set__(self, instance: "Submission", value: tuple[Event, ...]) -> None: ...


class Submission(Redacted, frozen=True):
    """What a request submitted, decoded; `response()` is the answer that accepts it.

    `endpoint` is `store`, `envelope`, `minidump`, `security`, `cron`, `nel`, `attachments`, `unreal`, `error_page`,
    `otlp_logs` or `otlp_traces`, and `method` the HTTP method: an answer to OPTIONS or HEAD has no event. `project_id`
    is None where neither the path nor the payload names one. `events` has all events, of which only an envelope and an
    array of reports can hold several. `attachments` are the files that came along, `items` what else an envelope held
    or the request stands for (a check-in, logs), `envelope_headers` the headers of the envelope, or what they would be.
    `repairs` lists what had to be repaired in the JSON text and in what is around it. `refused` lists the items of an
    envelope, or the files of a form, that could not be taken, each with its error: where nothing else can be, the
    request is refused by the first of these errors. `payloads` has the JSON text of each event as it was sent, mended
    where it had to be: UTF-8 that every JSON parser takes, but that `decode_request` leaves numbers out of range in
    attributes that no interface knows; of a report and a form it is the text of the event that was made of it. `sent` has
    for each event the item of an envelope that holds it as it came, None for one that was made of attachments alone.
    `envelope` is the envelope taken apart, with all of its items in their order, None where there was none. `request` is
    the head of the request, its headers as pairs of text with names in lower case; the body is there where it was to be
    kept. `client_ip` is the address that the request came
    from, `user_agent` its `User-Agent` header. `left_out` counts what is not listed, by the name of the limit that it
    is over: errors of the events, repairs. `codings` names what the body was wrapped in, outermost first (such as
    `base64`, `zlib`), `received_bytes` and `decoded_bytes` are its sizes before and after. `preflight` has the headers
    of an OPTIONS request that ask what a page may send (`access-control-request-...`).

    `repr` shows no secret, neither that of `auth` nor that of the DSN in `envelope_headers`; encoding keeps both.
    """

    endpoint: str
    project_id: str | None = None
    auth: Auth | None = None
    if TYPE_CHECKING:
        events: _Events = _Events()
    else:
        events: tuple[NormalizedEvent, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    items: tuple[EnvelopeItem, ...] = ()
    repairs: tuple[Repair, ...] = ()
    method: str = "POST"
    codings: tuple[str, ...] = ()
    received_bytes: int = 0
    decoded_bytes: int = 0
    envelope_headers: dict[str, Any] = msgspec.field(default_factory=dict)
    left_out: dict[str, int] = msgspec.field(default_factory=dict)
    preflight: dict[str, str] = msgspec.field(default_factory=dict)
    refused: tuple[RefusedItem, ...] = ()
    payloads: tuple[bytes, ...] = ()
    sent: tuple[EnvelopeItem | None, ...] = ()
    envelope: Envelope | None = None
    request: HttpRequest | None = None
    client_ip: str | None = None
    user_agent: str | None = None

    @property
    def event(self) -> NormalizedEvent | None:
        """The event, the first if there are several, None if there is none."""
        return self.events[0] if self.events else None

    @property
    def event_id(self) -> str | None:
        """The id of the event, 32 hex digits; without one that of the envelope, and None if there is neither.

        Of what `read_request` has read it is the one that was sent.
        """
        if self.events:
            return self.events[0].event_id
        return event_id_of(self.envelope_headers) or (sent_event_id(self.payloads[0]) if self.payloads else None)

    @property
    def public_key(self) -> str | None:
        """The key that the request was sent with, None where it has no credentials.

        >>> Submission("store", auth=Auth("b70a31b3")).public_key
        'b70a31b3'
        """
        return None if self.auth is None else self.auth.public_key

    @property
    def is_empty(self) -> bool:
        """Whether nothing was submitted: no event, no attachment, no item."""
        return not (self.events or self.payloads or self.attachments or self.items)

    @property
    def ignores_rate_limits(self) -> bool:
        """Whether clients of this endpoint are never answered 429, since they would send again what isn't wanted."""
        return ignores_rate_limits(self.endpoint)

    @property
    def quantities(self) -> dict[str, int]:
        """How much was submitted, by data category, as Relay counts: things by number, files and logs by bytes as well.

        >>> Submission("envelope", events=(Event(),), attachments=(Attachment("a", None, None, b"abc"),)).quantities
        {'error': 1, 'attachment': 3, 'attachment_item': 1}
        """
        of_events = (event_quantities(event.type, len(event.spans or ())) for event in self.events)
        of_files = (each.quantities for each in self.attachments)
        return add_up((*of_events, *of_files, *(each.quantities for each in self.items)))

    def without(self, limits: Iterable[RateLimit | str]) -> "Submission":
        """Return this submission without what falls under limits, given as `RateLimit` or as names of data categories.

        What belongs to the event (attachments, user reports, the profile of a transaction) goes with it. A crash that was
        attached stays where its event does, whatever limits attachments have, as in Relay. Scopes are the caller's
        business: give the limits that apply.

        >>> submission = Submission("envelope", events=(Event(),), items=(EnvelopeItem("session", {}, b"{}"),))
        >>> submission.without(["session"]).quantities
        {'error': 1}
        """
        limited = Limited(limits)
        kept = [not limited.has(event_categories(event.type)) for event in self.events]
        events = tuple(itertools.compress(self.events, kept))
        # What was read alone has no types by which to tell.
        payloads, sent = self.payloads, self.sent
        if self.events:
            payloads, sent = tuple(itertools.compress(payloads, kept)), tuple(itertools.compress(sent, kept))
        has_event = not self.events or (bool(events) and events[0] is self.events[0])
        drops_files = limited.has(item_categories("attachment", {}))
        attachments = tuple(
            each for each in self.attachments if has_event and (not drops_files or each.attachment_type in CRASHES)
        )
        items = tuple(
            each
            for each in self.items
            if (has_event or each.type not in OF_EVENT) and not limited.has(item_categories(each.type, each.headers))
        )
        if (len(events), len(attachments), len(items)) == (len(self.events), len(self.attachments), len(self.items)):
            return self
        return msgspec.structs.replace(
            self, events=events, payloads=payloads, sent=sent, attachments=attachments, items=items
        )

    def response(self, rate_limits: str | Iterable[RateLimit] = ()) -> Response:
        """Return the HTTP answer that accepts this submission, the CORS headers among its headers.

        GET gets the pixel, HEAD its headers alone, OPTIONS the CORS headers with what
        it asks for, and POST what its endpoint answers. With `rate_limits` the answer tells the client for how long it
        need not send what, in `X-Sentry-Rate-Limits`: an SDK stops sending what a server does not keep.

        >>> limits = [RateLimit(86400, categories=("transaction", "span"))]
        >>> dict(Submission("envelope").response(limits).headers)["X-Sentry-Rate-Limits"]
        '86400:transaction;span:organization'
        """
        match self.method:
            case "OPTIONS":
                return render_preflight(methods_of(self.endpoint), self.preflight)
            case "HEAD":
                response = render(200, "image/gif")
            case "GET" if answers_pixel(self.endpoint):
                response = render(200, "image/gif", PIXEL)
            case _:
                response = answer_of(self.endpoint)(self.event_id)
        limits = rate_limits_header(rate_limits)
        return with_header(response, "X-Sentry-Rate-Limits", limits) if limits else response


build_type_info(Submission, _WithId)
