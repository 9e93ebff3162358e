"""Lists, pairs and maps without nulls, for consumers that don't expect Relay's form.

What is wrong in an event is null in its place: an exception in the list of exceptions, the key of a tag. Servers that were
written for what SDKs send have never seen that.
"""

import typing
from typing import Any

from store_protocol.convert.interface import Interface
from store_protocol.convert.readers import fields_of
from store_protocol.convert.rules import anything, unwrap
from store_protocol.first_use import once
from store_protocol.normalize.context import Normalization
from store_protocol.schema.contexts import read_contexts


def remove_nulls(normalization: Normalization) -> None:
    """Remove nulls from the lists and maps of interfaces, and pairs of which a half is null, if that is asked for.

    Free-form values stay as they are. A list or a map of which nothing is left is absent. What is noted of values stays
    under the positions that they had.
    """
    if normalization.options.remove_nulls:
        _in_interface(normalization.event)


@once
def _containers(interface: type[Interface]) -> tuple[str, ...]:
    """Return the attributes of an interface that are or hold lists, maps or interfaces."""
    return tuple(field.name for field in fields_of(interface) if field.rule.read is read_contexts or _may_hold(field))


def _may_hold(field: Any) -> bool:
    inner, _ = unwrap(field.hint)
    origin = typing.get_origin(inner) or inner
    if origin in (list, dict):
        item, rule = unwrap(typing.get_args(inner)[-1])
        return item is not Any and rule.read is not anything
    return isinstance(origin, type) and issubclass(origin, Interface)


def _in_interface(interface: Interface) -> None:
    for name in _containers(type(interface)):
        value = getattr(interface, name)
        if value is not None:
            setattr(interface, name, _without(value))


def _without(value: Any) -> Any:
    if isinstance(value, Interface):
        _in_interface(value)
    elif type(value) is list:
        return [_inside(item) for item in value if not _is_null(item)] or (None if value else value)
    elif type(value) is dict:
        return {key: _inside(item) for key, item in value.items() if item is not None} or (None if value else value)
    return value


def _inside(item: Any) -> Any:
    # Other objects in a list or a map, such as contexts of no known type, are free-form.
    if isinstance(item, Interface):
        _in_interface(item)
    return item


def _is_null(item: Any) -> bool:
    return item is None or (type(item) is tuple and None in item)
