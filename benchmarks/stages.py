"""Where the time of a request goes: each stage and each step of normalization, over the recorded requests.

    python -m benchmarks.stages [rounds]

The median over the rounds of the mean over all events, in microseconds. Reading the clock takes a tenth of one.
"""

import collections
import statistics
import sys
import time

from benchmarks.peers import OPTIONS
from benchmarks.workloads import clean, recorded_requests
from store_protocol import NormalizeOptions, StoreError, decode_request, encode_event
from store_protocol.normalize import STEPS, new_event_id
from store_protocol.normalize.job import Job
from store_protocol.payload import parse_payload
from store_protocol.schema.convert import Reading
from store_protocol.schema.event import finish, read_event
from store_protocol.schema.incoming_meta import read_meta
from store_protocol.schema.notes import Notes
from store_protocol.schema.timestamps import timestamp


def one_round(events: list[bytes]) -> dict[str, float]:
    options = NormalizeOptions(**OPTIONS)
    received_at = timestamp(OPTIONS["received_at"])
    spent: dict[str, float] = collections.defaultdict(float)
    clock = time.perf_counter
    for raw in events:
        start = clock()
        payload = parse_payload(raw)
        spent["parse_payload"] += clock() - start
        notes = Notes()
        start = clock()
        read_meta(payload, notes)
        event = read_event(payload, Reading(notes))
        spent["read_event"] += clock() - start
        job = Job(payload, event, notes, options, received_at, new_event_id)
        for step in STEPS:
            start = clock()
            step(job)
            spent[f"  {step.__module__.rpartition('.')[2]}.{step.__name__}"] += clock() - start
        start = clock()
        finish(event, notes, with_errors=True)
        spent["errors and _meta"] += clock() - start
        start = clock()
        encode_event(event)
        spent["encode_event"] += clock() - start
    return {name: seconds / len(events) * 1e6 for name, seconds in spent.items()}


def whole_requests() -> list[float]:
    """Give the microseconds that each recorded request takes, its answer included."""
    requests = [request for found in recorded_requests().values() for request in found]
    taken = []
    for request in requests:
        runs = []
        for _ in range(9):
            start = time.perf_counter()
            try:
                decode_request(request, now=1795447500.0).response()
            except StoreError as error:
                error.response()
            runs.append(time.perf_counter() - start)
        taken.append(statistics.median(runs) * 1e6)
    return taken


def main() -> None:
    events = clean()
    rounds = [one_round(events) for _ in range(int(sys.argv[1]) if len(sys.argv) > 1 else 25)]
    total = 0.0
    print(f"{len(events)} events of {sum(map(len, events)) / len(events):,.0f} bytes on average")
    for name in rounds[0]:
        found = statistics.median(one[name] for one in rounds)
        total += found
        print(f"{name:40} {found:8.2f}")
    print(f"{'all':40} {total:8.2f}")
    taken = whole_requests()
    print(f"decode_request and response(), all in all: {statistics.mean(taken):.1f} us")


if __name__ == "__main__":
    main()
