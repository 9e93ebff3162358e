"""Lists that are wrapped in an object: `{"values": [...]}`.

Old clients send the list alone, or a single element; `[]` and `{}` are as good as nothing.
"""

from typing import Any

import msgspec

from store_protocol.schema.base import Interface
from store_protocol.schema.convert import SPECIAL, Reader, Reading, read_attributes
from store_protocol.schema.notes import Path
from store_protocol.schema.settle import SETTLERS, Settler, Unsettled
from store_protocol.schema.wrong import Wrong

#: The interfaces that are lists wrapped in an object.
VALUES: set[type[Interface]] = set()


def values_reader(interface: type[Interface]) -> Reader:
    """Make the reader of an interface whose one attribute is its `values`."""

    def read(value: Any, path: Path, reading: Reading) -> Any:
        kind = type(value)
        if kind is list:
            value = {"values": value}
        elif kind is not dict:
            reading.refuse(path, Wrong("expected a list or values object"), value)
            return None
        elif value and "values" not in value:
            value = {"values": [value]}
        if not value or (value["values"] == [] and not (reading.keep_other and len(value) > 1)):
            return None
        if len(path) == 1 and not (reading.is_refused or reading.keep_other):
            before = reading.bounded
            try:
                converted = msgspec.convert(value, interface)
                reading.bounded = before | {path[0]}
                return SETTLERS[interface](converted, path, reading)
            except (msgspec.ValidationError, RecursionError, Unsettled):
                reading.bounded = before
        found = read_attributes(interface, value, path, reading)
        found.values = found.values or None
        if found.values is None and not found.other and reading.notes.find((*path, "values")) is None:
            return None
        return found

    return read


def values_settler(interface: Any, settle_items: Settler) -> Settler:
    """Make the settler of an interface whose one attribute is its `values`; C gives the list alone for one, too."""

    def settle(value: Any, path: Path, reading: Reading) -> Any:
        if type(value) is list:
            value = interface(values=value)
        elif value.values is None:
            # A single element, or nothing.
            raise Unsettled
        if not value.values:
            return None
        settle_items(value.values, (*path, "values"), reading)
        return value

    return settle


def register_values(interface: type[Interface], settle_items: Settler) -> None:
    """Let an interface be read as a list of values."""
    SPECIAL[interface] = values_reader(interface)
    SETTLERS[interface] = values_settler(interface, settle_items)
    VALUES.add(interface)
