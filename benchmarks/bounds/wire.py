"""Rows of what an event comes in: codings, envelopes, security reports, forms and minidumps."""

import base64
import bz2
import gzip
import lzma
import random
import struct
import zlib
from collections.abc import Callable, Iterator
from functools import partial

import brotli
import zstandard

from benchmarks.bounds.measure import LIMITS, TARGET, post
from benchmarks.bounds.ordinary import ordinary_event, recorded
from benchmarks.bounds.rows import EVENT, LIST, Row
from benchmarks.bounds.shapes import Shape
from store_protocol import HttpRequest

_COMPRESSED = LIMITS.max_compressed_bytes
_EVENTS = LIMITS.max_events_bytes
_ENVELOPE = LIMITS.max_envelope_bytes
_HEADER = LIMITS.max_envelope_header_bytes
_ITEMS = LIMITS.max_items


def _raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


_CODINGS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "gzip": ("gzip", partial(gzip.compress, mtime=0)),
    "deflate": ("deflate", zlib.compress),
    "raw deflate": ("deflate", _raw_deflate),
    "br": ("br", partial(brotli.compress, quality=5)),
    "zstd": ("zstd", zstandard.compress),
    "base64 of zlib": ("", lambda data: base64.b64encode(zlib.compress(data))),
    "base64": ("", base64.b64encode),
    "gzip in gzip": ("gzip, gzip", lambda data: gzip.compress(gzip.compress(data))),
    "four times gzip": ("gzip, gzip, gzip, gzip", lambda data: _times(gzip.compress, data)),
    "four times zstd": ("zstd, zstd, zstd, zstd", lambda data: _times(zstandard.compress, data)),
    "br, zstd, deflate, gzip": (
        "br, zstd, deflate, gzip",
        lambda data: gzip.compress(zlib.compress(zstandard.compress(brotli.compress(data, quality=5)))),
    ),
}


def _times(pack: Callable[[bytes], bytes], data: bytes) -> bytes:
    for _ in range(4):
        data = pack(data)
    return data


_EMPTY = gzip.compress(b"", mtime=0)
_EMPTY_BLOCK = b"\0\0\0\xff\xff"


def _tiny_blocks(count: int) -> bytes:
    return b"\x28\xb5\x2f\xfd\x00\x58" + b"\x08\x00\x00a" * (count - 1) + b"\x09\x00\x00a"


def codings() -> Iterator[Row]:
    """Yield each coding: of an ordinary event, of one as large as may be, and of more than may be."""
    group = "codings"
    for name, (coding, pack) in _CODINGS.items():
        yield Row(group, f"{name}: an ordinary event of 1 MiB", partial(_packed, coding, pack), plain=EVENT)
        yield Row(group, f"{name}: random text at the compressed limit", partial(_random, coding, pack), plain=300_000)
        yield Row(group, f"{name}: 1 MiB of one letter", partial(_zeros, coding, pack, EVENT), plain=EVENT)
        size = 60_000_000
        if name != "base64":
            yield Row(group, f"{name}: a bomb of 60 MB (413)", partial(_zeros, coding, pack, size), plain=EVENT)
    for name, coding, body in (
        ("members of gzip without end (400)", "gzip", lambda: _EMPTY * (_COMPRESSED // len(_EMPTY))),
        ("members of gzip in gzip (413)", "gzip, gzip", lambda: gzip.compress(_EMPTY * 2_000_000)),
        (
            "empty blocks of deflate",
            "gzip",
            lambda: b"\x1f\x8b\x08\0\0\0\0\0\0\xff" + _EMPTY_BLOCK * (_COMPRESSED // 5 - 4),
        ),
        (
            "empty blocks of deflate in gzip (413)",
            "gzip",
            lambda: gzip.compress(b"\x1f\x8b\x08\0\0\0\0\0\0\xff" + _EMPTY_BLOCK * 20_000_000),
        ),
        ("blocks of one byte of zstd", "zstd", lambda: _tiny_blocks(_COMPRESSED // 4 - 4)),
        ("frames of zstd without end", "zstd", lambda: zstandard.compress(b"") * (_COMPRESSED // 9 - 1)),
        ("base64 in lines of one letter", "", lambda: b"\n".join([b"e"] * (_COMPRESSED // 2))),
        ("base64 of base64", "", lambda: base64.b64encode(base64.b64encode(b'{"a":1}' * 15_000))),
    ):
        yield Row(group, name, partial(_posted, "store", body, coding), plain=EVENT)
    group = "codings of envelopes"
    for name in ("gzip", "deflate", "raw deflate", "br", "zstd", "four times gzip", "four times zstd"):
        coding, pack = _CODINGS[name]
        for what, inside, plain in (
            ("zeros in an attachment, as many as may be", _zeros_attached, _ENVELOPE),
            ("a bomb of 300 MB (413)", lambda: b"{}\n" + bytes(300_000_000), _ENVELOPE),
            ("ordinary events", _ordinary_envelope, _EVENTS),
        ):
            body = partial(_pack_made, pack, inside)
            yield Row(group, f"{name}: {what}", partial(_posted, "envelope", body, coding), "max_envelope_bytes", plain)
    random_body = partial(_pack_made, _CODINGS["gzip"][1], _random_attached)
    make = partial(_posted, "envelope", random_body, "gzip")
    yield Row(group, "gzip: random bytes at the compressed limit", make, "max_envelope_bytes", 39 * 1024 * 1024)
    many = lambda: _EMPTY * (LIMITS.max_compressed_envelope_bytes // len(_EMPTY) - 1)  # noqa: E731
    yield Row(group, "members of gzip (400)", partial(_posted, "envelope", many, "gzip"), "max_envelope_bytes", 40 << 20)
    tiny = lambda: _tiny_blocks(LIMITS.max_compressed_envelope_bytes // 4 - 4)  # noqa: E731
    yield Row(
        group, "blocks of one byte of zstd", partial(_posted, "envelope", tiny, "zstd"), "max_envelope_bytes", 40 << 20
    )


def _posted(endpoint: str, body: Callable[[], bytes], coding: str = "") -> HttpRequest:
    return post(endpoint, body(), coding=coding)


def _pack_made(pack: Callable[[bytes], bytes], inside: Callable[[], bytes]) -> bytes:
    return pack(inside())


def _packed(coding: str, pack: Callable[[bytes], bytes]) -> HttpRequest:
    # Random values, of which real events have more than one that repeats: so the compressed limit is met, too.
    client = next(reversed(recorded()))
    size = EVENT
    while len(body := pack(ordinary_event(client, size))) > _COMPRESSED:
        size //= 2
    return post("store", body, coding=coding)


def _random(coding: str, pack: Callable[[bytes], bytes]) -> HttpRequest:
    rng = random.Random(1)
    size = 2 * _COMPRESSED
    text = rng.randbytes(size).hex()
    while len(body := pack(b'{"extra":{"a":"%b"}}' % text[:size].encode())) > _COMPRESSED:
        size -= 4000
    return post("store", body, coding=coding)


def _zeros(coding: str, pack: Callable[[bytes], bytes], size: int) -> HttpRequest:
    text = b'{"extra":{"a":"%b"}}' % (b"x" * (size - 30))
    return post("store", pack(text)[: _COMPRESSED if size > EVENT else None], coding=coding)


def _zeros_attached() -> bytes:
    size = _ENVELOPE - 100
    return b'{}\n{"type":"attachment","length":%d}\n' % size + bytes(size)


def _random_attached() -> bytes:
    size = LIMITS.max_compressed_envelope_bytes - 8_000
    return b'{}\n{"type":"attachment","length":%d}\n' % size + random.Random(1).randbytes(size)


def _ordinary_envelope() -> bytes:
    clients = [*recorded()]
    return _envelope([ordinary_event(clients[index % len(clients)], 18_000) for index in range(450)], "event")


def _envelope(payloads: list[bytes], kind: str) -> bytes:
    head = b'{"type":"%b"' % kind.encode()
    return b"\n".join([b"{}", *(head + b',"length":%d}\n%b' % (len(each), each) for each in payloads)])


_EVENT_TYPES = ("event", "transaction", "security", "feedback", "raw_security")
_OTHER_TYPES = (
    *("attachment", "user_report", "client_report", "check_in", "session", "sessions", "profile", "profile_chunk"),
    *("replay_event", "replay_recording", "replay_video", "form_data", "statsd", "span", "otel_span", "log", "unknown"),
)
#: What events of an envelope are filled with, each with what is wrong in it.
_FILLINGS = {
    "wrong tags": Shape('{"tags":[', "[[]]", "]}"),
    "wrong breadcrumbs": Shape('{"breadcrumbs":[', "[]", "]}"),
    "empty exceptions": Shape('{"exception":[', "{}", "]}"),
    "unknown attributes": Shape("{", '"#":0', "}"),
    "NaN": Shape(LIST[0], "NaN", LIST[1]),
    "bytes that are not UTF-8": Shape(LIST[0], '"\udcff"', LIST[1]),
    "lists in extra": Shape('{"extra":{', '"#":[]', "}}"),
}


def envelopes() -> Iterator[Row]:
    """Yield envelopes of as many items and events as may be, and of header lines at their limit."""
    group = "envelopes of events"
    for name, shape in _FILLINGS.items():
        for count in (10, _ITEMS - 1):
            make = partial(_events, shape, count, _EVENTS)
            yield Row(group, f"{count} events of {name}, 10 MiB", make, "max_events_bytes", events=count)
        make = partial(_events, shape, _ITEMS - 1, (_ITEMS - 1) * 300)
        yield Row(group, f"{_ITEMS - 1} events of {name}, 300 bytes each", make, "max_events_bytes", events=_ITEMS - 1)
    for kind in _EVENT_TYPES:
        payload = b'{"csp-report":{"effective-directive":"img-src"}}' if "raw" in kind else b"{}"
        make = partial(_items, kind, [payload] * 500)
        yield Row(group, f"500 of {kind}, as small as may be", make, "max_events_bytes", events=500)
    wrong = Shape('{"tags":[', "[[]]", "]}").fill(3000)
    for kind in _EVENT_TYPES[:-1]:
        yield Row(
            group,
            f"500 of {kind} with 600 wrong tags",
            partial(_items, kind, [wrong] * 500),
            "max_events_bytes",
            events=500,
        )
    for count in (160, _ITEMS - 1):
        report = b"[" + b",".join([b'{"type":"csp-violation","body":{"effectiveDirective":"a-b"}}'] * count) + b"]"
        times = min(_ITEMS - 1, _EVENTS // len(report))
        name = f"{times} of raw_security with {count} reports each"
        yield Row(group, name, partial(_items, "raw_security", [report] * times), "max_events_bytes")
    other = b"[" + b",".join([b'{"type":"a","body":{}}'] * (_ITEMS - 1)) + b"]"
    times = min(_ITEMS - 1, _EVENTS // len(other))
    yield Row(
        group, f"{times} of raw_security with {_ITEMS - 1} other reports", partial(_items, "raw_security", [other] * times)
    )
    group = "envelopes of other items"
    for kind in _OTHER_TYPES:
        count = 100 if kind.startswith("session") else 500
        for what, payload in (("nothing", b""), ("lists", b"[" + b"[]," * 600 + b"0]"), ("a text", b"x")):
            make = partial(_items, kind, [payload] * count)
            yield Row(group, f"{count} of {kind} with {what}", make, "max_envelope_bytes", items=count)
    full = b"[" + b"[]," * 34_000 + b"0]"
    yield Row(
        group,
        f"{_ITEMS - 1} unknown items of 100 KiB",
        partial(_items, "unknown", [full] * (_ITEMS - 1)),
        "max_envelope_bytes",
    )
    yield Row(
        group,
        f"{LIMITS.max_attachments} attachments of 100 KiB",
        partial(_items, "attachment", [full] * LIMITS.max_attachments),
        "max_envelope_bytes",
    )
    yield Row(
        group,
        "empty lines without end",
        partial(_posted, "envelope", lambda: b"{}\n" + b"\n" * (_ENVELOPE - 3)),
        "max_envelope_bytes",
    )
    group = "header lines"
    for name, shape in (
        ("NaN", Shape('{"type":"x","a":[', "NaN", "]}")),
        ("big integers", Shape('{"type":"x","a":[', "18446744073709551616", "]}")),
        ("lists", Shape('{"type":"x","a":[', "[]", "]}")),
        ("objects", Shape('{"type":"x","a":[', "{}", "]}")),
        ("lists in lists", Shape('{"type":"x","a":[', "[[[[[[]]]]]]", "]}")),
        ("numbers", Shape('{"type":"x","a":[', "0", "]}")),
        ("deep lists", Shape('{"type":"x","a":[', "[" * 100 + "]" * 100, "]}")),
        ("deep objects", Shape('{"type":"x","a":[', '{"":' * 100 + "0" + "}" * 100, "]}")),
        ("keys", Shape('{"type":"x",', '"#":0', "}")),
        ("surrogates", Shape('{"type":"x","a":[', '"\\ud800"', "]}")),
        ("bytes that are not UTF-8", Shape('{"type":"x","a":[', '"\udcff"', "]}")),
        ("a byte that is not UTF-8 after lists", Shape('{"type":"x","a":[', "[]", '],"b":"\udcff"}')),
        ("a text", Shape('{"type":"x","a":"', "x", '"}', between="")),
        ("floats", Shape('{"type":"x","a":[', "1.5", "]}")),
        ("1e999", Shape('{"type":"x","a":[', "1e999", "]}")),
    ):
        yield Row(group, f"{_ITEMS - 1} items, {name}", partial(_header_lines, shape), "max_envelope_bytes")
    one = Shape('{"trace":[', "NaN", "]}").fill(_HEADER)
    yield Row(group, "one envelope header of NaN", partial(_posted, "envelope", lambda: one + b"\n"), "max_envelope_bytes")
    yield Row(
        group,
        f"{_ITEMS} empty headers",
        partial(_posted, "envelope", lambda: b"{}\n" + b'{"type":""}\n\n' * (_ITEMS - 1)),
        "max_envelope_bytes",
        items=_ITEMS,
    )


def _events(shape: Shape, count: int, size: int) -> HttpRequest:
    return post("envelope", _envelope([shape.fill(size // count)] * count, "event"))


def _items(kind: str, payloads: list[bytes]) -> HttpRequest:
    return post("envelope", _envelope(payloads, kind))


def _header_lines(shape: Shape) -> HttpRequest:
    return post("envelope", b"{}\n" + (shape.fill(_HEADER - 1) + b"\n\n") * (_ITEMS - 1))


def reports() -> Iterator[Row]:
    """Yield arrays of reports at the security endpoint."""
    group = "security reports"
    for name, token, after in (
        ("violations as small as may be", '{"type":"csp-violation","body":{"effectiveDirective":"a-b"}}', _ITEMS - 1),
        ("other reports", '{"type":"a","body":{}}', _ITEMS - 1),
        ("violations with wrong bodies", '{"type":"csp-violation","body":{}}', _ITEMS - 1),
        ("csp-reports", '{"csp-report":{"effective-directive":"a-b"}}', _ITEMS - 1),
        (
            "violations of wrong values",
            '{"type":"csp-violation","body":{"effectiveDirective":"a-b","documentURL":[],"sample":[]}}',
            _ITEMS - 1,
        ),
    ):
        body = b"[" + b",".join([token.encode()] * after) + b"]"
        yield Row(group, f"{after} {name}", partial(_posted, "security", lambda body=body: body), events=after)
    directive = '{"csp-report":{"effective-directive":"img-src","blocked-uri":"'
    for name, shape in (
        ("one of a long URL", Shape(directive, "http://a.b/", '"}}', between="")),
        (
            "one of a long policy",
            Shape('{"csp-report":{"effective-directive":"img-src","original-policy":"', "a b;", '"}}', between=""),
        ),
        ("one of a long directive", Shape('{"csp-report":{"violated-directive":"', "a-", '"}}', between="")),
        ("one with unknown members", Shape('{"csp-report":{"effective-directive":"img-src",', '"#":[]', "}}")),
        ("an array of lists (400)", Shape("[", "[]", "]")),
        ("other reports with bodies of lists", Shape("[", '{"type":"a","body":{"a":[%s]}}' % ",".join(["[]"] * 330), "]")),
        ("other reports with bodies of NaN", Shape("[", '{"type":"a","body":{"a":[%s]}}' % ",".join(["NaN"] * 250), "]")),
        (
            "violations with long URLs",
            Shape(
                "[",
                '{"type":"csp-violation","body":{"effectiveDirective":"a-b","blockedURL":"http://%s"}}' % ("a" * 960),
                "]",
            ),
        ),
    ):
        yield Row(group, name, partial(_filled, "security", shape))


def _filled(endpoint: str, shape: Shape) -> HttpRequest:
    return post(endpoint, shape.fill(EVENT))


_DUMP = b"MDMP" + struct.pack("<IIIIIQ", 0xA793, 0, 0, 0, 1377809543, 0)


def _part(name: str, data: bytes, filename: str | None = None) -> bytes:
    disposition = f'form-data; name="{name}"' + (f'; filename="{filename}"' if filename is not None else "")
    return b"--xyz\r\nContent-Disposition: " + disposition.encode() + b"\r\n\r\n" + data + b"\r\n"


def _form(*parts: bytes) -> bytes:
    return b"".join(parts) + _part("upload_file_minidump", _DUMP, "a.dmp") + b"--xyz--\r\n"


def minidumps() -> Iterator[Row]:
    """Yield minidumps in each container, and forms."""
    group = "minidumps"
    size = LIMITS.max_attachment_bytes
    limit = "max_attachment_bytes"
    packers: dict[str, Callable[[bytes], bytes]] = {
        "gzip": gzip.compress,
        "xz": partial(lzma.compress, preset=0),
        "bzip2": bz2.compress,
        "zstd": zstandard.compress,
        "none": lambda data: data,
    }
    for name, pack in packers.items():
        body = partial(_pack_made, pack, lambda: _DUMP + bytes(size - 500))
        yield Row(group, f"{name}: 200 MiB of zeros", partial(_posted, "minidump", body), limit, size)
        form = partial(
            _pack_made,
            lambda data, pack=pack: _form(_part("upload_file_minidump", pack(data), "a.dmp")),
            lambda: _DUMP + bytes(size - 9000),
        )
        yield Row(group, f"{name}: 200 MiB of zeros in a form", partial(_posted, "minidump", form), limit, size)
        if name not in ("none", "bzip2"):
            body = partial(_pack_made, pack, lambda: _DUMP + bytes(300_000_000))
            yield Row(group, f"{name}: a bomb of 300 MB (413)", partial(_posted, "minidump", body), limit, size)
    for name, make in (
        ("members of gzip (400)", lambda: _EMPTY * 300_000),
        ("blocks of zstd", lambda: _tiny_blocks(1_000_000)),
        ("streams of bzip2 (400)", lambda: bz2.compress(b"") * 200_000),
        ("streams of xz (400)", lambda: lzma.compress(b"") * 100_000),
        ("a directory of streams", _directory),
        ("annotations", _annotated),
        ("the same annotations for all modules", _annotated_modules),
    ):
        yield Row(group, name, partial(_posted, "minidump", make), limit)
    group = "forms"
    for name, parts in (
        ("999 fields of one byte", lambda: [_part(f"f{number}", b"x") for number in range(999)]),
        ("999 fields of 1,000 bytes", lambda: [_part(f"f{number}", b"x" * 1000) for number in range(999)]),
        ("999 fields sentry[a][b]", lambda: [_part(f"sentry[tags][k{number}]", b"x" * 1000) for number in range(999)]),
        ("999 deep fields", lambda: [_part(f"sentry[a{number}]" + "[b]" * 14, b"x" * 900) for number in range(999)]),
        ("999 sentry__ chunks of lists", lambda: [_part(f"sentry__{number + 1}", _chunk(number)) for number in range(999)]),
        (
            "999 events sentry___",
            lambda: [_part(f"sentry___{number}", b'{"tags":[%b0]}' % (b"[[]]," * 190)) for number in range(999)],
        ),
        ("a field of wrong tags", lambda: [_part("sentry", Shape('{"tags":[', "[[]]", "]}").fill(EVENT - 100))]),
        ("a field of NaN", lambda: [_part("sentry", Shape(LIST[0], "NaN", LIST[1]).fill(EVENT - 100))]),
        ("a field of lists", lambda: [_part("sentry", Shape('{"extra":{', '"#":{}', "}}").fill(EVENT - 100))]),
        ("999 files", lambda: [_part(f"f{number}", b"x" * 1000, "a") for number in range(998)]),
        (
            "breadcrumbs in MessagePack",
            lambda: [
                _part("__sentry-breadcrumb1", b"\x80" * EVENT, "b"),
                _part("__sentry-breadcrumb2", b"\x80" * EVENT, "b"),
            ],
        ),
        (
            "lists in MessagePack",
            lambda: [_part("__sentry-event", b"\x81\xa4tags\xdd\x00\x0f\xff\x00" + b"\x91\x90" * 0xFFF00, "b")],
        ),
        (
            "an event in MessagePack",
            lambda: [_part("__sentry-event", b"\x81\xa4tags\xdd\x00\x07\xff\x00" + b"\x91\x90" * 0x7FF00, "b")],
        ),
        ("lines of dashes", lambda: [_part("a", b"\r\n--xy" * 3_000_000, "a")]),
        ("line ends", lambda: [_part("a", b"\r\n" * 40_000_000, "a")]),
        (
            "headers of parts",
            lambda: [
                b'--xyz\r\nContent-Disposition: form-data; name="a%d"; filename=a\r\n%b\r\nx\r\n'
                % (n, b"".join(b"a%d: %b\r\n" % (i, b"b" * 4000) for i in range(7)))
                for n in range(998)
            ],
        ),
    ):
        yield Row(group, name, partial(_posted, "minidump", lambda parts=parts: _form(*parts())), "max_event_bytes")


def _chunk(number: int) -> bytes:
    return (
        b'{"extra":{'
        if not number
        else b"%b}}" % (b'"z":0' if number == 998 else b"")
        if number == 998
        else b",".join(b'"%d-%d":[]' % (number, index) for index in range(80)) + b","
    )


def _directory() -> bytes:
    count = 10_000
    return (
        b"MDMP"
        + struct.pack("<IIIIIQ", 0xA793, count, 32, 0, 0, 0)
        + b"".join(struct.pack("<III", number, 0, 0) for number in range(count))
    )


def _annotated(entries: int = 10_000) -> bytes:
    """Return a dump whose simple annotations are as many as may be, all of the same long texts."""
    head = b"MDMP" + struct.pack("<IIIIIQ", 0xA793, 1, 32, 0, 0, 0)
    info = 32 + 12
    table = info + 64
    text = table + 4 + 8 * entries
    directory = struct.pack("<III", 0x43500001, 52, info)
    crashpad = struct.pack("<I", 1) + bytes(32) + struct.pack("<II", 0, table) + struct.pack("<II", 0, 0) + bytes(12)
    texts, places = b"", []
    for number in range(entries):
        places.append(text + len(texts))
        name = b"k%d" % number
        texts += struct.pack("<I", len(name)) + name
    pairs = b"".join(struct.pack("<II", at, at) for at in places)
    return head + directory + crashpad[:64] + struct.pack("<I", entries) + pairs + texts


def _annotated_modules() -> bytes:
    """Return a dump of many modules that share one list of annotations."""
    modules = 300
    head = b"MDMP" + struct.pack("<IIIIIQ", 0xA793, 2, 32, 0, 0, 0)
    info = 32 + 24
    at_links = info + 64
    at_info = at_links + 4 + 12 * modules
    at_table = at_info + 32
    entries = 32
    at_text = at_table + 4 + 8 * entries
    text = struct.pack("<I", 100) + b"a" * 100
    at_names = at_text + len(text)
    name = struct.pack("<I", 6) + "abc".encode("utf-16-le")
    at_modules = at_names + len(name)
    directory = struct.pack("<III", 0x43500001, 52, info) + struct.pack("<III", 4, 4, at_modules)
    crashpad = (struct.pack("<I", 1) + bytes(32) + struct.pack("<IIII", 0, 0, 0, at_links)).ljust(64, b"\0")
    links = struct.pack("<I", modules) + b"".join(struct.pack("<III", index, 28, at_info) for index in range(modules))
    module = struct.pack("<IIIIIII", 1, 0, 0, 0, at_table, 0, 0).ljust(32, b"\0")
    table = struct.pack("<I", entries) + struct.pack("<II", at_text, at_text) * entries
    each = (bytes(20) + struct.pack("<I", at_names)).ljust(108, b"\0")
    return head + directory + crashpad + links + module + table + text + name + struct.pack("<I", modules) + each * modules


def heads() -> Iterator[Row]:
    """Yield requests whose head costs: headers and targets as long as servers take them."""
    group = "heads"
    small = b'{"message":"a"}'
    for name, headers in (
        ("X-Sentry-Auth of 64 KiB of commas", [("X-Sentry-Auth", "Sentry sentry_key=a" + "," * 65_000)]),
        ("X-Sentry-Auth of pairs", [("X-Sentry-Auth", "Sentry sentry_key=a" + ",a=b" * 16_000)]),
        ("X-Sentry-Auth of quotes", [("X-Sentry-Auth", 'Sentry sentry_key=a,a="' + '=",' * 20_000)]),
        ("100 headers of X-Sentry-Auth", [("X-Sentry-Auth", "Sentry sentry_key=a" + ",a=b" * 160)] * 100),
        ("1,000 headers", [(f"X-{number}", "a" * 50) for number in range(1000)]),
        ("Content-Encoding of commas", [("Content-Encoding", "," * 65_000)]),
        ("Content-Type of semicolons", [("Content-Type", "a/b" + ";" * 65_000)]),
        ("User-Agent of 64 KiB", [("User-Agent", "Mozilla/5.0 " + "Linux Chrome/1 " * 4_000)]),
    ):
        target = "/api/1/store/" if "X-Sentry-Auth" in name else TARGET % "store"
        yield Row(group, name, partial(_with_headers, target, headers, small), plain=65_000)


def _with_headers(target: str, headers: list[tuple[str, str]], body: bytes) -> HttpRequest:
    return HttpRequest("POST", target, headers, body)
