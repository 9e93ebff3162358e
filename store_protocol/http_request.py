"""One HTTP request as a server hands it on, and its headers as pairs of text."""

import re
from collections.abc import Mapping
from typing import Any

from store_protocol.auth import Headers
from store_protocol.errors import InvalidRequest
from store_protocol.redaction import Redacted
from store_protocol.texts import safe_target, safe_text

_EVENT_ID = re.compile(r"[0-9a-f]{32}")


def text_pairs(headers: Headers) -> list[tuple[str, str]]:
    """Return headers of any accepted form as pairs of text, names in lower case.

    Bytes are read as Latin-1, and surrogates in values are repaired, as `safe_text` does it.

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
    """Return the event id in the headers of an envelope, as 32 hex digits; None if it is missing or malformed.

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
        """Return the value of the first header with this name, in any case; None if there is none."""
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
