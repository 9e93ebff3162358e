"""Strategies for requests that are wrong, by chance or on purpose: what a server must answer, and not break of."""

import json
from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec
from hypothesis import strategies as st

from store_protocol.body.codings import CODINGS
from store_protocol.dsn import Dsn
from store_protocol.http_request import HttpRequest
from store_protocol.limits import Limits
from store_protocol.strategies.events import events
from store_protocol.strategies.requests import EndpointName, requests
from store_protocol.strategies.values import FILLED, HEX32, JSON

Draw = Callable[[st.SearchStrategy[Any]], Any]

_DSN = "https://b70a31b3510c4cf793964a185cfe1fd0@example.com/1"
_LIMITS = Limits()


class _Server(NamedTuple):
    """What requests are sent to: a DSN, which is None where right requests may have any."""

    dsn: str | None

    @property
    def key(self) -> str:
        return Dsn.parse(self.dsn or _DSN).public_key

    def path(self, endpoint: str) -> str:
        dsn = Dsn.parse(self.dsn or _DSN)
        return f"{dsn.path}/api/{dsn.project_id}/{endpoint}/"

    def requests(self, endpoint: EndpointName | None = None) -> st.SearchStrategy[HttpRequest]:
        return requests(endpoint, dsn=self.dsn)

    def post(
        self, body: bytes, *headers: tuple[str, str], endpoint: EndpointName = "store", query: str | None = None
    ) -> HttpRequest:
        query = f"sentry_key={self.key}" if query is None else query
        return HttpRequest("POST", f"{self.path(endpoint)}?{query}", [*headers], body)


@st.composite
def _cut(draw: Draw, server: _Server) -> HttpRequest:
    """A body that ends too early, or has something after its end."""
    request: HttpRequest = draw(server.requests())
    body = request.body
    if draw(st.booleans()) and body:
        body = body[: draw(st.integers(0, len(body) - 1))]
    else:
        body += draw(
            st.sampled_from([b"x", b"\0", b"}", b"\x1f\x8b", b"\x28\xb5\x2f\xfd"]) | st.binary(min_size=1, max_size=9)
        )
    return msgspec.structs.replace(request, body=body)


@st.composite
def _bomb(draw: Draw, server: _Server) -> HttpRequest:
    """Few bytes that become many."""
    coding = draw(st.sampled_from(["gzip", "deflate", "br", "zstd", "base64"]))
    size = draw(st.sampled_from([_LIMITS.max_event_bytes, 4 * _LIMITS.max_event_bytes]))
    plain = draw(st.sampled_from([b"0", b"[", b" ", b'{"message":"' + b"x" * 100])) * (size // 8 + 1)
    encode: Any = CODINGS[coding].encode
    names = CODINGS[coding].header_names
    headers = [("Content-Encoding", names[0])] if names else []
    return server.post(encode(plain), *headers)


@st.composite
def _at_the_limit(draw: Draw, server: _Server) -> HttpRequest:
    """An event as large as may be, or by a byte more or less."""
    size = _LIMITS.max_event_bytes + draw(st.sampled_from([-1, 0, 0, 1, 1]))
    body = b'{"message":"%b"}' % (b"x" * (size - len(b'{"message":""}')))
    coding = draw(st.sampled_from(["none", "zstd", "gzip"]))
    if coding == "none":
        return server.post(body)
    encode: Any = CODINGS[coding].encode
    return server.post(encode(body), ("Content-Encoding", coding))


@st.composite
def _another_coding(draw: Draw, server: _Server) -> HttpRequest:
    """A coding that the body is not in, or one that nobody knows."""
    request: HttpRequest = draw(server.requests("store"))
    headers = [pair for pair in _pairs(request) if str(pair[0]).lower() != "content-encoding"]
    named = draw(st.sampled_from([*CODINGS.encodings, "identity", "compress", "gzip, gzip", "", "gzip" * 50]) | FILLED)
    return msgspec.structs.replace(request, headers=[*headers, ("Content-Encoding", named)])


@st.composite
def _json(draw: Draw, server: _Server) -> HttpRequest:
    """JSON that is no event, is deep or wide, or is no JSON."""
    kind = draw(st.integers(0, 5))
    if kind == 0:
        body = json.dumps(draw(st.lists(JSON, max_size=3) | st.text(max_size=9) | st.integers() | st.none())).encode()
    elif kind == 1:
        levels = draw(st.sampled_from([10, 127, 128, 129, 1000, 20_000]))
        opening, closing = draw(st.sampled_from([(b"[", b"]"), (b'{"a":', b"}")]))
        body = b'{"extra":{"a":' + opening * levels + b"1" + closing * levels + b"}}"
    elif kind == 2:
        many = draw(st.sampled_from([b"[]", b"{}", b'""', b"1e999", b"NaN", b'"\\ud800"', b'{"":{}}']))
        place = draw(st.sampled_from(["tags", "breadcrumbs", "exception", "extra", "spans", "errors", "request", "_meta"]))
        body = b'{"%b":[%b]}' % (place.encode(), b",".join([many] * draw(st.integers(1, 2000))))
    elif kind == 3:
        text = json.dumps(draw(events())).encode()
        body = text[: draw(st.integers(0, len(text) - 1))]
    elif kind == 4:
        text = json.dumps(draw(events()), ensure_ascii=False).encode()
        at = draw(st.integers(0, len(text)))
        body = text[:at] + draw(st.binary(min_size=1, max_size=4)) + text[at:]
    else:
        body = draw(st.binary(max_size=64))
    return server.post(body)


@st.composite
def _credentials(draw: Draw, server: _Server) -> HttpRequest:
    """Credentials that are missing, contradict each other, or can't be read, some of them with a secret."""
    secret, other = draw(HEX32), draw(HEX32)
    header = draw(
        st.sampled_from(
            [
                "",
                "Sentry",
                f"Sentry sentry_key={other}",
                f"Sentry sentry_key={server.key}, sentry_version=seven, sentry_secret={secret}",
                f"Sentry sentry_version=sentry_secret={secret}, sentry_key={server.key}",
                f"Sentry sentry_key={server.key}, sentry_version=99, sentry_secret={secret}",
                f"Sentry sentry_secret={secret}",
                f"Sentry sentry_key=a b, sentry_secret={secret}",
                "Bearer x",
                "Basic !!!",
            ]
        )
    )
    query = draw(
        st.sampled_from(
            ["", f"sentry_key={server.key}", f"sentry_key={server.key}&sentry_secret={secret}", "sentry_key=%zz"]
        )
    )
    headers = [("X-Sentry-Auth", header)] if draw(st.booleans()) else [("Authorization", header)]
    return server.post(b'{"message":"a"}', *headers, query=query)


@st.composite
def _head(draw: Draw, server: _Server) -> HttpRequest:
    """A head that abuses what a head may be: paths, methods, headers that are long, many or no text."""
    request: HttpRequest = draw(server.requests())
    kind = draw(st.integers(0, 4))
    if kind == 0:
        target = draw(
            st.sampled_from(["/", "*", "//", server.path("nothing"), "/api/../store/", "/api/%00/store/", "x" * 9000])
        )
        return msgspec.structs.replace(request, target=target)
    if kind == 1:
        method = draw(st.sampled_from(["GET", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "post", "\0", "X" * 100]))
        return msgspec.structs.replace(request, method=method)
    more: list[tuple[str | bytes, str | bytes]]
    if kind == 2:
        more = [("X-Sentry-Auth", "a" * draw(st.sampled_from([100, 10_000, 100_000])))]
    elif kind == 3:
        more = [(f"X-{index}", "a") for index in range(draw(st.sampled_from([100, 2000])))]
    else:
        more = [(draw(st.text(max_size=9)), draw(st.text(max_size=20))), ("Content-Type", draw(st.text(max_size=20)))]
    return msgspec.structs.replace(request, headers=[*_pairs(request), *more])


@st.composite
def _framing(draw: Draw, server: _Server) -> HttpRequest:
    """An envelope whose framing is wrong in one place, with good items around it."""
    event = json.dumps(draw(events())).encode()
    attachment = draw(st.binary(max_size=20)) + draw(st.sampled_from([b"", b"\n", b'\n{"type":"event"}\n{}']))
    lines = [b"{}", b'{"type":"event","length":%d}' % len(event), event]
    lines += [b'{"type":"attachment","filename":"a","length":%d}' % len(attachment), attachment]
    if draw(st.booleans()):
        lines += [b'{"type":"event","length":%d}' % len(event), event]
    kind = draw(st.integers(0, 6))
    if kind == 1:
        length = draw(st.sampled_from([-1, 0, len(event) - 1, len(event) + 1, 10**12, 2**70]))
        lines[1] = b'{"type":"event","length":%d}' % length
    elif kind == 2:
        lines[draw(st.sampled_from([0, 1, 3]))] = draw(st.sampled_from([b"", b"[]", b"{", b"null", b'{"type":1}', b"\xff"]))
    elif kind == 3:
        lines[1] = b'{"type":"%b"}' % draw(st.sampled_from([b"event", b"", b"unknown", b"x" * 100]))
    elif kind == 4:
        lines = [b"{}", *[b'{"type":"session"}', b"{}"] * draw(st.sampled_from([2, 499, 600]))]
    elif kind == 5:
        lines[2] = draw(st.sampled_from([b"{broken", b"[]", b'{"message":1', b"\0"]))
    body = b"\n".join(lines)
    if kind == 6:
        body = body[: draw(st.integers(0, len(body)))]
    return server.post(body if draw(st.booleans()) else body + b"\n", endpoint="envelope")


@st.composite
def _forms(draw: Draw, server: _Server) -> HttpRequest:
    """A form that is cut, has no dump, or has more parts than anybody needs."""
    kind = draw(st.integers(0, 2))
    if kind == 0:
        request: HttpRequest = draw(server.requests("minidump"))
        return msgspec.structs.replace(request, headers=[("Content-Type", "multipart/form-data; boundary=other")])
    if kind == 1:
        count = draw(st.sampled_from([0, 1, 1200]))
        part = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n'
        body = part * count + b"--x--\r\n"
    else:
        body = b'--x\r\nContent-Disposition: form-data; name="upload_file_minidump"; filename="a"\r\n\r\nELF\r\n--x--\r\n'
    return server.post(body, ("Content-Type", "multipart/form-data; boundary=x"), endpoint="minidump")


def _pairs(request: HttpRequest) -> list[tuple[str | bytes, str | bytes]]:
    headers = request.headers
    return [*headers] if isinstance(headers, list) else [*headers.items()]  # type: ignore[union-attr]


def hostile_requests(*, dsn: str | None = None) -> st.SearchStrategy[HttpRequest]:
    """Return requests (`HttpRequest`) that are wrong in one way, or may be: a server answers each, by 4xx or by 200.

    Bodies that are cut or have junk after them, codings they are not in, bombs, events at the limit of their size, JSON
    that is deep, wide, cut or no event, credentials that are missing or contradict each other, abuse of the head, envelopes
    with a fault in their framing, and forms without a dump. `dsn` is that of the server that they go to, as in `requests`.
    """
    server = _Server(None if dsn is None else str(Dsn.parse(dsn)))
    return st.one_of(*(each(server) for each in _KINDS))


_KINDS = (_cut, _bomb, _at_the_limit, _another_coding, _json, _credentials, _head, _framing, _forms)
