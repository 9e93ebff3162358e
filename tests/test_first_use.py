"""What is made on first use: once, under one lock, and all of it by `preload`."""

import gc
import json
import os
import subprocess
import sys
import threading
from typing import Any

import msgspec
import pytest

import store_protocol
from store_protocol.first_use import build_type_info, once
from tests import threads


def test_once_makes_it_once_however_many_threads_ask() -> None:
    made = []
    barrier = threading.Barrier(8)

    @once
    def make(name: str) -> object:
        made.append(name)
        # Another thread takes over, as it does within msgspec.
        threading.Event().wait(0.01)
        return object()

    results = []

    def ask() -> None:
        barrier.wait()
        results.append(make("a"))

    asking = [threading.Thread(target=ask) for _ in range(8)]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join()
    assert made == ["a"]
    assert len({id(result) for result in results}) == 1
    assert make("b") is not results[0]


def test_once_may_need_what_is_made_once() -> None:
    @once
    def inner() -> list[int]:
        return [1]

    @once
    def outer() -> list[int]:
        return [*inner(), 2]

    assert outer() == [1, 2]


def test_type_info_is_there_once_it_is_built() -> None:
    struct = msgspec.defstruct("Example", [("a", int)])
    assert not has_type_info(struct)
    build_type_info(struct)
    assert has_type_info(struct)


def has_type_info(struct: type) -> bool:
    return any(type(found).__name__ == "StructInfo" for found in gc.get_referents(struct))


def is_decodable(struct: Any) -> bool:
    try:
        msgspec.json.Decoder(struct)
    except TypeError:
        return False
    return True


# In a fresh process each, as the decoder that asks makes what it asks for.
PUBLIC_STRUCTS = """
import json, msgspec, store_protocol
from tests.test_first_use import has_type_info, is_decodable
structs = [found for name in store_protocol.__all__ if isinstance(found := getattr(store_protocol, name), type)]
structs = [found for found in structs if issubclass(found, msgspec.Struct)]
print(json.dumps([[found.__name__, has_type_info(found), is_decodable(found)] for found in structs]))
"""


def run(code: str, *arguments: str) -> Any:
    done = subprocess.run([sys.executable, "-c", code, *arguments], check=True, capture_output=True)
    return json.loads(done.stdout.splitlines()[-1])


def test_every_public_struct_has_its_type_info_from_its_import_on() -> None:
    found = run(PUBLIC_STRUCTS)
    assert len(found) > 10
    assert [name for name, has_info, decodable in found if not (has_info and decodable)] == []


AFTER_PRELOAD = """
import json, sys, store_protocol
from store_protocol import first_use
from tests import threads
store_protocol.preload()
modules = set(sys.modules)
count = len(first_use.MADE_ONCE)
before = [made.cache_info().misses for made in first_use.MADE_ONCE]
for name, call in threads.CALLS.items():
    call()
new = [made.__qualname__ for made, misses in zip(first_use.MADE_ONCE, before) if made.cache_info().misses > misses]
new += [made.__qualname__ for made in first_use.MADE_ONCE[count:]]
loaded = [name for name in sorted(set(sys.modules) - modules) if not name.startswith("encodings.")]
print(json.dumps([count, new, loaded]))
"""


def test_nothing_is_made_or_loaded_after_preload() -> None:
    count, made, loaded = run(AFTER_PRELOAD)
    assert count > 10
    assert made == []
    assert loaded == []


# An audit hook sees every file that is opened, by whatever function.
TABLE_OF_DEVICES = """
import json, sys
opened = []
sys.addaudithook(lambda name, arguments: opened.append(str(arguments[0])) if name == "open" else None)
reads = lambda: sum("android_models" in path for path in opened)
from store_protocol import normalize_event, preload
counts = [reads()]
for payload in ('{"message": "a"}', {"contexts": {"device": {"family": "F"}, "os": {"name": "Android"}}}):
    normalize_event(payload)
    counts.append(reads())
if sys.argv[1] == "preload":
    preload()
    counts.append(reads())
name = normalize_event({"contexts": {"device": {"model": "SM-G920F"}}}).contexts["device"].name
normalize_event({"contexts": {"device": {"model": "SM-G920F"}}})
print(json.dumps([*counts, reads(), name]))
"""


@pytest.mark.parametrize(
    ("when", "reads"),
    [("first", [0, 0, 0, 1, "Galaxy S6"]), ("preload", [0, 0, 0, 1, 1, "Galaxy S6"])],
)
def test_the_table_of_devices_is_read_once_for_the_first_model_or_by_preload(when: str, reads: list[Any]) -> None:
    assert run(TABLE_OF_DEVICES, when) == reads


def test_every_public_name_is_called_in_threads() -> None:
    assert set(store_protocol.__all__) <= threads.CALLS.keys() | {"errors"}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="fresh processes are forked")
def test_first_calls_may_come_in_threads() -> None:
    # 20 processes for each count of threads; `make threads` has 100 for each function and count.
    command = [sys.executable, "-m", "tests.threads", "--runs", "20", "--in-turn"]
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()
    assert b"0 of 60 processes failed" in done.stdout
