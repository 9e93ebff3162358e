"""Whether the free-form values of an event surely fit their limits, told cheaply, from the rules beside its fields.

Those in the attributes of `COLLECTED` aside, which hold nearly all of an event, and of which `free_form` tells where they
stand. Of the others it is enough to know that all fit, as nearly always.

A generated function checks what has a small limit, and collects what has a limit of `LARGE` or more, in a list for each, to
be written at once. It returns None where something has to be looked at closely. Some of its lines for the request are

    if (part2 := value.request) is not None:
        if (part3 := part2.data) is not None:
            values1.append(part3)
        if (part4 := part2.query_string) is not None:
            if not surely_fits(part4, limit5, too_large):
                return None
"""

from collections.abc import Callable, Collection
from typing import Any, get_args, get_origin

from store_protocol.convert.facts import Facts
from store_protocol.convert.generated import compiled, indented
from store_protocol.convert.interface import Interface
from store_protocol.convert.readers import TEXTS, fields_of, has_listed_limits, holds_interfaces
from store_protocol.convert.rules import LARGE, FreeFormLimit, Rule, unwrap
from store_protocol.first_use import once
from store_protocol.normalize.trimming.free_form import (
    KnownTooLarge,
    encode_lines,
    is_longer,
    is_shallow,
    surely_fits,
)
from store_protocol.schema.contexts import CONTEXTS, Context
from store_protocol.schema.event import Event

#: The attributes of an event that are interfaces with lists in which there are free-form values.
COLLECTED: dict[str, type[Interface]] = {
    field.name: field.hint
    for field in fields_of(Event)
    if isinstance(field.hint, type) and issubclass(field.hint, Interface) and has_listed_limits(field.hint)
}
#: Bytes of free-form values that exceed no limit of `LARGE` or more. Contexts say their name and version twice once the
#: steps are done, data that was a form takes half as much again, and `1e15,` is written with 17 characters.
_SHORT_TEXT = LARGE.max_bytes // 4 - 128
#: Bytes of an event that may hold a free-form value so long that it pays to tell that before all is written.
_LONG_TEXT = 4 * LARGE.max_bytes
#: What absent attributes of a context cost at the most: a comma each.
_COMMAS = max(len(interface.__struct_fields__) for interface in CONTEXTS.values())
#: Characters of a string that is short enough for its context to fit in any case.
_SHORT = 128


def values_fit(event: Event, too_large: KnownTooLarge, facts: Facts) -> bool:
    """Return whether the free-form values of an event but those in `COLLECTED` surely fit their limits."""
    limits, collect = _collector()
    found = collect(event, too_large)
    if found is None:
        return False
    if facts.known_shallow and facts.text_size is not None and facts.text_size < _SHORT_TEXT:
        return True
    if (facts.text_size is None or facts.text_size > _LONG_TEXT) and _is_any_longer(limits, found, too_large):
        return False
    values: list[Any] = []
    for each in found:
        values += each
    text = encode_lines(values)
    # Half of a text may be what begins a container.
    if facts.known_shallow and len(text) + len(text) // 2 + _COMMAS * len(values) < LARGE.max_bytes:
        return True
    containers = text.count(b"{") + text.count(b"[")
    is_known = facts.known_shallow or containers < LARGE.max_depth
    if is_known and len(text) + containers + _COMMAS * len(values) < LARGE.max_bytes:
        return True
    lines = iter(text.split(b"\n"))
    for limit, values in zip(limits, found, strict=True):
        for value, line in zip(values, lines, strict=False):
            if len(line) >= limit.max_bytes:
                too_large.tell(value, limit.max_bytes)
                return False
            containers = line.count(b"{") + line.count(b"[")
            if len(line) + containers + _COMMAS >= limit.max_bytes or not (
                is_known or is_shallow(value, LARGE.max_depth - 1)
            ):
                return False
    return True


def _is_any_longer(limits: tuple[FreeFormLimit, ...], found: tuple[list[Any], ...], too_large: KnownTooLarge) -> bool:
    for limit, values in zip(limits, found, strict=True):
        for value in values:
            if is_longer(value, limit.max_bytes):
                too_large.tell(value, limit.max_bytes)
                return True
    return False


_Collect = Callable[[Event, KnownTooLarge], tuple[list[Any], ...] | None]


@once
def _collector() -> tuple[tuple[FreeFormLimit, ...], _Collect]:
    """Return the limits of `LARGE` or more, and the function that collects what is in each."""
    writer = _Writer()
    body = writer.interface(Event, "value", left_out=COLLECTED)
    names = [f"values{index}" for index in writer.limits.values()]
    lines = ["def collect(value, too_large):", *(f"    {name} = []" for name in names)]
    lines += [*indented(body), f"    return ({''.join(f'{name}, ' for name in names)})"]
    collect: _Collect = compiled("free-form values of Event", "collect", lines, writer.known)
    return (*writer.limits,), collect


class _Writer:
    """Writes the lines that check and collect the free-form values of an interface."""

    def __init__(self) -> None:
        self.limits: dict[FreeFormLimit, int] = {}
        self.known: dict[str, Any] = {"surely_fits": surely_fits, "contexts_fit": _collect_contexts}
        self.count = 0

    def name(self, prefix: str) -> str:
        self.count += 1
        return f"{prefix}{self.count}"

    def interface(self, interface: type[Interface], target: str, left_out: Collection[str] = ()) -> list[str]:
        lines: list[str] = []
        for field in fields_of(interface):
            if field.name not in left_out:
                part = self.name("part")
                body = self.value(field.hint, field.rule, part)
                lines += [f"if ({part} := {target}.{field.name}) is not None:", *indented(body)] if body else []
        return lines

    def value(self, hint: Any, rule: Rule, part: str) -> list[str]:
        limit, item_limit = rule.limit, rule.item_limit
        if limit is None:
            if item_limit is None:
                return self.parts(hint, part)
            return [f"if not contexts_fit({part}, {self.values(item_limit)}):", "    return None"]
        if holds_interfaces(hint):
            # Rare, and its strings have bounds of their own.
            return ["return None"]
        if item_limit is not None and item_limit.max_bytes < limit.max_bytes:
            # What fits the limit of each of its parts fits its own.
            limit = item_limit
        if limit.max_bytes < LARGE.max_bytes or limit.max_depth < LARGE.max_depth:
            name = self.name("limit")
            self.known[name] = limit
            return [f"if not surely_fits({part}, {name}, too_large):", "    return None"]
        inner, _ = unwrap(hint)
        is_of_texts = get_origin(inner) is dict and unwrap(get_args(inner)[1])[0] is str
        # Keys are free.
        return [f"{self.values(limit)}.append({f'[*{part}.values()]' if is_of_texts else part})"]

    def values(self, limit: FreeFormLimit) -> str:
        return f"values{self.limits.setdefault(limit, len(self.limits))}"

    def parts(self, hint: Any, part: str) -> list[str]:
        inner, _ = unwrap(hint)
        if isinstance(inner, type) and issubclass(inner, Interface):
            # An interface with others below it may be any of them.
            is_unclear = any(_Writer().interface(each, "value") for each in inner.__subclasses__())
            return ["return None"] if is_unclear else self.interface(inner, part)
        origin = get_origin(inner)
        if origin not in (list, dict):
            return []
        item = self.name("item")
        body = self.value(*unwrap(get_args(inner)[-1]), item)
        parts = part if origin is list else f"{part}.values()"
        return [f"for {item} in {parts}:", f"    if {item} is not None:", *indented(body, 2)] if body else []


def _collect_contexts(contexts: dict[str, Any], values: list[Any]) -> bool:
    """Collect contexts, and return whether nothing but their limit may cut any of them."""
    plain, light = _plain_contexts(), _light_contexts()
    for context in contexts.values():
        kind = type(context)
        if kind in plain:
            values.append(context)
        elif kind not in light or not light[kind](context):
            return False
    return True


@once
def _plain_contexts() -> frozenset[type]:
    """Return the types of contexts in which no string has a length of its own, and that hold no interfaces."""
    plain = (
        interface
        for interface in CONTEXTS.values()
        if interface.__limit__ == LARGE
        and not any(
            field.name != "type"
            and (field.rule.max_chars is not None or field.rule.limit is not None or holds_interfaces(field.hint))
            for field in fields_of(interface)
        )
    )
    return frozenset({dict, type(None), *plain})


@once
def _light_contexts() -> dict[type, Callable[[Any], bool]]:
    """Return for other contexts the function that tells of one that it holds nothing but scalars, all of them short.

    Nearly every event has a trace, which is such a one: it needs no measuring.
    """
    return {
        interface: _light_check(interface)
        for interface in CONTEXTS.values()
        if interface not in _plain_contexts() and len(fields_of(interface)) * (_SHORT + 3) < interface.__limit__.max_bytes
    }


def _light_check(interface: type[Context]) -> Callable[[Any], bool]:
    conditions = ["not value.other"]
    for field in fields_of(interface):
        most = min(_SHORT, _SHORT if field.rule.max_chars is None else field.rule.max_chars)
        place = f"value.{field.name}"
        if field.rule.convert in TEXTS:
            conditions += [f"({place} is None or len({place}) <= {most})"] if field.name != "type" else []
        elif field.rule.convert is None:
            conditions.append(f"{place} is None")
    lines = ["def is_light(value):", *indented([f"return {' and '.join(conditions)}"])]
    check: Callable[[Any], bool] = compiled(f"whether {interface.__name__} is light", "is_light", lines, {})
    return check
