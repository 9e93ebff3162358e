"""A project outside of this one, which has the wheel with the extra `testing` in an environment of its own.

Its tests stand in `outside`. They send with a real SDK to the fixture `store_server`, in asyncio and under pytest-xdist,
and fuzz the servers of the recipes with the strategies.
"""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.distribution import environment

ROOT = Path(__file__).parents[2]
RECIPES = ("starlette_app.py", "flask_app.py", "django_app.py")
#: What an outside project would take besides.
NEEDED = ("pytest", "pytest-xdist", "sentry-sdk", "starlette", "uvicorn", "flask", "django")
#: What pip says where it reaches no index.
UNREACHABLE = re.compile("NewConnectionError|ConnectTimeout|Max retries exceeded|name resolution|No matching distribution")


def pip(python: Path, *arguments: str | Path) -> None:
    """Run pip; without a package index the test is skipped, but in CI, which must have one."""
    command = [python, "-m", "pip", "--disable-pip-version-check", *arguments, "--quiet"]
    variables = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
    if done.returncode and UNREACHABLE.search(done.stderr) and not os.environ.get("CI"):
        pytest.skip(f"an environment can't be made without a package index: {done.stderr.strip().splitlines()[-1]}")
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("outside")
    environment.make(folder / "venv", clear=False)
    python = folder / "venv" / "bin" / "python"
    pip(python, "wheel", "--no-deps", "--wheel-dir", folder, ROOT)
    (wheel,) = folder.glob("*.whl")
    pip(python, "install", f"{wheel}[testing]", *NEEDED)
    recipes = [ROOT / "docs" / "examples" / name for name in RECIPES]
    for path in (*recipes, *(Path(__file__).parent / "outside").glob("*.py")):
        shutil.copy(path, folder)
    return folder


@pytest.mark.parametrize(
    ("name", "count", "options"),
    [
        ("test_reports.py", 13, ["-n", "2"]),
        ("test_servers.py", 9, ["-n", "2", "--dist", "worksteal"]),
    ],
    ids=["reports", "servers"],
)
def test_outside_project_passes(project: Path, name: str, count: int, options: list[str]) -> None:
    variables = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST", "PYTHONPATH", "COV"))}
    command = [str(project / "venv" / "bin" / "python"), "-m", "pytest", "-W", "error", *options, name]
    done = subprocess.run(command, cwd=project, env=variables, capture_output=True, text=True, timeout=300, check=False)
    assert f"{count} passed" in done.stdout, done.stdout[-8000:] + done.stderr
    assert "after the test was over" not in done.stdout
