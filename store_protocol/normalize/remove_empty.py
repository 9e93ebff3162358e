"""What is left once the steps are done: what turned out to be nothing is not written.

Which attributes that holds for, and which lists, stands beside their fields (`omit_empty`, `omit_empty_items`). What is
something or has something noted of it stays, and so does what is null because it was wrong. The meta tree keeps the
positions that the client's items had (as Relay's does), so that nothing moves in it.

A function is generated from the rules, with the interfaces in each other unrolled. For `Mechanism` it is

    def remove(value, path, meta_tree, known):
        if (part1 := value.data) is not None:
            if not part1 and meta_tree.find((*path, 'data')) is None:
                value.data = None
        if (part2 := value.meta) is not None:
            if is_deep_empty(part2) and meta_tree.find((*path, 'meta')) is None:
                value.meta = None
"""

import typing
from collections.abc import Callable
from typing import Any

from store_protocol.convert.generated import compiled, indented
from store_protocol.convert.interface import Interface, is_deep_empty
from store_protocol.convert.readers import Field, fields_of
from store_protocol.convert.rules import unwrap
from store_protocol.first_use import once
from store_protocol.meta.tree import MetaTree, Path, position
from store_protocol.normalize.context import Normalization
from store_protocol.normalize.steps import stacktraces
from store_protocol.schema.contexts import Context, read_contexts
from store_protocol.schema.event import Event
from store_protocol.schema.stacktrace import Frame

#: A step sees to the frames of other stack traces.
_RAW = repr("raw_stacktrace")

Remove = Callable[[Any, Path, MetaTree, frozenset[str]], None]


def remove_empty(normalization: Normalization) -> None:
    """Drop attributes and items without anything in them."""
    after_steps = not normalization.options.is_renormalize
    remove = remover_of(Event, after_steps=after_steps)
    if remove is not None:
        remove(normalization.event, (), normalization.meta_tree, normalization.facts.without_empty_items)


@once
def remover_of(interface: type[Interface], *, after_steps: bool = False) -> Remove | None:
    """Return the function that drops what is empty in an interface; None where nothing ever is.

    With `after_steps` it leaves out what a step has seen to.
    """
    writer = _Writer(after_steps=after_steps)
    body = writer.interface(interface, "value", (), "")
    if not body:
        return None
    what = f"remove what is empty in {interface.__name__}{', after the steps' if after_steps else ''}"
    lines = ["def remove(value, path, meta_tree, known):", *indented(body)]
    remove: Remove = compiled(what, "remove", lines, writer.known)
    return remove


class _Writer:
    """Writes the lines that drop what is empty in an interface."""

    def __init__(self, *, after_steps: bool) -> None:
        self.after_steps = after_steps
        self.known: dict[str, Any] = {"is_deep_empty": is_deep_empty, "kept": _kept, "kept_members": _kept_members}
        self.count = 0

    def name(self, prefix: str) -> str:
        self.count += 1
        return f"{prefix}{self.count}"

    def interface(self, interface: type[Interface], target: str, at: tuple[str, ...], top: str) -> list[str]:
        """Write what is to be done in an interface; `top` is the attribute of the event that it is in."""
        lines: list[str] = []
        for field in fields_of(interface):
            is_seen = self.after_steps and interface is Frame and field.name in stacktraces.SEEN_TO and _RAW not in at
            if not is_seen:
                lines += self.field(field, f"{target}.{field.name}", (*at, repr(field.encode_name)), top or field.name)
        return lines

    def field(self, field: Field, place: str, at: tuple[str, ...], top: str) -> list[str]:
        part, path = self.name("part"), f"(*path, {', '.join(at)})"
        body = self.inside(field, part, at, top)
        if field.rule.omit_empty_items:
            body = self.items(field, body, part, place, path, top)
        if field.rule.omit_empty:
            condition = f"if {_deep_empty(field.hint, part)} and meta_tree.find({path}) is None:"
            body = [condition, f"    {place} = None", *(["else:", *indented(body)] if body else [])]
        return [f"if ({part} := {place}) is not None:", *indented(body)] if body else []

    def inside(self, field: Field, part: str, at: tuple[str, ...], top: str) -> list[str]:
        """Write what is to be done within a value."""
        hint = dict[str, Context] if field.rule.read is read_contexts else field.hint
        origin = typing.get_origin(hint)
        if origin not in (list, dict):
            return self.value(hint, part, at, top)
        key, item = self.name("key"), self.name("item")
        inner, _ = unwrap(typing.get_args(hint)[-1])
        body = self.value(inner, item, (*at, f"str({key})"), top)
        if not body:
            return []
        pairs = f"enumerate({part})" if origin is list else f"{part}.items()"
        return [f"for {key}, {item} in {pairs}:", f"    if {item} is not None:", *indented(body, 2)]

    def items(self, field: Field, body: list[str], part: str, place: str, path: str, top: str) -> list[str]:
        """Write what is to be done for the items of a list or an object, once `body` has gone through what is in them."""
        inner, _ = unwrap(typing.get_args(field.hint)[-1])
        nothing = self.name("nothing")
        self.known[nothing] = inner() if _is_interface(inner) else ""
        is_list = typing.get_origin(field.hint) is list
        if body and _is_interface(inner):
            # They are gone through in any case.
            item, found = body[1].split()[1], self.name("found")
            unlike = " and ".join([*_absent(inner, item), f"{item} == {nothing}"])
            body = [f"{found} = False", *body, f"        if {unlike}:", f"            {found} = True"]
            body += ["    else:", f"        {found} = True"]
            condition = found
        else:
            items = part if is_list else f"{part}.values()"
            condition = f"{top!r} not in known and (None in {items} or {nothing} in {items})"
        keep = "kept" if is_list else "kept_members"
        return [*body, f"if {condition}:", f"    {place} = {keep}({part}, {nothing}, {path}, meta_tree)"]

    def value(self, hint: Any, target: str, at: tuple[str, ...], top: str) -> list[str]:
        if not (isinstance(hint, type) and issubclass(hint, Interface)):
            return []
        if not hint.__subclasses__():
            return self.interface(hint, target, at, top)
        # It may be any of those below it.
        removers, name = self.name("removers"), self.name("remove")
        self.known[removers] = _Removers(hint)
        return [
            f"if ({name} := {removers}[type({target})]) is not None:",
            f"    {name}({target}, (*path, {', '.join(at)}), meta_tree, known)",
        ]


class _Removers(dict[type, Remove | None]):
    """The functions that drop what is empty in the interfaces below another, made when a value of one is first there."""

    def __init__(self, above: type[Interface]) -> None:
        super().__init__()
        self.above = above

    def __missing__(self, kind: type) -> Remove | None:
        found = self[kind] = remover_of(kind) if kind is not self.above and issubclass(kind, self.above) else None
        return found


def _deep_empty(hint: Any, part: str) -> str:
    """Return the condition on which a part is blank."""
    if typing.get_origin(hint) in (list, dict) or hint is str:
        return f"not {part}"
    if not (isinstance(hint, type) and issubclass(hint, Interface)):
        return f"is_deep_empty({part})"
    return " and ".join([*_absent(hint, part), f"is_deep_empty({part})"])


def _absent(interface: type[Interface], part: str) -> list[str]:
    """Return the conditions that no value of an interface itself is there, which nearly always tell that it isn't blank."""
    return [f"not {part}.{each.name}" for each in fields_of(interface) if not _is_interface(each.hint)]


def _is_interface(hint: Any) -> bool:
    return isinstance(hint, type) and issubclass(hint, Interface)


def _kept(items: list[Any], nothing: Any, path: Path, meta_tree: MetaTree) -> list[Any] | None:
    """Return the items that are something or of which something is noted; None where nothing is left."""
    noted = meta_tree.find(path)
    if noted is None:
        return [item for item in items if item is not None and item != nothing] or None
    below = {position(key) for key in noted.children}
    return [item for index, item in enumerate(items) if (item is not None and item != nothing) or index in below]


def _kept_members(members: dict[str, Any], nothing: Any, path: Path, meta_tree: MetaTree) -> dict[str, Any] | None:
    noted = meta_tree.find(path)
    below = {} if noted is None else noted.children
    kept = {key: value for key, value in members.items() if (value is not None and value != nothing) or key in below}
    return kept if kept or noted is not None else None
