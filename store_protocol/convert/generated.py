"""Functions that are written from the schema, so that a rule is said once and still costs no interpretation."""

import linecache
from typing import Any


def indented(lines: list[str], levels: int = 1) -> list[str]:
    """Return lines of a source, some levels further in."""
    return ["    " * levels + line for line in lines]


def compiled(what: str, name: str, lines: list[str], known: dict[str, Any]) -> Any:
    """Return the function of a name that some lines define; `known` are the names that they use.

    Tracebacks and debuggers show the lines, under a file name that says what they are: `<store_protocol WHAT>`.
    """
    filename, source = f"<store_protocol {what}>", "\n".join(lines) + "\n"
    exec(compile(source, filename, "exec"), known)  # noqa: S102  (written from nothing but the schema)
    linecache.cache[filename] = len(source), None, source.splitlines(keepends=True), filename
    return known[name]
