"""Lists that are wrapped in an object: `{"values": [...]}`.

Old clients send the list alone, or a single element; `[]` and `{}` are as good as nothing.
"""

from typing import Any

from store_protocol.schema.base import Interface
from store_protocol.schema.convert import SPECIAL, Reader, Reading, read_attributes
from store_protocol.schema.notes import Path
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
        if not value or value["values"] == []:
            return None
        return read_attributes(interface, value, path, reading)

    return read


def register_values(interface: type[Interface]) -> None:
    """Let an interface be read as a list of values."""
    SPECIAL[interface] = values_reader(interface)
    VALUES.add(interface)
