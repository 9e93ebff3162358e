"""Whatever an item holds: it is decoded, or refused by an error of ours."""

import contextlib
import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from store_protocol import NormalizeOptions, StoreError, decode_item, encode_item
from store_protocol.convert.readers import fields_of
from store_protocol.items import Item
from store_protocol.items.decoding import INTERFACES
from store_protocol.strategies.items import TYPES
from store_protocol.strategies.values import WRONG

_NAMES = sorted({field.encode_name for interface in INTERFACES.values() for field in fields_of(interface)})
_VALUES = st.recursive(
    WRONG, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(_NAMES), inner, max_size=3)
)
_HEADERS = st.dictionaries(
    st.sampled_from(["content_type", "attachment_type", "meta_length", "item_count", "platform", "filename"]),
    WRONG
    | st.integers(0, 9)
    | st.sampled_from(
        [
            *("application/vnd.sentry.trace-attachment", "application/vnd.sentry.attachment-ref+json"),
            *("event.view_hierarchy", "event.payload", "event.breadcrumbs", "application/x-perfetto-trace"),
        ]
    ),
    max_size=3,
)
_PAYLOADS = (
    st.dictionaries(st.sampled_from(_NAMES), _VALUES, max_size=6).map(lambda value: json.dumps(value).encode())
    | _VALUES.map(lambda value: json.dumps(value).encode())
    | _VALUES.map(msgspec.msgpack.encode)
    | st.binary(max_size=30)
)


@pytest.mark.parametrize("kind", TYPES)
@given(_PAYLOADS, _HEADERS, st.booleans())
def test_anything_is_decoded_or_refused(kind: str, data: bytes, headers: dict[str, Any], dated: bool) -> None:
    options = NormalizeOptions(received_at=1795392000.0, sent_at=5.0, client_ip="1.2.3.4") if dated else NormalizeOptions()
    with contextlib.suppress(StoreError):
        found = decode_item(kind, data, headers, options)
        if isinstance(found, Item):
            found.field_errors = ()
            assert decode_item(kind, encode_item(found).data, encode_item(found).headers) is not None
            hash(repr(found.to_dict()))
