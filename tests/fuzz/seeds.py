"""Seeds: what is known to lead somewhere, small, as inputs of every target that it can be one of.

These are the recorded requests, the tables and all else that the tests write out, each value of a table at each place of an
event and of an item, each fault of a JSON text once and often, what the strategies draw, and what earlier runs found.
"""

import contextlib
import hashlib
import json
import random
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from store_protocol import EnvelopeItem, Limits, StoreError, strategies
from store_protocol.body import open_body
from store_protocol.convert.readers import layout_of
from store_protocol.http_request import HttpRequest, text_pairs
from store_protocol.items.decoding import INTERFACES
from store_protocol.schema.event import Event
from tests.endpoints.doors import DOORS
from tests.fuzz import mutators, targets, tokens
from tests.fuzz.drawn import drawn
from tests.fuzz.invariants import KEY, LIMITS
from tests.fuzz.literals import literals
from tests.fuzz.places import documents
from tests.recordings import CLIENTS, requests

_TESTS = Path(__file__).parent.parent
_TABLES = _TESTS / "data" / "normalization"
#: What fuzzing found to cover what nothing else does, an input a line with its target.
KEPT = _TESTS / "data" / "fuzz_corpus.jsonl"
#: Larger inputs are no seeds: they cover nothing that small ones don't, and take their time.
_MOST = 3000
_LARGE = Limits(max_event_bytes=10**7, max_compressed_bytes=10**7)
#: Items of a list, members of an object and characters of a string that are kept.
_FEW, _SOME, _SHORT = 2, 10, 50


def _small(value: Any) -> Any:
    if isinstance(value, list):
        return [_small(part) for part in value[:_FEW]]
    if isinstance(value, dict):
        return {key: _small(part) for key, part in list(value.items())[:_SOME]}
    return value[:_SHORT] if isinstance(value, str) else value


def _small_json(text: bytes) -> bytes:
    try:
        return json.dumps(_small(json.loads(text)), ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return text[:500]


def _small_form(data: bytes) -> bytes:
    mark = data.partition(b"\r\n")[0]
    parts = [part.partition(b"\r\n\r\n") for part in data.split(mark)[1:-1]]
    return mark + mark.join([b"".join((head, gap, value[:-2][:200], b"\r\n")) for head, gap, value in parts] + [b"--\r\n"])


def _small_plain(plain: bytes, target: str) -> bytes:
    if plain.startswith(b"--"):
        return _small_form(plain)
    if "envelope" in target:
        head, *items = mutators._items(plain)
        parts = (item.partition(b"\n") for item in items)
        small = [mutators._sized(line + gap + _small_json(content)) for line, gap, content in parts]
        return b"\n".join([head, *small])
    return _small_json(plain)


class _Corpora:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def add(self, target: str, *parts: bytes | str) -> None:
        data = b"\n".join(part.encode("latin-1", "replace") if isinstance(part, str) else part for part in parts)
        if len(data) > _MOST:
            return
        folder = self._folder / target
        folder.mkdir(parents=True, exist_ok=True)
        (folder / hashlib.sha1(data).hexdigest()).write_bytes(data)


def make_seeds(folder: Path) -> None:
    """Write the seeds of all targets, each into a folder of its own."""
    corpora = _Corpora(folder)
    chance = random.Random(1)
    for client in CLIENTS:
        for request, _ in requests(client):
            _add(corpora, request, chance)
    _add_tables(corpora)
    for document in documents(Event):
        _add_event(corpora, _json(document), (0xD0,))
    for kind, interface in INTERFACES.items():
        for document in documents(interface):
            corpora.add("item", _json({"type": kind}), _json(document))
    for value in literals(_TESTS):
        _add_literal(corpora, value)
    for text in _broken():
        _add_text(corpora, text)
    _add_drawn(corpora, chance)


def _add_tables(corpora: _Corpora) -> None:
    # An event for each thing that normalization does, which no recording has all of.
    for table in sorted(_TABLES.glob("*.jsonl")):
        for line in table.read_bytes().splitlines():
            text = _json(json.loads(line)["event"])
            _add_event(corpora, text, (0x30, *range(0xC0, 0xC0 + len(targets.OPTIONS))))
    for door in DOORS.values():
        path = door.path.removeprefix("/api/1/").strip("/")
        if path in targets.PATHS_OF_DOORS:
            line = bytes([targets.PATHS_OF_DOORS.index(path)]) + door.content_type.encode()
            corpora.add("door", line, door.query, door.body)
    for line in KEPT.read_bytes().splitlines():
        kept = json.loads(line)
        corpora.add(kept["target"], kept["input"])
        if kept["target"] == "event":
            _add_event(corpora, kept["input"][1:].encode("latin-1"))


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _add_literal(corpora: _Corpora, value: Any) -> None:
    """Add what a test writes out."""
    if isinstance(value, dict | list):
        try:
            _add_text(corpora, _json(value))
        except (TypeError, ValueError):
            return
        for kind, interface in INTERFACES.items() if isinstance(value, dict) else ():
            if not layout_of(interface).names.keys().isdisjoint(value):
                corpora.add("item", _json({"type": kind}), _json(value))
    elif isinstance(value, bytes):
        _add_text(corpora, value)
        corpora.add("body", b"", value)
        corpora.add("envelope", value)
        if value.startswith(b"--"):
            corpora.add("form", b"multipart/form-data; boundary=" + value[2:].partition(b"\r\n")[0], value)
    elif isinstance(value, str):
        if value.startswith("{"):
            _add_text(corpora, value.encode("utf-8", "surrogatepass"))
        if "sentry" in value.lower():
            for lines in (value, "", ""), ("", value, ""), ("", "", value):
                corpora.add("auth", *lines)
        if "://" in value:
            corpora.add("dsn", value.encode("utf-8", "surrogatepass"))


def _add_text(corpora: _Corpora, text: bytes) -> None:
    """Add a JSON text, which may be broken."""
    _add_event(corpora, text)
    corpora.add("payload", b"", text)
    for kind in ("event", "session"):
        corpora.add("item", _json({"type": kind}), text)
    corpora.add("security", b"application/json", b"", text)
    for path in range(len(targets.PATHS_OF_DOORS)):
        corpora.add("door", bytes([path]) + b"application/json", b"", text)


def _broken() -> Iterator[bytes]:
    """Yield JSON texts with faults: one or many of a kind, and one after many of another kind."""
    many = LIMITS.max_repairs + 1
    for one in tokens.FAULTS:
        for other in tokens.FAULTS:
            yield b'{"extra": {"a": [%b, %b]}}' % (b", ".join([one] * many), other)
            yield b'{"extra": {"a": [%b], "b": %b, "c": {"d": [%b' % (b", ".join([one] * many), b'"x", 1, ' * 40, other)
        yield b'{"message": %b}' % one
        yield b'{"tags": {%b: %b}}' % (one, one)
        yield b'{"extra": {"a": %b, "b": {"c": [%b]}}, "user": %b} %b' % (one, one, one, one)
    for codec in ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be", "utf-8-sig", "latin-1"):
        for text in ('{"message": "é"}', '{"message": "\ud83d", "a": NaN}', '{"a": [1e999, ', "{", "[]"):
            yield text.encode(codec, "surrogatepass" if codec != "latin-1" else "replace")


def _add_drawn(corpora: _Corpora, chance: random.Random) -> None:
    some, many = 200, 1000
    for events in (strategies.events(), strategies.legacy_events(), strategies.dirty_events(0.2)):
        for event in drawn(events, some):
            _add_event(corpora, _json(event))
    for item in (*drawn(strategies.items(), many), *drawn(strategies.dirty_items(), many)):
        _add_item(corpora, item)
    for request in (*drawn(strategies.requests(), many), *drawn(strategies.hostile_requests(), some)):
        if len(request.body) <= _MOST:
            _add(corpora, request, chance)
    for envelope in drawn(strategies.envelopes(), some):
        corpora.add("envelope", envelope)
    for text in drawn(strategies.dsns(), some):
        corpora.add("dsn", text.encode())


def _add_item(corpora: _Corpora, item: EnvelopeItem) -> None:
    headers = {name: value for name, value in item.headers.items() if name != "length"}
    corpora.add("item", _json({**headers, "type": item.type}), item.data)
    corpora.add("envelope", b"{}", _json({**headers, "type": item.type, "length": len(item.data)}), item.data)


def _add(corpora: _Corpora, request: HttpRequest, chance: random.Random) -> None:
    pairs = text_pairs(request.headers)
    headers, query = dict(pairs), request.target.partition("?")[2]
    encoding, content_type = headers.get("content-encoding", ""), headers.get("content-type", "")
    corpora.add("auth", headers.get("x-sentry-auth", ""), headers.get("authorization", ""), query)
    try:
        plain = open_body(request.body, encoding, limits=_LARGE, sniff=not request.body.startswith(b"--")).data
    except StoreError:
        plain = request.body
    small = _small_plain(plain, request.target)
    first = f"{request.method} {request.target}"
    rest = [f"{name}: {value}" for name, value in pairs if name not in {"content-encoding", "content-length", "host"}]
    corpora.add("request", first, *rest, "", small)
    for _ in range(2):
        packed_encoding, packed = mutators.packed(small, chance)
        head = (first, *rest, f"Content-Encoding: {packed_encoding}", "")
        corpora.add("request", *head, packed)
        corpora.add("body", packed_encoding, packed)
    if len(request.body) < 2000:
        corpora.add("body", encoding, request.body)
        corpora.add(
            "request",
            f"{request.method} {request.target}",
            *(f"{name}: {value}" for name, value in pairs),
            "",
            request.body,
        )
    if plain.startswith(b"--"):
        corpora.add("form", content_type, small)
    elif "envelope" in request.target:
        corpora.add("envelope", small)
        for item in mutators._items(small)[1:]:
            corpora.add("item", item)
            _add_event(corpora, item.partition(b"\n")[2])
    elif "security" in request.target or "csp" in request.target:
        corpora.add("security", content_type, query, small)
    else:
        corpora.add("payload", content_type.partition("charset=")[2], small)
        _add_event(corpora, small)


def _add_event(corpora: _Corpora, text: bytes, bits: tuple[int, ...] = (0x30, 0xC0)) -> None:
    """Add the text of an event, alone and in all that events come in.

    The `bits` of its first byte ask for limits, and for more ways to be compared. The rest chooses the options.
    """
    for each in bits:
        choice = each if each % 16 else each + zlib.crc32(text) % len(targets.OPTIONS)
        corpora.add("event", bytes([choice]) + text)
    kind = "transaction" if b'"type": "transaction"' in text else "event"
    corpora.add("envelope", b"{}", _json({"type": kind, "length": len(text)}), text)
    # The head tells the options.
    corpora.add("request", f"POST /api/1/store/?sentry_key={KEY}", f"X-Choice: {zlib.crc32(text) % 50}", "", text)
    parts = [(b"upload_file_minidump", b"MDMP" + bytes(28))]
    with contextlib.suppress(ValueError, OverflowError, RecursionError):
        parts.append((b"__sentry-event", msgspec.msgpack.encode(json.loads(text))))
    if len(parts) == 1 or zlib.crc32(text) % 2:
        parts.append((b"sentry", text))
    mark, disposition = b"--x", b'\r\nContent-Disposition: form-data; name="%b"; filename="a"\r\n\r\n%b\r\n'
    form = b"".join(mark + disposition % part for part in parts) + mark + b"--\r\n"
    corpora.add("form", "multipart/form-data; boundary=x", form)
