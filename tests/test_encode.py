"""Events as JSON: unknown attributes stand where they were sent."""

import json
from typing import Any

import pytest

from store_protocol.convert.context import ConvertContext
from store_protocol.convert.plain_objects import plain
from store_protocol.convert.readers import reader_of
from store_protocol.encode import encode_event
from store_protocol.json_types import OTHER_KEY
from store_protocol.meta.tree import MetaTree
from store_protocol.reading.events import parse_event
from store_protocol.schema.event import Event


def test_unknown_attributes_stay_where_they_are_kept() -> None:
    reading = ConvertContext(MetaTree(), keep_unknown=True)
    event = reader_of(Event)({"user": {"id": "1"}, "zz": 1, "logentry": {"message": "a", "b": 2}, "aa": [3]}, (), reading)
    assert plain(event) == {"logentry": {"message": "a", "b": 2}, "user": {"id": "1"}, "aa": [3], "zz": 1}
    assert encode_event(event) == b'{"logentry":{"message":"a","b":2},"user":{"id":"1"},"aa":[3],"zz":1}'


@pytest.mark.parametrize(
    ("contexts", "extra"),
    [
        ({"device": {"x": 1, OTHER_KEY: {"y": 2}}}, {}),
        ({"device": {"x": 1}}, {"a": {OTHER_KEY: {"y": 2, OTHER_KEY: 0}}}),
        ({"device": {"x": 1, "y": f',"{OTHER_KEY}":0}}'}}, {OTHER_KEY: 0}),
        ({"device": {"x": 1, f"{OTHER_KEY}z": 2}}, {"a": OTHER_KEY}),
        ({"device": {"x": {"y": 1, OTHER_KEY: 0}}, "os": {"x": 1}}, {}),
    ],
)
def test_unknown_attributes_are_written_in_their_place(contexts: dict[str, Any], extra: dict[str, Any]) -> None:
    written = json.loads(encode_event(parse_event({"contexts": contexts, "extra": extra})))
    typed = {key: {**context, "type": key} for key, context in contexts.items()}
    assert written == {"contexts": typed, "extra": extra}


@pytest.mark.parametrize(
    "payload",
    [
        {
            "exception": [
                {
                    "type": "E",
                    "zz": {"b": [1], "a": OTHER_KEY},
                    "stacktrace": {"frames": [{"y": 1, "vars": {"b": 1, "a": 2}}]},
                }
            ]
        },
        {"breakdowns": {"b": {"lcp": {"value": 1, "z": [{"b": 1, "a": 2}]}}, "a": {"fid": {"value": 2}}}},
        {"contexts": {"flags": {"values": [{"flag": "f", "result": True, "z": [[{"b": 1, "a": 2}]]}, None]}}},
        {
            "zz": {"b": {"b": {"b": {"b": 1, "a": OTHER_KEY}}}},
            "aa": 1,
            "extra": {"b": [{"b": 1, "a": {OTHER_KEY: 2}}], "a": 1.5},
        },
    ],
)
def test_what_has_unknown_attributes_anywhere_is_written_as_its_plain_objects(payload: dict[str, Any]) -> None:
    reading = ConvertContext(MetaTree(), keep_unknown=True)
    event = reader_of(Event)(payload, (), reading)
    assert encode_event(event).decode() == json.dumps(plain(event), separators=(",", ":"), ensure_ascii=False)
