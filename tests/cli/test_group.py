"""Errors of the command are one line each, and its help stands as it is written."""

import click
import pytest
from click.testing import CliRunner

from store_protocol.cli.commands import cli

WRONG = [
    (["nothing"], "No such command 'nothing'."),
    (["show"], "Missing argument 'FILES...'."),
    (["show", "none.json"], "Invalid value for 'FILES...': File 'none.json' does not exist."),
    (["decode", "--nothing"], "--nothing"),
    (["sample", "pyhton"], "Invalid value for 'NAME': 'pyhton' is unknown: did you mean python?"),
    (["sample", "9"], "Invalid value for 'NAME': '9' is unknown: there are 41, such as android, attachment, "),
    (["schema", "chek_in"], "did you mean check_in?"),
    (["send", "http://a@127.0.0.1/1"], "name either a FILE or a --sample"),
]


@pytest.mark.parametrize(("arguments", "said"), WRONG, ids=[" ".join(each) for each, _ in WRONG])
def test_wrong_usage_is_a_line(arguments: list[str], said: str) -> None:
    result = CliRunner().invoke(cli, arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("Error: ") and result.stderr.count("\n") == 1 and said in result.stderr


def test_command_alone_lists_what_there_is() -> None:
    result = CliRunner().invoke(cli, [])
    assert result.exit_code == 2 and "Commands:" in result.output


@pytest.mark.parametrize("name", sorted(cli.commands))
def test_help_fits_a_terminal_of_80_columns(name: str) -> None:
    said = CliRunner().invoke(cli, [name, "--help"], terminal_width=80).output
    assert max(map(len, said.splitlines())) <= 80
    # An example stands on a line of its own.
    assert f"\n    store-protocol {name} " in said and "\\b" not in said


def test_list_of_commands_is_not_cut() -> None:
    said = CliRunner().invoke(cli, ["--help"], terminal_width=80).output
    assert "..." not in said.partition("Commands:")[2]


@pytest.mark.parametrize("name", sorted(cli.commands))
def test_options_say_what_they_do(name: str) -> None:
    assert [each.name for each in cli.commands[name].params if isinstance(each, click.Option) and not each.help] == []
