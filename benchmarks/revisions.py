"""Ours beside ours at an earlier revision, to about one in a hundred.

    python -m benchmarks.revisions REVISION [--workloads real,sized] [--files 'events/**/*.json'] [--each]
    python -m benchmarks.revisions REVISION --instructions

What else a machine does makes a measurement longer, and never shorter: so each event counts with its minimum over many
rounds. A round goes through all events of a workload, since one event in a loop would find everything in the caches of the
processor, as no event of a server does. The figure of a workload is the mean over its events.

Both revisions run in processes of their own, which take turns by the round. Where a process has its memory decides one or
two in a hundred for as long as it lives, and so does the seed of its hashes: there are several processes of each revision,
one after the other. A third process measures the working tree again. Its ratio to the first is 1 but for the noise: where
it is 2 % off, so may be any other figure of the run.
"""

import argparse
import contextlib
import functools
import gc
import glob
import io
import itertools
import json
import os
import pickle
import random
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.peers import OPTIONS, store_protocol, whole_request
from benchmarks.workloads import SIZES, dirty, of_clients, sized, whole_requests

ROOT = Path(__file__).parent.parent
#: How many processes of a revision run one after the other.
SITTINGS = 5
#: How often the ratio is taken from a half of the rounds, to tell how far it may be off.
HALVES = 200
#: The three that are measured, by the names of their folders: these are equally long, since even the length of a path
#: moves what a process has in its memory.
THEN, NOW, AGAIN = SIDES = ("then", "now_", "now2")

#: The rows of a workload with what is given for each: texts of events, or what makes an `HttpRequest`.
Workload = dict[str, list[Any]]
#: Nanoseconds of each event in each round.
Rounds = list[list[int]]


def _normalize() -> Callable[[bytes], Any]:
    from store_protocol import Limits, NormalizeOptions, normalize_event  # noqa: PLC0415

    options, limits = NormalizeOptions(**OPTIONS), Limits(max_event_bytes=1 << 26)
    return lambda raw: normalize_event(raw, options, limits=limits)


def _requests(endpoint: str) -> Workload:
    requests = [request for request, _ in whole_requests()[f"{endpoint}, gzip"]]
    return {endpoint: [(each.method, each.target, each.headers, each.body) for each in requests]}


def _real() -> Workload:
    return of_clients("store", "envelope")


def _sized(size: int) -> Workload:
    # Several, or all the time would be that of a process that has just been waked.
    return {f"{size // 1024} KiB": [sized(size)] * max(3, min(16, (1 << 18) // size))}


#: Each workload: what is measured, and what is given to it.
WORKLOADS: dict[str, tuple[Callable[[], Callable[[Any], Any]], Callable[[], Workload]]] = {
    "real": (store_protocol, _real),
    "dirty-0.5": (store_protocol, lambda: {"0.5 %": dirty(0.005)}),
    "dirty-5": (store_protocol, lambda: {"5 %": dirty(0.05)}),
    **{f"sized-{size // 1024}": (store_protocol, functools.partial(_sized, size)) for size in SIZES},
    "normalize": (_normalize, _real),
    "store": (whole_request, functools.partial(_requests, "store")),
    "envelope": (whole_request, functools.partial(_requests, "envelope")),
    "files": (store_protocol, dict),
}


def files(pattern: str) -> Workload:
    """Return the events of files: one of each, or one of each line of a file that ends in `l` (`.jsonl`)."""
    found = {}
    for path in map(Path, sorted(glob.glob(pattern, recursive=True))):  # noqa: PTH207  (Path.glob takes no absolute ones)
        if path.is_file():
            text = path.read_bytes()
            found[path.name] = [line for line in text.splitlines() if line.strip()] if path.suffix.endswith("l") else [text]
    if not found:
        raise SystemExit(f"no file is like {pattern}")
    return found


class Task(NamedTuple):
    """A workload as a process measures it."""

    run: Callable[[Any], Any]
    given: list[Any]


def read_tasks(path: Path) -> dict[str, Task]:
    """Read what to measure, ready to be run with the package that this process imports."""
    from store_protocol import HttpRequest  # noqa: PLC0415

    found = {}
    for name, given in pickle.loads(path.read_bytes()).items():
        run = WORKLOADS[name][0]()
        ready = [HttpRequest(*each) if isinstance(each, tuple) else each for each in given]
        found[name] = Task(run, ready)
    return found


def outcomes(task: Task) -> list[str]:
    """Run everything a first time; return the name of the error that each raised, or nothing."""
    found = []
    for each in task.given:
        try:
            task.run(each)
        except Exception as error:  # noqa: BLE001  (what can't be taken is left out by whoever asked)
            found.append(type(error).__name__)
        else:
            found.append("")
    return found


def one_round(task: Task, start: int, left_out: set[int]) -> list[int]:
    """Return how many nanoseconds each takes, the first to be run being `start`."""
    spent, run, clock = [0] * len(task.given), task.run, time.thread_time_ns
    if start not in left_out:
        # Wakes the processor up, and has the code of the package in its caches.
        run(task.given[start])
    for index in (*range(start, len(spent)), *range(start)):
        if index not in left_out:
            each = task.given[index]
            before = clock()
            run(each)
            spent[index] = clock() - before
    return spent


def work(path: Path) -> None:
    """Answer each line of standard input, which names a workload and where in it to begin, with a round of it."""
    tasks = read_tasks(path)
    found = {name: outcomes(task) for name, task in tasks.items()}
    left_out = {name: {index for index, error in enumerate(errors) if error} for name, errors in found.items()}
    gc.collect()
    gc.freeze()
    print(json.dumps(found), flush=True)
    for line in sys.stdin:
        name, start = json.loads(line)
        print(json.dumps(one_round(tasks[name], start, left_out[name])), flush=True)


def count(path: Path) -> None:
    """Run each workload in two processes, one of which does nothing, and name them: their counts differ by the workload."""
    tasks = read_tasks(path)
    left_out = {name: {index for index, error in enumerate(outcomes(task)) if error} for name, task in tasks.items()}
    gc.collect()
    gc.freeze()
    for (name, task), rounds in itertools.product(tasks.items(), (0, 1)):
        child = os.fork()
        if not child:
            for _ in range(rounds):
                one_round(task, 0, left_out[name])
            os._exit(0)
        os.waitpid(child, 0)
        print(json.dumps([name, rounds, child]), flush=True)


def environment(folder: Path, seed: int) -> dict[str, str]:
    """Return the environment of a process that imports the package from a folder, and the benchmarks from here."""
    path = os.pathsep.join(map(str, (folder, ROOT)))
    return {**os.environ, "PYTHONPATH": path, "PYTHONSAFEPATH": "1", "PYTHONHASHSEED": str(seed)}


class Process:
    """A process that measures, a round at a time."""

    def __init__(self, folder: Path, tasks: Path, seed: int) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.revisions", "--work", str(tasks)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment(folder, seed),
        )

    def answer(self) -> Any:
        assert self.process.stdout is not None
        return json.loads(self.process.stdout.readline())

    def measure(self, name: str, start: int) -> list[int]:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps([name, start]) + "\n")
        self.process.stdin.flush()
        spent: list[int] = self.answer()
        return spent

    def end(self) -> None:
        self.process.communicate()


class Measured(NamedTuple):
    """What was measured: the rounds by workload and side, and the errors by the same."""

    rounds: dict[str, dict[str, Rounds]]
    errors: dict[str, dict[str, list[str]]]


def measure(folder: Path, tasks: Path, sizes: dict[str, int], rounds: int) -> Measured:
    """Measure all sides in turn."""
    found = Measured({name: {side: [] for side in SIDES} for name in sizes}, {name: {} for name in sizes})
    for sitting in range(SITTINGS):
        processes = {side: Process(folder / side, tasks, sitting) for side in SIDES}
        for side, process in processes.items():
            for name, errors in process.answer().items():
                found.errors[name][side] = errors
        order = list(processes.items())
        for turn in range(-(-rounds // SITTINGS)):
            for name, size in sizes.items():
                for side, process in order:
                    found.rounds[name][side].append(process.measure(name, turn * 7 % size))
            # Who comes first meets what the last workload left behind.
            order = order[1:] + order[:1]
        for process in processes.values():
            process.end()
    return found


def check_out(revision: str, folder: Path) -> None:
    """Put the package of a revision, and twice that of the working tree, into folders of their own."""
    archive = subprocess.run(["git", "archive", revision, "store_protocol"], cwd=ROOT, check=True, capture_output=True)
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as tar:
        tar.extractall(folder / THEN, filter="data")
    for side in (NOW, AGAIN):
        # A copy, so that whoever edits meanwhile measures nothing but what there was.
        shutil.copytree(
            ROOT / "store_protocol", folder / side / "store_protocol", ignore=shutil.ignore_patterns("__pycache__")
        )


def mean_of_minima(rounds: Rounds, indexes: Iterable[int]) -> float:
    """Return the mean over some events of the least time that each took, in nanoseconds."""
    least = [min(each) for each in zip(*rounds, strict=True)]
    chosen = [least[index] for index in indexes]
    return sum(chosen) / len(chosen)


def uncertainty(one: Rounds, other: Rounds, indexes: list[int]) -> float:
    """Return within how much the ratio of two sides lies in 95 of 100 halves of the rounds."""
    rng, half = random.Random(1), len(one) // 2
    ratio = mean_of_minima(one, indexes) / mean_of_minima(other, indexes)
    off = []
    for _ in range(HALVES):
        chosen = rng.sample(range(len(one)), half)
        first, second = ([rounds[index] for index in chosen] for rounds in (one, other))
        off.append(abs(mean_of_minima(first, indexes) / mean_of_minima(second, indexes) - ratio))
    return sorted(off)[HALVES * 95 // 100]


def rows_of(name: str, given: Workload, *, each: bool) -> dict[str, list[int]]:
    """Return the indexes of the events of each row of the table."""
    numbers = itertools.count()
    parts = {f"{name}: {row}": [next(numbers) for _ in events] for row, events in given.items()}
    whole = {name: [index for indexes in parts.values() for index in indexes]}
    return whole | parts if each and len(parts) > 1 else whole


def table(revision: str, work: dict[str, Workload], measured: Measured, *, each: bool) -> str:
    """Return the figures as a table in Markdown, and what it leaves out."""
    lines = [
        f"| workload | events | {revision} | now | now / {revision} | ± | noise: now / now |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    notes, worst = [], 0.0
    for name, given in work.items():
        rounds, errors = measured.rounds[name], measured.errors[name]
        refused = {index for index, names in enumerate(zip(*errors.values(), strict=True)) if any(names)}
        if refused:
            differ = sum(errors[THEN][index] != errors[NOW][index] for index in refused)
            notes.append(f"{name}: {len(refused)} are refused and left out, {differ} of them not alike by both.")
        for row, all_of_them in rows_of(name, given, each=each).items():
            indexes = [index for index in all_of_them if index not in refused]
            if not indexes:
                continue
            then, now, again = (mean_of_minima(rounds[side], indexes) for side in SIDES)
            off = uncertainty(rounds[NOW], rounds[THEN], indexes)
            worst = max(worst, abs(again / now - 1))
            lines.append(
                f"| {row} | {len(indexes)} | {then / 1000:,.1f} µs | {now / 1000:,.1f} µs "
                f"| {now / then:.3f} | {off:.3f} | {again / now:.3f} |"
            )
    notes.append(f"A ratio below 1: now is faster. The working tree against itself was off by {worst:.1%} at the most.")
    return "\n".join([*lines, "", *notes])


def instructions(folder: Path, tasks: Path) -> dict[str, int]:
    """Return how many instructions a round of each workload takes, by callgrind."""
    if not shutil.which("valgrind"):
        raise SystemExit("valgrind is not installed")
    with tempfile.TemporaryDirectory() as counts:
        done = subprocess.run(
            [
                *("valgrind", "--quiet", "--tool=callgrind", f"--callgrind-out-file={counts}/%p"),
                *(sys.executable, "-m", "benchmarks.revisions", "--count", str(tasks)),
            ],
            check=True,
            stdout=subprocess.PIPE,
            text=True,
            env=environment(folder, 0),
        )
        found: dict[str, int] = {}
        for name, rounds, process in map(json.loads, done.stdout.splitlines()):
            # A process starts with the count of the one that it was forked from.
            total = re.search(r"^totals: (\d+)$", Path(counts, str(process)).read_text(), re.MULTILINE)
            assert total, "callgrind counted nothing"
            found[name] = found.get(name, 0) + (int(total[1]) if rounds else -int(total[1]))
    return found


def instruction_table(revision: str, folder: Path, tasks: Path, sizes: dict[str, int]) -> str:
    """Return the counts of both revisions as a table in Markdown."""
    then, now = (instructions(folder / side, tasks) for side in (THEN, NOW))
    lines = [f"| instructions of an event | {revision} | now | now / {revision} |", "|---|---:|---:|---:|"]
    for name, size in sizes.items():
        first, second = then[name] / size, now[name] / size
        lines.append(f"| {name} | {first:,.0f} | {second:,.0f} | {second / first:.4f} |")
    return "\n".join(lines)


def chosen(asked: str | None) -> list[str]:
    """Return the names of the workloads that are asked for; `sized` stands for all that begin so."""
    names = [name for name in WORKLOADS if name != "files"]
    if asked is None:
        return names
    found = {each: [name for name in names if name == each or name.startswith(f"{each}-")] for each in asked.split(",")}
    if unknown := [each for each, named in found.items() if not named]:
        raise SystemExit(f"no workload is named {', '.join(unknown)}; there are {', '.join(names)}")
    return [name for named in found.values() for name in named]


def compare(args: argparse.Namespace) -> str:
    work = {name: WORKLOADS[name][1]() for name in chosen(args.workloads)}
    if args.files:
        # Alone, unless others were asked for by their names.
        work = {"files": files(args.files), **(work if args.workloads else {})}
    plain = {name: [each for events in given.values() for each in events] for name, given in work.items()}
    sizes = {name: len(given) for name, given in plain.items()}
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        check_out(args.revision, folder)
        tasks = folder / "tasks"
        tasks.write_bytes(pickle.dumps(plain))
        if args.instructions:
            return instruction_table(args.revision, folder, tasks, sizes)
        return table(args.revision, work, measure(folder, tasks, sizes, args.rounds), each=args.each)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("revision", nargs="?", default="HEAD", help="what to compare the working tree with")
    parser.add_argument("--workloads", help=f"of {', '.join(WORKLOADS)}; all unless said otherwise")
    parser.add_argument("--files", metavar="PATTERN", help="events of your own: JSON files, or a line each of JSON Lines")
    parser.add_argument("--each", action="store_true", help="a row for each client, and for each file")
    parser.add_argument("--rounds", type=int, default=60, help="30 or more tell one in a hundred")
    parser.add_argument("--instructions", action="store_true", help="count instructions with valgrind, and measure no time")
    parser.add_argument("--work", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--count", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.work:
        # The end of standard output is the end of the measuring.
        with contextlib.suppress(BrokenPipeError):
            work(args.work)
    elif args.count:
        count(args.count)
    else:
        print(compare(args))


if __name__ == "__main__":
    main()
