"""Which module imports which: one way only, so that each can be read, tested and moved with what stands below it alone."""

import ast
import graphlib
from pathlib import Path

PACKAGE = Path(__file__).parent.parent / "store_protocol"
FILES = {
    ".".join((path.parent if path.name == "__init__.py" else path.with_suffix("")).relative_to(PACKAGE.parent).parts): path
    for path in PACKAGE.rglob("*.py")
}


#: The one import that still runs back up: it needs the type `Reading` alone.
KNOWN = {("store_protocol.schema.canonicalize", "store_protocol.schema.convert")}


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
    graph = {name: {each for each in imported_by(path) if (name, each) not in KNOWN} for name, path in FILES.items()}
    graphlib.TopologicalSorter(graph).prepare()
