"""The stages of a request in their order: from bytes and headers to a submission, or to a typed error.

What differs by endpoint is asked of its `Endpoint`; no stage knows one by its name.
"""

from collections.abc import Callable

from store_protocol.head import Head
from store_protocol.http_request import HttpRequest, checked_body
from store_protocol.items.attachment import OpenAttachment
from store_protocol.limits import Limits
from store_protocol.normalize import NormalizeOptions
from store_protocol.submission import Submission
from store_protocol.submitting import OPTIONS, Normalizing, failure, submit, without_body

_LIMITS = Limits()


def decode_request(
    request: HttpRequest,
    *,
    limits: Limits = _LIMITS,
    options: NormalizeOptions = OPTIONS,
    now: float | None = None,
    new_event_id: Callable[[], str] | None = None,
    require_auth: bool = True,
    keep_body: bool = False,
    open_attachment: OpenAttachment | None = None,
) -> Submission:
    """Return what a request submits: who sent it, and its events, typed and normalized.

    `now` is the current time in seconds since the epoch, and `new_event_id` returns an id (32 hex digits) for an
    event without one; where they are left out the clock is read and a random id drawn. What the request itself tells (the
    client, its version, address and clock, the project) completes `options`; what these say goes before it.

    Without `require_auth` a request may come without credentials, and `Submission.auth` is None then; what credentials
    there are must be right. With `keep_body` the body stays in `Submission.request` as it was received.

    `open_attachment` is called with the `AttachmentHead` of each attachment, and returns the binary file that its bytes go
    into, or None where they are to stay in memory. What it raises, and what the file raises, is raised as it is. The files
    are yours to close; where this function raises, they are closed.

    Raises a `StoreError` for every request that can't be taken; its `response()` is the answer. The submission of an
    OPTIONS or HEAD request has no event.

    >>> request = HttpRequest("POST", "/api/1/store/?sentry_key=a", [], b'{"message": "hello"}')
    >>> decode_request(request, new_event_id=lambda: "f" * 32).response().body
    b'{"id":"ffffffffffffffffffffffffffffffff"}'
    """
    normalizing = Normalizing(options, now, new_event_id)
    body = checked_body(request)
    head = Head(request, limits, require_auth=require_auth, open_attachment=open_attachment)
    return _submitted(head, body, normalizing, keep_body=keep_body)


def read_request(
    request: HttpRequest,
    *,
    limits: Limits = _LIMITS,
    require_auth: bool = True,
    keep_body: bool = False,
    open_attachment: OpenAttachment | None = None,
) -> Submission:
    """Return what a request submits as it was sent, not normalized: for servers that have a schema of their own.

    It is what `decode_request` returns but for the events: `events` is empty, and `payloads` has the JSON text of each,
    mended where it had to be. `decode_request` goes the same way and types and normalizes these. `event_id` is the one that
    was sent, None where there is none: an id for the event, and for the answer, is then the caller's to draw.

    Raises a `StoreError` for every request that can't be taken. What only normalization finds wrong, such as a transaction
    without its start, it does not find.

    >>> request = HttpRequest("POST", "/api/1/store/?sentry_key=a", [], b'{"message": "hello", "extra": {"a": NaN}}')
    >>> submission = read_request(request)
    >>> submission.auth.public_key, submission.payloads
    ('a', (b'{"message": "hello", "extra": {"a": "NaN"}}',))
    """
    body = checked_body(request)
    head = Head(request, limits, require_auth=require_auth, open_attachment=open_attachment)
    return _submitted(head, body, None, keep_body=keep_body)


def _submitted(head: Head, body: bytes, normalizing: Normalizing | None, *, keep_body: bool) -> Submission:
    try:
        if not head.has_body:
            return without_body(head)
        head.declared_bytes()
        if head.method != "POST":
            body, keep_body = head.endpoint.read_query(head.query), False
        if not head.is_known:
            head.read_beginning(body, is_last=True)
        return submit(head, head.open_body(body), len(body), normalizing, body if keep_body else b"")
    except BaseException as error:
        failed = failure(head, error)
        if failed is error:
            raise
    raise failed
