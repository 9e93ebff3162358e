"""Items as lines of JSON: each is there, typed where it can be, and nothing of its payload is lost."""

import base64
import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from store_protocol import EnvelopeItem, Event, Limits, NormalizeOptions, StoreError, Submission, strategies
from store_protocol.cli.item_lines import item_lines
from store_protocol.items import Item
from store_protocol.items.decoding import Decoded
from store_protocol.payload.objects import repair_objects
from tests.threads import ITEMS

RECEIVED = 1795392000.0
#: What becomes neither an event nor an attachment.
TYPES = sorted({*ITEMS} - {"event", "attachment"})


def told(*items: EnvelopeItem, limits: Limits | None = None, **others: Any) -> list[dict[str, Any]]:
    lines = item_lines(Submission("envelope", items=items, **others), RECEIVED, limits or Limits())
    assert lines.count(b"\n") == len(items) and lines.endswith(b"\n")
    return [json.loads(line) for line in lines.splitlines()]


def payload(line: dict[str, Any]) -> bytes:
    """Return what a line has of the payload as it came."""
    return base64.b64decode(line["base64"]) if "base64" in line else line["text"].encode()


@pytest.mark.parametrize("kind", TYPES)
def test_item_is_typed(kind: str) -> None:
    item = EnvelopeItem(kind, {"type": kind, "length": 5}, ITEMS[kind])
    (line,) = told(item, project_id="1", envelope_headers={"event_id": "a" * 32})
    assert [line[key] for key in ("type", "received", "project_id", "event_id")] == [kind, RECEIVED, "1", "a" * 32]
    assert line["headers"] == item.headers and line["item"] and "code" not in line
    # Of a recording of a replay JSON is a part alone.
    assert ("text" in line) == (kind == "replay_recording")


AS_THEY_CAME = [
    ("statsd", b"a:1|c", "unsupported_item", "text"),
    ("unreal_report", b"\xff\x00", "unsupported_item", "base64"),
    ("session", b'{"started":', "invalid_json", "text"),
    ("session", b"5", "not_an_object", "text"),
    ("replay_video", b"\x00", "invalid_item", "text"),
    ("replay_recording", b'{"segment_id":0}\n\x78\x9c', None, "base64"),
]


@pytest.mark.parametrize(("kind", "data", "code", "form"), AS_THEY_CAME)
def test_what_is_not_told_by_its_typed_form_stands_as_it_came(kind: str, data: bytes, code: str | None, form: str) -> None:
    (line,) = told(EnvelopeItem(kind, {}, data))
    assert (line.get("code"), "item" in line, form in line) == (code, code is None, True)
    assert payload(line) == data and ("reason" in line) == (code is not None)


def test_what_is_too_large_for_objects_is_not_typed() -> None:
    limits = Limits(max_events_bytes=40)
    small, large = (EnvelopeItem("user_report", {}, b'{"comments":"%b"}' % (b"x" * size)) for size in (20, 30))
    typed, untyped = told(small, large, limits=limits)
    assert typed["item"] == {"comments": "x" * 20}
    assert (untyped["code"], payload(untyped)) == ("limit_exceeded", large.data) and "base64" in untyped


def test_errors_are_listed_up_to_the_limit_of_the_request() -> None:
    item = EnvelopeItem("user_report", {}, b'{"name": 5, "email": [], "event_id": "a"}')
    first, second = told(item, item, limits=Limits(max_errors=4))
    assert first["errors"][0] == {
        "path": "event_id",
        "kind": "invalid_data",
        "reason": "invalid length: found 1",
        "value": "a",
    }
    assert [len(line["errors"]) for line in (first, second)] == [3, 1]


def test_clock_of_the_client_is_set_right() -> None:
    session = EnvelopeItem("session", {}, b'{"started": "2026-11-22T20:00:00Z", "attrs": {"release": "a@1"}}')
    (line,) = told(session, envelope_headers={"sent_at": "2026-11-22T20:00:00Z"})
    assert line["item"]["started"] == "2026-11-23T00:00:00+00:00"


def decoded(item: EnvelopeItem) -> Decoded | StoreError:
    try:
        return item.decode(NormalizeOptions(received_at=RECEIVED))
    except StoreError as error:
        return error


@given(items=st.lists(strategies.items() | strategies.dirty_items(), min_size=1, max_size=3))
def test_property_every_item_is_told_as_it_is_decoded(items: list[EnvelopeItem]) -> None:
    for item, line in zip(items, told(*items), strict=True):
        found = decoded(item)
        assert (line["type"], line.get("code")) == (item.type, found.code if isinstance(found, StoreError) else None)
        if isinstance(found, (Item, Event)):
            assert line["item"] == json.loads(msgspec.json.encode(repair_objects(found.to_dict())))
        else:
            assert payload(line) == item.data
