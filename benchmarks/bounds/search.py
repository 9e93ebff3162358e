"""A search for input that costs more than any in the table: shapes that vary, of which those that cost most live on.

    python -m benchmarks.bounds.search [--minutes N] [--seed N]

A shape is a place in an event, found from the schema, and a value made of the shortest texts there are. Each generation
varies the shapes that took most time a byte: another value, one more level around it, a second one beside it, another
place. What is measured is CPU time, the least of a few runs with a small text, as there is no counter of instructions
everywhere; the ten worst are then measured at the limit, one of each attribute at the most, and kept in `found.json`.
"""

import argparse
import json
import random
import time
from functools import partial
from pathlib import Path

import msgspec

from benchmarks.bounds.measure import TRIMMED, UNTRIMMED, cost_of, post, seconds_of, warm_up
from benchmarks.bounds.places import TOKENS, Place, places
from benchmarks.bounds.rows import EVENT, Row, event_row
from benchmarks.bounds.shapes import NUMBER, Shape

FOUND = Path(__file__).with_name("found.json")
SIZE = 12 * 1024
_POPULATION, _KEPT, _TEN = 60, 20, 10
#: Characters of a value in the name of its row.
_SHOWN = 60

_VALUES = (
    *TOKENS,
    *(
        "1e999",
        "18446744073709551616",
        '"\\ud800"',
        '"\udcff"',
        '"é"',
        '"a b"',
        '"0x1"',
        '"1"',
        "false",
        "1e5",
        "0.1",
        "-0",
    ),
    *(
        '"2020-01-01T00:00:00Z"',
        '"http://a/?b#c"',
        '"a=b"',
        '"%s"',
        '"%41"',
        '"{0}"',
        '"{{auto}}"',
        '"\\u0000"',
        '" "',
        '"-"',
    ),
    *(
        '["a","b"]',
        "[0,0]",
        "[[],[]]",
        '{"":0}',
        '{"values":[]}',
        '{"type":"x"}',
        '{"frames":[]}',
        "[null]",
        "253402300800",
    ),
)


class Found(msgspec.Struct, frozen=True):
    """A shape that costs, where it is and how many times as long as ordinary events it took at the limit."""

    place: str
    value: str
    shape: Shape
    times: float = 0.0


class Gene(msgspec.Struct, frozen=True):
    """A place, at which of its levels the text repeats (below 0: in a list or an object of values), and the value."""

    place: Place
    level: int
    value: str

    @property
    def shape(self) -> Shape:
        shapes = [shape for _, shape in self.place.shapes(self.value)]
        return shapes[self.level % len(shapes)]


class Search:
    """One search under way."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.places = [*places()]
        self.known: dict[Shape, float] = {}

    def value(self, levels: int = 2) -> str:
        """Make a value."""
        kind = self.chance.random()
        if levels == 0 or kind < 0.6:
            return self.chance.choice(_VALUES)
        parts = [self.value(levels - 1) for _ in range(self.chance.randrange(1, 4))]
        if kind < 0.8:
            return f"[{','.join(parts)}]"
        keys = ("", "a", "type", NUMBER, "\\n", "é", "values", "name")
        return "{" + ",".join(f'"{self.chance.choice(keys)}":{part}' for part in parts) + "}"

    def gene(self) -> Gene:
        return Gene(self.chance.choice(self.places), self.chance.randrange(6), self.value())

    def varied(self, gene: Gene) -> Gene:
        """Vary one thing."""
        match self.chance.randrange(7):
            case 0:
                return Gene(gene.place, gene.level, self.value())
            case 1:
                return Gene(gene.place, self.chance.randrange(6), gene.value)
            case 2:
                return Gene(self.chance.choice(self.places), gene.level, gene.value)
            case 3:
                near = [place for place in self.places if place.name.startswith(gene.place.name.rpartition(".")[0])]
                return Gene(self.chance.choice(near), gene.level, gene.value)
            case 4:
                return Gene(gene.place, gene.level, f"[{gene.value}]")
            case 5:
                return Gene(gene.place, gene.level, f"[{gene.value},{self.value(0)}]")
            case _:
                old = self.chance.choice(_VALUES)
                return Gene(gene.place, gene.level, gene.value.replace(old, self.value(0), 1))

    def cost(self, gene: Gene) -> float:
        """Return nanoseconds a byte."""
        shape = gene.shape
        if shape not in self.known:
            body = shape.fill(SIZE)
            request = post("store", body)
            runs = max(seconds_of(request, options, 3) for options in (UNTRIMMED, TRIMMED))
            self.known[shape] = runs / max(len(body), SIZE) * 1e9
        return self.known[shape]

    def run(self, minutes: float) -> list[Gene]:
        """Search for so long, and return what costs most, the worst first."""
        end = time.monotonic() + 60 * minutes
        living = [self.gene() for _ in range(_POPULATION * 4)]
        while time.monotonic() < end:
            living = sorted(set(living), key=self.cost, reverse=True)
            kept = self.apart(living, _KEPT)
            children = [self.varied(self.chance.choice(kept)) for _ in range(_POPULATION - _KEPT - 10)]
            living = [*kept, *children, *(self.gene() for _ in range(10))]
            # What was slow because the machine was busy is measured again.
            for gene in kept[:3]:
                again = self.known.pop(gene.shape)
                self.known[gene.shape] = min(again, self.cost(gene))
        return self.apart(sorted(set(living), key=self.cost, reverse=True), 2 * _TEN)

    def apart(self, genes: list[Gene], count: int) -> list[Gene]:
        """Return the first of them, three of each attribute of the event at the most."""
        taken: dict[str, int] = {}
        kept = []
        for gene in genes:
            attribute = gene.place.attribute
            if taken.setdefault(attribute, 0) < 3:
                taken[attribute] += 1
                kept.append(gene)
        return kept[:count]


def found_rows() -> list[Row]:
    """Return what the last search has found, as rows."""
    # A lone surrogate stands for a byte that is not UTF-8.
    kept = msgspec.convert(json.loads(FOUND.read_bytes()), list[Found]) if FOUND.exists() else []
    group = "found by the search"
    return [
        event_row(group, f"{number}: {_shortened(each.value)} at {each.place or 'the event'}", each.shape)
        for number, each in enumerate(kept, 1)
    ]


def _shortened(value: str) -> str:
    shown = value.encode("utf-8", "backslashreplace").decode()
    return shown if len(shown) <= _SHOWN else f"{shown[: _SHOWN // 2]}...{shown[-_SHOWN // 2 :]}"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bounds.search", description=__doc__)
    parser.add_argument("--minutes", type=float, default=4.0)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    warm_up()
    found = []
    for gene in Search(args.seed).run(args.minutes):
        costs = cost_of(partial(post, "store", gene.shape.fill(EVENT)), (UNTRIMMED, TRIMMED))
        times = max(cost.times for cost in costs)
        found.append(Found(gene.place.name, gene.value, gene.shape, round(times, 1)))
        print(f"{times:6.1f}x  {gene.value} at {gene.place.name or 'the event'}: {gene.shape.unit[:60]}", flush=True)
    worst = sorted(found, key=lambda each: -each.times)[:_TEN]
    FOUND.write_text(json.dumps(msgspec.to_builtins(worst), indent=1, ensure_ascii=True) + "\n")


if __name__ == "__main__":
    main()
