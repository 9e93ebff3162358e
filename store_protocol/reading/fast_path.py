"""An event from its JSON text, with no plain objects in between where it can be helped.

The function that makes an `Event` of what C gives is written out from the attributes: going through them one by one would
cost more than all that is to be done for most. For `level` and `user` it reads

    part = wire_event.level
    if part is not None:
        if type(part) is str and part in LEVELS:
            event.level = part
        else:
            event.level = read_level(part, path_level, context)

    part = wire_event.user
    if part is UNSET:
        part = wire_event.old_user_1
    if part is not None and part is not UNSET:
        event.user = read_user(part, path_user, context)

Attributes that C refuses are read afterwards, from the plain objects that they stand for.
"""

import re
from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import UNSET

from store_protocol.budget import Budget
from store_protocol.convert.context import ConvertContext, LenientPathNeeded
from store_protocol.convert.facts import Facts
from store_protocol.convert.generated import compiled
from store_protocol.convert.ids import event_id
from store_protocol.convert.readers import TEXTS, WHITE_SPACE, Field
from store_protocol.convert.rules import Rule
from store_protocol.convert.scalars import LEVELS, level
from store_protocol.first_use import once
from store_protocol.meta.tree import MetaTree
from store_protocol.reading.client_meta import meta_of, read_meta
from store_protocol.reading.original_event import OriginalEvent
from store_protocol.reading.wire_event import ABSENT, ATTRIBUTES, JsonText, decode, size_of
from store_protocol.schema.event import Event

_KNOWN_SHORT = frozenset(each.field.name for each in ATTRIBUTES.values() if each.typed.known_short)
_WITHOUT_EMPTY_ITEMS = frozenset(each.field.name for each in ATTRIBUTES.values() if each.typed.without_empty_items)

Filler = Callable[[Any, Event, ConvertContext, "OriginalEvent"], None]


_KNOWN = {"LEVELS": LEVELS, "SPACE": WHITE_SPACE, "is_digits": re.compile("[0-9a-f]{32}").fullmatch}


def _canonical(rule: Rule) -> str | None:
    """Return the condition on which a scalar `part` is surely what its reader would make of it; None if none is cheap."""
    if rule.convert is level:
        return "type(part) is str and part in LEVELS"
    if rule.convert is event_id:
        return "type(part) is str and is_digits(part)"
    if rule.convert not in TEXTS or rule.allow or rule.deny:
        return None
    # A string from which nothing is stripped is returned itself.
    stripped = " and part.strip(SPACE) is part" if rule.strip else ""
    return "type(part) is str" + (" and part" if rule.nonempty or rule.skip_empty else "") + stripped


def _written() -> Filler:
    known: dict[str, Any] = {"UNSET": UNSET, "LenientPathNeeded": LenientPathNeeded, "apart": _apart, **_KNOWN}
    lines = ["def fill(wire_event, event, context, original):"]
    for wire, each in ATTRIBUTES.items():
        if each.field.name == "_meta" or each.before:
            continue
        name, rule, read = each.field.name, each.field.rule, each.typed.read
        known[f"read_{name}"], known[f"path_{name}"] = read or each.field.read, (wire,)
        lines.append(f"    part = wire_event.{each.name}")
        old = [other.name for other in ATTRIBUTES.values() if wire in other.before]
        lines += [line for other in old for line in ("    if part is UNSET:", f"        part = wire_event.{other}")]
        lines.append("    if part is not None and part is not UNSET:" if old else "    if part is not None:")
        reads = f"event.{name} = read_{name}(part, path_{name}, context)"
        if read is not None:
            known[f"field_{name}"] = each.field
            lines += ["        try:", f"            {reads}", "        except LenientPathNeeded:"]
            lines.append(f"            event.{name} = apart(field_{name}, original, context)")
        elif (canonical := _canonical(rule)) is not None:
            lines += [
                f"        if {canonical}:",
                f"            event.{name} = part",
                "        else:",
                f"            {reads}",
            ]
        else:
            lines.append(f"        {reads}")
    fill: Filler = compiled("fill Event", "fill", lines, known)
    return fill


def _apart(field: Field, original: OriginalEvent, context: ConvertContext) -> Any:
    """Read an attribute from plain objects, of which what C made tells too little."""
    found = original.first_present((field.encode_name, *field.rule.aliases))
    return None if found is None else _read_refused(field, found, context)


def _read_refused(field: Field, value: Any, context: ConvertContext) -> Any:
    """Read an attribute from plain objects that C didn't take as it types it."""
    context.facts.withdraw_typed(field.name)
    lenient = msgspec.structs.replace(context, in_lenient_path=field.rule.typed is not None)
    return field.read(value, (field.encode_name,), lenient)


#: Containers in each other that the types here have at the most.
DEPTH = 20


#: Objects of an event, whatever its size, and bytes for each one more: recorded events have 60 to 300 for each of theirs.
_FREE_OBJECTS, _BYTES_OF_OBJECT = 1000, 12


def is_dense(text: JsonText) -> bool:
    """Return whether a text may have so many objects that not all of them are to be typed at once.

    A typed `{}` takes 300 bytes of memory. Read one by one they are as many as `Limits.max_values` allows. To count takes a
    twentieth of the time of an event: none of a small request is asked for.
    """
    most = _FREE_OBJECTS + len(text) // _BYTES_OF_OBJECT
    return (text.count("{") if isinstance(text, str) else bytes(text).count(b"{")) > most


class ReadEvent(msgspec.Struct, frozen=True, gc=False):
    """What is read: the event, what was noted of it, what the client sent, and what is known of it all."""

    event: Event
    meta_tree: MetaTree
    original: OriginalEvent
    facts: Facts
    #: Whether the event is of the type that it has, whatever it holds.
    has_type: bool = False
    #: Whether something was repaired in the text: what, `read_payload` says.
    is_repaired: bool = False


def read_text(
    text: JsonText,
    budget: Budget,
    *,
    enforce_rules: bool = True,
    received_at: float | None = None,
    is_plain: bool = False,
) -> ReadEvent | None:
    """Read an event from its JSON text; return None for one that has to be read from the objects that it stands for.

    `is_plain` says that nothing has to be repaired in it.
    """
    decoded = decode(text, budget.limits.max_depth, is_plain=is_plain)
    if decoded is None:
        return None
    wire_event, members = decoded.wire_event, decoded.members or {}
    event, meta_tree, original = Event(), MetaTree(budget), OriginalEvent(decoded, is_plain=is_plain)
    if wire_event._meta is not ABSENT:  # noqa: SLF001  (its name on the wire)
        client_meta = meta_of(wire_event._meta)  # noqa: SLF001
        if isinstance(client_meta, dict):
            read_meta(client_meta, original.outline(client_meta), meta_tree, enforce_rules=enforce_rules)
    facts = Facts(_KNOWN_SHORT, _WITHOUT_EMPTY_ITEMS, decoded.known_shallow, size_of(text))
    context = ConvertContext(
        meta_tree, enforce_rules=enforce_rules, facts=facts, original=original.first_present, received_at=received_at
    )
    _filler()(wire_event, event, context, original)
    for name, value in decoded.refused.items():
        each = ATTRIBUTES[name]
        if not any(other in members for other in each.before):
            setattr(event, each.field.name, _read_refused(each.field, value, context))
    for name in decoded.unknown:
        meta_tree.error((name,), "invalid_attribute")
    return ReadEvent(event, meta_tree, original, facts, is_repaired=decoded.is_repaired)


@once
def _filler() -> Filler:
    return _written()
