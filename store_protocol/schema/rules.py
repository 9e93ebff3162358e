"""What a field may hold, said once, beside the field.

A field of an interface is annotated with a `msgspec.Meta` made here. Its constraints are those of the canonical form, so
that one conversion in C both types a value and proves that nothing in it needs mending. Where most clients send something
else, the constraints are wider, and a generated function brings the value into that form (see `canonicalize`). Its `extra`
carries the `Rule`, which lenient conversion, trimming, JSON Schema and strategies read. A struct checks its constraints
when it is decoded, not when it is made: a value that was mended is set as it is.
"""

import types
import typing
from collections import UserDict
from collections.abc import Callable
from datetime import datetime
from string import ascii_letters, digits
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias, TypeVar

import msgspec

from store_protocol.payload.plain import plain_json
from store_protocol.schema.scalars import (
    STATUSES,
    address,
    boolean,
    event_id,
    f64,
    i64,
    ip_address,
    level,
    register,
    span_id,
    span_status,
    string,
    thread_id,
    trace_id,
    u64,
    uuid,
)
from store_protocol.schema.timestamps import timestamp

if TYPE_CHECKING:
    # A value that the canonical form always has, and that is None where what came couldn't be taken: type checkers see
    # that it may be None, while conversion in C refuses null for it and leaves it to lenient conversion.
    T = TypeVar("T")
    OrRefused: TypeAlias = T | None
    # Seconds since the epoch that C takes as text, too (see `canonicalize`).
    Moment: TypeAlias = float
else:

    class OrRefused:
        """See above."""

        def __class_getitem__(cls, item: Any) -> Any:
            return item

    Moment = Annotated[float, msgspec.Meta(ge=0, le=253402300799)] | Annotated[datetime, msgspec.Meta(tz=True)]


class Unknown(UserDict[str, Any]):
    """Attributes that an interface doesn't know, where they are kept.

    No `dict`, so that conversion in C refuses it, as no key stands for it, and encoding in C asks what to write.
    """


class Bag(msgspec.Struct, frozen=True):
    """The room that a free-form value has: bytes of its JSON text, and levels of nesting below it (Relay `BagSize`)."""

    size: int
    depth: int


#: Relay's sizes of bags.
SMALL, MEDIUM, LARGE = Bag(1024, 3), Bag(2048, 5), Bag(8192, 7)
LARGER, MASSIVE = Bag(16384, 7), Bag(262144, 7)


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """What one field may hold and what becomes of it otherwise.

    `convert` is the conversion of a scalar. `read` is the reader of a value whose form the annotation doesn't tell.
    `max_chars` is the length to which trimming cuts a string, `allowance` how many characters more are still left alone.
    `bag` is the room of a free-form value, `item_bag` that of each of its parts, and `item_chars` the length of each string
    in pairs. `required` says that absence is an error, `nonempty` that emptiness is one, and `skip_empty` that an empty
    value is as good as none. With `empty` C takes emptiness all the same, since many clients send it (see `canonicalize`).
    `allow` are the only characters that a string may hold, `deny` those that it must not. `aliases` are old names, and
    without `trim` a value is never cut.
    """

    convert: Callable[[Any], Any] | None = None
    read: Callable[..., Any] | None = None
    max_chars: int | None = None
    allowance: int = 0
    bag: Bag | None = None
    item_bag: Bag | None = None
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


NO_RULE = Rule()


def rule(*, constraints: dict[str, Any] | None = None, empty: bool = False, **rules: Any) -> msgspec.Meta:
    """A field's rule (the attributes of `Rule`) with the constraints of its canonical form."""
    constraints = constraints or {}
    if (rules.get("skip_empty") or rules.get("nonempty")) and not empty:
        constraints["min_length"] = 1
    return msgspec.Meta(extra={"rule": Rule(empty=empty, **rules)}, **constraints)


def rule_of(meta: Any) -> Rule | None:
    """Give the rule that an annotation's metadata carries, None if it carries none."""
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


def scalar(convert: Any, *, required: bool = False, aliases: tuple[str, ...] = (), **constraints: Any) -> msgspec.Meta:
    """A scalar that a function converts, with the constraints that its canonical form meets."""
    if not callable(convert):
        # In the body of an interface a field hides a function of its name.
        message = f"the conversion of a scalar must be a function, not {convert!r}: name its type outside of the interface"
        raise TypeError(message)
    return rule(convert=convert, required=required, aliases=aliases, constraints=constraints)


_HEX = "[0-9a-f]"
_OCTET = "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"

#: A string without a length of its own.
Text = Annotated[str, text()]
#: A string that is absent where it is empty.
FilledText = Annotated[str, text(skip_empty=True)]
U64 = Annotated[int, scalar(u64, ge=0, le=2**63 - 1)]
I64 = Annotated[int, scalar(i64, ge=-(2**63), le=2**63 - 1)]
F64 = Annotated[float, scalar(f64)]
Bool = Annotated[bool, scalar(boolean)]
#: Seconds since the epoch, rounded to microseconds.
Timestamp = Annotated[float, scalar(timestamp, ge=0, le=253402300799)]
RequiredTimestamp = Annotated[float, scalar(timestamp, required=True, ge=0, le=253402300799)]
#: The same, of which C takes ISO 8601 text, too (see `canonicalize`).
LenientTimestamp = Annotated[Moment, scalar(timestamp)]
#: 32 lowercase hex digits.
EventId = Annotated[str, scalar(event_id, pattern=rf"^{_HEX}{{32}}\Z")]
#: A UUID in lowercase with hyphens.
Uuid = Annotated[str, scalar(uuid, pattern=rf"^{_HEX}{{8}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{12}}\Z")]
#: 32 lowercase hex digits.
TraceId = Annotated[str, scalar(trace_id, pattern=rf"^{_HEX}{{32}}\Z")]
#: 16 lowercase hex digits, not all zero.
SpanId = Annotated[str, scalar(span_id, pattern=rf"^(?!0{{16}}){_HEX}{{16}}\Z")]
#: Ids that must be there.
RequiredTraceId = Annotated[str, scalar(trace_id, required=True, pattern=rf"^(?!0{{32}}){_HEX}{{32}}\Z")]
RequiredSpanId = Annotated[str, scalar(span_id, required=True, pattern=rf"^(?!0{{16}}){_HEX}{{16}}\Z")]
#: How an operation ended, by a name of gRPC's status codes.
SpanStatus = Annotated[str, scalar(span_status, pattern=rf"^({'|'.join(STATUSES)})\Z")]
#: How a span came to be: `manual`, or `auto` and the integration that made it.
Origin = Annotated[str, text(128, allow=frozenset(ascii_letters + digits + "_."))]


def anything(value: Any, path: Any, reading: Any) -> Any:  # noqa: ARG001  (a reader's arguments)
    """Take any value as it is."""
    return value


#: Any value.
Anything = Annotated[Any, rule(read=anything)]
if TYPE_CHECKING:
    FreeForm: TypeAlias = Any
else:
    #: A free-form value, of which C takes what needs no repair. sentry-python 0.5 to 2 cut variables at five levels.
    FreeForm = Annotated[plain_json(6), rule(read=anything)]
#: An address as `0x` and lowercase hex digits. C takes any text, as a pattern costs more there (see `canonicalize`).
Address = Annotated[str, scalar(address)]
#: A register's value, written as an address.
Register = Annotated[str, scalar(register)]
#: An IP address, or `{{auto}}` for the address that the event came from.
IpAddress = Annotated[str, scalar(ip_address, pattern=rf"^({_OCTET}\.){{3}}{_OCTET}\Z|^\{{\{{auto\}}\}}\Z")]
#: A thread's id: a whole number or a string.
ThreadId = Annotated[Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)] | str, scalar(thread_id)]
#: One of debug, info, warning, error, fatal.
Level = Annotated[Literal["debug", "info", "warning", "error", "fatal"], scalar(level)]
#: The same, of which C takes other names, too (see `canonicalize`).
LooseLevel = Annotated[Literal["debug", "info", "warning", "error", "fatal", "log", "critical"], scalar(level)]
