"""Strategies for scalars and other values without attributes: right ones, what old SDKs send, and wrong ones."""

import functools
import time
from collections.abc import Callable
from datetime import UTC, datetime
from string import ascii_letters, digits
from typing import Any

from hypothesis import strategies as st

from store_protocol.convert.ids import code_id, debug_id, event_id, span_id, trace_id, uuid
from store_protocol.convert.pairs import read_cookies, read_headers, read_query_string, read_tags
from store_protocol.convert.rules import anything
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
    whole_number,
)
from store_protocol.convert.timestamps import timestamp
from store_protocol.items.check_in import interval_unit, schedule_type, schedule_value
from store_protocol.items.types import check_in_status, infer
from store_protocol.schema.contexts.application import read_flag_result
from store_protocol.schema.contexts.trace import read_span_data
from store_protocol.schema.event import event_type, read_fingerprint, read_modules
from store_protocol.schema.logentry import read_message_params
from store_protocol.schema.mechanism import read_link
from store_protocol.schema.sdk import infer_ip
from store_protocol.schema.span import read_span_kind
from store_protocol.schema.stacktrace import lock_type, non_empty_thread_id, read_frame_vars

Strategy = st.SearchStrategy[Any]
#: Plain objects, as `json.dumps` takes them.
JsonObject = dict[str, Any]

#: What is asked for the time whenever a timestamp is drawn: servers note those that are long past, or in the future.
clock: Callable[[], float] = time.time

NAME = st.text(ascii_letters + digits + "_", min_size=1, max_size=8)
TEXT = st.text(max_size=12)
FILLED = st.text(ascii_letters + digits + "_./:-<>é漢😀", min_size=1, max_size=16)
U64 = st.integers(0, 100) | st.integers(0, U64_MAX)
I64 = st.integers(-100, 100) | st.integers(-(2**63), 2**63 - 1)
# Of few digits, as Relay doesn't read all numbers to the last bit.
FLOAT = st.integers(-80_000, 80_000).map(lambda number: number / 8)
HEX32 = st.uuids(version=4).map(lambda each: each.hex)
HEX16 = HEX32.map(lambda text: text[:16])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | FLOAT | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAME, inner, max_size=3),
    max_leaves=8,
)
# What trimming has to cut: long, deep, or both.
_LARGE = st.builds(
    lambda text, times, depth: functools.reduce(lambda inner, _: {"a": inner, "b": [inner]}, range(depth), text * times),
    FILLED,
    st.integers(1, 1200),
    st.integers(0, 4),
)
FREE = st.one_of(JSON, JSON, JSON, JSON, _LARGE)
OBJECT = st.dictionaries(NAME, FREE, min_size=1, max_size=4)


def ago(seconds: float) -> float:
    """Return the moment that lies so many seconds back, of a clock that knows no fractions."""
    return int(clock()) - seconds


TIMESTAMP = (st.integers(-30, 86400) | st.integers(0, 8 * 86400).map(lambda eighths: eighths / 8)).map(ago)
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
    check_in_status: st.sampled_from(["in_progress", "ok", "error"]),
    infer: st.sampled_from(["auto", "never"]),
    interval_unit: st.sampled_from(["year", "month", "week", "day", "hour", "minute"]),
    schedule_type: st.sampled_from(["crontab", "interval"]),
    schedule_value: st.integers(1, 100) | st.just("*/5 * * * *"),
    whole_number: st.integers(0, 10**9) | st.integers(0, 10**9).map(str),
    anything: FREE,
    boolean: st.booleans(),
    code_id: st.text("0123456789abcdef", max_size=20),
    read_cookies: st.lists(st.tuples(NAME, NAME).map(list), min_size=1, max_size=3),
    debug_id: st.uuids().map(str) | st.builds("{}-{:x}".format, st.uuids(), st.integers(1, 2**32 - 1)),
    event_id: HEX32,
    event_type: st.sampled_from(["default", "error"]),
    f64: FLOAT,
    non_empty_thread_id: U64 | NAME,
    read_fingerprint: st.lists(FILLED, min_size=1, max_size=3),
    finite: FLOAT,
    read_flag_result: st.booleans() | NAME | U64,
    read_frame_vars: OBJECT,
    read_headers: st.lists(st.tuples(NAME, FILLED).map(list), min_size=1, max_size=3),
    read_link: _URL,
    i64: I64,
    infer_ip: st.sampled_from(["auto", "never"]),
    ip_address: st.ip_addresses(v=4).map(str) | st.ip_addresses(v=6).map(str) | st.just("{{auto}}"),
    json_string: TEXT,
    lenient_string: TEXT,
    level: st.sampled_from(sorted(LEVELS)),
    lock_type: st.sampled_from([1, 2, 4, 8]),
    read_message_params: st.lists(JSON, max_size=3) | st.dictionaries(NAME, JSON, max_size=3),
    read_modules: st.dictionaries(FILLED, NAME, min_size=1, max_size=3),
    read_query_string: st.lists(st.tuples(NAME, TEXT).map(list), min_size=1, max_size=3),
    register: _ADDRESS,
    read_span_data: OBJECT,
    span_id: HEX16.filter(lambda text: text != "0" * 16),
    read_span_kind: st.sampled_from(["client", "server"]),
    span_status: st.sampled_from(STATUSES),
    string: TEXT,
    read_tags: st.lists(st.tuples(_TAG_KEY, _TAG_VALUE).map(list), min_size=1, max_size=4),
    thread_id: U64 | NAME,
    timestamp: TIMESTAMP,
    trace_id: HEX32,
    u64: U64,
    unit: st.sampled_from(["millisecond", "byte", "none", "custom"]),
    uuid: st.uuids().map(str),
}

#: What old SDKs send in its stead.
LEGACY: dict[Any, Strategy] = {
    address: st.integers(0, 2**63 - 1) | st.integers(0, U64_MAX).map(str) | st.just("0X1F"),
    code_id: st.uuids().map(lambda each: str(each).upper()),
    read_cookies: st.dictionaries(NAME, NAME, min_size=1, max_size=3) | st.sampled_from(["a=b", "a=b; c=%20d;", "a"]),
    debug_id: HEX32 | st.just("5ab380779000") | HEX32.map(lambda text: f"{text}A"),
    event_id: st.uuids().map(str) | HEX32.map(str.upper),
    event_type: st.sampled_from(["error", "csp", "nel", "other"]),
    f64: st.integers(-1000, 1000),
    read_fingerprint: st.lists(st.none() | st.booleans() | I64 | FLOAT | NAME, min_size=1, max_size=3),
    read_frame_vars: st.lists(JSON, max_size=3),
    read_headers: st.dictionaries(NAME, NAME | I64 | st.lists(NAME | I64, max_size=2), min_size=1, max_size=3),
    i64: FLOAT,
    json_string: JSON,
    lenient_string: st.integers(-(2**53), 2**53) | st.booleans() | FLOAT,
    level: st.sampled_from([10, 20, 30, 40, 50, "log", "critical"]),
    read_modules: st.dictionaries(NAME, st.none() | NAME, max_size=3),
    read_query_string: st.sampled_from(["", "a=b", "?a=1&&b&c=%C3%A9+x", "="]) | st.dictionaries(NAME, JSON, max_size=3),
    span_status: st.sampled_from([0, 5, 16, "success", "failure", "unknown_error"]),
    read_tags: st.dictionaries(_TAG_KEY | st.just("a b"), _TAG_VALUE | I64 | st.booleans() | st.none(), max_size=3),
    timestamp: st.builds(
        lambda seconds, form: datetime.fromtimestamp(ago(seconds), UTC).strftime(form),
        st.integers(0, 86400),
        st.sampled_from(
            ["%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S.123456", "%Y-%m-%dt%H:%M:%S+02:00", "%Y-%m-%dT%H:%M:%S.1UTC"]
        ),
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
    JSON,
)
