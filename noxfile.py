"""The checks that run on every Python that is at hand: `make pythons`, `make threads`.

    nox -s tests-3.12 -- tests/test_dsn.py      one Python, with arguments for pytest
    nox -s threads-3.13 -- --runs 20            with arguments for tests/threads.py

A version that is not at hand is skipped, and the list at the end says so.
"""

import os
import shutil
import subprocess

import nox

PYTHONS = ["3.11", "3.12", "3.13", "3.14"]
# As the Makefile runs all tests.
PARALLEL = ["-n", "logical", "--maxprocesses", "4", "--dist", "worksteal"]

nox.needs_version = ">=2025.5.1"
nox.options.default_venv_backend = "venv"
# nox would fail for a missing version where CI is set.
nox.options.error_on_missing_interpreters = False
nox.options.download_python = "never"
nox.options.sessions = ["tests"]

# pyenv answers to python3.12 only where that version is chosen: here all are that it has.
if "PYENV_VERSION" not in os.environ and shutil.which("pyenv"):
    found = subprocess.run(["pyenv", "versions", "--bare"], capture_output=True, check=False, text=True)  # noqa: S607
    os.environ["PYENV_VERSION"] = ":".join(found.stdout.split())


def _install(session: nox.Session, *what: str) -> None:
    # Before 25.1 pip knows no dependency groups.
    session.install("--upgrade", "pip>=25.1")
    session.install("--editable", ".", *what)


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """Run the tests; those against other SDKs need `make tests`, which has a folder for each."""
    _install(session, "--group", "tests")
    session.run("python", "-m", "pytest", *(session.posargs or PARALLEL))


@nox.session(python=PYTHONS)
def threads(session: nox.Session) -> None:
    """Run the first calls of a process in several threads: a hundred processes for each function and count of threads."""
    _install(session)
    session.run("python", "-m", "tests.threads", *session.posargs)
