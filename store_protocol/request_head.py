"""What callers are told of a request before its body is decoded."""

from store_protocol.auth import Auth
from store_protocol.first_use import build_type_info
from store_protocol.http_request import HttpRequest
from store_protocol.redaction import Redacted


class RequestHead(Redacted, frozen=True):
    """Who sends a request, and where to: what is known of it before its body is decoded.

    `endpoint` is as in `Submission`. `project_id` is None where neither the path nor the headers of an envelope that hold
    the key name one. `auth` is None only where credentials are optional and there are none. `request` has the method, the
    target, the headers (as pairs, names in lower case) and the address, and no body.
    """

    endpoint: str
    project_id: str | None
    auth: Auth | None
    request: HttpRequest

    @property
    def public_key(self) -> str | None:
        """The key that the request was sent with, None where it has no credentials."""
        return None if self.auth is None else self.auth.public_key


build_type_info(RequestHead)
