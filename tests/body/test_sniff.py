"""What a body begins as."""

import pytest

from store_protocol.body.sniff import sniff


@pytest.mark.parametrize(
    ("start", "found"),
    [
        (b"", None),
        (b"\x1f", None),
        (b"\x1f\x8b", "gzip"),
        (b"\x1f\x8c\x08", None),
        (b"\x78", None),
        (b"\x78\x9c", "zlib"),
        (b"\x28\xb5\x2f", None),
        (b"\x28\xb5\x2f\xfd", "zstd"),
        (b"\x28\xb5\x2f\xfe", None),
        (b"\x50\x2a\x4d\x18", "zstd"),
        (b"\x5f\x2a\x4d\x18", "zstd"),
        (b"\x4f\x2a\x4d\x18", None),
        (b"\x60\x2a\x4d\x18", None),
        (b"\x50\x2a\x4d\x19", None),
        (b"e30", None),
        (b"e30=", "base64"),
        (b"-_+/", "base64"),
        (b"=e30", None),
        (b"e3 0", None),
        (b"\t\r\n e30=", "base64"),
        (b"\x0be30=", None),
        (b"true", None),
        (b"trueabcd", None),
        (b"false", None),
        (b"nullx", None),
        (b"tru3abcd", "base64"),
        (b"1234", None),
        (b"-123,", None),
        (b"1234e5", None),
        (b"1234a", "base64"),
        # The first line of a multipart form.
        (b"--12", None),
    ],
)
def test_start_of_a_body_is_told(start: bytes, found: str | None) -> None:
    assert sniff(start) == found
