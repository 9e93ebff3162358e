"""Arrays and objects that arrive as their JSON text, such as `"frames": "[{...}]"`.

Prototype.js before 1.7 gives arrays a method `toJSON` that returns text. On pages with it `JSON.stringify` writes every
array of an event as a string that holds it whole, whatever SDK calls it (getsentry/sentry-javascript#2205).
"""

from typing import Any

import msgspec

from store_protocol.convert.context import ConversionError, ConvertContext
from store_protocol.errors import PayloadError
from store_protocol.meta.tree import Path
from store_protocol.payload import parse_payload

#: With what the JSON text of a container begins, white space aside.
_BEGINS: dict[type, str] = {list: "[", dict: "{"}
_SPACE = " \t\r\n"

_AS_TEXT = ConversionError("expected no JSON text", kind="json_text")


def in_text(value: Any, kinds: tuple[type, ...], path: Path, context: ConvertContext) -> tuple[Any, ConvertContext] | None:
    """Return the array or object that a text stands for, and the context by which to read it; note that it was a text.

    Readers of attributes that take no string ask for this, or `in_text_or_refuse`, before they refuse a value. None for a
    value that is no text, or whose text is not the whole of one of the `kinds` (`list`, `dict`).

    Text within such text is left alone, so that each byte is read once more at the most, and what comes of it is no deeper
    than `Limits.max_depth`. Each attempt takes an error from the budget, here or by the refusal, which bounds how many
    there are.
    """
    budget = context.meta_tree.budget
    if type(value) is not str or context.in_text or not context.enforce_rules or not budget.lists_errors:
        return None
    start = value.lstrip(_SPACE)[:1]
    if not any(start == _BEGINS[kind] for kind in kinds):
        return None
    limits = budget.limits
    try:
        found = parse_payload(value, limits=msgspec.structs.replace(limits, max_depth=limits.max_depth - len(path)))
    except PayloadError:
        return None
    context.refuse(path, _AS_TEXT, value)
    # C has typed no more than the text.
    facts = context.facts
    facts.withdraw_typed(path[0])
    facts.known_shallow, facts.text_size = False, None
    return found, msgspec.structs.replace(context, in_text=True, in_lenient_path=True)


def in_text_or_refuse(
    value: Any, kinds: tuple[type, ...], wrong: ConversionError, path: Path, context: ConvertContext
) -> tuple[Any, ConvertContext] | None:
    """Return what `in_text` does; refuse a value for which that is nothing."""
    found = in_text(value, kinds, path, context)
    if found is None:
        context.refuse(path, wrong, value)
    return found
