"""How the command says what is wrong: in one line, whatever it is."""

import difflib
from collections.abc import Mapping
from typing import Any, NoReturn

import click
from click.exceptions import NoArgsIsHelpError


class WrongUsage(click.ClickException):
    """What click tells of in several lines, the usage among them, in one."""

    exit_code = 2


class OneLineGroup(click.Group):
    """A group of commands whose errors are a line each, and whose examples in the help stand as they are written."""

    def add_command(self, cmd: click.Command, name: str | None = None) -> None:
        # Docstrings with a backspace in them, which click wants before lines that it is to leave alone, can't be read.
        cmd.help = (cmd.help or "").replace("\\b\n", "\b\n")
        super().add_command(cmd, name)

    def make_context(self, *args: Any, **more: Any) -> click.Context:
        try:
            return super().make_context(*args, **more)
        except click.UsageError as error:
            _in_a_line(error)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except click.UsageError as error:
            _in_a_line(error)


def _in_a_line(error: click.UsageError) -> NoReturn:
    if isinstance(error, NoArgsIsHelpError):
        raise error
    raise WrongUsage(" ".join(error.format_message().split())) from None


class Name(click.Choice[str]):
    """One of many names: a wrong one is answered with those that are like it, and not with all."""

    def get_invalid_choice_message(self, value: Any, ctx: click.Context | None) -> str:
        choices: Mapping[str, str] = self._normalized_mapping(ctx=ctx)
        like = difflib.get_close_matches(str(value), choices.values())
        hint = f"did you mean {' or '.join(like)}?" if like else f"there are {len(choices)}, such as {self._some(choices)}"
        return f"{value!r} is unknown: {hint}"

    def _some(self, choices: Mapping[str, str]) -> str:
        names = [*choices.values()]
        return ", ".join([*names[:2], *names[len(names) // 2 : len(names) // 2 + 2]])
