"""An event from its JSON text, with no plain objects in between where it can be helped.

`WireEvent` is a struct with all the names that an event has on the wire, old ones too. Its types are those of the
interfaces that hold most of an event, and wide ones for all else, which readers then bring into form: so that one decode in
C is enough for nearly every event, however old its client. A text that C refuses is read from the plain objects that it
stands for, where each attribute is tried alone: to decode the attributes one by one from the text takes longer.

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
"""

import re
from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import UNSET

from store_protocol.budget import Budget
from store_protocol.collector import decode_uncollected
from store_protocol.convert.canonicalize import canonicalizer_of
from store_protocol.convert.context import ConvertContext, LenientPathNeeded
from store_protocol.convert.facts import Facts
from store_protocol.convert.generated import compiled
from store_protocol.convert.ids import event_id
from store_protocol.convert.readers import TEXTS, WHITE_SPACE, Field, fields_of
from store_protocol.convert.rules import LARGE, TYPED, Rule, TypedForm, anything
from store_protocol.convert.scalars import LEVELS, level
from store_protocol.first_use import once
from store_protocol.json_types import DECODE_ERRORS, json_scalar_type, json_value_type
from store_protocol.meta.tree import MetaTree
from store_protocol.payload import parse_payload, plain_decoder
from store_protocol.reading.client_meta import AmbiguousNull, meta_of, outline_for, read_meta
from store_protocol.reading.events import LEGACY_IGNORED
from store_protocol.schema.breadcrumb import OldBreadcrumb, OldBreadcrumbs, renamed
from store_protocol.schema.event import Event

JsonText = bytes | bytearray | memoryview | str

# No deeper than Relay leaves a context, a part of a request or of the extra data (`LARGE`, `LARGER`).
_VALUE: Any = json_value_type(LARGE.max_depth)
#: The attributes that C leaves as text.
_TEXTS = frozenset({"_meta", "timestamp"})
#: The attributes that are scalars.
SCALAR_ATTRIBUTES = frozenset(field.name for field in fields_of(Event) if field.rule.convert is not None)


def typed_form(field: Field) -> TypedForm:
    """Return the form in which C takes an attribute of the event with all others."""
    typed = field.rule.typed
    if typed is TYPED:
        return field.hint.__typed__() or TypedForm(field.hint, canonicalizer_of(field.hint) or anything, known_short=True)
    if typed is not None:
        return typed
    if field.name in _TEXTS:
        return TypedForm(msgspec.Raw)
    return TypedForm(json_scalar_type() if field.name in SCALAR_ATTRIBUTES else _VALUE)


class Attribute(msgspec.Struct, frozen=True):
    """One name on the wire: the attribute that it stands for, and the form in which C takes it."""

    encode_name: str
    field: Field
    #: The name of the attribute of `WireEvent`.
    name: str
    typed: TypedForm
    #: The names that go before this one where an event has several.
    before: tuple[str, ...]


_ABSENT = msgspec.Raw()


def _attributes() -> dict[str, Attribute]:
    found = {}
    for field in fields_of(Event):
        typed = typed_form(field)
        names = (field.encode_name, *field.rule.aliases)
        for index, wire in enumerate(names):
            name = field.name if not index else f"old_{field.name}_{index}"
            found[wire] = Attribute(wire, field, name, typed, names[:index])
    return found


ATTRIBUTES = _attributes()
_KNOWN_SHORT = frozenset(each.field.name for each in ATTRIBUTES.values() if each.typed.known_short)
_WITHOUT_EMPTY_ITEMS = frozenset(each.field.name for each in ATTRIBUTES.values() if each.typed.without_empty_items)


def _wire_event_type(*, closed: bool, old: bool) -> type[msgspec.Struct]:
    fields: list[Any] = []
    for wire, each in ATTRIBUTES.items():
        kind = OldBreadcrumbs | list[OldBreadcrumb] if old and wire == "breadcrumbs" else each.typed.type
        if kind is msgspec.Raw:
            fields.append((each.name, kind, msgspec.field(default=_ABSENT, name=wire)))
        elif each.field.rule.aliases:
            # Null is there, and goes before older names.
            fields.append((each.name, kind | None | msgspec.UnsetType, msgspec.field(default=UNSET, name=wire)))
        else:
            fields.append((each.name, kind | None, msgspec.field(default=None, name=wire)))
    fields += [
        (f"dropped_{wire}", msgspec.Raw, msgspec.field(default=_ABSENT, name=wire)) for wire in sorted(LEGACY_IGNORED)
    ]
    return msgspec.defstruct("WireEvent", fields, forbid_unknown_fields=closed, gc=False)


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


def _apart(field: Field, original: "OriginalEvent", context: ConvertContext) -> Any:
    """Read an attribute from plain objects, of which what C made tells too little."""
    found = original.first_present((field.encode_name, *field.rule.aliases))
    context.facts.withdraw_typed(field.name)
    if found is None:
        return None
    lenient = msgspec.structs.replace(context, in_lenient_path=True)
    return field.read(found, (field.encode_name,), lenient)


#: The attributes of which C gives what was sent, as plain objects, and null for null.
_PLAIN = frozenset(wire for wire, each in ATTRIBUTES.items() if each.field.rule.aliases and each.typed.type is _VALUE)


class OriginalEvent:
    """What the client sent, for steps that ask for it: plain objects of attributes, made when they are asked for.

    It is made from the text of the event and what C gave for it, or from the objects that the text stands for.
    """

    __slots__ = ("_members", "_parsed", "_payload", "_text", "_timestamp", "_wire_event")

    def __init__(
        self,
        text: JsonText = b"",
        *,
        wire_event: Any = None,
        payload: dict[str, Any] | None = None,
        timestamp: msgspec.Raw = _ABSENT,
    ) -> None:
        self._text = text
        self._timestamp = timestamp
        self._wire_event = wire_event
        self._members: dict[str, msgspec.Raw] | None = None
        self._parsed: dict[str, Any] = {}
        self._payload = payload

    def get(self, name: str) -> Any:
        """Return a scalar attribute by its name on the wire, None where it isn't there."""
        if self._wire_event is not None:
            return getattr(self._wire_event, ATTRIBUTES[name].name)
        return self.first_present((name,))

    def timestamp_text(self) -> str:
        """Return the JSON text of the timestamp, which may be a number of more digits than a float holds."""
        if self._payload is not None:
            return msgspec.json.encode(self._payload["timestamp"]).decode()
        return bytes(self._timestamp).decode()

    def first_present(self, names: tuple[str, ...]) -> Any:
        """Return the first of some attributes that is there, None where there is none."""
        payload = self._payload
        if payload is not None:
            return next((payload[name] for name in names if name in payload), None)
        if self._wire_event is not None and names[0] in _PLAIN:
            parts = (getattr(self._wire_event, ATTRIBUTES[name].name) for name in names)
            return next((part for part in parts if part is not UNSET), None)
        members = self._raw_members()
        return next((self._parse(name, members[name]) for name in names if name in members), None)

    def outline(self, client_meta: dict[str, Any]) -> dict[str, Any]:
        """Return what was sent, as far as a `_meta` speaks of it; the rest of it may be there as None, or not."""
        if (found := _outline(self._wire_event, client_meta)) is not None:
            return found
        return {name: self._parse(name, raw) if name in client_meta else None for name, raw in self._raw_members().items()}

    def _parse(self, name: str, raw: msgspec.Raw) -> Any:
        # Every one of many exceptions may ask for all of them.
        if name not in self._parsed:
            self._parsed[name] = parse_payload(raw)
        return self._parsed[name]

    def _raw_members(self) -> dict[str, msgspec.Raw]:
        if self._members is None:
            # Passing over what isn't asked for takes a quarter of the time.
            self._members = _members.decode(self._text)
        return self._members


def _outline(wire_event: Any, client_meta: dict[str, Any]) -> dict[str, Any] | None:
    """Return what C has of the values that a `_meta` speaks of; None where that doesn't tell whether they are there."""
    # The old names of an attribute count where the new one isn't there.
    found: dict[str, Any] = {wire: None for wire, name in _ALIASED.items() if getattr(wire_event, name) is not UNSET}
    for wire, below in client_meta.items():
        if wire not in ATTRIBUTES:
            return None
        value = getattr(wire_event, ATTRIBUTES[wire].name)
        if value is None and wire not in found:
            return None
        if value is not UNSET:
            try:
                found[wire] = outline_for(value, below)
            except AmbiguousNull:
                return None
    return found


_ALIASED = {wire: each.name for wire, each in ATTRIBUTES.items() if each.field.rule.aliases}

#: Containers in each other that the types here have at the most.
DEPTH = 20


class ReadEvent(msgspec.Struct, frozen=True, gc=False):
    """What is read: the event, what was noted of it, what the client sent, and what is known of it all."""

    event: Event
    meta_tree: MetaTree
    original: OriginalEvent
    facts: Facts
    #: Whether the event is of the type that it has, whatever it holds.
    has_type: bool = False


def read_text(
    text: JsonText, budget: Budget, *, enforce_rules: bool = True, received_at: float | None = None
) -> ReadEvent | None:
    """Read an event from its JSON text; return None for a text that C refuses."""
    try:
        wire_event, unknown = _decode_wire_event(text)
        timestamp = wire_event.timestamp
        wire_event.timestamp = None if timestamp is _ABSENT else _scalar.decode(timestamp)
    except DECODE_ERRORS:
        return None
    event, meta_tree, original = Event(), MetaTree(budget), OriginalEvent(text, wire_event=wire_event, timestamp=timestamp)
    if wire_event._meta is not _ABSENT:  # noqa: SLF001  (its name on the wire)
        client_meta = meta_of(wire_event._meta)  # noqa: SLF001
        if isinstance(client_meta, dict):
            read_meta(client_meta, original.outline(client_meta), meta_tree)
    facts = Facts(_KNOWN_SHORT, _WITHOUT_EMPTY_ITEMS, known_shallow=True, text_size=_size(text))
    context = ConvertContext(
        meta_tree, enforce_rules=enforce_rules, facts=facts, original=original.first_present, received_at=received_at
    )
    _filler()(wire_event, event, context, original)
    for name in unknown:
        meta_tree.error((name,), "invalid_attribute")
    return ReadEvent(event, meta_tree, original, facts)


def _decode_wire_event(text: JsonText) -> tuple[Any, list[str]]:
    """Decode an event, and name the attributes that aren't known; raise what `msgspec` does where C refuses it."""
    closed, old = True, False
    decode = _usual_decoder().decode
    while True:
        try:
            wire_event = decode_uncollected(decode, text)
            break
        except DECODE_ERRORS as refused:
            reason = str(refused)
            if closed and _UNKNOWN.fullmatch(reason):
                closed = False
            elif not old and _OLD_BREADCRUMB.fullmatch(reason):
                old = True
            else:
                raise
            decode = decoder(closed=closed, old=old).decode
    if old:
        wire_event.breadcrumbs = renamed(wire_event.breadcrumbs)
    return wire_event, [] if closed else _unknown(text)


def _unknown(text: JsonText) -> list[str]:
    """Name the attributes of an event that aren't known; raise what `msgspec` does for one that isn't plain."""
    found = {
        name: raw for name, raw in _members.decode(text).items() if name not in ATTRIBUTES and name not in LEGACY_IGNORED
    }
    for raw in found.values():
        decode_uncollected(plain_decoder().decode, raw)
    return [*found]


def _size(text: JsonText) -> int:
    # A character has four bytes at the most.
    return len(text) * 4 if isinstance(text, str) else len(text)


_members = msgspec.json.Decoder(dict[str, msgspec.Raw])
_scalar = msgspec.json.Decoder(json_scalar_type() | None)
#: How C says that the event itself has an attribute that isn't known, such as raven-js's `trimHeadFrames`.
_UNKNOWN = re.compile("Object contains unknown field `[^`]*`")
#: And how it says that a breadcrumb has the name for its type that sentry-python 0.x gave it.
_OLD_BREADCRUMB = re.compile(r"Object contains unknown field `ty` - at `\$\.breadcrumbs[^`]*`")


# Made when first needed: they take a tenth of the import of everything.
@once
def decoder(*, closed: bool, old: bool) -> "msgspec.json.Decoder[Any]":
    """Return the decoder of events: `closed` ones refuse unknown attributes, `old` ones take `ty` in breadcrumbs."""
    return msgspec.json.Decoder(_wire_event_type(closed=closed, old=old))


@once
def _usual_decoder() -> "msgspec.json.Decoder[Any]":
    return decoder(closed=True, old=False)


@once
def _filler() -> Filler:
    return _written()
