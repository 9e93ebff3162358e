"""The header that names the codings of a body."""

import pytest

from store_protocol.body import decode_body, parse_content_encoding
from store_protocol.errors import UnsupportedEncoding
from store_protocol.limits import Limits


@pytest.mark.parametrize(
    ("header", "codings"),
    [
        (None, ()),
        ("", ()),
        ("identity", ()),
        (" UTF-8 ", ()),
        ("iso-8859-1", ()),
        ("gzip", ("gzip",)),
        ("GZip ,identity, Br", ("gzip", "br")),
        ("x-deflate", ("deflate",)),
        (",,zstd", ("zstd",)),
    ],
)
def test_content_encoding_is_parsed(header: str | None, codings: tuple[str, ...]) -> None:
    assert parse_content_encoding(header) == codings


@pytest.mark.parametrize("header", ["compress", "gzip;q=1", "gzip deflate", "é\r\n", "*", "x" * 1000])
def test_unknown_coding_is_named(header: str) -> None:
    with pytest.raises(UnsupportedEncoding) as caught:
        decode_body(b"x", header)
    assert caught.value.status == 415
    assert len(caught.value.detail) < 300 and caught.value.detail.isascii()


def test_too_many_codings_are_refused() -> None:
    with pytest.raises(UnsupportedEncoding, match="more than 2"):
        decode_body(b"x", "gzip, gzip, gzip", limits=Limits(max_content_codings=2))
