"""Strategies for events."""

import json
from collections.abc import Callable, Sequence
from string import ascii_letters, digits
from typing import Any, Literal, NamedTuple

from hypothesis import strategies as st

from store_protocol.convert.interface import Interface
from store_protocol.convert.readers import fields_of
from store_protocol.schema.event import Event
from store_protocol.schema.stacktrace import Frame
from store_protocol.strategies.maker import NOT_SENT, Maker, maker_of
from store_protocol.strategies.values import FILLED, HEX16, HEX32, I64, TEXT, TIMESTAMP, JsonObject, Strategy

_RELEASE = st.text(ascii_letters + digits + "@.+-", min_size=2, max_size=12).filter(
    lambda text: text.lower() not in {"latest", ".."}
)
_DIST = st.text(ascii_letters + digits + "_.-", min_size=1, max_size=8)
_ENVIRONMENT = st.sampled_from(["production", "staging", "qa-1"])
_MORE = {"release": _RELEASE, "dist": _DIST, "environment": _ENVIRONMENT, "event_id": HEX32}


#: What an event is: an error (or a message), a transaction, or feedback of a user.
Kind = Literal["error", "transaction", "feedback"]


class _Knobs(NamedTuple):
    """What is asked of the events that are drawn."""

    kind: Kind | None = None
    require: tuple[str, ...] = ()
    platform: str | None = None
    min_bytes: int = 0


_NO_KNOBS = _Knobs()


@st.composite
def _events(draw: Callable[[Strategy], Any], maker: Maker, knobs: _Knobs = _NO_KNOBS) -> JsonObject:
    event: dict[str, Any] = draw(maker.interface(Event))
    event |= draw(st.fixed_dictionaries({}, optional=_MORE))
    if maker.legacy:
        event |= draw(
            st.fixed_dictionaries({}, optional={"message": TEXT, "server_name": FILLED, "site": FILLED, "v": I64})
        )
    kind = knobs.kind or ("transaction" if draw(st.integers(0, 9)) == 9 else "error")
    if kind == "transaction":
        event |= draw(_transaction(maker))
    elif kind == "feedback":
        event |= draw(_feedback())
    for name in knobs.require:
        if name not in event:
            event[name] = draw(_MORE[name] if name in _MORE else maker.attribute(_FIELDS[name]))
    if knobs.platform is not None:
        event["platform"] = knobs.platform
    if knobs.min_bytes:
        _enlarge(event, draw(maker.interface(Frame)), knobs.min_bytes)
    return event


_FIELDS = {field.encode_name: field for field in fields_of(Event)}
#: Frames of a stack trace that no server shortens.
_FRAMES = 40


def _enlarge(event: JsonObject, frame: JsonObject, min_bytes: int) -> None:
    """Add exceptions with many frames until an event has so many bytes as JSON."""
    if len(json.dumps(event)) >= min_bytes:
        return
    frames = [{**frame, "function": f"function_{index}"} for index in range(_FRAMES)]
    exception = {"type": "Error", "value": "large", "stacktrace": {"frames": frames}}
    # Those that are there may stand in another form.
    event["exception"] = {"values": [exception]}
    missing = min_bytes - len(json.dumps(event))
    event["exception"]["values"] *= 1 + max(0, -(-missing // len(json.dumps(exception))))


@st.composite
def _feedback(draw: Callable[[Strategy], Any]) -> JsonObject:
    said = {"message": FILLED}
    more = {"contact_email": st.just("a@example.com"), "name": FILLED, "url": st.just("https://example.com/a")}
    more["associated_event_id"] = HEX32
    return {"type": "feedback", "contexts": {"feedback": draw(st.fixed_dictionaries(said, optional=more))}}


@st.composite
def _transaction(draw: Callable[[Strategy], Any], maker: Maker) -> JsonObject:
    started = draw(TIMESTAMP)
    spans = draw(maker.attribute(_FIELDS["spans"]))
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
        "transaction_info": draw(maker.attribute(_FIELDS["transaction_info"])),
        "measurements": draw(maker.attribute(_FIELDS["measurements"])),
        "spans": spans,
    }


def events(
    *,
    kind: Kind | None = None,
    require: Sequence[str] = (),
    platform: str | None = None,
    min_bytes: int = 0,
) -> st.SearchStrategy[JsonObject]:
    """Return events as today's SDKs send them: every attribute that is there is right.

    `normalize_event` finds nothing wrong with any of them. One in ten is a transaction, unless `kind` says what they are.
    `require` names attributes that each has (`"exception"`, `"breadcrumbs"`), `platform` is that of all, and each has at
    least `min_bytes` as JSON. Raises `ValueError` for an attribute that clients don't send.
    """
    unknown = [name for name in require if name not in _SENT]
    if unknown:
        message = f"no client sends {', '.join(map(repr, unknown))}; an event has {', '.join(sorted(_SENT))}"
        raise ValueError(message)
    return _events(maker_of(legacy=False, rate=0), _Knobs(kind, tuple(require), platform, min_bytes))


_SENT = ({*_FIELDS} - {*NOT_SENT[Event]}) | {*_MORE}


def errors(
    *, require: Sequence[str] = (), platform: str | None = None, min_bytes: int = 0
) -> st.SearchStrategy[JsonObject]:
    """Return events that are errors or messages; the arguments are those of `events`."""
    return events(kind="error", require=require, platform=platform, min_bytes=min_bytes)


def transactions(
    *, require: Sequence[str] = (), platform: str | None = None, min_bytes: int = 0
) -> st.SearchStrategy[JsonObject]:
    """Return events that are transactions; the arguments are those of `events`."""
    return events(kind="transaction", require=require, platform=platform, min_bytes=min_bytes)


def feedback(*, platform: str | None = None) -> st.SearchStrategy[JsonObject]:
    """Return events that are feedback of users."""
    return events(kind="feedback", platform=platform)


def interface(of: type[Interface]) -> st.SearchStrategy[JsonObject]:
    """Return the objects that an interface is read from, such as `store_protocol.schema.stacktrace.Frame`."""
    return maker_of(legacy=False, rate=0).interface(of)


def legacy_events() -> st.SearchStrategy[JsonObject]:
    """Return events (dicts) with what old SDKs sent and servers still take.

    Old names, numbers for names, lists for objects, text for pairs: all of it is taken without an error, but for attributes
    that nobody knows any more.
    """
    return _events(maker_of(legacy=True, rate=0))


def dirty_events(rate: float = 0.1) -> st.SearchStrategy[JsonObject]:
    """Return events (dicts), of today's and of old SDKs, in which about `rate` (0 to 1) of the values are wrong."""
    return st.one_of(_events(maker_of(legacy=False, rate=rate)), _events(maker_of(legacy=True, rate=rate)))
