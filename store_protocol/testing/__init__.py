"""For tests of applications and SDKs: a fake Sentry, and what is asked of the events that came to it.

pytest finds the fixture `store_server` by itself where the package is installed; everywhere else it is a context manager.
Each name is loaded when it is first used, so that a test run does not wait for what it does not use.
"""

from typing import TYPE_CHECKING

from store_protocol.lazy_names import lazy_names

if TYPE_CHECKING:
    from store_protocol.describe import errors_of as errors_of
    from store_protocol.describe import exceptions as exceptions
    from store_protocol.describe import stack_trace as stack_trace
    from store_protocol.describe import tag as tag
    from store_protocol.describe import time_of as time_of
    from store_protocol.describe import title as title
    from store_protocol.testing.received import Exchange as Exchange
    from store_protocol.testing.received import NotReceived as NotReceived
    from store_protocol.testing.received import Refusal as Refusal
    from store_protocol.testing.sdk_rules import Finding as Finding
    from store_protocol.testing.sdk_rules import check_sdk as check_sdk
    from store_protocol.testing.server import Close as Close
    from store_protocol.testing.server import FakeSentry as FakeSentry
    from store_protocol.testing.server import Stall as Stall
    from store_protocol.testing.server import StoreServer as StoreServer
    from store_protocol.testing.server import store_server as store_server

__all__ = [
    "Close",
    "Exchange",
    "FakeSentry",
    "Finding",
    "NotReceived",
    "Refusal",
    "Stall",
    "StoreServer",
    "check_sdk",
    "errors_of",
    "exceptions",
    "stack_trace",
    "store_server",
    "tag",
    "time_of",
    "title",
]

_MODULES = {
    "Close": "testing.server",
    "Exchange": "testing.received",
    "FakeSentry": "testing.server",
    "Finding": "testing.sdk_rules",
    "NotReceived": "testing.received",
    "Refusal": "testing.received",
    "Stall": "testing.server",
    "StoreServer": "testing.server",
    "check_sdk": "testing.sdk_rules",
    "errors_of": "describe",
    "exceptions": "describe",
    "stack_trace": "describe",
    "store_server": "testing.server",
    "tag": "describe",
    "time_of": "describe",
    "title": "describe",
}

__getattr__, __dir__ = lazy_names(globals(), _MODULES, "store_protocol")
