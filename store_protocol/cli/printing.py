"""Lines on a terminal: what doesn't fit goes on below, further in, and nothing that a client sends steers it."""

from rich.console import Console
from rich.text import Text


def put(console: Console, line: Text, *, hang: int | None = None) -> None:
    """Print a line; on a terminal what doesn't fit goes on below, `hang` columns in, or four more than the line is.

    A line that is not to be wrapped (`no_wrap`) is cut off there. Nothing is wrapped or cut in a pipe.
    """
    if not console.is_terminal:
        console.print(line, soft_wrap=True)
    elif line.no_wrap or line.cell_len <= console.width:
        console.print(line, overflow="ellipsis", no_wrap=True, highlight=False)
    else:
        text = line.plain
        indent = " " * (hang if hang is not None else len(text) - len(text.lstrip()) + 4)
        first = line.wrap(console, console.width)[0]
        rest = text[len(first) :]
        console.print(first, highlight=False)
        for part in line[len(text) - len(rest.lstrip()) :].wrap(console, max(console.width - len(indent), 20)):
            console.print(Text(indent).append_text(part), highlight=False)


def plain(text: str) -> str:
    """Return text without what would steer a terminal."""
    return text if text.isprintable() else "".join(char if char.isprintable() else "?" for char in text)
