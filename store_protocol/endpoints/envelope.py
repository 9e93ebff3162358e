"""Envelopes: one line of headers, then items, each a line of headers and a payload (develop.sentry.dev "Envelopes").

Items that hold an event become events, attachments become attachments, and all others are handed on as they came. An
envelope is taken whole or refused whole, as Relay does: SDKs send it again or count it as lost as a whole.
"""

import re
from typing import Any

from store_protocol.budget import Budget
from store_protocol.endpoints import native, security
from store_protocol.endpoints.content import Attachment, Content, EnvelopeItem, EventText, RequestFacts, read_object
from store_protocol.endpoints.endpoint import Endpoint
from store_protocol.errors import InvalidEnvelope, LimitExceeded, NotFound, PayloadError, quote
from store_protocol.first_use import build_type_info
from store_protocol.http_request import event_id_of
from store_protocol.limits import ENVELOPE, Limits
from store_protocol.payload import Repair
from store_protocol.redaction import Redacted

MEDIA_TYPE = "application/x-sentry-envelope"

#: Items whose payload is an event as JSON (Relay `ItemType::Event`, `Transaction`, `Security`, `UserReportV2`).
_EVENTS = frozenset({"event", "transaction", "security", "feedback"})

# By item type the field of `Limits` that bounds its size; other items are bounded by the envelope (Relay `utils/sizes.rs`).
_SIZES = {
    **dict.fromkeys((*_EVENTS, "raw_security", "replay_event", "form_data"), "max_event_bytes"),
    "attachment": "max_attachment_bytes",
    "user_report": "max_attachment_bytes",
    "client_report": "max_client_report_bytes",
    "check_in": "max_check_in_bytes",
    "profile": "max_profile_bytes",
    "profile_chunk": "max_profile_bytes",
    "replay_recording": "max_replay_bytes",
    "replay_video": "max_replay_bytes",
}
# By item type the field of `Limits` that bounds all such items of an envelope together.
_SHARED = {
    **dict.fromkeys((*_EVENTS, "raw_security"), "max_events_bytes"),
    **dict.fromkeys(("session", "sessions"), "max_sessions"),
    "attachment": "max_attachments_bytes",
}


class Envelope(Redacted, frozen=True):
    """An envelope taken apart: its headers and its items, in order. `repr` does not show the DSN in the headers."""

    headers: dict[str, Any]
    items: tuple[EnvelopeItem, ...] = ()


_LIMITS = Limits()
_EMPTY_LINES = re.compile(rb"[\r\n]*")


def parse_envelope(data: bytes, *, limits: Limits = _LIMITS) -> Envelope:
    r"""Take an envelope apart.

    The payload of an item with a `length` has that many bytes, of one without it ends with the line. Empty lines before an
    item are passed over. Raises `InvalidEnvelope` for what is not an envelope, and `LimitExceeded`.

    >>> parse_envelope(b'{}\n{"type":"session"}\n{"started":"2020-02-07T14:16:00Z"}').items[0].type
    'session'
    """
    return _parse(data, Budget(limits))


def _parse(data: bytes, budget: Budget) -> Envelope:
    headers, position = _headers(data, 0, budget, "the envelope")
    items: list[EnvelopeItem] = []
    while True:
        empty = _EMPTY_LINES.match(data, position)
        position = empty.end() if empty is not None else position
        if position >= len(data):
            return Envelope(headers, tuple(items))
        _spend(budget, "max_items", 1, "the envelope has more items")
        item_headers, position = _headers(data, position, budget, "an item")
        kind = item_headers.get("type")
        if not isinstance(kind, str):
            raise InvalidEnvelope("invalid envelope: an item has no type")
        end, position = _payload_end(data, position, item_headers.get("length"))
        item = EnvelopeItem(kind, item_headers, data[end[0] : end[1]])
        _check(item, budget)
        items.append(item)


def _headers(data: bytes, start: int, budget: Budget, whose: str) -> tuple[dict[str, Any], int]:
    """Read one line of headers; return them, and where the next line begins."""
    end = data.find(b"\n", start)
    line = data[start : len(data) if end < 0 else end]
    limits = budget.limits
    if len(line) > limits.max_envelope_header_bytes:
        raise _over(f"the headers of {whose} have more bytes", "max_envelope_header_bytes", limits)
    _spend(budget, "max_envelope_headers_bytes", len(line), "all headers of the envelope have more bytes")
    try:
        headers: dict[str, Any] = read_object(line, limits).value
    except PayloadError as error:
        raise InvalidEnvelope(
            f"invalid envelope: the headers of {whose} are no JSON object", causes=(str(error),)
        ) from error
    return headers, start + len(line) + 1


def _payload_end(data: bytes, start: int, length: Any) -> tuple[tuple[int, int], int]:
    """Return where the payload that starts here begins and ends, and where the next line begins."""
    if length is None:
        end = data.find(b"\n", start)
        end = len(data) if end < 0 else end
        return (start, end), end + 1
    if type(length) is not int or length < 0:
        raise InvalidEnvelope("invalid envelope: the length of an item is not a number of bytes")
    end = start + length
    if end > len(data):
        raise InvalidEnvelope("invalid envelope: an item ends before its length")
    if data[end : end + 2] != b"\r\n" and data[end : end + 1] not in {b"\n", b""}:
        raise InvalidEnvelope("invalid envelope: no line ends where an item does by its length")
    return (start, end), end


def _check(item: EnvelopeItem, budget: Budget) -> None:
    field = _SIZES.get(item.type)
    if field is not None and len(item.data) > getattr(budget.limits, field):
        raise _over(f"an item of type {quote(item.type)} has more bytes", field, budget.limits)
    shared = _SHARED.get(item.type)
    if shared is not None:
        amount = 1 if shared == "max_sessions" else len(item.data)
        _spend(budget, shared, amount, "the envelope's events, attachments or sessions are more")


def _spend(budget: Budget, limit: str, amount: int, what: str) -> None:
    if not budget.spend(limit, amount):
        raise _over(what, limit, budget.limits)


def _over(what: str, field: str, limits: Limits) -> LimitExceeded:
    maximum: int = getattr(limits, field)
    return LimitExceeded(f"{what} than the limit of {maximum}", limit=field, maximum=maximum)


def read(data: bytes, facts: RequestFacts, budget: Budget) -> Content:
    """Read an envelope: its events, its attachments, and the items that are neither.

    The id in the envelope's headers is that of its first event (Relay sets it likewise). A minidump among the attachments
    makes the event a native one, as at the minidump endpoint.
    """
    envelope, limits = _parse(data, budget), budget.limits
    payloads: list[EventText | dict[str, Any]] = []
    attachments: list[Attachment] = []
    others: list[EnvelopeItem] = []
    repairs: list[Repair] = []
    for item in envelope.items:
        if item.type in _EVENTS:
            payloads.append(EventText(item.data))
        elif item.type == "raw_security":
            content = security.read_report(item.data, item.headers, facts, budget)
            payloads += content.payloads
            others += content.items
            repairs += content.repairs
        elif item.type == "attachment":
            attachments.append(_attachment(item))
        else:
            others.append(item)
    event_id = event_id_of(envelope.headers)
    first = payloads[0] if payloads else None
    if attachments:
        if isinstance(first, EventText):
            read = read_object(first.text, limits)
            first, repairs[:0] = read.value, read.repairs
        payloads[:1] = native.merge_attachments(first, attachments, limits)
        first = payloads[0] if payloads else None
    if isinstance(first, EventText):
        payloads[0] = EventText(first.text, event_id=event_id)
    elif first is not None and event_id is not None:
        payloads[0] = {**first, "event_id": event_id}
    return Content(
        payloads=tuple(payloads),
        attachments=tuple(attachments),
        items=tuple(others),
        repairs=tuple(repairs),
        headers=envelope.headers,
    )


def check_tunneled(line: bytes, limits: Limits) -> None:
    """Raise `NotFound` for a first line that is not the headers of an envelope that name its DSN.

    Only such an envelope is taken at a path of none of the endpoints.
    """
    try:
        headers = read_object(line, limits).value if len(line) <= limits.max_envelope_header_bytes else {}
    except PayloadError:
        headers = {}
    if not isinstance(headers.get("dsn"), str):
        raise NotFound("no endpoint has this path")


def _attachment(item: EnvelopeItem) -> Attachment:
    headers = item.headers
    filename, kind, content_type = (_text(headers.get(name)) for name in ("filename", "attachment_type", "content_type"))
    return Attachment(filename or "", filename, content_type, item.data, kind or "event.attachment")


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


ENDPOINT = Endpoint(name="envelope", kind=ENVELOPE, read=read, auth_in_body=True)
#: A path of the application's own, to which its pages send envelopes that name their DSN (SDK option `tunnel`).
TUNNEL = Endpoint(
    name="envelope", methods=("POST",), kind=ENVELOPE, read=read, first_line=check_tunneled, auth_in_body=True
)

build_type_info(Envelope)
