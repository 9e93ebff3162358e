"""The sentence that stands above a name in the source: its comment of lines that begin with `#:`.

Where a package is installed without its source there are none.
"""

import ast
import functools
import inspect
import sys
from collections.abc import Iterator
from typing import Any

_PACKAGE = __name__.partition(".")[0]


@functools.cache
def sentences(module: str, name: str | None = None) -> dict[str, str]:
    """Return the sentence of each name that is declared in a module, or in a class of it, as far as there is one.

    Items of a `Literal` are names, too: those of the alias `name`.
    """
    lines, tree = parsed(module)
    body = tree.body if name is None else within(tree, name)
    return {each: found for each, line in _declared(body) if (found := _above(lines, line))}


@functools.cache
def parsed(module: str) -> tuple[list[str], ast.Module]:
    """Return the lines of a module and what they say, nothing where its source isn't there."""
    try:
        source = inspect.getsource(sys.modules[module])
    except OSError:
        source = ""
    return source.splitlines(), ast.parse(source)


def of_class(kind: type[Any]) -> dict[str, str]:
    """Return the sentence of each attribute of a class, those that it inherits included."""
    found: dict[str, str] = {}
    for each in reversed(kind.__mro__):
        if each.__module__ in sys.modules and each.__module__.startswith(_PACKAGE):
            found |= sentences(each.__module__, each.__name__)
    return found


def within(module: ast.Module, name: str) -> list[Any]:
    """Return what stands in a class of a module, or the texts of an alias."""
    for node in ast.walk(module):
        if isinstance(node, ast.ClassDef) and node.name == name:
            return list(node.body)
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id == name:
            return [each for each in ast.walk(node) if isinstance(each, ast.Constant) and isinstance(each.value, str)]
    return []


def _declared(body: list[Any]) -> Iterator[tuple[str, int]]:
    for node in body:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value, node.lineno
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.target.id, node.lineno
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    yield target.id, node.lineno


def _above(lines: list[str], line: int) -> str:
    found: list[str] = []
    for text in reversed(lines[: line - 1]):
        if not text.strip().startswith("#:"):
            break
        found.insert(0, text.strip().removeprefix("#:").strip())
    return " ".join(found)
