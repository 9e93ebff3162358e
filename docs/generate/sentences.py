"""The annotations of names that are declared, as they stand in the source."""

import ast
from typing import Any

from store_protocol.comments import parsed, within


def annotations(kind: type[Any]) -> dict[str, str]:
    """Return the annotation of each attribute of a class as it stands in the source, those that it inherits included."""
    found: dict[str, str] = {}
    for each in reversed(kind.__mro__):
        if each.__module__.startswith("store_protocol"):
            body = within(parsed(each.__module__)[1], each.__name__)
            found |= _declared(body)
    return found


def _declared(body: list[ast.stmt]) -> dict[str, str]:
    found: dict[str, str] = {}
    for node in body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            found[node.target.id] = ast.unparse(node.annotation)
        elif isinstance(node, ast.If):
            # What is declared otherwise for type checkers.
            found |= _declared(node.orelse)
    return found


def for_type_checkers(module: str, name: str) -> tuple[str, dict[str, str]]:
    """Return what a class is that stands for another one at run time: its docstring, and its annotations by name."""
    (kind,) = (node for node in ast.walk(parsed(module)[1]) if isinstance(node, ast.ClassDef) and node.name == name)
    return ast.get_docstring(kind) or "", _declared(kind.body)
