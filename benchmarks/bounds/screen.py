"""The first look at every place: which value costs most there, found with small texts.

What is small shows what a fault costs; what grows faster than the text shows in the table, where the worst of each part of
an event is measured at its limit.
"""

from collections.abc import Iterable
from typing import Any

import msgspec

from benchmarks.bounds.measure import TRIMMED, post, seconds_of
from benchmarks.bounds.places import TOKENS, Place, places
from benchmarks.bounds.rows import Row, event_row
from benchmarks.bounds.shapes import Shape

SIZE = 8 * 1024
_RUNS = 2


class Worst(msgspec.Struct, frozen=True):
    """The shape that costs most at a place, and nanoseconds a byte that it took."""

    place: str
    what: str
    shape: Shape
    nanoseconds: float

    @property
    def part(self) -> str:
        """The part of the event: what holds the place, or the place where it is an attribute of the event."""
        return self.place.rpartition(".")[0] or self.place


def screen_place(place: Place) -> Worst:
    """Return the shape that costs most at a place."""
    found = []
    for token in TOKENS:
        for how, shape in place.shapes(token):
            body = shape.fill(SIZE)
            seconds = seconds_of(post("store", body), TRIMMED, _RUNS)
            found.append(Worst(place.name, f"{token} {how}", shape, seconds / len(body) * 1e9))
    return max(found, key=lambda each: each.nanoseconds)


def screen(index: int) -> Any:
    """Return what `screen_place` does for a place by its position, as plain objects."""
    return msgspec.to_builtins(screen_place([*places()][index]))


def rows_of(found: Iterable[Any]) -> list[Row]:
    """Return a row for each part of an event: that of the place in it that costs most."""
    worst: dict[str, Worst] = {}
    for each in (msgspec.convert(one, Worst) for one in found):
        if each.part not in worst or each.nanoseconds > worst[each.part].nanoseconds:
            worst[each.part] = each
    return [event_row("places", f"{each.place or 'any attribute'}: {each.what}", each.shape) for each in worst.values()]
