"""Whether a pattern takes more than linear time on some text: told from its program, without running it.

A backtracking matcher goes, at the worst, every way through the program that reads the text up to somewhere. Their number
stays bounded unless there are loops that can read the same text in two ways (Weideman, van der Merwe, Berglund and Watson,
"Analyzing Matching Time Behavior of Backtracking Regular Expression Matchers Using Ambiguity of NFA", 2016):

- a loop that can be gone through in two ways with one text (`(a|aa)+`): exponential
- a loop, and one after it that reads the same text, as does the way from one to the other (`a*a*`): quadratic or worse

What searches (`search`, `findall`, `sub`) begins anew at each character, as if a loop over all characters stood before the
pattern: then each loop that reads what the way to it reads, too, is quadratic (`a*b`).

Once the pattern has matched, whatever follows, no other way is tried (but by `fullmatch`, which goes on to the end of the
text), and the next search begins after the match: so a loop in which it has matched is none of these second ones (`a+`).

What isn't known is taken for the worst. An atomic group is taken for a plain one, of which a matcher goes fewer ways.
Assertions are taken to hold, but for those at the beginning of a pattern that hold at the start of the text alone, or after
some characters alone.
"""

from collections import defaultdict, deque
from collections.abc import Callable, Collection, Hashable, Iterable
from typing import NamedTuple, TypeVar

from tests.checks.programs import Chars, NotKnown, Program, Step, alphabet_of, program_of

Node = TypeVar("Node", bound=Hashable)
#: Ways without a character between two characters of a pattern.
_MOST_WAYS = 100_000


class Edge(NamedTuple):
    """A way from one step that reads a character to the next: the step, and which characters it may read.

    `behind` are the characters after which a way that begins may begin.
    """

    to: int
    label: int
    behind: int = -1


class Fault(NamedTuple):
    """Why a pattern isn't linear, and a text on which it isn't: some characters, and others again and again."""

    reason: str
    prefix: list[int]
    pump: list[int]


class Graph:
    """The steps of a program that read a character, and the ways between them, labelled with sets of characters (bits)."""

    def __init__(self, pattern: str | bytes, flags: int = 0) -> None:
        self.is_text = isinstance(pattern, str)
        self.program: Program = program_of(pattern, flags, loops=True)
        self.alphabet = alphabet_of(self.program, is_text=self.is_text)
        self.all = (1 << len(self.alphabet)) - 1
        self._masks: dict[Chars, int] = {}
        self.nodes = [index for index, step in enumerate(self.program) if step.op == "char"]
        #: The steps after which the pattern has matched, whatever follows.
        self.sure: set[int] = set()
        self.starts, self.anchored = self._after(0, None)
        self.edges = {node: self._after(node + 1, node)[0] for node in self.nodes}
        self.part = parts_of(self.nodes, lambda node: [edge.to for edge in self.edges[node]])

    def mask(self, step: Step) -> int:
        """Return the characters of a step as bits."""
        chars = step.chars
        if chars not in self._masks:
            self._masks[chars] = sum(1 << bit for bit, code in enumerate(self.alphabet) if chars.has(code))
        return self._masks[chars]

    def _behind(self, step: Step) -> int:
        """Return the characters after which a look-behind holds, all where it looks for more than one."""
        inner = step.inner or []
        if step.op != "look" or step.back != 1 or [each.op for each in inner] != ["char", "end"]:
            return -1
        return self.all ^ self.mask(inner[0]) if step.negated else self.mask(inner[0])

    def _after(self, start: int, node: int | None) -> tuple[list[Edge], list[Edge]]:
        """Return the ways from a step to the next that read a character, and those that only the start of the text has."""
        free: list[Edge] = []
        anchored: list[Edge] = []
        ways = 0
        rest = [(start, self.all, -1, False, True)]
        while rest:
            index, label, behind, is_anchored, is_sure = rest.pop()
            step = self.program[index]
            ways += 1
            if ways > _MOST_WAYS:
                raise NotKnown("there are too many ways through it")
            if step.op == "char":
                label &= self.mask(step)
                if label:
                    (anchored if is_anchored else free).append(Edge(index, label, behind))
            elif step.op == "unless":
                # The loop that it ends goes on where it doesn't hold, until it does.
                rest.append((index + 1, label & ~self.mask(step), behind, is_anchored, is_sure))
            elif step.op in {"split", "jump"}:
                rest += ((to, label, behind, is_anchored, is_sure) for to in step.to)
            elif step.op == "at":
                at_start = step.where in {"BEGINNING", "BEGINNING_STRING"}
                rest.append((index + 1, label, behind, is_anchored or at_start, False))
            elif step.op == "end":
                if is_sure and node is not None:
                    self.sure.add(node)
            else:
                rest.append((index + 1, label, behind & self._behind(step), is_anchored, is_sure and step.op != "look"))
        return free, anchored

    def loops(self) -> list[int]:
        """Return the steps that may come after themselves."""
        return [node for node in self.nodes if self.is_loop(node)]

    def is_loop(self, node: int) -> bool:
        """Return whether a step may come after itself."""
        return any(self.part[edge.to] == self.part[node] for edge in self.edges[node])

    def inside(self, node: int) -> list[Edge]:
        """Return the ways from a step that stay in its loop."""
        return [edge for edge in self.edges[node] if self.part[edge.to] == self.part[node]]

    def char(self, label: int) -> int:
        """Return one of the characters of a label."""
        return next(code for bit, code in enumerate(self.alphabet) if label >> bit & 1)

    def word(self, starts: Iterable[Edge], target: int) -> list[int] | None:
        """Return a shortest text that leads from some ways to a step, None where none does."""
        found = way_to(
            [((edge.to, -1), edge.label) for edge in starts],
            lambda node: [((edge.to, -1), edge.label) for edge in self.edges[node[0]]],
            (target, -1),
        )
        return None if found is None else [self.char(label) for label in found]


def parts_of(nodes: Iterable[Node], following: Callable[[Node], list[Node]]) -> dict[Node, int]:
    """Number the strongly connected parts of a graph (Tarjan); give the number of each node's."""
    order: dict[Node, int] = {}
    low: dict[Node, int] = {}
    part: dict[Node, int] = {}
    stack: list[Node] = []
    for root in nodes:
        if root in order:
            continue
        order[root] = low[root] = len(order)
        stack.append(root)
        calls = [(root, iter(following(root)))]
        while calls:
            node, rest = calls[-1]
            for each in rest:
                if each not in order:
                    order[each] = low[each] = len(order)
                    stack.append(each)
                    calls.append((each, iter(following(each))))
                    break
                if each not in part:
                    low[node] = min(low[node], order[each])
            else:
                calls.pop()
                if calls:
                    low[calls[-1][0]] = min(low[calls[-1][0]], low[node])
                if low[node] == order[node]:
                    while node not in part:
                        part[stack.pop()] = order[node]
    return part


def way_to(
    starts: list[tuple[Node, int]], following: Callable[[Node], list[tuple[Node, int]]], target: Node
) -> list[int] | None:
    """Return the labels on a shortest way to a node, None where there is none."""
    before: dict[Node, tuple[Node | None, int]] = {}
    queue: deque[Node] = deque()
    for node, label in starts:
        if node not in before:
            before[node] = (None, label)
            queue.append(node)
    while queue and target not in before:
        node = queue.popleft()
        for each, label in following(node):
            if each not in before:
                before[each] = (node, label)
                queue.append(each)
    if target not in before:
        return None
    labels: list[int] = []
    at: Node | None = target
    while at is not None:
        at, label = before[at]
        labels.append(label)
    return labels[::-1]


def fault_of(pattern: str | bytes, flags: int = 0, *, ways: Collection[str]) -> Fault | None:
    """Return why a pattern isn't linear, None for one that is. Raises `NotKnown` where that can't be told.

    `ways` are those in which it is used: `match`, `fullmatch` and `search`.
    """
    graph = Graph(pattern, flags)
    return (
        _in_one_loop(graph)
        or _in_two_loops(graph, set() if "fullmatch" in ways else graph.sure)
        or (_from_new_starts(graph) if "search" in ways else None)
    )


def _fault(graph: Graph, reason: str, node: int, labels: list[int]) -> Fault:
    prefix = graph.word([*graph.starts, *graph.anchored], node) or []
    return Fault(reason, prefix, [graph.char(label) for label in labels])


def _in_one_loop(graph: Graph) -> Fault | None:
    """Find a loop that can be gone through in two ways with one text."""
    loops: dict[int, list[int]] = defaultdict(list)
    for node in graph.loops():
        loops[graph.part[node]].append(node)
    Pair = tuple[int, int]  # noqa: N806

    def following(pair: Pair) -> list[tuple[Pair, int]]:
        return [
            ((one.to, other.to), one.label & other.label)
            for one in graph.inside(pair[0])
            for other in graph.inside(pair[1])
            if one.label & other.label
        ]

    for nodes in loops.values():
        pairs: list[Pair] = [(node, node) for node in nodes]
        parts = parts_of(pairs, lambda pair: [each for each, _ in following(pair)])
        for pair, part in parts.items():
            if pair[0] != pair[1] or part not in {parts[node, node] for node in nodes}:
                continue
            node = pair[0]
            inside = graph.inside(node)
            twice = next(
                (
                    (one, other)
                    for at, one in enumerate(inside)
                    for other in inside[at + 1 :]
                    if one.label & other.label and (one.to == other.to or parts[one.to, other.to] == part)
                ),
                None,
            )
            if twice is not None:
                one, other = twice
                label = one.label & other.label
                rest: list[int] | None = []
                if (one.to, other.to) != (node, node):
                    rest = way_to(following((one.to, other.to)), following, (node, node))
                return _fault(graph, "a loop can be gone through in two ways with one text", node, [label, *(rest or [])])
    return None


def _in_two_loops(graph: Graph, sure: set[int]) -> Fault | None:
    """Find two loops, one after the other, that read the same text, as does the way from the first to the second."""
    loops = graph.loops()
    reached: dict[int, set[int]] = {}
    for first in loops:
        if graph.part[first] not in reached:
            reached[graph.part[first]] = _reached(graph, first)
        for last in loops:
            if last in sure or graph.part[first] == graph.part[last] or last not in reached[graph.part[first]]:
                continue
            labels = _common(graph, first, graph.edges[first], last, inside=graph.inside(first))
            if labels is not None:
                return _fault(graph, "two loops, one after the other, can read the same text", first, labels)
    return None


def _reached(graph: Graph, start: int) -> set[int]:
    found = {start}
    rest = [start]
    while rest:
        for edge in graph.edges[rest.pop()]:
            if edge.to not in found:
                found.add(edge.to)
                rest.append(edge.to)
    return found


def _common(graph: Graph, first: int, ways: list[Edge], last: int, *, inside: list[Edge]) -> list[int] | None:
    """Return the labels of a text that leads from `first` to itself, to `last`, and from there to itself; None for none."""
    Triple = tuple[int, int, int]  # noqa: N806

    def steps(
        firsts: list[Edge], ways: list[Edge], lasts: list[Edge], rest: Callable[[int], bool]
    ) -> list[tuple[Triple, int]]:
        return [
            ((one.to, way.to, two.to), label)
            for one in firsts
            for way in ways
            if one.label & way.label
            for two in lasts
            if (label := one.label & way.label & two.label) and rest(way.to)
        ]

    useful = {node for node in graph.nodes if last in _reached(graph, node)}

    def following(triple: Triple) -> list[tuple[Triple, int]]:
        one, way, two = triple
        return steps(graph.inside(one), graph.edges[way], graph.inside(two), useful.__contains__)

    return way_to(steps(inside, ways, graph.inside(last), useful.__contains__), following, (first, last, last))


def _from_new_starts(graph: Graph) -> Fault | None:
    """Find a loop that reads what leads to it from a new start."""
    Pair = tuple[int, int]  # noqa: N806
    # Before the pattern a search is at -1, and at -2 and below where it may begin by a certain way only.
    starts = [edge for edge in graph.starts if edge.behind == -1]
    after = [edge for edge in graph.starts if edge.behind != -1]

    def begun(way: int) -> list[Edge]:
        if way >= 0:
            return graph.edges[way]
        if way < -1:
            return [after[-2 - way]]
        begins = [Edge(-2 - index, edge.behind) for index, edge in enumerate(after)]
        return [Edge(-1, graph.all), *begins, *starts]

    def following(pair: Pair) -> list[tuple[Pair, int]]:
        way, last = pair
        lasts = graph.inside(last)
        return [((one.to, two.to), label) for one in begun(way) for two in lasts if (label := one.label & two.label)]

    for last in graph.loops():
        if last in graph.sure:
            continue
        labels = way_to(following((-1, last)), following, (last, last))
        if labels is not None:
            return _fault(graph, "a search begins anew within what a loop of it has read", last, labels)
    return None
