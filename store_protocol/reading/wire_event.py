"""An event as it looks on the wire, typed by C: all at once, or where C refuses that, attribute by attribute.

`WireEvent` is a struct with all the names that an event has on the wire, old ones too. Its types are those of the
interfaces that hold most of an event, and wide ones for all else, which readers then bring into form: so that one decode in
C is enough for nearly every event, however old its client.

A text that C refuses is split into the texts of its attributes, each of which is decoded by itself. So a refused attribute
costs itself: it alone becomes plain objects, and all others are typed as if nothing had been wrong.
"""

import functools
import re
from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import UNSET

from store_protocol.collector import LARGE_TEXT, decode_uncollected
from store_protocol.convert.canonicalize import canonicalizer_of
from store_protocol.convert.interface import Interface
from store_protocol.convert.readers import Field, fields_of, has_listed_limits
from store_protocol.convert.rules import LARGE, LARGER, TYPED, TypedForm, anything
from store_protocol.first_use import once
from store_protocol.json_types import DECODE_ERRORS, json_scalar_type, json_value_type, members_of
from store_protocol.payload import plain_decoder, read_json
from store_protocol.payload.big_integers import quote_integers
from store_protocol.payload.bulk import has_numbers_out_of_range
from store_protocol.payload.charsets import is_utf8
from store_protocol.payload.strings import without_lone_surrogates
from store_protocol.reading.events import LEGACY_IGNORED
from store_protocol.schema.breadcrumb import OldBreadcrumb, OldBreadcrumbs, renamed
from store_protocol.schema.event import Event

JsonText = bytes | bytearray | memoryview | str

# No deeper than Relay leaves a context, a part of a request or of the extra data (`LARGE`, `LARGER`).
VALUE: Any = json_value_type(LARGE.max_depth)
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
    return TypedForm(json_scalar_type() if field.name in SCALAR_ATTRIBUTES else VALUE)


class Attribute(msgspec.Struct, frozen=True):
    """One name on the wire: the attribute that it stands for, and the form in which C takes it."""

    encode_name: str
    field: Field
    #: The name of the attribute of `WireEvent`.
    name: str
    typed: TypedForm
    #: The names that go before this one where an event has several.
    before: tuple[str, ...]


ABSENT = msgspec.Raw()


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
#: The attributes whose free-form values are looked at by themselves (see `Facts.known_shallow`).
_LISTED = frozenset(
    wire
    for wire, each in ATTRIBUTES.items()
    if isinstance(each.field.hint, type) and issubclass(each.field.hint, Interface) and has_listed_limits(each.field.hint)
)


_OLD_BREADCRUMBS: Any = OldBreadcrumbs | list[OldBreadcrumb]


class Decoded(msgspec.Struct, frozen=True, gc=False):
    """An event as C gives it: its text, the `WireEvent`, the text of its timestamp, and the names of unknown attributes."""

    text: JsonText
    wire_event: Any
    timestamp: msgspec.Raw
    unknown: list[str] = []
    #: Of an event that was decoded attribute by attribute their texts, and those that C refused as plain objects.
    members: dict[str, msgspec.Raw] | None = None
    refused: dict[str, Any] = {}
    #: Whether the plain objects are no deeper than any free-form value may be (see `Facts.known_shallow`).
    known_shallow: bool = True
    #: Whether something was repaired in the text.
    is_repaired: bool = False


def decode(text: JsonText, max_depth: int, *, is_plain: bool = False) -> Decoded | None:
    """Decode an event; return None for a text that is no object, or in which C can't read what has to be repaired.

    Lone surrogates are repaired, and integers beyond 64 bits. An event that holds `max_depth` containers in each other is
    left to others, too. `is_plain` says that nothing of that is in the text.
    """
    try:
        return decode_at_once(text)
    except DECODE_ERRORS as error:
        refused = error
    if isinstance(text, bytes):
        if not isinstance(refused, msgspec.ValidationError):
            repaired = without_lone_surrogates(text)
        else:
            repaired = quote_integers(text) if _BIG_INTEGER.fullmatch(str(refused)) else text
        if repaired is not text:
            if len(repaired) >= LARGE_TEXT and (has_numbers_out_of_range(repaired) or not is_utf8(repaired)):
                # C passes over other faults in what it doesn't know, which whoever asks for that would have to repair.
                return None
            found = decode(repaired, max_depth, is_plain=is_plain)
            return None if found is None else msgspec.structs.replace(found, is_repaired=True)
    if _is_fault_of_text(refused):
        return None
    try:
        apart: Decoded = decode_uncollected(functools.partial(decode_apart, max_depth=max_depth, is_plain=is_plain), text)
    except DECODE_ERRORS:
        return None
    return apart


def decode_at_once(text: JsonText) -> Decoded:
    """Decode an event whole; raise what `msgspec` does where C refuses it."""
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
    timestamp = wire_event.timestamp
    wire_event.timestamp = None if timestamp is ABSENT else _scalar(timestamp)
    return Decoded(text, wire_event, timestamp) if closed else Decoded(text, wire_event, timestamp, _unknown(text))


def _unknown(text: JsonText) -> list[str]:
    """Name the attributes of an event that aren't known; raise what `msgspec` does for one that isn't plain."""
    found = {name: raw for name, raw in members_of(text).items() if name not in ATTRIBUTES and name not in LEGACY_IGNORED}
    for raw in found.values():
        decode_uncollected(plain_decoder().decode, raw)
    return [*found]


def decode_apart(text: JsonText, max_depth: int, *, is_plain: bool = False) -> Decoded:
    """Decode an event attribute by attribute; raise what `msgspec` does where that can't be done."""
    members = members_of(text)
    wire_event = wire_event_type(closed=True, old=False)(timestamp=None)
    unknown: list[str] = []
    refused: dict[str, Any] = {}
    known_shallow, is_repaired = True, False
    for name, raw in members.items():
        if (each := ATTRIBUTES.get(name)) is None:
            if name not in LEGACY_IGNORED:
                unknown.append(name)
                is_repaired |= _plain(raw, max_depth, is_plain=is_plain)[1]
            continue
        try:
            value = raw if name == "_meta" else attribute_decoder(name)(raw)
        except DECODE_ERRORS as error:
            if _is_fault_of_text(error):
                raise
            # Null is there, and goes before older names.
            value = _old_breadcrumbs(raw, error) if name == "breadcrumbs" else None
            if value is None:
                if name in _LISTED or (plain := _shallow(raw)) is None:
                    known_shallow &= name in _LISTED
                    plain, repaired = _plain(raw, max_depth, is_plain=is_plain)
                    is_repaired |= repaired
                refused[name] = plain
        setattr(wire_event, each.name, value)
    timestamp = members.get("timestamp", ABSENT)
    return Decoded(text, wire_event, timestamp, unknown, members, refused, known_shallow, is_repaired)


def _is_fault_of_text(refused: Exception) -> bool:
    """Return whether a text was refused for what no other type changes."""
    return not isinstance(refused, (msgspec.ValidationError, RecursionError))


def _old_breadcrumbs(raw: msgspec.Raw, refused: Exception) -> Any:
    """Decode breadcrumbs as sentry-python 0.x sends them; return None for others."""
    if not _OLD_BREADCRUMB.fullmatch(str(refused)):
        return None
    try:
        return renamed(_old_breadcrumbs_decoder()(raw))
    except DECODE_ERRORS:
        return None


def _shallow(raw: msgspec.Raw) -> Any:
    """Decode an attribute as plain objects; return None for those that may be deeper than a free-form value may be."""
    try:
        return _shallow_decoder()(raw)
    except DECODE_ERRORS:
        return None


def _plain(raw: msgspec.Raw, max_depth: int, *, is_plain: bool) -> tuple[Any, bool]:
    """Return an attribute as plain objects, and whether integers beyond 64 bits were repaired in it.

    Raise what `msgspec` does where anything else has to be repaired. Where nothing has to be `is_plain` says so.
    """
    if is_plain:
        return msgspec.json.decode(raw), False
    try:
        return plain_decoder().decode(raw), False
    except DECODE_ERRORS:
        # It is in one container more.
        payload = read_json(bytes(raw), max_depth - 1)
        if payload is None:
            raise
        return payload.value, payload.text is not None


def size_of(text: JsonText) -> int:
    """Return the bytes that a text has at the most."""
    # A character has four bytes at the most.
    return len(text) * 4 if isinstance(text, str) else len(text)


_scalar = msgspec.json.Decoder(json_scalar_type() | None).decode
#: How C says that the event itself has an attribute that isn't known, such as raven-js's `trimHeadFrames`.
_UNKNOWN = re.compile("Object contains unknown field `[^`]*`")
#: How it says that an integer is beyond 64 bits with a sign.
_BIG_INTEGER = re.compile("Expected `int` (?:<= 9223372036854775807|>= -9223372036854775808)(?: - at `[^`]*`)?")
#: And how it says that a breadcrumb has the name for its type that sentry-python 0.x gave it.
_OLD_BREADCRUMB = re.compile(r"Object contains unknown field `ty` - at `\$(?:\.breadcrumbs|\.values|\[)[^`]*`")


# Made when first needed: they take a tenth of the import of everything.
@once
def wire_event_type(*, closed: bool, old: bool) -> type[msgspec.Struct]:
    """Return a type `WireEvent`: `closed` ones refuse unknown attributes, `old` ones take `ty` in breadcrumbs."""
    fields: list[Any] = []
    for wire, each in ATTRIBUTES.items():
        kind = _OLD_BREADCRUMBS if old and wire == "breadcrumbs" else each.typed.type
        if kind is msgspec.Raw:
            fields.append((each.name, kind, msgspec.field(default=ABSENT, name=wire)))
        elif each.field.rule.aliases:
            # Null is there, and goes before older names.
            fields.append((each.name, kind | None | msgspec.UnsetType, msgspec.field(default=UNSET, name=wire)))
        else:
            fields.append((each.name, kind | None, msgspec.field(default=None, name=wire)))
    fields += [
        (f"dropped_{wire}", msgspec.Raw, msgspec.field(default=ABSENT, name=wire)) for wire in sorted(LEGACY_IGNORED)
    ]
    return msgspec.defstruct("WireEvent", fields, forbid_unknown_fields=closed, gc=False)


@once
def decoder(*, closed: bool, old: bool) -> "msgspec.json.Decoder[Any]":
    """Return the decoder of events, to a type of `wire_event_type`."""
    return msgspec.json.Decoder(wire_event_type(closed=closed, old=old))


@once
def _usual_decoder() -> "msgspec.json.Decoder[Any]":
    return decoder(closed=True, old=False)


@once
def attribute_decoder(name: str) -> Callable[[Any], Any]:
    """Return the function that decodes one attribute, by its name on the wire."""
    field, kind = ATTRIBUTES[name].field, ATTRIBUTES[name].typed.type
    if field.name == "timestamp" or field.name in SCALAR_ATTRIBUTES:
        return _scalar
    return _value_decoder() if kind is VALUE else msgspec.json.Decoder(kind | None).decode


@once
def _value_decoder() -> Callable[[Any], Any]:
    return msgspec.json.Decoder(VALUE).decode


@once
def _shallow_decoder() -> Callable[[Any], Any]:
    # As deep as the extra data may be, which is the least of all.
    return msgspec.json.Decoder(json_value_type(LARGER.max_depth - 1)).decode


@once
def _old_breadcrumbs_decoder() -> Callable[[Any], Any]:
    return msgspec.json.Decoder(_OLD_BREADCRUMBS).decode
