"""Cutting what is too long: strings by characters, free-form values by bytes and depth, stack traces by frames.

A free-form value has a limit, a budget of bytes that its parts use up in the order in which they are written: a string
costs its UTF-8 bytes and two quotes, a number its digits, a container two, an absent attribute of an interface
nothing, and every part one more for the comma. Keys are free. The bytes that are left bound the next string, by characters;
what comes after the last is dropped. Containers at the last level that it may have become their JSON text. All as in
Relay's `TrimmingProcessor`, whose accounts must be met to the byte for the same event to come out.

Nearly always there is nothing to cut, which `checks` tells first.
"""

from bisect import bisect_left
from collections.abc import Sequence
from typing import Any

from store_protocol.convert.interface import Interface
from store_protocol.convert.pairs import read_cookies, read_headers, read_query_string
from store_protocol.convert.readers import Field, fields_of
from store_protocol.convert.rules import AdditionalProperties, FreeFormLimit, Rule
from store_protocol.convert.scalars import json_text
from store_protocol.meta.sizes import estimate_size_flat
from store_protocol.meta.tree import MetaTree, Path
from store_protocol.normalize.context import Normalization
from store_protocol.normalize.trimming.checks import fields_to_trim, long_strings
from store_protocol.normalize.trimming.chunks import trim_text
from store_protocol.normalize.trimming.event_values import COLLECTED, values_fit
from store_protocol.normalize.trimming.flattening import PLAIN, SCALARS, flattened
from store_protocol.normalize.trimming.frames import limit_frames, slim_frames
from store_protocol.normalize.trimming.free_form import KnownTooLarge, Oversized, oversized_in, surely_fits
from store_protocol.normalize.trimming.measuring import cost_of_parts
from store_protocol.normalize.trimming.spans import limit_spans
from store_protocol.schema.contexts import Context
from store_protocol.schema.contexts.trace import read_span_data
from store_protocol.schema.stacktrace import Stacktrace

#: The rule of a part of a free-form value.
ITEM = Rule()

#: Parts that are measured at once, where nearly always there is nothing to change in them. Blocks begin at multiples, so
#: that none is measured again after a part in it that had to be cut.
_BLOCK = 16
_MEASURED = PLAIN | SCALARS | {str, type(None)}

#: The readers of lists of pairs.
_PAIR_READERS: frozenset[Any] = frozenset({read_headers, read_cookies, read_query_string})


def trimming(normalization: Normalization) -> None:
    """Cut what is too long in an event, where the options say so."""
    if normalization.options.enable_trimming:
        too_large = KnownTooLarge()
        found, with_long_strings, oversized = _to_trim(normalization, too_large)
        if found or with_long_strings or oversized:
            trimmer = _Trimmer(normalization.meta_tree, too_large)
            trimmer.oversized(oversized)
            for name in with_long_strings:
                trimmer.strings(getattr(normalization.event, name), (name,))
            trimmer.attributes(normalization.event, found, (), 0)
        limit_spans(normalization.event, normalization.meta_tree, normalization.facts.text_size)


def _to_trim(
    normalization: Normalization, too_large: KnownTooLarge
) -> tuple[tuple[Field, ...], list[str], list[Oversized]]:
    """Return where there may be something to cut.

    These are attributes of the event; those of `COLLECTED` that have a string that is too long; and the free-form values in
    all of `COLLECTED`.
    """
    event, facts = normalization.event, normalization.facts
    found = long_strings(event) if values_fit(event, too_large, facts) else fields_to_trim(event, too_large)
    with_long_strings: list[str] = []
    oversized: list[Oversized] = []
    for name in COLLECTED:
        holder = getattr(event, name)
        if holder is not None:
            oversized += oversized_in(name, holder, normalization.meta_tree, too_large)
            if name not in facts.known_short and long_strings(holder):
                with_long_strings.append(name)
    return found, with_long_strings, oversized


class _LimitState:
    """What is left of a limit: its bytes, and the depth at which it began."""

    __slots__ = ("began", "left", "limit")

    def __init__(self, limit: FreeFormLimit, began: int) -> None:
        self.limit = limit
        self.began = began
        self.left = limit.max_bytes


class _Trimmer:
    """Walks an event with what is left of the limits that hold where it is, innermost last.

    `left` are the bytes that are left in all of them, `bottom` the depth that no value of theirs may reach.
    """

    def __init__(self, meta_tree: MetaTree, too_large: KnownTooLarge) -> None:
        self.meta_tree = meta_tree
        self.states: list[_LimitState] = []
        self.left = 0
        self.bottom = 0
        #: Whether something is noted of what is in the outermost free-form value.
        self.is_noted = False
        self.too_large = too_large

    def interface(self, value: Interface, path: Path, depth: int) -> None:
        """Trim the attributes of an interface in place."""
        fields = fields_of(type(value)) if self.states else fields_to_trim(value, self.too_large)
        if fields:
            self.attributes(value, fields, path, depth)

    def attributes(self, value: Interface, fields: tuple[Field, ...], path: Path, depth: int) -> None:
        """Trim some attributes of an interface in place."""
        inside = bool(self.states)
        if not value.__trim__:
            other: Any = value.other or {}
            self._spend_uncut(*(getattr(value, field.name) for field in fields), *other.values())
            return
        if isinstance(value, Stacktrace):
            limit_frames(value, path, self.meta_tree)
        # Each that is absent takes a byte, and all in a row are accounted for at once: most of the attributes are absent.
        absent = 0
        has_type = isinstance(value, Context)
        for field in fields:
            part = getattr(value, field.name)
            if has_type and field.encode_name == "type":
                continue
            if part is None and not (inside and self.is_noted):
                absent += 1
                continue
            self._spend(absent)
            absent = 0
            trimmed = self.attribute(part, field.rule, (*path, field.encode_name), depth + 1)
            if trimmed is not part:
                setattr(value, field.name, trimmed)
        self._spend(absent)
        if value.other and inside:
            value.other = AdditionalProperties(self._object(value.other, path, depth, is_whole=True)) or None
        if isinstance(value, Stacktrace):
            slim_frames(value, path, self.meta_tree)

    def attribute(self, value: Any, rule: Rule, path: Path, depth: int) -> Any:
        """Trim one value under the rule of its field."""
        if not rule.trim:
            self._spend_uncut(value, *(value.values() if rule.read is read_span_data and value is not None else ()))
            return value
        if rule.limit is None:
            return self.value(value, path, depth, None if rule is ITEM else rule)
        limit = value.__limit__ if isinstance(value, Context) else rule.limit
        if not self.states and self._fits(value, rule.item_limit or limit) and self._fits(value, limit):
            # The lengths of its strings are bounded still.
            if isinstance(value, Interface):
                self.interface(value, path, depth)
            elif type(value) is list:
                for index, part in enumerate(value):
                    if isinstance(part, Interface):
                        self.interface(part, (*path, str(index)), depth + 1)
            return value
        return self._in_bag(value, limit, path, depth, rule)

    def strings(self, value: Interface, path: Path) -> None:
        """Cut the strings of an interface and of those in it, in place, where they are too long; free-form values aside."""
        for field in long_strings(value) if value.__trim__ else ():
            part, below = getattr(value, field.name), (*path, field.encode_name)
            if type(part) is str:
                setattr(value, field.name, self._string(part, below, field.rule))
            elif isinstance(part, Interface):
                self.strings(part, below)
            else:
                for key, item in part.items() if type(part) is dict else enumerate(part):
                    if isinstance(item, Interface) and long_strings(item):
                        self.strings(item, (*below, str(key)))

    def oversized(self, oversized: list[Oversized]) -> None:
        """Trim free-form values in place."""
        for owner, field, path, may_be_too_large in oversized:
            name, limit = field.name, field.rule.limit
            if limit is None:
                continue
            value = getattr(owner, name)
            if not may_be_too_large:
                # Nearly all of them are only too deep.
                meta = self.meta_tree.find((*path, field.encode_name))
                found = flattened(value, limit.max_depth - 1, limit.max_bytes, meta)
                if meta is not None and meta.is_empty():
                    self.meta_tree.take((*path, field.encode_name))
                if found is not None:
                    setattr(owner, name, found[0])
                    continue
            setattr(owner, name, self._in_bag(value, limit, (*path, field.encode_name), len(path) + 1, field.rule))

    def _in_bag(self, value: Any, limit: FreeFormLimit, path: Path, depth: int, rule: Rule) -> Any:
        if not self.states:
            self.is_noted = self.meta_tree.find(path) is not None
        self.states.append(_LimitState(limit, depth))
        self._measure()
        return self.value(value, path, depth, rule)

    def _fits(self, value: Any, limit: FreeFormLimit) -> bool:
        return surely_fits(value, limit, self.too_large)

    def _measure(self) -> None:
        self.left = min((state.left for state in self.states), default=0)
        self.bottom = min((state.limit.max_depth + state.began for state in self.states), default=0)

    def _spend_uncut(self, *values: Any) -> None:
        """Account for values that are never cut, each without what is in it."""
        self._spend(sum(estimate_size_flat(value) + 1 for value in values))

    def _spend(self, cost: int) -> None:
        for state in self.states if cost else ():
            left = state.left - cost
            state.left = left = max(0, left)
            self.left = min(self.left, left)

    def value(self, value: Any, path: Path, depth: int, rule: Rule | None = None) -> Any:
        """Trim one value; None is one that is dropped."""
        states = self.states
        if states and (self.left == 0 or depth >= self.bottom):
            value = self._forget(path, None)
        if type(value) is str:
            value = self._string(value, path, rule)
        elif isinstance(value, Interface):
            self.interface(value, path, depth)
        elif isinstance(value, (dict, list, tuple)):
            value = self._container(value, path, depth, rule)
        if states:
            if states[-1].began == depth:
                states.pop()
                self._measure()
            self._spend(estimate_size_flat(value) + 1)
        return value

    def _string(self, value: str, path: Path, rule: Rule | None) -> str:
        if rule is not None and rule.max_chars is not None:
            hard_limit = rule.max_chars + rule.allowance
            if len(value) > hard_limit:
                value = self._cut(value, rule.max_chars, hard_limit, path)
        if self.states and len(value) > self.left:
            value = self._cut(value, self.left, self.left, path)
        return value

    def _cut(self, value: str, max_chars: int, hard_limit: int, path: Path) -> str:
        meta = self.meta_tree.at(path)
        cut_value, meta.remarks = trim_text(value, meta.remarks, max_chars, hard_limit)
        self._note_length(path, value)
        return cut_value

    def _note_length(self, path: Path, value: Any) -> None:
        """Note how long a value was, unless it is known how long it was before."""
        meta = self.meta_tree.at(path)
        if meta.length is None:
            meta.length = len(value)

    def _container(self, value: Any, path: Path, depth: int, rule: Rule | None) -> Any:
        if self.states and depth + 1 == self.bottom:
            if rule is not None:
                return self._forget(path, None) if value else value
            return self._string(self._forget(path, json_text(value)), path, None)
        item = _item_rule(rule)
        if isinstance(value, dict):
            # A context without a layout is one of attributes that aren't known.
            return self._object(value, path, depth, item, is_whole=path[:-1] == ("contexts",))
        is_whole = type(value) is tuple or (rule is not None and rule.read in _PAIR_READERS)
        parts = self._parts(value, None, path, depth, item, is_whole=is_whole)
        if len(parts) < len(value) and type(value) is list:
            self._note_length(path, value)
        return tuple(parts) if type(value) is tuple else parts

    def _object(
        self, value: dict[str, Any], path: Path, depth: int, item: Rule = ITEM, *, is_whole: bool
    ) -> dict[str, Any]:
        keys = sorted(value)
        parts = self._parts([value[key] for key in keys], keys, path, depth, item, is_whole=is_whole)
        if is_whole:
            # Null isn't written, but where the client sent it.
            return {key: part for key, part in zip(keys, parts, strict=True) if part is not None or value[key] is None}
        if len(parts) < len(value):
            self._note_length(path, value)
        return dict(zip(keys, parts, strict=False))

    def _forget(self, path: Path, instead: Any) -> Any:
        """Drop what was noted of the parts of a value, which are no more, and give what stands there instead."""
        if self.is_noted:
            self.meta_tree.forget_parts(path)
        return instead

    def _parts(
        self,
        values: Sequence[Any],
        keys: list[str] | None,
        path: Path,
        depth: int,
        item: Rule,
        *,
        is_whole: bool = False,
    ) -> list[Any]:
        """Trim the parts of a container until the limit is used up.

        With `is_whole` null is left of those for which there is no room: of the sides of a pair, of pairs, and of
        attributes that aren't known.
        """
        parts: list[Any] = []
        is_fast = bool(self.states) and (item is ITEM or item == Rule(limit=item.limit))
        # What is noted of a part may have to change with it.
        noted = self._metas_with_errors(values, keys, path) if is_fast else []
        while (index := len(parts)) < len(values):
            if self._is_full():
                if is_whole:
                    self._drop_rest(values, parts, keys, path)
                break
            following = bisect_left(noted, index)
            end = noted[following] if following < len(noted) else len(values)
            if is_fast and index < end and (fitting := self._fitting(values, index, end, depth + 1, item.limit)):
                parts += fitting
                continue
            key = str(index) if keys is None else keys[index]
            parts.append(self.attribute(values[index], item, (*path, key), depth + 1))
        if self.is_noted and self.states:
            noted = self._metas_with_errors(values, keys, path)
            for index in noted[bisect_left(noted, len(parts)) :]:
                self.meta_tree.take((*path, str(index) if keys is None else keys[index]))
        return parts

    def _drop_rest(self, values: Sequence[Any], parts: list[Any], keys: list[str] | None, path: Path) -> None:
        """Put null for each part for which there is no room, and forget what is noted of what was in it."""
        noted = self._metas_with_errors(values, keys, path)
        for index in noted[bisect_left(noted, len(parts)) :]:
            self.meta_tree.forget_parts((*path, str(index) if keys is None else keys[index]))
        rest = len(values) - len(parts)
        # Null itself takes no bytes, but its comma takes one of each limit.
        self._spend(rest)
        parts += [None] * rest

    def _metas_with_errors(self, values: Sequence[Any], keys: list[str] | None, path: Path) -> list[int]:
        """Return the positions of the parts of which something is noted."""
        meta = self.meta_tree.find(path) if self.is_noted else None
        if meta is None or not meta.children:
            return []
        names = keys or [str(index) for index in range(len(values))]
        return [index for index, name in enumerate(names) if name in meta.children]

    def _fitting(self, values: Sequence[Any], start: int, end: int, depth: int, limit: FreeFormLimit | None) -> list[Any]:
        """Return the parts from `start` to `end` that fit what is left, once their depth is cut: nearly all do.

        Much is too deep, little is too large, and what fits needs no closer account. Each may have a `limit` of its own.
        """
        parts: list[Any] = []
        left, levels = self.left, self.bottom - depth - 1
        size = left if limit is None else limit.max_bytes
        if limit is not None:
            levels = min(levels, limit.max_depth - 1)
        index = start
        while index < end and left > 0 and levels >= 0:
            block = values[index : min(end, index + _BLOCK)] if index % _BLOCK == 0 else ()
            if len(block) > _BLOCK // 2 and _MEASURED.issuperset(map(type, block)):
                cost = cost_of_parts(block, levels)
                if cost is not None and cost < min(left, size):
                    left -= cost
                    parts += block
                    index += len(block)
                    continue
            value = values[index]
            index += 1
            kind = type(value)
            if kind is str or (levels == 0 and kind in PLAIN):
                text = value if kind is str else json_text(value)
                if len(text) > left or len(text) > size:
                    break
                left -= estimate_size_flat(text) + 1
                parts.append(text)
            elif value is None or kind in SCALARS:
                left -= estimate_size_flat(value) + 1
                parts.append(value)
            elif (found := flattened(value, levels, min(left, size))) is not None:
                left -= found[1] + 3
                parts.append(found[0])
            else:
                break
        self._spend(self.left - left)
        return parts

    def _is_full(self) -> bool:
        return self.left == 0 and bool(self.states)


def _item_rule(rule: Rule | None) -> Rule:
    """Return the rule of the parts of a value."""
    if rule is None or (rule.item_limit is None and rule.item_chars is None):
        return ITEM
    return Rule(limit=rule.item_limit, max_chars=rule.item_chars, item_chars=rule.item_chars)
