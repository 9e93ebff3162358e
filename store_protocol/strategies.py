"""Hypothesis strategies for events, made from the schema, so that they reach every attribute of every interface.

`events` gives what today's SDKs send, `legacy_events` what older ones did and servers still take, and `dirty_events` either
of them with wrong values in it. All give plain objects as `parse_payload` does, ready for `json.dumps`. Needs the extra
`testing`.

>>> from hypothesis import given
>>> from store_protocol import parse_event
>>> @given(events())
... def test_clean_events_have_no_errors(event):
...     assert parse_event(event).errors is None
>>> test_clean_events_have_no_errors()
"""

import functools
import typing
from collections.abc import Callable
from string import ascii_letters, digits
from typing import Any

from hypothesis import strategies as st

from store_protocol.convert.ids import code_id, debug_id, event_id, span_id, trace_id, uuid
from store_protocol.convert.interface import Interface
from store_protocol.convert.pairs import read_cookies, read_headers, read_query_string, read_tags
from store_protocol.convert.readers import TEXTS, Field, fields_of
from store_protocol.convert.rules import NO_RULE, Rule, anything, unwrap
from store_protocol.convert.scalars import (
    LEVELS,
    STATUSES,
    U64_MAX,
    address,
    boolean,
    f64,
    finite,
    i64,
    ip_address,
    json_string,
    lenient_string,
    level,
    register,
    span_status,
    string,
    thread_id,
    u64,
    unit,
)
from store_protocol.convert.timestamps import timestamp
from store_protocol.convert.values import Values
from store_protocol.schema.contexts import CONTEXTS, read_contexts
from store_protocol.schema.contexts.application import read_flag_result
from store_protocol.schema.contexts.trace import read_span_data
from store_protocol.schema.event import Event, event_type, read_fingerprint, read_modules
from store_protocol.schema.exception import Exceptions
from store_protocol.schema.images import IMAGES, read_images
from store_protocol.schema.logentry import LogEntry, read_message_params
from store_protocol.schema.measurement import read_breakdowns, read_measurements
from store_protocol.schema.mechanism import Mechanism, read_link
from store_protocol.schema.sdk import infer_ip
from store_protocol.schema.span import read_span_kind
from store_protocol.schema.stacktrace import lock_type, non_empty_thread_id, read_frame_vars
from store_protocol.schema.user import User

__all__ = ["dirty_events", "events", "legacy_events"]

Strategy = st.SearchStrategy[Any]

#: 2026-11-23, around which the timestamps lie.
EPOCH = 1795392000

_NAME = st.text(ascii_letters + digits + "_", min_size=1, max_size=8)
_TEXT = st.text(max_size=12)
_FILLED = st.text(ascii_letters + digits + "_./:-<>é漢😀", min_size=1, max_size=16)
_U64 = st.integers(0, 100) | st.integers(0, U64_MAX)
_I64 = st.integers(-100, 100) | st.integers(-(2**63), 2**63 - 1)
# Of few digits, as Relay doesn't read all numbers to the last bit.
_FLOAT = st.integers(-80_000, 80_000).map(lambda number: number / 8)
_HEX32 = st.uuids(version=4).map(lambda each: each.hex)
_HEX16 = _HEX32.map(lambda text: text[:16])
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | _FLOAT | _TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAME, inner, max_size=3),
    max_leaves=8,
)
# What trimming has to cut: long, deep, or both.
_LARGE = st.builds(
    lambda text, times, depth: functools.reduce(lambda inner, _: {"a": inner, "b": [inner]}, range(depth), text * times),
    _FILLED,
    st.integers(1, 1200),
    st.integers(0, 4),
)
_FREE = st.one_of(_JSON, _JSON, _JSON, _JSON, _LARGE)
_OBJECT = st.dictionaries(_NAME, _FREE, min_size=1, max_size=4)
_TIMESTAMP = st.integers(EPOCH - 86400, EPOCH + 30) | st.integers(0, 8 * 86400).map(lambda eighths: EPOCH - eighths / 8)
_ADDRESS = st.integers(0, U64_MAX).map(hex)
_TAG_KEY = st.text(ascii_letters + digits + "_.:-", min_size=1, max_size=8)
_TAG_VALUE = st.text(ascii_letters + digits + "é漢 .-", min_size=1, max_size=10).map(str.strip).filter(bool)
_URL = st.builds(
    "{}://{}/{}{}".format,
    st.sampled_from(["http", "https"]),
    st.sampled_from(["example.com", "localhost:8000", "u:p@a.b", "127.0.0.1"]),
    st.text(ascii_letters + digits + "/._-", max_size=12),
    st.sampled_from(["", "?a=b", "?a=b&c", "#f", "?x=%20y#z"]),
)

#: What a value is where it is right, by the function that reads it.
CLEAN: dict[Any, Strategy] = {
    address: _ADDRESS,
    anything: _FREE,
    boolean: st.booleans(),
    code_id: st.text("0123456789abcdef", max_size=20),
    read_cookies: st.lists(st.tuples(_NAME, _NAME).map(list), min_size=1, max_size=3),
    debug_id: st.uuids().map(str) | st.builds("{}-{:x}".format, st.uuids(), st.integers(1, 2**32 - 1)),
    event_id: _HEX32,
    event_type: st.sampled_from(["default", "error"]),
    f64: _FLOAT,
    non_empty_thread_id: _U64 | _NAME,
    read_fingerprint: st.lists(_FILLED, min_size=1, max_size=3),
    finite: _FLOAT,
    read_flag_result: st.booleans() | _NAME | _U64,
    read_frame_vars: _OBJECT,
    read_headers: st.lists(st.tuples(_NAME, _FILLED).map(list), min_size=1, max_size=3),
    read_link: _URL,
    i64: _I64,
    infer_ip: st.sampled_from(["auto", "never"]),
    ip_address: st.ip_addresses(v=4).map(str) | st.ip_addresses(v=6).map(str) | st.just("{{auto}}"),
    json_string: _TEXT,
    lenient_string: _TEXT,
    level: st.sampled_from(sorted(LEVELS)),
    lock_type: st.sampled_from([1, 2, 4, 8]),
    read_message_params: st.lists(_JSON, max_size=3) | st.dictionaries(_NAME, _JSON, max_size=3),
    read_modules: st.dictionaries(_FILLED, _NAME, min_size=1, max_size=3),
    read_query_string: st.lists(st.tuples(_NAME, _TEXT).map(list), min_size=1, max_size=3),
    register: _ADDRESS,
    read_span_data: _OBJECT,
    span_id: _HEX16.filter(lambda text: text != "0" * 16),
    read_span_kind: st.sampled_from(["client", "server"]),
    span_status: st.sampled_from(STATUSES),
    string: _TEXT,
    read_tags: st.lists(st.tuples(_TAG_KEY, _TAG_VALUE).map(list), min_size=1, max_size=4),
    thread_id: _U64 | _NAME,
    timestamp: _TIMESTAMP,
    trace_id: _HEX32,
    u64: _U64,
    unit: st.sampled_from(["millisecond", "byte", "none", "custom"]),
    uuid: st.uuids().map(str),
}

#: What old SDKs send in its stead.
LEGACY: dict[Any, Strategy] = {
    address: st.integers(0, 2**63 - 1) | st.integers(0, U64_MAX).map(str) | st.just("0X1F"),
    code_id: st.uuids().map(lambda each: str(each).upper()),
    read_cookies: st.dictionaries(_NAME, _NAME, min_size=1, max_size=3) | st.sampled_from(["a=b", "a=b; c=%20d;", "a"]),
    debug_id: _HEX32 | st.just("5ab380779000") | _HEX32.map(lambda text: f"{text}A"),
    event_id: st.uuids().map(str) | _HEX32.map(str.upper),
    event_type: st.sampled_from(["error", "csp", "nel", "other"]),
    f64: st.integers(-1000, 1000),
    read_fingerprint: st.lists(st.none() | st.booleans() | _I64 | _FLOAT | _NAME, min_size=1, max_size=3),
    read_frame_vars: st.lists(_JSON, max_size=3),
    read_headers: st.dictionaries(_NAME, _NAME | _I64 | st.lists(_NAME | _I64, max_size=2), min_size=1, max_size=3),
    i64: _FLOAT,
    json_string: _JSON,
    lenient_string: st.integers(-(2**53), 2**53) | st.booleans() | _FLOAT,
    level: st.sampled_from([10, 20, 30, 40, 50, "log", "critical"]),
    read_modules: st.dictionaries(_NAME, st.none() | _NAME, max_size=3),
    read_query_string: st.sampled_from(["", "a=b", "?a=1&&b&c=%C3%A9+x", "="]) | st.dictionaries(_NAME, _JSON, max_size=3),
    span_status: st.sampled_from([0, 5, 16, "success", "failure", "unknown_error"]),
    read_tags: st.dictionaries(_TAG_KEY | st.just("a b"), _TAG_VALUE | _I64 | st.booleans() | st.none(), max_size=3),
    timestamp: st.sampled_from(
        ["2026-11-22T23:59:59Z", "2026-11-22T23:59:59.123456", "2026-11-22t20:00:00+02:00", "2026-11-20T00:00:00.1UTC"]
    ),
    u64: st.integers(0, 8000).map(lambda number: number / 8),
    unit: st.sampled_from(["MS", "ms", "Second", ""]),
}

#: What no attribute, or hardly any, takes.
WRONG: Strategy = st.one_of(
    st.sampled_from(
        [None, True, False, -1, 1.5, 7, "", " ", "x", "a\nb", "ü", [], {}, [None], ["a"], {"q": 1}, [[]], [{}]]
    ),
    st.sampled_from(
        [2**63, U64_MAX, -(2**63), 1e300, "x" * 600, "0" * 32, "{}", "/", "é" * 250, {"values": 5}, [["a", 1]]]
    ),
    _JSON,
)


class _Maker:
    """Makes strategies for values of the schema, each once."""

    def __init__(self, *, legacy: bool, rate: float) -> None:
        self.legacy = legacy
        self.rate = rate
        self._made: dict[Any, Strategy] = {}

    def interface(self, interface: type[Interface]) -> Strategy:
        """Return a strategy for the objects that an interface is read from."""
        if interface not in self._made:
            self._made[interface] = st.deferred(lambda: self._special(interface))
        return self._made[interface]

    def _special(self, interface: type[Interface]) -> Strategy:
        objects = self._object(interface)
        if not self.legacy:
            return objects
        if issubclass(interface, Values):
            values = fields_of(interface)[0]
            alone = self.value(typing.get_args(unwrap(values.hint)[0])[0], NO_RULE)
            return objects | st.lists(alone, max_size=2) | alone
        if interface is LogEntry:
            return objects | _TEXT | st.sampled_from([False])
        if interface is Mechanism:
            return objects | _OLD_MECHANISM
        if interface is User:
            return st.builds(lambda user, own: {**own, **user}, objects, st.dictionaries(_NAME, _JSON, max_size=2))
        return objects

    def _object(self, interface: type[Interface]) -> Strategy:
        fields = [field for field in fields_of(interface) if field.encode_name not in _NOT_SENT.get(interface, ())]
        required = [field for field in fields if field.rule.required]
        optional = [field for field in fields if not field.rule.required and field.name != "type"]
        parts = {field.encode_name: self.attribute(field) for field in (*required, *optional)}
        names = {field.encode_name: (field.encode_name, *field.rule.aliases) for field in fields}

        @st.composite
        def build(draw: Callable[[Strategy], Any]) -> dict[str, Any]:
            chosen = [field.encode_name for field in required]
            if optional:
                chosen += draw(
                    st.lists(st.sampled_from([field.encode_name for field in optional]), max_size=5, unique=True)
                )
            built = {}
            for wire in chosen:
                name = draw(st.sampled_from(names[wire])) if self.legacy and len(names[wire]) > 1 else wire
                built[name] = draw(parts[wire])
            if self.rate and self._strikes(draw):
                built[draw(st.sampled_from([*names, "unknown", "a b"]))] = draw(WRONG)
            return built

        made: Strategy = build()
        return made

    def attribute(self, field: Field) -> Strategy:
        """Return a strategy for an attribute of an interface."""
        return self.value(field.hint, field.rule)

    def value(self, hint: Any, rule: Rule) -> Strategy:
        """Return a strategy for values of an annotation."""
        inner, own = unwrap(hint)
        rule = rule if own is NO_RULE else own
        right = self._right(inner, rule)
        if not self.rate:
            return right

        @st.composite
        def spoiled(draw: Callable[[Strategy], Any]) -> Any:
            return draw(WRONG if self._strikes(draw) else right)

        made: Strategy = spoiled()
        return made

    def _strikes(self, draw: Callable[[Strategy], Any]) -> bool:
        return bool(draw(st.integers(0, 999)) >= 1000 - 1000 * self.rate)

    def _right(self, inner: Any, rule: Rule) -> Strategy:
        if rule.read is read_contexts:
            return self._by_type(CONTEXTS, {"any": _OBJECT}, keyed=True)
        if rule.read is read_images:
            return st.lists(self._by_type(IMAGES, {}, keyed=False), min_size=1, max_size=2)
        if rule.read is read_breakdowns:
            named = st.sampled_from(["span_ops", "a.b", "X"])
            return st.dictionaries(named, self.value(typing.get_args(inner)[1], NO_RULE), min_size=1, max_size=2)
        if rule.read is read_measurements:
            named = st.sampled_from(["lcp", "frames_total", "frames_slow", "stall_total_time", "app_start_cold", "a.b"])
            return st.dictionaries(named, self.value(typing.get_args(inner)[1], NO_RULE), max_size=3)
        form = rule.read or rule.convert
        if form in CLEAN:
            clean = _strings(rule) if form in TEXTS else CLEAN[form]
            return clean | LEGACY[form] if self.legacy and form in LEGACY else clean
        origin = typing.get_origin(inner)
        if origin is list:
            smallest = 1 if rule.nonempty or rule.skip_empty else 0
            return st.lists(self.value(typing.get_args(inner)[0], NO_RULE), min_size=smallest, max_size=3)
        if origin is dict:
            parts = self.value(typing.get_args(inner)[1], NO_RULE) if typing.get_args(inner)[1] is not Any else _FREE
            return st.dictionaries(_NAME, parts, min_size=1, max_size=3)
        if isinstance(inner, type) and issubclass(inner, Interface):
            return self.interface(inner)
        return _FREE

    def _by_type(self, layouts: dict[str, Any], other: dict[str, Strategy], *, keyed: bool) -> Strategy:
        @st.composite
        def typed(draw: Callable[[Strategy], Any]) -> Any:
            kind = draw(st.sampled_from([*layouts, *other]))
            value = draw(other[kind] if kind in other else self.interface(layouts[kind]))
            return kind, {**value, "type": kind} if not keyed or draw(st.booleans()) else value

        if keyed:
            return st.lists(typed(), min_size=1, max_size=3).map(dict)
        return typed().map(lambda pair: pair[1])


def _strings(rule: Rule) -> Strategy:
    """Return a strategy for strings that a rule allows, those about as long as it allows too."""
    if rule.allow is not None:
        base = st.text(sorted(rule.allow), min_size=1, max_size=12)
    elif rule.deny is not None or rule.strip:
        base = _FILLED.filter(lambda text: text.strip(" ") == text)
    elif rule.nonempty or rule.skip_empty:
        base = _FILLED
    else:
        base = _TEXT
    if rule.max_chars is None or rule.strip or rule.allow is not None:
        return base
    edges = [rule.max_chars, rule.max_chars + 1, rule.max_chars + rule.allowance, rule.max_chars + rule.allowance + 1]
    return st.one_of(base, base, base, base, st.sampled_from(edges).map(lambda length: "xé"[length % 2] * length))


_SIGNAL = st.fixed_dictionaries({"signal": _I64}, optional={"code": _I64, "name": _NAME})
_MACH = st.fixed_dictionaries({"exception": _I64, "code": _U64, "subcode": _U64}, optional={"exception_name": _NAME})
_OLD_MECHANISM = st.fixed_dictionaries({}, optional={"posix_signal": _SIGNAL, "mach_exception": _MACH, "a": _JSON})

# What servers set, and what an event must have in a form of its own.
_NOT_SENT: dict[type[Interface], tuple[str, ...]] = {
    Event: (
        *("_meta", "type", "event_id", "start_timestamp", "spans", "_metrics", "errors"),
        *("release", "dist", "environment"),
    ),
    Exceptions: (),
}
_RELEASE = st.text(ascii_letters + digits + "@.+-", min_size=2, max_size=12).filter(
    lambda text: text.lower() not in {"latest", ".."}
)
_DIST = st.text(ascii_letters + digits + "_.-", min_size=1, max_size=8)
_ENVIRONMENT = st.sampled_from(["production", "staging", "qa-1"])
_MORE = {"release": _RELEASE, "dist": _DIST, "environment": _ENVIRONMENT, "event_id": _HEX32}


@st.composite
def _events(draw: Callable[[Strategy], Any], maker: _Maker) -> dict[str, Any]:
    event: dict[str, Any] = draw(maker.interface(Event))
    event |= draw(st.fixed_dictionaries({}, optional=_MORE))
    if maker.legacy:
        event |= draw(
            st.fixed_dictionaries({}, optional={"message": _TEXT, "server_name": _FILLED, "site": _FILLED, "v": _I64})
        )
    if draw(st.integers(0, 9)) == 9:
        event |= draw(_transaction(maker))
    return event


@st.composite
def _transaction(draw: Callable[[Strategy], Any], maker: _Maker) -> dict[str, Any]:
    fields = {field.encode_name: field for field in fields_of(Event)}
    started = draw(_TIMESTAMP)
    spans = draw(maker.attribute(fields["spans"]))
    if maker.rate == 0:
        for span in spans:
            span |= {"start_timestamp": started, "timestamp": started + 1}
    trace = {"trace_id": draw(_HEX32), "span_id": "a" + draw(_HEX16)[1:]}
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
    return _events(_Maker(legacy=False, rate=0))


def legacy_events() -> Strategy:
    """Return events (dicts) with what old SDKs sent and servers still take.

    Old names, numbers for names, lists for objects, text for pairs: all of it is taken without an error, but for attributes
    that nobody knows any more.
    """
    return _events(_Maker(legacy=True, rate=0))


def dirty_events(rate: float = 0.1) -> Strategy:
    """Return events (dicts), of today's and of old SDKs, in which about `rate` (0 to 1) of the values are wrong."""
    return st.one_of(_events(_Maker(legacy=False, rate=rate)), _events(_Maker(legacy=True, rate=rate)))
