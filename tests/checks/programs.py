"""Regular expressions as programs of a few instructions, made from the parse tree of `re`.

A program is what a backtracking matcher goes through: it tries the first way at a `split`, and comes back to the second
where that fails. `ambiguity` looks for loops in it that may read the same text twice, `backtracking` runs it and counts.
Groups that only capture leave nothing in it, and repeats with bounds are written out.

A possessive repeat that goes on wherever the next character is one of some (`[a-z]*+`, or a group with nothing after that
character which may fail) is a loop that is left only where it isn't. So is it in `re`, where it would be left nowhere else,
and said in this way the analysis can tell what follows.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from functools import cache
from itertools import groupby
from re import _constants as tree  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any, NamedTuple

#: Rounds beyond its least number that a repeat may have to be written out for the analysis. One with more is taken for a
#: loop without end: so all that passes has a small factor, too.
FEW = 8
#: Rounds that a repeat may have at the least. Fixed numbers, such as of the digits of a UUID, are written out.
MOST_COPIES = 64
#: Instructions of one program.
_LONGEST = 300_000
#: Characters beyond ASCII that are letters of ASCII where case is ignored: two of Turkish, the long s, the Kelvin sign.
_LETTERS = {0x130: ord("i"), 0x131: ord("i"), 0x17F: ord("s"), 0x212A: ord("k")}


class NotKnown(Exception):
    """A pattern holds what isn't known here."""


class Chars(NamedTuple):
    """A set of characters: ranges of code points and categories of `re`, or all but these."""

    ranges: tuple[tuple[int, int], ...] = ()
    categories: tuple[Any, ...] = ()
    negated: bool = False
    ignores_case: bool = False
    is_ascii: bool = False

    def has(self, code: int) -> bool:
        """Return whether a code point is one of them."""
        codes = [code]
        if self.ignores_case:
            letter = code if self.is_ascii else _LETTERS.get(code, code)
            if letter < 128 and chr(letter).isalpha():
                codes += letter, letter ^ 0x20
        return any(self._lists(each) for each in codes) != self.negated

    def _lists(self, code: int) -> bool:
        return any(low <= code <= high for low, high in self.ranges) or any(
            _is_in(category, code, is_ascii=self.is_ascii) for category in self.categories
        )


def _is_in(category: Any, code: int, *, is_ascii: bool) -> bool:
    name = str(category).removeprefix("CATEGORY_")
    char = chr(code)
    tests = {"DIGIT": str.isdecimal, "SPACE": str.isspace, "WORD": is_word}
    # The separators U+001C to U+001F are blanks to `str.isspace` alone.
    found = tests[name.removeprefix("NOT_")](char) and not (
        is_ascii and (not char.isascii() or (name.endswith("SPACE") and code in range(0x1C, 0x20)))
    )
    return found != name.startswith("NOT_")


def is_word(char: str) -> bool:
    """Return whether `\\w` matches a character."""
    return char.isalnum() or char == "_"


class Step(NamedTuple):
    """One instruction.

    `op` is `char` (read one of `chars`), `unless` (go on where the next is none of `chars`), `split` (go on at `to[0]`, and
    at `to[1]` if that fails), `jump`, `at` (an assertion named `where`), `look` (a look-around: `inner` matches, or doesn't
    where it is `negated`, from so many characters before as `back` says), `enter` and `leave` (an atomic group) or `end`.
    """

    op: str
    chars: Chars = Chars()
    to: tuple[int, ...] = ()
    where: str = ""
    inner: "Program | None" = None
    negated: bool = False
    back: int = 0


Program = list[Step]


def program_of(pattern: str | bytes, flags: int = 0, *, loops: bool = False, most_rounds: int | None = None) -> Program:
    """Make the program of a pattern.

    With `loops` repeats of many become loops without end, as the analysis wants them. With `most_rounds` none that has an
    end goes on for more rounds than its least number and so many more.
    """
    root: Any = parser.parse(pattern, flags)
    is_text = isinstance(pattern, str)
    writer = _Writer(is_text=is_text, loops=loops, most_rounds=most_rounds)
    writer.sequence(root, root.state.flags)
    writer.add(Step("end"))
    return writer.steps


class _Writer:
    def __init__(self, *, is_text: bool, loops: bool, most_rounds: int | None) -> None:
        self.steps: Program = []
        self.most_rounds = most_rounds
        self.is_text = is_text
        self.loops = loops
        #: In how many ways short repeats can be taken together.
        self.ways = 1

    def add(self, step: Step) -> int:
        if len(self.steps) >= _LONGEST:
            raise NotKnown("it is too long when its repeats are written out")
        self.steps.append(step)
        return len(self.steps) - 1

    def send(self, steps: list[int], *, slot: int = 0) -> None:
        """Let steps go on after what was written so far."""
        for index in steps:
            to = [*self.steps[index].to]
            to[slot] = len(self.steps)
            self.steps[index] = self.steps[index]._replace(to=tuple(to))

    def sequence(self, items: Any, flags: int) -> None:
        for op, value in items:
            self.item(op, value, flags)

    def item(self, op: Any, value: Any, flags: int) -> None:
        chars = self.chars(op, value, flags)
        if chars is not None:
            self.add(Step("char", chars))
        elif op is tree.AT:
            self.add(Step("at", where=_place(value, flags), negated=bool(flags & re.ASCII) or not self.is_text))
        elif op is tree.SUBPATTERN:
            _, added, removed, inner = value
            self.sequence(inner, (flags | added) & ~removed)
        elif op is tree.BRANCH:
            self.branch(value[1], flags)
        elif op in {tree.MAX_REPEAT, tree.MIN_REPEAT, tree.POSSESSIVE_REPEAT}:
            self.repeat(*value, flags=flags, is_lazy=op is tree.MIN_REPEAT, is_possessive=op is tree.POSSESSIVE_REPEAT)
        elif op is tree.ATOMIC_GROUP:
            self.atomic(value, flags)
        elif op in {tree.ASSERT, tree.ASSERT_NOT}:
            self.look(*value, flags=flags, negated=op is tree.ASSERT_NOT)
        elif op is tree.FAILURE:
            self.add(Step("char"))
        else:
            raise NotKnown(f"it holds {op}")

    def chars(self, op: Any, value: Any, flags: int) -> Chars | None:
        """Return the characters of a node that reads one character, None for any other node."""
        if op is tree.ANY:
            return Chars(() if flags & re.DOTALL else ((10, 10),), negated=True)
        if op is tree.SUBPATTERN and len(value[3]) == 1:
            inner, found = value[3][0]
            return self.chars(inner, found, (flags | value[1]) & ~value[2])
        if op in {tree.LITERAL, tree.NOT_LITERAL}:
            return self._set([(tree.LITERAL, value)], flags, negated=op is tree.NOT_LITERAL)
        if op is tree.IN:
            is_negated = value[0][0] is tree.NEGATE
            return self._set(value[is_negated:], flags, negated=is_negated)
        return None

    def _set(self, items: Any, flags: int, *, negated: bool) -> Chars:
        is_ascii = bool(flags & re.ASCII) or not self.is_text
        ranges, categories = [], []
        for op, value in items:
            if op is tree.CATEGORY:
                categories.append(value)
            else:
                ranges.append(value if op is tree.RANGE else (value, value))
        if flags & re.IGNORECASE and any(high >= 128 for _, high in ranges):
            raise NotKnown("it ignores the case of letters beyond ASCII")
        return Chars(tuple(ranges), tuple(categories), negated, bool(flags & re.IGNORECASE), is_ascii)

    def branch(self, ways: list[Any], flags: int) -> None:
        ends = []
        for way in ways[:-1]:
            split = self.add(Step("split", to=(len(self.steps) + 1, 0)))
            self.sequence(way, flags)
            ends.append(self.add(Step("jump", to=(0,))))
            self.send([split], slot=1)
        self.sequence(ways[-1], flags)
        self.send(ends)

    def atomic(self, items: Any, flags: int) -> None:
        self.add(Step("enter"))
        self.sequence(items, flags)
        self.add(Step("leave"))

    def repeat(self, least: int, most: int, items: Any, *, flags: int, is_lazy: bool, is_possessive: bool) -> None:
        guard = self.first_of(items, flags) if is_possessive else None
        is_atomic = is_possessive and not (guard and len(items) == 1)
        if is_atomic:
            self.add(Step("enter"))
        if self.loops and least > MOST_COPIES:
            raise NotKnown(f"it repeats something {least} times")
        for _ in range(least):
            self.sequence(items, flags)
        is_endless = most is tree.MAXREPEAT
        if items.getwidth()[0] == 0 and (is_endless or most - least > 1):
            raise NotKnown("it repeats what may be empty")
        if is_endless or (self.loops and most - least > FEW):
            self.loop(items, flags, guard if is_endless else None, is_lazy=is_lazy)
        else:
            self.optional(min(most - least, self.most_rounds or most), items, flags, guard, is_lazy=is_lazy)
        if is_atomic:
            self.add(Step("leave"))

    def first_of(self, items: Any, flags: int) -> Chars | None:
        """Return the characters of which each, if it is next, is surely read by some items; None where that isn't sure."""
        repeats = {tree.MAX_REPEAT, tree.MIN_REPEAT, tree.POSSESSIVE_REPEAT}
        is_sure = all(op in repeats and value[0] == 0 for op, value in items[1:])
        if not is_sure or not items:
            return None
        op, value = items[0]
        return self.chars(op, value, flags)

    def loop(self, items: Any, flags: int, guard: Chars | None, *, is_lazy: bool) -> None:
        split = self.add(Step("split", to=(0, 0)))
        self.send([split], slot=is_lazy)
        self.sequence(items, flags)
        self.add(Step("jump", to=(split,)))
        self.send([split], slot=not is_lazy)
        if guard is not None:
            self.add(Step("unless", guard))

    def optional(self, count: int, items: Any, flags: int, guard: Chars | None, *, is_lazy: bool) -> None:
        if count > 1:
            self.ways *= count + 1
            if self.loops and self.ways > 1000:
                raise NotKnown("its short repeats can be taken in more than 1000 ways")
        splits = []
        for _ in range(count):
            splits.append(self.add(Step("split", to=(0, 0))))
            self.send(splits[-1:], slot=is_lazy)
            self.sequence(items, flags)
        if guard is not None and splits:
            full = self.add(Step("jump", to=(0,)))
            self.send(splits, slot=1)
            self.add(Step("unless", guard))
            self.send([full])
        else:
            self.send(splits, slot=not is_lazy)

    def look(self, direction: int, items: Any, *, flags: int, negated: bool) -> None:
        longest = items.getwidth()[1]
        if self.loops and longest > MOST_COPIES:
            raise NotKnown("it looks around for a text of any length")
        inner = _Writer(is_text=self.is_text, loops=self.loops, most_rounds=self.most_rounds)
        inner.sequence(items, flags)
        inner.add(Step("end"))
        self.add(Step("look", inner=inner.steps, negated=negated, back=longest if direction < 0 else 0))


def _place(value: Any, flags: int) -> str:
    if flags & re.MULTILINE:
        raise NotKnown("it is for several lines")
    return str(value).removeprefix("AT_")


def steps_in(program: Program) -> Iterator[Step]:
    """Return the steps of a program and of its look-arounds."""
    for step in program:
        yield step
        if step.inner is not None:
            yield from steps_in(step.inner)


@cache
def _kinds() -> list[tuple[int, tuple[bool, ...]]]:
    """Return where code points begin that are digits, blanks or parts of words, and where those that aren't."""

    def kind(code: int) -> tuple[bool, ...]:
        char = chr(code)
        return char.isdecimal(), char.isspace(), is_word(char)

    return [(next(codes), found) for found, codes in groupby(range(0x110000), kind)]


def alphabet_of(program: Program, *, is_text: bool) -> list[int]:
    """Return code points of which each stands for all that a program can't tell from it, plain ones where it can."""
    sets = [*dict.fromkeys(step.chars for step in steps_in(program) if step.op in {"char", "unless"})]
    codes = {*range(128), *_LETTERS} if is_text else {*range(256)}
    if is_text:
        bounds = sorted({bound for chars in sets for low, high in chars.ranges for bound in (low, high + 1)} | {128})
        kinds = _kinds()
        starts = [start for start, _ in kinds]
        for low, high in zip(bounds, [*bounds[1:], 0x110000], strict=True):
            # Of each kind the first one here.
            first = {kinds[bisect_right(starts, low) - 1][1]: low}
            for start, kind in kinds[bisect_right(starts, low) : bisect_left(starts, high)]:
                first.setdefault(kind, start)
            codes.update(code for code in first.values() if code < 0x110000)
    found: dict[tuple[bool, ...], int] = {}
    for code in sorted(codes, key=_plainness):
        found.setdefault(tuple(chars.has(code) for chars in sets), code)
    return list(found.values())


def _plainness(code: int) -> tuple[bool, bool, int]:
    return not (code < 128 and chr(code).isalnum()), not 32 <= code < 127, code
