"""JSON that is taken as it is: types of `msgspec` for it, whose values need no look, and the look for others."""

import math
from typing import Annotated, Any, NewType, Union

import msgspec

#: The name of the attribute `other` in what msgspec writes, which `encode_event` takes out again.
OTHER_KEY = "\U0010ffff"

#: What `msgspec` raises for a text that it refuses.
DECODE_ERRORS = (msgspec.MsgspecError, UnicodeError, RecursionError)

#: Returns the texts of the members of an object by their names.
members_of = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode

#: The least and the greatest integer that JSON readers hold: 64 bits with a sign, or without.
MIN_INTEGER, MAX_INTEGER = -(2**63), 2**64 - 1

_INTEGER = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]


def json_scalar_type() -> Any:
    """Return a type of `msgspec` for scalars; integers fit 64 bits with a sign."""
    return Union[str, _INTEGER, float, bool]  # noqa: UP007  (as `|` would make a union of another kind)


def json_value_type(depth: int) -> Any:
    """Return a type of `msgspec` for JSON values that need no repair: at most `depth` containers in each other.

    Integers fit 64 bits with a sign. Lists right in lists hold scalars only, which keeps the type small: it grows as
    Fibonacci's numbers do.

    >>> msgspec.json.decode(b'{"a": [1, null]}', type=json_value_type(2))
    {'a': [1, None]}
    """
    # A type's hash goes through all of it, unless a part is hidden behind a name.
    named: Any = NewType
    union: Any = Union
    scalar: Any
    value: Any
    item: Any
    scalar = value = item = named("Scalar", union[json_scalar_type(), None])
    for level in range(depth):
        members = dict[str, value]
        value, item = (
            named(f"Value{level}", union[members, list[item], json_scalar_type(), None]),
            named(f"Item{level}", union[members, list[scalar], json_scalar_type(), None]),
        )
    return value


def is_plain_number(value: Any) -> bool:
    """Return whether a value is anything but a number that needs repair: integers have 64 bits, and floats are finite."""
    if type(value) is int:
        return MIN_INTEGER <= value <= MAX_INTEGER
    return type(value) is not float or math.isfinite(value)


def needs_no_repair(value: Any, levels: int) -> bool:
    """Return whether nesting (at most `levels` containers in each other) and numbers of a value need no repair."""
    # Level by level, as a call for each container would cost more than all else.
    containers = [value] if type(value) in {dict, list} else []
    while containers:
        if levels == 0:
            return False
        levels -= 1
        below = []
        for container in containers:
            for part in container.values() if type(container) is dict else container:
                kind = type(part)
                if kind is dict or kind is list:
                    below.append(part)
                elif kind is int:
                    if not MIN_INTEGER <= part <= MAX_INTEGER:
                        return False
                elif kind is float and not math.isfinite(part):
                    return False
        containers = below
    return is_plain_number(value)
