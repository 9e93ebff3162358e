"""URLs as browsers read them (the WHATWG standard), by a library made for that."""

from collections.abc import Callable
from typing import Any, NamedTuple

from store_protocol.first_use import once


class Url(NamedTuple):
    """An absolute URL in its canonical form, and its parts; absent ones are None."""

    href: str
    path: str
    query: str | None
    fragment: str | None


def split_url(url: str) -> tuple[str, str | None, str | None]:
    """Return a URL without its query and its fragment, and these; a relative one is cut as it stands.

    Only the fragment of an absolute URL may be empty.

    >>> split_url("HTTP://A.b:80/x/../y?q#f")
    ('http://a.b/y', 'q', 'f')
    >>> split_url("/a?b#c")
    ('/a', 'b', 'c')
    """
    parsed = parse_url(url)
    if parsed is not None:
        return parsed.href.partition("#")[0].partition("?")[0], parsed.query, parsed.fragment
    rest, _, fragment = url.partition("#")
    rest, has_query, query = rest.partition("?")
    return rest, query if has_query else None, fragment or None


@once
def _parser() -> Callable[[str], Any]:
    # Loaded when the first URL is met: most servers never see one that isn't in its canonical form already.
    import can_ada  # noqa: PLC0415

    return can_ada.parse


def parse_url(url: str) -> Url | None:
    """Return an absolute URL in its canonical form; None for what is none."""
    try:
        parsed = _parser()(url)
    except ValueError:
        return None
    query, fragment = parsed.search.removeprefix("?"), parsed.hash.removeprefix("#")
    return Url(parsed.href, parsed.pathname, query or None, fragment if "#" in parsed.href else None)


def host_of(url: str) -> tuple[str, str, str] | None:
    """Return the scheme, the host and the port of an absolute URL, the port empty where it is the scheme's own.

    >>> host_of("https://Example.com:8443/a"), host_of("img.png")
    (('https', 'example.com', '8443'), None)
    """
    try:
        parsed = _parser()(url)
    except ValueError:
        return None
    return parsed.protocol.removesuffix(":"), parsed.hostname, parsed.port
