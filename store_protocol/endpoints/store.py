"""The store endpoint: one event a request, in the body or, for GET, in the query."""

from urllib.parse import unquote_to_bytes

import msgspec

from store_protocol.budget import Budget
from store_protocol.endpoints import envelope
from store_protocol.endpoints.content import Content, EventText, RequestFacts, parameter
from store_protocol.endpoints.endpoint import Endpoint
from store_protocol.errors import EmptyBody
from store_protocol.payload import Repair

_DATA = "sentry_data="


def data_of(query: str) -> bytes:
    """Return the bytes of the event that a query holds in `sentry_data`.

    GET is for clients that can only load an image (raven-js before 3.0, in browsers without CORS). Raises `EmptyBody`.

    >>> data_of("sentry_data=%7B%22message%22:%22a+b%22%7D")
    b'{"message":"a b"}'
    """
    for item in query.split("&"):
        if item.startswith(_DATA) and (value := item[len(_DATA) :]):
            text = unquote_to_bytes(value.replace("+", " "))
            # A plus sign of base64 that the client did not encode isn't a blank.
            return text if text.lstrip()[:1] == b"{" else unquote_to_bytes(value)
    raise EmptyBody("empty request: GET needs an event in sentry_data")


def read(data: bytes, facts: RequestFacts, budget: Budget) -> Content:
    """Read one event, or an envelope that came under the content type of an event."""
    if envelope.is_envelope(data, budget.limits):
        content = envelope.read(data, facts, budget)
        return msgspec.structs.replace(content, repairs=(Repair("endpoint", text="envelope"), *content.repairs))
    return Content(payloads=(EventText(data, parameter(facts.content_type, "charset")),))


ENDPOINT = Endpoint(name="store", methods=("POST", "GET", "HEAD", "OPTIONS"), read=read, read_query=data_of)
