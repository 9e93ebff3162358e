"""The first look at every place of events and of other items: which value costs most there, found with small texts.

What is small shows what a fault costs; what grows faster than the text shows in the table, where the worst of each part of
an event is measured at its limit.
"""

import functools
from collections.abc import Iterable
from functools import partial
from typing import Any

import msgspec

from benchmarks.bounds.measure import LIMITS, TRIMMED, post, seconds_of
from benchmarks.bounds.places import TOKENS, Place, places, places_of_items
from benchmarks.bounds.rows import Row, event_row
from benchmarks.bounds.shapes import Shape
from store_protocol import HttpRequest
from store_protocol.endpoints.item_bounds import BOUNDS
from store_protocol.items.containers import Container
from store_protocol.items.decoding import INTERFACES

SIZE = 8 * 1024
_RUNS = 2


class Worst(msgspec.Struct, frozen=True):
    """The shape that costs most at a place, and nanoseconds a byte that it took."""

    place: str
    what: str
    shape: Shape
    nanoseconds: float
    item: str = ""

    @property
    def part(self) -> str:
        """The part of the event: what holds the place, or the place where it is an attribute of the event."""
        return self.place.rpartition(".")[0] or self.place


def screen_place(place: Place) -> Worst:
    """Return the shape that costs most at a place."""
    found = []
    for token in TOKENS:
        for how, shape in place.shapes(token):
            request = item_of(place.item, shape, SIZE) if place.item else post("store", shape.fill(SIZE))
            seconds = seconds_of(request, TRIMMED, _RUNS)
            found.append(Worst(place.name, f"{token} {how}", shape, seconds / len(request.body) * 1e9, place.item))
    return max(found, key=lambda each: each.nanoseconds)


def screen(index: int) -> Any:
    """Return what `screen_place` does for a place by its position, as plain objects."""
    return msgspec.to_builtins(screen_place(all_places()[index]))


@functools.cache
def all_places() -> tuple[Place, ...]:
    """Return the places of events and of other items."""
    return (*places(), *places_of_items())


def rows_of(found: Iterable[Any]) -> list[Row]:
    """Return a row for each part of an event and of other items: that of the place in it that costs most."""
    worst: dict[str, Worst] = {}
    for each in (msgspec.convert(one, Worst) for one in found):
        if each.part not in worst or each.nanoseconds > worst[each.part].nanoseconds:
            worst[each.part] = each
    return [_row(each) for each in worst.values()]


def _row(worst: Worst) -> Row:
    name = f"{worst.place or 'any attribute'}: {worst.what}"
    if not worst.item:
        return event_row("places", name, worst.shape)
    limit = BOUNDS[worst.item].each
    size = min(getattr(LIMITS, limit), LIMITS.max_event_bytes)
    return Row("items", name, partial(item_of, worst.item, worst.shape, size), limit)


def item_of(kind: str, shape: Shape, size: int) -> HttpRequest:
    """Return an envelope with one item, which a shape fills; the header of one that may hold several says how many."""
    payload = shape.fill(size)
    headers: dict[str, Any] = {"type": kind, "length": len(payload)}
    interface = INTERFACES[kind]
    if issubclass(interface, Container):
        repeats = shape.before.endswith('{"items":[')
        headers |= {
            "content_type": interface.__media_type__,
            "item_count": payload.count(b"},{") + 1 if repeats else 1,
        }
    return post("envelope", b"{}\n%b\n%b" % (msgspec.json.encode(headers), payload))
