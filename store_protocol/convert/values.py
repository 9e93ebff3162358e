"""Lists that are wrapped in an object: `{"values": [...]}`.

Old clients send the list alone, or a single element; `[]` and `{}` are as good as nothing.
"""

import typing
from typing import Any

import msgspec

from store_protocol.convert.canonicalize import Canonicalize, canonicalizer_of
from store_protocol.convert.context import ConversionError, ConvertContext, LenientPathNeeded
from store_protocol.convert.forms import Schema, SchemaOf, array, either, nullable
from store_protocol.convert.interface import Interface, hints_of
from store_protocol.convert.json_texts import in_text_or_refuse
from store_protocol.convert.readers import Reader, read_attributes
from store_protocol.convert.rules import TypedForm, rule
from store_protocol.first_use import once
from store_protocol.meta.tree import Path

#: The rule of the list.
VALUES = rule(required=True, omit_empty=True, omit_empty_items=True)


class Values(Interface):
    """An interface whose one attribute is its `values`."""

    @classmethod
    def __before_canonicalize__(cls, values: list[Any], path: Path, context: ConvertContext) -> None:
        """Do what must be done before typed values are brought into canonical form."""

    @classmethod
    def __takes__(cls, own: Schema, of: SchemaOf) -> Schema:
        """Return the schema of the object, of the list alone, of a single element, or of nothing."""
        hint, _ = hints_of(cls)["values"]
        (item,) = typing.get_args(hint)
        single = {
            "type": "object",
            "if": {"required": ["values"]},
            "then": own,
            "else": either({"maxProperties": 0}, of(item)),
        }
        return either(array(nullable(of(item))), single)

    @classmethod
    def __reader__(cls) -> Reader:
        """Return the reader of the interface, in any of its forms."""
        return _values_reader(cls)

    @classmethod
    def __typed__(cls) -> TypedForm:
        """Return how C types the interface, or the list alone."""
        hint, _ = hints_of(cls)["values"]
        return TypedForm(cls | hint, values_canonicalizer(cls), known_short=True)


_NO_VALUES = ConversionError("expected a list or values object")


def _values_reader(interface: type[Values]) -> Reader:
    # Few of them are ever used: most events are typed from their text.
    @once
    def canonicalizer() -> Canonicalize:
        return values_canonicalizer(interface)

    def read(value: Any, path: Path, context: ConvertContext) -> Any:
        if type(value) not in {list, dict}:
            if (parsed := in_text_or_refuse(value, (list, dict), _NO_VALUES, path, context)) is None:
                return None
            value, context = parsed
        is_single = False
        if type(value) is list:
            value = {"values": value}
        elif value and "values" not in value:
            # C wasn't asked for it with a list around it.
            value, is_single = {"values": [value]}, True
        # A list that isn't there is missed, but where the event was normalized before.
        is_empty = not value or value["values"] == [] or (value["values"] is None and not context.enforce_rules)
        if is_empty and not (value and (_has_other(value, context) or context.is_noted(path))):
            return None
        if len(path) == 1 and (is_single or not context.in_lenient_path) and not context.keep_unknown:
            facts = context.facts
            try:
                converted = msgspec.convert(value, interface)
                facts.known_short |= {path[0]}
                return canonicalizer()(converted, path, context)
            except (msgspec.ValidationError, RecursionError, LenientPathNeeded):
                facts.known_short -= {path[0]}
        found = read_attributes(interface, value, path, context)
        found.values = found.values or None
        if found.values is None:
            if context.is_noted((*path, "values")) and type(value["values"]) is list:
                found.values = []
            elif not (found.other or context.is_noted(path)):
                return None
        return found

    return read


def _has_other(value: dict[str, Any], context: ConvertContext) -> bool:
    """Return whether attributes that aren't known keep an interface without values."""
    others = (part for name, part in value.items() if name != "values")
    return context.keep_unknown and any(part not in ("", [], {}) for part in others)


def values_canonicalizer(interface: Any) -> Canonicalize:
    """Return the function that brings typed values into canonical form; C gives the list alone for one, too."""
    within = canonicalizer_of(interface)
    before = interface.__before_canonicalize__
    has_before = before.__func__ is not Values.__before_canonicalize__.__func__  # type: ignore[attr-defined]

    def canonicalize(value: Any, path: Path, context: ConvertContext) -> Any:
        if type(value) is list:
            value = interface(values=value)
        elif value.values is None:
            # A single element, or nothing.
            raise LenientPathNeeded
        if not value.values:
            if context.is_noted(path):
                raise LenientPathNeeded
            return None
        if has_before:
            before(value.values, (*path, "values"), context)
        return value if within is None else within(value, path, context)

    return canonicalize
