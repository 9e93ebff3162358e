"""How many wrappers Relay has around a value: it lists what is wrong with one once more for each of them.

That shows where a value is there and an incoming `_meta` says that something was wrong with it. `Tags` around a list is
such a wrapper, or `LenientString` around a string.
"""

import functools
import typing
from typing import Any

from store_protocol.convert.ids import trace_id
from store_protocol.convert.interface import Interface
from store_protocol.convert.pairs import read_cookies, read_headers, read_query_string, read_tags
from store_protocol.convert.readers import fields_of
from store_protocol.convert.rules import NO_RULE, Rule, anything, unwrap
from store_protocol.convert.scalars import ip_address, json_string, lenient_string
from store_protocol.schema.contexts import Context, MonitorContext, read_contexts
from store_protocol.schema.images import DebugImage
from store_protocol.schema.logentry import read_message_params
from store_protocol.schema.measurement import read_breakdowns, read_measurements
from store_protocol.schema.stacktrace import Stacktrace, read_frame_vars

_CONVERSIONS: frozenset[Any] = frozenset({lenient_string, json_string, trace_id, ip_address})
_READERS: frozenset[Any] = frozenset(
    {
        *(read_tags, read_headers, read_cookies, read_query_string, read_measurements, read_breakdowns),
        *(read_contexts, read_frame_vars, read_message_params, anything),
    }
)
#: Of a pair, its key and its value.
_SIDES: dict[Any, tuple[int, int]] = {read_headers: (1, 1), read_query_string: (0, 1)}
#: Attributes of which a value that isn't known is in a wrapper, and the values that are known.
_NAMED: dict[str, frozenset[str]] = {
    "instruction_addr_adjustment": frozenset({"auto", "all", "all_but_first", "none"}),
    "kind": frozenset({"internal", "server", "client", "producer", "consumer"}),
}
#: The texts of a message, by the path that errors tell.
_TEXTS = frozenset({"logentry.message", "logentry.formatted"})


class Place:
    """What an annotation says of a place, and how many wrappers there are for that it is in a list or an object."""

    __slots__ = ("_item", "hint", "is_tuple", "is_wrapped", "outer", "rule")

    def __init__(self, hint: Any, rule: Rule = NO_RULE, outer: int = 0) -> None:
        self.hint = hint
        self.rule = rule
        self.outer = outer
        self.is_tuple = typing.get_origin(hint) is tuple
        #: Whether the place has a wrapper whatever is there.
        self.is_wrapped = rule.convert in _CONVERSIONS or rule.read in _READERS or hint is Any
        self._item: Place | None = None

    @property
    def item(self) -> "Place":
        """The place of what is in a list, in a pair or in an object."""
        item = self._item
        if item is None:
            item = self._item = _item_of(self)
        return item


def _item_of(place: Place) -> Place:
    inner, own = unwrap(place.hint)
    rule = place.rule if own is NO_RULE else own
    origin, args = typing.get_origin(inner), typing.get_args(inner)
    if origin is tuple:
        return Place(tuple, rule)
    if origin not in {list, dict}:
        return ANYTHING
    item, item_rule = unwrap(args[-1])
    is_pair = typing.get_origin(item) is tuple
    # The wrapper has the limit of the items.
    return Place(item, rule if is_pair else item_rule, 0 if rule.item_limit is None else 1)


#: A place for any value.
ANYTHING = Place(Any)


@functools.cache
def places_of(interface: type[Interface]) -> dict[str, Place]:
    """Return the places of the attributes of an interface, by their names on the wire."""
    return {field.encode_name: Place(field.hint, field.rule) for field in fields_of(interface)}


def wrappers(value: Any, place: Place, name: str) -> int:
    """Return how many wrappers there are around a value; `name` is the path that errors tell."""
    is_interface = isinstance(value, Interface)
    if is_interface and isinstance(value, Context):
        return place.outer + (2 if type(value) is MonitorContext else 1)
    key = name.rpartition(".")[2]
    if is_interface and isinstance(value, Stacktrace):
        return 0 if key == "raw_stacktrace" else 1
    if place.hint is tuple:
        return _SIDES.get(place.rule.read, (0, 0))[key == "1"]
    if place.is_tuple:
        return 0
    if key in _NAMED:
        return int(value not in _NAMED[key])
    is_wrapped = place.is_wrapped or name in _TEXTS or (is_interface and isinstance(value, DebugImage))
    return place.outer + int(is_wrapped)
