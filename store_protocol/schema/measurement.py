"""Measurements: numbers with units, by name."""

import re
from collections.abc import Callable
from typing import Annotated, Any, ClassVar

import msgspec

from store_protocol.convert.context import ConvertContext
from store_protocol.convert.forms import Schema, SchemaOf, forms, nullable, whole
from store_protocol.convert.interface import Interface, Retain
from store_protocol.convert.json_texts import in_text_or_refuse
from store_protocol.convert.readers import NO_OBJECT, WHITE_SPACE, interface_reader
from store_protocol.convert.rules import NonNull, rule, scalar
from store_protocol.convert.scalars import finite, unit
from store_protocol.meta.tree import Path

_BREAKDOWN = re.compile(r"[a-zA-Z][a-zA-Z0-9_.]*")
_NAME = re.compile(r"[a-z][a-z0-9_.]*")


_Unit = Annotated[str, scalar(unit, pattern=r"^(?!(?:ns|ms|s)\Z)[a-z0-9_]{1,15}\Z")]


class Measurement(Interface):
    """One number. Where no unit is given, normalization sets the one that belongs to the name."""

    __other__: ClassVar[Retain] = Retain.NEVER

    #: The number.
    value: NonNull[Annotated[float, scalar(finite, required=True)]] = None
    #: Its unit, such as `millisecond`, `byte` or `none`.
    unit: _Unit | None = None


_read = interface_reader(Measurement)


def _by_name(names: str, values: Callable[[], Any]) -> Callable[[SchemaOf], Schema]:
    """Return the form of objects of values by name; `values` is the annotation of these, which may not be there yet."""
    return lambda of: {
        "type": "object",
        "propertyNames": {"pattern": whole(names)},
        "additionalProperties": nullable(of(values())),
    }


def _blanks(name: re.Pattern[str]) -> str:
    """Return the pattern of a name with blanks around it."""
    return f"[{WHITE_SPACE}]*{name.pattern}[{WHITE_SPACE}]*"


_WRONG, _EMPTY = "can contain only characters a-z0-9._", "cannot be empty"


@forms(_by_name(_blanks(_NAME).replace("a-z", "a-zA-Z"), lambda: Measurement), _by_name(_NAME.pattern, lambda: Measurement))
def read_measurements(value: Any, path: Path, context: ConvertContext) -> Any:
    """Read measurements by name."""
    if type(value) is not dict:
        if (parsed := in_text_or_refuse(value, (dict,), NO_OBJECT, path, context)) is None:
            return None
        value, context = parsed
    if not value and not context.is_noted(path):
        return None
    measurements: dict[str, Measurement | None] = {}
    for given in context.meta_tree.budget.each(sorted(value)):
        name = given.strip(WHITE_SPACE)
        lowered = name.lower()
        if not _NAME.fullmatch(lowered):
            context.meta_tree.error(path, "invalid_data", f"measurement name '{name}' {_WRONG if name else _EMPTY}")
            continue
        part = value[given]
        measurements[lowered] = None if part is None else _read(part, (*path, lowered), context)
    return measurements


@forms(_by_name(_blanks(_BREAKDOWN), lambda: Measurements), _by_name(_BREAKDOWN.pattern, lambda: Measurements))
def read_breakdowns(value: Any, path: Path, context: ConvertContext) -> Any:
    """Read measurements by the name of their breakdown."""
    if type(value) is not dict:
        if (parsed := in_text_or_refuse(value, (dict,), NO_OBJECT, path, context)) is None:
            return None
        value, context = parsed
    breakdowns: dict[str, Any] = {}
    for given in context.meta_tree.budget.each(sorted(value)):
        name = given.strip(WHITE_SPACE)
        if not _BREAKDOWN.fullmatch(name):
            context.meta_tree.error(path, "invalid_data", f"breakdown name '{name}' {_WRONG}")
            continue
        part = value[given]
        breakdowns[name] = part if part in (None, {}) else read_measurements(part, (*path, name), context)
    return breakdowns if value or context.is_noted(path) else None


#: Measurements by name. Names are in lowercase: a letter, then letters, digits, `_` and `.`.
Measurements = Annotated[
    dict[Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_.]*\Z")], NonNull[Measurement] | None],
    rule(read=read_measurements, skip_empty=True, omit_empty=True),
]

#: Measurements of the parts that a duration is made of, by the name of the breakdown.
Breakdowns = Annotated[dict[str, NonNull[Measurements] | None], rule(read=read_breakdowns)]
