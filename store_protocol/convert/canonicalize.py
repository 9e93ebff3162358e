"""What conversion in C leaves to do, generated from the rules beside the fields.

Some types of fields are wider than the canonical form, as most clients send something else: ISO 8601 times, addresses with
leading zeros, empty file names, stack traces without frames. Were they refused, an interface would have to be read in
Python for the text of a time, at ten times the cost. So C takes them. A generated function brings the typed value into
canonical form in place and notes what is wrong, just as reading in Python would.

For each annotation one function is written, with the interfaces in it and their lists unrolled, so that a field that needs
nothing costs nothing, and a path is only put together for an error. Addresses are canonicalized all at once, since an app
has thousands of them, nearly always in canonical form: a first function collects them. Only where something is to be done a
second one puts them back, or a third one looks at each. For `LockReason` the first one is

    def canonicalize(value, path, context, argument=None):
        enforced, budget = context.enforce_rules, context.meta_tree.budget
        if enforced and (value.type is None):
            if budget.lists_errors:
                if value.type is None:
                    missing(context, (*path, 'type'))
            else:
                budget.unlisted_errors += (value.type,).count(None)
        return value
"""

import typing
from collections.abc import Callable
from datetime import datetime
from typing import Any

from store_protocol.convert.addresses import canonical_address, canonical_addresses
from store_protocol.convert.context import ConversionError, ConvertContext, LenientPathNeeded
from store_protocol.convert.generated import compiled, indented
from store_protocol.convert.interface import Interface, hints_of
from store_protocol.convert.rules import Rule, unwrap
from store_protocol.convert.scalars import address, level, register, whole_number
from store_protocol.convert.timestamps import MAX_TIMESTAMP, in_micros, timestamp
from store_protocol.first_use import once
from store_protocol.meta.tree import Path

Canonicalize = Callable[[Any, Path, ConvertContext], Any]


#: raven-js says log, and Python's logging critical.
OTHER_LEVELS = {"log": "info", "critical": "fatal"}
#: Kinds of texts that are canonicalized all at once.
_TOGETHER: frozenset[Any] = frozenset({address, register})


@once
def canonicalizer_of(hint: Any) -> Canonicalize | None:
    """Return the function that brings a value of an annotation, as C has typed it, into canonical form.

    None where C takes the canonical form alone.
    """
    inner, _ = unwrap(hint)
    body, known = _body(inner, _Collect)
    if not body:
        return None
    first = _compiled(inner, _Collect, body, known)
    if not any("argument(" in line for line in body):
        return first

    # Few of them are ever used, as most addresses are in canonical form.
    @once
    def put() -> Callable[..., Any]:
        return _compiled(inner, _Put, *_body(inner, _Put))

    @once
    def one_by_one() -> Callable[..., Any]:
        return _compiled(inner, _OneByOne, *_body(inner, _OneByOne))

    def canonicalize(value: Any, path: Path, context: ConvertContext) -> Any:
        texts: list[str] = []
        first(value, path, context, texts.append)
        if texts:
            try:
                canonical = canonical_addresses(texts)
            except ConversionError:
                if (budget := context.meta_tree.budget).values_left < len(texts):
                    # They are left out where they are read.
                    raise LenientPathNeeded from None
                budget.values_left -= len(texts)
                one_by_one()(value, path, context, None)
            else:
                if canonical is not texts:
                    put()(value, path, context, iter(canonical).__next__)
        return value

    return canonicalize


def _missing(context: ConvertContext, path: Path) -> None:
    context.meta_tree.missing(path)


def _refuse_empty(context: ConvertContext, path: Path, value: Any) -> None:
    if value is None:
        context.meta_tree.missing(path)
    else:
        context.meta_tree.error(path, "invalid_data", "expected a non-empty value")


def _raise_lenient() -> None:
    raise LenientPathNeeded


class _Collect:
    """Writes the function that does everything but for the addresses, which it collects."""

    does_all = True

    def text(self, holder: str, at: str, target: str) -> list[str]:  # noqa: ARG002  (the arguments of a writer)
        return [f"if (text := {target}) is not None:", "    argument(text)"]


class _Put:
    """Writes the function that puts canonical addresses in the places of those that were collected."""

    does_all = False

    def text(self, holder: str, at: str, target: str) -> list[str]:  # noqa: ARG002
        return [f"if {target} is not None:", f"    {target} = argument()"]


class _OneByOne:
    """Writes the function that canonicalizes addresses one by one, and refuses those that are none."""

    does_all = False

    def text(self, holder: str, at: str, target: str) -> list[str]:  # noqa: ARG002
        return [
            f"if (text := {target}) is not None:",
            "    try:",
            f"        {target} = canonical_address(text)",
            "    except ConversionError as error:",
            f"        context.refuse({at}, error, text)",
            f"        {target} = None",
        ]


class _Writer:
    """Writes the body of one function: lines for a hint, its interfaces and lists unrolled."""

    def __init__(self, action: Any) -> None:
        self.action = action
        self.known: dict[str, Any] = {
            "ConversionError": ConversionError,
            "canonical_address": canonical_address,
            "missing": _missing,
            "raise_lenient": _raise_lenient,
            "refuse_empty": _refuse_empty,
        }
        self.count = 0

    def name(self, prefix: str) -> str:
        self.count += 1
        return f"{prefix}{self.count}"

    def value(self, hint: Any, rule: Rule, target: str, at: tuple[str, ...]) -> list[str]:
        """Write what is to be done for a value that isn't None; `target` is where it stands."""
        path = f"(*path, {', '.join(at)})" if at else "path"
        if rule.convert in _TOGETHER:
            return self.action.text(target, path, target)  # type: ignore[no-any-return]
        inner, _ = unwrap(hint)
        if isinstance(inner, type) and issubclass(inner, Interface):
            return self.interface(inner, target, at)
        origin = typing.get_origin(inner)
        if origin is list:
            index, item = self.name("index"), self.name("item")
            body = self.value(*unwrap(typing.get_args(inner)[0]), item, (*at, f"str({index})"))
            if self._is_text(typing.get_args(inner)[0]):
                body = self.value(*unwrap(typing.get_args(inner)[0]), f"{target}[{index}]", (*at, f"str({index})"))
            is_numbered = any(index in line for line in body)
            loop = f"for {index}, {item} in enumerate({target}):" if is_numbered else f"for {item} in {target}:"
            return [loop, f"    if {item} is not None:", *indented(body, 2)] if body else []
        if origin is dict:
            key, item = self.name("key"), self.name("item")
            part = typing.get_args(inner)[1]
            body = self.value(*unwrap(part), f"{target}[{key}]" if self._is_text(part) else item, (*at, key))
            return (
                [f"for {key}, {item} in {target}.items():", f"    if {item} is not None:", *indented(body, 2)]
                if body
                else []
            )
        return []

    def _is_text(self, hint: Any) -> bool:
        return unwrap(hint)[1].convert in _TOGETHER

    def interface(self, interface: type[Interface], target: str, at: tuple[str, ...]) -> list[str]:
        hints = hints_of(interface)
        lines = self.absent(interface, target, at) if self.action.does_all else []
        for name, wire in zip(interface.__struct_fields__, interface.__struct_encode_fields__, strict=True):
            if name not in interface.__beside__:
                hint, rule = hints[name]
                place, below = f"{target}.{name}", (*at, repr(wire))
                if self.action.does_all:
                    lines += self.field(hint, rule, place, below)
                lines += self.part(hint, rule, place, below)
        return lines

    def absent(self, interface: type[Interface], target: str, at: tuple[str, ...]) -> list[str]:
        """Write what is to be done for attributes that are absent, before all else."""
        lines: list[str] = []
        required: list[tuple[str, str]] = []
        for name, wire in zip(interface.__struct_fields__, interface.__struct_encode_fields__, strict=True):
            if name in interface.__beside__:
                continue
            place, rule = f"{target}.{name}", hints_of(interface)[name][1]
            if wire in (interface.__typed_with__ or ()) or (
                # C passes over the old name.
                rule.aliases and not interface.__struct_config__.forbid_unknown_fields
            ):
                lines += [f"if {place} is None:", "    raise_lenient()"]
            elif rule.required and not (rule.empty and rule.nonempty):
                required.append((place, f"(*path, {', '.join((*at, repr(wire)))})"))
        if not required:
            return lines
        is_any_absent = " or ".join(f"{place} is None" for place, _ in required)
        listed = [line for place, path in required for line in (f"if {place} is None:", f"    missing(context, {path})")]
        # There may be hundreds of thousands of `{}`.
        counted = f"        budget.unlisted_errors += ({', '.join(place for place, _ in required)},).count(None)"
        lines += [f"if enforced and ({is_any_absent}):", "    if budget.lists_errors:", *indented(listed, 2)]
        return [*lines, "    else:", counted]

    def part(self, hint: Any, rule: Rule, place: str, at: tuple[str, ...]) -> list[str]:
        """Write what is to be done within an attribute."""
        if rule.convert in _TOGETHER:
            return self.value(hint, rule, place, at)
        part = self.name("part")
        body = self.value(hint, rule, part, at)
        return [f"if ({part} := {place}) is not None:", *indented(body)] if body else []

    def field(self, hint: Any, rule: Rule, place: str, at: tuple[str, ...]) -> list[str]:
        """Write what is to be done for an attribute itself: whether it is empty, its time, its level."""
        path = f"(*path, {', '.join(at)}) if budget.lists_errors else ()"
        lines: list[str] = []
        if rule.empty and rule.nonempty:
            lines += [f"if not {place}:", f"    if enforced: refuse_empty(context, {path}, {place})", f"    {place} = None"]
        elif rule.empty and not rule.required:
            is_empty = f"{place} == ''" if hint is str else f"(empty := {place}) is not None and not empty"
            lines += [f"if {is_empty} and not context.is_noted((*path, {', '.join(at)})):", f"    {place} = None"]
        if rule.convert is timestamp:
            # Numbers are rounded. An offset may lead out of the year 9999.
            self.known |= {"datetime": datetime, "in_micros": in_micros, "MAX_TIMESTAMP": MAX_TIMESTAMP}
            lines += [
                f"if (time := {place}) is not None:",
                "    if type(time) is not datetime:",
                f"        {place} = in_micros(time)",
                "    elif (seconds := time.timestamp()) <= MAX_TIMESTAMP:",
                f"        {place} = seconds",
                "    else:",
                "        raise_lenient()",
            ]
        elif rule.convert is whole_number and hint is not int:
            lines += [f"if type({place}) is str:", f"    {place} = int({place})"]
        elif rule.convert is level and OTHER_LEVELS.keys() & {*typing.get_args(hint)}:
            self.known["other_levels"] = OTHER_LEVELS
            lines += [f"if (level := {place}) in other_levels:", f"    {place} = other_levels[level]"]
        return lines


def _body(hint: Any, action: Any) -> tuple[list[str], dict[str, Any]]:
    """Return the lines that do something for a value of an annotation, and the names that they use."""
    writer = _Writer(action())
    return writer.value(*unwrap(hint), "value", ()), writer.known


def _compiled(hint: Any, action: Any, body: list[str], known: dict[str, Any]) -> Callable[..., Any]:
    if any("enforced" in line for line in body):
        body = ["enforced, budget = context.enforce_rules, context.meta_tree.budget", *body]
    what = f"canonicalize {getattr(hint, '__name__', hint)}, {action.__name__}"
    lines = ["def canonicalize(value, path, context, argument=None):", *indented([*body, "return value"])]
    function: Callable[..., Any] = compiled(what, "canonicalize", lines, known)
    return function
