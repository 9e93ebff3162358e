"""Scalars: what conversions have beside their forms."""

from unittest import mock
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store_protocol.convert import scalars
from store_protocol.convert.scalars import percent_decode

_PARTS = st.sampled_from(["%", "%4", "%41", "%c3%A9", "%C3", "%a9", "é", "a", "+", "%zz", "\U0001f600", "%f0%9f%98%80"])


@given(st.lists(_PARTS, max_size=20).map("".join), st.integers(3, 9))
def test_text_is_percent_decoded_alike_in_blocks_of_any_size_property(text: str, size: int) -> None:
    with mock.patch.object(scalars, "_BLOCK", size):
        assert percent_decode(text) == unquote(text, errors="replace")


@pytest.mark.parametrize("unit", ["%41", "%C3%A9", "a%", "é%41"])
def test_large_text_is_percent_decoded_in_blocks(unit: str) -> None:
    text = unit * 20_000
    assert percent_decode(text) == unquote(text, errors="replace")
