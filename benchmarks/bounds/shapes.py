"""A text that is filled up to a size: what stands before, a unit that is repeated, and what stands after."""

from collections.abc import Iterator
from itertools import count, product

import msgspec

#: Stands in a unit for a number that counts up, so that keys differ.
NUMBER = "#"
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


class Shape(msgspec.Struct, frozen=True):
    """A text of any size, told in few words."""

    before: str
    unit: str
    after: str
    between: str = ","

    def fill(self, size: int) -> bytes:
        """Return at most `size` bytes, with as many units as there is room for and one at least."""
        room = size - len(encoded(self.before)) - len(encoded(self.after))
        between, unit = encoded(self.between), encoded(self.unit)
        if NUMBER not in self.unit:
            units = between.join([unit] * max(1, (room + len(between)) // (len(unit) + len(between))))
        else:
            parts, used = [], 0
            for number in _numbers():
                part = unit.replace(NUMBER.encode(), number)
                used += len(part) + len(between)
                if parts and used > room:
                    break
                parts.append(part)
            units = between.join(parts)
        return encoded(self.before) + units + encoded(self.after)


def encoded(text: str) -> bytes:
    """Return the bytes of a text, in which a lone surrogate stands for a byte that is not UTF-8."""
    return text.encode("utf-8", "surrogateescape")


def _numbers() -> Iterator[bytes]:
    """Yield numbers in few characters: 0 to z, then 10 to zz, and so on."""
    for length in count(1):
        for digits in product(_DIGITS, repeat=length):
            yield "".join(digits).encode()
