"""One HTTP request as a server hands it on, and its headers as pairs of text."""

import io
import re
from collections.abc import Mapping
from itertools import chain
from typing import TYPE_CHECKING, Any

from store_protocol.auth import Headers
from store_protocol.errors import InvalidRequest, over_limit
from store_protocol.first_use import build_type_info
from store_protocol.gateways import body_of_environ, parts_of_environ, parts_of_scope
from store_protocol.limits import Limits
from store_protocol.redaction import Redacted
from store_protocol.texts import safe_target, safe_text

_LIMITS = Limits()
_EVENT_ID = re.compile(r"[0-9a-f]{32}")


def text_pairs(headers: Headers) -> list[tuple[str, str]]:
    """Return headers of any accepted form as pairs of text, names in lower case.

    Bytes are read as Latin-1, and surrogates are repaired, as `safe_text` does it.

    >>> text_pairs({b"X-Sentry-Auth": b"Sentry sentry_key=a"})
    [('x-sentry-auth', 'Sentry sentry_key=a')]
    """
    # Many classes of headers are no mapping, as a name may stand there twice: that of the standard library among them.
    items: Any = None if isinstance(headers, (list, tuple)) else getattr(headers, "items", None)
    pairs: Any = headers if items is None else items()
    try:
        if not isinstance(pairs, (list, tuple)):
            pairs = [*pairs]
        if _are_ascii(pairs):
            return [(name.lower(), value) for name, value in pairs]
        # Written out, as nearly all others are bytes: a call for each would take as long as all else here.
        return [
            (
                (
                    name
                    if isinstance(name, str) and name.isascii()
                    else name.decode("latin-1")
                    if isinstance(name, bytes)
                    else safe_text(name)
                ).lower(),
                value
                if isinstance(value, str) and value.isascii()
                else value.decode("latin-1")
                if isinstance(value, bytes)
                else safe_text(value),
            )
            for name, value in pairs
        ]
    except (TypeError, ValueError, AttributeError):
        raise TypeError("headers are a mapping or pairs, of str or bytes") from None


def _are_ascii(pairs: Any) -> bool:
    """Return whether all that stands in some pairs is text, and ASCII, told by one look at all of it."""
    try:
        return "".join(chain.from_iterable(pairs)).isascii()
    except TypeError:
        return False


def event_id_of(headers: Mapping[str, Any]) -> str | None:
    """Return the event id in the headers of an envelope, as 32 hex digits; None if it is missing or malformed.

    >>> event_id_of({"event_id": "9EC79C33-EC99-42AB-8353-589FCB2E04DC"})
    '9ec79c33ec9942ab8353589fcb2e04dc'
    """
    text = headers.get("event_id")
    digits = text.replace("-", "").lower() if isinstance(text, str) else ""
    return digits if _EVENT_ID.fullmatch(digits) else None


if TYPE_CHECKING:
    _GivenHeaders = Headers
else:
    # msgspec knows no type that is a mapping of two kinds or else pairs.
    _GivenHeaders = Any


class _Wire(Redacted, frozen=True):
    method: str
    target: str
    headers: _GivenHeaders
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

    @classmethod
    def from_environ(
        cls, environ: Mapping[str, Any], body: bytes | None = None, *, limits: Limits = _LIMITS
    ) -> "HttpRequest":
        """Return the request that a WSGI server hands on.

        Its body is read from `wsgi.input` unless it is given: `b""` for a request that `RequestDecoder` takes. Raises
        `CorruptBody` for a body that ends too early, and `LimitExceeded` for one that is longer than any may be.

        >>> import io
        >>> environ = {"REQUEST_METHOD": "POST", "PATH_INFO": "/api/1/store/", "CONTENT_LENGTH": "2"}
        >>> HttpRequest.from_environ({**environ, "wsgi.input": io.BytesIO(b"{}")}).body
        b'{}'
        """
        method, target, headers, remote_addr = parts_of_environ(environ)
        if body is None:
            whole = io.BytesIO()
            for chunk in body_of_environ(environ):
                if whole.tell() + len(chunk) > limits.max_envelope_bytes:
                    raise over_limit("the body has more bytes", "max_envelope_bytes", limits)
                whole.write(chunk)
            body = whole.getvalue()
        return cls(method, target, headers, body, remote_addr=remote_addr)

    @classmethod
    def from_scope(cls, scope: Mapping[str, Any], body: bytes = b"") -> "HttpRequest":
        """Return the request that an ASGI server hands on: the scope of a connection of type `http`.

        >>> scope = {"method": "POST", "path": "/api/1/store/", "query_string": b"sentry_key=a", "headers": []}
        >>> HttpRequest.from_scope(scope, b"{}").target
        '/api/1/store/?sentry_key=a'
        """
        method, target, headers, remote_addr = parts_of_scope(scope)
        return cls(method, target, headers, body, remote_addr=remote_addr)

    def header(self, name: str) -> str | None:
        """Return the value of the first header with this name, in any case; None if there is none."""
        wanted = name.lower()
        return next((value for key, value in text_pairs(self.headers) if key == wanted), None)

    def header_pairs(self) -> list[tuple[str, str]]:
        """Return the headers as pairs of text, names in lower case, whatever form they were given in."""
        return text_pairs(self.headers)

    @property
    def path(self) -> str:
        """The path of the target, percent-encoded as it came."""
        return self.split_target()[0]

    @property
    def query(self) -> str:
        """The query of the target without its question mark, percent-encoded as it came."""
        return self.split_target()[1]

    def split_target(self) -> tuple[str, str]:
        """Return the path and the query."""
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


def check_text(what: str, text: object) -> None:
    """Raise `TypeError` for what should be text, and is not: of that the client knows nothing."""
    if not isinstance(text, str):
        raise TypeError(f"the {what} of a request is text, not {type(text).__name__}")


def checked_body(request: HttpRequest) -> bytes:
    """Return the body of a request. Raises `TypeError` for one that is not bytes."""
    body: Any = request.body
    if type(body) is bytes:
        return body
    if isinstance(body, (bytearray, memoryview)):
        return bytes(body)
    raise TypeError(f"the body of a request is bytes, not {type(body).__name__}")


build_type_info(HttpRequest)
