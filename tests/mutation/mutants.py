"""The mutants of a file: its source with one operator, number, condition or loop changed, by cosmic-ray's operators."""

import hashlib
import itertools
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.plugins import get_operator, operator_names

#: Parts of the syntax tree that are for readers and type checkers, so that no test should notice what they say.
_ANNOTATIONS = frozenset({"annassign", "tfpdef", "tname"})


class Mutant(NamedTuple):
    """One change: the function it is in, and the lines before and after it."""

    file: str
    function: str
    old: str
    new: str

    def __str__(self) -> str:
        return f"{self.file} {self.function}\n  - {self.old}\n  + {self.new}"


def mutants(root: Path, file: str) -> dict[Mutant, str]:
    """Return the mutated source of each mutant of a file. Changes that read alike count as one."""
    source = (root / file).read_text(encoding="utf-8")
    starts = [0, *itertools.accumulate(map(len, source.splitlines(keepends=True)))]
    found: dict[Mutant, str] = {}
    for node, changed in _changes(source):
        (first, column), (last, end) = node.get_start_pos_of_prefix(), node.end_pos
        mutated = source[: starts[first - 1] + column] + changed + source[starts[last - 1] + end :]
        if mutated != source and _is_valid(mutated):
            found.setdefault(Mutant(file, _function(node), *_lines(source, mutated)), mutated)
    return found


def sample(all_mutants: dict[Mutant, str], count: int, seed: int) -> list[Mutant]:
    """Return some mutants. A change of the file changes the choice among the mutants of the changed lines only."""
    return sorted(all_mutants, key=lambda mutant: hashlib.sha256(repr((seed, *mutant)).encode()).digest())[:count]


def _changes(source: str) -> Iterator[tuple[Any, str]]:
    """Return each node that an operator changes, once for each change, with its text after it."""
    operators = [operator() for operator in map(get_operator, operator_names()) if not operator.arguments()]
    # The tree is parsed once, and each change undone. To parse it for each change, as cosmic-ray does, takes minutes.
    for node in ast_nodes(get_ast(source)):
        # The star between parameters is no operator.
        if _is_annotation(node) or (node.parent is not None and node.parent.type == "parameters"):
            continue
        for operator in operators:
            for index in range(len([*operator.mutation_positions(node)])):
                before = _contents(node)
                try:
                    changed = operator.mutate(node, index)
                    text = changed.get_code() if changed else ""
                except AttributeError:
                    # The operator for exceptions can't do with a tuple such as `(zlib.error, ValueError)`.
                    text = node.get_code()
                for part, name, value in before:
                    setattr(part, name, value)
                yield node, text


def _contents(node: Any) -> list[tuple[Any, str, Any]]:
    """Return what operators change: the text of leaves, and the children of all else."""
    parts: list[tuple[Any, str, Any]] = []
    for part in ast_nodes(node):
        if hasattr(part, "children"):
            parts.append((part, "children", [*part.children]))
        else:
            parts.append((part, "value", part.value))
    return parts


def _is_valid(source: str) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            compile(source, "mutant", "exec", dont_inherit=True)
        except SyntaxError:
            return False
    return True


def _function(node: Any) -> str:
    while node is not None and node.type not in {"funcdef", "classdef"}:
        node = node.parent
    return "" if node is None else str(node.name.value)


def _is_annotation(node: Any) -> bool:
    while (parent := node.parent) is not None:
        # A default value follows the annotation of an attribute as its fourth part: `: int = 1`.
        if parent.type in _ANNOTATIONS and node not in parent.children[3:]:
            return True
        if parent.type == "funcdef" and node is parent.annotation:
            return True
        node = parent
    return False


def _lines(source: str, mutated: str) -> tuple[str, str]:
    """Return the lines that differ, each group as one line."""
    old, new = source.split("\n"), mutated.split("\n")
    while old and new and old[0] == new[0]:
        del old[0], new[0]
    while old and new and old[-1] == new[-1]:
        del old[-1], new[-1]
    return " ".join(" ".join(old).split()), " ".join(" ".join(new).split())
