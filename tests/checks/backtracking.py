"""A matcher that counts: it goes through a program step by step, as the matcher of `re` does, whose time these steps are.

`re` itself can't be asked what it did, and time says little on a machine that others use. `texts_for` makes texts that are
hard for a pattern: its loops gone through again and again, and an end that doesn't match.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from tests.checks.ambiguity import Graph
from tests.checks.programs import Program, Step, is_word, program_of

#: Of one pattern, as many loops are gone through, and as many pairs of them.
_MOST_LOOPS = 12
_MOST_ROUNDS = 100


class Match(NamedTuple):
    """Where a match begins and ends, None where there is none, and how many steps it took to say so."""

    span: tuple[int, int] | None
    steps: int


class Matcher:
    """A pattern that counts its steps.

    A repeat with a high bound is cut at `_MOST_ROUNDS`, so that its program isn't long. What is counted here has fewer.
    """

    def __init__(self, pattern: str | bytes, flags: int = 0) -> None:
        self.program = program_of(pattern, flags, most_rounds=_MOST_ROUNDS)
        self.steps = 0
        self._has: dict[tuple[int, int, int], bool] = {}

    def match(self, text: str | bytes, start: int = 0) -> Match:
        """Match at a position, as `re` does."""
        return self._counted(_codes(text), [start], is_full=False)

    def fullmatch(self, text: str | bytes) -> Match:
        """Match the whole text, as `re` does."""
        return self._counted(_codes(text), [0], is_full=True)

    def search(self, text: str | bytes, start: int = 0) -> Match:
        """Search for the first match, as `re` does."""
        codes = _codes(text)
        return self._counted(codes, range(start, len(codes) + 1), is_full=False)

    def findall(self, text: str | bytes) -> Match:
        """Search for all matches; give the last, and the steps of all."""
        last = Match(None, 0)
        codes = _codes(text)
        steps = start = 0
        while start <= len(codes):
            found = self._counted(codes, range(start, len(codes) + 1), is_full=False)
            steps += found.steps
            if found.span is None:
                break
            last = found
            start = max(found.span[1], found.span[0] + 1)
        return Match(last.span, steps)

    def _counted(self, codes: list[int], starts: Any, *, is_full: bool) -> Match:
        self.steps = 0
        for start in starts:
            end = self._run(self.program, codes, start, is_full=is_full)
            if end is not None:
                return Match((start, end), self.steps)
        return Match(None, self.steps)

    def _run(self, program: Program, codes: list[int], start: int, *, is_full: bool) -> int | None:
        # What is left to try: a step, a position, and how much was left to try where each atomic group was entered.
        left: list[tuple[int, int, Any]] = [(0, start, None)]
        while left:
            index, at, groups = left.pop()
            while True:
                self.steps += 1
                step = program[index]
                op = step.op
                index += 1
                if op == "char":
                    if at >= len(codes) or not self._reads(program, index - 1, codes[at]):
                        break
                    at += 1
                elif op == "split":
                    left.append((step.to[1], at, groups))
                    index = step.to[0]
                elif op == "jump":
                    index = step.to[0]
                elif op == "unless":
                    if at < len(codes) and self._reads(program, index - 1, codes[at]):
                        break
                elif op == "enter":
                    groups = (len(left), groups)
                elif op == "leave":
                    del left[groups[0] :]
                    groups = groups[1]
                elif op == "end":
                    if not is_full or at == len(codes):
                        return at
                    break
                elif not self._holds(step, codes, at):
                    break
        return None

    def _reads(self, program: Program, index: int, code: int) -> bool:
        key = (id(program), index, code)
        if key not in self._has:
            self._has[key] = program[index].chars.has(code)
        return self._has[key]

    def _holds(self, step: Step, codes: list[int], at: int) -> bool:
        if step.inner is not None:
            begin = at - step.back
            end = self._run(step.inner, codes, begin, is_full=False) if begin >= 0 else None
            found = end is not None and (not step.back or end == at)
            return found != step.negated
        match step.where:
            case "BEGINNING" | "BEGINNING_STRING":
                return at == 0
            case "END_STRING":
                return at == len(codes)
            case "END":
                return at == len(codes) or (at == len(codes) - 1 and codes[at] == 10)
            case where:
                is_ascii = step.negated
                sides = [
                    0 <= each < len(codes) and is_word(chr(codes[each])) and (not is_ascii or codes[each] < 128)
                    for each in (at - 1, at)
                ]
                return (sides[0] != sides[1]) == (where == "BOUNDARY")


def _codes(text: str | bytes) -> list[int]:
    return [*text] if isinstance(text, bytes) else [*map(ord, text)]


def texts_for(pattern: str | bytes, flags: int, size: int) -> Iterator[str | bytes]:
    """Return texts of about `size` characters on which a pattern has much to do."""
    graph = Graph(pattern, flags)
    starts = [*graph.starts, *graph.anchored]
    begin: dict[int, list[int]] = {}
    cycle: dict[int, list[int]] = {}
    for node in graph.loops():
        word, around = graph.word(starts, node), graph.word(graph.inside(node), node)
        if word is not None and around is not None:
            begin[node], cycle[node] = word, around
    # One step of each way around, and of each loop first: they differ most.
    nodes = sorted(cycle, key=lambda node: (list(graph.part.values()).index(graph.part[node]), len(cycle[node])))
    step = max(1, len(nodes) // _MOST_LOOPS)
    for node in nodes[::step]:
        around = cycle[node] * (size // len(cycle[node]))
        for end in _ends(graph, node):
            yield _text(graph, [*begin[node], *around, *end])
        again = [*begin[node], *cycle[node]]
        yield _text(graph, again * (size // len(again)))
        for other in nodes[::step]:
            between = graph.word(graph.edges[node], other)
            if graph.part[other] != graph.part[node] and between is not None:
                half = size // 2
                first, last = (cycle[each] * (half // len(cycle[each])) for each in (node, other))
                yield _text(graph, [*begin[node], *first, *between, *last, *_ends(graph, other)[-1]])
    for code in graph.alphabet:
        yield _text(graph, [code] * size)


def _ends(graph: Graph, node: int) -> list[list[int]]:
    """Return ends that may not match after a step: none, and a character that can't follow it."""
    read = 0
    for edge in graph.edges[node]:
        read |= edge.label
    others = [code for bit, code in enumerate(graph.alphabet) if not read >> bit & 1]
    return [[], *([code] for code in others[:1] + others[-1:])]


def _text(graph: Graph, codes: list[int]) -> str | bytes:
    return "".join(map(chr, codes)) if graph.is_text else bytes(codes)
