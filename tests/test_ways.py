"""All ways by which an event comes out of what a client sent give the same bytes."""

import gzip
import json
import zlib
from pathlib import Path
from random import Random
from typing import Any
from unittest import mock

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from store_protocol import HttpRequest, NormalizeOptions
from store_protocol.reading import fast_path, wire_event
from store_protocol.schema.stacktrace import Frame
from store_protocol.strategies import dirty_events, events, legacy_events
from tests import ways
from tests.changed_events import EVENTS, changed_event
from tests.noted_events import noted
from tests.recordings import CLIENTS, requests
from tests.wide_events import wide_event

OPTIONS = [
    NormalizeOptions(received_at=1795392000.0, **options)
    for options in (
        {"enable_trimming": True},
        {},
        {"enable_trimming": True, "remove_other": False},
        {"enable_trimming": True, "is_renormalize": True},
        {"enable_trimming": True, "max_secs_in_past": 30 * 86400, "max_secs_in_future": 60},
    )
]

SEEDS = st.integers(0, 2**32).map(Random)

TABLES = sorted((Path(__file__).parent / "data" / "normalization").glob("*.jsonl"))


@given(
    st.one_of(events(), legacy_events(), dirty_events(0.1), dirty_events(0.02), SEEDS.map(changed_event)),
    st.sampled_from(OPTIONS),
)
def test_property_all_ways_are_equal(event: Any, options: NormalizeOptions) -> None:
    assert ways.differences(event, options) == {}


def with_faults(value: Any, chance: Random) -> Any:
    """Put what JSON, UTF-8 and 64 bits don't hold for some of the scalars and keys of a value."""
    if isinstance(value, dict):
        return {key if chance.random() < 0.98 else f"{key}\ud800": with_faults(part, chance) for key, part in value.items()}
    if isinstance(value, list):
        return [with_faults(part, chance) for part in value]
    return chance.choice([2**64, -(2**70), 2**63, "cut \ud83d", "\\\ude00\ud83d"]) if chance.random() < 0.05 else value


@given(st.one_of(events(), legacy_events(), dirty_events(0.05)), SEEDS, st.sampled_from(OPTIONS))
def test_property_all_ways_are_equal_for_what_is_repaired(event: Any, seed: Random, options: NormalizeOptions) -> None:
    assert ways.differences(with_faults(event, seed), options) == {}


@given(SEEDS.map(wide_event), st.sampled_from(OPTIONS))
def test_property_all_ways_are_equal_for_wide_events(event: Any, options: NormalizeOptions) -> None:
    assert ways.differences(event, options) == {}


@given(SEEDS, st.sampled_from([wide_event, changed_event]), st.sampled_from(OPTIONS))
def test_property_all_ways_are_equal_for_events_with_a_meta(seed: Random, draw: Any, options: NormalizeOptions) -> None:
    assert ways.differences(noted(seed, draw(seed)), options) == {}


@pytest.mark.parametrize("path", TABLES, ids=lambda path: path.stem)
def test_all_ways_are_equal_for_the_tables(path: Path) -> None:
    for line in path.read_text(encoding="utf-8").splitlines():
        assert ways.differences(json.loads(line)["event"], OPTIONS[0]) == {}


@pytest.mark.parametrize("options", OPTIONS)
def test_all_ways_are_equal_for_recorded_events(options: NormalizeOptions) -> None:
    for event in EVENTS:
        assert ways.differences(event, options) == {}


@pytest.mark.parametrize("number", ["1.7976931348623157e308", "1e15", "-5e-324", "1e-7", "0.1", "1.0"])
@pytest.mark.parametrize("size", [16_000, 80_000])
def test_all_ways_are_equal_for_floats_of_any_length(number: str, size: int) -> None:
    values = [float(number)] * (size // (len(number) + 1))
    text = json.dumps({"extra": {"a": values}, "request": {"data": values}}).replace(repr(float(number)), number)
    assert ways.outcome(text.encode(), OPTIONS[0]) == ways.by_exact_trimming(json.loads(text), OPTIONS[0])


@given(st.data())
def test_property_bodies_in_pieces_give_what_whole_ones_do(data: st.DataObject) -> None:
    client = data.draw(st.sampled_from(CLIENTS))
    request = data.draw(st.sampled_from([request for request, _ in requests(client)[:8]]))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(request.body)), max_size=4)))
    assert ways.request_outcome(request, OPTIONS[0], cuts) == ways.request_outcome(request, OPTIONS[0], None)


def test_the_ways_are_what_they_say() -> None:
    frames = [{"function": "f", "module": "m", "lineno": 1, "vars": {"a": 1}}] * 2
    event = {"exception": [{"type": "E", "stacktrace": {"frames": frames}}]}
    types: list[Any] = []
    convert, receive = ways._convert, wire_event.decode

    def counted(value: Any, kind: Any = None, **options: Any) -> Any:
        types.append(kind or options["type"])
        return convert(value, types[-1])

    def called_by(way: ways.Way) -> set[str]:
        types.clear()
        with (
            mock.patch.object(msgspec, "convert", counted),
            mock.patch.object(ways, "_convert", counted),
            mock.patch.object(fast_path, "decode", side_effect=receive) as of_text,
        ):
            way(event, OPTIONS[0])
        by_objects = {"objects"} if any(map(ways.is_of_events, types)) else set()
        return by_objects | ({"text"} if of_text.called else set())

    assert called_by(ways.by_text) == {"text"}
    assert called_by(ways.by_text_attribute_by_attribute) == {"text"}
    assert called_by(ways.by_text_that_is_dense) == {"objects"}
    assert set(types) == {Frame}
    assert called_by(ways.by_objects) == {"objects"}
    assert called_by(ways.by_text_by_way_of_objects) == {"objects"}
    assert called_by(ways.by_items_alone) == {"objects"}
    assert set(types) == {Frame}
    assert called_by(ways.by_python_alone) == set()


def test_a_difference_between_ways_is_found() -> None:
    with mock.patch.dict(ways.WAYS, {"wrong": lambda event, options: ways.outcome({**event, "level": "info"}, options)}):
        found = ways.differences({"level": "error"}, OPTIONS[0])
    assert found.keys() == {"text", "wrong"}


@pytest.mark.parametrize("coding", ["gzip", "deflate", None])
def test_a_request_in_pieces_goes_through_the_stages(coding: str | None) -> None:
    text = b'{"message": "hello"}'
    body = gzip.compress(text) if coding == "gzip" else zlib.compress(text) if coding == "deflate" else text
    headers = [("Content-Encoding", coding)] if coding else []
    request = HttpRequest("POST", "/api/1/store/?sentry_key=a", headers, body)
    whole = ways.request_outcome(request, OPTIONS[0], None)
    assert ways.request_outcome(request, OPTIONS[0], [*range(len(body))]) == whole
