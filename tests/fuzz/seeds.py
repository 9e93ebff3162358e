"""Seeds: the recorded requests, each made small, as inputs of every target that they can be one of, and the test tables."""

import hashlib
import json
import random
import zlib
from pathlib import Path
from typing import Any

import msgspec

from store_protocol import Limits, StoreError
from store_protocol.body import open_body
from store_protocol.http_request import HttpRequest, text_pairs
from tests.endpoints.doors import DOORS
from tests.fuzz import mutators, targets
from tests.recordings import CLIENTS, requests

_TABLES = Path(__file__).parent.parent / "data" / "normalization"
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
    except ValueError:
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
        data = b"\n".join(part.encode("latin-1") if isinstance(part, str) else part for part in parts)
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
    # An event for each thing that normalization does, which no recording has all of.
    for table in sorted(_TABLES.glob("*.jsonl")):
        for line in table.read_bytes().splitlines():
            _add_event(corpora, json.dumps(json.loads(line)["event"]).encode())
    for door in DOORS.values():
        path = door.path.removeprefix("/api/1/").strip("/")
        if path in targets.PATHS_OF_DOORS:
            line = bytes([targets.PATHS_OF_DOORS.index(path)]) + door.content_type.encode()
            corpora.add("door", line, door.query, door.body)
    for text in (
        "https://{k}:s@errors.example.com/sentry/42?timeout=1",
        "gevent+http://{k}@[::1]:9000/1",
        "https://a@ü.de/1",
    ):
        corpora.add("dsn", text.format(k="b70a31b3510c4cf793964a185cfe1fd0").encode())


def _add(corpora: _Corpora, request: HttpRequest, chance: random.Random) -> None:
    pairs = text_pairs(request.headers)
    headers = dict(pairs)
    encoding, content_type = headers.get("content-encoding", ""), headers.get("content-type", "")
    corpora.add("auth", headers.get("x-sentry-auth", ""), headers.get("authorization", ""), request.query)
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
            _add_event(corpora, item.partition(b"\n")[2])
    elif "security" in request.target or "csp" in request.target:
        corpora.add("security", content_type, request.query, small)
    else:
        corpora.add("payload", content_type.partition("charset=")[2], small)
        _add_event(corpora, small)


def _add_event(corpora: _Corpora, text: bytes) -> None:
    if not text.startswith(b"{"):
        return
    # All options see some of them; the bits above ask for more ways to be compared.
    corpora.add("event", bytes([0x30 + zlib.crc32(text) % 6]) + text)
    corpora.add("event", bytes([0xC0 + zlib.crc32(text) % 6]) + text)
    try:
        packed = msgspec.msgpack.encode(json.loads(text))
    except (ValueError, OverflowError):
        return
    if 200 < len(packed) < 400:
        mark = b"--x"
        parts = ((b"upload_file_minidump", b"MDMP" + bytes(28)), (b"__sentry-event", packed), (b"sentry", text))
        disposition = b'\r\nContent-Disposition: form-data; name="%b"; filename="a"\r\n\r\n%b\r\n'
        form = b"".join(mark + disposition % part for part in parts) + mark + b"--\r\n"
        corpora.add("form", "multipart/form-data; boundary=x", form)
