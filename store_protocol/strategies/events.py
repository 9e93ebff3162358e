"""Strategies for events."""

from collections.abc import Callable
from string import ascii_letters, digits
from typing import Any

from hypothesis import strategies as st

from store_protocol.convert.readers import fields_of
from store_protocol.schema.event import Event
from store_protocol.strategies.maker import Maker
from store_protocol.strategies.values import FILLED, HEX16, HEX32, I64, TEXT, TIMESTAMP, Strategy

_RELEASE = st.text(ascii_letters + digits + "@.+-", min_size=2, max_size=12).filter(
    lambda text: text.lower() not in {"latest", ".."}
)
_DIST = st.text(ascii_letters + digits + "_.-", min_size=1, max_size=8)
_ENVIRONMENT = st.sampled_from(["production", "staging", "qa-1"])
_MORE = {"release": _RELEASE, "dist": _DIST, "environment": _ENVIRONMENT, "event_id": HEX32}


@st.composite
def _events(draw: Callable[[Strategy], Any], maker: Maker) -> dict[str, Any]:
    event: dict[str, Any] = draw(maker.interface(Event))
    event |= draw(st.fixed_dictionaries({}, optional=_MORE))
    if maker.legacy:
        event |= draw(
            st.fixed_dictionaries({}, optional={"message": TEXT, "server_name": FILLED, "site": FILLED, "v": I64})
        )
    if draw(st.integers(0, 9)) == 9:
        event |= draw(_transaction(maker))
    return event


@st.composite
def _transaction(draw: Callable[[Strategy], Any], maker: Maker) -> dict[str, Any]:
    fields = {field.encode_name: field for field in fields_of(Event)}
    started = draw(TIMESTAMP)
    spans = draw(maker.attribute(fields["spans"]))
    if maker.rate == 0:
        for span in spans:
            span |= {"start_timestamp": started, "timestamp": started + 1}
    trace = {"trace_id": draw(HEX32), "span_id": "a" + draw(HEX16)[1:]}
    return {
        "type": "transaction",
        "start_timestamp": started,
        "timestamp": started + 5,
        "contexts": {"trace": trace},
        "transaction": draw(st.sampled_from(["/a/b", "/a/1234", "/user/7c9ae6e5-8f03-442b-9203-bbdcf6ae904c/x", "task"])),
        "transaction_info": draw(maker.attribute(fields["transaction_info"])),
        "measurements": draw(maker.attribute(fields["measurements"])),
        "spans": spans,
    }


def events() -> Strategy:
    """Return events as today's SDKs send them (dicts): every attribute that is there is right.

    One in ten is a transaction.
    """
    return _events(Maker(legacy=False, rate=0))


def legacy_events() -> Strategy:
    """Return events (dicts) with what old SDKs sent and servers still take.

    Old names, numbers for names, lists for objects, text for pairs: all of it is taken without an error, but for attributes
    that nobody knows any more.
    """
    return _events(Maker(legacy=True, rate=0))


def dirty_events(rate: float = 0.1) -> Strategy:
    """Return events (dicts), of today's and of old SDKs, in which about `rate` (0 to 1) of the values are wrong."""
    return st.one_of(_events(Maker(legacy=False, rate=rate)), _events(Maker(legacy=True, rate=rate)))
