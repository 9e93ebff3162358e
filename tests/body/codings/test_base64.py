"""base64, which no header names."""

import base64

import pytest

from store_protocol.body import decode_body
from store_protocol.errors import CorruptBody
from tests.body.cases import in_pieces, outcomes

pytestmark = pytest.mark.usefixtures("engine")


@pytest.mark.parametrize("body", [b"eyJh=abc", b"eyJh!abc", b"eyJhY", b"eyJh====YWFh", b"eyJhYWFh=YWFh"])
def test_broken_base64_is_corrupt(body: bytes) -> None:
    with pytest.raises(CorruptBody):
        decode_body(body)
    with pytest.raises(CorruptBody):
        in_pieces(body, None, 1)


@pytest.mark.parametrize(
    ("body", "data", "codings"),
    [
        (b"e30=", b"{}", ("base64",)),
        (b"e30", b"e30", ()),
        (b"eyJhIjox", b'{"a":1', ("base64",)),
        # Padding may be missing, and there may be too much of it.
        (b"eyJhIjoxfQ", b'{"a":1}', ("base64",)),
        (b"eyJhIjoxfQ=", b'{"a":1}', ("base64",)),
        (b"eyJhIjoxfQ==", b'{"a":1}', ("base64",)),
        (b"eyJhIjoxfQ===\r\n=\n", b'{"a":1}', ("base64",)),
        (b"eyJhIjoxfSAg=", b'{"a":1}  ', ("base64",)),
        (b"  eyJhI joxf\r\nQ", b'{"a":1}', ("base64",)),
        (b"ey-_ey+/", b"{/\xbf{/\xbf", ("base64",)),
        (base64.b64encode(base64.b64encode(b"{}")), b"e30=", ("base64",)),
        # Digits are a number of JSON however many there are; what comes behind those that are looked at tells nothing.
        (b"1234", b"1234", ()),
        (b"1" * 100 + b"abcd", base64.b64decode(b"1" * 100 + b"abcd"), ("base64",)),
        (b"1" * 4096 + b"abcd", b"1" * 4096 + b"abcd", ()),
        (b"1" * 4095 + b"a", base64.b64decode(b"1" * 4095 + b"a"), ("base64",)),
        (b"\n" * 4092 + b"e30=", b"{}", ("base64",)),
        (b"\n" * 4093 + b"e30=", b"\n" * 4093 + b"e30=", ()),
    ],
)
def test_short_odd_and_numeric_bodies_are_told_apart(body: bytes, data: bytes, codings: tuple[str, ...]) -> None:
    assert outcomes(body, None) == (data, codings)
