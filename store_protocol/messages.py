"""What goes in and what comes out: the request, the answer, and the submission found in between."""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from store_protocol.auth import Auth, Headers
from store_protocol.errors import InvalidRequest
from store_protocol.first_use import build_type_info
from store_protocol.payload import Repair
from store_protocol.redaction import Redacted
from store_protocol.schema import Event
from store_protocol.texts import header_value, safe_target, safe_text

_EVENT_ID = re.compile(r"[0-9a-f]{32}")


def text_pairs(headers: Headers) -> list[tuple[str, str]]:
    """Give headers of any accepted form as pairs of text, names in lower case.

    Bytes are read as Latin-1, and surrogates in values are mended, as `safe_text` does it.

    >>> text_pairs({b"X-Sentry-Auth": b"Sentry sentry_key=a"})
    [('x-sentry-auth', 'Sentry sentry_key=a')]
    """
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    # Written out, as nearly all are ASCII or bytes: a call for each would take as long as all else here. Names are only
    # compared.
    return [
        (
            (name if isinstance(name, str) else name.decode("latin-1")).lower(),
            value
            if isinstance(value, str) and value.isascii()
            else value.decode("latin-1")
            if isinstance(value, bytes)
            else safe_text(value),
        )
        for name, value in pairs
    ]


def origin_form(path: str, query: str) -> str:
    """Return the target of a request whose server has parted it and has percent-decoded its path.

    >>> origin_form("/what?/api/1/store/", "sentry_key=a")
    '/what%3F/api/1/store/?sentry_key=a'
    """
    if "?" in path or "#" in path:
        path = path.replace("%", "%25").replace("?", "%3F").replace("#", "%23")
    return f"{path}?{query}" if query else path


def event_id_of(headers: Mapping[str, Any]) -> str | None:
    """Give the event id that the headers of an envelope name, as 32 hex digits; None if they name none.

    >>> event_id_of({"event_id": "9EC79C33-EC99-42AB-8353-589FCB2E04DC"})
    '9ec79c33ec9942ab8353589fcb2e04dc'
    """
    text = headers.get("event_id")
    digits = text.replace("-", "").lower() if isinstance(text, str) else ""
    return digits if _EVENT_ID.fullmatch(digits) else None


class _Wire(Redacted, frozen=True):
    method: str
    target: str
    headers: Headers
    body: bytes = b""


class HttpRequest(_Wire, frozen=True, kw_only=True):
    """One HTTP request, its body whole and without transfer coding.

    `target` is the request target with its query, in origin form (`/api/1/store/?...`) or absolute
    (`https://host/api/1/store/`). `headers` are pairs or a mapping, str or bytes. `remote_addr` is the peer's IP address.

    Text may hold lone surrogates, as a server makes them of bytes that are no UTF-8. `repr` shows no credentials, see
    `Redacted`.

    >>> HttpRequest("POST", "/api/1/store/?sentry_key=a", []).query
    'sentry_key=a'
    """

    remote_addr: str | None = None

    def header(self, name: str) -> str | None:
        """Give the value of a header, its name in any case; of several the first, and None if there is none."""
        wanted = name.lower()
        return next((value for key, value in text_pairs(self.headers) if key == wanted), None)

    @property
    def path(self) -> str:
        """The path of the target, percent-encoded as it came."""
        return self.split_target()[0]

    @property
    def query(self) -> str:
        """The query of the target without its question mark, percent-encoded as it came."""
        return self.split_target()[1]

    def split_target(self) -> tuple[str, str]:
        """Give the path and the query at once."""
        target = self.target if self.target.isascii() else safe_target(self.target)
        target = target.partition("#")[0]
        if not target.startswith("/"):
            scheme, separator, rest = target.partition("://")
            if not separator or scheme.lower() not in {"http", "https"}:
                raise InvalidRequest("the request target is neither a path nor an absolute URL")
            # A URL may have a query right after its host; its path is then the root.
            slash, question = rest.find("/"), rest.find("?")
            if question >= 0 and (slash < 0 or question < slash):
                return "/", rest[question + 1 :]
            target = rest[slash:] if slash >= 0 else "/"
        path, _, query = target.partition("?")
        return path, query


class Response(msgspec.Struct, frozen=True):
    """One HTTP answer, ready to be written: its status, its headers as pairs, its body."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes = b""


def writable(response: Response) -> Response:
    r"""Return an answer that a caller made with what can't stand in a header replaced by `?`, as in a header of ours.

    >>> writable(Response(200, [("X-Id", "1\r\nX-Evil: 1")])).headers
    [('X-Id', '1??X-Evil: 1')]
    """
    headers = [(header_value(name), header_value(value)) for name, value in response.headers]
    return response if headers == response.headers else Response(response.status, headers, response.body)


class Attachment(Redacted, frozen=True):
    """A file that came with an event: the name of its part, its file name, its media type and its bytes.

    `attachment_type` is what an envelope calls it, `event.attachment` for a file without further meaning, and
    `event.minidump` for a minidump, out of its container.
    """

    name: str
    filename: str | None
    content_type: str | None
    data: bytes
    attachment_type: str = "event.attachment"


class EnvelopeItem(Redacted, frozen=True):
    """What came with or without an event and is neither event nor attachment: its type, its headers and its bytes.

    `type` is the one of the item's headers (`session`, `client_report`, `check_in`), or for a report of a browser that is
    no violation of a policy the report's (`deprecation`).
    """

    type: str
    headers: dict[str, Any]
    data: bytes


class Submission(Redacted, frozen=True):
    """What a request submitted, decoded; `response()` is the answer that accepts it.

    `endpoint` is `store`, `envelope`, `minidump` or `security`, and `method` the HTTP method: an answer to OPTIONS or HEAD
    has no event. `project_id` is None where neither the path nor the payload names one. `events` has all events, of which
    only an envelope and an array of reports can hold several. `attachments` are the files that came along, `items` what
    else an envelope held, `envelope_headers` the headers of the envelope. `repairs` lists what had to be mended in the
    JSON text. `left_out` counts what is not listed, by the name of the limit that it is over: errors of the events,
    repairs. `codings` names what the body was wrapped in, outermost first (such as `base64`, `zlib`), `received_bytes`
    and `decoded_bytes` are its sizes before and after.

    `repr` shows no secret, neither that of `auth` nor that of the DSN in `envelope_headers`; encoding keeps both.
    """

    endpoint: str
    project_id: str | None = None
    auth: Auth | None = None
    events: tuple[Event, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    items: tuple[EnvelopeItem, ...] = ()
    repairs: tuple[Repair, ...] = ()
    method: str = "POST"
    codings: tuple[str, ...] = ()
    received_bytes: int = 0
    decoded_bytes: int = 0
    envelope_headers: dict[str, Any] = msgspec.field(default_factory=dict)
    left_out: dict[str, int] = msgspec.field(default_factory=dict)

    @property
    def event(self) -> Event | None:
        """The event, the first if there are several, None if there is none."""
        return self.events[0] if self.events else None

    @property
    def event_id(self) -> str | None:
        """The id of the event, 32 hex digits; without one that of the envelope, and None if there is neither."""
        return self.events[0].event_id if self.events else event_id_of(self.envelope_headers)

    def response(self) -> Response:
        """Give the HTTP answer that accepts this submission, the CORS headers among its headers."""
        from store_protocol.responses import accepted_response  # noqa: PLC0415  (responses stands after messages in the flow)

        return accepted_response(self)


build_type_info(Response, Attachment, EnvelopeItem, Submission)
