"""Normalization against its peers: minima, ratios and peak memory, as a table and a plot.

    python -m benchmarks.compare [--rounds N] [--write docs]

Each peer runs in a process of its own with the same events, and the peers take turns by the round. A round goes through all
events of a workload, as no event of a server comes in a loop, and each event counts with its minimum over the rounds: what
else a machine does makes a measurement longer, and never shorter. A figure is the mean over the events of a workload, and a
ratio is that of two such figures. Of whole requests ours takes all, from the headers to the answer and the canonical JSON,
and the peers nothing but the event that is in them.
"""

import argparse
import gc
import json
import os
import platform
import re
import resource
import statistics
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.peers import PEERS, whole_request
from benchmarks.revisions import Task, one_round, outcomes
from benchmarks.workloads import clean, whole_requests, workloads
from tests import fast_way

ROOT = Path(__file__).parent.parent
OURS, RELAY, FLOOR = "store_protocol", "sentry-relay", "msgspec (floor)"
#: The columns of events, and of whole requests: what is measured of each peer.
OF_EVENTS = {peer: peer for peer in PEERS}
OF_REQUESTS = {
    OURS: "`decode_request`, `response`, `encode_event`",
    RELAY: "sentry-relay, of the event alone",
    FLOOR: "msgspec (floor), of the event alone",
}


def measure_here(peer: str) -> None:
    """Return the peak of memory, then answer each line of standard input, which names a workload, with a round of it.

    A round is a list of nanoseconds, one an event, or null where the peer refuses one.
    """
    run = PEERS[peer]()
    for event in clean():
        run(event)
    # Before the other workloads are made: what they take would hide it.
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, flush=True)
    work = {name: Task(run, events) for name, events in workloads().items()}
    for name, pairs in whole_requests().items():
        requests, events = zip(*pairs, strict=True)
        work[name] = Task(whole_request(), list(requests)) if peer == OURS else Task(run, list(events))
    refused = {name: any(outcomes(task)) for name, task in work.items()}
    gc.collect()
    gc.freeze()
    for line in sys.stdin:
        name, start = json.loads(line)
        print(json.dumps(None if refused[name] else one_round(work[name], start, set())), flush=True)


class Process:
    """A peer in a process of its own."""

    def __init__(self, peer: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.compare", "--work", peer],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONSAFEPATH": "1"},
        )
        assert self.process.stdout is not None
        #: KiB of memory at the most, after the clean workload.
        self.peak = int(self.process.stdout.readline())

    def measure(self, workload: str, start: int) -> list[int] | None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps([workload, start]) + "\n")
        self.process.stdin.flush()
        answer: list[int] | None = json.loads(self.process.stdout.readline())
        return answer


#: Microseconds of each event by workload and peer, the least over the rounds; None where the peer refuses one.
Results = dict[str, dict[str, list[float] | None]]


def measure(processes: dict[str, Process], rounds: int) -> Results:
    """Return what each peer takes for each event of each workload."""
    sizes = {name: len(events) for name, events in (workloads() | whole_requests()).items()}
    # Those that have no column there.
    left_out = PEERS.keys() - OF_REQUESTS.keys()
    found: dict[str, dict[str, list[list[int] | None]]] = {
        name: {peer: [] for peer in processes if name in workloads() or peer not in left_out} for name in sizes
    }
    for turn in range(rounds):
        for name, by_peer in found.items():
            for peer, answers in by_peer.items():
                answers.append(processes[peer].measure(name, turn * 7 % sizes[name]))
    return {name: {peer: least(answers) for peer, answers in by_peer.items()} for name, by_peer in found.items()}


def least(rounds: list[list[int] | None]) -> list[float] | None:
    measured = [each for each in rounds if each is not None]
    return [min(each) / 1000 for each in zip(*measured, strict=True)] if measured else None


def table(results: Results, peaks: dict[str, int]) -> str:
    """Return the results as tables in Markdown."""
    event_sizes = {name: mean([len(event) for event in events]) for name, events in workloads().items()}
    body_sizes = {name: mean([len(request.body) for request, _ in pairs]) for name, pairs in whole_requests().items()}
    memory = ", ".join(f"{peer} {peak // 1024} MiB" for peer, peak in peaks.items())
    clients = [ratio(results[name]) for name in results if name.startswith("client: ")]
    told = [each for each in clients if each is not None]
    lines = [
        *rows("workload", event_sizes, OF_EVENTS, results),
        "",
        *rows("whole requests", body_sizes, OF_REQUESTS, results),
        "",
        (
            f"Over the clients ours is {statistics.geometric_mean(told):.2f} times as fast as sentry-relay "
            f"(geometric mean), and {min(told):.2f} times for the slowest."
        ),
        "",
        "Of the events of each client C reads nearly all. What it refuses is read in Python, attribute by attribute:",
        "",
        fast_way.table(fast_way.of_clients()),
        "",
        f"Peak memory of each process after the clean workload: {memory}.",
    ]
    return "\n".join([*lines, ""])


def rows(title: str, sizes: dict[str, float], columns: dict[str, str], results: Results) -> list[str]:
    lines = [
        f"| {title} | bytes | " + " | ".join(columns.values()) + " | x sentry-relay | x floor |",
        "|---|---:|" + "---:|" * (len(columns) + 2),
    ]
    for name, size in sizes.items():
        found = results[name]
        cells = [name, f"{size:,.0f}"]
        cells += [f"{mean(each):,.1f} µs" if (each := found[peer]) else "refuses" for peer in columns]
        to_relay = ratio(found)
        cells.append("" if to_relay is None else f"{to_relay:.2f}")
        ours, floor = found[OURS], found[FLOOR]
        cells.append(f"{mean(ours) / mean(floor):.2f}" if ours and floor else "")
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def ratio(found: dict[str, list[float] | None]) -> float | None:
    """Return how many times as fast as Relay ours is."""
    ours, relay = found[OURS], found[RELAY]
    return mean(relay) / mean(ours) if ours and relay else None


def with_figure(readme: str, found: dict[str, list[float] | None]) -> str:
    """Return the README with the time that ours takes for an event as clients send it, and how it compares to Relay's."""
    readme = re.sub(r"takes \S+ µs from JSON", f"takes {mean(found[OURS] or [0]):,.1f} µs from JSON", readme)
    return re.sub(r"takes \S+ times as long", f"takes {ratio(found) or 0:.2f} times as long", readme)


def mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def plot(results: Results, path: Path) -> None:
    """Draw the time for a byte over the size of the event."""
    import matplotlib as mpl  # noqa: PLC0415

    mpl.use("svg")
    from matplotlib import pyplot as plt  # noqa: PLC0415

    sizes = {name: len(events[0]) for name, events in workloads().items() if name.endswith("KiB")}
    figure, axes = plt.subplots(figsize=(7, 4))
    for peer in PEERS:
        axes.plot(
            list(sizes.values()),
            [mean(results[name][peer] or [0]) * 1000 / size for name, size in sizes.items()],
            marker="o",
            label=peer,
        )
    axes.set(xscale="log", yscale="log", xlabel="bytes of the event", ylabel="nanoseconds a byte")
    axes.legend()
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})


def machine() -> str:
    model = next(
        (line.partition(":")[2].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line),
        platform.processor(),
    )
    return f"{model}, Python {platform.python_version()}, {platform.system()}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--write", type=Path, help="the folder of the docs, whose page is written anew")
    parser.add_argument("--work", choices=PEERS, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.work:
        measure_here(args.work)
        return
    processes = {peer: Process(peer) for peer in PEERS}
    results = measure(processes, args.rounds)
    found = table(results, {peer: process.peak for peer, process in processes.items()})
    print(f"{machine()}\n\n{found}")
    if args.write:
        page = args.write / "performance.md"
        head, _, rest = page.read_text(encoding="utf-8").partition("<!-- results -->\n")
        _, _, tail = rest.partition("<!-- end of results -->\n")
        page.write_text(
            f"{head}<!-- results -->\n{machine()}; {args.rounds} rounds.\n\n{found}<!-- end of results -->\n{tail}",
            encoding="utf-8",
        )
        plot(results, args.write / "performance.svg")
        readme = args.write.parent / "README.md"
        readme.write_text(with_figure(readme.read_text(encoding="utf-8"), results["clean"]), encoding="utf-8")


if __name__ == "__main__":
    main()
