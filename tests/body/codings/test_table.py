"""The table of codings: one entry makes a coding known everywhere, and other lists of codings agree with the table."""

import itertools
import sys
import typing
from collections.abc import Iterator

import click
import msgspec
import pytest

from store_protocol import BodyDecoder, Limits, decode_body, decode_request, encode_request
from store_protocol.body import open_body
from store_protocol.body.at_once import decode_at_once
from store_protocol.body.codings import CODINGS, CodingTable
from store_protocol.body.codings.base import Coding, Undone, corrupt, truncated
from store_protocol.body.content_encoding import parse_content_encoding
from store_protocol.body.sniff import sniff
from store_protocol.cli.commands import cli
from store_protocol.client import Encoding
from store_protocol.errors import CorruptBody, LimitExceeded, UnsupportedEncoding
from store_protocol.limits import EVENT

MAGIC, END = b"\0TOY", b"\0"
_FLIP = bytes(255 - value for value in range(256))
DSN = "https://b70a31b3510c4cf793964a185cfe1fd0@example.com/42"
TEXT = b'{"message":"hello"}'


class Toy:
    """Every byte flipped, behind a magic and before an end."""

    name = "toy"

    def __init__(self, _: Limits) -> None:
        self._read = b""

    def feed(self, data: bytes) -> Iterator[bytes]:
        self._read += data
        if not self._read.startswith(MAGIC):
            raise corrupt(self.name, "not toy data")
        yield from ()

    def finish(self) -> Iterator[bytes]:
        if not self._read.endswith(END):
            raise truncated(self.name)
        yield self._read[len(MAGIC) : -len(END)].translate(_FLIP)


def toy_at_once(body: bytes, most: int, _: Limits) -> Undone | None:
    plain = body[len(MAGIC) : -len(END)].translate(_FLIP)
    return (plain, ("toy",)) if toy(plain) == body and len(plain) <= most else None


def toy(plain: bytes) -> bytes:
    return MAGIC + plain.translate(_FLIP) + END


TOY = Coding(load=lambda: None, stream=Toy, at_once=toy_at_once, encode=toy, header_names=("toy", "x-toy"), magic=(MAGIC,))


def use(monkeypatch: pytest.MonkeyPatch, table: CodingTable) -> None:
    """Let every module use another table, this one among them."""
    original = CODINGS
    for module in [*sys.modules.values()]:
        if getattr(module, "CODINGS", None) is original:
            monkeypatch.setattr(module, "CODINGS", table)


@pytest.fixture
def toys(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, CodingTable({**CODINGS, "toy": TOY}))


def in_pieces(body: bytes, header: str | None, limits: Limits) -> tuple[bytes, tuple[str, ...]]:
    decoder, size = BodyDecoder(header, limits=limits), 1 if len(body) < 5000 else 997
    for start in range(0, len(body), size):
        decoder.feed(body[start : start + size])
    return decoder.finish(), decoder.codings


@pytest.mark.usefixtures("toys")
@pytest.mark.parametrize("header", ["toy", "x-toy", " Toy ", None])
@pytest.mark.parametrize("plain", [TEXT, b'{"extra":"' + b"x" * 300_000 + b'"}'], ids=["short", "long"])
def test_one_entry_of_the_table_is_a_coding_that_bodies_may_be_in(header: str | None, plain: bytes) -> None:
    body, limits = toy(plain), Limits(max_compressed_bytes=1 << 20)
    assert decode_body(body, header, limits=limits) == plain
    assert open_body(body, header, limits=limits).codings == ("toy",)
    assert in_pieces(body, header, limits) == (plain, ("toy",))
    with pytest.raises(CorruptBody, match="corrupt toy body: truncated"):
        decode_body(body[:-1], header, limits=limits)
    with pytest.raises(LimitExceeded):
        decode_body(body, header, limits=Limits(max_compressed_bytes=1 << 20, max_event_bytes=len(plain) - 1))
    with pytest.raises(LimitExceeded):
        in_pieces(body, header, Limits(max_compressed_bytes=len(body) - 1))


@pytest.mark.usefixtures("toys")
def test_one_entry_of_the_table_goes_with_the_other_codings() -> None:
    gzip, base64 = CODINGS["gzip"].encode, CODINGS["base64"].encode
    assert gzip is not None and base64 is not None
    assert open_body(gzip(toy(TEXT)), "toy, gzip").data == TEXT
    assert open_body(gzip(toy(TEXT)), "gzip").codings == ("gzip", "toy")
    assert open_body(toy(base64(TEXT)), "toy").codings == ("toy", "base64", "zlib")
    assert in_pieces(toy(base64(TEXT)), "toy", Limits()) == (TEXT, ("toy", "base64", "zlib"))


@pytest.mark.usefixtures("toys")
def test_one_entry_of_the_table_is_told_by_its_magic_and_sent_by_its_name() -> None:
    assert sniff(toy(TEXT)) == "toy"
    assert parse_content_encoding("gzip, x-toy") == ("gzip", "toy")
    request = encode_request(DSN, TEXT, encoding="toy")  # type: ignore[arg-type]
    assert (request.header("Content-Encoding"), request.header("Content-Type")) == ("toy", "application/json")
    assert request.body == toy(TEXT)
    assert decode_request(request).codings == ("toy",)
    with pytest.raises(ValueError, match=r"one of gzip, deflate, br, zstd, base64, toy$"):
        encode_request(DSN, TEXT, encoding="zlib")  # type: ignore[arg-type]


def test_without_its_entry_the_coding_is_unknown() -> None:
    assert decode_body(toy(TEXT)) == toy(TEXT)
    assert sniff(toy(TEXT)) is None
    with pytest.raises(UnsupportedEncoding):
        decode_body(toy(TEXT), "toy")
    with pytest.raises(ValueError, match="encoding must be"):
        encode_request(DSN, TEXT, encoding="toy")  # type: ignore[arg-type]


def test_entry_without_names_magic_and_encoder_is_a_coding_by_its_name_only(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, CodingTable({**CODINGS, "toy": Coding(load=lambda: None, stream=Toy, at_once=toy_at_once)}))
    assert sniff(toy(TEXT)) is None
    assert decode_at_once(toy(TEXT), ("toy",), Limits(), sniff=True, kind=EVENT) == (TEXT, ("toy",))
    with pytest.raises(UnsupportedEncoding):
        decode_body(toy(TEXT), "toy")
    with pytest.raises(ValueError, match=r"one of gzip, deflate, br, zstd, base64$"):
        encode_request(DSN, TEXT, encoding="toy")  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["lz4", "", "GZIP", "deflate-raw"])
def test_unknown_name_is_an_unsupported_encoding(name: str) -> None:
    with pytest.raises(UnsupportedEncoding, match="unsupported content encoding"):
        CODINGS[name]
    with pytest.raises(UnsupportedEncoding, match="unsupported content encoding"):
        decode_at_once(b"body", (name,), Limits(), sniff=True, kind=EVENT)


@pytest.mark.parametrize("name", ["zlib", "base64"])
def test_coding_that_only_its_bytes_tell_is_unknown_in_a_header(name: str) -> None:
    with pytest.raises(UnsupportedEncoding, match=f"unsupported content encoding '{name}'"):
        decode_body(TEXT, name)


def test_entry_of_the_table_never_changes() -> None:
    with pytest.raises(AttributeError):
        CODINGS["gzip"].is_wrapper = True  # type: ignore[misc]


def test_encodings_that_are_named_elsewhere_are_those_of_the_table() -> None:
    assert typing.get_args(Encoding) == CODINGS.encodings
    choice = next(option.type for option in cli.commands["send"].params if option.name == "encoding")
    assert isinstance(choice, click.Choice)
    assert tuple(choice.choices) == ("none", *CODINGS.encodings)


def may_begin_json(start: bytes) -> bool:
    try:
        msgspec.json.decode(start)
    except msgspec.DecodeError as error:
        return "truncated" in str(error) or "invalid number" in str(error)
    return True


def test_magic_tells_one_coding_and_no_json() -> None:
    magics = [magic for coding in CODINGS.values() for magic in coding.magic]
    for one, other in itertools.permutations(magics, 2):
        assert not one.startswith(other)
    for magic in magics:
        assert not may_begin_json(magic)


def test_header_name_stands_for_one_coding() -> None:
    names = [name for coding in CODINGS.values() for name in coding.header_names]
    assert sorted(names) == sorted(CODINGS.by_header_name)
    assert CODINGS.by_header_name == {
        "gzip": "gzip",
        "x-gzip": "gzip",
        "deflate": "deflate",
        "x-deflate": "deflate",
        "br": "br",
        "zstd": "zstd",
        "zstandard": "zstd",
    }
