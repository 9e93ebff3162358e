"""Where what an incoming `_meta` says of a value belongs: at the place that the canonical form of the value has.

Lists are wrapped, objects become lists of pairs, and old names new ones. What is said of values that no attribute takes
goes with these.
"""

from typing import Any

import msgspec

from store_protocol.convert.interface import Interface, Retain
from store_protocol.convert.pairs import header_name, read_headers
from store_protocol.convert.readers import WHITE_SPACE, layout_of
from store_protocol.convert.rules import Rule
from store_protocol.convert.values import Values
from store_protocol.meta.tree import Meta, position
from store_protocol.reading.places import Place, places_of
from store_protocol.schema.contexts import CONTEXTS
from store_protocol.schema.event import Event
from store_protocol.schema.images import APPLE_NAMES, IMAGES, DebugImage
from store_protocol.schema.logentry import LogEntry
from store_protocol.schema.measurement import read_breakdowns, read_measurements
from store_protocol.schema.mechanism import Mechanism
from store_protocol.schema.user import User

_BY_NAME = frozenset({read_measurements, read_breakdowns})
_APPLE = {wire: name for name, wire in APPLE_NAMES.items()}


class Settler(msgspec.Struct, frozen=True):
    """How values are read, which tells where they go."""

    keep_unknown: bool = False
    enforce_rules: bool = True

    def settle_event(self, meta: Meta, payload: dict[str, Any]) -> None:
        """Bring all that is said of an event to its place."""
        meta.children.pop("_meta", None)
        self._settle_interface(meta, payload, Event)

    def _settle(self, meta: Meta, value: Any, place: Place) -> None:
        if not meta.children and not place.may_be_moved:
            return
        match place.form:
            case "text":
                # It has no parts.
                meta.children = {}
            case "pairs":
                _number_pairs(meta, value, place.rule)
            case "contexts":
                self._settle_contexts(meta, value)
            case "list":
                self._settle_items(meta, value, place.item)
            case "object":
                self._settle_members(meta, value, place)
            case "interface":
                self._settle_interface(meta, value, place.hint)

    def _settle_items(self, meta: Meta, value: Any, item: Place) -> None:
        for key, child in [*meta.children.items()] if isinstance(value, list) else ():
            index = position(key)
            if index is not None and index < len(value):
                self._settle(child, value[index], item)
                if child.is_empty():
                    del meta.children[key]

    def _settle_members(self, meta: Meta, value: Any, place: Place) -> None:
        if not isinstance(value, dict):
            return
        for key, child in meta.children.items():
            self._settle(child, value.get(key), place.item)
        if place.rule.read in _BY_NAME:
            # As the names of measurements are written.
            lower = place.rule.read is read_measurements
            named = ((key.strip(WHITE_SPACE), child) for key, child in meta.children.items())
            meta.children = {name.lower() if lower else name: child for name, child in named}

    def _settle_contexts(self, meta: Meta, value: Any) -> None:
        for key, child in [*meta.children.items()] if isinstance(value, dict) else ():
            context = value.get(key)
            kind = context.get("type") if isinstance(context, dict) else None
            told = kind if isinstance(kind, str) and kind else None
            interface = CONTEXTS.get(told or key)
            if interface is not None or told is None:
                # The layout, or the key, tells the type.
                child.children.pop("type", None)
            if interface is not None:
                self._settle_interface(child, context, interface)
            if child.is_empty():
                del meta.children[key]

    def _settle_interface(self, meta: Meta, value: Any, interface: type[Interface]) -> None:
        if issubclass(interface, Values):
            value = _wrap_values(meta, value)
        if not isinstance(value, dict):
            if interface is LogEntry and value is not None and not meta.is_empty():
                # It is what is shown of the message.
                meta.children = {"formatted": msgspec.structs.replace(meta, children={})}
                meta.errors, meta.remarks, meta.length, meta.original = (), (), None, None
            return
        if interface is DebugImage:
            meta.children.pop("type", None)
            if value.get("type") == "apple":
                meta.children = {_APPLE.get(key, key): child for key, child in meta.children.items()}
                value = {_APPLE.get(key, key): part for key, part in value.items()}
                interface = IMAGES["macho"]
            else:
                kind = value.get("type")
                interface = IMAGES.get(kind, interface) if isinstance(kind, str) else interface
        self._settle_attributes(meta, value, interface)

    def _settle_attributes(self, meta: Meta, value: dict[str, Any], interface: type[Interface]) -> None:
        layout, places = layout_of(interface), places_of(interface)
        retain = interface.__other__
        keep = retain is Retain.ALWAYS or (retain is Retain.IF_ASKED and self.keep_unknown)
        # What an old mechanism has beside signal and exception is in its data.
        keep |= interface is Mechanism and "type" not in value
        if interface is LogEntry and self.enforce_rules and value.get("message") is value.get("formatted") is None:
            # It is refused whole, and what is said of it goes with it.
            keep = True
        children: dict[str, Meta] = {}
        for key, child in meta.children.items():
            found = layout.names.get(key)
            if found is not None:
                _, wire, _, before, *_ = found
                if not any(other in value for other in before):
                    self._settle(child, value.get(key), places[wire])
                    if not child.is_empty():
                        children[wire] = child
            elif interface is User and self.enforce_rules:
                data = children.setdefault("data", meta.children.get("data") or Meta())
                data.children[key] = child
            elif keep:
                children[key] = child
        meta.children = children


def _wrap_values(meta: Meta, value: Any) -> Any:
    """Bring what is said of one value, or of a list alone, to its place in `values`; return the value so wrapped."""
    if isinstance(value, list):
        said = msgspec.structs.replace(meta)
        wrapped = {"values": value}
    elif isinstance(value, dict) and value and "values" not in value:
        said = Meta(children={"0": msgspec.structs.replace(meta)})
        wrapped = {"values": [value]}
    else:
        return value
    meta.errors, meta.remarks, meta.length, meta.original = (), (), None, None
    meta.children = {"values": said}
    return wrapped


def _number_pairs(meta: Meta, value: Any, rule: Rule) -> None:
    if not isinstance(value, dict):
        return
    order = sorted(value, key=lambda key: (header_name(key), key)) if rule.read is read_headers else sorted(value)
    positions = {key: str(index) for index, key in enumerate(order)}
    meta.children = {
        positions[key]: Meta(children={"1": child}) for key, child in meta.children.items() if key in positions
    }
