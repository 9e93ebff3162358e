"""Many events with all cores: each chunk of texts goes to a process of a pool, and what comes back keeps the order.

Strategy: a chunk has `CHUNK_BYTES` of text, so that handing it over costs little beside normalizing it, and no more chunks
are under way than `AHEAD` for each process: memory stays the same however many texts there are. Processes are started
anew (`spawn`), as a fork of a process with threads may hang.
"""

import collections
import multiprocessing
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from typing import Final, Literal, TypeVar, cast, overload

import msgspec

from store_protocol.decode import decode_event
from store_protocol.encode import encode_event
from store_protocol.errors import StoreError
from store_protocol.limits import Limits
from store_protocol.normalize import NormalizeOptions, normalize_event
from store_protocol.preloading import preload
from store_protocol.schema.normalized_event import NormalizedEvent

#: Bytes of text that a process is given at a time, and texts at the most.
CHUNK_BYTES: Final = 1 << 20
CHUNK_TEXTS: Final = 1000
#: Chunks for each process that are under way or done and not yet taken.
AHEAD: Final = 3

Text = bytes | bytearray | str


@overload
def normalize_many(
    texts: Iterable[Text],
    options: NormalizeOptions = ...,
    *,
    processes: int | None = None,
    limits: Limits | None = None,
    encoded: Literal[False] = False,
) -> Iterator[NormalizedEvent | StoreError]: ...
@overload
def normalize_many(
    texts: Iterable[Text],
    options: NormalizeOptions = ...,
    *,
    processes: int | None = None,
    limits: Limits | None = None,
    encoded: Literal[True],
) -> Iterator[bytes | StoreError]: ...
@overload
def normalize_many(
    texts: Iterable[Text],
    options: NormalizeOptions = ...,
    *,
    processes: int | None = None,
    limits: Limits | None = None,
    encoded: bool,
) -> Iterator[NormalizedEvent | StoreError] | Iterator[bytes | StoreError]: ...
def normalize_many(
    texts: Iterable[Text],
    options: NormalizeOptions = NormalizeOptions(),  # noqa: B008  (it is frozen)
    *,
    processes: int | None = None,
    limits: Limits | None = None,
    encoded: bool = False,
) -> Iterator[NormalizedEvent | StoreError] | Iterator[bytes | StoreError]:
    """Return for each text of an event, in order, its canonical event, or the `StoreError` that it is refused with.

    `texts` are JSON (bytes or str) and may be endless: as many are read as are being worked on. `processes` is how many
    processes normalize them, as many as there are cores if left out; 1 normalizes here and starts none. With `encoded` each
    event is given as `encode_event` writes it (bytes), which saves this process from reading again what others have made.

    Each text is held to `limits.max_event_bytes` by whoever reads it; `limits` bounds what is made of it. With several
    processes `options` must be what `pickle` takes, a function in `geoip_lookup` among it, and a script that is run as the
    main module must call this under `if __name__ == "__main__":`. Raises `ValueError` for less than one process. A process
    that is killed raises `concurrent.futures.process.BrokenProcessPool`; when this one is killed, they end as well.

    >>> events = normalize_many([b'{"message": "hello"}', b"no JSON"], processes=1)
    >>> [event if isinstance(event, StoreError) else event.logentry.formatted for event in events]
    ['hello', InvalidJson('invalid JSON at byte 0: expected a value')]
    """
    if processes is None:
        processes = _cores()
    if processes < 1:
        message = f"processes must be at least 1, not {processes}"
        raise ValueError(message)
    if encoded:
        return _results(texts, _Work(options, limits), processes, bytes)
    if processes == 1:
        work = _Work(options, limits)
        return (work.event_of(text) for text in texts)
    # What another process has normalized.
    read = cast("Callable[[bytes], NormalizedEvent]", decode_event)
    return _results(texts, _Work(options, limits), processes, read)


class _Work(msgspec.Struct, frozen=True):
    """What is done with each text, in whichever process."""

    options: NormalizeOptions
    limits: Limits | None

    def event_of(self, text: Text) -> NormalizedEvent | StoreError:
        try:
            return normalize_event(text, self.options, limits=self.limits)
        except StoreError as error:
            return error.with_traceback(None)

    def encoded(self, texts: list[Text]) -> list[bytes | StoreError]:
        events = map(self.event_of, texts)
        return [event if isinstance(event, StoreError) else encode_event(event) for event in events]


Result = TypeVar("Result")


def _results(
    texts: Iterable[Text], work: _Work, processes: int, read: Callable[[bytes], Result]
) -> Iterator[Result | StoreError]:
    chunks = _chunks(texts)
    found = map(work.encoded, chunks) if processes == 1 else _in_processes(chunks, work, processes)
    for results in found:
        for result in results:
            yield result if isinstance(result, StoreError) else read(result)


def _in_processes(chunks: Iterator[list[Text]], work: _Work, processes: int) -> Iterator[list[bytes | StoreError]]:
    """Return what comes of chunks, in their order, with a few of them under way for each process."""
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(processes, context, initializer=_begin)
    under_way: collections.deque[Future[list[bytes | StoreError]]] = collections.deque()
    try:
        for chunk in chunks:
            under_way.append(pool.submit(work.encoded, chunk))
            if len(under_way) >= processes * AHEAD:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()
    finally:
        # Whoever stops early waits for no more than what has begun.
        pool.shutdown(cancel_futures=True)


def _begin() -> None:
    """Make a process ready: one that outlived the process that it works for would wait for work that never comes."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    preload()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _chunks(texts: Iterable[Text]) -> Iterator[list[Text]]:
    chunk: list[Text] = []
    size = 0
    for text in texts:
        chunk.append(text)
        size += len(text)
        if size >= CHUNK_BYTES or len(chunk) >= CHUNK_TEXTS:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _cores() -> int:
    """Return the number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
