"""Large texts are decoded without a garbage collection in between, and the collector is left as it was."""

import gc
from typing import Any

import pytest

from store_protocol import StoreError, normalize_event, parse_payload

LISTS = b"[" + b"[]," * 100_000 + b"%b]"
EVENT = b'{"extra":{"a":%b}}' % LISTS


@pytest.fixture
def collections() -> Any:
    begun: list[str] = []

    def note(phase: str, info: dict[str, int]) -> None:
        begun.append(phase)

    gc.callbacks.append(note)
    yield begun
    gc.callbacks.remove(note)


@pytest.mark.parametrize("last", [b"0", b"NaN", b'"\xff"', b"18446744073709551616", b"\x01"])
def test_large_texts_are_decoded_without_collections(collections: list[str], last: bytes) -> None:
    for text, read in ((LISTS % last, parse_payload), (EVENT % last, normalize_event)):
        collections.clear()
        try:
            read(text)
        except StoreError:
            assert last == b"\x01"
        # Without the pause there are more than a hundred. What Python code makes in between may need a few.
        assert len(collections) < 40
        assert gc.isenabled()


def test_collector_stays_off_where_it_is_off() -> None:
    gc.disable()
    try:
        parse_payload(LISTS % b"0")
        assert not gc.isenabled()
    finally:
        gc.enable()
