"""Plain objects that a caller has read itself: what its JSON reader took and JSON has no room for."""

import math
from typing import Any

import msgspec

from store_protocol.errors import TooDeep
from store_protocol.payload.big_integers import MAX_INTEGER, MIN_INTEGER

_CONTAINERS = frozenset({dict, list})


def strict_objects(value: Any, *, max_depth: int) -> Any:
    r"""Give a value that JSON, UTF-8 and 64 bits hold: what they don't is mended as it is in a text.

    Python's `json` reads NaN, Infinity, integers of any size and halves of surrogate pairs. What needs no change is given
    back itself, and `value` is never changed. Raises `TooDeep` for `max_depth` containers in each other or more.

    >>> strict_objects({"a": [float("nan"), 2**64, "cut \ud83d"]}, max_depth=128)
    {'a': ['NaN', '18446744073709551616', 'cut �']}
    """
    return value if _is_strict(value, max_depth) and _is_unicode(value) else _strict(value)


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


def _is_strict(value: Any, max_depth: int) -> bool:
    # Level by level, as a call for each container would cost more than all else.
    is_strict = _is_number_strict(value)
    containers = [value] if type(value) in _CONTAINERS else []
    levels = max_depth
    while containers:
        levels -= 1
        if levels <= 0:
            raise TooDeep(f"the objects are nested deeper than {max_depth} levels")
        below = []
        for container in containers:
            for part in container.values() if type(container) is dict else container:
                kind = type(part)
                if kind is dict or kind is list:
                    below.append(part)
                elif (kind is int or kind is float) and not _is_number_strict(part):
                    is_strict = False
        containers = below
    return is_strict


def _is_number_strict(value: Any) -> bool:
    if type(value) is int:
        return MIN_INTEGER <= value <= MAX_INTEGER
    return type(value) is not float or math.isfinite(value)


def _strict(value: Any) -> Any:
    if type(value) is dict:
        return {_strict(key): _strict(part) for key, part in value.items()}
    if type(value) is list:
        return [_strict(part) for part in value]
    if type(value) is str:
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if _is_number_strict(value):
        return value
    if type(value) is float:
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    try:
        return str(value)
    except ValueError:
        # Python writes no more digits than it reads.
        return hex(value)
