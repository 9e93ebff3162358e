"""Addresses and UUIDs that are read many at once, as they are read one by one."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from store_protocol.convert.addresses import canonical_address, canonical_addresses, canonical_uuids
from store_protocol.convert.context import ConversionError
from store_protocol.convert.ids import uuid
from store_protocol.convert.scalars import address


@given(st.text("0123456789abcdefABCDEFxX_+- g", max_size=20) | st.integers(0, 2**64).map(hex) | st.text(max_size=6))
def test_addresses_are_settled_as_they_are_read_property(text: str) -> None:
    assert outcome_of(lambda: canonical_address(text)) == outcome_of(lambda: address(text))


ADDRESS = st.integers(0, 2**64).map(hex) | st.integers(0, 2**32).map("0x{:016X}".format)


@given(
    st.lists(ADDRESS, max_size=4), st.lists(ADDRESS | st.sampled_from(["", " ", "31", "0x1 0x2", "0x", "?"]), max_size=2)
)
def test_addresses_are_settled_together_as_they_are_alone_property(texts: list[str], more: list[str]) -> None:
    expected = outcome_of(lambda: [address(text) for text in texts + more])
    assert outcome_of(lambda: canonical_addresses(texts + more)) == expected


HEX_TEXT = st.integers(0, 2**128 - 1).map(lambda drawn: str(UUID(int=drawn)))


@given(
    st.lists(HEX_TEXT | HEX_TEXT.map(str.upper), max_size=4),
    st.lists(
        st.sampled_from(["", "?", "0" * 32, " " * 36, "0-" * 18, "-" * 36, "c0bcc3f1-9827-fe65-3058-404b2831d9e "]),
        max_size=1,
    ),
)
def test_uuids_are_read_together_as_they_are_alone_property(texts: list[str], more: list[str]) -> None:
    assert outcome_of(lambda: canonical_uuids(texts + more)) == outcome_of(lambda: [uuid(text) for text in texts + more])


def outcome_of(read: Callable[[], Any]) -> Any:
    try:
        return read()
    except ConversionError as wrong:
        return wrong.reason
