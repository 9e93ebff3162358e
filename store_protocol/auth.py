"""Who sends a request: from headers and query string to one `Auth`.

Credentials may stand in four places, and one request may use several of them at once:

- `X-Sentry-Auth: Sentry sentry_key=..., sentry_version=7, ...`: every server-side SDK since raven.
- `Authorization: Sentry ...`, the same text in the standard header (getsentry/relay#355).
- the query string, `?sentry_key=...&sentry_version=7`: browser SDKs, whose header would cost a preflight request, and
  the URLs for security reports and minidumps, whose senders can set no header.
- `Authorization: Basic base64(key:secret)`: what curl and most HTTP libraries make of a key in the URL.

Strategy: each place is read into fields, a dict of texts. Places that name the same key are one credential, and of each
field the first value counts, in the order above. Places that name different keys are refused: nothing tells which one
is meant, and headers have leaked from one request on a connection to another (getsentry/relay#602). The exception is
`Authorization: Basic`, which is also how the login to a site or a proxy comes: it only counts with a key that no other
place contradicts. Only then are the fields converted, once.

A header is split at its commas and then at the first `=`: clients build it by joining strings, so there is no stricter
grammar that all of them keep to.
"""

import binascii
import functools
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from urllib.parse import quote as percent_encode
from urllib.parse import unquote, unquote_plus, urlencode

from store_protocol.errors import AuthError, ContradictoryAuth, InvalidKey, MalformedAuth, MissingAuth, UnsupportedVersion
from store_protocol.first_use import build_type_info
from store_protocol.identifiers import is_identifier
from store_protocol.redaction import Redacted, names_secret
from store_protocol.texts import safe_target, safe_text

HeaderText = str | bytes
Headers = Mapping[str, str] | Mapping[bytes, bytes] | Iterable[tuple[HeaderText, HeaderText]]

#: The highest `sentry_version` (develop.sentry.dev, "Authentication Header"), and what is taken for an absent one.
LATEST_VERSION = 7
_VERSIONS = {str(version): version for version in range(LATEST_VERSION + 1)}
#: Digits of an unsupported version that an error shows.
_MOST_DIGITS = 4

# What a header may hold and still be as good as absent: blanks, line folds, the commas of empty items.
_BLANK = " \t\r\n,"

_NAMES = frozenset({"sentry_key", "sentry_version", "sentry_client", "sentry_secret", "sentry_timestamp"})

# `X-Sentry-Auth` and `Authorization` happen to be of one length, by which nearly every other header is passed over.
_HEADER_LENGTH = len("x-sentry-auth")

_BLANKS = re.compile(r"\s*")

# What may stand without quotes: visible ASCII but for `"` and `,`, with blanks between. A repeated group
# would remember each round, and until Python 3.11.5 a possessive one loses its place where it fails in the middle.
_PLAIN = re.compile(r"[!#-+\--~](?:[ !#-+\--~]*[!#-+\--~])?")

# How the name of the field begins, after which the secret stands.
_SECRET = re.compile("(?i)sentry(?:_|%5f)secret")

# Where seconds end and milliseconds begin: as seconds the year 5138, as milliseconds 1973.
_FIRST_MILLISECOND = 1e11

# What raven-node 0.12 sends for a DSN without a secret.
_UNDEFINED = "undefined"

_Fields = dict[str, str]


class _Key(Redacted, frozen=True):
    public_key: str


class Auth(_Key, frozen=True, kw_only=True):
    """The credentials of a request.

    `version` is the protocol's, the part of `sentry_version` before its dot. `client` names the SDK, such as
    `sentry.python/2.0.0`. `timestamp` is when the client sent the request, in epoch seconds. What the client leaves out
    is None.

    >>> Auth("b70a31b3510c4cf7", client="sentry-curl/1.0").to_header()
    'Sentry sentry_version=7, sentry_client=sentry-curl/1.0, sentry_key=b70a31b3510c4cf7'
    """

    secret_key: str | None = None
    version: int = LATEST_VERSION
    client: str | None = None
    timestamp: float | None = None

    def to_header(self) -> str:
        """Render the value of an `X-Sentry-Auth` header; `parse_auth_header` gives the same `Auth` back.

        The header is one line of ASCII whatever the fields hold: a value that can't stand as it is, such as one with a
        comma, is percent-encoded and put in double quotes.
        """
        return "Sentry " + ", ".join(
            f"{name}={value}" if _PLAIN.fullmatch(value) else f'{name}="{percent_encode(value, errors="replace")}"'
            for name, value in self._fields()
        )

    def to_query(self) -> str:
        """Render form-urlencoded text for a query string; `parse_auth_query` gives the same `Auth` back.

        >>> Auth("b70a31b3510c4cf7", client="raven-js/3.27.2").to_query()
        'sentry_version=7&sentry_client=raven-js%2F3.27.2&sentry_key=b70a31b3510c4cf7'
        """
        return urlencode(list(self._fields()), errors="replace")

    def _fields(self) -> Iterator[tuple[str, str]]:
        yield "sentry_version", str(self.version)
        if self.client is not None:
            yield "sentry_client", self.client
        if self.timestamp is not None:
            yield "sentry_timestamp", repr(float(self.timestamp)).removesuffix(".0")
        yield "sentry_key", self.public_key
        if self.secret_key is not None:
            yield "sentry_secret", self.secret_key


def parse_auth_header(value: str | bytes) -> Auth:
    """Parse the value of an `X-Sentry-Auth` header, `Sentry sentry_key=..., sentry_version=...`.

    The scheme and the names are taken in any case (Sentry's own settings page for OTLP shows `sentry`). Blanks and line
    folds around names and values don't count, nor do unknown names and empty values. Of one name twice the last counts.
    A value in double quotes is percent-decoded. Several headers that were joined into one are one credential if they
    name the same key. Bytes are read as Latin-1.

    Raises MalformedAuth if the scheme or the key is missing or the version is not a number, UnsupportedVersion if it is
    above 7, InvalidKey if the key can't be one, ContradictoryAuth if joined headers name different keys.

    >>> parse_auth_header("Sentry sentry_key=b70a31b3510c4cf7, sentry_version=2.0, sentry_timestamp=1795447502096")
    Auth(public_key='b70a31b3510c4cf7', secret_key=None, version=2, client=None, timestamp=1795447502.096)
    """
    return _convert(_merge(_read_header(safe_text(value))))


def parse_auth_query(query: str | bytes) -> Auth:
    """Parse the credentials in a query string, with or without its question mark.

    Percent sequences that are no UTF-8 become U+FFFD. Everything else, the errors too, is as with `parse_auth_header`.

    >>> parse_auth_query("?sentry_key=b70a31b3510c4cf7&sentry_version=7&sentry_client=raven-js%2F3.27.2").client
    'raven-js/3.27.2'
    """
    return _convert(_merge([_read_query(query)]))


def find_auth(headers: Headers, query: str | bytes = "") -> Auth:
    """Find the credentials of a request in its headers (pairs or a mapping, names in any case) and its query string.

    Places that name the same key are one credential, with each value from the first place that has one:
    `X-Sentry-Auth`, `Authorization: Sentry`, the query string, `Authorization: Basic`. A blank header, a query string
    without `sentry_key` (`sentry_data` alone is not a credential) and an `Authorization` of any other scheme count as
    absent. So does a Basic one whose user isn't a key, or another key than that of another place: it is a login to the site
    or to a proxy. It only matters if there is nothing else.

    Raises MissingAuth if there are no credentials, ContradictoryAuth if two places name different keys, and otherwise
    what `parse_auth_header` does. A Sentry header that can't be read is an error even beside a good query string, since
    something is wrong then that its sender wants to know.

    >>> find_auth({"Authorization": "Basic YjcwYTMxYjM1MTBjNGNmNzo="}, "sentry_client=c%2F1").public_key
    'b70a31b3510c4cf7'
    """
    found = find_credentials(headers, query)
    return found.auth or found.required()


class Credentials(Redacted, frozen=True, kw_only=True):
    """What the head of a request says of its sender, before it is known whether the body says more.

    `auth` is None where no place names a key. `is_login` says that only `Authorization: Basic` was there, which counts as
    absent as soon as the body names another key. `has_no_key` says that a place for a key was there and held none.
    """

    auth: Auth | None = None
    is_login: bool = False
    has_no_key: bool = False

    def required(self) -> Auth:
        """Return the credentials. Raises MalformedAuth or MissingAuth where there are none."""
        if self.auth is not None:
            return self.auth
        raise self.error()

    def error(self) -> AuthError:
        """Return what is wrong where there are no credentials."""
        if self.has_no_key:
            return MalformedAuth("the credentials hold no public key")
        return MissingAuth("the request carries no credentials")


def find_credentials(headers: Headers, query: str | bytes = "", path_key: str | None = None) -> Credentials:
    """Find the credentials as `find_auth` does, and tell whether they are there and what they are worth.

    `path_key` is the public key that stands in the path or in a DSN of the query: a place as the others.
    """
    sentry_lines: list[str] = []
    authorizations: list[str] = []
    pairs = headers.items() if type(headers) is not list and isinstance(headers, Mapping) else headers
    for name, value in [pair for pair in pairs if len(pair[0]) == _HEADER_LENGTH]:
        match safe_text(name).lower():
            case "x-sentry-auth":
                sentry_lines.append(safe_text(value))
            case "authorization":
                authorizations.append(safe_text(value).strip())

    is_alone = path_key is None and not authorizations and not query
    if is_alone and len(sentry_lines) == 1 and len(sentry_lines[0]) <= _SHORT_HEADER:
        header = sentry_lines[0]
        if "sentry_timestamp" not in header and header.strip(_BLANK):
            return _known_header(header)
    places: list[_Fields] = []
    # Lines of one header are one list (RFC 9110 section 5.3); monolog-http sends the version and the key in two lines.
    sentry = ",".join(sentry_lines)
    if sentry.strip(_BLANK):
        places += _read_header(sentry)
    basic: list[_Fields] = []
    for authorization in authorizations:
        match authorization.lower().split(None, 1)[:1]:
            case ["sentry"]:
                places += _read_header(authorization)
            case ["basic"]:
                basic.append(_read_basic(authorization[len("basic") :]))
    fields = _read_query(query) if query else {}
    if fields.get("sentry_key"):
        places.append(fields)
    if path_key is not None:
        places.append({"sentry_key": path_key})
    is_login = not places
    key = None if is_login else places[0].get("sentry_key")
    places += (each for each in basic if each and (is_login or each["sentry_key"] == key))

    if not places:
        return Credentials(has_no_key=bool(basic) or "sentry_key" in fields)
    return Credentials(auth=_convert(_merge(places)), is_login=is_login)


# An SDK sends the same header with every event, unless it says the time in it.
_SHORT_HEADER = 512


@functools.lru_cache(maxsize=1024)
def _known_header(header: str) -> Credentials:
    return Credentials(auth=parse_auth_header(header))


def _read_header(text: str) -> list[_Fields]:
    """Read a header into one dict for each time that its scheme is named; that is once, unless headers were joined."""
    quotes = '"' in text
    places: list[_Fields] = []
    fields: _Fields | None = None
    for item in _quoted_items(text) if quotes else text.split(","):
        name, _, value = item.partition("=")
        name = name.strip()
        if not name:
            continue
        if name not in _NAMES:
            words = name.lower().split(None, 1)
            if words[:1] == ["sentry"]:
                fields = {}
                places.append(fields)
                del words[0]
            name = " ".join(words)
            if name not in _NAMES and (fields is not None or not name):
                continue
        if fields is None:
            break
        value = value.strip()
        fields[name] = _unquote(value) if quotes else value
    if not places:
        raise MalformedAuth("the credentials do not begin with the scheme Sentry")
    return places


def _quoted_items(text: str) -> Iterator[str]:
    """Split a header that holds quotes at its commas, but for those within a quoted value.

    A quote is one where it begins the value, and the next one ends the item. Only quotes are looked for beyond a comma, and
    the next item can't begin before the one that was found: so no part of the text is gone through more than three times.
    """
    start = 0
    while start <= len(text):
        comma = text.find(",", start)
        end = len(text) if comma < 0 else comma
        equals = text.find("=", start, end)
        if equals >= 0 and text[(value := _end_of_blanks(text, equals + 1)) : value + 1] == '"':
            closing = text.find('"', value + 1)
            if closing >= 0 and text[(after := _end_of_blanks(text, closing + 1)) : after + 1] in {",", ""}:
                end = after
        yield text[start:end]
        start = end + 1


def _end_of_blanks(text: str, start: int) -> int:
    if not text[start : start + 1].isspace():
        return start
    match = _BLANKS.match(text, start)
    return match.end() if match else start


def _unquote(value: str) -> str:
    if len(value) > 1 and value[0] == '"' == value[-1]:
        return unquote(value[1:-1]).strip()
    return value


def _read_query(query: str | bytes) -> _Fields:
    # Only the few fields are decoded: in a GET request the same query holds a whole event in sentry_data.
    text = safe_target(query) if isinstance(query, str) else query.decode("utf-8", "replace")
    fields: _Fields = {}
    for item in filter(None, text.removeprefix("?").split("&")):
        name, _, value = item.partition("=")
        if name not in _NAMES:
            name = (unquote_plus(name) if "%" in name or "+" in name else name).strip().lower()
        if name in _NAMES:
            fields[name] = (unquote_plus(value) if "%" in value or "+" in value else value).strip()
    return fields


def _read_basic(token: str) -> _Fields:
    """Read key and secret out of Basic credentials; an empty dict if they hold no key."""
    try:
        userinfo = binascii.a2b_base64(token.strip(), strict_mode=True).decode("utf-8", "replace")
    except ValueError:
        return {}
    key, _, secret = userinfo.partition(":")
    return {"sentry_key": key, "sentry_secret": secret.strip()} if is_identifier(key) else {}


def _merge(places: list[_Fields]) -> _Fields:
    """Make one credential of places that agree on the key, the first place with a value for a field winning."""
    first = places[0]
    for place in places:
        key = place.get("sentry_key")
        if not key:
            raise MalformedAuth("the credentials hold no sentry_key")
        if key != first["sentry_key"]:
            raise ContradictoryAuth("the request names more than one public key")
    if len(places) == 1:
        return first
    merged: _Fields = {}
    for place in reversed(places):
        merged.update((name, value) for name, value in place.items() if value)
    return merged


def _convert(fields: _Fields) -> Auth:
    key = fields["sentry_key"]
    if not is_identifier(key):
        raise InvalidKey("the public key is not 1 to 64 letters, digits, - and _")
    return Auth(
        key,
        secret_key=_line(fields.get("sentry_secret"), but=_UNDEFINED),
        version=_version(fields.get("sentry_version")),
        client=_line(_without_secret(fields.get("sentry_client"))),
        timestamp=_timestamp(fields.get("sentry_timestamp")),
    )


def _line(text: str | None, *, but: str = "") -> str | None:
    # Line breaks and control characters, which a query string can bring in, must not get into a header or a log.
    if text and not text.isprintable():
        text = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return None if not text or text == but else text


def _without_secret(client: str | None) -> str | None:
    # Where a comma is missing or quoted, what follows the client's name is taken for a part of it, and stored with events.
    return _SECRET.split(client, maxsplit=1)[0].rstrip(" ,;&") if client and names_secret(client) else client


def _version(text: str | None) -> int:
    # The part before the dot: raven-python 1 to 3 send `2.0`. Versions below 2 are taken too, small clients send `0`.
    if not text:
        return LATEST_VERSION
    digits = text.partition(".")[0]
    version = _VERSIONS.get(digits)
    if version is not None:
        return version
    # It is not quoted, unless it can't be anything else: what stands here by mistake may be the secret.
    if digits.isascii() and digits.isdigit():
        shown = f" {digits}" if len(digits) <= _MOST_DIGITS else ""
        raise UnsupportedVersion(f"sentry_version{shown} is not supported, {LATEST_VERSION} is the highest")
    raise MalformedAuth("sentry_version is not a number")


def _timestamp(text: str | None) -> float | None:
    """Read epoch seconds, epoch milliseconds (raven-node) or ISO 8601, without a zone as UTC; None if it is neither."""
    # Python reads the digits of every script, and an underscore between them.
    if not text or not text.isascii() or "_" in text:
        return None
    try:
        seconds = float(text)
    except ValueError:
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            return None
        seconds = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    else:
        if seconds >= _FIRST_MILLISECOND:
            seconds /= 1000
    # The comparison also leaves out NaN.
    return seconds if 0 <= seconds < _FIRST_MILLISECOND else None


build_type_info(Auth)
