"""What the client sent, for who asks for it after an event is read."""

from typing import Any

import msgspec
from msgspec import UNSET

from store_protocol.json_types import members_of
from store_protocol.payload import parse_payload
from store_protocol.reading.client_meta import AmbiguousNull, outline_for
from store_protocol.reading.wire_event import ABSENT, ATTRIBUTES, VALUE, Decoded, JsonText

#: The attributes of which C gives what was sent, as plain objects, and null for null.
_PLAIN = frozenset(wire for wire, each in ATTRIBUTES.items() if each.field.rule.aliases and each.typed.type is VALUE)
_ALIASED = {wire: each.name for wire, each in ATTRIBUTES.items() if each.field.rule.aliases}


class OriginalEvent:
    """What the client sent, for steps that ask for it: plain objects of attributes, made when they are asked for.

    It is made from the text of the event and what C gave for it, or from the objects that the text stands for. `is_plain`
    says that nothing has to be repaired in the text.
    """

    __slots__ = ("_is_plain", "_members", "_parsed", "_payload", "_text", "_timestamp", "_wire_event")

    def __init__(
        self, decoded: Decoded | None = None, *, payload: dict[str, Any] | None = None, is_plain: bool = False
    ) -> None:
        self._payload = payload
        self._text: JsonText = b""
        self._wire_event: Any = None
        self._members: dict[str, msgspec.Raw] | None = None
        self._timestamp = ABSENT
        self._parsed: dict[str, Any] = {}
        self._is_plain = is_plain
        if decoded is not None:
            self._text, self._wire_event, self._timestamp = decoded.text, decoded.wire_event, decoded.timestamp
            self._members = decoded.members
            if decoded.refused:
                self._parsed |= decoded.refused

    def get(self, name: str) -> Any:
        """Return a scalar attribute by its name on the wire, None where it isn't there."""
        return self.first_present((name,)) if self._wire_event is None else self._decoded(name)

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
            return next((part for name in names if (part := self._decoded(name)) is not UNSET), None)
        members = self._raw_members()
        return next((self._parse(name, members[name]) for name in names if name in members), None)

    def outline(self, client_meta: dict[str, Any]) -> dict[str, Any]:
        """Return what was sent, as far as a `_meta` speaks of it; the rest of it may be there as None, or not."""
        if self._wire_event is not None and (found := self._outline(client_meta)) is not None:
            return found
        return {name: self._parse(name, raw) if name in client_meta else None for name, raw in self._raw_members().items()}

    def _parse(self, name: str, raw: msgspec.Raw) -> Any:
        # Every one of many exceptions may ask for all of them.
        if name not in self._parsed:
            self._parsed[name] = msgspec.json.decode(raw) if self._is_plain else parse_payload(raw)
        return self._parsed[name]

    def _raw_members(self) -> dict[str, msgspec.Raw]:
        if self._members is None:
            # Passing over what isn't asked for takes a quarter of the time.
            self._members = members_of(self._text)
        return self._members

    def _decoded(self, name: str) -> Any:
        """Return what C gave for an attribute, typed or as plain objects."""
        return self._parsed[name] if name in self._parsed else getattr(self._wire_event, ATTRIBUTES[name].name)

    def _outline(self, client_meta: dict[str, Any]) -> dict[str, Any] | None:
        """Return what C has of the values that a `_meta` speaks of; None where that doesn't tell whether they are there."""
        # The old names of an attribute count where the new one isn't there.
        found: dict[str, Any] = {
            wire: None for wire, name in _ALIASED.items() if getattr(self._wire_event, name) is not UNSET
        }
        for wire, below in client_meta.items():
            if wire not in ATTRIBUTES:
                return None
            value = self._decoded(wire)
            if value is None and wire not in found:
                return None
            if value is not UNSET:
                try:
                    found[wire] = outline_for(value, below)
                except AmbiguousNull:
                    return None
        return found
