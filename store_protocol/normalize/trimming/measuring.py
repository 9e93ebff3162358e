"""What plain values cost, told from their JSON text: the text of many is written by C in the time that Python reads one."""

from collections.abc import Sequence
from typing import Any

import msgspec

from store_protocol.payload.bulk import ALL_SQUARE, NO_BRACKETS

_encode = msgspec.json.Encoder().encode


def cost_of_parts(values: Sequence[Any], levels: int) -> int | None:
    """Return what plain values cost as parts of a container, each with the byte for its comma.

    It is what trimming spends on them if it changes nothing: a string its UTF-8 bytes and two quotes, a number its digits,
    a container two, and keys nothing. None stands for values that are deeper than `levels`, and for text that has escapes,
    of which the length doesn't tell.

    >>> cost_of_parts([1.0, "é", None, {"key": ["ab"]}], levels=2), cost_of_parts([[[]]], levels=1)
    (19, None)
    """
    # The keys of most need not be written at all.
    text = _encode([[*value.values()] if type(value) is dict else value for value in values])
    if b"\\" in text:
        return None
    # Without escapes every other piece is a string, and one before a colon is a key.
    pieces = text.split(b'"')
    between = pieces[::2]
    shape = b'"'.join(between)
    brackets = shape.translate(ALL_SQUARE, NO_BRACKETS)
    containers = len(brackets) // 2
    for _ in range(levels + 1):
        brackets = brackets.replace(b"[]", b"")
    if brackets:
        return None
    strings, keys = len(between) - 1, shape.count(b":")
    bytes_of_strings = len(text) - len(shape) - strings
    if keys:
        followed = zip(pieces[1::2], between[1:], strict=True)
        bytes_of_strings -= sum([len(key) for key, after in followed if after[:1] == b":"])
    # Null costs nothing, and a fraction of zero isn't counted. A container has one comma less than it has parts.
    uncounted = 4 * shape.count(b"n") + 2 * (shape.count(b".0,") + shape.count(b".0]") + shape.count(b".0}"))
    without_parts = shape.count(b"[]") + shape.count(b"{}")
    # The brackets around all are no part.
    bytes_of_shape = len(shape) - 2 - strings - keys - uncounted + containers - without_parts
    return bytes_of_shape + bytes_of_strings + 2 * (strings - keys)
