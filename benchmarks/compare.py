"""Normalization against its peers: medians, ratios and peak memory, as a table and a plot.

    python -m benchmarks.compare [--rounds N] [--write docs]

Each peer runs in a process of its own with the same events, and the peers take turns, so that whatever else the machine
does meets all alike. A figure is the median over the rounds, of the mean over the events of a workload; a ratio is the
median of the ratios within the rounds. Of whole requests ours takes all, from the headers to the answer, and the peers
nothing but the event that is in them.
"""

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.peers import PEERS, whole_request
from benchmarks.workloads import clean, whole_requests, workloads

ROOT = Path(__file__).parent.parent
#: A workload is repeated until it has taken this long, in seconds.
AT_LEAST = 0.05
OURS, RELAY, FLOOR = "store_protocol", "sentry-relay", "msgspec (floor)"
#: The columns of events, and of whole requests: what is measured of each peer.
OF_EVENTS = {peer: peer for peer in PEERS}
OF_REQUESTS = {
    OURS: "`decode_request` and `response`",
    RELAY: "sentry-relay, of the event alone",
    FLOOR: "msgspec (floor), of the event alone",
}


def measure_here(peer: str) -> None:
    """Return the peak of memory, then measure workloads by their names from standard input, one result a line."""
    run = PEERS[peer]()
    for event in clean():
        run(event)
    # Before the other workloads are made: what they take would hide it.
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, flush=True)
    work: dict[str, tuple[Callable[[Any], Any], list[Any]]] = {name: (run, events) for name, events in workloads().items()}
    for name, pairs in whole_requests().items():
        requests, events = zip(*pairs, strict=True)
        work[name] = (whole_request(), list(requests)) if peer == OURS else (run, list(events))
    for line in sys.stdin:
        run, given = work[line.strip()]
        try:
            runs, start = 0, time.perf_counter()
            while (spent := time.perf_counter() - start) < AT_LEAST:
                for each in given:
                    run(each)
                runs += 1
            answer: dict[str, Any] = {"seconds": spent / runs / len(given)}
        except Exception as error:  # noqa: BLE001  (a peer that can't is a result)
            answer = {"error": type(error).__name__}
        print(json.dumps(answer), flush=True)


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

    def measure(self, workload: str) -> dict[str, Any]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(workload + "\n")
        self.process.stdin.flush()
        answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        return answer


Results = dict[str, dict[str, list[dict[str, Any]]]]


def measure(processes: dict[str, Process], rounds: int) -> Results:
    """Return the results of each round by workload and peer."""
    results: Results = {name: {peer: [] for peer in processes} for name in workloads()}
    # Those that have no column there.
    left_out = PEERS.keys() - OF_REQUESTS.keys()
    results |= {name: {peer: [] for peer in processes if peer not in left_out} for name in whole_requests()}
    for turn in range(rounds + 1):
        for name, found in results.items():
            for peer, answers in found.items():
                answer = processes[peer].measure(name)
                # The first round is for warming up.
                if turn:
                    answers.append(answer)
    return results


def table(results: Results, peaks: dict[str, int]) -> str:
    """Return the results as tables in Markdown."""
    event_sizes = {name: mean([len(event) for event in events]) for name, events in workloads().items()}
    body_sizes = {name: mean([len(request.body) for request, _ in pairs]) for name, pairs in whole_requests().items()}
    memory = ", ".join(f"{peer} {peak // 1024} MiB" for peer, peak in peaks.items())
    lines = [
        *rows("workload", event_sizes, OF_EVENTS, results),
        "",
        *rows("whole requests", body_sizes, OF_REQUESTS, results),
    ]
    return "\n".join([*lines, "", f"Peak memory of each process after the clean workload: {memory}.", ""])


def rows(title: str, sizes: dict[str, float], columns: dict[str, str], results: Results) -> list[str]:
    lines = [
        f"| {title} | bytes | " + " | ".join(columns.values()) + " | x sentry-relay | x floor |",
        "|---|---:|" + "---:|" * (len(columns) + 2),
    ]
    for name, size in sizes.items():
        found = results[name]
        cells = [name, f"{size:,.0f}"]
        cells += [f"{median(found[peer]):,.1f} µs" if seconds(found[peer]) else "refuses" for peer in columns]
        ours, relay, floor = (seconds(found[peer]) for peer in (OURS, RELAY, FLOOR))
        cells.append(f"{ratio(relay, ours):.2f}" if relay else "")
        cells.append(f"{ratio(ours, floor):.2f}" if floor else "")
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def mean(sizes: list[int]) -> float:
    return sum(sizes) / len(sizes)


def seconds(answers: list[dict[str, Any]]) -> list[float]:
    return [answer["seconds"] for answer in answers if "seconds" in answer]


def median(answers: list[dict[str, Any]]) -> float:
    return statistics.median(seconds(answers)) * 1e6


def ratio(first: list[float], second: list[float]) -> float:
    return statistics.median(one / other for one, other in zip(first, second, strict=True))


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
            [median(results[name][peer]) * 1000 / size for name, size in sizes.items()],
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
    parser.add_argument("--rounds", type=int, default=9)
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


if __name__ == "__main__":
    main()
