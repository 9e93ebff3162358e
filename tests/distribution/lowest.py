"""The lowest version of each package that pyproject.toml takes at run time, as constraints for pip.

python -m tests.distribution.lowest > constraints.txt
"""

import re
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
_REQUIREMENT = re.compile(r"(?P<name>[\w.-]+)(?:\[[^]]*])?[^;]*?>=(?P<lowest>[\w.]+)")


def requirements(project: dict[str, Any]) -> list[str]:
    """Return what a project needs at run time, that of its extras included."""
    extras = [each for needed in project["optional-dependencies"].values() for each in needed]
    own = re.compile(re.escape(project["name"]) + r"\s*\[")
    return [each for each in (*project["dependencies"], *extras) if not own.match(each)]


def constraint(requirement: str) -> str:
    """Return the constraint that leaves nothing of a requirement but the lowest version.

    >>> constraint("uvicorn[standard]>=0.34,<1")
    'uvicorn==0.34'
    """
    found = _REQUIREMENT.match(requirement)
    if not found:
        raise ValueError(f"{requirement!r} has no lowest version")
    return f"{found['name']}=={found['lowest']}"


def constraints(project: dict[str, Any]) -> list[str]:
    """Return one constraint for each package; raise `ValueError` where two requirements of one differ."""
    found: dict[str, str] = {}
    for requirement in requirements(project):
        line = constraint(requirement)
        if found.setdefault(line.partition("==")[0], line) != line:
            raise ValueError(f"{requirement!r} has another lowest version elsewhere")
    return sorted(found.values())


if __name__ == "__main__":
    print("\n".join(constraints(tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"])))
