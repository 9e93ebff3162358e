"""How many mutants of a module its tests notice: `python -m tests.mutation [MODULE ...]`.

Which files a module has, and which tests are to notice its mutants, is in modules.toml. Mutants that behave as the code
does are listed in equivalent.toml, each with the reason; an entry that a test kills, or that fits no mutant, is reported.
"""

import argparse
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from tests.mutation.mutants import Mutant, mutants, sample
from tests.mutation.runner import Runner

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
WANTED = 90.0
SAMPLE = 300
SEED = 1


class Result(NamedTuple):
    module: str
    killed: int
    survived: int
    equivalent: int
    stale: int

    @property
    def score(self) -> float:
        """The percentage of the mutants killed that are not known to be equivalent."""
        return 100.0 * self.killed / ((self.killed + self.survived) or 1)

    def __str__(self) -> str:
        total = self.killed + self.survived + self.equivalent
        counts = f"{total:8} {self.killed:8} {self.survived:9} {self.equivalent:11}"
        return f"{self.module:14} {counts} {self.score:6.1f} %"


HEADINGS = f"{'module':14} {'mutants':>8} {'killed':>8} {'survived':>9} {'equivalent':>11} {'score':>8}"


def equivalents(files: Iterable[str]) -> dict[Mutant, str]:
    """Return the mutants of some files that are known to be equivalent, and why."""
    entries = tomllib.loads((HERE / "equivalent.toml").read_text(encoding="utf-8"))["mutant"]
    return {
        Mutant(entry["file"], entry["function"], entry["old"], new): entry["reason"]
        for entry in entries
        if entry["file"] in files
        for new in entry["new"]
    }


def run(module: str, told: dict[str, Any], count: int, only: str) -> Result:
    """Test the mutants of one module, and print those that survive."""
    files: dict[str, list[str]] = told["files"]
    sources: dict[Mutant, str] = {}
    gone: list[str] = []
    for file, functions in files.items():
        text = (ROOT / file).read_text(encoding="utf-8")
        gone += (f"no such function: {file} {name}" for name in functions if f"def {name}(" not in text)
        found = mutants(ROOT, file)
        sources |= {mutant: found[mutant] for mutant in found if not functions or mutant.function in functions}
    known = equivalents(files)
    stale = gone + [f"no such mutant: {mutant}" for mutant in known if mutant not in sources]
    chosen = sample(sources, count, SEED)
    # Slow tests are left to what the others don't notice.
    runners = [Runner(ROOT, told[kind]) for kind in ("tests", "slow") if kind in told]
    seconds = " and ".join(f"{runner.prepare(next(iter(files))):.1f}" for runner in runners)
    print(f"{module}: {len(chosen)} of {len(sources)} mutants, {seconds} s each at the most", flush=True)
    killed = survived = equivalent = 0
    # Entries are checked whether or not they are in the sample.
    wanted = dict.fromkeys([*chosen, *(mutant for mutant in known if mutant in sources)])
    for done, mutant in enumerate(wanted):
        if only not in str(mutant):
            continue
        if done % 50 == 0:
            print(f"{done} of {len(wanted)}", file=sys.stderr)
        kills = any(runner.kills(mutant.file, sources[mutant]) for runner in runners)
        if mutant in known:
            equivalent += 1
            if kills:
                stale.append(f"not equivalent, a test kills it: {mutant}")
        elif kills:
            killed += 1
        else:
            survived += 1
            print(f"survived: {mutant}", flush=True)
    for text in stale:
        print(text)
    return Result(module, killed, survived, equivalent, len(stale))


def main() -> int:
    modules = tomllib.loads((HERE / "modules.toml").read_text(encoding="utf-8"))
    parser = argparse.ArgumentParser(prog="tests.mutation", description=__doc__)
    parser.add_argument("modules", nargs="*", help=f"of {', '.join(modules)}; all of them where none is named")
    parser.add_argument("--sample", type=int, default=SAMPLE, help="mutants of a module at most")
    parser.add_argument("--only", default="", help="only mutants whose text holds this")
    arguments = parser.parse_args()
    results = []
    for name in arguments.modules or modules:
        results.append(run(name, modules[name], arguments.sample, arguments.only))
        print(results[-1], flush=True)
    print(HEADINGS, *results, sep="\n")
    return int(any(result.score < WANTED or result.stale for result in results))


if __name__ == "__main__":
    raise SystemExit(main())
