"""What was found wrong or was changed, by the place of the value: the source of `Event.errors` and `Event._meta`.

A typed value has no room for what happened to it, and nearly no value needs any. So that stands aside, in a tree that has
the shape of the event and holds only the places that something is said of; where nothing is wrong they cost nothing.
"""

import functools
from typing import Any

import msgspec

from store_protocol.budget import Budget
from store_protocol.first_use import build_type_info
from store_protocol.meta.kinds import ErrorKind
from store_protocol.meta.sizes import is_smaller

Path = tuple[str, ...]

#: Kinds of errors of values that Relay refuses, and that are read otherwise than they came.
READ_OTHERWISE = frozenset({"json_text", "timestamp_unit"})

#: Bytes from which on a refused value is too long to be kept (Relay `Meta::set_original_value`).
TOO_LONG = 500

#: Characters of a reason that is kept: the long ones quote what was sent.
_SHORT_REASON = 64


class FieldError(msgspec.Struct, frozen=True):
    """One thing wrong with one value of an event.

    `path` is dotted, list positions as numbers (`exception.values.0.type`). `kind` says what is wrong (`ErrorKind`, or the
    `code` of the error for which the store endpoint refuses the event), and `reason` why.

    `value` is the value as it came, None where it is too long to be kept. `data` holds what else is known, the reason too.
    """

    path: str
    kind: str
    reason: str | None = None
    value: Any = None
    data: dict[str, Any] = {}


class Meta(msgspec.Struct, gc=False):
    """What is said of one value, and of the values in it.

    `errors` are pairs of kind and data, `remarks` say by which rule it was changed, `length` is what its length was
    before, `original` itself as it came.
    """

    errors: tuple[tuple[str, dict[str, Any]], ...] = ()
    remarks: tuple[list[Any], ...] = ()
    length: int | None = None
    original: Any = None
    children: dict[str, "Meta"] = {}
    #: What was said of the parts of `original`.
    below_original: dict[str, "Meta"] | None = None

    def is_empty(self) -> bool:
        """Return whether nothing is said, here or below where no meta is empty."""
        return not (self.errors or self.remarks or self.children or self.length is not None or self.original is not None)

    def move(self, name: str, to: str) -> None:
        """Let what is said of one part be said of another in its stead, and what was said of that no more."""
        moved = self.children.pop(name, None)
        if moved is not None:
            self.children[to] = moved
        else:
            self.children.pop(to, None)

    def own_meta(self) -> dict[str, Any]:
        """Return what is said of the value itself, as it stands in `_meta`."""
        written: dict[str, Any] = {}
        if self.remarks:
            written["rem"] = [*self.remarks]
        if self.errors:
            written["err"] = [[kind, {**data}] if data else kind for kind, data in self.errors]
        if self.length is not None:
            written["len"] = self.length
        if self.original is not None:
            written["val"] = self.original
        return written

    def to_meta(self) -> dict[str, Any]:
        """Return what is said of the value and of those in it, as it stands in `_meta`; empty if nothing is."""
        tree: dict[str, Any] = {}
        for key, child in self.children.items():
            # Most have nothing below them, and are written without another call.
            below = child.to_meta() if child.children else {"": own} if (own := child.own_meta()) else None
            if below:
                tree[key] = below
        if self.errors or self.remarks or self.length is not None or self.original is not None:
            tree[""] = self.own_meta()
        return tree


_NOTHING = Meta()


class MetaTree:
    """What is said of one event and of its values.

    Errors are taken from the `budget` of the request. What is wrong beyond it is left out of the event all the same.
    """

    __slots__ = ("budget", "root")

    def __init__(self, budget: Budget | None = None) -> None:
        self.root = Meta()
        self.budget = Budget() if budget is None else budget

    def __bool__(self) -> bool:
        root = self.root
        return not root.is_empty()

    def read_meta(self, client_meta: dict[str, Any], value: Any) -> None:
        """Take over what was noted before: the `_meta` of an event, for those of its values that are there."""
        self.root = _meta_of(client_meta, value, self.budget) or Meta()

    def at(self, path: Path) -> Meta:
        """Return what is said of a place, an empty meta if there is none yet."""
        meta = self.root
        for key in path:
            child = meta.children.get(key)
            if child is None:
                child = meta.children[key] = Meta()
            meta = child
        return meta

    def find(self, path: Path) -> Meta | None:
        """Return what is said of a place, an empty meta where that is only of its parts; None if nothing is."""
        meta = self.root
        for key in path:
            child = meta.children.get(key)
            if child is None:
                return None
            meta = child
        return meta

    def has_error(self, path: Path) -> bool:
        """Return whether the value at a place has an error."""
        meta = self.find(path)
        return meta is not None and bool(meta.errors)

    def error(
        self, path: Path, kind: ErrorKind, reason: str | None = None, value: Any = None, data: dict[str, Any] | None = None
    ) -> Meta | None:
        """Note an error, with the value as it came if it is short enough; return None where there are too many."""
        if not self.budget.list_error():
            return None
        meta = self.at(path)
        noted = meta.errors
        if len(noted) >= self.budget.limits.max_errors_of_value:
            return None
        if reason is None:
            error: tuple[str, dict[str, Any]] = (kind, data or {})
        elif data:
            error = (kind, {**data, "reason": reason})
        else:
            error = _reasoned(kind, reason) if len(reason) <= _SHORT_REASON else (kind, {"reason": reason})
        if not noted:
            meta.errors = (error,)
        elif error not in noted:
            meta.errors = (*noted, error)
        if value is not None and is_smaller(value, TOO_LONG):
            meta.original = value
        return meta

    def missing(self, path: Path) -> None:
        """Say that a value is missing that must be there, unless an incoming `_meta` says what was wrong with it."""
        if not self.budget.lists_errors:
            self.budget.unlisted_errors += 1
        elif not self.has_error(path):
            self.error(path, "missing_attribute")

    def keep_original(self, meta: Meta, value: Any) -> None:
        """Keep a value as it came, if it is short enough."""
        if is_smaller(value, TOO_LONG):
            meta.original = value

    def take(self, path: Path) -> Meta | None:
        """Take what is said of a place, and all below it, out of the tree."""
        if path[0] not in self.root.children:
            return None
        above = [self.root]
        for key in path[:-1]:
            child = above[-1].children.get(key)
            if child is None:
                return None
            above.append(child)
        taken = above[-1].children.pop(path[-1], None)
        # What is empty now goes too.
        for key in reversed(path[:-1]):
            if above.pop() != _NOTHING:
                break
            del above[-1].children[key]
        return taken

    def forget_parts(self, path: Path) -> None:
        """Drop what is noted of the parts of a value, which are no more or not told apart."""
        meta = self.find(path)
        if meta is not None:
            meta.children = {}
            if meta.is_empty():
                self.take(path)

    def put(self, path: Path, meta: Meta | None) -> None:
        """Put what was taken elsewhere; None takes away what stands there."""
        if meta is not None:
            self.at(path[:-1]).children[path[-1]] = meta
        else:
            self.take(path)


@functools.lru_cache(maxsize=256)
def _reasoned(kind: ErrorKind, reason: str) -> tuple[str, dict[str, Any]]:
    # Where many values are wrong, they are wrong alike.
    return kind, {"reason": reason}


def _errors(given: list[Any]) -> tuple[tuple[str, dict[str, Any]], ...]:
    """Read errors: each a kind, or a list of a kind and its data. Raises `ValueError` or `TypeError` for anything else."""
    errors = []
    for error in given:
        kind, data, *_ = (error, {}) if isinstance(error, str) else (*_list(error), {})
        if not (isinstance(kind, str) and isinstance(data, dict)):
            raise TypeError
        errors.append((kind, data))
    return tuple(errors)


def _remarks(given: list[Any]) -> tuple[list[Any], ...]:
    """Read remarks: each a rule, a kind and perhaps a range. Raises `ValueError` or `TypeError` for anything else."""
    remarks = []
    for remark in given:
        rule, kind, *ends = _list(remark)
        is_range = all(type(end) is int and end >= 0 for end in ends[:2])
        if not (isinstance(rule, str) and kind in _REMARKS and is_range):
            raise TypeError
        remarks.append([rule, kind, *ends[:2]] if len(ends) > 1 else [rule, kind])
    return tuple(remarks)


def _list(given: Any) -> Any:
    if not isinstance(given, (list, tuple)):
        raise TypeError
    return given


def _listed(given: Any, budget: Budget) -> Any:
    """Return as much of a list of errors or remarks as may be said of one value. Raises `TypeError` for anything else."""
    most = budget.limits.max_errors_of_value
    if len(_list(given)) > most:
        budget.leave_out("max_errors_of_value", len(given) - most)
        return given[:most]
    return given


#: What was done to a value, as remarks say it: annotated, removed, substituted, masked, pseudonymized, encrypted.
_REMARKS = ("a", "x", "s", "m", "p", "e")


def position(key: str) -> int | None:
    """Return the position in a list that a key of `_meta` stands for; None for what is none, or none of a list that fits.

    >>> position("12"), position("012"), position("name")
    (12, None, None)
    """
    is_number = key.isascii() and key.isdecimal() and len(key) <= _MOST_DIGITS
    return int(key) if is_number and (key[0] != "0" or key == "0") else None


#: Of a position: no event has a list as long.
_MOST_DIGITS = 15


def _meta_of(client_meta: dict[str, Any], value: Any, budget: Budget) -> Meta | None:
    """Read what is said of a value and of those in it; None where nothing is."""
    children: dict[str, Meta] = {}
    kind = type(value)
    for key, below in budget.each(client_meta.items(), 2):
        if key == "" or type(below) is not dict:
            continue
        if kind is dict and key in value:
            child = _meta_of(below, value[key], budget)
        elif kind is list and (index := position(key)) is not None and index < len(value):
            child = _meta_of(below, value[index], budget)
        else:
            continue
        if child is not None:
            children[key] = child
    own = client_meta.get("")
    meta = _own_meta(own, budget) if type(own) is dict and own else None
    if meta is not None:
        meta.children = children
        return meta if not meta.is_empty() else None
    return Meta(children=children) if children else None


def _own_meta(own: dict[str, Any], budget: Budget) -> Meta | None:
    """Read what is said of a value itself: it is taken whole or not at all."""
    length = own.get("len")
    if length is not None and not (type(length) is int and 0 <= length < 2**32):
        return None
    try:
        errors = _errors(_listed(own["err"], budget)) if "err" in own else ()
        remarks = _remarks(_listed(own["rem"], budget)) if "rem" in own else ()
    except (TypeError, ValueError):
        return None
    budget.values_left -= len(errors) + len(remarks)
    return Meta(errors=errors, remarks=remarks, length=length, original=own.get("val"))


build_type_info(FieldError)
