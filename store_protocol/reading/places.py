"""What the annotations of an event say of the places in it: in which form a value is held there, and under which rule."""

import functools
import typing
from typing import Any, Literal

from store_protocol.convert.ids import trace_id
from store_protocol.convert.interface import Interface
from store_protocol.convert.pairs import read_cookies, read_headers, read_query_string, read_tags
from store_protocol.convert.readers import fields_of
from store_protocol.convert.rules import NO_RULE, Rule, anything, unwrap
from store_protocol.convert.scalars import ip_address, json_string, lenient_string
from store_protocol.convert.values import Values
from store_protocol.schema.contexts import read_contexts
from store_protocol.schema.logentry import LogEntry, read_message_params
from store_protocol.schema.measurement import read_breakdowns, read_measurements
from store_protocol.schema.stacktrace import read_frame_vars

#: Readers of lists of pairs.
_PAIRS: frozenset[Any] = frozenset({read_tags, read_headers, read_cookies, read_query_string})
#: What may be sent in another form than that of an object of its attributes.
_MOVED = (LogEntry, Values)
#: Conversions and readers of values that Relay has in a wrapper.
_CONVERSIONS: frozenset[Any] = frozenset({lenient_string, json_string, trace_id, ip_address})
_READERS: frozenset[Any] = frozenset(
    {
        *_PAIRS,
        *(read_measurements, read_breakdowns, read_contexts, read_frame_vars, read_message_params, anything),
    }
)


class Place:
    """What an annotation says of a place, and how many wrappers there are for that it is in a list or an object."""

    __slots__ = ("_item", "form", "hint", "is_tuple", "is_wrapped", "may_be_moved", "outer", "rule")

    def __init__(self, hint: Any, rule: Rule = NO_RULE, outer: int = 0) -> None:
        self.hint = hint
        self.rule = rule
        self.outer = outer
        self.is_tuple = typing.get_origin(hint) is tuple
        #: Whether the place has a wrapper whatever is there.
        self.is_wrapped = rule.convert in _CONVERSIONS or rule.read in _READERS or hint is Any
        #: In which form what is there is held; None for what is held as it came.
        self.form = _form_of(hint, rule)
        #: Whether what is said of the value itself may belong to another place.
        self.may_be_moved = isinstance(hint, type) and issubclass(hint, _MOVED)
        self._item: Place | None = None

    @property
    def item(self) -> "Place":
        """The place of what is in a list, in a pair or in an object."""
        item = self._item
        if item is None:
            item = self._item = _item_of(self)
        return item


_Form = Literal["text", "pairs", "contexts", "list", "object", "interface"]


def _form_of(hint: Any, rule: Rule) -> _Form | None:
    if rule.convert is json_string:
        return "text"
    if rule.read in _PAIRS:
        return "pairs"
    if rule.read is read_contexts:
        return "contexts"
    if rule.read is anything:
        return None
    origin = typing.get_origin(hint) or hint
    if origin is list or origin is dict:
        return "list" if origin is list else "object"
    return "interface" if isinstance(origin, type) and issubclass(origin, Interface) else None


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
