"""From one report of a violated content security policy to the objects of an event (CSP level 3, section 5)."""

import re
from typing import Any

from store_protocol.errors import InvalidReport
from store_protocol.urls import host_of

# Any word of this form: the standard gains directives, and a browser's report on a new one is just as true.
_DIRECTIVE = re.compile(r"[a-z][a-z-]*[a-z]")

# The attributes of the interface, by their names in the two forms of a report where these aren't the same word in kebab
# or camel case.
_OTHER_NAMES = {
    "blocked_uri": ("blockedURL",),
    "document_uri": ("documentURL",),
    "script_sample": ("sample",),
}
_ATTRIBUTES = (
    "effective_directive",
    "blocked_uri",
    "document_uri",
    "original_policy",
    "referrer",
    "status_code",
    "violated_directive",
    "source_file",
    "line_number",
    "column_number",
    "script_sample",
    "disposition",
)
#: The names that say which directive was violated, of which a report has one at least.
DIRECTIVES = (
    *("effective-directive", "effectiveDirective", "effective_directive"),
    *("violated-directive", "violatedDirective", "violated_directive"),
)
_NUMBERS = frozenset({"status_code", "line_number", "column_number"})

# What was blocked, by directive: in the document itself, and from elsewhere.
_LOCAL = {
    "child-src": "Blocked inline 'child'",
    "connect-src": "Blocked inline 'connect'",
    "font-src": "Blocked inline 'font'",
    "img-src": "Blocked inline 'image'",
    "manifest-src": "Blocked inline 'manifest'",
    "media-src": "Blocked inline 'media'",
    "object-src": "Blocked inline 'object'",
    "script-src": "Blocked unsafe (eval() or inline) 'script'",
    "script-src-attr": "Blocked unsafe 'script' element",
    "script-src-elem": "Blocked inline script attribute",
    "style-src": "Blocked inline 'style'",
    "style-src-attr": "Blocked style attribute",
    "style-src-elem": "Blocked 'style' or 'link' element",
}
_REMOTE = {
    "child-src": "Blocked 'child' from '{}'",
    "connect-src": "Blocked 'connect' from '{}'",
    "font-src": "Blocked 'font' from '{}'",
    "form-action": "Blocked 'form' action to '{}'",
    "img-src": "Blocked 'image' from '{}'",
    "manifest-src": "Blocked 'manifest' from '{}'",
    "media-src": "Blocked 'media' from '{}'",
    "object-src": "Blocked 'object' from '{}'",
    "script-src": "Blocked 'script' from '{}'",
    "script-src-attr": "Blocked inline script attribute from '{}'",
    "script-src-elem": "Blocked 'script' from '{}'",
    "style-src": "Blocked 'style' from '{}'",
    "style-src-attr": "Blocked style attribute from '{}'",
    "style-src-elem": "Blocked 'style' from '{}'",
}
# Schemes whose URLs have a host, and so keep their slashes without one.
_WITH_HOST = frozenset(
    """
    ftp http gopher nntp telnet imap wais file mms https shttp snews prospero rtsp rtspu rsync svn svn+ssh sftp
    nfs git git+ssh ws wss
    """.split()  # noqa: SIM905  (a list of words reads best as words)
)
_KEYWORDS = frozenset({"'none'", "'self'", "'unsafe-inline'", "'unsafe-eval'"})
_SCHEMES = ("data:", "mediastream:", "blob:", "filesystem:", "http:", "https:", "file:")
_STRIPE = "https://api.stripe.com/"
#: Characters of the longest scheme, twice those of any that IANA lists.
_LONGEST_SCHEME = 64


def csp_event(body: dict[str, Any]) -> dict[str, Any]:
    """Return the objects of the event for a report, by whichever names it has.

    Raises `InvalidReport` for a report that names no directive.

    >>> csp_event({"effective-directive": "img-src", "blocked-uri": "http://a.b/c.png"})["logentry"]
    {'formatted': "Blocked 'image' from 'a.b'"}
    """
    csp: dict[str, Any] = {}
    for attribute in _ATTRIBUTES:
        kebab, (first, *others) = attribute.replace("_", "-"), attribute.split("_")
        camel = first + "".join(map(str.capitalize, others))
        names = (attribute, kebab, camel, *_OTHER_NAMES.get(attribute, ()))
        value = next((body[name] for name in names if body.get(name) is not None), None)
        if value is None:
            continue
        # Some browsers send their numbers as text.
        digits = attribute in _NUMBERS and isinstance(value, str) and value.isascii() and value.isdecimal()
        csp[attribute] = int(value) if digits and len(value) < 20 else value
    violated, blocked = _text(csp.get("violated_directive")), _text(csp.get("blocked_uri", "self"))
    directive = _directive(_text(csp.get("effective_directive")), violated)
    csp |= {"effective_directive": directive, "blocked_uri": blocked, "violated_directive": violated}
    document = _text(csp.get("document_uri"))
    event: dict[str, Any] = {
        "logentry": {"formatted": _message(directive, blocked, violated)},
        "culprit": _culprit(violated, document),
        "tags": _tags(directive, blocked),
        "request": {"url": document} if document else {},
        "csp": csp,
    }
    referrer = _text(csp.get("referrer"))
    if referrer:
        event["request"]["headers"] = [["Referer", referrer]]
    return event


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _directive(effective: str, violated: str) -> str:
    # Firefox sent no effective directive before version 89, and CSP 2 puts the whole directive into either.
    for text in (effective, violated):
        name = text.partition(" ")[0]
        if _DIRECTIVE.fullmatch(name):
            return name
    raise InvalidReport("invalid security report: it names no directive of a policy")


def _message(directive: str, blocked: str, violated: str) -> str:
    if directive == "script-src" and blocked in {"inline", "eval"}:
        return f"Blocked unsafe {'eval()' if blocked == 'eval' else 'inline'} 'script'"
    if _is_local(blocked):
        if directive == "script-src":
            # CSP 2 reports the whole directive, which tells what its policy allows of the two.
            for keyword, what in (("'unsafe-inline'", "inline"), ("'unsafe-eval'", "eval()")):
                if keyword in violated:
                    return f"Blocked unsafe {what} 'script'"
        return _LOCAL.get(directive, f"Blocked inline '{directive}'")
    # Not `format`, which would read what the browser was told to load.
    return _REMOTE.get(directive, f"Blocked '{directive}' from '{{}}'").replace("{}", _origin(blocked))


def _is_local(uri: str) -> bool:
    return uri in {"", "self", "'self'"}


def _origin(uri: str) -> str:
    """Return the host of a URI with its port, and its scheme unless it is that of the web."""
    if _is_local(uri):
        return "'self'"
    scheme, colon, _ = uri.partition(":")
    if not colon:
        # Browsers report `data` or `blob` alone.
        return f"{scheme}://" if scheme in _WITH_HOST else f"{scheme}:"
    found = host_of(uri)
    if found is None:
        return uri
    scheme, host, port = found
    if scheme not in {"http", "https"}:
        host = f"{scheme}://{host}" if host or scheme in _WITH_HOST else f"{scheme}:"
    return f"{host}:{port}" if port else host


def _culprit(violated: str, document: str) -> str:
    directive, *sources = violated.split() or [""]
    own = _origin(document)
    scheme, colon, _ = document.partition(":")
    # A document's scheme that is longer than any can be is none, and goes before no source.
    prefix = "" if not colon or scheme in {"http", "https"} or len(scheme) > _LONGEST_SCHEME else f"{scheme}://"
    return " ".join([directive, *(_source(source, own, prefix) for source in sources)])


def _source(source: str, own: str, prefix: str) -> str:
    """Return a source of a directive as its policy had it: Firefox spells `'self'` out, and others leave the scheme off."""
    if source in _KEYWORDS:
        return source
    if source.startswith(_SCHEMES):
        return "'self'" if _origin(source) == own else source
    return "'self'" if source == own else prefix + source


def _tags(directive: str, blocked: str) -> list[list[str]]:
    # Payment URLs of Stripe carry secrets in their query.
    shown = re.split("[?#]", blocked, maxsplit=1)[0] if blocked.startswith(_STRIPE) else blocked
    # A document that is blocked in itself has no URI to report, and tags have no empty values.
    tags = [["effective-directive", directive], ["blocked-uri", shown or "self"]]
    found = host_of(blocked)
    if found is not None and found[0] in {"http", "https"} and found[1]:
        tags.append(["blocked-host", found[1]])
    return tags
