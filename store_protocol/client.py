"""The client's side: from an event to the request that submits it, the mirror image of `decode_request`."""

from collections.abc import Iterable
from typing import Any, Literal

import msgspec

from store_protocol._version import __version__
from store_protocol.auth import Auth
from store_protocol.body.codings import CODINGS
from store_protocol.dsn import Dsn
from store_protocol.encode import encode_event
from store_protocol.endpoints import envelope
from store_protocol.endpoints.content import Envelope
from store_protocol.endpoints.minidump import PART_NAMES
from store_protocol.endpoints.multipart import Part, encode_multipart
from store_protocol.endpoints.native import MINIDUMP
from store_protocol.http_request import HttpRequest, event_id_of
from store_protocol.items.attachment import Attachment
from store_protocol.items.base import Item
from store_protocol.items.encoding import Encodable, encode_envelope
from store_protocol.items.envelope_item import EnvelopeItem
from store_protocol.normalize.steps.timestamps import rfc3339
from store_protocol.payload.objects import repair_objects
from store_protocol.schema import Event
from store_protocol.texts import header_value

#: For type checkers: the names in `CODINGS.encodings`.
Encoding = Literal["gzip", "deflate", "br", "zstd", "base64"]
Placement = Literal["header", "query", "both"]
EndpointName = Literal["store", "envelope", "minidump", "security"]

_REPORTS = "application/reports+json"


def encode_request(
    dsn: Dsn | str,
    event: Any,
    *,
    endpoint: EndpointName | None = None,
    attachments: Iterable[Attachment] = (),
    encoding: Encoding | None = None,
    auth: Placement = "header",
    client: str = f"store-protocol/{__version__}",
    now: float | None = None,
) -> HttpRequest:
    """Return the request that submits an event, an envelope, a minidump or a report to the project of a DSN.

    `event` is an `Event`, the objects that stand for one, or JSON bytes, which are sent as they are. `endpoint` says how it
    is sent:

    - `store`: alone. That is what None means for an event without attachments.
    - `envelope`: in an envelope, with its `attachments`. None means this for an event with attachments, for an `Envelope`,
      and for an item (`EnvelopeItem` or typed). Bytes are the envelope itself.
    - `minidump`: in a form, with its `attachments`, of which one has the type `event.minidump`. `event` may be None.
    - `security`: `event` is what a browser reports, an object or a list of them.

    `encoding` is the body's coding; `base64` is base64 of zlib, as raven-python before 5.0 sent it. `auth` says where the
    credentials go. `now` is the time in seconds since the epoch that is sent with them, and as `sent_at` of an envelope;
    None leaves it out. The same arguments give the same request. Values that JSON can't express, such as NaN, are sent as
    strings.

    Raises `InvalidDsn` for an invalid DSN, `ValueError` for another encoding, placement or endpoint, and for attachments
    that the endpoint has no room for, `TypeError` for an object that has no form in JSON, and `TooDeep` for an event that
    is nested deeper than any server takes.

    >>> request = encode_request("https://key@example.com/42", {"message": "hello"})
    >>> request.method, request.target, request.body
    ('POST', '/api/42/store/', b'{"message":"hello"}')
    >>> request = encode_request("https://key@example.com/42", {}, attachments=[Attachment("a", "a.txt", None, b"text")])
    >>> request.target, request.body.splitlines()[-2:]
    ('/api/42/envelope/', [b'{"type":"attachment","filename":"a.txt","length":4}', b'text'])
    """
    if auth not in {"header", "query", "both"}:
        message = "auth must be one of header, query, both"
        raise ValueError(message)
    parsed = Dsn.parse(dsn) if isinstance(dsn, str) else dsn
    files = [*attachments]
    if endpoint is None:
        is_envelope = files or isinstance(event, (Envelope, EnvelopeItem, Item))
        endpoint = "envelope" if is_envelope else "store"
    match endpoint:
        case "envelope":
            content_type, body = envelope.MEDIA_TYPE, _envelope(event, files, now)
        case "minidump":
            content_type, body = _form(event, files)
        case "store" | "security":
            if files:
                message = f"the {endpoint} endpoint takes no attachments"
                raise ValueError(message)
            content_type, body = "application/json", _body(event)
            if endpoint == "security" and body.lstrip()[:1] == b"[":
                content_type = _REPORTS
        case _:
            message = "endpoint must be one of store, envelope, minidump, security"  # type: ignore[unreachable]
            raise ValueError(message)
    if encoding == "base64" and endpoint == "minidump":
        message = "the minidump endpoint takes no base64"
        raise ValueError(message)
    credentials = Auth(parsed.public_key, secret_key=parsed.secret_key, client=client, timestamp=now)
    return request_of(parsed, endpoint, body, content_type, credentials, encoding=encoding, auth=auth)


def request_of(
    dsn: Dsn,
    endpoint: EndpointName,
    body: bytes,
    content_type: str,
    credentials: Auth,
    *,
    encoding: Encoding | None = None,
    auth: Placement = "header",
    headers: Iterable[tuple[str, str]] = (),
) -> HttpRequest:
    """Return the request that posts a body to an endpoint; `headers` go before those of the same name."""
    coding = None if encoding is None else CODINGS.get(encoding)
    if encoding is not None and (coding is None or coding.encode is None):
        message = f"encoding must be None or one of {', '.join(CODINGS.encodings)}"
        raise ValueError(message)
    if coding is not None and coding.encode is not None:
        body = coding.encode(body)
    host, _, path = _url_of(dsn, endpoint).partition("://")[2].partition("/")
    given = dict(headers)
    written: dict[str, str] = {
        "Host": host,
        "User-Agent": header_value(credentials.client or ""),
        "Content-Type": content_type if coding is None or coding.header_names else "application/octet-stream",
    }
    if coding is not None and coding.header_names:
        written["Content-Encoding"] = coding.header_names[0]
    written |= {"Content-Length": str(len(body))} | given
    if auth != "query":
        written["X-Sentry-Auth"] = credentials.to_header()
    target = f"/{path}" if auth == "header" else f"/{path}?{credentials.to_query()}"
    return HttpRequest("POST", target, [*written.items()], body)


def _url_of(dsn: Dsn, endpoint: EndpointName) -> str:
    urls = {"store": dsn.store_url, "envelope": dsn.envelope_url, "minidump": dsn.minidump_url}
    # That for browsers has the key in it.
    return urls.get(endpoint) or dsn.security_url.partition("?")[0]


def _body(event: Any) -> bytes:
    if isinstance(event, (bytes, bytearray, memoryview)):
        return bytes(event)
    if isinstance(event, Event):
        return encode_event(event)
    return msgspec.json.encode(repair_objects(event))


def _envelope(event: Any, files: list[Attachment], now: float | None) -> bytes:
    if isinstance(event, (bytes, bytearray, memoryview)):
        if files:
            message = "bytes are the whole envelope: put the attachments into it"
            raise ValueError(message)
        return bytes(event)
    headers: dict[str, Any] = {}
    items: list[Encodable]
    if isinstance(event, Envelope):
        headers, items = event.headers, [*event.items]
    elif isinstance(event, (EnvelopeItem, Event, Item)):
        items = [event]
        headers = {"event_id": event.event_id} if isinstance(event, Event) and event.event_id else {}
    else:
        text = _body(event)
        kind = event.get("type") if isinstance(event, dict) else None
        event_id = event_id_of(event) if isinstance(event, dict) else None
        items = [EnvelopeItem(kind if kind in {"transaction", "feedback"} else "event", {}, text)]
        headers = {} if event_id is None else {"event_id": event_id}
    if now is not None:
        headers = {**headers, "sent_at": rfc3339(now)}
    return encode_envelope(headers, [*items, *files])


def _form(event: Any, files: list[Attachment]) -> tuple[str, bytes]:
    if not any(each.attachment_type == MINIDUMP for each in files):
        message = f"a minidump request needs an attachment of the type {MINIDUMP}"
        raise ValueError(message)
    parts = [] if event is None else [Part("sentry", None, None, _body(event))]
    for number, each in enumerate(files):
        name = PART_NAMES.get(each.attachment_type) or each.name or each.filename or f"attachment{number}"
        # Only a part with a file name is a file.
        parts.append(Part(name, each.filename or each.name or name, each.content_type, each.data))
    boundary, body = encode_multipart(parts)
    return f"multipart/form-data; boundary={boundary}", body
