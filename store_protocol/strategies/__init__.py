"""Hypothesis strategies for what clients send, made from the schema, so that they reach every attribute of every interface.

Needs the extra `testing`. All that they give shrinks to something small.

- Events, plain objects ready for `json.dumps`: `events` as today's SDKs send them, and of these `errors`, `transactions`
  and `feedback`; `legacy_events` as older ones did and servers still take; `dirty_events` with wrong values. `interface`
  gives the objects of one interface.
- Items of envelopes: `items`, and `dirty_items` with wrong values.
- What they come in: `auth_headers`, `dsns`, `bodies`, `envelopes`, `minidump_forms`, `security_reports`.
- Whole requests: `requests` that a server takes, and `hostile_requests` that it must not break of.

`hypothesis.strategies.from_type` knows `Event`, `HttpRequest`, `Dsn` and `Auth` once this module is imported.

>>> from hypothesis import given
>>> from store_protocol import normalize_event
>>> @given(events())
... def test_clean_events_have_no_errors(event):
...     assert normalize_event(event).errors is None
>>> test_clean_events_have_no_errors()
"""

from store_protocol.strategies.events import dirty_events as dirty_events
from store_protocol.strategies.events import errors as errors
from store_protocol.strategies.events import events as events
from store_protocol.strategies.events import feedback as feedback
from store_protocol.strategies.events import interface as interface
from store_protocol.strategies.events import legacy_events as legacy_events
from store_protocol.strategies.events import transactions as transactions
from store_protocol.strategies.hostile import hostile_requests as hostile_requests
from store_protocol.strategies.items import dirty_items as dirty_items
from store_protocol.strategies.items import items as items
from store_protocol.strategies.requests import Form as Form
from store_protocol.strategies.requests import auth_headers as auth_headers
from store_protocol.strategies.requests import bodies as bodies
from store_protocol.strategies.requests import dsns as dsns
from store_protocol.strategies.requests import envelopes as envelopes
from store_protocol.strategies.requests import minidump_forms as minidump_forms
from store_protocol.strategies.requests import requests as requests
from store_protocol.strategies.requests import security_reports as security_reports
from store_protocol.strategies.types import register as _register

__all__ = [
    "Form",
    "auth_headers",
    "bodies",
    "dirty_events",
    "dirty_items",
    "dsns",
    "envelopes",
    "errors",
    "events",
    "feedback",
    "hostile_requests",
    "interface",
    "items",
    "legacy_events",
    "minidump_forms",
    "requests",
    "security_reports",
    "transactions",
]

_register()
