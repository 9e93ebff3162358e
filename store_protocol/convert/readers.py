"""From plain objects to typed ones, leniently: what can't be taken costs itself alone, and an error says why.

The fast way is one conversion in C, which takes an attribute of the event whole if all in it is canonical, or is made so by
what is generated from the rules (see `canonicalize`). Where C refuses, the attribute is taken apart down to its scalars.
On the way down only the items of lists are tried again in C, each alone, as long as it takes half of them.
As there are lists in few lists, the cost stays linear in the input, however much of it is wrong.

A reader is a function of a value (not None), its path and a `ConvertContext`, and returns the typed value or None. Readers
are made once for each annotation, out of the annotation alone.
"""

import functools
import typing
from collections.abc import Callable, Iterable
from itertools import chain, repeat
from typing import Any

import msgspec

from store_protocol.convert.canonicalize import Canonicalize, canonicalizer_of
from store_protocol.convert.context import ConversionError, ConvertContext, LenientPathNeeded
from store_protocol.convert.interface import Interface, Retain, annotations_of, hints_of
from store_protocol.convert.json_texts import in_text_or_refuse
from store_protocol.convert.rules import NO_RULE, AdditionalProperties, Rule, anything, unwrap
from store_protocol.convert.scalars import I64_MAX, I64_MIN, boolean, i64, json_string, lenient_string, string, u64
from store_protocol.convert.timestamps import in_other_units, timestamp
from store_protocol.first_use import build_type_info, once
from store_protocol.meta.tree import Path

# As looking up a member of an enumeration takes longer.
_ALWAYS, _IF_ASKED = Retain.ALWAYS, Retain.IF_ASKED

#: What readers of containers say of other values.
NO_ARRAY, NO_OBJECT = ConversionError("expected an array"), ConversionError("expected an object")

#: The conversions that leave a string as it is.
TEXTS: frozenset[Any] = frozenset({string, lenient_string, json_string})
#: The type and the smallest value for which a conversion returns its input unchanged.
_UNCHANGED: dict[Any, tuple[type, Any]] = {boolean: (bool, False), u64: (int, 0), i64: (int, I64_MIN)}

Reader = Callable[[Any, Path, ConvertContext], Any]


class Field(msgspec.Struct, frozen=True):
    """One attribute of an interface: its name here, its name on the wire, its annotation, its rule and its reader."""

    name: str
    encode_name: str
    hint: Any
    rule: Rule
    read: Reader


class Layout(msgspec.Struct, frozen=True):
    """The attributes of an interface in the order of its declaration, and what reading looks up among them.

    `names` has for each name on the wire, old ones too, the attribute's name here and its new one, its reader, the names
    that go before this one where an object has several, and of which type a value is, and how small at the least, that is
    taken as it is (the least string that isn't empty is a null character). `positions` has for each name on the wire the
    attribute's position and its name here. `required` are the attributes that must be there.
    """

    fields: tuple[Field, ...]
    positions: dict[str, tuple[int, str]]
    names: dict[str, tuple[str, str, Reader, tuple[str, ...], type | None, Any]]
    required: tuple[Field, ...]


@once
def layout_of(interface: type[Interface]) -> Layout:
    """Return the layout of an interface, made when it is first needed: interfaces contain each other."""
    hints = hints_of(interface)
    fields = tuple(
        Field(name, wire, inner, rule, reader_of(inner, rule))
        for name, wire in zip(interface.__struct_fields__, interface.__struct_encode_fields__, strict=True)
        if name not in interface.__beside__
        for inner, rule in (hints[name],)
    )
    names = {}
    for field in fields:
        on_the_wire = (field.encode_name, *field.rule.aliases)
        for index, name in enumerate(on_the_wire):
            names[name] = (field.name, field.encode_name, field.read, on_the_wire[:index], *taken(field.rule))
    positions = {field.encode_name: (index, field.name) for index, field in enumerate(fields)}
    return Layout(fields, positions, names, tuple(field for field in fields if field.rule.required))


def taken(rule: Rule) -> tuple[type | None, Any]:
    """Return the type and the least value of the scalars that a reader returns unchanged; None where there are none."""
    if rule.convert in TEXTS and not (rule.strip or rule.allow or rule.deny):
        return str, "\0" if rule.nonempty or rule.skip_empty else ""
    return _UNCHANGED.get(rule.convert, (None, None))


def least_text(hint: Any) -> str | None:
    """Return the least string that the reader of an annotation takes as it is, with all above it; None if it takes none."""
    kind, least = taken(unwrap(hint)[1])
    return least if kind is str else None


def fields_of(interface: type[Interface]) -> tuple[Field, ...]:
    """Return the attributes of an interface in the order of its declaration."""
    return layout_of(interface).fields


def reader_of(hint: Any, rule: Rule = NO_RULE) -> Reader:
    """Make the reader of an annotation."""
    inner, own = unwrap(hint)
    rule = own if own is not NO_RULE else rule
    if rule.read is not None:
        return rule.read
    if rule.convert is not None:
        return scalar_reader(rule.convert, rule)
    if isinstance(inner, type) and issubclass(inner, Interface) and (own_reader := inner.__reader__()) is not None:
        return own_reader  # type: ignore[no-any-return]
    origin = typing.get_origin(inner) or inner
    if origin is list:
        (item,) = typing.get_args(inner)
        return _container(inner, list_reader(reader_of(item), item), rule)
    if origin is dict:
        _, part = typing.get_args(inner)
        return _container(inner, object_reader(reader_of(part), part), rule)
    if isinstance(origin, type) and issubclass(origin, Interface):
        return _container(inner, interface_reader(origin), rule)
    if inner is Any:
        return anything
    message = f"no reader for {hint}"
    raise TypeError(message)


def scalar_reader(convert: Callable[[Any], Any], rule: Rule) -> Reader:
    """Make the reader of a scalar: its conversion, then its rules on blanks, characters and emptiness."""
    is_text = convert in TEXTS
    plain = not (rule.strip or rule.nonempty or rule.skip_empty or rule.allow or rule.deny)

    def read(value: Any, path: Path, context: ConvertContext) -> Any:
        # A string without further rules needs neither conversion nor care.
        if plain and is_text and type(value) is str:
            return value
        try:
            converted = value if is_text and type(value) is str else convert(value)
            if plain:
                return converted
            if not converted and rule.skip_empty:
                return converted if context.is_noted(path) else None
            return check_text(converted, rule) if context.enforce_rules else converted
        except ConversionError as error:
            if convert is timestamp and (found := in_other_units(value, context.received_at)) is not None:
                seconds, unit = found
                context.refuse(path, ConversionError(f"expected seconds, found {unit}", kind="timestamp_unit"), value)
                return seconds
            context.refuse(path, error, value)
            return None

    return read


# Unicode White_Space, which str.strip() would widen by U+001C to U+001F.
WHITE_SPACE = "\t\n\x0b\x0c\r \x85\xa0\u1680" + "".join(map(chr, range(0x2000, 0x200B))) + "\u2028\u2029\u202f\u205f\u3000"


def check_text(value: str, rule: Rule) -> str | None:
    """Hold a string to its rules; an empty one that doesn't count is None."""
    if rule.strip:
        value = value.strip(WHITE_SPACE)
    if not value:
        if rule.nonempty:
            raise ConversionError("expected a non-empty string", keep_original=False)
        if rule.skip_empty:
            return None
    if rule.allow is not None and not rule.allow.issuperset(value):
        raise wrong_character(next(char for char in value if char not in rule.allow), value)
    if rule.deny is not None and not rule.deny.isdisjoint(value):
        raise wrong_character(next(char for char in value if char in rule.deny), value)
    return value


def wrong_character(char: str, value: str) -> ConversionError:
    """Refuse a string for a character that it must not hold."""
    return ConversionError(f"invalid character {_rust_char(char)}", value=value)


def _rust_char(char: str) -> str:
    escapes = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "'": "\\'", "\\": "\\\\", "\0": "\\0"}
    if char in escapes:
        return f"'{escapes[char]}'"
    return f"'{char}'" if char.isprintable() else f"'\\u{{{ord(char):x}}}'"


def _container(hint: Any, read_parts: Reader, rule: Rule) -> Reader:
    """Put the fast way before a reader that takes a container apart, and the rules on emptiness after it."""
    # Texts are gone through as fast, and nothing is lost where one of them is wrong.
    asks_c = not any(least_text(arg) is not None for arg in typing.get_args(hint)[-1:])
    if not (asks_c or rule.nonempty or rule.skip_empty):
        return read_parts
    refused = (msgspec.ValidationError, RecursionError, LenientPathNeeded)
    convert = _converter(hint)
    is_plain = not holds_interfaces(hint)

    # Few of them are ever used: most events are typed from their text.
    @once
    def canonicalizer() -> Canonicalize | None:
        return canonicalizer_of(hint)

    def read(value: Any, path: Path, context: ConvertContext) -> Any:
        converted = None
        if asks_c and not context.keep_unknown and (is_plain or (len(path) == 1 and not context.in_lenient_path)):
            try:
                converted = convert(value)
                if (canonicalize := canonicalizer()) is not None:
                    canonicalize(converted, path, context)
            except refused:
                converted = None
        if converted is None:
            converted = read_parts(value, path, context)
        if not converted and type(converted) in {list, dict}:
            if rule.nonempty and context.enforce_rules:
                context.meta_tree.error(path, "invalid_data", "expected a non-empty value")
                return None
            if rule.skip_empty and not context.is_noted(path):
                return None
        return converted

    return read


def _converter(hint: Any) -> Callable[[Any], Any]:
    """Return the conversion in C to an annotation.

    What `msgspec` knows of a type it keeps with structs alone, and makes it anew for others each time, which takes up to a
    hundred times as long as the conversion: so these are put into a struct.
    """
    if isinstance(hint, type) and issubclass(hint, Interface):
        build_type_info(hint)
        return lambda value: msgspec.convert(value, hint)

    # Few of them are ever used: most events are typed from their text.
    @once
    def box() -> Any:
        made = msgspec.defstruct("Box", [("value", hint)], gc=False)
        build_type_info(made)
        return made

    def convert(value: Any) -> Any:
        found: Any = msgspec.convert({"value": value}, box())
        return found.value

    return convert


def interfaces_in(hint: Any) -> list[type[Interface]]:
    """Return the interfaces in the values of an annotation."""
    inner, _ = unwrap(hint)
    if isinstance(inner, type) and issubclass(inner, Interface):
        return [inner]
    return [found for argument in typing.get_args(inner) for found in interfaces_in(argument)]


def holds_interfaces(hint: Any) -> bool:
    """Return whether there are interfaces in the values of an annotation."""
    return bool(interfaces_in(hint))


def has_limits(hint: Any) -> bool:
    """Return whether there are free-form values with limits in the values of an annotation."""
    fields = (field for interface in interfaces_in(hint) for field in fields_of(interface))
    return any(field.rule.limit is not None or has_limits(field.hint) for field in fields)


def has_listed_limits(interface: type[Interface]) -> bool:
    """Return whether there are free-form values with limits in the lists of an interface."""
    return any(typing.get_origin(field.hint) is list and has_limits(field.hint) for field in fields_of(interface))


#: Types the items of a list, as far as it can: gives None for each other.
TypeItems = Callable[[list[Any], Path, ConvertContext], Iterable[Any]]


def typer_of(hint: Any) -> TypeItems | None:
    """Return the function that types the items of a list in C, each alone (see `ConvertContext.tries`).

    None for items that are no interface, or hold one of which C takes another object than its reader does.
    """
    inner, _ = unwrap(hint)
    if not (isinstance(inner, type) and issubclass(inner, Interface) and _is_typed(inner)):
        return None
    build_type_info(inner)
    canonicalize = canonicalizer_of(list[inner])  # type: ignore[valid-type]

    def type_items(value: list[Any], path: Path, context: ConvertContext) -> Iterable[Any]:
        if len(value) == 1:
            # It is what C has refused.
            return _NOT_TYPED
        convert, tries = msgspec.convert, context.tries
        found: list[Any] = []
        earned = False
        for part in value:
            if not tries:
                break
            typed = None
            if type(part) is dict and len(part) >= _MANY:
                try:
                    typed = convert(part, inner)
                    earned = True
                    tries += 1
                except (msgspec.ValidationError, RecursionError):
                    tries -= 1
            elif part is not None:
                tries -= 1
            found.append(typed)
        context.tries = tries
        if earned and canonicalize is not None:
            try:
                canonicalize(found, path, context)
            except LenientPathNeeded:
                return _NOT_TYPED
        return found if len(found) == len(value) else chain(found, _NOT_TYPED)

    return type_items


def _is_typed(hint: Any) -> bool:
    """Return whether C takes the same objects as their readers do for the interfaces in an annotation."""
    inner, _ = unwrap(hint)
    if not (isinstance(inner, type) and issubclass(inner, Interface)):
        return all(map(_is_typed, typing.get_args(inner)))
    if inner.__subclasses__() or (inner.__reader__() is not None and inner.__typed_with__ is None):
        return False
    hints = annotations_of(inner)
    return all(_is_typed(hints[name]) for name in inner.__struct_fields__ if name != "other")


#: Attributes of an item from which on it is tried in C: to read a frame of ten takes 3.7 µs, to convert it 0.7, and a
#: refusal 1.0; with fewer attributes only the first gets less.
_MANY = 3
_NOT_TYPED: Iterable[Any] = repeat(None)


def list_reader(item: Reader, hint: Any = Any) -> Reader:
    """Make the reader of a list out of that of its items; null items stay.

    A wrong item is null, too, as something is noted of its position. Where no more can be noted it is left out.
    """

    @once
    def typer() -> TypeItems | None:
        return typer_of(hint)

    def read(value: Any, path: Path, context: ConvertContext) -> Any:
        if type(value) is not list:
            if (parsed := in_text_or_refuse(value, (list,), NO_ARRAY, path, context)) is None:
                return None
            value, context = parsed
        if least is not None and _ARE_TEXTS.issuperset(map(type, value)) and (not least or "" not in value):
            return [*value]
        found: list[Any] = []
        budget = context.meta_tree.budget
        type_items = None if context.keep_unknown else typer()
        typed = _NOT_TYPED if type_items is None else type_items(value, path, context)
        for index, (part, ready) in enumerate(zip(budget.each(value), typed, strict=False)):
            if part is None or ready is not None:
                found.append(ready)
            elif budget.lists_errors:
                found.append(item(part, (*path, str(index)), context))
            elif (taken := item(part, path, context)) is not None:
                found.append(taken)
        return found

    least = least_text(hint)
    return read


_ARE_TEXTS = frozenset({str})


def object_reader(item: Reader, hint: Any = Any) -> Reader:
    """Make the reader of an object with any keys out of that of its values; null values stay."""

    def read(value: Any, path: Path, context: ConvertContext) -> Any:
        if type(value) is not dict:
            if (parsed := in_text_or_refuse(value, (dict,), NO_OBJECT, path, context)) is None:
                return None
            value, context = parsed
        if item is anything:
            return value.copy()
        parts = context.meta_tree.budget.each(value.items())
        if least is not None:
            return {
                key: part if part is None or (type(part) is str and part >= least) else item(part, (*path, key), context)
                for key, part in parts
            }
        return {key: None if part is None else item(part, (*path, key), context) for key, part in parts}

    least = least_text(hint)
    return read


def interface_reader(interface: type[Interface], read_object: Reader | None = None) -> Reader:
    """Make the reader of an interface: an object of its attributes, unless `read_object` reads the object otherwise."""
    no_interface = ConversionError(f"expected {interface_name(interface)}")
    read_object = read_object or functools.partial(read_attributes, interface)

    def read(value: Any, path: Path, context: ConvertContext) -> Any:
        if type(value) is not dict:
            if (parsed := in_text_or_refuse(value, (dict,), no_interface, path, context)) is None:
                return None
            value, context = parsed
        return read_object(value, path, context)

    return read


def interface_name(interface: type[Interface]) -> str:
    """Return the name by which Relay's reasons call an interface."""
    return getattr(interface, "__relay_name__", interface.__name__.lower())


#: What it costs to read an interface beside its attributes, in values.
_VALUES_OF_INTERFACE = 2


def read_attributes(interface: type[Interface], value: dict[str, Any], path: Path, context: ConvertContext) -> Any:
    """Read the attributes of an interface out of an object, and keep what isn't known if the context says so."""
    attributes: dict[str, Any] = {}
    budget = context.meta_tree.budget
    budget.values_left -= len(value) + _VALUES_OF_INTERFACE
    layout = layout_of(interface)
    find: Any = layout.names.get
    for key, part in value.items():
        if part is None or (found := find(key)) is None:
            continue
        name, wire, read, before, kind, least = found
        if before and any(other in value for other in before):
            continue
        if type(part) is kind and part >= least and (kind is not int or part <= I64_MAX):
            attributes[name] = part
        else:
            attributes[name] = read(part, (*path, wire), context)
    for field in layout.required:
        if field.name not in attributes:
            attributes[field.name] = None
            # What is to be said of it costs as much as its value would.
            budget.values_left -= 1
            if context.enforce_rules:
                context.meta_tree.missing((*path, field.encode_name))
    if interface.__other__ is _ALWAYS or (context.keep_unknown and interface.__other__ is _IF_ASKED):
        # Those that are null are not there.
        unknown = [key for key, part in value.items() if part is not None and find(key) is None]
        attributes["other"] = AdditionalProperties((key, value[key]) for key in sorted(unknown)) or None
    return interface(**attributes)


def read_attribute(field: Field, value: Any, path: Path, context: ConvertContext) -> Any:
    """Read one attribute of the interface at `path`."""
    if value is not None:
        return field.read(value, (*path, field.encode_name), context)
    if field.rule.required and context.enforce_rules:
        context.meta_tree.missing((*path, field.encode_name))
    return None


def known_names(interface: type[Interface]) -> dict[str, Any]:
    """Return the names on the wire, old ones too, that belong to attributes of an interface."""
    return layout_of(interface).names
