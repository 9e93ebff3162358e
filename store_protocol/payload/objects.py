"""Plain objects that a caller has read itself: what its JSON reader took and JSON has no room for."""

import math
from typing import Any

import msgspec

from store_protocol.errors import TooDeep
from store_protocol.json_types import is_plain_number, needs_no_repair
from store_protocol.limits import Limits

_LIMITS = Limits()


def repair_objects(value: Any, *, limits: Limits = _LIMITS) -> Any:
    r"""Return a value that JSON, UTF-8 and 64 bits hold: what they don't is repaired as it is in a text.

    Python's `json` reads NaN, Infinity, integers of any size and halves of surrogate pairs. What needs no change is given
    back itself, and `value` is never changed. Raises `TooDeep` for `limits.max_depth` containers in each other or more.

    >>> repair_objects({"a": [float("nan"), 2**64, "cut \ud83d"]})
    {'a': ['NaN', '18446744073709551616', 'cut �']}
    """
    most = limits.max_depth
    try:
        return value if needs_no_repair(value, most - 1) and _is_unicode(value) else _strict(value, 1, most)
    except RecursionError:
        # Only limits far above the default get here.
        raise TooDeep("the objects are nested deeper than this interpreter can follow") from None


def _is_unicode(value: Any) -> bool:
    try:
        _encode(value)
    except UnicodeEncodeError:
        return False
    except TypeError:
        # No object of JSON, which is its own fault.
        pass
    return True


_encode = msgspec.json.Encoder().encode


def _strict(value: Any, depth: int, max_depth: int) -> Any:
    kind = type(value)
    if kind is dict or kind is list:
        if depth >= max_depth:
            raise TooDeep(f"the objects are nested deeper than {max_depth} levels")
        below = depth + 1
        if kind is dict:
            return {_strict(key, below, max_depth): _strict(part, below, max_depth) for key, part in value.items()}
        return [_strict(part, below, max_depth) for part in value]
    if kind is str:
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if is_plain_number(value):
        return value
    if kind is float:
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    try:
        return str(value)
    except ValueError:
        # Python writes no more digits than it reads.
        return hex(value)
