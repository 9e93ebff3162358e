"""Which module imports which: one way only, so that each can be read, tested and moved with what stands below it alone."""

import ast
import graphlib
import re
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "store_protocol"
FILES = {
    ".".join((path.parent if path.name == "__init__.py" else path.with_suffix("")).relative_to(PACKAGE.parent).parts): path
    for path in PACKAGE.rglob("*.py")
}


def imported_by(path: Path) -> set[str]:
    """Return the modules of the package that a file imports: in its functions and for type checkers alone, too."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.module is not None and node.level == 0
            # What is imported from a package is a module of its own, or a name that the package itself has.
            for alias in node.names:
                module = f"{node.module}.{alias.name}"
                found.add(module if module in FILES else node.module)
    return found & FILES.keys()


def test_modules_import_each_other_in_no_circle() -> None:
    # `CycleError` names the modules of a circle in their order.
    graph = {name: imported_by(path) for name, path in FILES.items()}
    graphlib.TopologicalSorter(graph).prepare()


def rows() -> dict[str, int]:
    """Return the rows of the table in docs/architecture.md, by the modules that stand in them."""
    page = (PACKAGE.parent / "docs" / "architecture.md").read_text("utf-8").partition("## What may import what")[2]
    table = [line.split("|")[2] for line in page.partition("\n## ")[0].splitlines() if line.startswith("| ")][1:]
    return {name: row for row, names in enumerate(table) for name in re.findall(r"`(\w+)`", names)}


def test_modules_import_from_their_own_row_of_the_page_and_from_those_above() -> None:
    row_of = rows()
    parts = {name: name.split(".")[1] for name in FILES if "." in name}
    assert row_of.keys() == set(parts.values())
    # The package itself has the public names, and the version for those who import no more.
    wrong = [
        f"{name} imports {each}"
        for name, part in parts.items()
        for each in imported_by(FILES[name])
        if each in parts and row_of[parts[each]] > row_of[part]
    ]
    assert wrong == []
