"""Submissions passed on to another server."""

import msgspec

from store_protocol.auth import Auth
from store_protocol.client import request_of
from store_protocol.dsn import Dsn
from store_protocol.endpoints.content import parameter
from store_protocol.endpoints.envelope import MEDIA_TYPE
from store_protocol.http_request import HttpRequest
from store_protocol.items.encoding import Encodable, encode_envelope
from store_protocol.items.envelope_item import EnvelopeItem
from store_protocol.payload.charsets import to_utf8
from store_protocol.submission import Submission
from store_protocol.texts import header_value


def forward(submission: Submission, dsn: Dsn | str, *, normalized: bool = False) -> HttpRequest:
    """Return the request that passes a submission on to the project of another DSN.

    It is an envelope, whatever the submission came as, with the events as they were sent, or as they were normalized here,
    and with its attachments and items. A report of a browser becomes an item `raw_security`. The envelope's headers stay,
    but for its `dsn`; `event_id` is the one that the client was told. What was refused is not passed on, and what
    `Submission.without` has dropped isn't either.

    The request says who sent it: the SDK in `X-Sentry-Auth`, `client_ip` in `X-Forwarded-For`, and the `User-Agent`. A
    server takes the address from there only where it trusts this one as a proxy.

    Raises `InvalidDsn`, and `ValueError` for a submission that holds nothing.

    >>> from store_protocol import decode_request, encode_request
    >>> submission = decode_request(encode_request("https://a@example.com/1", b'{"message": "hello", "level": 40}'))
    >>> forward(submission, "https://b@upstream.example/2").body.splitlines()[-1]
    b'{"message": "hello", "level": 40}'
    >>> b'"level":"error"' in forward(submission, "https://b@upstream.example/2", normalized=True).body
    True
    """
    if submission.is_empty:
        message = "the submission holds nothing to pass on"
        raise ValueError(message)
    parsed = Dsn.parse(dsn) if isinstance(dsn, str) else dsn
    headers = {name: value for name, value in submission.envelope_headers.items() if name != "dsn"}
    if submission.event_id is not None:
        headers["event_id"] = submission.event_id
    events: list[Encodable] = [*submission.events] if normalized else [*map(_in_utf8, filter(None, submission.sent))]
    items = [*events, *submission.attachments, *map(_as_sent, submission.items)]
    client = None if submission.auth is None else submission.auth.client
    credentials = Auth(parsed.public_key, secret_key=parsed.secret_key, client=client)
    told = {"User-Agent": submission.user_agent, "X-Forwarded-For": submission.client_ip}
    return request_of(
        parsed,
        "envelope",
        encode_envelope(headers, items),
        MEDIA_TYPE,
        credentials,
        headers=[(name, header_value(value)) for name, value in told.items() if value],
    )


def _in_utf8(item: EnvelopeItem) -> EnvelopeItem:
    """Return an event in the charset that all items have."""
    content_type = item.headers.get("content_type")
    charset = parameter(content_type, "charset") if isinstance(content_type, str) else None
    if charset is None:
        return item
    return EnvelopeItem(item.type, {"type": item.type}, to_utf8(item.data, charset).data)


def _as_sent(item: EnvelopeItem) -> EnvelopeItem:
    """Return an item of the type that it had: a report of a browser has one of its own."""
    kind = item.headers.get("type")
    return msgspec.structs.replace(item, type=kind) if isinstance(kind, str) else item
