"""Whether there is nothing to cut in a value, told cheaply: it is nearly always so.

For each interface a function is written, from the rules beside its attributes, that compares the lengths of its strings
and bounds the size of its bags, and no more: interpreting the rules for every frame would cost more than all else that is
done for it. For `LogEntry` it reads

    def suspects(value, large):
        found = ()
        part = value.message
        if part is not None and len(part) > 8392:
            found += (field1,)
        part = value.formatted
        if part is not None and len(part) > 8392:
            found += (field2,)
        part = value.params
        if part is not None and not bag_fits(part, bag3, large):
            found += (field4,)
        return found

It gives the attributes in which something may be too long; `trimming` then looks closely. What was found too large for its
bag goes into `large`, the size of the bag by the id of the value, so that it isn't measured again on the way there.
"""

import functools
from collections.abc import Callable
from typing import Any, Final, get_args, get_origin

import msgspec

from store_protocol.schema.base import Interface
from store_protocol.schema.contexts import Context
from store_protocol.schema.convert import Field, fields_of
from store_protocol.schema.rules import Bag, Unknown, unwrap
from store_protocol.schema.stacktrace import Stacktrace

#: Frames that keep their variables and the source around them.
FULL_FRAMES: Final = 50

_encode = msgspec.json.Encoder(enc_hook=dict).encode
_CONTAINERS = frozenset({dict, list, tuple})

Check = Callable[[Any, dict[int, int]], tuple[Field, ...]]


def bag_fits(value: Any, bag: Bag, large: dict[int, int]) -> bool:
    """Say whether a free-form value surely fits its bag: its text and its depth are well within the bounds."""
    if type(value) is str:
        return len(value) * 4 + 3 < bag.size
    if large and large.get(id(value), 0) >= bag.size:
        return False
    text = _encode(value)
    if len(text) >= bag.size:
        large[id(value)] = bag.size
        return False
    containers = text.count(b"{") + text.count(b"[")
    # A value costs what its text does and a comma, which the last part of a container has no text for; a container has two
    # bytes at least, and an absent attribute of an interface still costs its comma.
    bound = len(text) * 3 + 64 if isinstance(value, Interface) else len(text) + containers + 1
    if bound >= bag.size:
        return False
    # No deeper than there are containers.
    levels = bag.depth - 1
    return containers <= levels or is_shallow(value, levels)


def is_shallow(value: Any, levels: int) -> bool:
    """Say whether a value has at most so many levels of containers."""
    parts: Any
    if isinstance(value, Interface):
        parts = [getattr(value, name) for name in value.__struct_fields__]
    elif type(value) is dict or type(value) is Unknown:
        parts = value.values()
    elif type(value) in _CONTAINERS:
        parts = value
    else:
        return True
    if levels <= 0:
        return False
    for part in parts:
        kind = type(part)
        if (kind in _CONTAINERS or kind is Unknown or isinstance(part, Interface)) and not is_shallow(part, levels - 1):
            return False
    return True


def suspects(value: Interface, large: dict[int, int]) -> tuple[Field, ...]:
    """Give the attributes of an interface that is in no bag in which there may be something to cut."""
    check = check_of(type(value))
    return () if check is None else check(value, large)


@functools.cache
def check_of(interface: type[Interface]) -> Check | None:
    """Give the function that tells of an interface what `suspects` does; None where nothing is ever cut."""
    known: dict[str, Any] = {"bag_fits": bag_fits, "items_fit": _items_fit, "pairs_fit": _pairs_fit, "all_fit": _all_fit}
    known["suspects"] = suspects
    lines = []
    for field in fields_of(interface):
        if field.wire == "type" and issubclass(interface, Context):
            continue
        condition = _condition(field, known)
        if issubclass(interface, Stacktrace) and field.name == "frames":
            condition = f"(len(part) > {FULL_FRAMES} or {condition})"
        if condition:
            name = f"field{len(known)}"
            known[name] = field
            lines += [f"part = value.{field.name}", f"if part is not None and {condition}:", f"    found += ({name},)"]
    if not lines:
        return None
    source = "\n    ".join(["def suspects(value, large):", "found = ()", *lines, "return found"])
    exec(source, known)  # noqa: S102  (written above, from nothing but the schema)
    check: Check = known["suspects"]
    return check


def _condition(field: Field, known: dict[str, Any]) -> str | None:
    """Give the condition on which `part` may have to be cut, None if it never has; what it refers to goes into `known`."""
    rule = field.rule
    if not rule.trim:
        return None

    def name(prefix: str, value: Any) -> str:
        found = f"{prefix}{len(known)}"
        known[found] = value
        return found

    if rule.bag is not None or rule.item_bag is not None:
        if _interface_in(field.hint) is not None:
            # Rare, and its strings have bounds of their own.
            return "part"
        if rule.item_bag is not None:
            return f"not items_fit(part, {name('bag', rule.bag)}, {name('bag', rule.item_bag)}, large)"
        return f"not bag_fits(part, {name('bag', rule.bag)}, large)"
    if rule.item_chars is not None:
        return f"not pairs_fit(part, {rule.item_chars})"
    if rule.max_chars is not None:
        too_long = f"len(part) > {rule.max_chars + rule.allowance}"
        return too_long if field.hint is str else f"type(part) is str and {too_long}"
    below = _interface_in(field.hint)
    if below is None or not any(map(check_of, (below, *below.__subclasses__()))):
        return None
    if field.hint is below:
        return f"{name('check', check_of(below))}(part, large)"
    parts = "part.values()" if get_origin(field.hint) is dict else "part"
    check = "suspects" if below.__subclasses__() else name("check", check_of(below))
    return f"not all_fit({parts}, {check}, large)"


def _interface_in(hint: Any) -> type[Interface] | None:
    inner, _ = unwrap(hint)
    if isinstance(inner, type) and issubclass(inner, Interface):
        return inner
    return next((found for arg in get_args(inner) if (found := _interface_in(arg)) is not None), None)


def _all_fit(parts: Any, check: Check, large: dict[int, int]) -> bool:
    for part in parts:  # noqa: SIM110  (a generator costs twice as much)
        if part is not None and check(part, large):
            return False
    return True


def _pairs_fit(pairs: Any, max_chars: int) -> bool:
    for pair in pairs:
        if pair is not None:
            for text in pair:
                if text is not None and len(text) > max_chars:
                    return False
    return True


def _items_fit(items: dict[str, Any], bag: Bag | None, item_bag: Bag, large: dict[int, int]) -> bool:
    """Say whether each part of an object surely fits a bag of its own, and the whole its bag."""
    if bag is not None:
        if bag_fits(items, item_bag, large):
            return True
        if not bag_fits(items, bag, large):
            return False
    for part in items.values():
        if isinstance(part, Context):
            if not bag_fits(part, part.__bag__, large) or suspects(part, large):
                return False
        elif part is not None and not bag_fits(part, item_bag, large):
            return False
    return True
