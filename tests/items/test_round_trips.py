"""Every item that is drawn: decoded, written and decoded again, by all ways that lead to it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store_protocol import Attachment, EnvelopeItem, Event, StoreError, encode_item
from store_protocol.convert.context import ConvertContext
from store_protocol.convert.readers import read_attributes
from store_protocol.items import Item, ReplayVideo, reading
from store_protocol.meta.tree import MetaTree
from store_protocol.strategies import dirty_items, items
from store_protocol.strategies.items import TYPES


def without_errors(found: Any) -> Any:
    if isinstance(found, Item):
        found.field_errors = ()
    if isinstance(found, ReplayVideo):
        without_errors(found.event), without_errors(found.recording)
    return found


def errors_of(found: Any) -> Any:
    if isinstance(found, Event):
        return found.errors
    return None if isinstance(found, Attachment) else found.field_errors


@pytest.mark.parametrize("kind", TYPES)
@given(data=st.data())
def test_clean_item_has_no_errors_and_comes_back(kind: str, data: Any) -> None:
    item: EnvelopeItem = data.draw(items(kind))
    found = item.decode()
    assert not errors_of(found)
    written = encode_item(found)
    # A packed event is an event once it is unpacked.
    assert written.type == item.type or isinstance(found, Event)
    assert written.decode() == found
    assert encode_item(written.decode()) == written


@pytest.mark.parametrize("kind", sorted({*TYPES} - {"event", "feedback", "transaction"}))
@given(data=st.data())
def test_dirty_item_comes_back_as_what_could_be_read(kind: str, data: Any) -> None:
    item: EnvelopeItem = data.draw(dirty_items(kind, rate=0.2))
    try:
        found = item.decode()
    except StoreError:
        return
    if not isinstance(found, Event):
        assert without_errors(encode_item(found).decode()) == without_errors(found)


@given(dirty_items(rate=0.1))
def test_conversion_in_c_reads_as_the_readers_do(item: EnvelopeItem) -> None:
    seen: list[tuple[Any, Any]] = []
    type_item = reading.type_item

    def compared(interface: Any, payload: dict[str, Any], context: ConvertContext) -> Any:
        found = type_item(interface, payload, context)
        meta_tree = MetaTree()
        keep_unknown = not reading.converts_whole(interface)
        lenient = ConvertContext(meta_tree, keep_unknown=keep_unknown, in_lenient_path=True)
        other = read_attributes(interface, payload, (), lenient)
        seen.append(((found, context.meta_tree.root.to_meta()), (other, meta_tree.root.to_meta())))
        assert seen[-1][0] == seen[-1][1]
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "type_item", compared)
        try:
            item.decode()
        except StoreError:
            return
