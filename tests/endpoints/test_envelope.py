"""Envelopes: how they are taken apart, what becomes of their items, and who they say they are from."""

import base64
import gzip
import json
import pickle
from functools import partial
from typing import Any
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store_protocol import (
    HttpRequest,
    Limits,
    StoreError,
    Submission,
    decode_request,
    encode_event,
    errors,
)
from store_protocol.budget import Budget
from store_protocol.endpoints import item_ends
from store_protocol.endpoints.envelope import parse_envelope
from store_protocol.endpoints.item_bounds import BOUNDS
from store_protocol.items.decoding import INTERFACES
from tests.work import calls_of

KEY = "b70a31b3510c4cf793964a185cfe1fd0"
DSN = f"https://{KEY}@example.com/42"
NOW = 1795447500.0


def envelope(headers: dict[str, Any], *items: tuple[dict[str, Any], bytes]) -> bytes:
    lines = [json.dumps(headers).encode()]
    for item_headers, data in items:
        lines += [json.dumps(item_headers).encode(), data]
    return b"\n".join(lines)


def basic(login: str) -> list[tuple[str, str]]:
    return [("Authorization", "Basic " + base64.b64encode(login.encode()).decode())]


def event(**attributes: Any) -> tuple[dict[str, Any], bytes]:
    return {"type": "event"}, json.dumps({"message": "hello", **attributes}).encode()


def sent(body: bytes, target: str = f"/api/42/envelope/?sentry_key={KEY}", headers: Any = (), **options: Any) -> Submission:
    return decode_request(HttpRequest("POST", target, headers, body), now=NOW, new_event_id=lambda: "f" * 32, **options)


PARSED: dict[str, tuple[bytes, list[tuple[str, bytes]]]] = {
    "headers alone": (b"{}", []),
    "headers alone with a line end": (b"{}\n", []),
    "length": (b'{}\n{"type":"a","length":3}\nx\ny\n', [("a", b"x\ny")]),
    "length up to the end": (b'{}\n{"type":"a","length":2}\nxy', [("a", b"xy")]),
    "no length": (b'{}\n{"type":"a"}\nxy\n{"type":"b"}\nz', [("a", b"xy"), ("b", b"z")]),
    "nothing with a length": (b'{}\n{"type":"a","length":0}\n\n{"type":"b","length":0}\n', [("a", b""), ("b", b"")]),
    "nothing without a length": (b'{}\n{"type":"a"}\n\n{"type":"b"}', [("a", b""), ("b", b"")]),
    "length null": (b'{}\n{"type":"a","length":null}\nxy\n', [("a", b"xy")]),
    "empty lines at the end": (b'{}\n{"type":"a"}\nxy\n\n\n', [("a", b"xy")]),
    "line ends of Windows": (b'{}\r\n{"type":"a","length":2}\r\nxy\r\n{"type":"b"}\r\nz', [("a", b"xy"), ("b", b"z")]),
    "blanks before headers": (b' {}\n\n \t{"type":"a"}\nxy\n  \n\t{"type":"b"}\nz\n \t\n', [("a", b"xy"), ("b", b"z")]),
    "headers over several lines": (
        b'{\n  "event_id": null\n}\n{\n "type": "a",\n "length": 3\n}\nx\ny\n{\n"type":"b"}\nz',
        [("a", b"x\ny"), ("b", b"z")],
    ),
    "nothing with a length at the end": (b'{}\n{"type":"a","length":0}', [("a", b"")]),
    "nothing without a length at the end": (b'{}\n{"type":"a"}', [("a", b"")]),
    "blanks after headers": (b'{} \t\n{"type":"a"} \nx', [("a", b"x")]),
    "headers of tomorrow": (b'{"new":[1]}\n{"type":"a","new":{}}\nx', [("a", b"x")]),
}


@pytest.mark.parametrize(("body", "items"), PARSED.values(), ids=PARSED)
def test_envelope_is_taken_apart(body: bytes, items: list[tuple[str, bytes]]) -> None:
    assert [(item.type, item.data) for item in parse_envelope(body).items] == items


BROKEN: dict[str, tuple[bytes, str]] = {
    "no JSON": (b"hello\n", "invalid_envelope_headers"),
    "headers that are a list": (b"[]\n", "invalid_envelope_headers"),
    "an item without type": (b"{}\n{}\nx", "missing_item_type"),
    "an item whose type is a number": (b'{}\n{"type":1}\nx', "missing_item_type"),
    "an item of Relay's own": (b'{}\n{"type":"integration"}\nx', "reserved_item_type"),
    "an item whose headers are cut": (b'{}\n{"type":"a', "invalid_item_headers"),
    "an item shorter than its length": (b'{}\n{"type":"a","length":9}\nxy', "wrong_item_length"),
    "an item longer than its length": (b'{}\n{"type":"a","length":1}\nxy\n', "wrong_item_length"),
    "a negative length": (b'{}\n{"type":"a","length":-1}\nxy', "invalid_item_length"),
    "a length that is text": (b'{}\n{"type":"a","length":"2"}\nxy', "invalid_item_length"),
    "a length that is true": (b'{}\n{"type":"a","length":true}\nx', "invalid_item_length"),
}


@pytest.mark.parametrize(("body", "code"), BROKEN.values(), ids=BROKEN)
def test_broken_envelope_is_refused(body: bytes, code: str) -> None:
    with pytest.raises(errors.InvalidEnvelope) as refused:
        parse_envelope(body)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("broken", "code"), [(body.partition(b"\n")[2], code) for body, code in BROKEN.values() if body.startswith(b"{}\n")]
)
def test_broken_item_costs_itself_and_what_can_not_be_told_from_it(broken: bytes, code: str) -> None:
    found = parse_envelope(b'{}\n{"type":"b"}\nz\n' + broken)
    assert [(item.type, item.data) for item in found.items] == [("b", b"z")]
    assert [(each.index, each.error.code) for each in found.refused] == [(1, code)]


def test_item_whose_end_is_known_costs_itself_alone() -> None:
    found = parse_envelope(b'{}\n{"length":3}\nx\ny\n{"type":7}\nq\n{"type":"integration"}\nq\n{"type":"b"}\nz')
    assert [(item.type, item.data) for item in found.items] == [("b", b"z")]
    assert [(each.index, each.type, str(each.error)) for each in found.refused] == [
        (0, None, "invalid envelope: item 0 has no type"),
        (1, None, "invalid envelope: item 1 has no type"),
        (2, "integration", "invalid envelope: item 2 ('integration') is of a type that only Relay itself may use"),
    ]


LENGTHS = [
    ("9", b"xy", "item 1 ('a') has 9 bytes by its length, but 2 are left"),
    ("1", b"xy\nz", "item 1 ('a') has 1 bytes by its length, but 2 are in its line, and no line ends where it would"),
    ("-1", b"xy", "the length of item 1 ('a') is not a number of bytes but '-1'"),
    ('"2"', b"xy", "the length of item 1 ('a') is not a number of bytes but '\"2\"'"),
    ("true", b"xy", "the length of item 1 ('a') is not a number of bytes but 'true'"),
    ("2.0", b"xy", "the length of item 1 ('a') is not a number of bytes but '2.0'"),
    ("18446744073709551616", b"xy", "the length of item 1 ('a') is not a number of bytes but '\"18446744073709551616\"'"),
]


@pytest.mark.parametrize(("length", "data", "said"), LENGTHS)
def test_error_of_a_wrong_length_names_item_length_and_bytes(length: str, data: bytes, said: str) -> None:
    found = parse_envelope(b'{}\n{"type":"b"}\nz\n{"type":"a","length":%b}\n%b' % (length.encode(), data))
    assert [str(each.error) for each in found.refused] == [f"invalid envelope: {said}"]


HELLO = '{"message":"Hello Wörld","extra":{"a":[]}}'.encode()
PRETTY = '{\n "message": "Wörld",\n "extra": {\n  "a": 1\n }\n}'.encode()


@pytest.mark.parametrize("event", [HELLO, PRETTY, b'{"message":"a","extra":{"b":NaN}}'], ids=["line", "lines", "repaired"])
@pytest.mark.parametrize("length", ["0", "1", "9", "-3", '"x"', "characters", "all", "100000"])
@pytest.mark.parametrize("end", [b"", b"\n", b" \r\n"])
def test_whole_json_is_taken_whatever_its_length_says(event: bytes, length: str, end: bytes) -> None:
    rest = b'{"type":"attachment","length":3}\na\nb' if end else b""
    told = {"characters": len(event.decode()) - 1, "all": len(event + end + rest) - 1}.get(length, length)
    head = b'{"type":"event","length":%b}\n' % str(told).encode()
    submission = sent(b"{}\n" + head + event + end + rest)
    plain = sent(b'{}\n{"type":"event","length":%d}\n' % len(event) + event)
    assert encode_event(submission.events[0]) == encode_event(plain.events[0])
    assert [each.data for each in submission.attachments] == ([b"a\nb"] if end else [])
    (wrong,) = [repair for repair in submission.repairs if repair.kind == "length"]
    assert (wrong.path, wrong.offset, wrong.text) == ("$.items[0].length", 3, str(told))


@pytest.mark.parametrize("kind", ["session", "client_report", "check_in", "user_report", "log", "raw_security"])
def test_other_items_of_json_are_taken_likewise(kind: str) -> None:
    found = parse_envelope(b'{}\n{"type":"%b","length":2}\n{"a":"x"}\n{"type":"b"}\nz' % kind.encode())
    assert [item.data for item in found.items] == [b'{"a":"x"}', b"z"]


def test_event_of_several_lines_is_taken_without_a_length() -> None:
    submission = sent(b'{}\n{\n"type": "event"\n}\n' + PRETTY + b'\n{"type":"attachment"}\nx')
    plain = sent(b'{}\n{"type":"event","length":%d}\n' % len(PRETTY) + PRETTY)
    assert encode_event(submission.events[0]) == encode_event(plain.events[0])
    assert [each.data for each in submission.attachments] == [b"x"]
    assert [(repair.kind, repair.text) for repair in submission.repairs] == [("length", "null")]


def test_item_without_a_payload_is_not_the_next_one() -> None:
    found = parse_envelope(b'{}\n{"type":"b"}\nz\n{"type":"event","length":50}\n\n{"type":"session"}\n{}')
    assert ([item.data for item in found.items], [each.index for each in found.refused]) == ([b"z"], [1])


def test_event_of_a_wrong_length_that_is_too_large_costs_itself() -> None:
    found = sent(
        b'{}\n{"type":"event","length":3}\n' + HELLO + b'\n{"type":"session"}\n{}', limits=Limits(max_event_bytes=9)
    )
    assert len(found.items) == 1 and [each.error.code for each in found.refused] == ["limit_exceeded"]


@pytest.mark.parametrize("payload", [b"{}\n{}", b"{}\nx", b"\n", b"", b"1\n2", b'{"a":\n', b"[\n"])
def test_payload_of_the_length_that_is_told_is_left_as_it_is(payload: bytes) -> None:
    head = b'{"type":"%b","length":%d}\n'
    for kind in (b"session", b"event", b"a"):
        body = b"{}\n" + head % (kind, len(payload)) + payload + b"\n" + head % (b"session", 2) + b"{}"
        found = parse_envelope(body)
        assert [item.data for item in found.items] == [payload, b"{}"] and not found.refused


def test_json_before_other_bytes_does_not_tell_the_end_of_an_item() -> None:
    with pytest.raises(errors.InvalidEnvelope):
        parse_envelope(b'{}\n{"type":"profile_chunk","meta_length":2,"length":2}\n{}\x00\x01')


def test_json_that_is_cut_is_not_taken() -> None:
    with pytest.raises(errors.InvalidEnvelope):
        sent(b'{}\n{"type":"event","length":30}\n{"message":"hel')


def test_work_for_wrong_lengths_is_in_proportion_to_the_bytes() -> None:
    # No item may be looked for in all that follows it, nor may the many that follow be looked at for each.
    item = b'{"type":"event","length":0}\n{"message":"a"}\n'
    few, many = (b"{}\n" + item * count + b'{"type":"attachment"}\n' + b"[" * 1_000_000 for count in (1, 400))
    calls = [calls_of(partial(parse_envelope, body)) for body in (few, many)]
    assert calls[1] < 400 * calls[0]


ITEM = ({"type": "attachment", "length": 4, "filename": "a"}, b"1234")
SESSION = ({"type": "session"}, b"{}")


def of(kind: str, size: int, **headers: Any) -> tuple[dict[str, Any], bytes]:
    return {"type": kind, "length": size, **headers}, b"x" * size


def container(kind: str, media: str, size: int, count: int) -> tuple[dict[str, Any], bytes]:
    return of(kind, size, content_type=f"application/vnd.sentry.items.{media}+json", item_count=count)


LOGS, SPANS, METRICS = ("log", "log"), ("span", "span.v2"), ("trace_metric", "trace-metric")
#: By the limit: its value, items that may all be taken, and the last of them over the limit.
OVER: list[tuple[str, int, list[Any], Any]] = [
    ("max_items", 2, [SESSION, SESSION], SESSION),
    ("max_sessions", 2, [SESSION, of("sessions", 2)], SESSION),
    ("max_sessions_bytes", 10, [of("session", 10)], of("session", 11)),
    ("max_sessions_bytes", 10, [of("session", 6), of("sessions", 4)], of("sessions", 5)),
    ("max_attachments", 2, [ITEM, of("user_report", 1)], of("unreal_report", 1)),
    ("max_attachment_bytes", 4, [ITEM], of("attachment", 5)),
    ("max_attachments_bytes", 9, [ITEM, ITEM], of("attachment", 2)),
    ("max_client_report_bytes", 9, [of("client_report", 9)], of("client_report", 10)),
    ("max_client_reports", 2, [of("client_report", 1)] * 2, of("client_report", 1)),
    ("max_check_in_bytes", 9, [of("check_in", 9)], of("check_in", 10)),
    ("max_profile_bytes", 9, [of("profile", 9), of("profile_chunk", 9)], of("profile", 10)),
    ("max_profile_bytes", 9, [of("profile_chunk_ui", 9)], of("profile_chunk_ui", 10)),
    ("max_replay_bytes", 9, [of("replay_recording", 9), of("replay_video", 9)], of("replay_video", 10)),
    ("max_metric_buckets_bytes", 9, [of("metric_buckets", 9)], of("metric_buckets", 10)),
    ("max_log_bytes", 9, [of("log", 9), container(*LOGS, 19, 2)], container(*LOGS, 20, 2)),
    ("max_trace_metric_bytes", 9, [container(*METRICS, 29, 3)], of("trace_metric", 10)),
    ("max_span_bytes", 9, [of("span", 9), container(*SPANS, 19, 2)], container(*SPANS, 10, -1)),
    ("max_container_bytes", 20, [container(*LOGS, 15, 1), container(*SPANS, 15, 1)], container(*LOGS, 6, 1)),
    ("max_standalone_spans", 2, [of("span", 1), of("span", 1), container(*SPANS, 1, 1)], of("span", 1)),
    ("max_event_bytes", 19, [({"type": "event"}, b'{"message":"hello"}')], event()),
    ("max_event_bytes", 9, [of("replay_event", 9), of("form_data", 9)], of("replay_event", 10)),
    ("max_events_bytes", 40, [({"type": "event"}, b'{"message":"hello"}')] * 2, event()),
    ("max_envelope_header_bytes", 30, [SESSION], ({"type": "session", "a": "b" * 20}, b"{}")),
    ("max_envelope_headers_bytes", 58, [SESSION, SESSION], SESSION),
]


def test_every_item_that_has_a_typed_form_has_a_limit_of_its_own() -> None:
    assert {*INTERFACES} <= {*BOUNDS}


@pytest.mark.parametrize(
    ("limit", "most", "good", "over"), OVER, ids=[f"{row[0]} {row[1]} {row[3][0].get('type')}" for row in OVER]
)
def test_item_over_a_limit_costs_itself(limit: str, most: int, good: list[Any], over: Any) -> None:
    alone = sent(envelope({}, *good), limits=Limits(**{limit: most}))
    assert not alone.refused
    found = sent(envelope({}, *good, over), limits=Limits(**{limit: most}))
    ((index, kind, error),) = [(each.index, each.type, each.error) for each in found.refused]
    is_last = limit.startswith(("max_items", "max_envelope"))
    assert (index, kind) == (len(good), None if is_last else over[0]["type"])
    assert isinstance(error, errors.LimitExceeded)
    assert (error.limit, error.maximum, error.status) == (limit, most, 413)
    assert kind is None or f"item {index} ('{kind}')" in str(error)
    assert (found.items, found.attachments, len(found.events)) == (alone.items, alone.attachments, len(alone.events))
    assert found.left_out == {}


@pytest.mark.parametrize(("limit", "most", "good", "over"), OVER, ids=[f"{row[0]} {row[1]}" for row in OVER])
def test_request_is_refused_where_nothing_of_it_can_be_taken(limit: str, most: int, good: list[Any], over: Any) -> None:
    del most, good
    with pytest.raises(errors.LimitExceeded) as refused:
        sent(envelope({}, over), limits=Limits(**{limit: 0 if limit != "max_envelope_header_bytes" else 5}))
    assert refused.value.limit == limit


@pytest.mark.parametrize(
    ("count", "reports", "events", "refused"),
    [(3, 1, 3, []), (4, 1, 3, [3]), (2, 2, 3, [1]), (1, 5, 3, [0]), (3, 5, 3, [0, 1, 2])],
)
def test_first_report_of_an_item_counts_as_the_item(count: int, reports: int, events: int, refused: list[int]) -> None:
    report = {"type": "csp-violation", "body": {"effectiveDirective": "img-src"}}
    data = json.dumps([report] * reports if reports > 1 else report).encode()
    found = sent(envelope({}, *[({"type": "raw_security"}, data)] * count), limits=Limits(max_items=3))
    assert len(found.events) == events
    assert [each.index for each in found.refused] == refused
    assert {each.error.code for each in found.refused} <= {"limit_exceeded"}


@pytest.mark.parametrize(
    ("dsn", "limits"), [(DSN, Limits(max_envelope_header_bytes=15)), (None, Limits(max_envelope_bytes=20))]
)
def test_limits_of_the_envelope_itself(dsn: str | None, limits: Limits) -> None:
    with pytest.raises(errors.LimitExceeded):
        sent(envelope({"dsn": dsn} if dsn else {}, SESSION), limits=limits)


def test_compressed_envelope_has_its_own_limit() -> None:
    body = gzip.compress(envelope({}, event()))
    gzipped = [("Content-Encoding", "gzip")]
    assert sent(body, headers=gzipped, limits=Limits(max_compressed_bytes=1)).codings == ("gzip",)
    with pytest.raises(errors.LimitExceeded) as refused:
        sent(body, headers=gzipped, limits=Limits(max_compressed_envelope_bytes=1))
    assert refused.value.limit == "max_compressed_envelope_bytes"


def test_every_item_becomes_what_it_is() -> None:
    submission = sent(
        envelope(
            {"event_id": "9EC79C33-EC99-42AB-8353-589FCB2E04DC"},
            ({"type": "attachment", "filename": "a.txt", "content_type": "text/plain"}, b"hi"),
            event(event_id="1" * 32),
            ({"type": "session"}, b'{"sid":"1"}'),
            ({"type": "something_new", "x": 1}, b"\x00"),
        )
    )
    assert submission.event is not None and submission.event.event_id == "9ec79c33ec9942ab8353589fcb2e04dc"
    assert [(each.filename, each.content_type, each.data) for each in submission.attachments] == [
        ("a.txt", "text/plain", b"hi")
    ]
    assert [(item.type, item.headers.get("x"), item.data) for item in submission.items] == [
        ("session", None, b'{"sid":"1"}'),
        ("something_new", 1, b"\x00"),
    ]
    assert submission.response().body == b'{"id":"9ec79c33ec9942ab8353589fcb2e04dc"}'


def test_envelope_without_an_event_is_answered() -> None:
    submission = sent(envelope({}, SESSION))
    assert (submission.event, submission.event_id, submission.response().status) == (None, None, 200)
    assert sent(envelope({"event_id": "1" * 32}, ITEM)).response().body == b'{"id":"%s"}' % (b"1" * 32)


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", None])
@pytest.mark.parametrize("headers", [b"{}", b'{"dsn":null,"sdk":{"name":"a"}}\r'])
def test_envelope_is_one_at_the_store_endpoint_by_its_first_lines(content_type: str | None, headers: bytes) -> None:
    body = headers + b'\n{"type":"event"}\n{"message":"hello"}\n{"type":"attachment","length":1}\na'
    typed = [] if content_type is None else [("Content-Type", content_type)]
    submission = sent(body, f"/api/42/store/?sentry_key={KEY}", typed)
    assert [repair.kind for repair in submission.repairs] == ["endpoint"]
    assert (submission.endpoint, len(submission.events), len(submission.attachments)) == ("store", 1, 1)


@pytest.mark.parametrize(
    "body",
    [
        b'{"message":"a"}\n{"type":"event"}\n{}',
        b'{"event_id":null}\n{"type":"default","message":"a"}',
        b'{}\n{"type":7}\n{}',
        b"{}\n[]\n{}",
        b"{}\n{",
    ],
)
def test_two_events_at_the_store_endpoint_are_no_envelope(body: bytes) -> None:
    with pytest.raises(errors.InvalidJson):
        sent(body, f"/api/42/store/?sentry_key={KEY}")


ALONE = [
    {"platform": "kotlin", "level": "fatal", "message": "lost", "dsn": DSN},
    {"exception": [{"type": "A"}], "event_id": "1" * 32, "sdk": {"name": "a", "version": "1"}},
    {"sentry.interfaces.Message": {"message": "a"}},
    {"environment": "prod"},
    {"message": "a" * 100_000},
    {"extra": {"a": ["b"] * 40_000}},
]


@pytest.mark.parametrize("indent", [None, 1])
@pytest.mark.parametrize("payload", ALONE)
def test_event_in_the_place_of_an_envelope_is_taken(payload: dict[str, Any], indent: int | None) -> None:
    text = json.dumps(payload, indent=indent).encode() + b"\n"
    submission = sent(text)
    assert [(repair.kind, repair.text) for repair in submission.repairs] == [("endpoint", "event")]
    stored = sent(text, f"/api/42/store/?sentry_key={KEY}")
    assert encode_event(submission.events[0]) == encode_event(stored.events[0])


def test_event_in_the_place_of_an_envelope_names_its_key() -> None:
    submission = sent(json.dumps(ALONE[0]).encode(), "/api/42/envelope/")
    assert submission.auth is not None and submission.auth.public_key == KEY


@pytest.mark.parametrize("body", [b"{}", b'{"event_id":"%b"}' % (b"1" * 32), b'{"dsn":null,"sent_at":"a","trace":{}}'])
def test_headers_alone_are_no_event(body: bytes) -> None:
    submission = sent(body)
    assert (submission.event, submission.repairs) == (None, ())


def test_event_in_the_place_of_an_envelope_has_the_limit_of_an_event() -> None:
    body = json.dumps(ALONE[0]).encode()
    with pytest.raises(errors.LimitExceeded) as refused:
        sent(body, limits=Limits(max_event_bytes=len(body) - 1))
    assert refused.value.limit == "max_event_bytes"


def test_repairs_of_headers_are_listed() -> None:
    submission = sent(b'{"a":NaN}\n{"type":"x","b":Infinity}\n')
    assert [(repair.kind, repair.offset) for repair in submission.repairs] == [("nan", 5), ("infinity", 26)]


@pytest.mark.parametrize("kind", ["transaction", "feedback", "security"])
def test_other_events_are_events(kind: str) -> None:
    payload = {
        "type": kind,
        "timestamp": NOW,
        "start_timestamp": NOW - 1,
        "contexts": {"trace": {"trace_id": "a" * 32, "span_id": "b" * 16}},
    }
    if kind == "security":
        payload = {"csp": {"effective_directive": "img-src"}}
    found = sent(envelope({}, ({"type": kind}, json.dumps(payload).encode()))).event
    assert found is not None and found.type == ("csp" if kind == "security" else kind)


TRACE = {"contexts": {"trace": {"trace_id": "a" * 32, "span_id": "b" * 16}}, "timestamp": NOW, "start_timestamp": NOW - 1}
CSP = {"csp": {"effective_directive": "img-src"}}
TYPED: list[tuple[str, dict[str, Any], str]] = [
    ("transaction", TRACE, "transaction"),
    ("transaction", {**TRACE, "exception": [{"type": "A"}]}, "transaction"),
    ("feedback", {"contexts": {"feedback": {"message": "a"}}}, "feedback"),
    ("feedback", {"exception": [{"type": "A"}]}, "feedback"),
    ("security", CSP, "csp"),
    ("security", {**CSP, "exception": [{"type": "A"}]}, "csp"),
    ("event", TRACE, "default"),
    ("event", {"exception": [{"type": "A"}]}, "error"),
]


@pytest.mark.parametrize("said", [None, "transaction", "feedback", "csp", "default", "nonsense", 7])
@pytest.mark.parametrize(("kind", "payload", "expected"), TYPED)
def test_type_of_the_item_decides_what_the_event_is(kind: str, payload: dict[str, Any], expected: str, said: Any) -> None:
    text = json.dumps({**payload, "type": said}).encode()
    # A lone surrogate makes the text one that is read from objects.
    for each in (text, text.replace(b"{", b'{"logger":"\\ud800",', 1)):
        (found,) = sent(envelope({}, ({"type": kind}, each))).events
        assert found.type == expected and not found.errors


def test_item_that_reports_no_violation_is_no_security_report() -> None:
    with pytest.raises(errors.InvalidReport):
        sent(envelope({}, ({"type": "security"}, b'{"message":"a"}')))


def test_transaction_that_lacks_what_makes_it_one_costs_itself() -> None:
    submission = sent(envelope({}, ({"type": "transaction"}, b"{}"), event()))
    assert [each.type for each in submission.events] == ["default"]
    assert [(each.index, each.type, type(each.error)) for each in submission.refused] == [
        (0, "transaction", errors.InvalidEvent)
    ]


CRASH = ({"type": "attachment", "attachment_type": "event.minidump", "length": 8}, b"MDMP\0\0\0\0")


@pytest.mark.parametrize(
    ("items", "platforms"),
    [
        ((CRASH,), ["native"]),
        ((event(platform="python"), CRASH), ["native"]),
        ((({"type": "transaction"}, json.dumps({**TRACE, "platform": "python"}).encode()), CRASH), ["python"]),
        ((({"type": "transaction"}, json.dumps({**TRACE, "platform": "go"}).encode()), CRASH, event()), ["go", "native"]),
        ((({"type": "feedback"}, b'{"platform":"go"}'), CRASH), ["go", "native"]),
        ((CRASH, event(platform="go"), event(platform="go")), ["native", "go"]),
        ((({"type": "event"}, b"{"), CRASH, event(platform="go")), ["native", "go"]),
    ],
)
def test_crash_belongs_to_the_event_of_the_envelope(items: Any, platforms: list[str]) -> None:
    found = sent(envelope({"event_id": "1" * 32}, *items))
    assert [each.platform for each in found.events] == platforms
    crashed = [each for each in found.events if each.platform == "native"]
    assert [each.event_id for each in crashed or found.events] == ["1" * 32]


def test_id_of_the_envelope_goes_to_no_other_event_than_the_one_that_is_refused() -> None:
    found = sent(envelope({"event_id": "1" * 32}, ({"type": "event"}, b"{"), event(event_id="2" * 32)))
    assert [each.event_id for each in found.events] == ["2" * 32]
    assert found.response().body == b'{"id":"%b"}' % (b"2" * 32)


def test_refused_items_are_listed_in_order_with_errors_that_hold_no_request() -> None:
    bad = ({"type": "event"}, b"[")
    items = (bad, ({"type": "raw_security"}, b"[]"), ({"type": "raw_security"}, b"[7]"), event(), bad)
    found = sent(envelope({}, *items), limits=Limits(max_attachment_bytes=1))
    assert [(each.index, each.type, each.error.code) for each in found.refused] == [
        (0, "event", "invalid_json"),
        (2, "raw_security", "invalid_report"),
        (4, "event", "invalid_json"),
    ]
    for each in found.refused:
        error = each.error
        assert [error.__traceback__, error.__cause__, error.__context__] == [None, None, None]
    assert pickle.loads(pickle.dumps(found.refused)) == found.refused
    assert found.refused != sent(envelope({}, bad, event())).refused


def test_raw_report_of_a_browser_is_an_event() -> None:
    report = {"csp-report": {"effective-directive": "img-src", "blocked-uri": "self"}}
    item = ({"type": "raw_security", "sentry_release": "1.2"}, json.dumps(report).encode())
    found = sent(envelope({}, item)).event
    assert found is not None and found.csp is not None and found.release == "1.2"


def test_repairs_of_items_are_reported() -> None:
    submission = sent(b'{}\n{"type":"event"}\n{"extra":{"a":NaN}}')
    assert [repair.kind for repair in submission.repairs] == ["nan"]


def test_envelope_is_one_at_the_store_endpoint_by_its_content_type() -> None:
    body = envelope({}, event())
    headers = [("Content-Type", "Application/X-Sentry-Envelope; charset=utf-8")]
    submission = sent(body, f"/api/42/store/?sentry_key={KEY}", headers)
    assert submission.endpoint == "envelope" and submission.event is not None


BODY = envelope(
    {"event_id": "1" * 32, "dsn": DSN}, event(), ({"type": "attachment", "length": 5, "filename": "a"}, b"a\nb\nc")
)


def test_truncated_at_every_point() -> None:
    for end in range(len(BODY)):
        try:
            submission = sent(BODY[:end])
        except StoreError:
            continue
        # What is left may be an envelope of less, but no item of it is cut.
        assert len(submission.attachments) == 0 or submission.attachments[0].data == b"a\nb\nc"
        assert submission.event is None or submission.event.logentry is not None


GOOD = [
    event(event_id="3" * 32),
    event(platform="go", extra={"a": "ü"}),
    ({"type": "transaction"}, json.dumps(TRACE).encode()),
    ({"type": "feedback"}, b'{"contexts":{"feedback":{"message":"a"}}}'),
    ({"type": "security"}, json.dumps(CSP).encode()),
    ({"type": "raw_security"}, b'{"csp-report":{"effective-directive":"img-src"}}'),
    ITEM,
    SESSION,
    ({"type": "something_new"}, b"\x00"),
]
#: By what is wrong with an item: the item with it.
FAULTS: dict[str, Any] = {
    "too large": lambda headers, _: ({**headers, "length": 3001}, b"x" * 3001),
    "no JSON": lambda headers, _: ({**headers, "length": 1}, b"["),
    "a list": lambda headers, _: ({**headers, "length": 5}, b"[[0]]"),
    "too deep": lambda headers, _: ({**headers, "length": 400}, b"[" * 200 + b"]" * 200),
    "no type": lambda headers, data: ({**headers, "type": 7}, data),
}
SMALL = Limits(max_event_bytes=3000, max_attachment_bytes=3000, max_sessions_bytes=3000)
OPAQUE = {"attachment", "session"}


def parts_of(submission: Submission) -> list[Any]:
    return [*map(encode_event, submission.events), *submission.attachments, *submission.items]


@given(st.lists(st.sampled_from(GOOD), min_size=1, max_size=6), st.data())
def test_property_fault_in_one_item_changes_no_other(items: list[Any], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(items) - 1))
    kind = items[at][0]["type"]
    faults = ["no type"] if kind == "something_new" else ["no type", "too large"] if kind in OPAQUE else [*FAULTS]
    broken = [*items]
    fault = data.draw(st.sampled_from(faults))
    broken[at] = FAULTS[fault](*items[at])
    # Whether an item without a type was the event of the envelope, nobody knows.
    headers = {"event_id": "1" * 32} if fault != "no type" else {}
    if len(items) == 1:
        with pytest.raises(StoreError):
            sent(envelope(headers, *broken), limits=SMALL)
        return
    found = sent(envelope(headers, *broken), limits=SMALL)
    assert [each.index for each in found.refused] == [at]
    # Of what is there without the fault, only what the item is of is missing.
    left = parts_of(sent(envelope(headers, *items), limits=SMALL))
    for each in parts_of(found):
        left.remove(each)
    assert len(left) == 1


@given(st.lists(st.sampled_from(GOOD[:6]), min_size=1, max_size=6), st.data())
def test_property_wrong_length_of_json_changes_nothing(items: list[Any], data: st.DataObject) -> None:
    lengths = [data.draw(st.none() | st.integers(-2, 200) | st.just(len(text)) | st.text(max_size=2)) for _, text in items]
    broken = [({**headers, "length": length}, text) for (headers, text), length in zip(items, lengths, strict=True)]
    found, whole = sent(envelope({}, *broken)), sent(envelope({}, *items))
    assert parts_of(found) == parts_of(whole) and not found.refused
    wrong = [
        index
        for index, (length, (_, text)) in enumerate(zip(lengths, items, strict=True))
        if length is not None and length != len(text)
    ]
    assert [each.path for each in found.repairs] == [f"$.items[{index}].length" for index in wrong]


HEADERS = st.dictionaries(
    st.sampled_from(["type", "length", "filename", "dsn", "event_id", "sent_at"]), st.none() | st.text()
)
LINES = st.one_of(
    st.builds(lambda headers: json.dumps(headers).encode(), HEADERS),
    st.binary(max_size=20),
    st.just(b'{"type":"event"}'),
    st.just(b'{"type":"attachment","length":3}'),
)


@given(st.lists(LINES, max_size=8).map(b"\n".join))
def test_property_any_envelope_is_taken_or_refused(body: bytes) -> None:
    try:
        submission = sent(body)
    except StoreError as error:
        refused = error.status
    else:
        refused = submission.response().status
    assert refused in {200, 400, 401, 413}


@given(
    st.lists(
        st.tuples(
            st.fixed_dictionaries({"type": st.sampled_from(["session", "x", "attachment"]), "a": st.text()}), st.binary()
        )
    )
)
def test_property_items_come_out_as_they_went_in(items: list[tuple[dict[str, Any], bytes]]) -> None:
    body = envelope({}, *(({**headers, "length": len(data)}, data) for headers, data in items))
    found = parse_envelope(body)
    assert [(item.headers["a"], item.data) for item in found.items] == [(headers["a"], data) for headers, data in items]


HEADER_LINES = st.dictionaries(
    st.sampled_from(["type", "length", "dsn", "trace", "other"]),
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=2), inner, max_size=2),
        max_leaves=8,
    ),
    max_size=4,
).map(lambda headers: json.dumps(headers).encode())


@given(HEADER_LINES | HEADER_LINES.map(lambda line: line.replace(b'"', b"", 1)) | st.binary(max_size=12))
def test_headers_are_read_alike_however_plain_they_are_property(line: bytes) -> None:
    def found() -> Any:
        repairs: list[Any] = []
        try:
            return item_ends.read_headers(line + b"\nrest", 0, Budget(), None, repairs), repairs
        except StoreError as error:
            return error.code, error.detail

    at_once = found()
    with mock.patch.object(item_ends, "_DEPTH", 1 << 30):
        assert found() == at_once
