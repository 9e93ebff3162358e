"""Where the time of an event goes: each step of normalization, `errors` and `_meta`, and the encoding.

Each is measured on a hundred events as it meets them: read anew for every round, with all steps before it done.
"""

from collections.abc import Callable
from typing import Any

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.peers import OPTIONS
from benchmarks.workloads import clean, dirty, hundred
from store_protocol import NormalizeOptions, encode_event
from store_protocol.budget import Budget
from store_protocol.convert.timestamps import timestamp
from store_protocol.normalize import STEPS, event_from_objects, event_from_text, new_event_id
from store_protocol.normalize.context import Normalization
from store_protocol.payload import parse_payload
from store_protocol.reading.events import finish
from tests.recordings import by_client


def errors_and_meta(normalization: Normalization) -> None:
    finish(normalization.event, normalization.meta_tree)


def encode(normalization: Normalization) -> None:
    encode_event(normalization.event)


WAY: tuple[Callable[[Normalization], None], ...] = (*STEPS, errors_and_meta, encode)
CORPORA = {
    "clean": hundred(clean()),
    "dirty": hundred(dirty()),
    "today's": hundred([event for events in by_client("envelope").values() for event in events]),
}

_options = NormalizeOptions(**OPTIONS)
_received_at = timestamp(OPTIONS["received_at"])


def job_of(text: bytes) -> Normalization:
    read_event = event_from_text(text, _options, Budget()) or event_from_objects(parse_payload(text), _options, Budget())
    return Normalization(read_event, _options, _received_at, new_event_id)


def name_of(index: int) -> str:
    step = WAY[index]
    return f"{index + 1:02} {step.__module__.rpartition('.')[2]}.{step.__name__}" if index < len(STEPS) else step.__name__


@pytest.mark.parametrize("index", range(len(WAY)), ids=name_of)
@pytest.mark.parametrize("corpus", CORPORA)
def bench_step(benchmark: BenchmarkFixture, corpus: str, index: int) -> None:
    benchmark.group = f"steps, on 100 {corpus} events"
    step = WAY[index]

    def jobs() -> tuple[tuple[list[Normalization]], dict[str, Any]]:
        found = [job_of(text) for text in CORPORA[corpus]]
        for normalization in found:
            for earlier in WAY[:index]:
                earlier(normalization)
        return (found,), {}

    def run(jobs: list[Normalization]) -> None:
        for normalization in jobs:
            step(normalization)

    benchmark.pedantic(run, setup=jobs, rounds=15, warmup_rounds=1)
