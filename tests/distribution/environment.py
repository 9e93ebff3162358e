"""Make a virtual environment with pip, where Python comes without ensurepip, too.

    python3 -m tests.distribution.environment [--clear] .venv

Debian and its kin keep ensurepip in a package of its own, python3-venv. Where that isn't installed, pip comes from the
package that python3-venv takes it from. It is unpacked and not installed, so that nobody needs to be root.
"""

import argparse
import importlib.util
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

#: The package that holds pip as a wheel, and where in it.
PACKAGE, WHEEL = "python3-pip-whl", "usr/share/python-wheels/pip-*.whl"


def debian_wheel(folder: Path) -> Path:
    """Return the wheel of pip, fetched into a folder; raise `OSError` or `CalledProcessError` where that can't be had."""
    # Lists of packages of our own: those of the system may be missing, and only root may bring them up to date.
    (folder / "lists").mkdir()
    (folder / "cache" / "archives").mkdir(parents=True)
    own = [f"-oDir::State::Lists={folder}/lists", f"-oDir::Cache={folder}/cache", "-oAcquire::Languages=none", "-qq"]
    for command in (
        ["apt-get", *own, "update"],
        ["apt-get", *own, "download", PACKAGE],
        ["sh", "-c", f"dpkg-deb --extract {PACKAGE}_*.deb ."],
    ):
        subprocess.run(command, cwd=folder, check=True, stderr=subprocess.PIPE)
    return next(folder.glob(WHEEL))


def make(folder: Path, *, clear: bool) -> None:
    if importlib.util.find_spec("ensurepip") is not None:
        venv.create(folder, clear=clear, symlinks=True, with_pip=True)
        return
    venv.create(folder, clear=clear, symlinks=True)
    with tempfile.TemporaryDirectory() as made:
        # apt reads as another user.
        Path(made).chmod(0o755)
        try:
            wheel = debian_wheel(Path(made))
        except (OSError, StopIteration, subprocess.CalledProcessError):
            raise SystemExit(
                f"{sys.executable} has no ensurepip: install the package python3-venv, or take another Python by PYTHON="
            ) from None
        # A wheel can be run as it is, and installs itself.
        install = [str(folder / "bin" / "python"), f"{wheel}/pip", "install", "--quiet", "--no-index", str(wheel)]
        subprocess.run(install, check=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--clear", action="store_true", help="empty the folder before")
    arguments = parser.parse_args()
    if sys.version_info < (3, 11):  # noqa: UP036  (what it is run with is any Python)
        raise SystemExit(f"Python 3.11 or newer is needed, and {sys.executable} is {sys.version.split()[0]}: set PYTHON=")
    make(arguments.folder, clear=arguments.clear)


if __name__ == "__main__":
    main()
