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
            declared = (node for node in body if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name))
            found |= {node.target.id: ast.unparse(node.annotation) for node in declared}  # type: ignore[union-attr]
    return found
