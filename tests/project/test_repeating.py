"""What a property test found is repeated by the command that the report of the failure ends in."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from hypothesis import settings

FAILING = """
from hypothesis import given, strategies as st

@given(st.integers(), st.text())
def test_property(number, text):
    print("drawn", number)
    assert number < 100_000
"""


def run(folder: Path, *arguments: str) -> str:
    # Without other plugins, which take longer than the test.
    command = [sys.executable, *arguments, "-p", "no:cacheprovider", "-p", "_hypothesis_pytestplugin"]
    environment = os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    found = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert found.returncode == 1, found.stdout
    return found.stdout


def test_failure_says_how_it_is_repeated(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text((Path(__file__).parents[1] / "conftest.py").read_text())
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "test_failing.py").write_text(FAILING)
    report = run(tmp_path, "-m", "pytest", "test_failing.py")
    commands = re.findall(r"^python (-m pytest \S+ --repeat=\S+)$", report, re.MULTILINE)
    assert len(commands) == 1
    # Nothing but the command tells which example it was.
    shutil.rmtree(tmp_path / ".hypothesis", ignore_errors=True)
    again = run(tmp_path, *shlex.split(commands[0]))
    assert set(re.findall(r"^drawn (.*)$", again, re.MULTILINE)) == {"100000"}


def test_each_run_draws_other_examples() -> None:
    for name in ("default", "fuzz"):
        profile = settings.get_profile(name)
        assert not profile.derandomize
        assert profile.print_blob
