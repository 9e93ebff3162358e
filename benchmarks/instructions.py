"""Instructions of an event, counted by callgrind, beside those of the last time that they were written down.

    python -m benchmarks.instructions [--write]

Counts are nearly the same each time, whatever else a machine does, so that a change for the worse shows where times are
noise. They hold for the versions that stand beside them in `instructions.json`: counts of others are not compared.
"""

import argparse
import json
import pickle
import platform
import sys
import tempfile
from importlib import metadata
from pathlib import Path
from typing import Any

from benchmarks.revisions import ROOT, WORKLOADS, instructions

KEPT = Path(__file__).with_suffix(".json")
#: What is counted. Large events add little but time, as valgrind takes fifty times as long.
COUNTED = ("real", "dirty-0.5", "dirty-5", "sized-4", "sized-16", "store", "envelope")
#: What the counts depend on, besides the package itself.
LIBRARIES = ("msgspec", "can_ada", "zstandard", "brotli")


def versions() -> dict[str, str]:
    found = {name: metadata.version(name) for name in LIBRARIES}
    return {"machine": platform.machine(), "python": platform.python_version(), **found}


def count() -> dict[str, int]:
    """Return the instructions of an event, or a request, of each workload."""
    plain = {name: [each for given in WORKLOADS[name][1]().values() for each in given] for name in COUNTED}
    with tempfile.TemporaryDirectory() as folder:
        tasks = Path(folder, "tasks")
        tasks.write_bytes(pickle.dumps(plain))
        found = instructions(ROOT, tasks)
    return {name: found[name] // len(plain[name]) for name in COUNTED}


def table(now: dict[str, int], kept: dict[str, Any]) -> str:
    """Return the counts as a table in Markdown, beside those that were kept of the same versions."""
    then: dict[str, int] = kept.get("instructions", {}) if kept.get("versions") == versions() else {}
    lines = ["| instructions of an event | kept | now | now / kept |", "|---|---:|---:|---:|"]
    for name, counted in now.items():
        before = then.get(name)
        shown = ("", "") if before is None else (f"{before:,}", f"{counted / before:.4f}")
        lines.append(f"| {name} | {shown[0]} | {counted:,} | {shown[1]} |")
    if not then:
        lines += ["", f"What was kept is of other versions: {kept.get('versions')}."]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--write", action="store_true", help=f"keep the counts in {KEPT.name}")
    options = parser.parse_args()
    kept = json.loads(KEPT.read_bytes()) if KEPT.exists() else {}
    now = count()
    sys.stdout.write(table(now, kept) + "\n")
    if options.write:
        KEPT.write_text(json.dumps({"versions": versions(), "instructions": now}, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
