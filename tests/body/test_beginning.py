"""What a body begins with, which is read before the rest is there."""

import gzip
import random

import pytest

from store_protocol.body.beginning import Beginning
from store_protocol.errors import CorruptBody, StoreError
from store_protocol.limits import Limits
from tests.body.cases import TEXT
from tests.body.test_at_once import ORDINARY

MOST = 12


@pytest.mark.parametrize(
    ("parts", "asked", "known_after"),
    [
        ([b"{one\ntwo\nthree"], [b"{one"], 1),
        ([b"{o", b"ne\n", b"two"], [b"{one"], 2),
        ([b"{", b"\n"], [b"{"], 2),
        ([b"{one"], [b"{one"], None),
        ([b"{one", b"two"], [b"{onetwo"], None),
        ([], [b""], None),
        # Of a line that is too long, the beginning is read.
        ([b"{1234567890"], [b"{1234567890"], None),
        ([b"{12345678901"], [b"{12345678901"], 1),
        ([b"{123456789012"], [b"{12345678901"], 1),
        ([b"{12345", b"6789012\n"], [b"{12345678901"], 2),
    ],
)
@pytest.mark.parametrize("again", [1, 1000])
def test_line_is_read_once_and_as_soon_as_it_is_there(
    parts: list[bytes], asked: list[bytes], known_after: int | None, again: int
) -> None:
    read: list[bytes] = []
    beginning = Beginning(lambda data: read.append(data) or len(read), MOST, limits=Limits())  # type: ignore[func-returns-value]
    for index, part in enumerate(parts, 1):
        beginning.feed(part)
        is_known = known_after is not None and index >= known_after
        assert (beginning.is_known, read) == (is_known, asked if is_known else [])
    beginning.end()
    beginning.feed(b"more" * again)
    beginning.end()
    assert (beginning.is_known, read, beginning.value) == (True, asked, 1)


@pytest.mark.parametrize(
    ("body", "asked"),
    [
        (b"{\n1\n", [b"{", b"{\n1\n"]),
        (b"{\n1\n2\n3\n4\n5\n6\n", [b"{", b"{\n1\n2\n3\n4\n5\n"]),
        (b" \r\n\t{one\ntwo three", [b"{one", b" \r\n\t{one\ntwo"]),
        (b" \n", [b" \n"]),
    ],
)
@pytest.mark.parametrize("size", [1, 3, 100])
def test_what_is_more_than_a_line_is_asked_for_once_more(body: bytes, asked: list[bytes], size: int) -> None:
    read: list[bytes] = []

    def refuse(data: bytes) -> None:
        read.append(data)
        raise CorruptBody("refused")

    beginning = Beginning(refuse, MOST, limits=Limits(), sniff=False)
    for start in range(0, len(body), size):
        beginning.feed(body[start : start + size])
    beginning.end()
    assert (read, beginning.is_known, beginning.value, str(beginning.error)) == (asked, True, None, "refused")


@pytest.mark.parametrize("name", ORDINARY)
@pytest.mark.parametrize("size", [1, 100, 100_000])
def test_codings_are_undone(name: str, size: int) -> None:
    body, codings, _ = ORDINARY[name]
    beginning = Beginning(bytes, 1000, ",".join(codings), limits=Limits())
    for start in range(0, len(body), size):
        beginning.feed(body[start : start + size])
    beginning.end()
    assert beginning.value == TEXT


def test_no_more_is_decoded_than_is_needed() -> None:
    # What follows the first block is no gzip.
    body = gzip.compress(b"{}\n" + random.Random(1).randbytes(100_000))[:20_000] + b"junk" * 20_000
    beginning = Beginning(bytes, 64 * 1024, "gzip", limits=Limits())
    beginning.feed(body)
    assert beginning.is_known and beginning.value == b"{}"


def test_error_of_the_coding_is_raised() -> None:
    beginning = Beginning(bytes, 1000, "gzip", limits=Limits())
    beginning.feed(b"hello")
    with pytest.raises(StoreError):
        beginning.end()
