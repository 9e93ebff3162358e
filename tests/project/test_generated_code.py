"""The code that docstrings show of generated functions is what is generated."""

import importlib
import linecache
import re
import textwrap
from typing import Any

import pytest

from store_protocol import preload

#: The modules that generate functions, and how many pieces of code their docstrings show.
MODULES = {
    "store_protocol.convert.canonicalize": 1,
    "store_protocol.normalize.remove_empty": 1,
    "store_protocol.normalize.trimming.checks": 1,
    "store_protocol.normalize.trimming.event_values": 1,
    "store_protocol.normalize.trimming.free_form": 0,
    "store_protocol.reading.fast_path": 2,
    "store_protocol.schema.debug_meta": 1,
}
#: Names are numbered in the order in which they are needed: a further field changes the numbers.
NUMBERED = re.compile(r"\b([a-z_]*[a-z])\d+\b")


def shown(docstring: str) -> list[str]:
    """Return the pieces of code in a docstring: what is indented, by blank lines."""
    lines = docstring.splitlines()[1:]
    blocks = "\n".join(line if not line or line.startswith("    ") else "---" for line in lines)
    pieces = re.split(r"\n(?:---)?(?=\n)", re.sub(r"---(\n---)*", "---", blocks))
    return [textwrap.dedent(piece).strip("\n-") for piece in pieces if piece.strip("\n- ")]


def generated() -> list[list[str]]:
    """Return the lines of all generated functions."""
    preload()
    entries: Any = linecache.cache.items()
    return [entry[2] for name, entry in entries if name.startswith("<store_protocol ")]


def without_numbers(lines: list[str]) -> list[str]:
    return [NUMBERED.sub(r"\1", line.rstrip()) for line in lines]


def is_in(piece: list[str], function: list[str]) -> bool:
    """Return whether lines stand in a function one after the other, however far they are indented there."""
    for start in range(len(function) - len(piece) + 1):
        lines = function[start : start + len(piece)]
        if textwrap.dedent("\n".join(lines)).splitlines() == piece:
            return True
    return False


@pytest.mark.parametrize("module", MODULES)
def test_docstrings_show_code_that_is_generated(module: str) -> None:
    pieces = shown(importlib.import_module(module).__doc__ or "")
    assert len(pieces) == MODULES[module]
    functions = [without_numbers(lines) for lines in generated()]
    for piece in pieces:
        assert any(is_in(without_numbers(piece.splitlines()), function) for function in functions), piece


def test_code_that_is_not_generated_is_found() -> None:
    function = ["def f(value):\n", "    if (part1 := value.a) is not None:\n", "        part1.b = None\n"]
    lines = without_numbers(function)
    assert is_in(["if (part := value.a) is not None:", "    part.b = None"], lines)
    assert not is_in(["if (part := value.a) is not None:", "    part.c = None"], lines)
    assert shown("First.\n\nText:\n\n    a = 1\n    b = 2\n\nMore.\n\n    c\n") == ["a = 1\nb = 2", "c"]
