"""Hypothesis strategies for events and items, made from the schema, so that they reach every attribute of every interface.

`events` gives what today's SDKs send, `legacy_events` what older ones did and servers still take, and `dirty_events` either
of them with wrong values in it. All give plain objects as `parse_payload` does, ready for `json.dumps`. `items` gives items
of envelopes as SDKs send them, and `dirty_items` such with wrong values. Needs the extra `testing`.

>>> from hypothesis import given
>>> from store_protocol import parse_event
>>> @given(events())
... def test_clean_events_have_no_errors(event):
...     assert parse_event(event).errors is None
>>> test_clean_events_have_no_errors()
"""

from store_protocol.strategies.events import dirty_events as dirty_events
from store_protocol.strategies.events import events as events
from store_protocol.strategies.events import legacy_events as legacy_events
from store_protocol.strategies.items import dirty_items as dirty_items
from store_protocol.strategies.items import items as items

__all__ = ["dirty_events", "dirty_items", "events", "items", "legacy_events"]
