"""Lines on terminals of any width, and in a pipe."""

import io

import pytest
from rich.console import Console
from rich.text import Text

from store_protocol.cli.printing import plain, put


def printed(line: Text, *, width: int, terminal: bool = True, hang: int | None = None) -> list[str]:
    file = io.StringIO()
    console = Console(file=file, width=width, force_terminal=terminal, color_system=None)
    put(console, line, hang=hang)
    return [each.rstrip() for each in file.getvalue().splitlines()]


LINE = "  runtime: name=CPython, version=3.11.7, build=main"


@pytest.mark.parametrize(
    ("hang", "lines"),
    [
        (None, ["  runtime: name=CPython,", "      version=3.11.7,", "      build=main"]),
        (2, ["  runtime: name=CPython,", "  version=3.11.7, build=main"]),
    ],
)
def test_what_does_not_fit_goes_on_further_in(hang: int | None, lines: list[str]) -> None:
    assert printed(Text(LINE), width=30, hang=hang) == lines


def test_line_that_fits_is_a_line() -> None:
    assert printed(Text(LINE), width=60) == [LINE]


def test_source_is_cut_and_not_wrapped() -> None:
    assert printed(Text(LINE, no_wrap=True), width=20) == [f"{LINE[:19]}…"]


def test_pipe_gets_the_whole_line() -> None:
    for line in (Text(LINE), Text(LINE, no_wrap=True)):
        assert printed(line, width=20, terminal=False) == [LINE]


def test_terminal_is_not_steered() -> None:
    assert plain("a\x1b[31mb\n") == "a?[31mb?"
