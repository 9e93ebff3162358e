"""Typed attributes of logs, metrics and spans: `{"name": {"type": "string", "value": "a"}}`."""

import math
from typing import Any

from store_protocol.convert.forms import TEXT, Schema, SchemaOf, array, either
from store_protocol.convert.rules import NonNull
from store_protocol.convert.scalars import I64_MAX, I64_MIN
from store_protocol.items.base import ItemPart, Rules
from store_protocol.meta.tree import Path
from store_protocol.schema.types import AnyValue, Text

_VALUES: dict[str, Schema] = {
    "string": TEXT,
    "integer": {"type": "integer", "minimum": I64_MIN, "maximum": I64_MAX},
    "double": {"type": "number"},
    "boolean": {"type": "boolean"},
    "array": either(*(array({"type": [kind, "null"]}) for kind in ("string", "boolean", "number"))),
}


class Attribute(ItemPart):
    """One attribute: the name of its type, and a value of that."""

    @classmethod
    def __takes__(cls, own: Schema, of: SchemaOf) -> Schema:
        """Return the schema of an attribute whose value is of its type."""
        told = [{"properties": {"type": {"const": kind}, "value": schema}} for kind, schema in _VALUES.items()]
        return {"type": "object", "required": ["type", "value"], "anyOf": told}

    #: `string`, `integer`, `double`, `boolean` or `array`.
    type: Text | None = None
    #: The value; one that is not of the type costs the attribute.
    value: AnyValue = None


#: Attributes by name; one that is wrong is None.
Attributes = dict[str, NonNull[Attribute] | None]


def check_attributes(attributes: dict[str, Attribute | None] | None, path: Path, rules: Rules) -> None:
    """Take out attributes whose value is not of their type (Relay `normalize_attribute_types`)."""
    for name, attribute in (attributes or {}).items():
        if attribute is None:
            continue
        kind, value = attribute.type, attribute.value
        matches = _MATCHES.get(kind or "")
        if matches is not None and value is not None and matches(value):
            continue
        assert attributes is not None  # noqa: S101  (it is gone through)
        attributes[name] = None
        place = (*path, "attributes", name)
        if kind is None or value is None:
            rules.meta_tree.missing(place)
        else:
            rules.refuse(place, None, {"type": kind, "value": value})


def _is_integer(value: Any) -> bool:
    return type(value) is int and I64_MIN <= value <= I64_MAX


def _is_double(value: Any) -> bool:
    return type(value) is int or (type(value) is float and math.isfinite(value))


def _is_array(value: Any) -> bool:
    """Return whether a value is an array of strings, of booleans or of numbers; null is taken for any of them."""
    if type(value) is not list:
        return False
    kinds = {_KINDS.get(type(part)) for part in value if part is not None}
    return len(kinds) < 2 and None not in kinds


_KINDS = {str: "string", bool: "boolean", int: "number", float: "number"}
_MATCHES = {
    "string": lambda value: type(value) is str,
    "boolean": lambda value: type(value) is bool,
    "integer": _is_integer,
    "double": _is_double,
    "array": _is_array,
}
