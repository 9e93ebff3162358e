"""What the strategies draw, the same each time."""

from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings

from store_protocol.strategies import values
from store_protocol.strategies.values import Strategy
from tests.fuzz.invariants import NOW


def drawn(strategy: Strategy, count: int) -> list[Any]:
    """Draw so many values, at the time at which all is fuzzed."""
    found: list[Any] = []

    @seed(1)
    @settings(
        max_examples=count, database=None, deadline=None, phases=[Phase.generate], suppress_health_check=[*HealthCheck]
    )
    @given(strategy)
    def draw(value: Any) -> None:
        found.append(value)

    clock, values.clock = values.clock, lambda: NOW
    try:
        draw()
    finally:
        values.clock = clock
    return found
