"""What conversions take and what they give, as JSON Schema: it stands beside each, and schemas of events are made of it.

Tests hold each to what its function does. What a rule beside a field says of a string, its length or its characters, is not
said here.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias, TypeVar

#: A schema of JSON Schema, draft 2020-12.
Schema: TypeAlias = dict[str, Any]
#: Returns the schema of an annotation, or of an interface.
SchemaOf: TypeAlias = Callable[[Any], Schema]
#: A schema, or a function that makes it out of those of what is within.
Form: TypeAlias = Schema | Callable[[SchemaOf], Schema]

_Function = TypeVar("_Function", bound=Callable[..., Any])

TEXT: Schema = {"type": "string"}
NOTHING: Schema = {"type": "null"}


class Forms(NamedTuple):
    """What a function takes of a value other than null, and what it gives of what it takes, null for nothing aside."""

    takes: Form
    gives: Form


_FORMS: dict[Any, Forms] = {}


def forms(takes: Form, gives: Form | None = None) -> Callable[[_Function], _Function]:
    """Say what a conversion or a reader takes, and what it gives, which is the same if it isn't said."""

    def noted(function: _Function) -> _Function:
        _FORMS[function] = Forms(takes, takes if gives is None else gives)
        return function

    return noted


def forms_of(function: Callable[..., Any]) -> Forms | None:
    """Return what was said of a conversion or a reader."""
    return _FORMS.get(function)


def nullable(schema: Schema) -> Schema:
    """Return the schema of what may be null, too.

    >>> nullable({"type": "string", "minLength": 1}), nullable({"$ref": "#/$defs/Frame"})
    ({'type': ['string', 'null'], 'minLength': 1}, {'anyOf': [{'$ref': '#/$defs/Frame'}, {'type': 'null'}]})
    """
    kinds = schema.get("type")
    if not schema or kinds == "null":
        return schema
    if kinds is None or "enum" in schema or "anyOf" in schema:
        return {"anyOf": [*schema["anyOf"], NOTHING]} if schema.keys() == {"anyOf"} else {"anyOf": [schema, NOTHING]}
    return {**schema, "type": [*([kinds] if isinstance(kinds, str) else kinds), "null"]}


def either(*schemas: Schema) -> Schema:
    """Return the schema of what one of some schemas takes."""
    return {"anyOf": [*schemas]}


def whole(pattern: str) -> str:
    """Return the pattern that all of a string matches, whichever dialect of regular expressions reads it.

    In some of them `$` stands for the place before a line break at the end, too.
    """
    return f"^(?:{pattern})$(?!\\n)"


def array(items: Schema) -> Schema:
    """Return the schema of a list."""
    return {"type": "array", "items": items}


def mapping(values: Schema) -> Schema:
    """Return the schema of an object of any names."""
    return {"type": "object", "additionalProperties": values} if values else {"type": "object"}


def pair_of(name: Schema, value: Schema) -> Schema:
    """Return the schema of a list of a name and a value."""
    return {"type": "array", "prefixItems": [nullable(name), nullable(value)], "minItems": 2, "maxItems": 2}
