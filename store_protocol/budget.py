"""What a request may cost beside its bytes: one account for all its events, items and lines of headers.

A limit on one event does not bound a request: an envelope holds up to 500 events. So whatever multiplies what was
sent is taken from here, such as an error, which needs two hundred bytes to describe a fault of three. What is over a limit
is left out and counted. Everything else of the request is kept.
"""

from collections.abc import Collection, Iterable, Iterator
from typing import Any, TypeVar

from store_protocol.collector import LARGE_TEXT
from store_protocol.limits import Limits

_LIMITS = Limits()

#: So many values are taken all at once, which is sooner done.
_FEW = 32

Item = TypeVar("Item")


class Budget:
    """What is left of the limits of a request of `size` bytes, None where that isn't known.

    `lists_errors` is False once as many errors are listed as may be. `unlisted_errors` counts those that came after.
    `is_large` says whether it is a large request. `values_left` is how many values more may be read one by one, below 0
    where the last object had more attributes than that.

    >>> budget = Budget(Limits(max_errors=1))
    >>> budget.list_error(), budget.list_error(), budget.left_out()
    (True, False, {'max_errors': 1})
    """

    __slots__ = (
        "_errors",
        "_left",
        "_left_out",
        "_name_chars",
        "is_large",
        "limits",
        "lists_errors",
        "unlisted_errors",
        "values_left",
    )

    def __init__(self, limits: Limits = _LIMITS, size: int | None = None) -> None:
        self.limits = limits
        self._name_chars = limits.max_error_name_chars
        self.unlisted_errors = 0
        self._left: dict[str, int] = {}
        self._left_out: dict[str, int] = {}
        self.set_size(size)

    def set_size(self, size: int | None) -> None:
        """Set the size of the request, where it wasn't known before; of errors and values none must have been taken."""
        limits = self.limits
        # Errors and their names have counts of their own, since those that are not listed come by the hundred thousand.
        errors, values = limits.max_errors, limits.max_values
        self.is_large = size is None or size >= LARGE_TEXT
        if size is not None:
            errors = min(errors, limits.free_errors + size // limits.bytes_per_error)
            values = min(values, limits.free_values + size // limits.bytes_per_value)
        self.values_left = values
        self._errors = errors
        self.lists_errors = errors > 0

    def take(self, limit: str, amount: int = 1) -> bool:
        """Take an amount from a limit; return False, and take nothing, where less than that is left."""
        left = self._left.get(limit)
        if left is None:
            left = getattr(self.limits, limit)
        if amount > left:
            return False
        self._left[limit] = left - amount
        return True

    def spend(self, limit: str, amount: int = 1) -> bool:
        """Take an amount from a limit as `take` does, and count what is left out where less than that is left."""
        if self.take(limit, amount):
            return True
        self.leave_out(limit)
        return False

    def list_error(self) -> bool:
        """Return whether one more error may be listed, and count it."""
        if not self.lists_errors:
            self.unlisted_errors += 1
            return False
        self._errors = left = self._errors - 1
        if not left:
            self.lists_errors = False
        return True

    def list_name(self, chars: int) -> bool:
        """Return whether the name of a value with errors may be listed, and take its characters from their limit."""
        left = self._name_chars - chars
        if left < 0:
            self.leave_out("max_error_name_chars")
            return False
        self._name_chars = left
        return True

    def within(self, limit: str, values: list[Any]) -> list[Any]:
        """Return as many of some values as the limit has room for, and count those that are left out."""
        left = self._left.get(limit)
        if left is None:
            left = getattr(self.limits, limit)
        if len(values) > left:
            self.leave_out(limit, len(values) - left)
            values = values[:left]
        self._left[limit] = left - len(values)
        return values

    def each(self, values: Collection[Item], amount: int = 1) -> Iterable[Item]:
        """Return values that are read one by one, as many as may be, and count those that are left out.

        `amount` is for how many each of them counts.

        >>> budget = Budget(Limits(max_values=2))
        >>> list(budget.each("abc")), budget.left_out()
        (['a', 'b'], {'max_values': 1})
        """
        if len(values) <= _FEW and (left := self.values_left - amount * len(values)) >= 0:
            self.values_left = left
            return values
        return self._while_any_is_left(values, amount)

    def _while_any_is_left(self, values: Collection[Item], amount: int) -> Iterator[Item]:
        # Between them the parts of each are taken from the same.
        for index, value in enumerate(values):
            if self.values_left <= 0:
                self.leave_out("max_values", len(values) - index)
                return
            self.values_left -= amount
            yield value

    def leave_out(self, limit: str, count: int = 1) -> None:
        """Count what is left out for a limit."""
        self._left_out[limit] = self._left_out.get(limit, 0) + count

    def left_out(self) -> dict[str, int]:
        """Return how many were left out, by the name of the limit."""
        if not self.unlisted_errors:
            return self._left_out
        return {**self._left_out, "max_errors": self.unlisted_errors}
