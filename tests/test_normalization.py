"""Normalization by tables: what comes of an event, attribute by attribute and step by step.

`data/normalization/<concern>.jsonl` holds an event a line, with the options where they aren't the usual ones, and what
comes of it: `expected` has the keys in which the outcome differs from that of an empty event, null for a key that isn't
there, or `refused` the error. The outcomes are those of Relay's normalizer, and `test_differential` holds them to it. A
new case is a line with `event` alone; `python -m tests.test_normalization` then fills in what comes of it, to be read
before it is kept.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from store_protocol import NormalizeOptions, StoreError, encode_event, normalize_event

DATA = Path(__file__).parent / "data" / "normalization"
TABLES = sorted(path.stem for path in DATA.glob("*.jsonl"))
OPTIONS: dict[str, Any] = {
    "project_id": 1,
    "client": "sentry-python/1.0",
    "protocol_version": "7",
    "enable_trimming": True,
    "max_secs_in_future": 60,
    "max_secs_in_past": 30 * 86400,
    "received_at": 1795392000.0,
}
EVENT_ID = "7c9ae6e58f03442b9203bbdcf6ae904c"
NEW_ID = "f" * 32


def cases(table: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (DATA / f"{table}.jsonl").read_bytes().splitlines()]


def normalized(event: dict[str, Any], options: dict[str, Any]) -> dict[str, Any]:
    found = normalize_event(event, NormalizeOptions(**{**OPTIONS, **options}), new_event_id=lambda: NEW_ID)
    plain: dict[str, Any] = json.loads(encode_event(found))
    return plain


def differences(found: dict[str, Any], options: dict[str, Any]) -> dict[str, Any]:
    usual = normalized({"event_id": EVENT_ID}, options)
    return {key: found.get(key) for key in [*found, *usual] if found.get(key) != usual.get(key)}


def outcome(case: dict[str, Any]) -> dict[str, Any]:
    options = case.get("options", {})
    try:
        return {"expected": differences(normalized(case["event"], options), options)}
    except StoreError as error:
        return {"refused": error.detail}


@pytest.mark.parametrize("table", TABLES)
def test_event_comes_out_as_the_table_says(table: str) -> None:
    for case in cases(table):
        before = json.dumps(case["event"])
        found = json.loads(json.dumps(outcome(case)))
        assert found == {key: case[key] for key in ("expected", "refused") if key in case}, before
        assert json.dumps(case["event"]) == before


if __name__ == "__main__":
    for name in TABLES:
        lines = [json.dumps({**case, **outcome(case)}, ensure_ascii=False) + "\n" for case in cases(name)]
        (DATA / f"{name}.jsonl").write_text("".join(lines), encoding="utf-8")
