"""Objects as most clients of some kind send them, mended for conversion in C, which takes the canonical form alone.

That is text for times, leading zeros in addresses, and emptiness that is as good as none. It is only a short cut: what
isn't mended here, or can't be, is met when the object is taken apart.
"""

import functools
import itertools
import operator
import typing
from collections.abc import Callable
from typing import Any, Protocol

import msgspec

from store_protocol.schema.base import Interface
from store_protocol.schema.rules import unwrap
from store_protocol.schema.scalars import address, register
from store_protocol.schema.timestamps import timestamp
from store_protocol.schema.wrong import Wrong

_USUAL: dict[str, Callable[[Any], Any]] = {"timestamp": timestamp, "address": address, "register": register}


#: Attributes that are looked up sooner than all values are looked through.
_FEW = 3


class Mender(Protocol):
    """How a value is mended. The value given stays as it is, and is given back where nothing is to be mended."""

    def mend(self, value: Any) -> Any:
        """Give the value mended."""

    def is_needed(self, value: Any) -> bool:
        """Say whether the first of the objects that the value holds needs it, as the others then do."""


@functools.cache
def mender_of(interface: type[Interface]) -> Mender | None:
    """Give the mender of an interface; None if conversion in C takes what clients send."""
    mender = _ObjectMender(interface)
    return mender if mender.usual or mender.empties else None


def part_mender(hint: Any) -> Mender | None:
    """Give the mender of an attribute by its annotation: an interface, a list of them, or addresses by any keys."""
    inner, _ = unwrap(hint)
    if isinstance(inner, type) and issubclass(inner, Interface):
        return mender_of(inner)
    if typing.get_origin(inner) is list:
        item = part_mender(typing.get_args(inner)[0])
        return None if item is None else _ListMender(item)
    if typing.get_origin(inner) is dict:
        read = _USUAL.get(unwrap(typing.get_args(inner)[1])[1].kind)
        return None if read is None else _DictMender(read)
    return None


class _ObjectMender:
    def __init__(self, interface: type[Interface]) -> None:
        infos = [(info.encode_name, *unwrap(info.type)) for info in msgspec.structs.fields(interface)]
        self.usual = [(name, _USUAL[rule.kind]) for name, _, rule in infos if rule.kind in _USUAL]
        #: What is as good as none: the attributes that may be so, each with the empty value that it would have.
        self.empties = [(name, (typing.get_origin(hint) or str)()) for name, hint, rule in infos if rule.skip_empty]
        #: Where these are many, all values are looked through first.
        self.empty_values: list[Any] = []
        for _, empty in self.empties:
            if empty not in self.empty_values:
                self.empty_values.append(empty)

    def mend(self, value: Any) -> Any:
        if type(value) is not dict:
            return value
        mended = value
        for name, read in self.usual:
            part = value.get(name)
            if part is not None:
                try:
                    found = read(part)
                except Wrong:
                    continue
                if found != part:
                    mended = value.copy() if mended is value else mended
                    mended[name] = found
        if len(self.empties) > _FEW and not any(empty in value.values() for empty in self.empty_values):
            return mended
        for name, empty in self.empties:
            if name in value and value[name] == empty:
                mended = value.copy() if mended is value else mended
                mended[name] = None
        return mended

    def is_needed(self, value: Any) -> bool:
        return self.mend(value) is not value


class _ListMender:
    def __init__(self, item: Mender) -> None:
        self.item = item

    def mend(self, value: Any) -> Any:
        if type(value) is not list:
            return value
        mended = [*map(self.item.mend, value)]
        return value if all(map(operator.is_, mended, value)) else mended

    def is_needed(self, value: Any) -> bool:
        return type(value) is list and len(value) > 0 and self.item.is_needed(value[0])


class _DictMender:
    def __init__(self, read: Callable[[Any], Any]) -> None:
        self.read = read

    def mend(self, value: Any) -> Any:
        if type(value) is not dict:
            return value
        try:
            mended = {key: None if part is None else self.read(part) for key, part in value.items()}
        except Wrong:
            return value
        return value if mended == value else mended

    def is_needed(self, value: Any) -> bool:
        first = dict(itertools.islice(value.items(), 1)) if type(value) is dict else {}
        return self.mend(first) is not first
