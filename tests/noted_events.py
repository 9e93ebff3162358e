"""Events with a `_meta` of any make: what it says stands at random places, some of which no value has."""

from random import Random
from typing import Any

#: Names and positions that mostly nothing has.
_ELSEWHERE = ["0", "1", "a", "value"]
_ERRORS: list[Any] = ["invalid_data", ["invalid_data", {"reason": "a"}], ["missing_attribute", {}], ["x", {"y": [1]}], 5]


def noted(random: Random, event: dict[str, Any]) -> dict[str, Any]:
    """Return an event with a `_meta` that is drawn for it."""
    return {**event, "_meta": _notes(random, event)}


def _notes(random: Random, value: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if isinstance(value, (dict, list)):
        parts = value if isinstance(value, dict) else {str(index): part for index, part in enumerate(value)}
        chosen = random.sample([*parts], min(len(parts), random.choice([0, 1, 2, 4])))
        for name in [*chosen, random.choice(_ELSEWHERE)]:
            found[name] = _notes(random, parts.get(name))
    if not found or random.random() < 0.2:
        found[""] = _note(random)
    return found


def _note(random: Random) -> dict[str, Any]:
    said = {
        "err": random.choices(_ERRORS, [5, 5, 5, 5, 1], k=random.choice([0, 1, 2])),
        "rem": [_remark(random) for _ in range(random.choice([0, 1, 1, 2]))],
        "len": random.choice([0, 5, 300, None, -1]),
        "val": random.choice([None, 5, "x", [1], {"a": {"b": 1}}]),
    }
    return {name: said[name] for name in random.sample([*said], random.choice([1, 1, 2, 4]))}


def _remark(random: Random) -> list[Any]:
    ends = [] if random.random() < 0.3 else [random.choice([0, 1, 3]), random.choice([2, 5, 9])]
    return ["a", random.choice("asx"), *ends]
