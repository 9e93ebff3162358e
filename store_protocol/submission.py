"""What a request submitted, decoded, and the answer that accepts it."""

from typing import Any

import msgspec

from store_protocol.auth import Auth
from store_protocol.endpoints import answer_of, methods_of
from store_protocol.endpoints.content import Attachment, EnvelopeItem, RefusedItem
from store_protocol.first_use import build_type_info
from store_protocol.http_request import event_id_of
from store_protocol.http_response import Response, render, render_preflight
from store_protocol.payload import Repair
from store_protocol.redaction import Redacted
from store_protocol.schema import Event

#: One transparent pixel, as small as a GIF can be; what `new Image().src = store_url` of raven-js before 3.0 waits for.
PIXEL = bytes.fromhex("474946383961 0100 0100 00 ff 00 2c 0000 0000 0100 0100 00 02 00 3b")


class Submission(Redacted, frozen=True):
    """What a request submitted, decoded; `response()` is the answer that accepts it.

    `endpoint` is `store`, `envelope`, `minidump` or `security`, and `method` the HTTP method: an answer to OPTIONS or HEAD
    has no event. `project_id` is None where neither the path nor the payload names one. `events` has all events, of which
    only an envelope and an array of reports can hold several. `attachments` are the files that came along, `items` what
    else an envelope held, `envelope_headers` the headers of the envelope. `repairs` lists what had to be repaired in the
    JSON text and in what is around it. `refused` lists the items of an envelope, or the files of a form, that could not be
    taken, each with its error: where nothing else can be, the request is refused by the first of these errors.
    `left_out` counts what is not listed, by the name of the limit that it is over: errors of the events, repairs. `codings`
    names what the body was wrapped in, outermost first (such as `base64`, `zlib`), `received_bytes` and `decoded_bytes` are
    its sizes before and after. `preflight` has the headers of an OPTIONS request that ask what a page may send
    (`access-control-request-...`).

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
    preflight: dict[str, str] = msgspec.field(default_factory=dict)
    refused: tuple[RefusedItem, ...] = ()

    @property
    def event(self) -> Event | None:
        """The event, the first if there are several, None if there is none."""
        return self.events[0] if self.events else None

    @property
    def event_id(self) -> str | None:
        """The id of the event, 32 hex digits; without one that of the envelope, and None if there is neither."""
        return self.events[0].event_id if self.events else event_id_of(self.envelope_headers)

    def response(self) -> Response:
        """Return the HTTP answer that accepts this submission, the CORS headers among its headers.

        GET gets the pixel, HEAD its headers alone, OPTIONS the CORS headers with what
        it asks for, and POST what its endpoint answers.
        """
        match self.method:
            case "OPTIONS":
                return render_preflight(methods_of(self.endpoint), self.preflight)
            case "HEAD":
                return render(200, "image/gif")
            case "GET":
                return render(200, "image/gif", PIXEL)
            case _:
                return answer_of(self.endpoint)(self.event_id)


build_type_info(Submission)
