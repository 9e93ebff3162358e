"""What several processes bring and cost: the workers of `store-protocol serve`, and those of `normalize_many`.

    python -m benchmarks.processes [--write docs]

Of a server the processor's seconds of all its processes for 1,000 requests are told: rates tell little on a machine that
does other things, too. What counts is what a server has had in all its life with many requests, less what it has had with
few, so that its start counts for nothing. Of `normalize_many` the wall clock is told, without the start of the processes.
Of each the least of several turns is taken.
"""

import argparse
import collections
import gzip
import http.client
import itertools
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.peers import OPTIONS as NORMALIZE_OPTIONS
from benchmarks.serve_rate import HEADERS, free_port, wait_for
from benchmarks.workloads import clean, sized
from store_protocol import NormalizeOptions, normalize_many

CONNECTIONS = 8
FEW, MANY = 400, 2400
#: Events that `normalize_many` is given, and those of them that only wake its processes up: a chunk for each.
MANY_TEXTS, WARM = 20_000, 2_000
OPTIONS = NormalizeOptions(**NORMALIZE_OPTIONS)
SCRIPTS = Path(sys.executable).parent

#: What is sent: the recorded events, whose mean counts, and one event.
BODIES: dict[str, Callable[[], list[bytes]]] = {
    "recorded events": clean,
    "2 KB": lambda: [sized(2000)],
    "50 KB": lambda: [sized(50_000)],
}


def command(name: str, workers: int, port: int) -> list[str]:
    """Return the command of a server: `serve`, or one that reads the body and answers 200."""
    common = ["--port", str(port), "--workers", str(workers)]
    if name == "serve":
        return [str(SCRIPTS / "store-protocol"), "serve", "--quiet", *common]
    quiet = ["--no-access-log", "--log-level", "warning", "--no-server-header"]
    return [str(SCRIPTS / "uvicorn"), "benchmarks.serve_rate:bare", *quiet, *common]


def post(port: int, bodies: list[bytes], count: int) -> None:
    """Send requests over several connections at once."""

    def run(start: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        for body in itertools.islice(itertools.cycle(bodies), start, start + count // CONNECTIONS):
            connection.request("POST", "/api/1/store/", body, HEADERS)
            answer = connection.getresponse()
            answer.read()
            assert answer.status == 200, answer.status
        connection.close()

    threads = [threading.Thread(target=run, args=(number * 7,)) for number in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def seconds(name: str, workers: int, bodies: list[bytes], count: int) -> float:
    """Return the processor's seconds that a server has had once it has answered so many requests and was stopped."""
    port = free_port()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with subprocess.Popen(command(name, workers, port), stdout=subprocess.DEVNULL) as process:
        try:
            wait_for(port)
            post(port, bodies, count)
        finally:
            process.send_signal(signal.SIGTERM)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def turns(rows: list[tuple[str, int]], bodies: list[bytes], count: int) -> Iterator[tuple[tuple[str, int], float, float]]:
    """Return for each server the least that it has had with few requests, and with many."""
    found: dict[tuple[tuple[str, int], int], float] = {}
    for _ in range(count):
        for row, requests in itertools.product(rows, (FEW, MANY)):
            found[row, requests] = min(found.get((row, requests), 1e9), seconds(*row, bodies, requests))
    for row in rows:
        yield row, found[row, FEW], found[row, MANY]


def wall_clock(processes: int) -> float:
    """Return the seconds that a megabyte of recorded events takes; the first events are there once all processes are."""
    events = clean()
    texts = list(itertools.islice(itertools.cycle(events), MANY_TEXTS))
    done = normalize_many(itertools.chain(texts[:WARM], texts), OPTIONS, processes=processes, encoded=True)
    for _ in range(WARM):
        next(done)
    before = time.perf_counter()
    collections.deque(done, maxlen=0)
    return (time.perf_counter() - before) / sum(map(len, texts)) * 1e6


def tables(count: int) -> str:
    """Return both tables in Markdown, the least of so many turns."""
    rows = [(name, workers) for workers in (1, 2) for name in ("bare", "serve")]
    lines = ["| body, gzip | workers | a server that only reads the body | `serve` |", "|---|---:|---:|---:|"]
    for label, make in BODIES.items():
        bodies = [gzip.compress(body, 6, mtime=0) for body in make()]
        spent = {row: (many - few) / (MANY - FEW) * 1000 for row, few, many in turns(rows, bodies, count)}
        lines += [f"| {label} | {each} | {spent['bare', each]:.2f} s | {spent['serve', each]:.2f} s |" for each in (1, 2)]
    least = {processes: min(wall_clock(processes) for _ in range(count)) for processes in (1, 2)}
    lines += ["", "| processes of `normalize_many` | 1 MB of events | times as fast |", "|---:|---:|---:|"]
    lines += [f"| {processes} | {1000 * each:.1f} ms | {least[1] / each:.2f} |" for processes, each in least.items()]
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--write", type=Path, help="the folder of the docs, whose page on performance is written anew")
    arguments = parser.parse_args()
    found = tables(arguments.turns)
    sys.stdout.write(found)
    if arguments.write:
        page = arguments.write / "performance.md"
        head, mark, rest = page.read_text(encoding="utf-8").partition("<!-- processes -->\n")
        _, end, tail = rest.partition("<!-- end of processes -->\n")
        page.write_text(f"{head}{mark}{found}{end}{tail}", encoding="utf-8")


if __name__ == "__main__":
    main()
