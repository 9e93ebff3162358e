"""Envelopes written: read again they hold the same, and a fault in one item costs no other."""

import json
from typing import Any
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store_protocol import (
    Attachment,
    EnvelopeItem,
    Event,
    StoreError,
    decode_event,
    decode_item,
    encode,
    encode_envelope,
    encode_item,
    parse_envelope,
)
from store_protocol.convert.rules import AdditionalProperties
from store_protocol.items import CheckIn, LogContainer, SessionUpdate, UserReport
from store_protocol.strategies import items

_HEADERS = st.fixed_dictionaries(
    {}, optional={"event_id": st.just("a" * 32), "sent_at": st.text(max_size=5), "own": st.lists(st.integers(-9, 9))}
)
# Of which each takes a line of its own: the payloads of these tell where they end themselves.
_ITEMS = st.lists(items("session", "check_in", "log", "span", "replay_event", "attachment", "replay_recording"), max_size=4)


@given(_HEADERS, _ITEMS)
def test_envelope_comes_back_as_it_was_written(headers: dict[str, Any], written: list[EnvelopeItem]) -> None:
    envelope = parse_envelope(encode_envelope(headers, written))
    assert envelope.headers == headers
    assert [*envelope.items] == written
    assert envelope.refused == ()


@given(_ITEMS, st.randoms())
def test_items_are_what_they_are_in_any_order(written: list[EnvelopeItem], random: Any) -> None:
    shuffled = [*written]
    random.shuffle(shuffled)
    found = parse_envelope(encode_envelope({}, shuffled)).items
    key = lambda item: (item.type, item.data)  # noqa: E731
    assert sorted(map(key, found)) == sorted(map(key, written))
    assert [item.decode() for item in found] == [item.decode() for item in shuffled]


@given(_ITEMS.filter(bool), st.data())
def test_envelope_that_is_cut_gives_all_items_before_the_cut(written: list[EnvelopeItem], data: Any) -> None:
    whole = encode_envelope({}, written)
    ends = [len(encode_envelope({}, written[:count])) - 1 for count in range(len(written) + 1)]
    cut = data.draw(st.integers(ends[0], len(whole)))
    before = sum(end <= cut for end in ends[1:])
    try:
        found = parse_envelope(whole[:cut]).items
    except StoreError:
        found = ()
    assert [*found[:before]] == written[:before]
    # What stands at the cut may be whole by its line, but is no more than that.
    assert len(found) <= before + 1


@given(_ITEMS, st.integers(0, 4), st.sampled_from([b"{", b"[]", b"null", b"\xff", b'{"started":[],"a"', b""]))
def test_payload_that_can_not_be_read_costs_no_other_item(written: list[EnvelopeItem], place: int, payload: bytes) -> None:
    wrong = EnvelopeItem("session", {}, payload)
    place = min(place, len(written))
    found = parse_envelope(encode_envelope({}, [*written[:place], wrong, *written[place:]])).items
    assert [*found[:place], *found[place + 1 :]] == written
    with pytest.raises(StoreError):
        found[place].decode()
    assert [item.decode() for item in found if item is not found[place]] == [item.decode() for item in written]


@given(_ITEMS, st.integers(0, 4), st.sampled_from([b"{}", b'{"type":5}', b'{"type":"integration"}']))
def test_headers_of_an_item_that_say_no_type_cost_no_other_item(
    written: list[EnvelopeItem], place: int, headers: bytes
) -> None:
    place = min(place, len(written))
    lines = encode_envelope({}, written[:place]) + headers + b"\n{}\n" + encode_envelope({}, written[place:])[3:]
    if not written:
        with pytest.raises(StoreError):
            parse_envelope(lines)
        return
    envelope = parse_envelope(lines)
    assert [*envelope.items] == written
    assert [each.index for each in envelope.refused] == [place]


def test_each_kind_of_thing_is_an_item() -> None:
    event = Event(event_id="a" * 32, level="info", type="transaction")
    report = UserReport(event_id="a" * 32, name="n")
    check_in = CheckIn(monitor_slug="a", status="ok", other=None)
    file = Attachment("part", None, None, b"\n\n", "event.minidump")
    found = parse_envelope(
        encode_envelope({}, [event, Event(level="info"), report, check_in, file, LogContainer(items=[])])
    )
    told = [(item.type, {name: part for name, part in item.headers.items() if name != "length"}) for item in found.items]
    assert told == [
        ("transaction", {"type": "transaction", "content_type": "application/json"}),
        ("event", {"type": "event", "content_type": "application/json"}),
        ("user_report", {"type": "user_report"}),
        ("check_in", {"type": "check_in"}),
        ("attachment", {"type": "attachment", "filename": "part", "attachment_type": "event.minidump"}),
        ("log", {"type": "log", "content_type": "application/vnd.sentry.items.log+json", "item_count": 0}),
    ]
    assert decode_event(found.items[0].data) == event
    assert found.items[2].decode() == report
    assert found.items[3].decode() == check_in


def test_headers_say_the_type_and_the_length_that_are_true() -> None:
    item = EnvelopeItem("session", {"type": "event", "length": 700, "own": float("nan")}, b"{}")
    assert encode_envelope({"a": "\ud83d"}, [item]) == (
        b'{"a":"\xef\xbf\xbd"}\n{"type":"session","length":2,"own":"NaN"}\n{}\n'
    )
    assert encode_item(item) is item


def test_times_are_written_as_relay_reads_them() -> None:
    session = SessionUpdate(started=1795392000.25, timestamp=5.0)
    assert json.loads(encode_item(session).data) == {
        "timestamp": "1970-01-01T00:00:05+00:00",
        "started": "2026-11-23T00:00:00.250+00:00",
    }


@pytest.mark.parametrize("thing", [None, {}, b"{}", "session", object()])
def test_what_is_no_item_is_told(thing: Any) -> None:
    with pytest.raises(TypeError, match="is no item, event or attachment"):
        encode_item(thing)
    with pytest.raises(TypeError):
        encode_envelope({}, [thing])


def test_headers_without_a_form_in_json_are_told() -> None:
    with pytest.raises(TypeError):
        encode_envelope({"a": object()}, [])


@given(items())
def test_items_are_written_by_c_as_from_their_objects_property(item: EnvelopeItem) -> None:
    found = item.decode()
    written = encode_item(found)
    with mock.patch.object(encode, "encode_parts", side_effect=OverflowError):
        assert encode_item(found) == written


def test_item_with_attributes_that_are_not_known_is_written_by_key() -> None:
    found = decode_item(
        "log", b'{"items":[{"body":"a","z":[{"b":1,"a":"\\u00e9"}],"level":"info"}],"more":{"y":0,"x":[[]]}}'
    )
    with mock.patch.object(encode, "encode_parts", side_effect=OverflowError):
        expected = encode_item(found).data
    assert encode_item(found).data == expected
    assert b'"z":[{"a":"\xc3\xa9","b":1}]' in expected and expected.endswith(b'"more":{"x":[[]],"y":0}}')


def test_what_c_does_not_write_is_repaired() -> None:
    report = UserReport(name="\ud800", other=AdditionalProperties({"n": 2**70}))
    assert encode_item(report).data == b'{"name":"\xef\xbf\xbd","n":"1180591620717411303424"}'
