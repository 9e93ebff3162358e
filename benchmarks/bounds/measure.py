"""Measuring one input: CPU time and peak memory of all that a server does with a request.

That is `decode_request`, then `encode_event` of each event, `decode()` of every other item and `encode_item` of what it
gives, then `response()`; of a request that is refused its error's.
Each measurement has a process of its own, forked from one in which small requests have made what is made on first use.
"""

import contextlib
import functools
import os
import pickle
import resource
import statistics
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.bounds.ordinary import ordinary, ordinary_envelope, ordinary_event, recorded, small_events, small_items
from store_protocol import HttpRequest, Limits, NormalizeOptions, StoreError, decode_request, encode_event, encode_item

LIMITS = Limits()
NOW = 1795392000.0
EVENT_ID = "7c9ae6e58f03442b9203bbdcf6ae904c"
TARGET = "/api/1/%s/?sentry_key=b70a31b3510c4cf793964a185cfe1fd0"
#: Seconds after which a measurement isn't repeated.
_LONG = 0.15
_RUNS = 2
#: Bytes of an event below which events of an envelope are held against as many small ones.
SMALL = 8 * 1024
#: How many stand for those of one envelope.
_MANY = 100
_UNIT = 1 if sys.platform == "darwin" else 1024

TRIMMED = NormalizeOptions(enable_trimming=True, normalize_user_agent=True)
UNTRIMMED = NormalizeOptions()


class Cost(msgspec.Struct, frozen=True):
    """What one request took.

    `seconds` are those of CPU, `peak` the bytes of memory at the peak above what was there with the body; `ordinary` and
    `ordinary_peak` are what ordinary events of as many bytes took. `received` and `plain` are the bytes of the body before
    and after decoding, `written` those of the events as JSON.
    """

    seconds: float
    ordinary: float
    peak: int
    ordinary_peak: int
    status: int
    received: int
    plain: int
    written: int

    @property
    def times(self) -> float:
        """How many times as long as ordinary events it took."""
        return self.seconds / self.ordinary


def post(endpoint: str, body: bytes, *, coding: str = "", content_type: str = "", target: str = "") -> HttpRequest:
    """Return a request to an endpoint."""
    headers = [("Content-Encoding", coding)] if coding else []
    if content_type:
        headers.append(("Content-Type", content_type))
    return HttpRequest("POST", target or TARGET % endpoint, headers, body)


def serve(request: HttpRequest, options: NormalizeOptions) -> tuple[int, int]:
    """Do all that a server does; return the status, and the bytes of the events and of other items as they are written."""
    written = 0
    try:
        submission = decode_request(request, options=options, now=NOW, new_event_id=lambda: EVENT_ID)
        for event in submission.events:
            written += len(encode_event(event))
        for item in submission.items:
            # An item that has no typed form, or can't be read, costs no other.
            with contextlib.suppress(StoreError):
                written += len(encode_item(item.decode(options)).data)
        return submission.response().status, written
    except StoreError as error:
        return error.response().status, written


def seconds_of(request: HttpRequest, options: NormalizeOptions, runs: int = _RUNS) -> float:
    """Return the least seconds of CPU that a request takes."""
    best = float("inf")
    for _ in range(runs):
        start = time.process_time()
        serve(request, options)
        spent = time.process_time() - start
        best = min(best, spent)
        if spent > _LONG:
            break
    return best


def warm_up() -> None:
    """Let all be made that is made on first use."""
    small = (
        ("store", b'{"message": "a", "level": [], "_meta": {"message": {"": {"len": 1}}}}'),
        ("store", b'{"extra": {"a": NaN, "b": 99999999999999999999, "\\ud800": "\xff"}, "z": 1}'),
        ("store", b'{"breadcrumbs": [{"ty": "a"}], "exception": [{"type": "E", "stacktrace": {"frames": [{}]}}]}'),
        ("store", b'{"request": {"url": "http://a/?b=c", "headers": {"User-Agent": "Mozilla/5.0 (Linux) Chrome/1"}}}'),
        ("envelope", b'{}\n{"type":"event"}\n{"message":"a"}\n{"type":"x"}\n\n'),
        ("security", b'{"csp-report": {"effective-directive": "img-src", "blocked-uri": "http://a/"}}'),
        ("integration/otlp/v1/logs", b'{"resourceLogs":[{"scopeLogs":[{"logRecords":[{}]}]}]}'),
        ("integration/otlp/v1/traces", b'{"resourceSpans":[{"scopeSpans":[{"spans":[{}]}]}]}'),
        ("nel", b'[{"body":{"server_ip":"a"},"url":"http://a/"}]'),
        ("minidump", b"MDMP" + bytes(60)),
        ("minidump", b'--x\r\nContent-Disposition: form-data; name="sentry"\r\n\r\n{"a":1}\r\n--x--\r\n'),
    )
    for options in (UNTRIMMED, TRIMMED):
        for endpoint, body in small:
            serve(post(endpoint, body, content_type="application/json" if body[:1] in b"[{" else ""), options)


def in_child(work: Callable[[], Any]) -> Any:
    """Run a function in a process of its own, forked from this one, and return what it gives, which is small."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.close(reading)
            with os.fdopen(writing, "wb") as pipe:
                pickle.dump(work(), pipe)
            code = 0
        except Exception:  # noqa: BLE001  (the parent says that nothing came)
            traceback.print_exc()
        finally:
            os._exit(code)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        data = pipe.read()
    os.waitpid(child, 0)
    if not data:
        raise RuntimeError("the process that measures has died")
    return pickle.loads(data)


def cost_of(
    make: Callable[[], HttpRequest],
    options: tuple[NormalizeOptions, ...],
    plain: int = 0,
    events: int = 0,
    items: int = 0,
) -> list[Cost]:
    """Measure a request with each of some options.

    `make` gives the request, and is called in another process, so that it leaves nothing behind in those that measure.
    `plain` is how many bytes the body decodes to, 0 for as many as the request has, and `events` or `items` how many events
    or other items it holds where it may hold many: if they are small, it is held against as many ordinary ones.
    """
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder, "request")

        def written() -> int:
            request = make()
            with place.open("wb") as file:
                pickle.dump(request, file, protocol=5)
            return len(request.body) + len(request.target) + sum(len(name) + len(value) for name, value in request.headers)

        size = in_child(written)
        plain = plain or size
        count = events or items
        small = count > 0 and plain // count < SMALL
        yardstick = _as_sent()
        if small:
            yardstick = _many_small((plain // events).bit_length()) if events else _many_items()

        def read(path: Path) -> Any:
            with path.open("rb") as file:
                return pickle.load(file)

        def once(using: NormalizeOptions) -> tuple[int, int, int, float]:
            warm_up()
            request = read(place)
            before, start = _peak(), time.process_time()
            status, written = serve(request, using)
            return _peak() - before, status, written, time.process_time() - start

        def timed(using: NormalizeOptions, best: float) -> tuple[float, float]:
            warm_up()
            request, ordinary = read(place), read(yardstick)
            scale = count / _MANY if small else max(plain / sum(len(each.body) for each in ordinary), 1 / len(ordinary))
            besides = float("inf")
            for _ in range(_RUNS):
                besides = min(besides, sum(seconds_of(other, using, 1) for other in ordinary))
                if best < _LONG:
                    best = min(best, seconds_of(request, using, 1))
            return best, besides * scale

        costs = []
        for using in options:
            memory, status, written_bytes, first = in_child(partial(once, using))
            seconds, beside = in_child(partial(timed, using, first))
            costs.append(Cost(seconds, beside, memory, _ordinary_peak(plain), status, size, plain, written_bytes))
        return costs


def _ordinary_peak(plain: int) -> int:
    """Return the memory that so many bytes of ordinary events take: one event, or an envelope of many."""
    most = LIMITS.max_events_bytes * 9 // 10
    bits = min(plain, most).bit_length()
    peak = _peak_of_event(bits) if plain <= LIMITS.max_event_bytes else _peak_of_envelope()
    return peak * plain // (2**bits - 1 if plain <= LIMITS.max_event_bytes else most)


@functools.cache
def _peak_of_event(bits: int) -> int:
    size = 2**bits - 1
    # Their names come from a child, too: what the recorded events have left behind here would hide what is measured.
    peaks = [_peak_of(partial(_large, client, size)) for client in in_child(lambda: [*recorded()])]
    return statistics.median_low(peaks)


def _large(client: str, size: int) -> HttpRequest:
    return post("store", ordinary_event(client, size))


@functools.cache
def _peak_of_envelope() -> int:
    return _peak_of(lambda: post("envelope", ordinary_envelope(LIMITS.max_events_bytes * 9 // 10)))


def _peak_of(make: Callable[[], HttpRequest]) -> int:
    """Return the bytes of memory that a request takes at the peak, above what was there with the body."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder, "request")

        def write() -> None:
            with place.open("wb") as file:
                pickle.dump(make(), file, protocol=5)

        in_child(write)

        def peak() -> int:
            warm_up()
            with place.open("rb") as file:
                request = pickle.load(file)
            before = _peak()
            serve(request, UNTRIMMED)
            return _peak() - before

        found: int = in_child(peak)
        return found


@functools.cache
def _as_sent() -> Path:
    """Return a file with the ordinary requests."""
    return _written("as sent", lambda: [post("store", event) for event in ordinary()])


@functools.cache
def _many_small(bits: int) -> Path:
    """Return a file with an envelope of ordinary events that have no more bytes than so many bits can count."""
    return _written(f"small {bits}", lambda: [post("envelope", small_events(_MANY, 2**bits - 1))])


@functools.cache
def _many_items() -> Path:
    """Return a file with an envelope of ordinary items that are no events."""
    return _written("items", lambda: [post("envelope", small_items(_MANY))])


def _written(name: str, make: Callable[[], list[HttpRequest]]) -> Path:
    place = Path(_folder().name, name)

    def write() -> None:
        with place.open("wb") as file:
            pickle.dump(make(), file, protocol=5)

    in_child(write)
    return place


@functools.cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory()


def _peak() -> int:
    """Return the most memory that this process has had, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _UNIT
