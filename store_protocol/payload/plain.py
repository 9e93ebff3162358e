"""Types of `msgspec` for JSON that is taken as it is: what they accept needs no look beside it."""

from typing import Annotated, Any, NewType, Union

import msgspec

_INTEGER = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]


def scalar_json() -> Any:
    """Give a type of `msgspec` for scalars; integers fit 64 bits with a sign."""
    return Union[str, _INTEGER, float, bool]  # noqa: UP007  (as `|` would make a union of another kind)


def plain_json(depth: int) -> Any:
    """Give a type of `msgspec` for JSON values that need no repair: at most `depth` containers in each other.

    Integers fit 64 bits with a sign. Lists right in lists hold scalars only, which keeps the type small: it grows as
    Fibonacci's numbers do.

    >>> msgspec.json.decode(b'{"a": [1, null]}', type=plain_json(2))
    {'a': [1, None]}
    """
    # A type's hash goes through all of it, unless a part is hidden behind a name.
    named: Any = NewType
    union: Any = Union
    scalar: Any
    value: Any
    item: Any
    scalar = value = item = named("Scalar", union[scalar_json(), None])
    for level in range(depth):
        members = dict[str, value]
        value, item = (
            named(f"Value{level}", union[members, list[item], scalar_json(), None]),
            named(f"Item{level}", union[members, list[scalar], scalar_json(), None]),
        )
    return value
