"""Bodies that are not what their headers or their endpoint say: read as what they begin as, or named as what they are."""

import base64
import gzip
import io
import json
import random
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable
from typing import Any

import brotli
import pytest
import zstandard

from store_protocol import BodyDecoder, HttpRequest, Limits, RequestDecoder, decode_body, decode_request, errors
from store_protocol.body.sniff import begins_as, format_of

EVENT = b'{"message": "hello"}'
LONG = json.dumps(
    {"message": "hello", "extra": {"a": random.Random(1).randbytes(40_000).hex(), "b": "b" * 50_000}}
).encode()
ALIKE = b'{"message": "hello", "extra": {"a": "' + b"a" * 100_000 + b'"}}'


def bare(data: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-15)
    return compressor.compress(data) + compressor.flush()


NAMED: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstandard.compress,
}
#: What the bytes are, and the codings that are then undone.
BORNE: dict[str, tuple[Callable[[bytes], bytes], tuple[str, ...]]] = {
    "JSON": (bytes, ()),
    "JSON after blanks": (lambda data: b"\r\n " + data, ()),
    "JSON after a byte order mark": (lambda data: b"\xef\xbb\xbf" + data, ()),
    "gzip": (gzip.compress, ("gzip",)),
    "zlib": (zlib.compress, ("zlib",)),
    "zstd": (zstandard.compress, ("zstd",)),
    "base64": (base64.b64encode, ("base64",)),
    "base64 in lines": (base64.encodebytes, ("base64",)),
    "base64 of zlib": (lambda data: base64.urlsafe_b64encode(zlib.compress(data)), ("base64", "zlib")),
    "base64 of gzip": (lambda data: base64.b64encode(gzip.compress(data)), ("base64", "gzip")),
}


def outcome(body: bytes, encoding: str | None, size: int | None, **options: Any) -> Any:
    request = HttpRequest("POST", "/api/1/store/?sentry_key=a", {} if encoding is None else {"Content-Encoding": encoding})
    decoder = RequestDecoder(request, now=0, new_event_id=lambda: "f" * 32, **options)
    try:
        for start in range(0, len(body), size or len(body)):
            decoder.feed(body[start : start + (size or len(body))])
        found = decoder.finish()
    except errors.StoreError as error:
        return error.code, error.detail
    assert found.event is not None
    return found.event.message if hasattr(found.event, "message") else found.event.logentry, found.codings, found.repairs


@pytest.mark.parametrize("size", [None, 1, 1000])
@pytest.mark.parametrize("event", [EVENT, LONG, ALIKE, b"{}", b'{\n "level": "info"}'], ids=len)
@pytest.mark.parametrize("borne", BORNE)
@pytest.mark.parametrize("named", NAMED)
def test_body_in_another_coding_than_is_named_is_read(named: str, borne: str, event: bytes, size: int | None) -> None:
    if size == 1 and len(event) > 1000:
        size = 16 * 1024
    code, codings = BORNE[borne]
    body = code(event)
    _, found, repairs = outcome(body, named, size)
    if named == borne or (named, borne) == ("deflate", "zlib"):
        assert (found, repairs) == ((named,), ())
        return
    assert found == codings
    kinds = [(repair.kind, repair.path, repair.offset, repair.text) for repair in repairs]
    assert kinds[0] == ("content_encoding", "$", 0, named)
    assert kinds[1:] == ([("bom", "$", 0, None)] if "mark" in borne else [])
    assert decode_body(body, named).removeprefix(b"\xef\xbb\xbf").strip() == event


@pytest.mark.parametrize("size", [None, 100])
@pytest.mark.parametrize(
    ("encoding", "code", "ignored", "codings"),
    [
        ("gzip, deflate", gzip.compress, ["deflate"], ("gzip",)),
        ("gzip, deflate, br", gzip.compress, ["br", "deflate"], ("gzip",)),
        ("gzip, gzip", gzip.compress, ["gzip"], ("gzip",)),
        ("gzip, deflate", bytes, ["deflate", "gzip"], ()),
        ("br, zstd", lambda data: brotli.compress(zlib.compress(data)), [], None),
        ("br, zstd", lambda data: zstandard.compress(zlib.compress(data)), ["br"], ("zstd", "zlib")),
        ("UTF-8, gzip", bytes, ["gzip"], ()),
    ],
)
def test_each_of_several_codings_is_told_by_the_bytes(
    encoding: str, code: Callable[[bytes], bytes], ignored: list[str], codings: tuple[str, ...] | None, size: int | None
) -> None:
    found = outcome(code(LONG), encoding, size)
    if codings is None:
        # brotli has no magic: nothing tells what it is.
        assert found[0] == "corrupt_body"
    else:
        assert (found[1], [repair.text for repair in found[2]]) == (codings, ignored)


BROKEN: dict[str, bytes] = {
    "nothing known": b"hello, this is no event",
    "one byte": b"x",
    "zeros": bytes(100),
    "base64 of nothing known": base64.b64encode(b"hello, this is no event"),
}


@pytest.mark.parametrize("size", [None, 1])
@pytest.mark.parametrize("named", NAMED)
def test_stream_that_began_well_and_breaks_is_an_error(named: str, size: int | None) -> None:
    whole = NAMED[named](EVENT * 20)
    broken = {
        **BROKEN,
        "cut": whole[:-3],
        "half": whole[: len(whole) // 2],
        "followed": whole + EVENT,
        "changed": whole[:12] + bytes(byte ^ 0x55 for byte in whole[12:]),
    }
    for name, body in broken.items():
        found = outcome(body, named, size)
        assert found[0] == "corrupt_body" and f"corrupt {named}" in found[1], name


def test_bare_deflate_is_deflate() -> None:
    for event in (EVENT, LONG, ALIKE):
        assert outcome(bare(event), "deflate", None)[1:] == (("deflate-raw",), ())
        assert outcome(bare(event)[:-2], "deflate", None)[0] == "corrupt_body"


def test_mislabelled_body_is_held_to_its_limits() -> None:
    limits = Limits(max_event_bytes=1000, max_compressed_bytes=500)
    for size in (None, 10):
        assert outcome(b'{"a": "' + b"x" * 2000 + b'"}', "gzip", size, limits=limits)[0] == "limit_exceeded"
        assert outcome(gzip.compress(b"{" + b" " * 2000 + b"}"), "br", size, limits=limits)[0] == "limit_exceeded"


@pytest.mark.parametrize("size", [None, 1000])
@pytest.mark.parametrize("encoding", ["gzip", "br", "gzip, deflate", "zstd, gzip, zstd"])
def test_body_in_no_coding_has_the_limit_of_plain_bytes_whatever_is_named(encoding: str, size: int | None) -> None:
    limits = Limits(max_compressed_bytes=20_000, max_event_bytes=len(LONG))
    assert outcome(LONG, encoding, size, limits=limits)[1] == ()
    # What is in base64 has that of compressed bytes.
    assert outcome(base64.b64encode(LONG), encoding, size, limits=limits) == (
        "limit_exceeded",
        "compressed body over the limit of 20000 bytes",
    )


@pytest.mark.parametrize("event", [EVENT, LONG, b"[1]", b"{}"], ids=len)
@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate", "gzip, deflate"])
def test_body_in_no_coding_is_plain_where_nothing_else_is_looked_for(encoding: str, event: bytes) -> None:
    for size in (1000, len(event)):
        decoder = BodyDecoder(encoding, sniff=False)
        for start in range(0, len(event), size):
            decoder.feed(event[start : start + size])
        assert (decoder.finish(), decoder.codings) == (event, ())
        assert decoder.ignored == tuple(reversed(encoding.split(", ")))


def test_no_more_than_a_chunk_is_decoded_to_tell_whether_a_body_is_in_its_coding() -> None:
    body = brotli.compress(b"[" + bytes(900 * 1024))
    assert begins_as(body) == "json"
    decoder = BodyDecoder("br", limits=Limits(max_event_bytes=1000))
    decoder.feed(body)
    tracemalloc.start()
    try:
        with pytest.raises(errors.LimitExceeded):
            decoder.finish()
        # Two chunks: one that is looked at, and one over the limit.
        assert tracemalloc.get_traced_memory()[1] < 256 * 1024
    finally:
        tracemalloc.stop()


def test_envelope_is_read_whatever_coding_is_named() -> None:
    body = b'{"event_id":"' + b"a" * 32 + b'"}\n{"type":"event"}\n' + EVENT
    for code in (bytes, gzip.compress, zlib.compress):
        request = HttpRequest("POST", "/api/1/envelope/?sentry_key=a", {"Content-Encoding": "br"}, code(body))
        found = decode_request(request)
        assert found.event_id == "a" * 32
        assert [repair.text for repair in found.repairs] == ["br"]


def zipped(data: bytes = EVENT) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("event.json", data)
    return file.getvalue()


MULTIPART = b'--x1\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n--x1--\r\n'
FOREIGN: list[tuple[bytes, str]] = [
    (b"event_id=9ec79c33ec9942ab8353589fcb2e04dc&message=a", "a form"),
    (b"data=%7B%7D", "a form"),
    (b"\n sentry[user][id]=7&x", "a form"),
    (b"user%5Bid%5D=a+b", "a form"),
    (MULTIPART, "a multipart form"),
    (b"--WebKit\nContent-Type: text/plain\n\nb", "a multipart form"),
    (zipped(), "a zip archive"),
    (zipped(b""), "a zip archive"),
    (b"PK\x05\x06" + bytes(18), "a zip archive"),
    (b"<!DOCTYPE html><html>", "HTML or XML"),
    (b" <?xml version='1.0'?>", "HTML or XML"),
]


@pytest.mark.parametrize(("body", "name"), FOREIGN)
def test_what_is_no_envelope_is_named_as_what_it_is(body: bytes, name: str) -> None:
    with pytest.raises(errors.InvalidEnvelope, match=f"is {name}, not JSON"):
        decode_request(HttpRequest("POST", "/api/1/envelope/?sentry_key=a", [], body))


@pytest.mark.parametrize(("body", "name"), FOREIGN)
@pytest.mark.parametrize("code", [bytes, gzip.compress, zlib.compress])
def test_what_is_no_json_is_named_as_what_it_is(body: bytes, name: str, code: Callable[[bytes], bytes]) -> None:
    said = ("invalid_json", f"invalid JSON at byte 0: the text is {name}, not JSON")
    assert outcome(code(body), None, None) == outcome(code(body), None, 1) == said
    with pytest.raises(errors.StoreError, match=f"is {name}, not JSON"):
        decode_request(HttpRequest("POST", "/api/1/security/?sentry_key=a", [], code(body)))


DUE = b'--x\r\nContent-Disposition: form-data; name="upload_file_minidump"; filename="a"\r\n\r\n%b\r\n--x--\r\n'
IN_FORMS: list[tuple[bytes, dict[str, str], str]] = [
    (DUE % body, {}, name) for body, name in [*FOREIGN, (EVENT, "JSON")] if name != "a multipart form"
]


@pytest.mark.parametrize(
    ("body", "headers", "name"),
    [
        *IN_FORMS,
        (EVENT, {}, "JSON"),
        *((body, {}, name) for body, name in FOREIGN if name != "a multipart form"),
        (b"prod=a&ver=1", {"Content-Type": "multipart/form-data; boundary=x"}, "a form"),
        (zipped(), {"Content-Type": "multipart/form-data; boundary=x"}, "a zip archive"),
    ],
)
def test_what_is_no_minidump_is_named_as_what_it_is(body: bytes, headers: dict[str, str], name: str) -> None:
    with pytest.raises(errors.StoreError, match=f"it is {name}"):
        decode_request(HttpRequest("POST", "/api/1/minidump/?sentry_key=a", headers, body))


@pytest.mark.parametrize(
    "text",
    [
        b"e30=",
        b"e30=\n",
        b"eyJhIjoxfQ==",
        b"eyJhIjoxfQ==\r\n",
        b"a=",
        b"a==",
        b"a=\n",
        b'{"a=b": 1}',
        b"",
        b"a",
        b"=a",
        b"a b=c",
    ],
)
def test_what_is_no_form_is_not_named_one(text: bytes) -> None:
    assert format_of(text) is None


@pytest.mark.parametrize(
    ("start", "found"),
    [
        (b'{"', "json"),
        (b"[", "json"),
        (b'"{', "json"),
        (b"\n\t{", "json"),
        (b"e30=", "base64"),
        (b"W10=\n", "base64"),
        (b"eyJh", "base64"),
        (b"eyJhI", "base64"),
        (b"eyJhIj", "base64"),
        (b"eyJhIjo", "base64"),
        (b"ey", None),
        (b"message", None),
        (b"aGVsbG8", None),
        (base64.b64encode(base64.b64encode(EVENT)), None),
        (b"", None),
        (b"MDMP", None),
        (b"\x1f\x8b\x08", "gzip"),
    ],
)
def test_what_a_body_surely_begins_as(start: bytes, found: str | None) -> None:
    assert begins_as(start) == found
