"""Strategies made from the schema: for each interface, objects of its attributes."""

import functools
import typing
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from store_protocol.convert.interface import Interface
from store_protocol.convert.readers import TEXTS, Field, fields_of, holds_interfaces
from store_protocol.convert.rules import NO_RULE, Rule, unwrap
from store_protocol.convert.values import Values
from store_protocol.schema.contexts import CONTEXTS, Context, read_contexts
from store_protocol.schema.event import Event
from store_protocol.schema.exception import Exceptions, ExceptionValue
from store_protocol.schema.images import IMAGES, DebugImage, read_images
from store_protocol.schema.logentry import LogEntry
from store_protocol.schema.measurement import read_breakdowns, read_measurements
from store_protocol.schema.mechanism import Mechanism
from store_protocol.schema.request import Request
from store_protocol.schema.user import User
from store_protocol.strategies.values import (
    CLEAN,
    FILLED,
    FREE,
    I64,
    JSON,
    LEGACY,
    NAME,
    OBJECT,
    TEXT,
    U64,
    WRONG,
    Strategy,
)


class Maker:
    """Makes strategies for values of the schema, each once."""

    def __init__(self, *, legacy: bool, rate: float) -> None:
        self.legacy = legacy
        self.rate = rate
        self._made: dict[Any, Strategy] = {}

    def interface(self, interface: type[Interface]) -> Strategy:
        """Return a strategy for the objects that an interface is read from."""
        if interface not in self._made:
            self._made[interface] = st.deferred(lambda: self.special(interface))
        return self._made[interface]

    def special(self, interface: type[Interface]) -> Strategy:
        objects = self._object(interface)
        if not self.legacy:
            fix = None if self.rate else _FIXES.get(interface)
            return objects if fix is None else objects.map(fix)
        if issubclass(interface, Values):
            values = fields_of(interface)[0]
            alone = self.value(typing.get_args(unwrap(values.hint)[0])[0], NO_RULE)
            return objects | st.lists(alone, max_size=2) | alone
        if interface is LogEntry:
            return objects | TEXT | st.sampled_from([False])
        if interface is Mechanism:
            return objects | _OLD_MECHANISM
        if interface is User:
            return st.builds(lambda user, own: {**own, **user}, objects, st.dictionaries(NAME, JSON, max_size=2))
        return objects

    def _object(self, interface: type[Interface]) -> Strategy:
        fields = [field for field in fields_of(interface) if field.encode_name not in NOT_SENT.get(interface, ())]
        required = [field for field in fields if field.rule.required]
        # The type of a context or an image is told by what it is drawn for.
        told = "type" if issubclass(interface, (Context, DebugImage)) else None
        optional = [field for field in fields if not field.rule.required and field.name != told]
        parts = {field.encode_name: self.attribute(field) for field in (*required, *optional)}
        names = {field.encode_name: (field.encode_name, *field.rule.aliases) for field in fields}

        choose = _chosen(optional)

        @st.composite
        def build(draw: Callable[[Strategy], Any]) -> dict[str, Any]:
            chosen = [field.encode_name for field in required]
            chosen += draw(choose)
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
            return self._by_type(CONTEXTS, {"any": OBJECT}, keyed=True)
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
            parts = self.value(typing.get_args(inner)[1], NO_RULE) if typing.get_args(inner)[1] is not Any else FREE
            return st.dictionaries(NAME, parts, min_size=1, max_size=3)
        if isinstance(inner, type) and issubclass(inner, Interface):
            return self.interface(inner)
        return FREE

    def _by_type(self, layouts: dict[str, Any], other: dict[str, Strategy], *, keyed: bool) -> Strategy:
        @st.composite
        def typed(draw: Callable[[Strategy], Any]) -> Any:
            kind = draw(st.sampled_from([*layouts, *other]))
            value = draw(other[kind] if kind in other else self.interface(layouts[kind]))
            return kind, {**value, "type": kind} if not keyed or draw(st.booleans()) else value

        if keyed:
            return st.lists(typed(), min_size=1, max_size=3).map(dict)
        return typed().map(lambda pair: pair[1])


#: Attributes of a small interface, which has any of them as often as not.
_FEW = 4
#: How much more often an attribute is there that holds more of them.
_WEIGHT = 8


def _chosen(optional: list[Field]) -> Strategy:
    """Return which of the attributes that may be left out are there (their names)."""
    names = [field.encode_name for field in optional]
    if len(names) <= _FEW:
        return st.lists(st.sampled_from(names), unique=True) if names else st.just([])
    # What is deep in an event would hardly ever be reached otherwise.
    names += [field.encode_name for field in optional if holds_interfaces(field.hint)] * (_WEIGHT - 1)
    return st.lists(st.sampled_from(names), max_size=5, unique=True)


def _strings(rule: Rule) -> Strategy:
    """Return a strategy for strings that a rule allows, those about as long as it allows too."""
    if rule.allow is not None:
        base = st.text(sorted(rule.allow), min_size=1, max_size=12)
    elif rule.deny is not None or rule.strip:
        base = FILLED.filter(lambda text: text.strip(" ") == text)
    elif rule.nonempty or rule.skip_empty:
        base = FILLED
    else:
        base = TEXT
    if rule.max_chars is None or rule.strip or rule.allow is not None:
        return base
    edges = [rule.max_chars, rule.max_chars + 1, rule.max_chars + rule.allowance, rule.max_chars + rule.allowance + 1]
    return st.one_of(base, base, base, base, st.sampled_from(edges).map(lambda length: "xé"[length % 2] * length))


_SIGNAL = st.fixed_dictionaries({"signal": I64}, optional={"code": I64, "name": NAME})
_MACH = st.fixed_dictionaries({"exception": I64, "code": U64, "subcode": U64}, optional={"exception_name": NAME})
_OLD_MECHANISM = st.fixed_dictionaries({}, optional={"posix_signal": _SIGNAL, "mach_exception": _MACH, "a": JSON})


def _fix_exception(exception: dict[str, Any]) -> dict[str, Any]:
    return exception if exception.get("type") or exception.get("value") else {**exception, "type": "Error"}


def _fix_logentry(entry: dict[str, Any]) -> dict[str, Any]:
    return entry if entry.get("formatted") or entry.get("message") else {**entry, "formatted": "hello"}


def _fix_request(request: dict[str, Any]) -> dict[str, Any]:
    return {**request, "method": "POST"} if "method" in request else request


#: What belongs together in an interface, so that normalization finds nothing wrong.
_FIXES: dict[type[Interface], Callable[[dict[str, Any]], dict[str, Any]]] = {
    ExceptionValue: _fix_exception,
    LogEntry: _fix_logentry,
    Request: _fix_request,
}

# What servers set, and what an event must have in a form of its own.
NOT_SENT: dict[type[Interface], tuple[str, ...]] = {
    Event: (
        *("_meta", "type", "event_id", "start_timestamp", "spans", "_metrics", "errors"),
        *("release", "dist", "environment"),
    ),
    Exceptions: (),
}


@functools.lru_cache(maxsize=16)
def maker_of(*, legacy: bool, rate: float) -> Maker:
    """Return a maker, the same for the same arguments: strategies of all interfaces take as long to make as many draws."""
    return Maker(legacy=legacy, rate=rate)
