"""Normalization by tables: what comes of an event, attribute by attribute and step by step.

`data/normalization/<concern>.jsonl` holds an event a line, with the options where they aren't the usual ones, and what
comes of it: `expected` has the keys in which the outcome differs from that of an empty event, null for a key that isn't
there, or `refused` the error. The outcomes are those of Relay's normalizer, and `test_differential` holds them to it, but
for those with a `deviation`, the section of docs/deviations.md that tells of it. A new case is a line with `event` alone;
`python -m tests.normalize.test_tables` then fills in what comes of it, to be read before it is kept.
"""

import copy
import json
import pickle
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given

from store_protocol import Event, NormalizeOptions, StoreError, encode_event, normalize_event, parse_event
from store_protocol.normalize.steps import user_agents
from store_protocol.strategies import dirty_events, events

DATA = Path(__file__).parents[1] / "data" / "normalization"
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


def without_blanks(value: Any) -> Any:
    """Return an event whose strings have a character each and no white space around them."""
    if isinstance(value, str):
        return value.strip() or "x"
    if isinstance(value, list):
        return [without_blanks(part) for part in value]
    if isinstance(value, dict):
        return {without_blanks(key): without_blanks(part) for key, part in value.items()}
    return value


@given(events().map(without_blanks))
def test_normalized_event_is_left_as_it_is_property(event: dict[str, Any]) -> None:
    """Where nothing was wrong. Errors and blanks Relay itself reports anew and drops step by step."""
    options = NormalizeOptions(**OPTIONS)
    once = normalize_event(event, options)
    encoded = encode_event(once)
    # Threads that are all null leave an object without the values that it must have.
    assume(once._meta is None and b'"threads":{}' not in encoded)
    assert encode_event(normalize_event(encoded, options)) == encoded
    assert encode_event(normalize_event(encoded, NormalizeOptions(is_renormalize=True, enable_trimming=True))) == encoded


@given(dirty_events(0.05))
def test_event_prints_compares_and_pickles_property(event: dict[str, Any]) -> None:
    before = copy.deepcopy(event)
    for read in (parse_event, lambda payload: normalize_event(payload, NormalizeOptions(**OPTIONS))):
        try:
            found: Event = read(event)
        except StoreError:
            continue
        assert pickle.loads(pickle.dumps(found)) == found == copy.deepcopy(found)
        assert repr(found).startswith("Event(")
    assert event == before


def test_user_agents_without_their_extra_say_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    user_agents.parser.cache_clear()
    monkeypatch.setitem(sys.modules, "ua_parser", None)
    with pytest.raises(ImportError, match=r"store-protocol\[user-agents\]"):
        normalize_event({}, NormalizeOptions(normalize_user_agent=True))


if __name__ == "__main__":
    for name in TABLES:
        rows = [{key: case[key] for key in case if key not in {"expected", "refused"}} for case in cases(name)]
        lines = [json.dumps({**row, **outcome(row)}, ensure_ascii=False) + "\n" for row in rows]
        (DATA / f"{name}.jsonl").write_text("".join(lines), encoding="utf-8")
