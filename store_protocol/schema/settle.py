"""What conversion in C leaves to do: it takes some forms that aren't canonical, since most clients send them.

Were they refused, an interface would have to be taken apart for the text of a time or a leading zero in an address, at ten
times the cost. So the types of such attributes are wide, and a settler of the interface, which runs on what C made of it,
brings them into canonical form in place and notes what is wrong. It is a function of a typed value, its path and a
`Reading`, and gives the value. Interfaces that hold others with settlers call them.
"""

import typing
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from store_protocol.first_use import once
from store_protocol.schema.base import Interface
from store_protocol.schema.hex_texts import canonical_address, canonical_addresses
from store_protocol.schema.rules import unwrap
from store_protocol.schema.wrong import Wrong

if TYPE_CHECKING:
    from store_protocol.schema.convert import Reading
    from store_protocol.schema.notes import Path

Settler = Callable[[Any, "Path", "Reading"], Any]

#: The settlers by interface.
SETTLERS: dict[Any, Settler] = {}


@once
def settler_of(hint: Any) -> Settler | None:
    """Give the settler of an annotation; None where conversion in C takes the canonical form alone.

    Where an interface has registered none, it is made from the schema: it notes what must be there and isn't.
    """
    inner, _ = unwrap(hint)
    if inner in SETTLERS:
        return SETTLERS[inner]
    if isinstance(inner, type) and issubclass(inner, Interface):
        return _interface_settler(inner)
    origin = typing.get_origin(inner)
    if origin is list:
        settle = settler_of(typing.get_args(inner)[0])
        return None if settle is None else list_settler(settle)
    if origin is dict:
        part = typing.get_args(inner)[1]
        if unwrap(part)[1].kind == "register":
            return _settle_registers
        settle = settler_of(part)
        return None if settle is None else _dict_settler(settle)
    return None


def _interface_settler(interface: type[Interface]) -> Settler | None:
    required: list[tuple[str, str]] = []
    nested: list[tuple[str, str, Settler]] = []
    hints = typing.get_type_hints(interface, include_extras=True)
    for name, wire in zip(interface.__struct_fields__, interface.__struct_encode_fields__, strict=True):
        hint, rule = unwrap(hints[name])
        if rule.required:
            required.append((name, wire))
        if (settle_part := settler_of(hint)) is not None:
            nested.append((name, wire, settle_part))
    if not required and not nested:
        return None

    def settle(value: Interface, path: "Path", reading: "Reading") -> Interface:
        for name, wire in required if reading.checks else ():
            if getattr(value, name) is None:
                if reading.notes.budget.lists_errors:
                    reading.notes.error((*path, wire), "missing_attribute")
                else:
                    reading.notes.budget.unlisted_errors += 1
        for name, wire, settle_part in nested:
            part = getattr(value, name)
            if part is not None:
                settle_part(part, (*path, wire), reading)
        return value

    return settle


def _dict_settler(settle: Settler) -> Settler:
    def settle_dict(values: dict[str, Any], path: "Path", reading: "Reading") -> dict[str, Any]:
        for name, value in values.items():
            if value is not None:
                settle(value, (*path, name), reading)
        return values

    return settle_dict


def list_settler(settle: Settler) -> Settler:
    """Make the settler of a list out of that of its items."""

    def settle_list(values: list[Any], path: "Path", reading: "Reading") -> list[Any]:
        for index, value in enumerate(values):
            if value is not None:
                settle(value, (*path, str(index)), reading)
        return values

    return settle_list


def settle_addresses(value: Interface, names: tuple[str, ...], path: "Path", reading: "Reading") -> None:
    """Bring those attributes of an interface into canonical form that are addresses."""
    for name in names:
        text = getattr(value, name)
        if text is not None:
            try:
                setattr(value, name, canonical_address(text))
            except Wrong as wrong:
                reading.refuse((*path, name), wrong, text)
                setattr(value, name, None)


def settle_registers(found: list[tuple[dict[str, Any], "Path"]], reading: "Reading") -> None:
    """Bring the values of registers into canonical form, those of all stack traces at once."""
    texts = [text for values, _ in found for text in values.values() if text is not None]
    try:
        settled = canonical_addresses(texts)
    except Wrong:
        for values, path in found:
            for name, text in values.items():
                try:
                    values[name] = None if text is None else canonical_address(text)
                except Wrong as wrong:
                    reading.refuse((*path, name), wrong, text)
                    values[name] = None
        return
    if settled is not texts:
        next_address = iter(settled).__next__
        for values, _ in found:
            values.update({name: next_address() for name, text in values.items() if text is not None})


def _settle_registers(values: dict[str, Any], path: "Path", reading: "Reading") -> dict[str, Any]:
    settle_registers([(values, path)], reading)
    return values


class Unsettled(Exception):
    """What C made of a value doesn't tell enough of it: it has to be taken apart."""
