"""The store endpoint: one event a request, in the body or, for GET, in the query."""

from urllib.parse import unquote_to_bytes

from store_protocol.errors import EmptyBody
from store_protocol.messages import HttpRequest

#: GET is for clients that can only load an image (raven-js before 3.0, in browsers without CORS).
METHODS = ("POST", "GET", "HEAD", "OPTIONS")


def body_of(request: HttpRequest) -> bytes:
    """Give the bytes that hold the event: the body, or for GET the `sentry_data` of the query.

    >>> body_of(HttpRequest("GET", "/api/1/store/?sentry_data=%7B%22message%22:%22a+b%22%7D", []))
    b'{"message":"a b"}'
    """
    if request.method != "GET":
        return request.body
    for item in request.query.split("&"):
        key, _, value = item.partition("=")
        if key == "sentry_data" and value:
            text = unquote_to_bytes(value.replace("+", " "))
            # A plus sign of base64 that the client did not encode is no blank.
            return text if text.lstrip()[:1] == b"{" else unquote_to_bytes(value)
    raise EmptyBody("empty request: GET needs an event in sentry_data")
