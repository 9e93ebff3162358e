"""Items decoded: what each type gives, what Relay's rules make of it, and what is wrong with it."""

import json
import zlib
from typing import Any

import msgspec
import pytest

from store_protocol import (
    Attachment,
    EnvelopeItem,
    Event,
    Limits,
    NormalizeOptions,
    decode_item,
    encode_item,
    parse_envelope,
)
from store_protocol.body import open_body
from store_protocol.errors import (
    CorruptBody,
    InvalidItem,
    InvalidJson,
    LimitExceeded,
    NotAnObject,
    StoreError,
    TooDeep,
    UnsupportedItem,
)
from store_protocol.items import Item, ReplayRecording
from store_protocol.items.check_in import slugify
from store_protocol.limits import ENVELOPE
from tests.recordings import coding_of, recorded_requests

NOW = 1795392000.0
DAY = 86400
TRACE = {"trace_id": "a" * 32, "span_id": "b" * 16, "timestamp": NOW}
RELEASE = {"release": "app@1.2.3"}
LOG = {**TRACE, "level": "info", "body": "hello"}
METRIC = {**TRACE, "name": "a.b", "type": "counter", "value": 1}
SPAN = {**TRACE, "name": "GET /", "status": "ok", "start_timestamp": NOW, "end_timestamp": NOW + 1}
del SPAN["timestamp"]
PROFILE: dict[str, Any] = {
    "version": "1",
    "event_id": "c" * 32,
    "platform": "python",
    "timestamp": "2026-11-23T00:00:00Z",
    "device": {"architecture": "x86_64"},
    "os": {"name": "Linux", "version": "6"},
    "transaction": {"id": "d" * 32, "name": "/", "trace_id": "a" * 32, "active_thread_id": "1"},
    "profile": {
        "samples": [{"stack_id": 0, "thread_id": "1", "elapsed_since_start_ns": "5"}],
        "stacks": [[0]],
        "frames": [{"function": "f"}],
    },
}
CHUNK: dict[str, Any] = {
    "version": "2",
    "chunk_id": "c" * 32,
    "profiler_id": "d" * 32,
    "platform": "python",
    "client_sdk": {"name": "s", "version": "1"},
    "profile": {
        "samples": [{"stack_id": 0, "thread_id": "1", "timestamp": NOW}],
        "stacks": [[0]],
        "frames": [{"function": "f"}],
    },
}
REPLAY = {"replay_id": "c" * 32, "segment_id": 0}


def decoded(kind: str, payload: Any, headers: dict[str, Any] | None = None, **options: Any) -> Any:
    data = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return decode_item(kind, data, headers, NormalizeOptions(**options))


def faults(found: Any) -> list[tuple[str, str, str | None]]:
    return [(error.path, error.kind, error.reason) for error in found.field_errors]


def container(kind: str, *parts: Any, **changes: Any) -> tuple[Any, dict[str, Any]]:
    media_type = {"log": "log", "trace_metric": "trace-metric", "span": "span.v2"}[kind]
    headers = {"content_type": f"application/vnd.sentry.items.{media_type}+json", "item_count": len(parts)}
    return {"items": [*parts]}, {**headers, **changes}


CLEAN: list[tuple[str, Any, dict[str, Any]]] = [
    ("session", {"started": "2026-11-23T00:00:00Z", "attrs": RELEASE}, {}),
    ("sessions", {"aggregates": [{"started": "2026-11-23T00:00:00Z", "exited": 5}], "attrs": RELEASE}, {}),
    ("client_report", {"timestamp": NOW, "discarded_events": [{"reason": "a", "category": "error", "quantity": 1}]}, {}),
    ("check_in", {"monitor_slug": "a", "status": "ok"}, {}),
    ("user_report", {"event_id": "a" * 32, "comments": None}, {}),
    ("log", *container("log", LOG)),
    ("trace_metric", *container("trace_metric", METRIC)),
    ("span", *container("span", SPAN)),
    ("profile", PROFILE, {}),
    ("profile_chunk", CHUNK, {}),
    ("replay_event", REPLAY, {}),
]


@pytest.mark.parametrize(("kind", "payload", "headers"), CLEAN)
def test_what_every_item_must_have_is_enough(kind: str, payload: Any, headers: dict[str, Any]) -> None:
    assert faults(decoded(kind, payload, headers)) == []


@pytest.mark.parametrize(("kind", "payload", "headers"), CLEAN)
def test_unknown_attributes_are_kept(kind: str, payload: Any, headers: dict[str, Any]) -> None:
    found = decoded(kind, {**payload, "more": {"a": [1]}}, headers)
    assert (found.other, faults(found)) == ({"more": {"a": [1]}}, [])
    assert json.loads(encode_item(found).data)["more"] == {"a": [1]}


@pytest.mark.parametrize(("kind", "payload", "headers"), CLEAN)
def test_each_wrong_attribute_costs_itself(kind: str, payload: Any, headers: dict[str, Any]) -> None:
    whole = decoded(kind, payload, headers)
    for name in payload:
        found = decoded(kind, {**payload, name: 1j.imag if name in {"status", "level"} else [[]]}, headers)
        assert [path for path, *_ in faults(found)][:1] != []
        kept = {key: part for key, part in whole.to_dict().items() if key != name}
        assert {key: part for key, part in found.to_dict().items() if key in kept} == kept


@pytest.mark.parametrize(("kind", "payload", "headers"), CLEAN)
def test_what_is_missing_is_listed(kind: str, payload: Any, headers: dict[str, Any]) -> None:
    required = {
        "session": ["started", "attrs"],
        "sessions": ["attrs"],
        "client_report": ["discarded_events"],
        "check_in": ["monitor_slug", "status"],
        "user_report": ["event_id"],
        "log": ["items"],
        "trace_metric": ["items"],
        "span": ["items"],
        "profile": ["version", "event_id", "platform", "timestamp", "device", "os", "profile", "transaction"],
        "profile_chunk": ["chunk_id", "profiler_id", "platform", "client_sdk", "profile"],
        "replay_event": ["replay_id", "segment_id"],
    }[kind]
    found = decoded(kind, {}, headers)
    assert {path for path, error, _ in faults(found) if error == "missing_attribute"} == {*required}


def wrong(path: str, reason: str | None = None) -> tuple[str, str, str | None]:
    return path, "invalid_data", reason


def session(**attrs: Any) -> dict[str, Any]:
    return {"started": 1, "attrs": {**RELEASE, **attrs}}


def check_in(**more: Any) -> dict[str, Any]:
    return {"monitor_slug": "a", "status": "ok", **more}


def with_profile(payload: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {**payload, "profile": {**payload["profile"], **changes}}


EMPTY = "expected a non-empty string"
INTERVALS = "expected one of year, month, week, day, hour, minute"
PLATFORM = "expected the platform of the item's headers, found python"
SAMPLE = {"stack_id": 0, "thread_id": "1"}
CHUNK_SAMPLES = [{**SAMPLE, "timestamp": NOW + each} for each in (67, 0)]
SLOW_SAMPLES = [{**SAMPLE, "elapsed_since_start_ns": 31 * 10**9}]
RULES: list[tuple[str, Any, dict[str, Any], list[Any]]] = [
    ("session", session(release="a/b"), {}, [wrong("attrs.release")]),
    ("session", session(environment="none"), {}, [wrong("attrs.environment")]),
    ("session", {**session(), "started": "a"}, {}, [wrong("started", "input contains invalid characters")]),
    ("sessions", {**session(), "aggregates": [5]}, {}, [wrong("aggregates.0", "expected sessionaggregateitem")]),
    ("check_in", check_in(monitor_slug=""), {}, [wrong("monitor_slug", EMPTY)]),
    ("check_in", check_in(environment="e" * 65), {}, [wrong("environment", "the environment is invalid")]),
    *(
        (
            "check_in",
            check_in(monitor_config={"schedule": schedule}),
            {},
            [(f"monitor_config.schedule.{error[0]}", *error[1:])],
        )
        for schedule, error in [
            ({"type": "crontab", "value": 5}, wrong("value", "expected a string")),
            ({"type": "interval", "value": "a", "unit": "day"}, wrong("value", "expected an unsigned integer")),
            ({"type": "interval", "value": 5}, ("unit", "missing_attribute", None)),
            ({"type": "x", "value": "a"}, wrong("type", "expected crontab or interval")),
            ({"type": "crontab", "value": []}, wrong("value", "expected a crontab or a number")),
            ({"type": "interval", "value": 5, "unit": "eon"}, wrong("unit", INTERVALS)),
        ]
    ),
    ("log", {"items": [LOG]}, container("log")[1], [wrong("item_count", "expected 1, the number of items")]),
    ("log", *container("log", {**LOG, "trace_id": "x"}), [wrong("items.0.trace_id", "not a valid trace id")]),
    ("trace_metric", *container("trace_metric", {**METRIC, "name": " "}), [wrong("items.0.name", EMPTY)]),
    (
        "trace_metric",
        *container("trace_metric", {**METRIC, "value": "1"}),
        [wrong("items.0.value", "expected a finite floating point number")],
    ),
    (
        "span",
        {**TRACE, "op": 5},
        {},
        [("span.start_timestamp", "missing_attribute", None), wrong("span.op", "expected a string")],
    ),
    ("profile", with_profile(PROFILE, stacks=[[0, 7]]), {}, [wrong("profile.stacks.0.1", "expected a position in frames")]),
    (
        "profile",
        with_profile(PROFILE, stacks=[]),
        {},
        [wrong("profile.samples.0.stack_id", "expected a position in stacks")],
    ),
    (
        "profile",
        with_profile(PROFILE, samples=SLOW_SAMPLES),
        {},
        [wrong("profile.samples", "the profile is longer than 30 seconds")],
    ),
    ("profile_chunk", CHUNK, {"platform": "cocoa"}, [wrong("platform", PLATFORM)]),
    (
        "profile_chunk",
        with_profile(CHUNK, samples=CHUNK_SAMPLES),
        {},
        [wrong("profile.samples", "the profile is longer than 66 seconds")],
    ),
    ("replay_event", {**REPLAY, "segment_id": 65536}, {}, [wrong("segment_id", "segment_id too large")]),
    ("replay_event", {**REPLAY, "error_ids": ["a"]}, {}, [wrong("error_ids.0", "invalid length: found 1")]),
    ("replay_event", {**REPLAY, "user": 5}, {}, [wrong("user", "expected user")]),
]


@pytest.mark.parametrize(("kind", "payload", "headers", "expected"), RULES)
def test_rule_of_relay_is_kept(kind: str, payload: Any, headers: dict[str, Any], expected: list[Any]) -> None:
    assert faults(decoded(kind, payload, headers)) == expected


@pytest.mark.parametrize(
    ("attribute", "kind"),
    [
        *(
            ({"type": kind, "value": value}, None)
            for kind, value in [("string", ""), ("integer", -5), ("integer", 2**63 - 1)]
        ),
        *(({"type": kind, "value": value}, None) for kind, value in [("double", 1), ("double", 1.5), ("boolean", False)]),
        *(({"type": "array", "value": value}, None) for value in [[], ["a", None], [1, 1.5], [True], [None]]),
        *(({"type": "array", "value": value}, "invalid_data") for value in ["a", ["a", 1], [[]], [{}], [True, 1]]),
        *(({"type": kind, "value": "1"}, "invalid_data") for kind in ["integer", "double", "boolean", "array", "char"]),
        *(({"type": kind, "value": True}, "invalid_data") for kind in ["integer", "double", "string"]),
        ({"type": "integer", "value": 1.0}, "invalid_data"),
        ({"type": "integer", "value": 2**63}, "invalid_data"),
        ({"value": 1}, "missing_attribute"),
        ({"type": "integer"}, "missing_attribute"),
        ({"type": "integer", "value": None}, "missing_attribute"),
    ],
)
@pytest.mark.parametrize("item", ["log", "trace_metric", "span", "link"])
def test_attribute_has_the_type_that_it_names(item: str, attribute: dict[str, Any], kind: str | None) -> None:
    part: dict[str, Any] = {"log": LOG, "trace_metric": METRIC, "span": SPAN, "link": SPAN}[item]
    attributes = {"attributes": {"a": attribute, "b": {"type": "string", "value": "kept"}}}
    is_link = item == "link"
    part = {**part, "links": [{**TRACE, **attributes}]} if is_link else {**part, **attributes}
    found = decoded("span" if is_link else item, *container("span" if is_link else item, part))
    path = "items.0.links.0.attributes.a" if is_link else "items.0.attributes.a"
    assert faults(found) == ([] if kind is None else [(path, kind, None)])
    typed = found.items[0].links[0].attributes if is_link else found.items[0].attributes
    assert (typed["a"] is None) == (kind is not None)
    assert typed["b"].value == "kept"


@pytest.mark.parametrize(
    ("status", "errors", "expected"),
    [
        (None, None, (False, False, False)),
        ("ok", 0, (False, False, False)),
        ("ok", 2, (False, True, False)),
        ("exited", None, (True, False, False)),
        ("errored", None, (True, True, False)),
        ("unhandled", None, (True, True, False)),
        ("crashed", None, (True, True, True)),
        ("abnormal", None, (True, True, True)),
        ("some day", None, (True, True, False)),
    ],
)
def test_status_says_how_a_session_ended(status: Any, errors: Any, expected: tuple[bool, bool, bool]) -> None:
    session = decoded("session", {"started": 1, "status": status, "errors": errors, "attrs": RELEASE})
    assert (session.is_terminal, session.is_error, session.is_fatal) == expected


def test_aggregates_are_summed_up() -> None:
    counts = {"exited": 1, "errored": 2, "abnormal": 4, "unhandled": 8, "crashed": 16}
    [some, none] = decoded(
        "sessions", {"aggregates": [{"started": 1, **counts}, {"started": 1}], "attrs": RELEASE}
    ).aggregates
    assert (some.total_count, some.error_count, none.total_count, none.error_count) == (31, 30, 0, 0)


@pytest.mark.parametrize(
    ("started", "kind"),
    [
        (NOW - 5 * DAY, None),
        (NOW - 5 * DAY - 1, "past_timestamp"),
        (NOW + 60, None),
        (NOW + 61, "future_timestamp"),
    ],
)
def test_session_has_an_age(started: float, kind: str | None) -> None:
    for item, path, payload in [
        ("session", "started", {"started": started, "attrs": RELEASE}),
        ("sessions", "aggregates.0.started", {"aggregates": [{"started": started}], "attrs": RELEASE}),
    ]:
        found = decoded(item, payload, received_at=NOW)
        assert [(path, error) for path, error, _ in faults(found)] == ([] if kind is None else [(path, kind)])
        assert faults(decoded(item, payload)) == []


def test_options_say_how_far_in_the_future_a_time_may_lie() -> None:
    payload = {"started": NOW + 61, "attrs": RELEASE}
    assert faults(decoded("session", payload, received_at=NOW, max_secs_in_future=61)) == []


def test_session_is_not_updated_before_it_began() -> None:
    session = decoded("session", {"started": 10, "timestamp": 5, "attrs": RELEASE})
    assert (session.started, session.timestamp) == (10, 10)


@pytest.mark.parametrize(
    ("address", "client_ip", "expected"),
    [("{{auto}}", "1.2.3.4", "1.2.3.4"), ("{{auto}}", None, "{{auto}}"), ("5.6.7.8", "1.2.3.4", "5.6.7.8")],
)
def test_address_of_a_session_is_that_of_the_request_where_it_says_so(address: str, client_ip: Any, expected: str) -> None:
    session = decoded("session", {"started": 1, "attrs": {**RELEASE, "ip_address": address}}, client_ip=client_ip)
    assert session.attrs.ip_address == expected


@pytest.mark.parametrize(("drift", "moved"), [(3299, 0), (3300, 3300), (-DAY, -DAY)])
def test_clock_of_the_client_is_set_right(drift: float, moved: float) -> None:
    options: dict[str, Any] = {"sent_at": NOW - drift, "received_at": NOW}
    time = NOW - drift - 10
    both = ["timestamp", "replay_start_timestamp"]
    cases: list[tuple[Any, str, list[str]]] = [
        (("session", {"started": time, "timestamp": time, "attrs": RELEASE}), "", ["started", "timestamp"]),
        (("sessions", {"aggregates": [{"started": time}], "attrs": RELEASE}), "aggregates.0.", ["started"]),
        (("client_report", {"timestamp": time, "discarded_events": []}), "", ["timestamp"]),
        (("log", *container("log", {**LOG, "timestamp": time})), "items.0.", ["timestamp"]),
        (("trace_metric", *container("trace_metric", {**METRIC, "timestamp": time})), "items.0.", ["timestamp"]),
        (
            ("span", *container("span", {**SPAN, "start_timestamp": time, "end_timestamp": time})),
            "items.0.",
            ["start_timestamp", "end_timestamp"],
        ),
        (("replay_event", {**REPLAY, **dict.fromkeys(both, time)}), "", both),
    ]
    for arguments, prefix, names in cases:
        found = decoded(*arguments, **options, max_secs_in_future=10**9)
        part = found
        for step in filter(None, prefix.split(".")):
            part = part[int(step)] if step.isdigit() else getattr(part, step)
        assert [getattr(part, name) for name in names] == [time + moved] * len(names)
        assert faults(found) == ([(f"{prefix}{names[0]}", "clock_drift", None)] if moved else [])


def test_what_lies_in_the_future_happened_at_the_receipt() -> None:
    found = decoded(
        "span", *container("span", {**SPAN, "start_timestamp": NOW + 100, "end_timestamp": NOW + 130}), received_at=NOW
    )
    assert (found.items[0].start_timestamp, found.items[0].end_timestamp) == (NOW, NOW + 30)
    assert [(path, kind) for path, kind, _ in faults(found)] == [("items.0.start_timestamp", "future_timestamp")]
    assert found.field_errors[0].data == {
        "sdk_time": "2026-11-23T00:01:40+00:00",
        "server_time": "2026-11-23T00:00:00+00:00",
    }
    found = decoded("log", *container("log", {**LOG, "timestamp": NOW - 100}), received_at=NOW, max_secs_in_past=99)
    assert [(path, kind) for path, kind, _ in faults(found)] == [("items.0.timestamp", "past_timestamp")]
    assert found.items[0].timestamp == NOW - 100


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Nightly Backup", "nightly-backup"),
        ("  a -- b\t\x1cc  ", "a-b-c"),
        ("Ünïcôde ﬁ", "unicode-fi"),
        ("a-!-b", "a-b"),
        ("_-a_b-_", "a_b"),
        ("x" * 60, "x" * 50),
        ("x" * 49 + " y", "x" * 49),
        ("漢字", ""),
    ],
)
def test_slug_is_that_of_sentry(name: str, slug: str) -> None:
    assert slugify(name) == slug


def test_monitor_is_named_by_fifty_characters() -> None:
    found = decoded("check_in", {"monitor_slug": "é" * 60, "status": "missed"})
    assert (found.monitor_slug, found.slug, found.status) == ("é" * 50, "e" * 50, "unknown")
    assert decoded("check_in", {"monitor_slug": "漢", "status": "ok"}).slug is None
    assert decoded("check_in", {"status": "ok"}).slug is None


@pytest.mark.parametrize("name", ["a-b c", "a.b", "-"])
def test_metric_has_a_name_of_letters_digits_and_dots(name: str) -> None:
    [metric] = decoded("trace_metric", *container("trace_metric", {**METRIC, "name": name})).items
    assert metric.name == {"a-b c": "a_b_c", "a.b": "a.b", "-": "_"}[name]


@pytest.mark.parametrize(("kind", "part"), [("log", LOG), ("trace_metric", METRIC), ("span", SPAN)])
def test_one_that_is_sent_alone_is_the_only_one_of_its_container(kind: str, part: dict[str, Any]) -> None:
    assert decoded(kind, part) == decoded(kind, *container(kind, part))


def test_version_and_settings_of_a_container_are_read() -> None:
    payload, headers = container("log", LOG)
    settings = {"infer_ip": "auto", "infer_user_agent": "x"}
    found = decoded("log", {"version": 2, "ingest_settings": settings, **payload}, headers)
    assert (found.version, found.ingest_settings.infer_ip, found.ingest_settings.infer_user_agent) == (2, "auto", None)
    assert faults(found) == [("ingest_settings.infer_user_agent", "invalid_data", "expected auto or never")]


def test_numbers_of_profiles_may_be_text() -> None:
    found = decoded("profile", PROFILE)
    [sample] = found.profile.samples
    assert (sample.thread_id, sample.elapsed_since_start_ns, found.transaction.active_thread_id) == (1, 5, 1)


def test_first_of_several_transactions_is_that_of_the_profile() -> None:
    one, two = ({"id": digit * 32, "name": digit, "trace_id": "a" * 32} for digit in "ef")
    sent = {name: part for name, part in PROFILE.items() if name != "transaction"}
    cases: list[tuple[list[Any], Any, Any]] = [([one], "e", None), ([one, two], "e", ["f"]), ([None], None, None)]
    cases.append(([5, one, two], "e", ["f"]))
    for transactions, first, rest in cases:
        found = decoded("profile", {**sent, "transactions": transactions})
        assert (found.transaction and found.transaction.name) == first
        assert (found.transactions and [each.name for each in found.transactions]) == rest
        assert decoded("profile", encode_item(found).data).to_dict() == found.to_dict()


def test_old_names_of_frames_are_read() -> None:
    frames = [{"name": "f", "file": "a.py", "line": 5, "column": 7, "instruction_addr": "0x001F"}]
    found = decoded("profile", {**PROFILE, "profile": {**PROFILE["profile"], "frames": frames}})
    [frame] = found.profile.frames
    assert (frame.function, frame.filename, frame.lineno, frame.colno, frame.instruction_addr) == (
        "f",
        "a.py",
        5,
        7,
        "0x1f",
    )
    assert faults(found) == []


@pytest.mark.parametrize(
    ("kind", "payload", "expected"),
    [
        ("profile", {"platform": "android", "profile_id": "a" * 32}, "AndroidProfile"),
        ("profile", {"platform": "android", "version": "1"}, "Profile"),
        ("profile_chunk", {"version": "2.android-trace"}, "AndroidProfileChunk"),
        ("profile_chunk", {"version": "2", "platform": "android", "sampled_profile": "a"}, "AndroidProfileChunk"),
        ("profile_chunk", {"version": "2", "platform": "android"}, "ProfileChunk"),
        ("profile_chunk_ui", {"version": "2"}, "ProfileChunk"),
        ("span", {"op": "a"}, "StandaloneSpan"),
        ("span", {"items": []}, "SpanV2Container"),
        ("span", {"end_timestamp": 5}, "SpanV2Container"),
    ],
)
def test_type_has_several_forms(kind: str, payload: Any, expected: str) -> None:
    assert type(decoded(kind, payload)).__name__ == expected


def test_trace_follows_a_chunk() -> None:
    text = json.dumps({name: part for name, part in CHUNK.items() if name != "profile"}).encode()
    headers = {"meta_length": len(text), "content_type": "application/x-perfetto-trace", "platform": "python"}
    found = decoded("profile_chunk", text + b"\x00\n\xff", headers)
    assert (found.perfetto, found.profile, faults(found), found.is_ui) == (b"\x00\n\xff", None, [], False)
    assert encode_item(found).headers["content_type"] == "application/x-perfetto-trace"
    for length in (0, len(text) + 3, "5", True):
        with pytest.raises(InvalidItem, match="meta_length"):
            decoded("profile_chunk", text + b"\x00\n\xff", {**headers, "meta_length": length})


def test_replay_has_parts_that_events_have_and_keeps_a_hundred_of_each_list() -> None:
    payload = {
        **REPLAY,
        "urls": ["http://a.b"] * 101,
        "contexts": {"os": {"name": "Linux", "x": 1}},
        "tags": {"a": "b"},
        "user": {"id": 5, "plan": "x"},
        "request": {"headers": {"User-Agent": "x"}},
        "sdk": {"name": "s", "version": "1"},
    }
    found = decoded("replay_event", payload)
    assert (len(found.urls), found.contexts["os"].name, found.tags, found.user.id) == (100, "Linux", [("a", "b")], "5")
    assert faults(found) == []


EVENTS = [{"type": 4, "data": {"href": "http://a.b"}}, {"type": 2}]


@pytest.mark.parametrize("body", [json.dumps(EVENTS).encode(), zlib.compress(json.dumps(EVENTS).encode())])
def test_recording_is_read_when_it_is_asked_for(body: bytes) -> None:
    found = decoded("replay_recording", b'{"segment_id": 3}\n' + body)
    assert (found.segment_id, found.body, found.events()) == (3, body, EVENTS)


def test_recording_that_can_not_be_read_is_refused() -> None:
    with pytest.raises(InvalidItem, match="no line of headers"):
        decoded("replay_recording", b'{"segment_id": 3}')
    for body, error in [
        (b"{}", InvalidItem),
        (b"", InvalidJson),
        (b"x", CorruptBody),
        (zlib.compress(b"[]")[:-2], CorruptBody),
    ]:
        with pytest.raises(error):
            ReplayRecording(body=body).events()
    with pytest.raises(LimitExceeded) as caught:
        ReplayRecording(body=zlib.compress(b"[" + b" " * 100 + b"]")).events(
            limits=Limits(max_replay_uncompressed_bytes=100)
        )
    assert caught.value.limit == "max_replay_uncompressed_bytes"


def test_replay_of_a_mobile_app_is_unpacked() -> None:
    parts = {
        "replay_event": json.dumps(REPLAY).encode(),
        "replay_recording": b'{"segment_id":0}\n[]',
        "replay_video": b"\x00v",
    }
    found = decoded("replay_video", msgspec.msgpack.encode(parts))
    assert (found.event.replay_id, found.recording.events(), found.video) == ("c" * 32, [], b"\x00v")
    for data in (b"", b"\x80", msgspec.msgpack.encode({**parts, "replay_event": 5})):
        with pytest.raises(InvalidItem, match="replay_video"):
            decoded("replay_video", data)


def test_item_that_makes_an_event_is_one() -> None:
    for kind, type_ in [("event", None), ("transaction", "transaction"), ("feedback", "feedback"), ("security", None)]:
        event = decoded(kind, {"level": "loud", "logger": "a"})
        assert isinstance(event, Event) and (event.type, event.logger) == (type_, "a")
        assert event.errors is not None
    with pytest.raises(NotAnObject):
        decoded("event", [])


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, Attachment("", None, None, b"{}")),
        (
            {"filename": "a.txt", "content_type": "text/plain", "attachment_type": "event.minidump"},
            Attachment("a.txt", "a.txt", "text/plain", b"{}", "event.minidump"),
        ),
        ({"filename": 5, "content_type": [], "attachment_type": {}}, Attachment("", None, None, b"{}")),
        ({"attachment_type": "unreal.logs"}, Attachment("", None, None, b"{}", "unreal.logs")),
    ],
)
def test_file_is_given_as_it_is(headers: dict[str, Any], expected: Attachment) -> None:
    assert decoded("attachment", b"{}", headers) == expected


def test_view_hierarchy_is_read() -> None:
    payload = {"rendering_system": "compose", "windows": [{"type": "A", "children": [{"type": "B"}]}, 5]}
    found = decoded("attachment", payload, {"attachment_type": "event.view_hierarchy"})
    assert (found.rendering_system, found.windows) == ("compose", [payload["windows"][0], None])
    assert faults(found) == [("windows.1", "invalid_data", "expected an object")]


def test_attachment_of_a_trace_has_its_own_attributes() -> None:
    meta = {
        **TRACE,
        "attachment_id": "D" * 32,
        "content_type": "text/plain",
        "attributes": {"a": {"type": "x", "value": 1}},
    }
    del meta["span_id"]
    text = json.dumps(meta).encode()
    for media_type in ("application/vnd.sentry.trace-attachment", "application/vnd.sentry.attachment.v2"):
        found = decoded("attachment", text + b"\nfile", {"content_type": media_type, "meta_length": len(text)})
        assert (found.attachment_id, found.body, found.attributes) == ("d" * 32, b"\nfile", {"a": None})
        assert faults(found) == [("attributes.a", "invalid_data", None)]
        with pytest.raises(InvalidItem, match="meta_length"):
            decoded("attachment", text, {"content_type": media_type})


def test_placeholder_says_where_the_file_is() -> None:
    found = decoded("attachment", {"location": "/x"}, {"content_type": "application/vnd.sentry.attachment-ref+json"})
    assert (found.location, found.content_type) == ("/x", None)


def test_packed_event_and_breadcrumbs_are_unpacked() -> None:
    event = decoded("attachment", msgspec.msgpack.encode({"message": "a"}), {"attachment_type": "event.payload"})
    assert event.logentry.formatted == "a"
    crumbs = b"".join(msgspec.msgpack.encode({"message": text}) for text in "ab")
    event = decoded("attachment", crumbs, {"attachment_type": "event.breadcrumbs"})
    assert [crumb.message for crumb in event.breadcrumbs.values] == ["a", "b"]
    with pytest.raises(InvalidItem, match="MessagePack"):
        decoded("attachment", b"{}", {"attachment_type": "event.payload"})


@pytest.mark.parametrize("kind", ["metric_buckets", "form_data", "raw_security", "statsd", "", "x" * 500])
def test_type_without_a_typed_form_is_told(kind: str) -> None:
    with pytest.raises(UnsupportedItem, match="have no typed form") as caught:
        decoded(kind, b"{}")
    assert len(str(caught.value)) < 120


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"", InvalidJson),
        (b"{", InvalidJson),
        (b"[]", NotAnObject),
        (b"null", NotAnObject),
        (b'{"a":' + b"[" * 200 + b"]" * 200 + b"}", TooDeep),
    ],
)
@pytest.mark.parametrize("kind", [kind for kind, *_ in CLEAN])
def test_payload_that_can_not_be_read_is_refused(kind: str, data: bytes, error: type[StoreError]) -> None:
    with pytest.raises(error):
        decoded(kind, data)


def test_payload_is_repaired_as_an_event_is() -> None:
    text = b'\xef\xbb\xbf{"event_id": "%b", "name": "\xff", "comments": "\\ud83d", "n": NaN}\n ' % (b"a" * 32)
    found = decoded("user_report", text)
    assert (found.name, found.comments, found.other) == ("\ufffd", "\ufffd", {"n": "NaN"})


def test_options_and_limits_may_be_given_to_an_item() -> None:
    item = EnvelopeItem("session", {}, b'{"started": 1, "attrs": {"release": "a@1", "x": [[]]}}')
    found: Any = item.decode(NormalizeOptions(received_at=NOW))
    assert [error.kind for error in found.field_errors] == ["past_timestamp"]
    with pytest.raises(TooDeep):
        item.decode(limits=Limits(max_depth=3))


def test_errors_of_an_item_are_bounded() -> None:
    found = decoded("sessions", {"aggregates": [5] * 10_000, "attrs": RELEASE})
    assert 0 < len(found.field_errors) < 1000
    assert found.attrs.release == "app@1.2.3"


@pytest.mark.parametrize("client", recorded_requests("envelope"))
def test_every_recorded_item_is_decoded_without_an_error(client: str) -> None:
    for request in recorded_requests("envelope")[client]:
        plain = open_body(request.body, coding_of(request), kind=ENVELOPE).data
        for item in parse_envelope(plain).items:
            found = item.decode()
            if isinstance(found, Item):
                assert found.field_errors == ()
                assert encode_item(found).decode() == found
            elif isinstance(found, Attachment):
                assert encode_item(found).decode() == found
