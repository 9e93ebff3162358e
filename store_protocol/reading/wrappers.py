"""How many wrappers Relay has around a value: it lists what is wrong with one once more for each of them.

That shows where a value is there and an incoming `_meta` says that something was wrong with it. `Tags` around a list is
such a wrapper, or `LenientString` around a string.
"""

from typing import Any

from store_protocol.convert.interface import Interface
from store_protocol.convert.pairs import read_headers, read_query_string
from store_protocol.reading.places import Place
from store_protocol.schema.contexts import Context, MonitorContext
from store_protocol.schema.images import DebugImage
from store_protocol.schema.stacktrace import Stacktrace

#: Of a pair, its key and its value.
_SIDES: dict[Any, tuple[int, int]] = {read_headers: (1, 1), read_query_string: (0, 1)}
#: Attributes of which a value that isn't known is in a wrapper, and the values that are known.
_NAMED: dict[str, frozenset[str]] = {
    "instruction_addr_adjustment": frozenset({"auto", "all", "all_but_first", "none"}),
    "kind": frozenset({"internal", "server", "client", "producer", "consumer"}),
}
#: The texts of a message, by the path that errors tell.
_TEXTS = frozenset({"logentry.message", "logentry.formatted"})


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
