"""Pages of the fields of every interface: type, limits, old names from the rules, and the sentence above each field."""

import importlib
import inspect
import math
import pkgutil
import types
import typing
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from docs.generate.markdown import code, first_sentence, table
from store_protocol.comments import of_class
from store_protocol.convert.interface import Interface, interfaces
from store_protocol.convert.readers import Field, fields_of
from store_protocol.convert.rules import AdditionalProperties, FreeFormLimit, Rule, rule_of

#: The packages whose modules declare interfaces.
PACKAGES = ("store_protocol.schema", "store_protocol.items")
#: The name of a JSON type.
_JSON = {str: "string", int: "integer", float: "number", bool: "boolean", dict: "object", list: "array", type(None): "null"}
#: Conversions that add nothing to the JSON type.
_PLAIN = {"string", "u64", "i64", "f64", "boolean", "anything"}


def modules() -> dict[str, list[type[Interface]]]:
    """Return the interfaces with fields of each module that declares any, in the order of their declaration."""
    found: dict[str, list[type[Interface]]] = {}
    for package in PACKAGES:
        if importlib.util.find_spec(package) is None:
            continue
        for each in pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}."):
            importlib.import_module(each.name)
    for interface in interfaces(Interface):
        if interface.__module__.startswith(PACKAGES) and not interface.__name__.startswith("_") and fields_of(interface):
            found.setdefault(interface.__module__, []).append(interface)
    return {name: sorted(found[name], key=_line) for name in sorted(found, key=_place)}


def _line(interface: type[Interface]) -> int:
    return inspect.getsourcelines(interface)[1]


def _place(module: str) -> tuple[bool, bool, str]:
    # The event first, then its parts, then contexts, and items last.
    return (".items" in module, module != "store_protocol.schema.event", module)


def uri_of(module: str) -> str:
    """Return the page of a module."""
    return f"reference/fields/{module.removeprefix('store_protocol.').replace('.', '_')}.md"


def title_of(module: str) -> str:
    """Return the title of a module's page: what its docstring names before the first colon or full stop."""
    doc = inspect.getdoc(importlib.import_module(module)) or module
    return doc.split(":")[0].split(".")[0].split(",")[0].strip()


def pages() -> dict[str, str]:
    """Return the page of every module that declares interfaces."""
    at = {interface: uri_of(module) for module, found in modules().items() for interface in found}
    return {uri_of(module): _page(module, found, at) for module, found in modules().items()}


def _page(module: str, found: list[type[Interface]], at: dict[Any, str]) -> str:
    lines = [f"# {title_of(module)}", "", inspect.getdoc(importlib.import_module(module)).split("\n\n")[0], ""]
    for interface in found:
        lines += [f"## {interface.__name__} {{#{interface.__name__.lower()}}}", "", inspect.getdoc(interface) or "", ""]
        rows = [row(field, interface, uri_of(module), at) for field in fields_of(interface)]
        lines += [*table(("field", "what it is", "type", "limits"), rows), ""]
    return "\n".join(lines)


def row(field: Field, interface: type[Interface], page: str, at: dict[Any, str]) -> tuple[str, ...]:
    """Return the row of one field."""
    rule = field.rule
    hint = typing.get_type_hints(interface, include_extras=True)[field.name]
    python = f"<br>in Python {code(field.name)}" if field.name != field.encode_name else ""
    old = f"<br>formerly {', '.join(map(code, rule.aliases))}" if rule.aliases else ""
    return (
        f"{code(field.encode_name)}{python}{old}",
        of_class(interface).get(field.name, ""),
        type_of(hint, rule, page, at),
        "; ".join(limits_of(hint, rule)),
    )


def type_of(hint: Any, rule: Rule, page: str, at: dict[Any, str]) -> str:
    """Return what a field holds: its JSON type, and the name of its conversion where there is more to say of it."""
    words = " or ".join(dict.fromkeys(_words(hint, page, at)))
    told = _conversion(rule)
    return words if told is None else f"{words} ([{label_of(told)}](../fields.md#types))"


def _conversion(rule: Rule) -> Any:
    told = rule.convert or rule.read
    return None if told is None or told.__name__ in _PLAIN or not told.__doc__ else told


def label_of(convert: Any) -> str:
    """Return the name of a conversion as the reference has it.

    >>> from store_protocol.convert.ids import event_id
    >>> label_of(event_id)
    'event id'
    """
    name: str = convert.__name__
    return name.removeprefix("read_").replace("_", " ")


def conversions() -> dict[str, str]:
    """Return what each conversion takes, by its name, of all that fields have."""
    found = {told for each in _all_fields() if (told := _conversion(each.rule)) is not None}
    return {label_of(each): _capital(first_sentence(each).removeprefix("Read ")) for each in sorted(found, key=label_of)}


def _all_fields() -> Iterator[Field]:
    for found in modules().values():
        for interface in found:
            yield from fields_of(interface)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _words(hint: Any, page: str, at: dict[Any, str]) -> Iterator[str]:
    """Iterate over the JSON types of an annotation, null left out."""
    hint = _bare(hint)
    origin, args = typing.get_origin(hint) or hint, typing.get_args(hint)
    if origin in {typing.Union, types.UnionType}:
        for each in args:
            if each is not type(None):
                yield from _words(each, page, at)
    elif origin is typing.Literal:
        yield "one of " + ", ".join(code(str(each)) for each in args)
    elif origin is list:
        yield "array of " + " or ".join(dict.fromkeys(_words(args[0], page, at)))
    elif origin is dict and args:
        words = " or ".join(dict.fromkeys(_words(args[1], page, at)))
        yield "object" if words == "any value" else f"object of {words}"
    elif origin is tuple:
        yield "pair of " + " and ".join(word for each in args for word in _words(each, page, at))
    elif hint in at:
        where = at[hint].rpartition("/")[2] if at[hint] != page else ""
        yield f"[{hint.__name__}]({where}#{hint.__name__.lower()})"
    elif origin is AdditionalProperties:
        yield "object"
    else:
        yield _JSON.get(origin, "any value")


def _bare(hint: Any) -> Any:
    while typing.get_origin(hint) is typing.Annotated:
        hint = hint.__origin__
    return hint


def _metas(hint: Any) -> Iterator[msgspec.Meta]:
    """Iterate over the constraints of an annotation itself, not of its items."""
    origin = typing.get_origin(hint)
    if origin is typing.Annotated:
        yield from (each for each in hint.__metadata__ if isinstance(each, msgspec.Meta))
        yield from _metas(hint.__origin__)
    elif origin in {typing.Union, types.UnionType}:
        for each in typing.get_args(hint):
            yield from _metas(each)


def limits_of(hint: Any, rule: Rule) -> Iterator[str]:
    """Iterate over the bounds of a field: whether it must be there, its characters, bytes, depth and range."""
    if rule.required:
        yield "required"
    if rule.nonempty:
        yield "not empty"
    if rule.max_chars is not None:
        more = f" (+{rule.allowance})" if rule.allowance else ""
        yield f"{rule.max_chars:,} characters{more}{'' if rule.trim else ' (never cut)'}"
    for limit, of in ((rule.limit, ""), (rule.item_limit, "each part ")):
        if limit is not None:
            yield of + free_form(limit)
    if rule.item_chars is not None:
        yield f"{rule.item_chars} characters each"
    if rule.allow is not None:
        yield f"only {_characters(rule.allow)}"
    if rule.deny is not None:
        yield f"no {_characters(rule.deny)}"
    if rule.strip:
        yield "no blanks around it"
    yield from ranges(_metas(hint))


def free_form(limit: FreeFormLimit) -> str:
    """Return the limit of a free-form value in words."""
    return f"{limit.max_bytes:,} bytes and depth {limit.max_depth}"


def ranges(metas: Iterable[msgspec.Meta]) -> Iterator[str]:
    """Iterate over the ranges of numbers; those of whole 64-bit integers and of times are left to the type."""
    for meta in metas:
        least, most = meta.ge, meta.le
        if (
            rule_of(meta) is not None
            and rule_of(meta).convert is not None
            and rule_of(meta).convert.__name__ == "timestamp"
        ):
            continue
        if least == 0 and (most is None or most >= 2**63 - 1):
            yield "0 or more"
        elif least is not None and most is not None and math.log2(most) < 60:
            yield f"{least} to {most}"


_CLASSES = (("abcdefghijklmnopqrstuvwxyz", "a-z"), ("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "A-Z"), ("0123456789", "0-9"))
_NAMES = {" ": "blanks", "\t": "tabs", "\n": "line feeds", "\r": "carriage returns"}


def _characters(chars: frozenset[str]) -> str:
    words = []
    for each, name in _CLASSES:
        if chars >= {*each}:
            words.append(code(name))
            chars -= {*each}
    return ", ".join([*words, *(_NAMES.get(each) or code(each) for each in sorted(chars))])
