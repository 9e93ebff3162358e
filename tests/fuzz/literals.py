"""What the tests write out: most of it is there for something that chance would hardly find."""

import ast
import contextlib
from pathlib import Path
from typing import Any


def literals(folder: Path) -> list[Any]:
    """Return the values that the tests in a folder write out: objects, lists, texts, bytes and numbers, each once."""
    found: dict[str, Any] = {}
    for path in sorted(folder.rglob("*.py")):
        module = ast.parse(path.read_bytes())
        known: dict[str, Any] = {"__builtins__": {}}
        for node in ast.walk(module):
            # What is not written out, but called for, has no builtins.
            with contextlib.suppress(Exception):
                if isinstance(node, ast.Dict | ast.List | ast.Constant):
                    value = _value(node, known)
                    found.setdefault(repr(value), value)
                elif isinstance(node, ast.Assign) and node in module.body and isinstance(node.targets[0], ast.Name):
                    known[node.targets[0].id] = _value(node.value, known)
    return [*found.values()]


def _value(node: ast.expr, known: dict[str, Any]) -> Any:
    return eval(compile(ast.Expression(node), "", "eval"), known)
