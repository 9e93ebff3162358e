"""Whether there is nothing to cut in a value, told cheaply: it is nearly always so.

For each interface a function is written, from the rules beside its attributes, that compares the lengths of its strings
and bounds the size of its free-form values, and no more: interpreting the rules for every frame would cost more than all
else that is done for it. For `LogEntry` it reads

    def fields_to_trim(value, too_large):
        found = ()
        part = value.message
        if part is not None and len(part) > 8392:
            found += (field5,)
        part = value.formatted
        if part is not None and len(part) > 8392:
            found += (field6,)
        part = value.params
        if part is not None and not surely_fits(part, limit7, too_large):
            found += (field8,)
        return found

It gives the attributes in which something may be too long; `trimming` then looks closely. What was found too large for its
limit is told to `too_large`, so that it isn't measured again on the way there.
"""

from collections.abc import Callable
from typing import Any, get_origin

from store_protocol.convert.generated import compiled, indented
from store_protocol.convert.interface import Interface
from store_protocol.convert.readers import Field, fields_of, interfaces_in
from store_protocol.convert.rules import FreeFormLimit
from store_protocol.first_use import once
from store_protocol.normalize.trimming.event_values import COLLECTED
from store_protocol.normalize.trimming.free_form import KnownTooLarge, surely_fits
from store_protocol.schema.contexts import Context
from store_protocol.schema.event import Event

Check = Callable[[Any, KnownTooLarge], tuple[Field, ...]]


def long_strings(value: Interface) -> tuple[Field, ...]:
    """Return the attributes of an interface in which a string may be too long; free-form values aside.

    Of an event it looks at none of `COLLECTED`.
    """
    check = check_of_strings(type(value))
    return () if check is None else check(value, _NONE_KNOWN)


def fields_to_trim(value: Interface, too_large: KnownTooLarge) -> tuple[Field, ...]:
    """Return the attributes in which there may be something to cut, of an interface that is in no free-form value."""
    check = check_of(type(value))
    return () if check is None else check(value, too_large)


_NONE_KNOWN = KnownTooLarge()


@once
def check_of_strings(interface: type[Interface]) -> Check | None:
    """Return the function that tells of an interface what `long_strings` does; None where nothing is ever cut."""
    return check_of(interface, free_form=False)


@once
def check_of(interface: type[Interface], *, free_form: bool = True) -> Check | None:
    """Return the function that tells of an interface what `fields_to_trim` does; None where nothing is ever cut.

    Without `free_form` it looks at strings alone.
    """
    known: dict[str, Any] = {
        "surely_fits": surely_fits,
        "items_fit": _items_fit,
        "pairs_fit": _pairs_fit,
        "each_fits": _each_fits,
    }
    known["any_fields_to_trim"] = fields_to_trim
    lines = []
    for field in fields_of(interface):
        if field.encode_name == "type" and issubclass(interface, Context):
            continue
        if interface is Event and field.name in COLLECTED:
            continue
        condition = _condition(field, known, free_form=free_form)
        if condition:
            name = f"field{len(known)}"
            known[name] = field
            lines += [f"part = value.{field.name}", f"if part is not None and {condition}:", f"    found += ({name},)"]
    if not lines:
        return None
    lines = ["def fields_to_trim(value, too_large):", *indented(["found = ()", *lines, "return found"])]
    what = f"what may be too long in {interface.__name__}{'' if free_form else ', free-form values aside'}"
    check: Check = compiled(what, "fields_to_trim", lines, known)
    return check


def _condition(field: Field, known: dict[str, Any], *, free_form: bool) -> str | None:
    """Return the condition under which `part` may have to be cut, None for never; what it refers to goes into `known`."""
    rule = field.rule
    if not rule.trim:
        return None

    def name(prefix: str, value: Any) -> str:
        found = f"{prefix}{len(known)}"
        known[found] = value
        return found

    if rule.limit is not None or rule.item_limit is not None:
        if not free_form:
            return None
        if interfaces_in(field.hint):
            # Rare, and its strings have bounds of their own.
            return "part"
        if rule.item_limit is not None:
            return f"not items_fit(part, {name('limit', rule.limit)}, {name('limit', rule.item_limit)}, too_large)"
        return f"not surely_fits(part, {name('limit', rule.limit)}, too_large)"
    if rule.item_chars is not None:
        return f"not pairs_fit(part, {rule.item_chars})"
    if rule.max_chars is not None:
        too_long = f"len(part) > {rule.max_chars + rule.allowance}"
        return too_long if field.hint is str else f"type(part) is str and {too_long}"
    below = next(iter(interfaces_in(field.hint)), None)
    if below is None or not any(check_of(each, free_form=free_form) for each in (below, *below.__subclasses__())):
        return None
    if field.hint is below:
        return f"{name('check', check_of(below, free_form=free_form))}(part, too_large)"
    parts = "part.values()" if get_origin(field.hint) is dict else "part"
    # An interface with others below it may be any of them.
    check = "any_fields_to_trim" if below.__subclasses__() else name("check", check_of(below, free_form=free_form))
    return f"not each_fits({parts}, {check}, too_large)"


def _each_fits(parts: Any, check: Check, too_large: KnownTooLarge) -> bool:
    for part in parts:  # noqa: SIM110  (a generator costs twice as much)
        if part is not None and check(part, too_large):
            return False
    return True


def _pairs_fit(pairs: Any, max_chars: int) -> bool:
    for pair in pairs:
        if pair is not None:
            for text in pair:
                if text is not None and len(text) > max_chars:
                    return False
    return True


def _items_fit(
    items: dict[str, Any], limit: FreeFormLimit | None, item_limit: FreeFormLimit, too_large: KnownTooLarge
) -> bool:
    """Return whether each part of an object surely fits its own limit, and the whole object its limit."""
    if limit is not None and surely_fits(items, item_limit, too_large):
        return True
    for part in items.values():
        if isinstance(part, Context):
            if not surely_fits(part, part.__limit__, too_large) or fields_to_trim(part, too_large):
                return False
        elif part is not None and not surely_fits(part, item_limit, too_large):
            return False
    return limit is None or surely_fits(items, limit, too_large)
