"""The first line of a body, which may be refused before the rest is there."""

import pytest

from store_protocol.body.decoder import BodyDecoder
from store_protocol.body.first_line import FirstLine
from store_protocol.errors import CorruptBody
from tests.body.cases import TEXT
from tests.body.test_at_once import ORDINARY


@pytest.mark.parametrize(
    ("parts", "line", "known_after"),
    [
        ([b"one\ntwo\nthree"], b"one", 1),
        ([b"o", b"ne\n", b"two"], b"one", 2),
        ([b" \r\n", b"\t\n one\ntwo"], b"one", 2),
        ([b"one"], b"one", None),
        ([b"one", b"two"], b"onetwo", None),
        ([b" \n"], b"", None),
        ([], b"", None),
        # Of a line that is too long the beginning is checked.
        ([b"1234567"], b"1234567", None),
        ([b"12345678"], b"12345678", 1),
        ([b"123456789"], b"12345678", 1),
        ([b"12345", b"6789"], b"12345678", 2),
        ([b"1234567\n8"], b"1234567", 1),
        ([b"12345678\n"], b"12345678", 1),
    ],
)
def test_first_line_is_checked_once_and_as_soon_as_it_is_there(
    parts: list[bytes], line: bytes, known_after: int | None
) -> None:
    checked: list[bytes] = []
    first = FirstLine(checked.append, 7)
    for index, part in enumerate(parts, 1):
        first.add(part)
        is_known = known_after is not None and index >= known_after
        assert (first.is_known, checked) == (is_known, [line] if is_known else [])
    first.end()
    first.end()
    assert (first.is_known, checked) == (True, [line])


@pytest.mark.parametrize("name", ORDINARY)
def test_decoder_has_the_first_line_checked_before_it_returns_the_body(name: str) -> None:
    body, codings, _ = ORDINARY[name]
    for size in (1, 100, len(body)):
        checked: list[bytes] = []
        decoder = BodyDecoder(",".join(codings), first_line=FirstLine(checked.append, 1000))
        for start in range(0, len(body), size):
            decoder.feed(body[start : start + size])
        assert (decoder.finish(), checked) == (TEXT, [TEXT])


def test_first_line_that_is_refused_is_not_known() -> None:
    def refuse(_: bytes) -> None:
        raise CorruptBody("refused")

    line = FirstLine(refuse, 7)
    with pytest.raises(CorruptBody):
        line.add(b"one\n")
    assert not line.is_known
