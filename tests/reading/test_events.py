"""Reading an event from its JSON text or from plain objects: what comes of it is the same."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store_protocol import (
    HttpRequest,
    Limits,
    NormalizeOptions,
    StoreError,
    check_event,
    decode_request,
    encode_event,
    normalize_event,
)
from store_protocol.budget import Budget
from store_protocol.errors import TooDeep
from store_protocol.normalize import event_from_objects, event_from_text
from store_protocol.payload import read_payload
from store_protocol.reading.events import parse_event
from store_protocol.reading.wire_event import decode
from store_protocol.strategies import dirty_events, events, legacy_events

OPTIONS = NormalizeOptions(
    project_id=1,
    client="sentry-python/1.0",
    enable_trimming=True,
    max_secs_in_future=60,
    max_secs_in_past=30 * 86400,
    received_at=1795392000.0,
)


def outcome(payload: Any, options: NormalizeOptions = OPTIONS) -> bytes | str:
    """Return the canonical event, or the error that it is refused with."""
    try:
        return encode_event(normalize_event(payload, options, new_event_id=lambda: "f" * 32))
    except StoreError as error:
        return f"{error.code}: {error.detail}"


def way(event: Any) -> str:
    """Return which way an event's text goes: it is typed at once, attribute by attribute, or made of plain objects."""
    text = event if isinstance(event, bytes) else json.dumps(event).encode()
    decoded = decode(text, Limits().max_depth)
    return "objects" if decoded is None else "text" if decoded.members is None else "attributes"


def with_frame(frame: Any) -> dict[str, Any]:
    return {"exception": [{"type": "E", "stacktrace": {"frames": [frame, {"function": "f"}]}}]}


@given(st.one_of(events(), legacy_events(), dirty_events(0.05), dirty_events(0.3)))
def test_text_and_objects_give_the_same_property(event: dict[str, Any]) -> None:
    assert outcome(json.dumps(event).encode()) == outcome(event)


@given(st.one_of(events(), dirty_events(0.1)), st.sampled_from([{"remove_other": False}, {"is_renormalize": True}]))
def test_text_and_objects_give_the_same_with_other_options_property(event: dict[str, Any], more: dict[str, Any]) -> None:
    options = NormalizeOptions(enable_trimming=True, received_at=1795392000.0, **more)
    assert outcome(json.dumps(event), options) == outcome(event, options)


@st.composite
def events_with_meta(draw: st.DrawFn) -> dict[str, Any]:
    """Draw an event whose `_meta` speaks of some of its values, and of some that aren't there or are null."""
    event = draw(st.one_of(events(), legacy_events(), dirty_events(0.02)))
    meta: dict[str, Any] = {}
    for name in draw(st.lists(st.sampled_from([*event]), max_size=3)) if event else ():
        value, node = event[name], meta.setdefault(name, {})
        while isinstance(value, (dict, list)) and value and draw(st.integers(0, 5)):
            key = draw(st.sampled_from([*value] if isinstance(value, dict) else range(len(value))))
            if not draw(st.integers(0, 5)) and isinstance(value, dict):
                value[key] = None
            value, node = value[key], node.setdefault(str(key), {})
        if not draw(st.integers(0, 5)):
            node = node.setdefault(draw(st.sampled_from(["values", "0", "nothing", "timestamp", "type"])), {})
        node[""] = draw(
            st.sampled_from([{"len": 7}, {"rem": [["!limit", "x", 1, 2]]}, {"err": ["invalid_data"], "val": 1}])
        )
    return {**event, "_meta": meta}


@given(events_with_meta())
def test_text_and_objects_give_the_same_with_meta_property(event: dict[str, Any]) -> None:
    assert outcome(json.dumps(event).encode()) == outcome(event)


@given(dirty_events(0.1), st.integers(1, 400))
def test_cut_off_text_is_refused_and_nothing_else_property(event: dict[str, Any], cut: int) -> None:
    text = json.dumps(event)
    assert isinstance(outcome(text[: max(1, len(text) - cut)]), str)


WAYS = [
    # What clients of all ages send is read whole.
    ("text", {"message": "hello", "level": 40, "timestamp": "2026-11-23T00:00:00", "tags": {"a": 1}}),
    (
        "text",
        {"logentry": {"message": "%s", "params": ["a"]}, "modules": {"a": "1"}, "sdk": {"name": "a", "version": "1"}},
    ),
    ("text", {"sentry.interfaces.Exception": [{"type": "E"}], "sentry.interfaces.User": {"id": 7}}),
    ("text", {"breadcrumbs": [{"timestamp": "2026-11-22T23:00:00Z", "level": "log", "data": {}, "type": ""}]}),
    ("text", {"breadcrumbs": {"values": [{"timestamp": 1795391940.1234567, "level": "critical"}]}}),
    ("text", {"breadcrumbs": [{"timestamp": "1969-12-31T23:59:59Z"}, {"timestamp": 0, "message": "m"}]}),
    ("text", {"threads": [{"id": 1, "stacktrace": {}}, {"id": 2, "stacktrace": {"frames": []}}]}),
    ("text", with_frame({"instruction_addr": "0x0001", "image_addr": "31", "symbol_addr": "nonsense", "filename": ""})),
    ("text", with_frame({"function_id": "0X1F", "lock": {"address": "0x1"}, "lineno": 1})),
    ("text", {"threads": [{"held_locks": {"a": {"type": 1}, "b": {}}}]}),
    ("text", {"stacktrace": {"frames": [{"function": "f"}], "registers": {"x0": "0x01", "x1": None, "x2": "?"}}}),
    ("text", {"repos": {"a": 1}, "query": [], "release": " 1.0 ", "logger": "a\nb", "dist": "a b", "environment": ""}),
    ("text", {"logger": "x" * 100, "culprit": "x" * 300, "server_name": "x" * 300}),
    # Where C typed it, but it doesn't tell enough, the attribute is read once more.
    ("text", {"exception": [{"type": "E", "mechanism": {"posix_signal": {"signal": 6}, "a": 1}}, {"type": "F"}]}),
    ("text", {"exception": {"type": "E"}}),
    ("text", {"exception": {}, "threads": {}, "breadcrumbs": {"values": []}}),
    ("text", {"logentry": None, "message": "a", "exception": None, "sentry.interfaces.Exception": [{"type": "E"}]}),
    ("text", {"_meta": {"logger": {"": {"err": ["invalid_data"]}}}, "logger": "a"}),
    ("text", {"_meta": {"logger": {"": {"len": 1}}, "device": {"": {"len": 1}}}, "logger": "a", "device": {}}),
    ("text", {"_meta": {"release": {"": {"len": 1}}, "dist": {"": {"len": 1}}}, "release": None}),
    ("text", {"_meta": {"message": {"": {"len": 1}}, "logentry": {"": {"len": 2}}}, "message": "a", "logentry": None}),
    ("text", {"_meta": {"message": {"": {"len": 1}}, "_meta": {"": {"len": 1}}, "user": {"": {"len": 1}}}, "message": "a"}),
    ("text", {"_meta": {"breadcrumbs": {"0": {"message": {"": {"len": 9}}}, "7": {}}}, "breadcrumbs": [{"message": "a"}]}),
    ("text", {"_meta": {"breadcrumbs": {"": {"len": 9}}}, "breadcrumbs": {"values": [{"message": "a"}]}}),
    ("text", {"_meta": {"breadcrumbs": {"message": {"": {"len": 9}}}}, "breadcrumbs": {"message": "a"}}),
    ("text", {"_meta": {"breadcrumbs": {"": {"len": 9}}}, "breadcrumbs": {"message": "a"}}),
    ("text", {"_meta": {"sdk": {"name": {"": {"len": 9}}, "version": {"": {"len": 9}}}}, "sdk": {"name": "a"}}),
    ("text", {"_meta": {"logentry": {"": {"len": 9}}}, "logentry": {}}),
    ("text", {"_meta": {"logentry": {"": {"len": 9}}}, "logentry": {"message": None}}),
    ("text", {"_meta": {"debug_meta": {"images": {"": {"len": 9}}}}, "debug_meta": {"images": []}}),
    ("text", {"tags": [["a", {"b": []}], [[], "c"], {"d": 1}, "e"], "user": 7, "request": [], "contexts": "x"}),
    # One wrong value costs a second try, attribute by attribute.
    ("attributes", {"level": [], "message": {}}),
    (
        "attributes",
        {"sentry.interfaces.Message": [1], "message": "not this one", "timestamp": [], "_meta": {"timestamp": {}}},
    ),
    ("attributes", {"breadcrumbs": {"values": [{"ty": "http"}, {"ty": "a", "type": "b"}]}, "level": []}),
    ("attributes", {"breadcrumbs": [{"ty": "http"}, {"ty": 1}], "level": [], "query": 1}),
    ("attributes", {"extra": {"a": [[[[[[[[1]]]]]]]]}, "sdk": {"name": []}, "stacktrace": 1, "exception": [{"type": "E"}]}),
    ("text", {"unknown": 1, "other": {"a": [1]}, "message": "a", "query": 1}),
    ("attributes", {"unknown": 1, "level": {}}),
    ("attributes", with_frame({"lineno": "x"})),
    ("attributes", with_frame({"vars": [1, 2], "pre_context": ["a", 1]})),
    ("attributes", {"breadcrumbs": [{"unknown": 1, "message": "m"}, None, 7], "threads": 7}),
    ("attributes", {"modules": {"a": None, "b": ""}, "sdk": [], "extra": [1]}),
    ("attributes", {"logentry": [1], "message": "not this one"}),
    ("attributes", {"_meta": {"level": {"": {"err": ["invalid_data"]}}}, "level": {}}),
    ("attributes", {"exception": [{"type": "E", "mechanism": {"a": 1}}], "breadcrumbs": 7}),
    ("text", b'{"extra": {"a": 123456789012345678901234567890}, "unknown": [18446744073709551616]}'),
    ("attributes", b'{"extra": {"a": 123456789012345678901234567890}, "level": [18446744073709551616]}'),
    ("attributes", b'{"extra": {"a": 18446744073709551615, "b": ", 18446744073709551616,"}}'),
    ("attributes", json.dumps({"unknown": json.loads("[" * 40 + "]" * 40)}).encode()),
    # What else has to be repaired, or may be too deep, costs the way by plain objects.
    ("objects", b'{"extra": {"a": NaN}}'),
    ("text", b'{"message": "\\ud800 \\ud83d\\ude00 \\\\ud800", "extra": {"\\udc00": "\\\\\\udc00"}}'),
    ("attributes", b'{"message": "\\ud800", "level": {"\\ud800": 18446744073709551616}}'),
    ("objects", b'{"message": "\\ud800", "extra": {"a": [18446744073709551616, "' + b"x" * 70_000 + b'"]}}'),
    ("objects", b'{"message": "\\ud800\\x"}'),
    ("objects", b'{"message": "\\ud800\x00"}'),
    ("objects", b'{"level": [], "unknown": {"a": 1e999}}'),
    ("objects", json.dumps({"unknown": json.loads("[" * 127 + "]" * 127)}).encode()),
    ("objects", b"[]"),
]


@pytest.mark.parametrize(("expected", "event"), WAYS)
def test_text_is_read_as_it_is_where_it_can_be(expected: str, event: Any) -> None:
    assert way(event) == expected


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ({"level": "loud", "nothing": 1}, [("level", "invalid level"), ("nothing", None)]),
        ([1], [("", "expected event")]),
        (None, [("", "expected event")]),
    ],
)
def test_what_is_wrong_is_listed_for_text_as_for_objects(event: Any, expected: list[tuple[str, str | None]]) -> None:
    for payload in (event, json.dumps(event), json.dumps(event).encode()):
        assert [(error.path, error.reason) for error in check_event(payload)] == expected


@pytest.mark.parametrize("event", [event for _, event in WAYS if isinstance(event, dict)])
def test_each_way_gives_the_same(event: dict[str, Any]) -> None:
    assert outcome(json.dumps(event)) == outcome(event)


IMAGES: list[dict[str, Any]] = [
    {"type": "apple", "name": "a", "uuid": "2C656702-AA16-3E5F-94D9-D4430DA53398", "image_addr": "0x001", "image_size": 1},
    {"type": "apple", "name": "a", "uuid": "2c656702aa163e5f94d9d4430da53398", "image_vmaddr": "0x0", "arch": "x"},
    {"type": "elf", "code_file": "a", "debug_id": "5ab380779000", "code_id": "0xAB-z", "image_addr": "0x10"},
    {"type": "elf", "name": "a", "id": "5ab380779000"},
    {"type": "elf", "code_file": "a", "debug_id": "5ab380779000", "image_addr": "", "image_vmaddr": "0x1 0x2"},
    {"type": "elf", "code_file": "a", "debug_id": "no"},
    {"type": "apple", "uuid": "2C656702-AA16-3E5F-94D9-D4430DA53398"},
    {"type": "proguard", "uuid": "2C656702-AA16-3E5F-94D9-D4430DA53398"},
    {"type": "proguard", "uuid": "no"},
    {"type": "proguard"},
    {"type": "sourcemap", "code_file": "a", "debug_id": "9b7990f8-1f25-571a-a422-03bea91eb8ab", "debug_file": "b"},
    {"type": "sourcemap", "debug_id": "9b7990f8-1f25-571a-a422-03bea91eb8ab"},
    {"type": "jvm", "debug_id": "9B7990F81F25571AA42203BEA91EB8AB", "image_addr": "0x1"},
    {"type": "jvm"},
    {"type": "x"},
    {"type": "wasm", "code_file": "a", "debug_id": "5ab380779000", "image_addr": 31},
]


@pytest.mark.parametrize("image", IMAGES)
def test_images_are_read_alike_from_text_and_from_objects(image: dict[str, Any]) -> None:
    event = {"debug_meta": {"images": [IMAGES[0], image], "sdk_info": {"sdk_name": "iOS"}}}
    assert outcome(json.dumps(event)) == outcome(event)


def test_nesting_is_bounded_on_every_way() -> None:
    deep = json.loads("[" * 130 + "]" * 130)
    for event in ({"extra": {"a": deep}}, {"unknown": deep}, {"level": deep}, with_frame({"vars": {"a": deep}})):
        with pytest.raises(TooDeep):
            normalize_event(json.dumps(event), OPTIONS)
    shallow = Limits(max_depth=5)
    assert event_from_text(b"{}", OPTIONS, Budget(shallow)) is None
    with pytest.raises(TooDeep):
        normalize_event(b'{"extra": {"a": [[[[]]]]}}', OPTIONS, limits=shallow)


def test_objects_deeper_than_the_interpreter_follows_are_refused() -> None:
    deep: list[Any] = []
    for _ in range(20_000):
        deep = [deep]
    with pytest.raises(TooDeep):
        normalize_event({"extra": {"a": deep}}, limits=Limits(max_depth=10**6))


def test_steps_see_what_was_sent_on_every_way() -> None:
    event = {"timestamp": "2020-01-01T00:00:00.123456789Z", "message": "a"}
    for text in (event, {**event, "level": []}):
        found = json.loads(outcome(json.dumps(text)))
        assert found["errors"][-1]["sdk_time"] == "2020-01-01T00:00:00.123456789+00:00"
        assert event_from_objects(text, OPTIONS, Budget()).original.get("timestamp") == event["timestamp"]


@pytest.mark.parametrize("digits", ["1726558445.1180727", "1726558445.1150575", "1726558445.5", "1726558445"])
def test_times_are_shown_alike_from_text_and_from_objects(digits: str) -> None:
    event = {"timestamp": json.loads(digits)}
    assert outcome(f'{{"timestamp": {digits}}}') == outcome(event)


#: What Python's `json` takes and JSON does not.
PYTHON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.floats()
    | st.integers(-(2**70), 2**70)
    | st.sampled_from([10**400, -(10**4000), 2**63, 2**64 - 1])
    | st.text(st.characters() | st.characters(categories=["Cs"]), max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(st.characters() | st.characters(categories=["Cs"]), max_size=3), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(PYTHON_VALUES)
def test_objects_of_pythons_json_are_read_as_their_text_property(value: Any) -> None:
    event = {
        **dict.fromkeys(("level", "timestamp", "logger", "tags", "user", "request", "unknown"), value),
        "extra": {"a": value},
        "breadcrumbs": [{"timestamp": value, "data": {"a": value}}],
        "logentry": {"message": "%s", "params": [value]},
        "exception": [{"type": value, "stacktrace": {"frames": [{"lineno": value, "vars": {"a": value}}]}}],
    }
    assert outcome(json.dumps(event)) == outcome(event)
    check_event(event)
    parse_event(event)


OLD_BREADCRUMBS = [
    [{"ty": "log"}, {"type": "http"}, {}],
    [{"ty": "log", "type": "http"}, {"ty": "log", "type": None}, {"ty": None}],
    {"values": [{"ty": "log", "timestamp": 1795392000, "data": {}}]},
    {"values": [{"ty": "log", "other": 1}]},
    [{"ty": 5}],
]


@pytest.mark.parametrize("crumbs", OLD_BREADCRUMBS)
@pytest.mark.parametrize("more", [{}, {"unknown": 1}])
def test_old_breadcrumbs_are_read_alike_from_text_and_from_objects(crumbs: Any, more: dict[str, Any]) -> None:
    for event in ({"breadcrumbs": crumbs, **more}, {**more, "breadcrumbs": crumbs}):
        assert outcome(json.dumps(event)) == outcome(event)


def test_the_last_of_several_breadcrumbs_counts() -> None:
    assert outcome('{"breadcrumbs": [{"ty": "log"}], "breadcrumbs": null}') == outcome({})


def test_moments_with_any_offset_are_settled() -> None:
    times = ["2026-11-23T01:00:00+01:00", "2026-11-23T00:00:00Z", 1795392000, 1795392000.0000002]
    event = normalize_event(json.dumps({"breadcrumbs": [{"timestamp": time} for time in times]}), OPTIONS)
    assert event.breadcrumbs is not None
    assert [crumb and crumb.timestamp for crumb in event.breadcrumbs.values or []] == [1795392000.0] * len(times)


def test_times_of_breadcrumbs_are_numbers() -> None:
    text = json.dumps({"breadcrumbs": [{"timestamp": "2026-11-22T23:00:00+01:00"}, {"timestamp": "1969-12-31T00:00:00Z"}]})
    event = normalize_event(text, OPTIONS)
    assert event.breadcrumbs is not None and event.breadcrumbs.values is not None
    first, second = event.breadcrumbs.values
    assert first is not None and first.timestamp == 1795384800.0
    # From before 1970: taken out by a step.
    assert second is not None and second.timestamp is None


@pytest.mark.parametrize(
    "event", [b'{"user":{"id":184467440737095516160,"a":[]}}', b'{"level":[],"unknown":[0,184467440737095516160]}']
)
def test_what_is_repaired_in_an_attribute_is_listed(event: bytes) -> None:
    request = HttpRequest("POST", "/api/1/store/?sentry_key=a", [], event)
    assert decode_request(request).repairs == read_payload(event).repairs != ()
