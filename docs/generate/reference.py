"""Pages of the reference: public names, errors and what is listed, limits, options, and the list of interfaces."""

import importlib
import inspect
from typing import Any

import msgspec

import store_protocol
from docs.generate import fields
from docs.generate.markdown import code, first_of, first_sentence, table
from docs.generate.sentences import annotations, for_type_checkers
from store_protocol import Event, Limits, NormalizeOptions, errors
from store_protocol.comments import of_class, sentences
from store_protocol.errors import StoreError
from store_protocol.schema import normalized_event

#: Modules with public names beside those of the package itself.
OTHER_MODULES = (
    "store_protocol.asgi",
    "store_protocol.wsgi",
    "store_protocol.describe",
    "store_protocol.json_schema",
    "store_protocol.samples",
    "store_protocol.testing",
    "store_protocol.strategies",
)


def pages() -> dict[str, str]:
    """Return the pages by their place in the site."""
    found = {
        "names": _names(),
        "errors": _errors(),
        "limits": _settings("Limits", Limits, "In bytes where the name ends so, else a number. 1 KiB is 1,024 bytes."),
        "options": _settings("Options of normalization", NormalizeOptions, "All may be left out."),
        "fields": _interfaces(),
    }
    return {f"reference/{name}.md": "\n".join(lines) + "\n" for name, lines in found.items()}


def public_names() -> dict[str, Any]:
    """Return the public names of the package, each under its module, with what they stand for."""
    names = [f"store_protocol.{name}" for name in store_protocol.__all__ if name != "errors"]
    names += [f"{module}.{name}" for module in OTHER_MODULES for name in _exported(module)]
    return {name: getattr(importlib.import_module(name.rpartition(".")[0]), name.rpartition(".")[2]) for name in names}


def _exported(module: str) -> list[str]:
    """Return the names that a module defines or hands on under their own name."""
    found = vars(importlib.import_module(module))
    if "__path__" in found:
        return [*found.get("__all__", [name for name in found if not name.startswith("_") and callable(found[name])])]
    return [name for name, each in found.items() if getattr(each, "__module__", "") == module and name[0] != "_"]


def _names() -> list[str]:
    names = public_names()
    declared = _for_type_checkers()
    rows = [
        (
            f"[`{name.removeprefix('store_protocol.')}`](#{name})",
            first_of(declared[name][0]) if name in declared else first_sentence(found),
        )
        for name, found in names.items()
    ]
    lines = [
        "# Public names",
        "",
        "What `store_protocol` exports, and what its extras bring. Each name is loaded when it is",
    ]
    lines += ["first used. Errors have [a page of their own](errors.md), and so has [the schema](fields.md).", ""]
    lines += table(("name", "what it is"), rows)
    for name, found in names.items():
        # Limits and options have tables of their own, and events pages.
        elsewhere = found in {Limits, NormalizeOptions, Event}
        options = {"show_root_full_path": name.count(".") > 1} | ({"members": False} if elsewhere else {})
        lines += [
            "",
            f"::: {name}",
            "    options:",
            *(f"      {key}: {str(value).lower()}" for key, value in options.items()),
        ]
        if isinstance(found, type) and issubclass(found, msgspec.Struct) and not elsewhere:
            lines += ["", f"**Attributes of {code(found.__name__)}**", "", *_attributes(found)]
        if name in declared:
            told = of_class(found)
            lines += ["", "**Attributes that are never None**", ""]
            lines += table(
                ("attribute", "what it is", "type"),
                [(code(each), told[each], code(hint)) for each, hint in declared[name][1].items()],
            )
    return lines


def _for_type_checkers() -> dict[str, tuple[str, dict[str, str]]]:
    """Return the public names that stand for another class at run time: the docstring of each, and its annotations."""
    module = normalized_event.__name__
    return {"store_protocol.NormalizedEvent": for_type_checkers(module, "NormalizedEvent")}


def _attributes(of: type[msgspec.Struct]) -> list[str]:
    """Return the table of the attributes of a struct, in the order in which they are given."""
    types, told = annotations(of), of_class(of)
    rows = [
        (code(each.name), told.get(each.name, ""), code(types[each.name]), "" if each.required else code(_default_of(each)))
        for each in msgspec.structs.fields(of)
    ]
    return table(("attribute", "what it is", "type", "default"), rows)


def _default_of(field: msgspec.structs.FieldInfo) -> str:
    return _default(field.default if field.default is not msgspec.NODEFAULT else field.default_factory())


def error_classes() -> list[type[StoreError]]:
    """Return every error, those that callers catch by their base first."""
    return [each for each in vars(errors).values() if inspect.isclass(each) and issubclass(each, StoreError)]


def _errors() -> list[str]:
    lines = [
        "# Errors",
        "",
        "All errors are `StoreError`s of `store_protocol.errors`. `code` stays the same from version to",
    ]
    lines += ["version. The classes that others are derived of are for `except`.", ""]
    rows = [
        (code(each.code), code(each.__name__), str(each.status), first_sentence(each), code(each.__mro__[1].__name__))
        for each in error_classes()
    ]
    lines += table(("code", "class", "status", "cause", "is a"), rows)
    lines += ["", "## What is wrong with a value", "", "One wrong value costs that value. `Event.errors` lists it by these"]
    lines += ["names in `type`, `FieldError` in `kind`.", ""]
    lines += table(("type", "what it says"), kinds("store_protocol.meta.kinds", "ErrorKind"))
    lines += ["", "## What is repaired", "", "What `Submission.repairs` lists, by `Repair.kind`.", ""]
    return lines + table(("kind", "what was done"), kinds("store_protocol.payload.repairs", "RepairKind"))


def kinds(module: str, alias: str) -> list[tuple[str, str]]:
    """Return the members of a `Literal`, each with its sentence."""
    importlib.import_module(module)
    told = sentences(module, alias)
    members = getattr(importlib.import_module(module), alias).__args__
    return [(code(each), told.get(each, "")) for each in members]


def _settings(title: str, of: type[msgspec.Struct], more: str) -> list[str]:
    rows = [(code(name), told, value) for name, value, told in settings(of)]
    return [
        f"# {title}",
        "",
        f"{inspect.getdoc(of).split('>>>')[0].strip()} {more}",
        "",
        *table(("name", "what it is", "default"), rows),
    ]


def settings(of: type[msgspec.Struct]) -> list[tuple[str, str, str]]:
    """Return the fields of a struct of settings: name, default and sentence."""
    told = of_class(of)
    return [(each.name, code(_default(each.default)), told.get(each.name, "")) for each in msgspec.structs.fields(of)]


def _default(value: Any) -> str:
    return f"{value:_}" if type(value) is int else repr(value)


def _interfaces() -> list[str]:
    lines = [
        "# Fields",
        "",
        "Every interface of an event, and of the items of an envelope, with every field that it has.",
        "",
    ]
    lines += [
        "- *type* is the JSON type of the canonical form, and in brackets what [else is read as it](#types).",
        "- *limits*: `200 characters` is what trimming cuts to, `(+20)` how many more are still left alone; bytes are",
        "  those of the JSON text, and depth counts levels of containers; `required` is an error where it is missing.",
        "- *formerly* are names that old clients have for it. The new name goes first where an object has both.",
        "",
    ]
    for module, found in fields.modules().items():
        names = ", ".join(
            f"[{each.__name__}](fields/{fields.uri_of(module).rpartition('/')[2]}#{each.__name__.lower()})"
            for each in found
        )
        lines.append(f"- **{fields.title_of(module)}**: {names}")
    lines += ["", "## Types", "", "What is read, by the names in brackets. What can't be is left out, and listed.", ""]
    return lines + table(("type", "what is read"), list(fields.conversions().items()))
