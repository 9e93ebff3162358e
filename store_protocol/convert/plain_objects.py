"""From typed values to the plain objects that they stand for, and to what C writes as these."""

import copy
import typing
from collections.abc import Callable
from typing import Any

from store_protocol.convert.interface import Interface
from store_protocol.convert.readers import fields_of, interfaces_in
from store_protocol.convert.rules import unwrap
from store_protocol.first_use import once


def plain(value: Any) -> Any:
    """Return the plain objects that a typed value stands for, which share nothing with it that can change.

    Attributes stand in their order, those that aren't known after them, and objects by key.
    """
    if isinstance(value, Interface):
        known = {
            field.encode_name: plain(part) if field.rule.encode is None else field.rule.encode(part)
            for field in fields_of(type(value))
            if (part := getattr(value, field.name)) is not None
        }
        return known | plain(value.other) if value.other else known
    if isinstance(value, dict):
        return {key: plain(value[key]) for key in sorted(value)}
    if isinstance(value, (list, tuple)):
        return [plain(part) for part in value]
    return value


def with_written_forms(value: Interface) -> Interface:
    """Return a typed value with the written forms of those attributes that C writes otherwise, such as times as texts.

    What has none of them is returned as it is.
    """
    written = value
    for name, write in written_forms(type(value)):
        part = getattr(value, name)
        if part is not None and (form := write(part)) is not part:
            if written is value:
                written = copy.copy(value)
            setattr(written, name, form)
    return written


@once
def written_forms(interface: type[Interface]) -> tuple[tuple[str, Callable[[Any], Any]], ...]:
    """Return the attributes of an interface that C writes otherwise, or parts of them, each with what makes their form."""
    return tuple(
        (field.name, field.rule.encode or _writer_of(field.hint))
        for field in fields_of(interface)
        if field.rule.encode is not None or any(map(written_forms, interfaces_in(field.hint)))
    )


def _writer_of(hint: Any) -> Callable[[Any], Any]:
    """Return the function that makes the written form of a value with interfaces in it."""
    inner, _ = unwrap(hint)
    if isinstance(inner, type) and issubclass(inner, Interface):
        return with_written_forms
    *_, item = typing.get_args(inner)
    write = _writer_of(item)
    if typing.get_origin(inner) is dict:
        return lambda parts: {key: None if part is None else write(part) for key, part in parts.items()}
    assert write is with_written_forms  # noqa: S101  (there are no lists in lists of them)
    [interface] = interfaces_in(item)
    # Of hundreds of thousands of `{}` none costs a call.
    empty = interface()
    return lambda parts: [part if part is None or part == empty else write(part) for part in parts]
