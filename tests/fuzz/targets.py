"""What is fuzzed: for each target a function of the bytes that the fuzzer makes, which raises where an invariant is broken.

A target ends in a value or in a `StoreError`, nothing else; no text that leaves the package holds a secret; what comes out
stays below the limits; and a body in pieces is what it is as a whole. Inputs are text as far as can be, so that recorded
requests are seeds as they are, and what the fuzzer finds can be read. Nothing here needs the fuzzer: `test_fuzz_finds.py`
runs what it found as ordinary tests.
"""

import json
import re
import zlib
from collections.abc import Callable
from typing import Any

import msgspec

from store_protocol import (
    Dsn,
    EnvelopeItem,
    Event,
    HttpRequest,
    NormalizeOptions,
    RequestDecoder,
    Submission,
    check_event,
    decode_request,
    encode_event,
    encode_item,
    find_auth,
    normalize_event,
    parse_auth_header,
    parse_auth_query,
    parse_envelope,
    parse_event,
)
from store_protocol.body import BodyDecoder, open_body
from store_protocol.body import decoder as body_decoder
from store_protocol.body.codings import brotli, deflate
from store_protocol.convert.context import ConvertContext
from store_protocol.convert.readers import read_attributes
from store_protocol.endpoints import containers
from store_protocol.http_request import text_pairs
from store_protocol.items import Item, ReplayVideo, reading
from store_protocol.payload import bulk, read_payload
from store_protocol.payload.charsets import is_utf8
from tests.fuzz.invariants import (
    AMPLE,
    GENEROUS,
    KEY,
    LEAST_EVENT,
    LIMITS,
    MOST_GROWTH,
    NOW,
    Outcome,
    ample,
    attempt,
    cut,
    in_credentials,
    planted,
    read_once,
    same,
    secret_of,
)

#: Module, name and value of what else is made small for a fuzz run: from where on a body is worked off in pieces.
SMALLER: list[tuple[Any, str, int]] = [
    (body_decoder, "AT_ONCE", 300),
    *((module, "CHUNK", 512) for module in (brotli, deflate, containers)),
    *((bulk, name, 128) for name in ("_BYTES_OF_PIECE", "_BYTES_OF_BLOCK")),
]

_PASSWORD = re.compile(rb"\A([^:/]*://[^:/@]*:)[^/@]*(?=@)")
_CREDENTIALS = re.compile(rb"^(?:x-sentry-auth:|authorization:|[A-Z]+ ).*", re.IGNORECASE | re.MULTILINE)
OPTIONS = [
    NormalizeOptions(received_at=NOW),
    NormalizeOptions(received_at=NOW, enable_trimming=True),
    NormalizeOptions(received_at=NOW, remove_other=False),
    NormalizeOptions(received_at=NOW, is_renormalize=True),
    NormalizeOptions(
        received_at=NOW,
        enable_trimming=True,
        remove_other=False,
        normalize_user_agent=True,
        user_agent="Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/70.0",
        client_ip="2.2.2.2",
        client="raven-js/3.27.2",
        max_secs_in_future=60,
        max_secs_in_past=30 * 86400,
        client_sample_rate=0.5,
        replay_id="7c9ae6e58f03442b9203bbdcf6ae904c",
    ),
    NormalizeOptions(received_at=NOW, is_renormalize=True, enable_trimming=True),
]


def auth(data: bytes) -> None:
    """Three lines: `X-Sentry-Auth`, `Authorization`, the query string."""
    secret = secret_of(data)
    lines = [*in_credentials(data, secret).split(b"\n"), b"", b""]
    header, authorization, query = (line.decode("latin-1") for line in lines[:3])
    attempt(lambda: parse_auth_query(lines[2]), secret)
    headers = [(name, value) for name, value in (("X-Sentry-Auth", header), ("authorization", authorization)) if value]
    for call in (
        lambda: parse_auth_header(header),
        lambda: parse_auth_query(query),
        lambda: find_auth(headers, query),
        lambda: find_auth([(b"X-Sentry-Auth", part.encode("latin-1")) for part in header.split(", ")], query),
    ):
        kind, found = attempt(call, secret)
        if kind == "value":
            # What a client calls itself may be anything.
            assert secret not in repr(msgspec.structs.replace(found, client=None))
            assert find_auth({"X-Sentry-Auth": found.to_header()}) == found
            assert parse_auth_query(found.to_query()) == found


def dsn(data: bytes) -> None:
    """The text of a DSN."""
    secret = secret_of(data)
    text = _PASSWORD.sub(lambda match: match[1] + secret.encode(), data).decode("utf-8", "surrogateescape")
    kind, found = attempt(lambda: Dsn.parse(text), secret)
    if kind == "value":
        assert secret not in repr(found)
        assert Dsn.parse(str(found)) == found
        for url in (found.store_url, found.envelope_url, found.minidump_url, found.security_url):
            assert url.isascii() and url.isprintable() and " " not in url, "a URL that can't be sent"
            assert secret not in url


def body(data: bytes) -> None:
    """A line with the value of `Content-Encoding`, and the body."""
    secret = secret_of(data)
    line, _, content = data.partition(b"\n")
    encoding = line.decode("latin-1")

    def whole() -> tuple[bytes, tuple[str, ...], tuple[str, ...]]:
        found = open_body(content, encoding, limits=LIMITS)
        return found.data, found.codings, found.ignored

    def in_pieces() -> tuple[bytes, tuple[str, ...], tuple[str, ...]]:
        decoder = BodyDecoder(encoding, limits=LIMITS)
        for piece in cut(content):
            decoder.feed(piece)
        return decoder.finish(), decoder.codings, decoder.ignored

    once = attempt(whole, secret)
    same(once, attempt(in_pieces, secret), "whole and in pieces")
    assert once[0] != "value" or len(once[1][0]) <= LIMITS.max_event_bytes


def payload(data: bytes) -> None:
    """A line with a charset, and a JSON text."""
    secret = secret_of(data)
    line, _, text = planted(data, secret).partition(b"\n")
    kind, found = attempt(lambda: read_payload(text, limits=LIMITS, charset=line.decode("latin-1")), secret)
    if kind == "value":
        # What was repaired needs no repairing; and any JSON reader takes it.
        strict = msgspec.json.encode(found.value)
        assert json.loads(strict) == found.value
        again = read_payload(strict, limits=LIMITS)
        assert again.value == found.value and not again.repairs
        if found.text is not None:
            assert msgspec.json.decode(found.text) == found.value
        assert len(found.repairs) <= 102
        assert all(0 <= repair.offset <= len(text) for repair in found.repairs), "an offset beyond the text"


def event(data: bytes) -> None:
    """A byte that chooses the options, and the JSON text of an event: as text and as objects it gives the same bytes."""
    secret = secret_of(data)
    choice, text = data[:1].ljust(1)[0], planted(data[1:], secret)
    options, limits = OPTIONS[choice % len(OPTIONS)], LIMITS if choice & 0x20 else GENEROUS
    if choice & 0x10:
        attempt(lambda: normalize_event(text, options, new_event_id=_new_id, limits=limits), secret)
    # Of too many errors each way leaves out others.
    limits = ample(limits)

    def normalized(given: Any) -> Outcome:
        return attempt(lambda: encode_event(normalize_event(given, options, new_event_id=_new_id, limits=limits)), secret)

    as_text = normalized(text)
    if choice & 0x40 and is_utf8(text):
        same(as_text, normalized(text.decode()), "bytes and str")
    read = attempt(lambda: read_payload(text, limits=LIMITS), secret)
    if read[0] != "value":
        same(as_text, read, "text and what is read of it")
        return
    # Python's reader has other ways to hold what had to be repaired.
    objects = read[1].value if read[1].repairs else json.loads(text)
    if isinstance(objects, str):
        # As an argument that would be the text of an event.
        return
    before = msgspec.json.encode(objects)
    as_objects = normalized(objects)
    assert msgspec.json.encode(objects) == before, "the argument was changed"
    same(as_text, as_objects, "text and objects")
    if as_text[0] == "value":
        assert len(as_text[1]) <= LEAST_EVENT + MOST_GROWTH * len(text), "an event that grows"
        msgspec.json.decode(as_text[1])
    if choice & 0x80:
        same(attempt(lambda: check_event(text), secret), attempt(lambda: check_event(objects), secret), "checks")
        attempt(lambda: parse_event(text), secret)


def item(data: bytes) -> None:
    """A line with the headers of an item, and its payload: decoded, written and decoded again it is the same."""
    secret = secret_of(data)
    line, _, payload = data.partition(b"\n")
    try:
        headers = msgspec.json.decode(line, type=dict[str, Any])
    except (ValueError, RecursionError):
        return
    payload = planted(payload, secret)
    sent = EnvelopeItem(str(headers.get("type")), headers, payload)
    options = OPTIONS[zlib.crc32(line) % len(OPTIONS)]
    attempt(lambda: sent.decode(options, limits=LIMITS), secret)

    def decoded() -> Any:
        return sent.decode(options, limits=AMPLE)

    one = attempt(decoded, secret)
    reads_item, reading.type_item = reading.type_item, _by_readers
    try:
        other = attempt(decoded, secret)
    finally:
        reading.type_item = reads_item
    same(one, other, "in C and by readers")
    if one[0] == "value":
        found = _without_errors(one[1])
        written = encode_item(found)
        assert len(written.data) <= LEAST_EVENT + MOST_GROWTH * len(payload), "an item that grows"
        again = written.decode(limits=AMPLE)
        if not isinstance(found, Event):
            same(("value", _filled(found)), ("value", _filled(_without_errors(again))), "decoded again")


def _by_readers(interface: type[Item], payload: dict[str, Any], context: ConvertContext) -> Any:
    """Read the payload of an item without asking C for it."""
    context.keep_unknown, context.in_lenient_path = not reading.converts_whole(interface), True
    return read_attributes(interface, payload, (), context)


def _filled(found: Any) -> Any:
    """Return what is in an item, without what is empty: where that is all that could be taken, it isn't written."""

    def filled(value: Any) -> Any:
        if isinstance(value, dict):
            parts = {key: filled(part) for key, part in value.items()}
            return {key: part for key, part in parts.items() if part not in (None, "", [], {})}
        return [filled(part) for part in value] if isinstance(value, list) else value

    return filled(msgspec.to_builtins(found))


def _without_errors(found: Any) -> Any:
    for each in (found.event, found.recording) if isinstance(found, ReplayVideo) else (found,):
        if isinstance(each, Item):
            each.field_errors = ()
    return found


def _new_id() -> str:
    return "f" * 32


def _content(submission: Submission, secret: str) -> list[Any]:
    """Return all that is in a submission, as what can be compared; look at its size and its texts."""
    events = [encode_event(each) for each in submission.events]
    assert sum(map(len, events)) <= LEAST_EVENT + MOST_GROWTH * submission.decoded_bytes, "an event that grows"
    assert sum(len(each.data) for each in submission.attachments) <= LIMITS.max_attachments_bytes
    assert submission.decoded_bytes <= LIMITS.max_envelope_bytes
    assert len(submission.repairs) <= LIMITS.max_repairs
    # That there are too many items stands in the list, too.
    assert len(submission.refused) <= max(LIMITS.max_items, LIMITS.max_form_parts) + 1
    assert not submission.refused or submission.events or submission.attachments or submission.items
    for each in submission.refused:
        read_once(each.error, secret)
    response = submission.response()
    assert response.status in range(200, 300)
    assert all(value.isascii() and value.isprintable() for _, value in response.headers), "a header that can't be sent"
    known = [getattr(submission, name) for name in submission.__struct_fields__ if name != "events"]
    return [*known, events, response]


def whole_and_in_pieces(
    request: HttpRequest, secret: str, options: NormalizeOptions = OPTIONS[0], *, pieces: bool = True
) -> None:
    """Decode a request both ways; they agree, unless it says of itself how long it is, and that isn't true."""

    def whole() -> list[Any]:
        return _content(decode_request(request, limits=LIMITS, options=options, now=NOW, new_event_id=_new_id), secret)

    def in_pieces() -> list[Any]:
        head = msgspec.structs.replace(request, body=b"")
        taken = RequestDecoder(head, limits=LIMITS, options=options, now=NOW, new_event_id=_new_id)
        for piece in cut(request.body):
            taken.feed(piece)
        return _content(taken.finish(), secret)

    one = attempt(whole, secret)
    if not pieces:
        return
    other = attempt(in_pieces, secret)
    lengths = [value for name, value in text_pairs(request.headers) if name == "content-length"]
    if all(value == str(len(request.body)) for value in lengths):
        same(one, other, "whole and in pieces")


def _post(path: str, data: bytes, *, query: str = "", content_type: str = "") -> None:
    secret = secret_of(data)
    content = planted(data, secret) if path != "envelope" else in_credentials(data, secret)
    # The target for requests cuts them all; it is slower for that.
    choice = zlib.crc32(data)
    credentials = f"?sentry_key={KEY}&sentry_secret={secret}" if path != "envelope" or choice & 4 else ""
    request = HttpRequest("POST", f"/api/1/{path}/{credentials}{query}", [("Content-Type", content_type)], content)
    whole_and_in_pieces(request, secret, pieces=not choice & 3)


def form(data: bytes) -> None:
    """A line with the content type, and what is sent to the minidump endpoint."""
    line, _, content = data.partition(b"\n")
    _post("minidump", content, content_type=line.decode("latin-1"))


def envelope(data: bytes) -> None:
    """An envelope."""
    secret = secret_of(data)
    # Not elsewhere: the type of an item is a word of the protocol, which errors quote.
    content = in_credentials(data, secret)
    kind, found = attempt(lambda: parse_envelope(content, limits=LIMITS), secret)
    if kind == "value":
        assert len(found.items) <= LIMITS.max_items
        assert len(found.refused) <= LIMITS.max_items + 1
        assert sum(len(item.data) for item in found.items) <= len(content)
    _post("envelope", data)


def security(data: bytes) -> None:
    """A line with the content type, one with the rest of the query, and what a browser reports."""
    first, _, rest = data.partition(b"\n")
    second, _, content = rest.partition(b"\n")
    _post("security", content, query="&" + second.decode("latin-1"), content_type=first.decode("latin-1"))


#: The endpoints that take no events: by the first byte of a line, the path.
PATHS_OF_DOORS = (
    *("cron/nightly", "nel", "unreal", "events/9ec79c33ec9942ab8353589fcb2e04dc/attachments"),
    *("integration/otlp/v1/logs", "integration/otlp/v1/traces"),
)


def door(data: bytes) -> None:
    """A line whose first byte tells the endpoint and the rest the content type, one with the query, and the body."""
    first, _, rest = data.partition(b"\n")
    second, _, content = rest.partition(b"\n")
    path = PATHS_OF_DOORS[(first[0] if first else 0) % len(PATHS_OF_DOORS)]
    _post(path, content, query="&" + second.decode("latin-1"), content_type=first[1:].decode("latin-1"))


def request(data: bytes) -> None:
    """A request as on the wire, lines ended by a line feed."""
    secret = secret_of(data)
    head, _, content = data.partition(b"\n\n")
    head = _CREDENTIALS.sub(lambda match: in_credentials(match[0], secret), head)
    first, *lines = head.decode("latin-1").split("\n")
    method, _, target = first.partition(" ")
    headers = [(name, value.strip()) for name, _, value in (line.partition(":") for line in lines)]
    options = OPTIONS[zlib.crc32(head) % len(OPTIONS)]
    whole_and_in_pieces(
        HttpRequest(method, target, headers, in_credentials(content, secret), remote_addr="2.2.2.2"), secret, options
    )


TARGETS: dict[str, Callable[[bytes], None]] = {
    each.__name__: each for each in (auth, dsn, body, payload, event, item, form, envelope, security, door, request)
}
