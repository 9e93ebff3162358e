"""What differs by endpoint, in one value: each endpoint's module makes its own, and the rest of the package asks it."""

from collections.abc import Callable
from typing import Any, Protocol

import msgspec

from store_protocol.body.buffers import chunked
from store_protocol.budget import Budget
from store_protocol.endpoints.content import Content, RequestFacts
from store_protocol.http_response import Response, render_json
from store_protocol.limits import EVENT, BodyKind, Limits


def answer_with_id(event_id: str | None) -> Response:
    """Return the answer `{"id": ...}`, and `{}` without an event id (Relay `endpoints/store.rs`).

    >>> answer_with_id(32 * "f").body
    b'{"id":"ffffffffffffffffffffffffffffffff"}'
    """
    return render_json(200, {} if event_id is None else {"id": event_id})


class BodyReader(Protocol):
    """Reads a body as its plain bytes come.

    What is wrong with them is raised by `finish`: a body that can't be decoded is told to be that.
    """

    def feed(self, data: bytes) -> None:
        """Take the next bytes."""

    def finish(self) -> Content:
        """Take the end of the body, and return what it holds."""


def read_whole(reader: BodyReader, data: bytes) -> Content:
    """Return what a body holds that is there as a whole."""
    for piece in chunked(data):
        reader.feed(piece)
    return reader.finish()


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """An endpoint.

    - `name`: what a submission calls it.
    - `methods`: the HTTP methods that it takes.
    - `kind`: which limits bound its body.
    - `sniff`: whether a body may be compressed or base64 without a header.
    - `read`: returns what a body holds. It gets an empty body only where `reads_empty` is set; elsewhere such a body is
      refused by `EmptyBody`.
    - `reader`: makes what reads a body that comes in pieces as `read` reads a whole one; None for endpoints whose bodies
      are small.
    - `read_query`: returns the body that the query of a GET request stands for; by default its text in UTF-8.
    - `read_headers`: returns the headers that a body begins with, in which the credentials may stand; None for endpoints
      whose bodies have none. It gets the first line, or else the first bytes, up to `max_envelope_header_bytes`.
    - `is_hidden`: whether a request is for this endpoint only where such headers name a DSN. All others are told that there
      is no such path, whatever is wrong with them.
    - `client_hints`: whether the client is the browser that the event is about, so that its `Sec-CH-UA` headers describe
      that browser.
    - `offload`: whether `read` may take long however small the body is, so that an event loop should call it in a thread.
    - `ignores_rate_limits`: whether its clients are accepted even where rate limits leave nothing of what they send, since
      they would send it again.
    - `check_content_type`: raises for a content type whose body the endpoint can't read, before that is decoded.
    - `stamps`: whether `read` needs the time and new ids, which `RequestFacts` then has.
    - `dsn_of`: returns the DSN that the query of a request names, None without one.
    - `rpc_status`: whether errors are answered by a `google.rpc.Status`, as OTLP has it.
    - `answers_pixel`: whether GET is answered by a pixel, as browsers need that load an image.
    - `answer`: renders the answer to an accepted request; it gets the event id, None if there is none.
    """

    name: str
    methods: tuple[str, ...] = ("POST", "OPTIONS")
    kind: BodyKind = EVENT
    sniff: bool = True
    read: Callable[[bytes, RequestFacts, Budget], Content]
    reader: Callable[[RequestFacts, Budget], BodyReader] | None = None
    reads_empty: bool = False
    read_query: Callable[[str], bytes] = str.encode
    read_headers: Callable[[bytes, Limits], dict[str, Any]] | None = None
    is_hidden: bool = False
    client_hints: bool = False
    offload: bool = False
    ignores_rate_limits: bool = False
    check_content_type: Callable[[str], None] | None = None
    stamps: bool = False
    dsn_of: Callable[[str], str | None] | None = None
    rpc_status: bool = False
    answers_pixel: bool = True
    answer: Callable[[str | None], Response] = answer_with_id
