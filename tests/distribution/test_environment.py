"""Environments where Python has no ensurepip, and no Debian either."""

import os
import subprocess
import sys
from importlib import resources
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
#: In the place of the module that Debian leaves out.
HIDDEN = """
import sys

class Hide:
    def find_spec(self, name, path=None, target=None):
        if name == "ensurepip":
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Hide())
import importlib.util

find_spec = importlib.util.find_spec
importlib.util.find_spec = lambda name: None if name == "ensurepip" else find_spec(name)
from tests.distribution.environment import main

main()
"""


def make(folder: Path, tools: Path) -> subprocess.CompletedProcess[str]:
    """Make an environment without ensurepip, with the tools of a folder before all others."""
    environment = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", HIDDEN, str(folder)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    folder = tmp_path / "tools"
    folder.mkdir()
    return folder


def tool(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_pip_comes_from_the_package_that_has_it(tmp_path: Path, tools: Path) -> None:
    pytest.importorskip("ensurepip", reason="a wheel of pip is taken from there")
    (wheel,) = (
        each for each in resources.files("ensurepip").joinpath("_bundled").iterdir() if each.name.startswith("pip-")
    )
    tool(tools / "apt-get", 'case "$*" in *download*) touch python3-pip-whl_1_all.deb;; esac')
    tool(tools / "dpkg-deb", f"mkdir -p usr/share/python-wheels && cp '{wheel}' usr/share/python-wheels")
    done = make(tmp_path / "venv", tools)
    assert done.returncode == 0, done.stderr
    python = tmp_path / "venv" / "bin" / "python"
    assert b"pip" in subprocess.run([python, "-m", "pip", "--version"], capture_output=True, check=True).stdout


def test_error_is_one_line_that_names_what_to_install(tmp_path: Path, tools: Path) -> None:
    tool(tools / "apt-get", "echo no such command >&2; exit 100")
    done = make(tmp_path / "venv", tools)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert "has no ensurepip: install the package python3-venv" in line


def test_environment_of_a_python_with_ensurepip_has_pip(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.distribution.environment", "--clear", str(tmp_path / "venv")]
    subprocess.run(command, cwd=ROOT, check=True)
    assert (tmp_path / "venv" / "bin" / "pip").exists()
