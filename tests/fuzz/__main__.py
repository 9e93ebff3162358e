"""Fuzz each target until its coverage stands still: `python -m tests.fuzz [TARGET...] [--runs N] [--minutes M]`.

libFuzzer is run in rounds that share a corpus, which begins with the seeds that cover something new. A target is done after
so many executions of which the last so many covered nothing new; with `--runs` or `--minutes` after that many, whatever
they covered. Prints a table; exits with 1 if an invariant was broken.
"""

import argparse
import json
import math
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import msgspec

from tests.fuzz.mutators import MUTATORS
from tests.fuzz.seeds import KEPT, make_seeds

ROUND = STILL = 100_000
LEAST = 300_000
MAX_BYTES = 3072
_STATUS = re.compile(rb"#(\d+)\s+(\w+)\s+cov: (\d+)")


class Run(msgspec.Struct):
    """What came of fuzzing one target."""

    target: str
    executions: int = 0
    coverage: int = 0
    last_new: int = 0
    seconds: float = 0
    crashes: int = 0

    def is_done(self, runs: int | None, seconds: float) -> bool:
        if self.executions >= (runs or sys.maxsize) or self.seconds >= seconds:
            return True
        return runs is None and self.executions >= LEAST and self.executions - self.last_new >= STILL

    def row(self) -> str:
        rate = self.executions / max(self.seconds, 1e-9)
        still = self.executions - self.last_new
        return f"{self.target:10} {self.executions:10} {self.coverage:8} {still:12} {rate:8.0f} {self.crashes:7}"


HEAD = f"{'target':10} {'executions':>10} {'coverage':>8} {'since new':>12} {'per s':>8} {'crashes':>7}"


#: Longer inputs cover nothing that these don't, and take their time.
_OPTIONS = [f"-max_len={MAX_BYTES}", "-timeout=20", "-rss_limit_mb=2048"]


def fuzz(target: str, folder: Path, runs: int | None, seconds: float) -> Run:
    run = Run(target)
    seeds, found, corpus = folder / "seeds", folder / "found" / target, folder / "corpus" / target
    corpus.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(found, ignore_errors=True)
    found.mkdir(parents=True)
    command = [sys.executable, "-m", "tests.fuzz.run", target, str(found), str(seeds), str(corpus), *_OPTIONS]
    subprocess.run([*command, str(seeds / target), "-merge=1"], stderr=subprocess.DEVNULL, check=True)
    while not run.is_done(runs, seconds):
        # Each round begins by reading all that is known.
        count = max(ROUND, LEAST - run.executions) if runs is None else min(runs, ROUND)
        # Zero is no bound to it.
        most = 0 if math.isinf(seconds) else math.ceil(seconds - run.seconds)
        options = [f"-artifact_prefix={found}/", f"-max_total_time={most}", f"-runs={count}", "-len_control=0"]
        _round(run, [*command, *options], seconds - run.seconds)
        run.crashes = sum(path.suffix != ".txt" for path in found.iterdir())
        print(run.row(), file=sys.stderr, flush=True)
    return run


def _round(run: Run, command: list[str], seconds: float) -> None:
    start, at, loaded = time.monotonic(), 0, 0
    with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        for line in process.stderr:
            match = _STATUS.match(line)
            if match is None:
                if line.startswith((b"FOUND", b"ERROR", b"Traceback", b"==")):
                    sys.stderr.write(line.decode(errors="replace"))
                continue
            at, coverage = int(match[1]), int(match[3])
            if match[2] == b"INITED" and run.executions:
                # What is only read again counts once.
                loaded = at
            if coverage > run.coverage:
                run.coverage, run.last_new = coverage, run.executions + at - loaded
    spent = time.monotonic() - start
    # The last seconds may all go into reading what was found before.
    if at <= loaded and spent < seconds:
        raise SystemExit(f"the fuzzer of {run.target} did not get beyond what it was given; see the end of its output")
    run.executions += max(0, at - loaded)
    run.seconds += spent


def keep(target: str, folder: Path) -> None:
    """Keep what covers something that no seed does: the next run begins with it, and the tests run it."""
    seeds, found, corpus = folder / "seeds", folder / "found" / target, folder / "corpus" / target
    merged = folder / "merged" / target
    shutil.rmtree(merged, ignore_errors=True)
    shutil.copytree(seeds / target, merged)
    command = [sys.executable, "-m", "tests.fuzz.run", target, str(found), str(seeds), str(merged), str(corpus)]
    subprocess.run([*command, *_OPTIONS, "-merge=1", "-use_counters=0"], stderr=subprocess.DEVNULL, check=True)
    new = sorted({path.name for path in merged.iterdir()} - {path.name for path in (seeds / target).iterdir()})
    with KEPT.open("a", encoding="utf-8") as file:
        for name in new:
            line = {"target": target, "input": (merged / name).read_bytes().decode("latin-1")}
            file.write(json.dumps(line, ensure_ascii=False) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(prog="tests.fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", default=list(MUTATORS), metavar="TARGET", help=", ".join(MUTATORS))
    parser.add_argument("--runs", type=int, help="executions of each target; until its coverage stands still if left out")
    parser.add_argument("--minutes", type=float, default=math.inf, help="how long to fuzz each target at the most")
    parser.add_argument("--folder", type=Path, default=Path(".fuzz"), help="where corpora and finds go")
    parser.add_argument("--keep", action="store_true", help=f"add what was found to {KEPT.name}")
    options = parser.parse_args()
    shutil.rmtree(options.folder / "seeds", ignore_errors=True)
    make_seeds(options.folder / "seeds")
    done = [fuzz(target, options.folder, options.runs, 60 * options.minutes) for target in options.targets]
    print(HEAD, *(run.row() for run in done), sep="\n")
    for target in options.targets if options.keep else ():
        keep(target, options.folder)
    sys.exit(any(run.crashes for run in done))


if __name__ == "__main__":
    main()
