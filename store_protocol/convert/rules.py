"""What a field may hold, said once, beside the field.

A field of an interface is annotated with a `msgspec.Meta` made here. Its constraints are those of the canonical form, so
that one conversion in C both types a value and proves that nothing in it needs repairing. Where most clients send something
else, the constraints are wider, and a generated function brings the value into that form (see `canonicalize`). Its `extra`
carries the `Rule`, which lenient conversion, trimming, JSON Schema and strategies read. A struct checks its constraints
when it is decoded, not when it is made: a value that was repaired is set as it is.
"""

import types
import typing
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import msgspec

from store_protocol.convert.forms import forms
from store_protocol.convert.scalars import string

if TYPE_CHECKING:
    # A value that the canonical form always has, and that is None where what came couldn't be taken: type checkers see
    # that it may be None, while conversion in C refuses null for it and leaves it to lenient conversion.
    T = TypeVar("T")
    NonNull: TypeAlias = T | None
else:

    class NonNull:
        """See above."""

        def __class_getitem__(cls, item: Any) -> Any:
            return item


class AdditionalProperties(dict[str, Any]):
    """Attributes that an interface doesn't know, where they are kept.

    A class of its own, so that conversion in C refuses it, as no key stands for it. Encoding in C writes it as any `dict`.
    """

    __slots__ = ()


class FreeFormLimit(msgspec.Struct, frozen=True):
    """The bytes of JSON and the levels of containers that a free-form value may have (Relay `max_bytes`, `max_depth`)."""

    max_bytes: int
    max_depth: int


#: The limits that Relay has (`BagSize`).
SMALL, MEDIUM, LARGE = FreeFormLimit(1024, 3), FreeFormLimit(2048, 5), FreeFormLimit(8192, 7)
LARGER, MASSIVE = FreeFormLimit(16384, 7), FreeFormLimit(262144, 7)


class TypedForm(msgspec.Struct, frozen=True):
    """How C types an attribute of the event in the one decode of the whole event.

    `type` is the type that C takes, and `read` the reader that brings what C gives into canonical form; it may raise
    `LenientPathNeeded`. Either may be left to the annotation. With `known_short` C has seen to the lengths of all strings,
    and with `without_empty_items` to no item being null or empty.
    """

    type: Any = None
    read: Callable[..., Any] | None = None
    known_short: bool = False
    without_empty_items: bool = False


#: The form of an interface, which the interface tells itself.
TYPED = TypedForm()


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """What one field may hold and what becomes of it otherwise.

    `convert` is the conversion of a scalar. `read` is the reader of a value whose form the annotation doesn't tell.
    `max_chars` is the length to which trimming cuts a string, `allowance` how many characters more are still left alone.
    `encode` gives what the value is written as, where that is not the value itself.
    `limit` is that of a free-form value, `item_limit` that of each of its parts, and `item_chars` the length of each string
    in pairs. `required` says that absence is an error, `nonempty` that emptiness is one, and `skip_empty` that an empty
    value is as good as none. With `empty` C takes emptiness all the same, since many clients send it (see `canonicalize`).
    `allow` are the only characters that a string may hold, `deny` those that it must not. `aliases` are old names, and
    without `trim` a value is never cut. `typed` is for attributes of the event that are large in most events: C types them
    with the whole event, which is refused where one of them is wrong. All others are read from plain objects. With
    `omit_empty` an attribute isn't written that turned out to hold nothing, with `omit_empty_items` such items aren't.
    """

    convert: Callable[[Any], Any] | None = None
    encode: Callable[[Any], Any] | None = None
    read: Callable[..., Any] | None = None
    max_chars: int | None = None
    allowance: int = 0
    limit: FreeFormLimit | None = None
    item_limit: FreeFormLimit | None = None
    item_chars: int | None = None
    trim: bool = True
    required: bool = False
    nonempty: bool = False
    empty: bool = False
    skip_empty: bool = False
    strip: bool = False
    allow: frozenset[str] | None = None
    deny: frozenset[str] | None = None
    aliases: tuple[str, ...] = ()
    typed: TypedForm | None = None
    omit_empty: bool = False
    omit_empty_items: bool = False


NO_RULE = Rule()


def rule(*, constraints: dict[str, Any] | None = None, empty: bool = False, **rules: Any) -> msgspec.Meta:
    """A field's rule (the attributes of `Rule`) with the constraints of its canonical form."""
    constraints = constraints or {}
    if (rules.get("skip_empty") or rules.get("nonempty")) and not empty:
        constraints["min_length"] = 1
    return msgspec.Meta(extra={"rule": Rule(empty=empty, **rules)}, **constraints)


def rule_of(meta: Any) -> Rule | None:
    """Return the rule that an annotation's metadata carries, None if it carries none."""
    return meta.extra.get("rule") if isinstance(meta, msgspec.Meta) and meta.extra else None


def unwrap(hint: Any) -> tuple[Any, Rule]:
    """Take `Annotated` and `| None` off an annotation, and give what is left with its rule."""
    rule = NO_RULE
    while True:
        origin = typing.get_origin(hint)
        if origin is typing.Annotated:
            rule = next((found for found in map(rule_of, hint.__metadata__) if found), rule)
            hint = hint.__origin__
        elif origin in {typing.Union, types.UnionType} and type(None) in typing.get_args(hint):
            rest = [arg for arg in typing.get_args(hint) if arg is not type(None)]
            if len(rest) > 1:
                return hint, rule
            hint = rest[0]
        else:
            return hint, rule


def text(
    max_chars: int | None = None, allowance: int = 0, *, convert: Callable[[Any], Any] = string, **rules: Any
) -> msgspec.Meta:
    """A string that is trimmed to `max_chars` characters, unless it has at most `allowance` more.

    A rule on characters can't be put to msgspec as a cheap constraint; such fields are few and get a pattern.
    """
    constraints: dict[str, Any] = {}
    if max_chars is not None:
        constraints["max_length"] = max_chars + allowance
    if rules.get("strip"):
        constraints["pattern"] = r"^(?!\s)(?s:.*)(?<!\s)\Z"
    if rules.get("allow"):
        constraints["pattern"] = rf"^[{_escaped(rules['allow'])}]*\Z"
    if rules.get("deny"):
        constraints["pattern"] = rf"^[^{_escaped(rules['deny'])}]*\Z"
    return rule(convert=convert, max_chars=max_chars, allowance=allowance, constraints=constraints, **rules)


def _escaped(chars: frozenset[str]) -> str:
    return "".join(f"\\u{ord(char):04x}" for char in sorted(chars))


def scalar(
    convert: Any,
    *,
    required: bool = False,
    aliases: tuple[str, ...] = (),
    encode: Callable[[Any], Any] | None = None,
    **constraints: Any,
) -> msgspec.Meta:
    """A scalar that a function converts, with the constraints that its canonical form meets."""
    if not callable(convert):
        # In the body of an interface a field hides a function of its name.
        message = f"the conversion of a scalar must be a function, not {convert!r}: name its type outside of the interface"
        raise TypeError(message)
    return rule(convert=convert, required=required, aliases=aliases, encode=encode, constraints=constraints)


@forms({})
def anything(value: Any, path: Any, context: Any) -> Any:  # noqa: ARG001  (a reader's arguments)
    """Take any value as it is."""
    return value


@forms({})
def unless_empty(value: Any, path: Any, context: Any) -> Any:
    """Take any value as it is that isn't empty, or of which something is said."""
    return value if value or context.is_noted(path) else None
