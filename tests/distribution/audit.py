"""Known vulnerabilities of what the package needs at run time, by pip-audit.

    python -m tests.distribution.audit

Installs the package with its extras into a venv that is thrown away, in the versions that pip takes today, and asks for
each package there. Ends with 0 where each was checked and none has a known vulnerability, with 1 where one has, and with 2
where one was not checked: pip-audit by itself ends with 0 where it has learned nothing.
"""

import json
import re
import subprocess
import sys
import tempfile
import tomllib
import venv
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.distribution.lowest import ROOT

NO_DATA = "no vulnerability data could be had: nothing was checked"
#: Runs a command and returns what it prints; raises `subprocess.CalledProcessError` where it fails.
Run = Callable[[list[str]], str]


def run(command: list[str]) -> str:
    # pip-audit says among its errors that no vulnerability is known where it has learned nothing: that is shown to nobody.
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def ask(folder: Path, run: Run) -> list[dict[str, Any]]:
    """Return what pip-audit has to say of each package that is needed at run time."""
    venv.create(folder / "venv", with_pip=True)
    python = str(folder / "venv" / "bin" / "python")
    pip = [python, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    run([*pip, "install", f"{ROOT}[{','.join(project['project']['optional-dependencies'])}]"])
    needed, report = folder / "needed.txt", folder / "report.json"
    lines = run([*pip, "freeze"]).splitlines()
    needed.write_text("".join(f"{line}\n" for line in lines if re.match(r"[\w.-]+==", line)), encoding="utf-8")
    run([*pip, "install", *project["dependency-groups"]["audit"]])
    options = ["--requirement", str(needed), "--no-deps", "--disable-pip", "--progress-spinner", "off"]
    try:
        run([python, "-m", "pip_audit", *options, "--format", "json", "--output", str(report)])
    except subprocess.CalledProcessError:
        # It fails where it has found something, too, and only then has it written its report.
        if not report.exists():
            raise
    found: list[dict[str, Any]] = json.loads(report.read_text(encoding="utf-8"))["dependencies"]
    return found


def verdict(packages: list[dict[str, Any]]) -> tuple[int, list[str]]:
    """Return how to end, and what to say, of a report of pip-audit."""
    unchecked = [each for each in packages if "skip_reason" in each]
    checked = [each for each in packages if "skip_reason" not in each]
    if not checked:
        return 2, [NO_DATA]
    lines = [
        f"{each['name']} {each['version']}: {known['id']}, mended in {', '.join(known['fix_versions']) or 'no version yet'}"
        for each in checked
        for known in each["vulns"]
    ]
    status = 1 if lines else 2 if unchecked else 0
    lines += [f"{each['name']} was not checked: {each['skip_reason']}" for each in unchecked]
    return status, [*lines, f"{len(checked)} of {len(packages)} packages were checked"]


def audit(run: Run = run) -> tuple[int, list[str]]:
    """Return how to end, and what to say."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            packages = ask(Path(folder), run)
        except subprocess.CalledProcessError as error:
            return 2, [*(error.stderr or str(error)).splitlines()[-1:], NO_DATA]
        except (OSError, ValueError, KeyError) as error:
            return 2, [str(error), NO_DATA]
    return verdict(packages)


if __name__ == "__main__":
    status, lines = audit()
    print("\n".join(lines))
    sys.exit(status)
