"""Reading an event, the whole of an event, and the whole of a request.

An event is read from its text in one decode, and from the objects that the text stands for where there is something wrong
in it. The floor is msgspec's untyped decode of the same text, or decode and encode.
"""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.peers import floor, store_protocol, whole_request
from benchmarks.workloads import clean, dirty, hundred, sized, whole_requests
from store_protocol import NormalizeOptions, parse_payload
from store_protocol.budget import Budget
from store_protocol.normalize import event_from_objects
from store_protocol.reading.fast_path import read_text
from tests.recordings import recorded_requests

OPTIONS = NormalizeOptions()
SIZES = {"2 KB": 2_000, "8 KB": 8_000, "50 KB": 50_000, "200 KB": 200_000}
CORPORA = {"clean": clean, "dirty": dirty}


def with_wrong_frame(text: bytes) -> bytes:
    head, _, tail = text.rpartition(b'"create_order"')
    return head + b"[]" + tail


def objects(payload: dict[str, Any]) -> Any:
    return event_from_objects(payload, OPTIONS, Budget())


def text_by_objects(text: bytes) -> Any:
    return objects(parse_payload(text))


#: How an event is read, and what of: of its text, of one in which a frame is wrong, or of its objects.
READERS: dict[str, tuple[Callable[[Any], Any], Callable[[bytes], Any]]] = {
    "floor": (msgspec.json.Decoder().decode, bytes),
    "text": (read_text, bytes),
    "objects": (objects, parse_payload),
    "text by objects": (text_by_objects, bytes),
    "wrong frame, text by objects": (text_by_objects, with_wrong_frame),
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("size", SIZES)
def bench_read(benchmark: BenchmarkFixture, size: str, reader: str) -> None:
    benchmark.group = f"read an event: {size}"
    read, prepare = READERS[reader]
    given = prepare(sized(SIZES[size]))
    assert read(given) is not None
    benchmark(read, given)


def on_all(benchmark: BenchmarkFixture, run: Callable[[Any], Any], items: list[Any]) -> None:
    def run_all() -> None:
        for item in items:
            run(item)

    benchmark.pedantic(run_all, rounds=15, warmup_rounds=1)


@pytest.mark.parametrize("reader", ["floor", "text", "text by objects"])
@pytest.mark.parametrize("corpus", CORPORA)
def bench_read_recorded(benchmark: BenchmarkFixture, corpus: str, reader: str) -> None:
    benchmark.group = f"read 100 {corpus} events"
    on_all(benchmark, READERS[reader][0], hundred(CORPORA[corpus]()))


@pytest.mark.parametrize("peer", [floor, store_protocol])
@pytest.mark.parametrize("corpus", CORPORA)
def bench_event(benchmark: BenchmarkFixture, corpus: str, peer: Callable[[], Any]) -> None:
    benchmark.group = f"100 {corpus} events, from JSON to JSON"
    on_all(benchmark, peer(), hundred(CORPORA[corpus]()))


@pytest.mark.benchmark(group="100 whole requests, with their answers")
@pytest.mark.parametrize("requests", whole_requests())
def bench_request(benchmark: BenchmarkFixture, requests: str) -> None:
    on_all(benchmark, whole_request(), hundred([request for request, _ in whole_requests()[requests]]))


@pytest.mark.benchmark(group="100 whole requests, with their answers")
def bench_all_requests(benchmark: BenchmarkFixture) -> None:
    found = recorded_requests("store", "envelope").values()
    on_all(benchmark, whole_request(), hundred([request for requests in found for request in requests]))
