"""Many events at once: the same as one by one, in order, whichever process makes them."""

import itertools
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from unittest import mock

import pytest

from store_protocol import Event, NormalizeOptions, StoreError, encode_event, many, normalize_event, normalize_many
from store_protocol.many import Text
from tests.recordings import by_client
from tests.servers import wait_until

OPTIONS = NormalizeOptions(project_id=1, received_at="2026-11-23T00:00:00Z", enable_trimming=True)
EVENTS = [text for texts in by_client("store").values() for text in texts]
#: Each with an id of its own, which is otherwise drawn.
TEXTS: list[Text] = [*[text for text in EVENTS if b'"event_id"' in text][:40]]


def one_by_one(texts: list[Text]) -> list[bytes]:
    return [encode_event(normalize_event(text, OPTIONS)) for text in texts]


@pytest.mark.parametrize("processes", [1, 2])
def test_events_are_those_that_come_one_by_one(processes: int) -> None:
    with mock.patch.object(many, "CHUNK_TEXTS", 7):
        events = [*normalize_many(TEXTS, OPTIONS, processes=processes)]
        encoded = [*normalize_many(TEXTS, OPTIONS, processes=processes, encoded=True)]
    assert encoded == one_by_one(TEXTS)
    assert [encode_event(event) for event in events if isinstance(event, Event)] == encoded


@pytest.mark.parametrize("encoded", [True, False])
@pytest.mark.parametrize("processes", [1, 2])
def test_what_is_refused_keeps_its_place(processes: int, encoded: bool) -> None:
    texts: list[Text] = [b"{", TEXTS[0], "[1]", bytearray(EVENTS[1])]
    found = [*normalize_many(texts, OPTIONS, processes=processes, encoded=encoded)]
    refused = [each.code if isinstance(each, StoreError) else None for each in found]
    assert refused == ["invalid_json", None, None, None]


def test_texts_are_read_as_they_are_needed() -> None:
    read = 0

    def endless() -> Iterator[bytes]:
        nonlocal read
        for text in itertools.cycle([b'{"message":"a"}']):
            read += 1
            yield text

    with mock.patch.object(many, "CHUNK_TEXTS", 5):
        events = normalize_many(endless(), processes=2, encoded=True)
        assert read == 0
        next(events)
        assert read <= 2 * many.AHEAD * 5
        # Stopping early ends the processes.
        events.close()  # type: ignore[attr-defined]


def test_chunks_are_bounded_by_bytes() -> None:
    texts = [b"x" * (many.CHUNK_BYTES // 2)] * 5
    assert [len(chunk) for chunk in many._chunks(iter(texts))] == [2, 2, 1]


def test_no_process_is_no_way_to_work() -> None:
    with pytest.raises(ValueError, match="at least 1, not 0"):
        normalize_many([], processes=0)


def _kill(_: str) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no signals here")
def test_a_killed_process_is_told() -> None:
    options = NormalizeOptions(client_ip="127.0.0.1", geoip_lookup=_kill)
    with pytest.raises(BrokenProcessPool):
        [*normalize_many([b"{}"], options, processes=2)]


ENDLESS = """
import itertools, multiprocessing
from store_protocol import normalize_many

if __name__ == "__main__":
    events = normalize_many(itertools.repeat(b"{}"), processes=2)
    next(events)
    print(*(process.pid for process in multiprocessing.active_children()), flush=True)
    for _ in events:
        pass
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no signals here")
def test_processes_end_with_the_one_that_they_work_for(tmp_path: Path) -> None:
    (tmp_path / "endless.py").write_text(ENDLESS)
    with subprocess.Popen([sys.executable, str(tmp_path / "endless.py")], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        workers = [int(pid) for pid in process.stdout.readline().split()]
        process.kill()
    assert len(workers) == 2
    wait_until(lambda: not any(map(is_running, workers)))


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # What nobody has asked for its status since is over as well.
    return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text() if Path("/proc/self/status").exists() else True
