"""Parts of Markdown: tables, code, and docstrings."""

import inspect
import re
from collections.abc import Iterable
from typing import Any


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    """Return the lines of a table without the columns that are empty in all rows.

    >>> table(("a", "b", "c"), [("1", "", "x|y `x|y`")])
    ['| a | c |', '|---|---|', '| 1 | x\\\\|y `x|y` |']
    """
    rows = list(rows)
    kept = [index for index in range(len(head)) if any(row[index] for row in rows)]
    lines = [[head[index] for index in kept], *([_cell(row[index]) for index in kept] for row in rows)]
    text = [f"| {' | '.join(line)} |" for line in lines]
    return [text[0], f"|{'---|' * len(kept)}", *text[1:]]


def _cell(text: str) -> str:
    # Python's Markdown takes a bar in code for one, and a backslash before it, too.
    parts = text.split("`")
    return "`".join(part.replace("|", "\\|") if index % 2 == 0 else part for index, part in enumerate(parts))


def code(text: str) -> str:
    """Return a text as code.

    >>> code("a")
    '`a`'
    """
    return f"`` {text} ``" if "`" in text else f"`{text}`"


def first_sentence(thing: Any) -> str:
    """Return the first sentence of a docstring, on one line.

    >>> first_sentence(code)
    'Return a text as code.'
    """
    return first_of(inspect.getdoc(thing) or "")


def first_of(docstring: str) -> str:
    """Return the first sentence of the text of a docstring, on one line."""
    paragraph = " ".join(docstring.split("\n\n", maxsplit=1)[0].split())
    return re.split(r"(?<=\.)\s+(?=[A-Z`])", paragraph)[0]


_EXAMPLE = re.compile(r"^>>>.*\n(?:.+\n)*", re.MULTILINE)


def fenced(docstring: str) -> str:
    """Return a docstring with its examples in fences.

    >>> fenced("Add.\\n\\n>>> 1 + 1\\n2")
    'Add.\\n\\n```pycon\\n>>> 1 + 1\\n2\\n```'
    """
    return _EXAMPLE.sub(lambda found: f"```pycon\n{found[0]}```\n", f"{docstring}\n").rstrip("\n")
