"""How inputs are changed: as what they are, JSON or an envelope or a form, since changed bytes are seldom any of these.

A mutator is a function of an input, a source of chance and a function that changes bytes as fuzzers do; it gives another.
One time in four the bytes of the input are changed whatever it is, so that what is broken comes too.
"""

import base64
import bz2
import contextlib
import gzip
import json
import lzma
import random
import re
import zlib
from collections.abc import Callable
from typing import Any

import brotli
import msgspec
import zstandard

from store_protocol.convert.interface import Interface, interfaces
from store_protocol.convert.readers import layout_of
from store_protocol.items.decoding import INTERFACES
from store_protocol.schema.event import Event
from tests.fuzz import tokens

Raw = Callable[[bytes], bytes]
Mutator = Callable[[bytes, random.Random, Raw], bytes]


# With these all interfaces are loaded.
assert Event is not None
#: The types of items whose headers say how they are read.
TYPES = [*INTERFACES, "attachment", "replay_video", "event", "transaction", "feedback", "security"]

#: All names that an interface has, old ones too.
NAMES: list[str] = sorted(
    {"values", "_meta", "", "0", "a", "project", "sentry.interfaces.Unknown", "\U0010ffff"}.union(
        *(layout_of(each).names for each in interfaces(Interface))
    )
)
#: By name what the seeds have there, each by how it is written; filled by `learn`.
_KNOWN: dict[str, dict[str, Any]] = {}
_VALUES = {*map(repr, tokens.VALUES)}


def learn(text: bytes) -> None:
    """Keep the parts of a JSON text by their names, to be put elsewhere."""
    try:
        pending = [json.loads(text)]
    except (ValueError, RecursionError):
        return
    while pending:
        value = pending.pop()
        if isinstance(value, list):
            pending += value
        elif isinstance(value, dict):
            for name, part in value.items():
                kept = _KNOWN.setdefault(name, {})
                if len(kept) < 100 and len(said := repr(part)) < 300 and said not in _VALUES:
                    kept[said] = part
                pending.append(part)


def _a_value(name: Any, chance: random.Random) -> Any:
    if chance.random() < 0.4 and (known := _KNOWN.get(name) or _KNOWN.get(chance.choice(NAMES))):
        value = chance.choice([*known.values()])
    else:
        value = chance.choice(tokens.VALUES if chance.random() < 0.9 else tokens.LARGE)
    # What is put in is changed later, and must not be changed in the table.
    return json.loads(json.dumps(value)) if isinstance(value, list | dict) else value


def _change(root: Any, chance: random.Random, raw: Raw) -> Any:
    """Change one value of a JSON document, drawn on the way down."""
    path: list[Any] = []
    holder: Any = {"": root}
    document = holder
    key: Any = ""
    while isinstance(found := holder[key], list | dict) and found and chance.random() < 0.8:
        holder, key = found, chance.choice(list(found)) if isinstance(found, dict) else chance.randrange(len(found))
        path.append(key)
    match chance.randrange(10):
        case 0 | 1:
            holder[key] = _a_value(key, chance)
        case 2 if path:
            del holder[key]
        case 3 if isinstance(found, dict):
            name = chance.choice(NAMES)
            found[name] = _a_value(name, chance)
        case 4 if isinstance(found, list):
            found.insert(chance.randrange(len(found) + 1), chance.choice(found) if found else _a_value(key, chance))
        case 4 if isinstance(found, str):
            holder[key] = found * chance.choice([2, 10, 100])
        case 5 if isinstance(found, str):
            holder[key] = raw(found.encode("utf-8", "surrogatepass")).decode("utf-8", "replace")
        case 5 if isinstance(found, list | dict):
            pass
        case 6:
            holder[key] = chance.choice([[found], {"values": [found]}, {chance.choice(NAMES): found}])
        case 7 if isinstance(holder, dict) and path:
            holder[chance.choice(NAMES)] = holder.pop(key)
        case 8 if isinstance(document[""], dict) and path:
            meta: Any = {"": chance.choice(tokens.META)}
            for each in reversed(path[: chance.randrange(len(path)) + 1]):
                meta = {str(each): meta}
            document[""]["_meta"] = _merged(document[""].get("_meta"), meta)
        case 9 if path:
            holder[key] = str(found) if isinstance(found, int | float) else json.dumps(found)
        case _:
            holder[key] = _a_value(key, chance)
    return document[""]


def _merged(one: Any, other: Any) -> Any:
    if not isinstance(one, dict) or not isinstance(other, dict):
        return other
    return {**one, **{key: _merged(one.get(key), part) for key, part in other.items()}}


def spliced(words: list[bytes]) -> Mutator:
    """Make a mutator that puts one of some tokens in, somewhere, or in place of something."""

    def mutate(data: bytes, chance: random.Random, raw: Raw) -> bytes:
        at = chance.randrange(len(data) + 1)
        end = at + chance.choice([0, 0, 1, 4, 20])
        return data[:at] + chance.choice(words) + data[end:]

    return mutate


_splice = spliced(tokens.TOKENS)


def document(data: bytes, chance: random.Random, raw: Raw) -> bytes:
    """Change a JSON text."""
    try:
        value = json.loads(data)
        for _ in range(chance.choice([1, 1, 2, 4])):
            value = _change(value, chance, raw)
        text = json.dumps(value, ensure_ascii=chance.random() < 0.5).encode("utf-8", "surrogatepass")
    except (ValueError, RecursionError):
        return raw(data)
    if chance.random() < 0.05:
        text = text.decode("utf-8", "replace").encode(
            chance.choice(["utf-16", "utf-16-le", "utf-32-be", "latin-1"]), "replace"
        )
    return _splice(text, chance, raw) if chance.random() < 0.1 else text


def first_byte(data: bytes, chance: random.Random, raw: Raw) -> bytes:
    first = data[:1] if chance.random() < 0.9 else bytes([chance.randrange(256)])
    return first + document(data[1:], chance, raw)


ENCODINGS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": lambda data: gzip.compress(data, 1, mtime=0),
    "deflate": lambda data: zlib.compress(data, 1),
    "br": lambda data: brotli.compress(data, quality=1),
    "zstd": lambda data: zstandard.ZstdCompressor(level=1).compress(data),
}
_RAW_DEFLATE = zlib.compressobj(1, wbits=-15).copy
FILES = [*ENCODINGS.values(), bz2.compress, lzma.compress, base64.b64encode, base64.urlsafe_b64encode]
_HEADERS = ["gzip", "deflate", "br", "zstd", "", "identity", "x-gzip", "utf-8", "foo", "gzip, gzip", ",", "GZIP"]


def bare_deflate(data: bytes) -> bytes:
    compressor = _RAW_DEFLATE()
    return compressor.compress(data) + compressor.flush()


def packed(plain: bytes, chance: random.Random) -> tuple[str, bytes]:
    """Pack bytes as clients do, or nearly; give the value of `Content-Encoding` and the body."""
    codings: list[str] = []
    if chance.random() < 0.3:
        plain = chance.choice([base64.b64encode, base64.urlsafe_b64encode, base64.encodebytes, *ENCODINGS.values()])(plain)
    for _ in range(chance.choice([0, 1, 1, 1, 2, 3])):
        name = chance.choice(list(ENCODINGS))
        codings.append(name)
        undo = bare_deflate if name == "deflate" and chance.random() < 0.3 else ENCODINGS[name]
        at = chance.randrange(len(plain) + 1)
        plain = undo(plain[:at]) + undo(plain[at:]) if chance.random() < 0.15 else undo(plain)
    if codings and chance.random() < 0.1:
        plain = plain[: chance.randrange(len(plain) + 1)] + chance.choice([b"", b"\0", b"{}", plain])
    return ", ".join(codings) if chance.random() < 0.9 else chance.choice(_HEADERS), plain


_UNDO: dict[str, Callable[[bytes], bytes]] = {
    "gzip": lambda data: zlib.decompressobj(31).decompress(data, 20_000),
    "deflate": lambda data: zlib.decompressobj(15).decompress(data, 20_000),
    "br": lambda data: brotli.Decompressor().process(data, output_buffer_limit=20_000),
    "zstd": lambda data: zstandard.ZstdDecompressor().decompress(data, max_output_size=20_000),
}


def unpacked(encoding: str, data: bytes) -> bytes:
    """Undo the codings of a body as far as they are in order."""
    with contextlib.suppress(Exception):
        for name in reversed(encoding.replace(" ", "").split(",")):
            data = _UNDO[name](data) if name in _UNDO else data
        if not data.lstrip().startswith((b"{", b"[", b"--")):
            data = base64.b64decode(data, validate=True)
            data = _UNDO["deflate"](data) if data.startswith(b"x") else data
    return data


def body(data: bytes, chance: random.Random, raw: Raw) -> bytes:
    line, _, content = data.partition(b"\n")
    plain = unpacked(line.decode("latin-1"), content)
    encoding, content = packed(raw(plain) if chance.random() < 0.7 else plain, chance)
    return encoding.encode() + b"\n" + content


def envelope(data: bytes, chance: random.Random, raw: Raw) -> bytes:
    head, *items = _items(data)
    match chance.randrange(6):
        case 0:
            head = document(head, chance, raw)
        case 1 if items:
            items.insert(chance.randrange(len(items) + 1), chance.choice(items))
        case 2 if items:
            items.pop(chance.randrange(len(items)))
        case _ if items:
            at = chance.randrange(len(items))
            line, _, content = items[at].partition(b"\n")
            if chance.random() < 0.3:
                line = document(line, chance, raw)
            else:
                content = document(content, chance, raw)
                content = content.replace(b"\n", b" ") if b'"length"' not in line else content
            items[at] = line + b"\n" + content
        case _:
            items.append(b'{"type":"event"}\n{}')
    return b"\n".join([head, *(_sized(item) if chance.random() < 0.9 else item for item in items)])


def item(data: bytes, chance: random.Random, raw: Raw) -> bytes:
    line, _, content = data.partition(b"\n")
    end = _end_of_json(content)
    text, rest = content[:end], content[end:]
    match chance.randrange(8):
        case 0:
            line = document(line, chance, raw).replace(b"\n", b" ")
        case 1:
            line = json.dumps({"type": chance.choice(TYPES), **chance.choice(tokens.HEADERS)}).encode()
        case 2 if rest:
            rest = raw(rest)
        case _:
            text = document(text, chance, raw) if text else packed_values(rest, chance, raw)
            rest = rest if end else b""
    if b"meta_length" in line and chance.random() < 0.9:
        line = _LENGTH.sub(b'"meta_length":%d' % len(text), line)
    return line + b"\n" + text + rest


_LENGTH = re.compile(rb'"meta_length": ?\d+')


def _end_of_json(data: bytes) -> int:
    """Return where the JSON text ends that some bytes begin with."""
    with contextlib.suppress(ValueError, RecursionError):
        return json.JSONDecoder().raw_decode(data.decode("latin-1"))[1]
    return 0


def _items(data: bytes) -> list[bytes]:
    """Take an envelope apart: the line of its headers, then each item with the line of its own."""
    head, _, rest = data.partition(b"\n")
    parts = [head]
    while rest.strip():
        line, _, rest = rest.lstrip(b"\n").partition(b"\n")
        try:
            length = json.loads(line).get("length")
        except (ValueError, AttributeError):
            length = None
        end = length if isinstance(length, int) and 0 <= length <= len(rest) else (rest + b"\n").find(b"\n")
        parts.append(line + b"\n" + rest[:end])
        rest = rest[end:]
    return parts


def _sized(item: bytes) -> bytes:
    line, _, content = item.partition(b"\n")
    with contextlib.suppress(ValueError):
        headers = json.loads(line)
        if isinstance(headers, dict) and isinstance(headers.get("length"), int):
            line = json.dumps({**headers, "length": len(content)}).encode()
    return line + b"\n" + content


def form(data: bytes, chance: random.Random, raw: Raw) -> bytes:
    line, _, content = data.partition(b"\n")
    mark = content.partition(b"\r\n")[0]
    parts = content.split(mark)[1:-1] if mark.startswith(b"--") else []
    if not parts or chance.random() < 0.1:
        return line + b"\n" + raw(content)
    at = chance.randrange(len(parts))
    head, _, value = parts[at].partition(b"\r\n\r\n")
    match chance.randrange(7):
        case 0:
            parts.insert(at, parts[at])
        case 1:
            del parts[at]
        case 2:
            head = b'\r\nContent-Disposition: form-data; name="%b"' % chance.choice(tokens.FIELDS)
            parts[at] = head + chance.choice([b"", b'; filename="a.gz"', b"; filename=b"]) + b"\r\n\r\n" + value
        case 3:
            parts[at] = raw(head) + b"\r\n\r\n" + value
        case 4:
            value = packed_values(value[:-2], chance, raw)
            parts[at] = head + b"\r\n\r\n" + value + b"\r\n"
        case 5:
            parts[at] = head + b"\r\n\r\n" + chance.choice(FILES)(value[:-2]) + b"\r\n"
        case _:
            parts[at] = head + b"\r\n\r\n" + raw(value[:-2]) + b"\r\n"
    return line + b"\n" + mark + mark.join([*parts, b"--\r\n"])


def packed_values(value: bytes, chance: random.Random, raw: Raw) -> bytes:
    """Change MessagePack, as the JSON that it could be or that is in it; JSON may become MessagePack."""
    with contextlib.suppress(msgspec.MsgspecError, TypeError, ValueError, RecursionError):
        found = msgspec.msgpack.decode(value)
        if isinstance(found, dict) and found and isinstance(held := found[key := chance.choice([*found])], bytes):
            return msgspec.msgpack.encode({**found, key: document(held, chance, raw)})
        value = json.dumps(found).encode()
    text = document(value, chance, raw)
    if chance.random() < 0.5:
        with contextlib.suppress(ValueError, OverflowError, RecursionError):
            return msgspec.msgpack.encode(json.loads(text))
    return text


def after_lines(count: int, then: Mutator) -> Mutator:
    """Make a mutator for what stands after some lines, which are changed as bytes now and then."""

    def mutate(data: bytes, chance: random.Random, raw: Raw) -> bytes:
        *lines, content = (
            (data + b"\n" * count).split(b"\n", count) if data.count(b"\n") < count else data.split(b"\n", count)
        )
        if chance.random() < 0.1:
            at = chance.randrange(count)
            lines[at] = raw(lines[at]).replace(b"\n", b"")
        return b"\n".join([*lines, then(content, chance, raw)])

    return mutate


def request(data: bytes, chance: random.Random, raw: Raw) -> bytes:
    head, _, content = data.partition(b"\n\n")
    if chance.random() < 0.4:
        return spliced([*tokens.HEAD, *tokens.AUTH])(head, chance, raw) + b"\n\n" + content
    lines = head.split(b"\n")
    coding = next((line for line in lines if line.lower().startswith(b"content-encoding:")), b"")
    plain = unpacked(coding.partition(b":")[2].strip().decode("latin-1"), content)
    if plain.startswith(b"--"):
        plain = form(b"\n" + plain, chance, raw)[1:]
    elif b"envelope" in head:
        plain = envelope(plain, chance, raw)
    else:
        plain = document(plain, chance, raw)
    lines = [line for line in lines if line != coding]
    if chance.random() < 0.5:
        encoding, plain = packed(plain, chance)
        lines.append(b"Content-Encoding: " + encoding.encode())
    return b"\n".join(lines) + b"\n\n" + plain


MUTATORS: dict[str, Mutator] = {
    "auth": spliced(tokens.AUTH),
    "dsn": spliced(tokens.DSN),
    "body": body,
    "payload": after_lines(1, document),
    "event": first_byte,
    "item": item,
    "form": form,
    "envelope": envelope,
    "security": after_lines(2, document),
    "door": after_lines(2, document),
    "request": request,
}
