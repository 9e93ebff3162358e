"""JSON Schema (draft 2020-12) of events and of the other items of envelopes, made of the rules beside their fields.

There are two of events: what `check_event` takes without complaint, and what normalization makes of it.

>>> sorted(schema_of("accepted")["$defs"]["Frame"]["properties"]["lineno"]["type"])
['null', 'number']
>>> schema_of("normalized")["$defs"]["Frame"]["properties"]["lineno"]["type"]
'integer'
"""

import copy
import typing
from typing import Any

from store_protocol.comments import of_class
from store_protocol.convert.forms import Forms, Schema, array, either, forms_of, mapping, nullable, whole
from store_protocol.convert.interface import Interface
from store_protocol.convert.readers import TEXTS, WHITE_SPACE, fields_of
from store_protocol.convert.rules import NO_RULE, Rule, unwrap
from store_protocol.items.decoding import INTERFACES
from store_protocol.items.trace_attachment import TraceAttachment
from store_protocol.items.view_hierarchy import ViewHierarchy
from store_protocol.normalize.steps.mechanism import LINKS
from store_protocol.normalize.steps.release import FORBIDDEN, MAX_ENVIRONMENT, MAX_RELEASE
from store_protocol.normalize.steps.request import METHOD
from store_protocol.schema.event import Event
from store_protocol.schema.mechanism import Mechanism
from store_protocol.schema.request import Request

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
#: The interface by which the payload of an item is read, by the item's type; and of two kinds of attachments.
_ITEMS: dict[str, type[Interface]] = {
    **INTERFACES,
    **dict.fromkeys(("event", "transaction", "feedback"), Event),
    "trace_attachment": TraceAttachment,
    "view_hierarchy": ViewHierarchy,
}


def names() -> tuple[str, ...]:
    """Return the names that `schema_of` takes, in order.

    >>> names()[:4]
    ('accepted', 'normalized', 'check_in', 'client_report')
    """
    return ("accepted", "normalized", *sorted(_ITEMS))


def schema_of(name: str = "accepted") -> dict[str, Any]:
    """Return a JSON Schema, draft 2020-12.

    `accepted` is that of events that `check_event` takes without complaint, `normalized` that of what `encode_event` writes
    of an event that was normalized and trimmed. Every other name is the type of an item, or `view_hierarchy` or
    `trace_attachment`, and the schema is that of payloads that decode without an entry in `field_errors`; or of the JSON in
    them where there is more, as in `replay_recording`.

    What is accepted meets its schema. What meets it is accepted, too, but for what a schema can't say: docs/usage.md lists
    that. Raises `ValueError` for another name.

    >>> schema_of("check_in")["$defs"]["CheckIn"]["required"]
    ['monitor_slug', 'status']
    """
    if name not in names():
        message = f"name must be one of {', '.join(names())}"
        raise ValueError(message)
    root = _ITEMS.get(name, Event)
    # What an item that is no event has of their interfaces is not normalized.
    maker = _Maker(normalized=name == "normalized", later=_LATER if root is Event else {})
    schema = maker.of(root)
    # What stands beside the conversions is not to be changed with it.
    return copy.deepcopy({"$schema": _DIALECT, "title": name, **schema, "$defs": dict(sorted(maker.defs.items()))})


def _name(max_bytes: int, reserved: str) -> Schema:
    """Return what normalization asks of a release or an environment."""
    words = "".join(f"[{char}{char.upper()}]" for char in reserved)
    none = rf"{FORBIDDEN.pattern}|^{_AROUND}(?:\.|\.\.|{words}){_AROUND}$"
    return {"maxLength": max_bytes, "not": {"type": "string", "pattern": none}}


_AROUND = f"[{WHITE_SPACE}]*"
# Spaces in keys become hyphens.
_KEY, _FILLED = ({"pattern": f"[^{blanks}]"} for blanks in (WHITE_SPACE.replace(" ", ""), WHITE_SPACE))
_TAGS = {"items": {"prefixItems": [_KEY, _FILLED]}, "propertyNames": _KEY, "additionalProperties": _FILLED}
#: What normalization refuses besides, by attribute.
_LATER: dict[type[Interface], dict[str, Schema]] = {
    Event: {"release": _name(MAX_RELEASE, "latest"), "environment": _name(MAX_ENVIRONMENT, "none"), "tags": _TAGS},
    Mechanism: {"help_link": {"pattern": f"^(?:{'|'.join(LINKS)})"}},
    Request: {"method": {"pattern": whole(METHOD.pattern.replace("A-Z", "a-zA-Z"))}},
}


class _Maker:
    """Makes schemas of annotations, and one of each interface that is in them, to which the others refer."""

    def __init__(self, *, normalized: bool, later: dict[type[Interface], dict[str, Schema]]) -> None:
        self.normalized = normalized
        self._later = later
        self.defs: dict[str, Schema] = {}
        self._names: dict[Any, str] = {}

    def of(self, hint: Any, rule: Rule = NO_RULE) -> Schema:
        """Return the schema of the values of an annotation but null."""
        inner, own = unwrap(hint)
        rule = rule if own is NO_RULE else own
        found = None if (told := rule.read or rule.convert) is None else forms_of(told)
        if found is not None:
            return self._with_rule(self._form(found), rule)
        if isinstance(inner, type) and issubclass(inner, Interface):
            return {"$ref": f"#/$defs/{self._define(inner)}"}
        origin, arguments = typing.get_origin(inner) or inner, typing.get_args(inner)
        if origin is list:
            return self._with_rule(array(nullable(self.of(arguments[0]))), rule)
        if origin is dict:
            return self._with_rule(mapping(nullable(self.of(arguments[1]))), rule)
        if inner is Any:
            return {}
        message = f"no schema for {hint}: say beside its conversion what that takes (store_protocol.convert.forms)"
        raise TypeError(message)

    def _form(self, found: Forms) -> Schema:
        form = found.gives if self.normalized else found.takes
        return dict(form) if isinstance(form, dict) else form(self.of)

    def _with_rule(self, schema: Schema, rule: Rule) -> Schema:
        """Return a schema with what a rule says of lengths, characters and emptiness."""
        if rule.convert in TEXTS or "maxLength" in schema:
            return {**schema, **(_given_text(rule) if self.normalized else _taken_text(rule))}
        if rule.nonempty:
            least = {"array": "minItems", "object": "minProperties"}.get(schema.get("type", ""))
            return schema if least is None else {**schema, least: 1}
        return schema

    def _define(self, interface: type[Interface]) -> str:
        """Return the name of the schema of an interface, which is made if there is none yet: it may hold itself."""
        if interface not in self._names:
            name = interface.__name__.removeprefix("_")
            assert name not in self.defs  # noqa: S101  (no two interfaces that a payload holds have one name)
            self._names[interface] = name
            self.defs[name] = {}
            own = self._object(interface)
            made = interface.__gives__(own, self.of) if self.normalized else interface.__takes__(own, self.of)
            told = (interface.__doc__ or "").partition("\n")[0]
            self.defs[name] = {"description": told, **made} if told else made
        return self._names[interface]

    def _object(self, interface: type[Interface]) -> Schema:
        """Return the schema of an object of the attributes of an interface."""
        properties: dict[str, Schema] = {}
        required: list[str] = []
        others: list[Schema] = []
        sentences = of_class(interface)
        for field in fields_of(interface):
            schema, rule = self.of(field.hint, field.rule), field.rule
            told: Schema = {"description": sentences[field.name]} if field.name in sentences else {}
            if self.normalized:
                properties[field.encode_name] = {**told, **schema}
                continue
            if (later := self._later.get(interface, {}).get(field.name)) is not None:
                schema = {**schema, "allOf": [later]}
            if not rule.required:
                schema = nullable(schema)
            properties[field.encode_name] = {**told, **schema}
            on_the_wire = (field.encode_name, *rule.aliases)
            for index, alias in enumerate(rule.aliases, 1):
                # What goes before it makes it count for nothing.
                properties[alias] = {"description": f"An old name of `{field.encode_name}`."}
                before = either(*({"required": [name]} for name in on_the_wire[:index]))
                others.append({"if": before, "else": {"properties": {alias: schema}}})
            if rule.required and rule.aliases:
                others.append(either(*({"required": [name]} for name in on_the_wire)))
            elif rule.required:
                required.append(field.encode_name)
        made: Schema = {"type": "object", "properties": properties}
        if required:
            made["required"] = required
        if others:
            made["allOf"] = others
        return made


def _taken_text(rule: Rule) -> Schema:
    """Return what a rule says of a string that is sent, of which blanks are taken off before it is looked at."""
    around = _AROUND if rule.strip else ""
    said: Schema = {}
    if rule.allow is not None:
        # What is never cut is refused where it is too long.
        most = rule.max_chars if rule.max_chars is not None and not rule.trim else ""
        count = f"{{{int(rule.nonempty)},{most}}}"
        said["pattern"] = whole(f"{around}[{_characters(rule.allow)}]{count}{around}")
    elif rule.nonempty and rule.strip:
        said["pattern"] = f"[^{WHITE_SPACE}]"
    elif rule.nonempty:
        said["minLength"] = 1
    if rule.deny is not None:
        said["not"] = {"type": "string", "pattern": f"[{_characters(rule.deny)}]"}
    return said


def _given_text(rule: Rule) -> Schema:
    """Return what a rule says of a string that was normalized."""
    said: Schema = {}
    if rule.max_chars is not None:
        said["maxLength"] = rule.max_chars + rule.allowance
    if rule.nonempty or rule.skip_empty:
        said["minLength"] = 1
    if rule.allow is not None:
        said["pattern"] = whole(f"[{_characters(rule.allow)}]*")
    if rule.deny is not None:
        said["not"] = {"type": "string", "pattern": f"[{_characters(rule.deny)}]"}
    return said


def _characters(chars: frozenset[str]) -> str:
    """Return the inside of a class of characters."""
    return "".join(f"\\u{ord(char):04x}" for char in sorted(chars))
