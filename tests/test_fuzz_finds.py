"""What coverage-guided fuzzing found (`make fuzz-coverage`), each input made small, with what it showed."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.fuzz import targets

DATA = Path(__file__).parent / "data"
FINDS = [json.loads(line) for line in (DATA / "fuzz_finds.jsonl").read_text("utf-8").splitlines()]
KEPT = [json.loads(line) for line in (DATA / "fuzz_corpus.jsonl").read_bytes().splitlines()]


@pytest.mark.parametrize("find", FINDS, ids=[f"{find['target']}: {find['showed']}" for find in FINDS])
def test_what_broke_an_invariant_no_longer_does(find: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name, value in targets.SMALLER:
        monkeypatch.setattr(module, name, value)
    targets.TARGETS[find["target"]](find["input"].encode("latin-1"))


@pytest.mark.parametrize("target", targets.TARGETS)
def test_what_the_fuzzer_kept_breaks_no_invariant(target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name, value in targets.SMALLER:
        monkeypatch.setattr(module, name, value)
    for kept in KEPT:
        if kept["target"] == target:
            targets.TARGETS[target](kept["input"].encode("latin-1"))


@pytest.mark.parametrize("target", targets.TARGETS)
@pytest.mark.parametrize("data", [b"", b"\n", b"\n\n{}", b'{"type":"event"}\n{}', b"\xff\xfe\x00\n\n\n"])
def test_targets_take_any_bytes(target: str, data: bytes) -> None:
    targets.TARGETS[target](data)
