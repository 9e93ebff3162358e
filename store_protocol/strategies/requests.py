"""Strategies for what a client sends: credentials, bodies, envelopes, forms, reports, and whole requests."""

import base64
import functools
import gzip
import json
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from string import ascii_letters, digits
from typing import Any, Literal, NamedTuple
from urllib.parse import quote_plus

from hypothesis import strategies as st

from store_protocol.auth import Auth
from store_protocol.body.codings import CODINGS
from store_protocol.dsn import Dsn
from store_protocol.http_request import HttpRequest
from store_protocol.items.encoding import encode_envelope
from store_protocol.items.envelope_item import EnvelopeItem
from store_protocol.strategies.events import errors, events
from store_protocol.strategies.items import items
from store_protocol.strategies.values import FILLED, HEX32, NAME, JsonObject, ago

#: The endpoints that `requests` sends to.
EndpointName = Literal["store", "envelope", "minidump", "security"]
ENDPOINTS: tuple[EndpointName, ...] = ("store", "envelope", "minidump", "security")

_KEY = st.text("0123456789abcdef", min_size=32, max_size=32) | st.text(
    ascii_letters + digits + "-_", min_size=1, max_size=64
)
_PROJECT = st.integers(1, 10**9).map(str) | st.text(ascii_letters + digits + "-_", min_size=1, max_size=64)
_CLIENT = st.builds(
    "{}/{}".format, st.sampled_from(["sentry.python", "raven-js", "sentry-cli"]), st.sampled_from(["1.0", "8.55.2"])
)
_PREFIX = st.sampled_from(["", "", "/sentry", "/a/b"])
_SENT_AT = st.integers(0, 2999).map(lambda thousandths: datetime.fromtimestamp(ago(thousandths / 1000), UTC).isoformat())
#: Characters of a target that every server takes (nginx and Apache, as they come, take 8 KiB of a request line).
LONGEST_TARGET = 8000
#: Tenths of a body after which another member or frame of its coding begins.
_SPLITS = st.integers(1, 9)


class Form(NamedTuple):
    """A multipart form as it is sent: its body, and the value of its `Content-Type`."""

    body: bytes
    content_type: str


def dsns() -> st.SearchStrategy[str]:
    """Return DSNs (str) of any host, with a path or without, with the secret of old ones or without."""
    host = st.sampled_from(["example.com", "localhost:9000", "127.0.0.1:8000", "[::1]:9000", "o1.ingest.example.com"])
    secret = st.just("") | HEX32.map(":{}".format)
    scheme = st.sampled_from(["http", "https"])
    return st.builds("{}://{}{}@{}{}/{}".format, scheme, _KEY, secret, host, _PREFIX, _PROJECT)


@st.composite
def auths(draw: Callable[[st.SearchStrategy[Any]], Any], public_key: str | None = None) -> Auth:
    """Return credentials: of a key, or of any."""
    secret = draw(st.none() | HEX32)
    version = draw(st.sampled_from([7, 7, 7, 6, 5, 4, 3, 2]))
    time = draw(st.none() | st.integers(0, 1000).map(ago).map(float))
    key = draw(_KEY) if public_key is None else public_key
    return Auth(key, secret_key=secret, version=version, client=draw(_CLIENT), timestamp=time)


def auth_headers() -> st.SearchStrategy[str]:
    """Return values (str) of `X-Sentry-Auth` that are right, in the ways in which clients write them."""

    def written(auth: Auth, separator: str, scheme: str) -> str:
        fields = auth.to_header().partition(" ")[2].split(", ")
        return f"{scheme} {separator.join(fields)}"

    return st.builds(written, auths(), st.sampled_from([", ", ",", " , "]), st.sampled_from(["Sentry", "sentry", "SENTRY"]))


def _texts(value: Any) -> st.SearchStrategy[bytes]:
    """Return ways to write JSON."""
    return st.sampled_from(
        [
            json.dumps(value).encode(),
            json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(),
            json.dumps(value, indent=1).encode(),
        ]
    )


def _coded(plain: bytes, coding: str) -> st.SearchStrategy[bytes]:
    """Return ways to write a body in a coding: with several gzip members or zstd frames, too."""
    if coding == "none":
        return st.just(plain)
    encode: Any = CODINGS[coding].encode
    whole = st.just(encode(plain))
    if coding == "deflate":
        # Some clients leave out the header that the standard asks for.
        bare = zlib.compressobj(wbits=-15)
        return whole | st.just(bare.compress(plain) + bare.flush())
    if coding in {"gzip", "zstd"} and len(plain) > 1:
        parts = _SPLITS.map(lambda tenth: len(plain) * tenth // 10)
        return whole | parts.map(lambda at: encode(plain[:at]) + encode(plain[at:]))
    if coding == "gzip":
        return whole | st.just(gzip.compress(plain, 1))
    return whole


def bodies(coding: str | None = None) -> st.SearchStrategy[bytes]:
    """Return bodies (bytes) of events in a coding: `gzip`, `deflate`, `br`, `zstd`, `base64` or `none`; any if left out."""
    codings = st.sampled_from([*CODINGS.encodings, "none"]) if coding is None else st.just(coding)
    plain = events().flatmap(_texts)
    return st.tuples(plain, codings).flatmap(lambda pair: _coded(*pair))


@st.composite
def _envelopes(draw: Callable[[st.SearchStrategy[Any]], Any], dsn: str | None) -> bytes:
    headers: dict[str, Any] = draw(
        st.fixed_dictionaries(
            {},
            optional={
                "event_id": HEX32,
                "sent_at": _SENT_AT,
                "sdk": st.just({"name": "sentry.python", "version": "2.0"}),
                "trace": st.fixed_dictionaries({"trace_id": HEX32, "public_key": _KEY}),
            },
        )
    )
    if dsn is not None:
        headers["dsn"] = dsn
    return encode_envelope(headers, draw(_held()))


@functools.cache
def _held() -> st.SearchStrategy[list[EnvelopeItem]]:
    """Return what envelopes hold; made once, as it takes as long to make as to draw from a few times."""
    return st.lists(items("event") | items("attachment") | items(), min_size=1, max_size=4)


def envelopes(*, dsn: str | None = None) -> st.SearchStrategy[bytes]:
    """Return envelopes (bytes) with events, attachments and other items; `dsn` goes into their headers."""
    return _envelopes(dsn)


@st.composite
def _forms(draw: Callable[[st.SearchStrategy[Any]], Any]) -> Form:
    boundary = draw(st.text(ascii_letters + digits + "'-_", min_size=8, max_size=40).map("x".__add__))
    parts: list[tuple[str, str | None, bytes]] = []
    parts.append(("upload_file_minidump", "mini.dmp", b"MDMP" + draw(st.binary(min_size=28, max_size=60))))
    # The time of the dump, which is that of the event, may lie before the start of a transaction.
    event = draw(errors())
    told = draw(st.sampled_from(["", "sentry", "brackets"]))
    if told == "sentry":
        parts.append(("sentry", None, json.dumps(event).encode()))
    elif told == "brackets":
        parts += [(f"sentry[tags][{draw(NAME)}]", None, draw(NAME).encode()), ("sentry[release]", None, b"app@1.0")]
    parts += draw(st.lists(st.tuples(NAME, st.none() | NAME, st.binary(max_size=20)), max_size=3))
    body = b"".join([_part(boundary, *part) for part in draw(st.permutations(parts))])
    return Form(body + f"--{boundary}--\r\n".encode(), f'multipart/form-data; boundary="{boundary}"')


def _part(boundary: str, name: str, filename: str | None, data: bytes) -> bytes:
    told = "" if filename is None else f'; filename="{filename}"'
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"{told}\r\n\r\n'
    return head.encode() + data + b"\r\n"


def minidump_forms() -> st.SearchStrategy[Form]:
    """Return multipart forms with a minidump, as Crashpad and Breakpad send them, and an event in one of their ways."""
    # A boundary that is in a file would end it.
    return _forms().filter(lambda form: form.body.count(form.content_type.partition('"')[2][:-1].encode()) >= 2)


_DIRECTIVE = st.sampled_from(["script-src", "img-src", "style-src-elem", "default-src"])
_BLOCKED = st.sampled_from(["https://evil.example/x.js", "inline", "eval", "data", "self", ""])


def security_reports() -> st.SearchStrategy[JsonObject | list[JsonObject]]:
    """Return reports of browsers on their content security policy: one by itself, or several of the Reporting API."""
    old = st.fixed_dictionaries(
        {"effective-directive": _DIRECTIVE, "document-uri": st.just("https://shop.example/cart"), "blocked-uri": _BLOCKED},
        optional={
            "violated-directive": _DIRECTIVE,
            "original-policy": st.just("default-src 'self'"),
            "disposition": st.sampled_from(["enforce", "report"]),
            "status-code": st.integers(0, 599),
            "referrer": st.just(""),
            "line-number": st.integers(0, 1000),
            "source-file": st.just("https://shop.example/app.js"),
        },
    ).map(lambda report: {"csp-report": report})
    new = st.fixed_dictionaries(
        {
            "type": st.just("csp-violation"),
            "body": st.fixed_dictionaries(
                {
                    "effectiveDirective": _DIRECTIVE,
                    "documentURL": st.just("https://shop.example/cart"),
                    "blockedURL": _BLOCKED,
                },
                optional={"statusCode": st.integers(0, 599), "lineNumber": st.integers(0, 1000)},
            ),
        },
        optional={"age": st.integers(0, 10_000), "url": st.just("https://shop.example/cart"), "user_agent": FILLED},
    )
    return old | st.lists(new, min_size=1, max_size=3)


@st.composite
def _requests(draw: Callable[[st.SearchStrategy[Any]], Any], endpoint: EndpointName | None, to: Dsn | None) -> HttpRequest:
    name = draw(st.sampled_from(ENDPOINTS)) if endpoint is None else endpoint
    auth = draw(auths(to.public_key if to else None))
    prefix, project = (to.path, to.project_id) if to else (draw(_PREFIX), draw(_PROJECT))
    headers: list[tuple[str | bytes, str | bytes]] = [("Host", "example.com")]
    query = ""
    places = ["header", "query", "both", "authorization", "basic"]
    if name == "envelope":
        places.append("dsn")
    elif name in {"minidump", "security"}:
        # What sends there has the URL alone.
        places = ["query"]
    place = draw(st.sampled_from(places))
    if place in {"header", "both"}:
        headers.append(("X-Sentry-Auth", auth.to_header()))
    if place == "authorization":
        headers.append(("Authorization", auth.to_header()))
    if place == "basic":
        # curl with the key in the URL.
        headers.append(("Authorization", "Basic " + base64.b64encode(f"{auth.public_key}:".encode()).decode()))
    if place in {"query", "both"}:
        query = auth.to_query()
    dsn = f"https://{auth.public_key}@example.com/{project}" if place == "dsn" else None
    body, content_type = draw(_contents(name, dsn))
    if name == "store" and place == "query" and draw(st.booleans()):
        # As raven-js before 3.0 sends it where it has nothing but an image.
        target = f"{prefix}/api/{project}/store/?{query}&sentry_data={quote_plus(body.decode('utf-8', 'replace'))}"
        if len(target) <= LONGEST_TARGET:
            return HttpRequest("GET", target, headers)
    coding = draw(st.sampled_from(["none", *CODINGS.encodings] if name != "security" else ["none"]))
    if coding == "base64" and name != "store":
        coding = "gzip"
    body = draw(_coded(body, coding))
    if content_type:
        headers.append(("Content-Type", content_type))
    if coding != "none" and CODINGS[coding].header_names:
        headers.append(("Content-Encoding", CODINGS[coding].header_names[0]))
    headers.append(("Content-Length", str(len(body))))
    target = f"{prefix}/api/{project}/{name}/"
    return HttpRequest("POST", f"{target}?{query}" if query else target, headers, body)


def _contents(name: EndpointName, dsn: str | None) -> st.SearchStrategy[tuple[bytes, str]]:
    if name == "store":
        texts = events().flatmap(_texts)
        return st.tuples(texts, st.sampled_from(["application/json", "text/plain;charset=UTF-8", ""]))
    if name == "envelope":
        return st.tuples(envelopes(dsn=dsn), st.sampled_from(["application/x-sentry-envelope", "text/plain", ""]))
    if name == "minidump":
        return minidump_forms().map(lambda form: (form.body, form.content_type))
    reports = security_reports().flatmap(_texts)
    return st.tuples(reports, st.sampled_from(["application/csp-report", "application/reports+json"]))


def requests(endpoint: EndpointName | None = None, *, dsn: str | None = None) -> st.SearchStrategy[HttpRequest]:
    """Return requests (`HttpRequest`) that a server takes: of any endpoint or of one, in any coding.

    Credentials stand where clients put them. Each is answered by 200, and nothing of it is refused. All go to the server of
    `dsn` with its key, for a server that knows one; without it keys, projects and prefixes of paths are drawn. Raises
    `InvalidDsn`.
    """
    return _requests(endpoint, None if dsn is None else Dsn.parse(dsn))
