"""From the meta tree of an event to its `errors`, in the order in which the values stand in the event."""

import functools
from collections.abc import Collection
from collections.abc import Set as AbstractSet
from typing import Any

from store_protocol.budget import Budget
from store_protocol.convert.interface import Interface, interfaces
from store_protocol.convert.readers import layout_of
from store_protocol.convert.rules import AdditionalProperties
from store_protocol.meta.tree import READ_OTHERWISE, FieldError, Meta, MetaTree, position
from store_protocol.reading.places import ANYTHING, Place, places_of
from store_protocol.reading.wrappers import wrappers
from store_protocol.schema.processing_error import Metrics, ProcessingError

#: The position of what an interface doesn't know.
_LAST = (2**31, "")
_ERROR_DATA = frozenset({"value", "reason", "attribute", "sdk_time", "server_time"})


def field_errors(value: Any, meta_tree: MetaTree) -> list[FieldError]:
    """List the errors in the meta tree of an event in the order of its values."""
    return [
        FieldError(name, kind, data.get("reason"), meta.original, data)
        for name, meta in _metas_with_errors(value, meta_tree, each_wrapper=False)
        for kind, data in meta.errors
    ]


def processing_errors(value: Any, meta_tree: MetaTree) -> tuple[list[ProcessingError], dict[int, dict[str, Meta]]]:
    """List the errors in the meta tree of an event as they stand in its `errors`.

    Beside them stand, by their positions, what is said of parts of the values that are kept with them.
    """
    errors: list[ProcessingError] = []
    below: dict[int, dict[str, Meta]] = {}
    for name, meta in _metas_with_errors(value, meta_tree, each_wrapper=True):
        if meta is meta_tree.root:
            # What a `_meta` says of the event itself is no error of a value.
            continue
        if meta.below_original:
            below[len(errors)] = meta.below_original
        original = meta.original
        for kind, data in meta.errors:
            if len(data) == 1 and "reason" in data:
                error = ProcessingError(type=kind, name=name, value=original, reason=data["reason"])
            elif _ERROR_DATA.issuperset(data) and "value" not in data:
                error = ProcessingError(type=kind, name=name, value=original, **data)
            else:
                # What the error itself says goes before.
                error = ProcessingError(type=kind, name=name, **{"value": original, **_attributes(data)})
            errors.append(error)
            original = None
    return errors, below


def _attributes(data: dict[str, Any]) -> dict[str, Any]:
    if _ERROR_DATA.issuperset(data):
        return data
    known = {name: data[name] for name in data if name in _ERROR_DATA}
    return {**known, "other": AdditionalProperties({name: data[name] for name in data if name not in _ERROR_DATA})}


def _metas_with_errors(value: Any, meta_tree: MetaTree, *, each_wrapper: bool) -> list[tuple[str, Meta]]:
    """List each meta that holds errors, with the path of its value, in the order of the values.

    With `each_wrapper` it is there once more for each wrapper that Relay has around a value.
    """
    found = _Found(meta_tree.budget, each_wrapper=each_wrapper)
    _collect(value, meta_tree.root, Place(type(value)), "", found)
    return found.metas


class _Found:
    """Each meta that was found to hold errors, as far as the budget has room for their names.

    Each name repeats those above it.
    """

    __slots__ = ("budget", "each_wrapper", "metas")

    def __init__(self, budget: Budget, *, each_wrapper: bool) -> None:
        self.budget = budget
        self.each_wrapper = each_wrapper
        self.metas: list[tuple[str, Meta]] = []

    def add(self, name: str, meta: Meta) -> None:
        if self.budget.list_name(len(name)):
            self.metas.append((name, meta))


def _collect(value: Any, meta: Meta, place: Place, name: str, found: _Found) -> None:
    if meta.errors:
        found.add(name, meta)
        # Relay visits a value once for each wrapper around it (`Tags` around a list, say), and lists its errors each time.
        if found.each_wrapper and value is not None and not READ_OTHERWISE.issuperset([kind for kind, _ in meta.errors]):
            for _ in range(wrappers(value, place, name)):
                found.add(name, meta)
    children = meta.children
    # What is in metrics is a server's, and none of a client's faults.
    if not children or type(value) is Metrics:
        return
    prefix = name and name + "."
    if isinstance(value, Interface):
        _collect_attributes(value, children, prefix, found)
    elif type(value) is list or type(value) is tuple:
        count = len(value)
        for key in sorted(children, key=_position) if len(children) > 1 else children:
            index = _position(key)
            part, child = value[index] if index < count else None, children[key]
            if part is None and not child.children and child.errors:
                found.add(prefix + key, child)
            else:
                _collect(part, child, place.item, prefix + key, found)
    elif isinstance(value, dict):
        for key in sorted(children):
            _collect(value.get(key), children[key], place.item, prefix + key, found)
    else:
        for key in _in_order(children.keys()):
            _collect(None, children[key], ANYTHING, prefix + key, found)


def _collect_attributes(value: Interface, children: dict[str, Meta], prefix: str, found: _Found) -> None:
    layout = layout_of(type(value))
    positions = layout.positions
    other: Any = value.other or {}
    for key in sorted(children, key=lambda key: (positions.get(key, _LAST), key)) if len(children) > 1 else children:
        child, place = children[key], ANYTHING
        if key in positions:
            _, name = positions[key]
            part = getattr(value, name)
            if part is None and not child.children:
                # So it is with nearly all.
                if child.errors:
                    found.add(prefix + key, child)
                continue
            place = places_of(type(value))[key]
        else:
            part = other.get(key)
        _collect(part, child, place, prefix + key, found)


def _in_order(keys: AbstractSet[str]) -> Collection[str]:
    """Return the keys of a value that isn't there any more in the order of the interface that has most such attributes."""
    if len(keys) == 1:
        return keys
    positions = _positions(frozenset(keys & _known()))
    return sorted(keys, key=lambda key: (positions.get(key, _LAST), _position(key), key))


@functools.lru_cache(maxsize=1024)
def _positions(keys: frozenset[str]) -> dict[str, tuple[int, str]]:
    layouts = [layout_of(interface).positions for interface in _interfaces_of_events()]
    return max(layouts, key=lambda positions: len(positions.keys() & keys))


@functools.cache
def _known() -> frozenset[str]:
    return frozenset().union(*(layout_of(interface).positions for interface in _interfaces_of_events()))


def _interfaces_of_events() -> list[type[Interface]]:
    return [interface for interface in interfaces(Interface) if interface.__of_events__]


def _position(key: str) -> int:
    found = position(key)
    return 2**63 if found is None else found
