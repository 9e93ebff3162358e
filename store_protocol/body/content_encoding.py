"""The `Content-Encoding` header: the codings that a body is in."""

from store_protocol.body.codings import CODINGS, unsupported
from store_protocol.errors import UnsupportedEncoding
from store_protocol.limits import Limits

# No coding at all: `identity` by the standard; charsets come from clients that mix up the headers
# (sentry.java.android/2.0.0 sends "UTF-8"), and an empty value from sentry-ruby/5.x.
_NONE = frozenset({"", "identity", "none", "null", "undefined"})
_CHARSETS = ("utf", "iso-8859", "us-ascii", "ascii", "latin", "windows-")


def parse_content_encoding(value: str | None, *, limits: Limits | None = None) -> tuple[str, ...]:
    """Return the codings that a `Content-Encoding` header names, in the order in which they were applied.

    Charsets, `identity` and an empty value, which real clients send, count as none. Raises `UnsupportedEncoding` for an
    unknown coding, and for more codings than `Limits.max_content_codings`.

    >>> parse_content_encoding("Deflate, x-gzip")
    ('deflate', 'gzip')
    """
    if not value:
        return ()
    names = CODINGS.by_header_name
    if (name := names.get(value)) is not None:
        return (name,)
    codings: list[str] = []
    for part in value.split(","):
        token = part.strip().lower()
        if token in _NONE or token.startswith(_CHARSETS):
            continue
        if token not in names:
            raise unsupported(token)
        codings.append(names[token])
    most = (limits or _LIMITS).max_content_codings
    if len(codings) > most:
        raise UnsupportedEncoding(f"more than {most} content encodings on one another")
    return tuple(codings)


_LIMITS = Limits()
