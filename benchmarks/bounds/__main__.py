"""The command: see the package."""

import argparse
import json
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from benchmarks.bounds import doors, page, rows, wire
from benchmarks.bounds.measure import TRIMMED, UNTRIMMED, Cost, cost_of, warm_up
from benchmarks.bounds.rows import Row
from benchmarks.bounds.screen import all_places, rows_of, screen
from benchmarks.bounds.search import found_rows

_PARTS = (
    *(rows.json_faults, rows.incoming_meta, rows.texts_and_pairs, rows.small_requests, rows.by_query, found_rows),
    *(wire.codings, wire.envelopes, wire.reports, wire.minidumps, wire.heads, doors.doors),
)


def all_rows() -> Iterator[Row]:
    """Yield every row but those of the places."""
    for part in _PARTS:
        yield from part()


def measure(row: Row) -> Any:
    """Return what a row takes, without and with trimming, as plain objects."""
    return msgspec.to_builtins(cost_of(row.make, (UNTRIMMED, TRIMMED), row.plain, row.events, row.items))


def work() -> None:
    """Do the jobs from standard input, one answer a line."""
    known = {named(row): row for row in all_rows()}
    warm_up()
    for line in sys.stdin:
        normalization = json.loads(line)
        try:
            if "screen" in normalization:
                answer = screen(normalization["screen"])
            elif "row" in normalization:
                answer = measure(known[normalization["row"]])
            else:
                [row] = rows_of([normalization["worst"]])
                answer = measure(row)
        except Exception as error:  # noqa: BLE001  (what can't be measured is a result)
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


def named(row: Row) -> str:
    return f"{row.group}: {row.name}"


def in_processes(jobs: Iterable[Any], count: int) -> list[Any]:
    """Do jobs in processes side by side; return the answers in order, None where there is none."""
    numbered = [*enumerate(jobs)]
    pending = iter(numbered)
    lock = threading.Lock()
    answers: list[Any] = [None] * len(numbered)

    def of_process() -> None:
        command = [sys.executable, "-m", "benchmarks.bounds", "--work"]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            while True:
                with lock:
                    index, normalization = next(pending, (-1, None))
                if normalization is None:
                    process.stdin.close()
                    return
                process.stdin.write(json.dumps(normalization) + "\n")
                process.stdin.flush()
                answer = json.loads(process.stdout.readline())
                if isinstance(answer, dict) and "error" in answer:
                    print(normalization, answer["error"], file=sys.stderr)
                else:
                    answers[index] = answer

    threads = [threading.Thread(target=of_process) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def measured_rows(only: str, processes: int) -> list[page.Measured]:
    """Measure the rows whose name holds a text.

    What comes out above the goal is measured again once nothing else is, and the lesser is taken.
    """
    wanted = [row for row in all_rows() if only in named(row)]
    jobs: list[Any] = [{"row": named(row)} for row in wanted]
    answers = in_processes(jobs, processes)
    if any(group.startswith(only[: len(group)]) for group in ("places: ", "items: ")):
        looks = in_processes(({"screen": index} for index, _ in enumerate(all_places())), processes)
        of_places = [row for row in rows_of(look for look in looks if look) if only in named(row)]
        by_name = {named(rows_of([look])[0]): look for look in looks if look}
        jobs_of_places = [{"worst": by_name[named(row)]} for row in of_places]
        wanted += of_places
        jobs += jobs_of_places
        answers += in_processes(jobs_of_places, processes)
    costs = [msgspec.convert(answer, tuple[Cost, Cost] | None) for answer in answers]
    again = [index for index, cost in enumerate(costs) if cost and max(each.times for each in cost) > page.GOAL]
    for index, answer in zip(again, in_processes([jobs[index] for index in again], 1), strict=True):
        first, second = costs[index], msgspec.convert(answer, tuple[Cost, Cost] | None)
        if first and second:
            costs[index] = tuple(min(pair, key=lambda each: each.times) for pair in zip(first, second, strict=True))  # type: ignore[assignment]
    return [(row, *cost) for row, cost in zip(wanted, costs, strict=True) if cost]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bounds", description="What hostile input costs.")
    parser.add_argument("--only", default="", metavar="TEXT", help="measure the rows whose name holds this")
    parser.add_argument("--body", metavar="NAME", help="write the body of this row, and nothing else")
    parser.add_argument("--write", metavar="FOLDER", help="put the tables into bounds.md in this folder")
    parser.add_argument("--list", action="store_true", help="print all rows, one a line, those that cost most first")
    parser.add_argument("--processes", type=int, default=2, help="how many measure side by side")
    parser.add_argument("--work", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.work:
        work()
    elif args.body:
        row = next(row for row in all_rows() if named(row) == args.body)
        sys.stdout.buffer.write(row.make().body)
    else:
        measured = measured_rows(args.only, args.processes)
        if args.write:
            page.write(args.write, page.table(measured))
        if args.list or not args.write:
            print(page.listed(measured))


if __name__ == "__main__":
    main()
