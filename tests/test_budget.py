"""What a request may cost beside its bytes: one account for all its events, items and lines of headers."""

import functools
import json
from collections.abc import Callable
from typing import Any

import pytest

from store_protocol import (
    HttpRequest,
    Limits,
    NormalizeOptions,
    StoreError,
    Submission,
    decode_request,
    encode_event,
    errors,
    normalize_event,
)
from store_protocol.budget import Budget
from store_protocol.meta.tree import MetaTree
from tests.recordings import CLIENTS, requests

NOW = 1795392000.0
WRONG = {"tags": [[f"a_name_as_long_as_most_{number}", {}] for number in range(50)], "extra": {"kept": [1]}}


def decode(endpoint: str, body: bytes, **options: Any) -> Submission:
    request = HttpRequest("POST", f"/api/1/{endpoint}/?sentry_key=a", [], body)
    return decode_request(request, now=NOW, new_event_id=lambda: "f" * 32, **options)


def envelope(*items: tuple[dict[str, Any], bytes]) -> bytes:
    return b"{}\n" + b"".join(
        json.dumps({**headers, "length": len(data)}).encode() + b"\n" + data + b"\n" for headers, data in items
    )


def events(*payloads: Any) -> bytes:
    return envelope(*(({"type": "event"}, json.dumps(payload).encode()) for payload in payloads))


def listed(submission: Submission) -> list[int]:
    return [len(event.errors or []) for event in submission.events]


def test_events_of_a_request_share_its_errors() -> None:
    found = decode("envelope", events(*[WRONG] * 10), limits=Limits(max_errors=120))
    assert listed(found) == [50, 50, 20, 0, 0, 0, 0, 0, 0, 0]
    assert found.left_out == {"max_errors": 380}
    assert [event.extra for event in found.events] == [{"kept": [1]}] * 10


def test_small_requests_have_room_for_few_errors() -> None:
    size = 200 * 30
    text = json.dumps({"tags": [0] * 400, "extra": {"a": ""}}).encode()
    text = text.replace(b'""', b'"%b"' % (b"x" * (size - len(text))))
    assert len(text) == size
    found = decode("store", text, limits=Limits(free_values=1000))
    assert listed(found) == [Limits().free_errors + 30]
    assert found.left_out == {"max_errors": 400 - Limits().free_errors - 30}
    # Whoever normalizes an event of its own has no such bound.
    assert len(normalize_event(text).errors or []) == 400


@pytest.mark.parametrize(
    ("request_part", "shown"),
    [
        ({"query_string": "a=1&" * 50}, "query_string"),
        ({"url": "http://a.b/?" + "a=1&" * 50}, "query_string"),
        ({"cookies": "a=1;" * 50}, "cookies"),
        ({"headers": [["Cookie", "a=1;" * 50]]}, "cookies"),
    ],
)
def test_pairs_that_are_read_from_texts_are_bounded(request_part: dict[str, str], shown: str) -> None:
    text = json.dumps({"request": request_part}).encode()
    found = decode("store", text, limits=Limits(max_pairs=20))
    assert len(getattr(found.events[0].request, shown)) == 20
    assert len(getattr(decode("store", text).events[0].request, shown)) == 50


def test_forms_of_too_many_fields_stay_texts() -> None:
    text = json.dumps({"request": {"data": "a=1&b=2&c=3"}}).encode()
    for most, data in ((2, "a=1&b=2&c=3"), (3, {"a": "1", "b": "2", "c": "3"})):
        event = decode("store", text, limits=Limits(max_pairs=most)).event
        assert event is not None and event.request is not None and event.request.data == data


def test_the_default_leaves_room_for_many_errors_and_bounds_an_envelope() -> None:
    found = decode("envelope", events(*[WRONG] * 450))
    assert sum(listed(found)) == Limits().max_errors
    # Those that are not read aren't told as errors.
    assert found.left_out.keys() == {"max_errors", "max_values"}
    assert sum(found.left_out.values()) == 450 * 50 - Limits().max_errors
    assert sum(len(encode_event(event)) for event in found.events) < 2 * 1024 * 1024


def recorded_events() -> list[bytes]:
    bodies = (request.body for client in CLIENTS for request, _ in requests(client))
    return [body for body in bodies if body.startswith(b'{"') and json_object(body)][:100]


def json_object(body: bytes) -> bool:
    try:
        return isinstance(json.loads(body), dict)
    except ValueError:
        return False


def test_an_ordinary_envelope_of_a_hundred_events_loses_nothing() -> None:
    bodies = recorded_events()
    bodies = (bodies * 100)[:100]
    found = decode("envelope", envelope(*(({"type": "event"}, body) for body in bodies)))
    assert found.left_out == {}
    options = NormalizeOptions(project_id=1, protocol_version="7")
    alone = [normalize_event(body, options, now=NOW, new_event_id=lambda: "f" * 32) for body in bodies]
    assert [encode_event(event) for event in found.events] == [encode_event(event) for event in alone]


@pytest.mark.parametrize(
    ("wrong", "shown", "kept"),
    [
        ({"tags": [*[0] * 9, ["a", "b"]]}, "tags", [None, None, None, ["a", "b"]]),
        (
            {"tags": [["a", {}], ["b", {}], ["c", {}], *[[[], []]] * 9, ["d", "e"]]},
            "tags",
            [["a", None], ["b", None], ["c", None], ["d", "e"]],
        ),
        ({"request": {"headers": [*[0] * 9, ["a", "b"]]}}, "headers", [None, None, None, ["A", "b"]]),
        ({"breadcrumbs": [*[0] * 9, {"message": "a"}]}, "breadcrumbs", ["a"]),
        ({"exception": [*[0] * 9, {"type": "a"}]}, "exceptions", ["a"]),
        ({"stacktrace": {"frames": [*[0] * 9, {"function": "a"}]}}, "frames", [None, None, None, "a"]),
        ({"stacktrace": {"frames": [{"pre_context": [*[0] * 9, "a"]}]}}, "lines", ["", "", "", "a"]),
    ],
)
def test_what_is_right_is_kept_where_no_more_errors_are_listed(wrong: Any, shown: str, kept: list[Any]) -> None:
    for payload in (json.dumps(wrong), wrong):
        event = normalize_event(payload, NormalizeOptions(), now=NOW, limits=Limits(max_errors=3))
        assert len(event.errors or []) == 3
        assert SHOWN[shown](json.loads(encode_event(event))) == kept


SHOWN: dict[str, Callable[[Any], Any]] = {
    "tags": lambda event: event["tags"],
    "headers": lambda event: event["request"]["headers"],
    "breadcrumbs": lambda event: [part["message"] for part in event["breadcrumbs"]["values"] if part],
    "exceptions": lambda event: [part["type"] for part in event["exception"]["values"] if part],
    "frames": lambda event: [part and part["function"] for part in event["stacktrace"]["frames"]],
    "lines": lambda event: event["stacktrace"]["frames"][0]["pre_context"],
}

LINE = b'{"type":"x","a":"%b"}\n\n'


@pytest.mark.parametrize(
    ("limits", "make", "limit"),
    [
        (Limits(max_envelope_headers_bytes=990), lambda: b"{}\n" + LINE % (b"a" * 80) * 10, "max_envelope_headers_bytes"),
        (Limits(), lambda: b"{}\n" + LINE % (b"a" * 60_000) * 18, "max_envelope_headers_bytes"),
        (Limits(), lambda: b"{}\n" + LINE % b"" * 501, "max_items"),
        (Limits(), lambda: envelope(*[({"type": "raw_security"}, reports(60))] * 9), "max_items"),
    ],
)
def test_what_an_envelope_multiplies_is_bounded(limits: Limits, make: Callable[[], bytes], limit: str) -> None:
    found = decode("envelope", make(), limits=limits)
    (refused,) = found.refused
    assert isinstance(refused.error, errors.LimitExceeded) and refused.error.limit == limit
    assert len(found.items) + len(found.events) <= limits.max_items


@pytest.mark.parametrize("item", [b'{"type":"event"}\n[\n', b'{"a":1}\nx\n', b'{"type":"event","length":2}\n{}\n'])
def test_refused_items_are_as_many_as_items_may_be(item: bytes) -> None:
    limits = Limits(max_event_bytes=1)
    found = decode("envelope", b'{}\n{"type":"x"}\n\n' + item * 900, limits=limits)
    assert len(found.refused) == limits.max_items
    last = found.refused[-1]
    assert (last.index, last.type, str(last.error)) == (500, None, "the envelope has more items than the limit of 500")


def reports(count: int) -> bytes:
    return json.dumps([{"type": "csp-violation", "body": {"effectiveDirective": "img-src"}}] * count).encode()


def test_reports_and_items_are_counted_together() -> None:
    body = envelope(({"type": "raw_security"}, reports(5)), ({"type": "session"}, b"{}"))
    # The array itself is an item.
    assert len(decode("envelope", body, limits=Limits(max_items=6)).events) == 5
    found = decode("envelope", body, limits=Limits(max_items=5))
    # What is over is refused, and all before it is taken.
    assert (len(found.events), [(each.index, each.type) for each in found.refused]) == (4, [(0, "raw_security")])


def test_repairs_of_a_request_are_bounded() -> None:
    body = envelope(*[({"type": "event"}, b'{"extra": {"a": [%b]}}' % b",".join([b"NaN"] * 16))] * 100)
    found = decode("envelope", body)
    assert len(found.repairs) == Limits().max_repairs
    assert found.left_out == {"max_repairs": 16 * 100 - Limits().max_repairs}


def test_formatted_messages_of_a_request_are_bounded() -> None:
    payload = {"logentry": {"message": "{0}" * 300, "params": ["x" * 100]}}
    found = decode("envelope", events(*[payload] * 5), limits=Limits(max_formatted_bytes=100_000))
    shown = [event.logentry and event.logentry.formatted for event in found.events]
    assert shown == ["x" * 30_000] * 3 + ["{0}" * 300] * 2
    assert found.left_out == {"max_formatted_bytes": 2}


@pytest.mark.parametrize("place", ["tags", "request.headers", "request.cookies", "request.query_string"])
@pytest.mark.parametrize("value", ["b", 1.5, ["c"], {}])
def test_large_lists_and_objects_of_pairs_are_bounded(place: str, value: Any) -> None:
    names = [f"K{number:05}" for number in range(3000)]
    sent: tuple[Any, ...] = ([[name, value] for name in names], dict.fromkeys(names, value))
    for pairs in sent:
        payload = functools.reduce(lambda below, part: {part: below}, reversed(place.split(".")), pairs)
        # A pair has two; a header that is no text counts for more.
        most = 1000 if place == "request.headers" and isinstance(pairs, dict) and value != "b" else 2000
        limits = Limits(max_values=4000, bytes_per_value=1, max_errors=5)
        found = decode("store", json.dumps(payload).encode(), limits=limits)
        assert found.left_out["max_values"] == 3000 - most
        event = json.loads(encode_event(found.events[0]))
        kept = functools.reduce(lambda above, part: above[part], place.split("."), event)
        assert [pair[0] for pair in kept] == names[:most]


@pytest.mark.parametrize(
    ("before", "item", "after", "part"),
    [
        ('{"stacktrace":{"frames":[', '{"function":"f"}', "]}}", lambda event: event.stacktrace.frames),
        ('{"breadcrumbs":[', '{"message":"a"}', "]}", lambda event: event.breadcrumbs.values),
        (
            '{"contexts":{"trace":{"links":[',
            json.dumps({"trace_id": "a" * 32, "span_id": "b" * 16}),
            "]}}}",
            lambda event: event.contexts["trace"].links,
        ),
        ('{"exception":[', '{"type":"E"}', "]}", lambda event: event.exception.values),
    ],
)
def test_objects_of_a_dense_text_are_bounded(before: str, item: str, after: str, part: Any) -> None:
    count = 100_000
    text = (before + ",".join(["{}"] * count) + after).encode()
    found = decode("store", text)
    assert found.left_out["max_values"] > count - len(text) // 24
    assert len(part(found.event) or []) < count // 4
    whole = decode("store", (before + ",".join([item] * 10_000) + after).encode())
    assert whole.left_out == {} and len(part(whole.event)) == 10_000


def test_values_of_one_header_are_bounded() -> None:
    payload = {"request": {"headers": [["A", ["b"] * 3000], ["C", ["d"]]]}}
    found = decode("store", json.dumps(payload).encode(), limits=Limits(max_values=1000, bytes_per_value=1))
    event = found.events[0]
    assert event.request is not None
    assert event.request.headers == [("A", ",".join("b" * 996)), ("C", "d")]
    assert found.left_out == {"max_values": 2004}


TRANSACTION = {
    "type": "transaction",
    "timestamp": NOW,
    "start_timestamp": NOW,
    "contexts": {"trace": {"trace_id": "a" * 32, "span_id": "b" * 16}},
}


@pytest.mark.parametrize(
    ("place", "values"),
    [
        ("breadcrumbs.values", [{"type": "a", "level": 0}] * 900),
        ("sdk.integrations", [0, *["a"] * 9000]),
        ("modules", {"0": [], **{str(number): "1" for number in range(1, 4000)}}),
        ("contexts", {str(number): {} for number in range(3000)}),
        ("measurements", {f"a{number}": {} for number in range(3000)}),
        ("fingerprint", ["", *[0] * 9000]),
        ("stacktrace.registers", {"0": "x", **{str(number): 0 for number in range(1, 3000)}}),
        ("stacktrace.registers", {str(number): "x" for number in range(3000)}),
    ],
)
def test_values_that_are_read_one_by_one_are_as_many_as_the_bytes_allow(place: str, values: Any) -> None:
    payload = functools.reduce(lambda below, part: {part: below}, reversed(place.split(".")), values)
    payload = {**(TRANSACTION if place == "measurements" else {}), "extra": {"kept": 1}, **payload}
    text = json.dumps(payload).encode()
    found = decode("store", text, limits=Limits(free_values=20))
    event = found.events[0].to_dict()
    assert event["extra"] == {"kept": 1}
    most = 20 + len(text) // Limits().bytes_per_value
    kept = functools.reduce(lambda above, part: above[part], place.split("."), event)
    # Normalization adds a trace.
    # An interface counts for more than its attributes.
    assert most // 12 < len(kept) <= most + (place == "contexts")
    assert found.left_out["max_values"] >= len(values) - most
    # Whoever normalizes an event of its own has no such bound.
    whole = normalize_event(text).to_dict()
    assert len(functools.reduce(lambda above, part: above[part], place.split("."), whole)) >= len(values)


@pytest.mark.parametrize(("name", "entry"), [("err", "x"), ("rem", ["a", "x"])])
def test_no_more_is_said_of_a_value_in_meta_than_may_be(name: str, entry: Any) -> None:
    most = Limits().max_errors_of_value
    text = json.dumps({"message": "a", "_meta": {"message": {"": {name: [entry] * (most + 7)}}}})
    budget = Budget()
    notes = MetaTree(budget)
    notes.read_meta(json.loads(text)["_meta"], json.loads(text))
    assert budget.left_out() == {"max_errors_of_value": 7}
    assert notes.root.to_meta() == {"message": {"": {name: [entry] * most}}}


def test_budget_says_what_it_left_out() -> None:
    budget = Budget(Limits(max_items=3, max_errors=0))
    assert [budget.spend("max_items", 2), budget.spend("max_items", 2), budget.spend("max_items")] == [True, False, True]
    assert [budget.list_error(), budget.list_error(), budget.lists_errors] == [False, False, False]
    budget.leave_out("max_repairs", 7)
    assert budget.left_out() == {"max_items": 1, "max_errors": 2, "max_repairs": 7}


def test_a_request_without_its_limits_is_refused_by_its_own_error() -> None:
    with pytest.raises(StoreError):
        decode("envelope", events({}), limits=Limits(max_envelope_headers_bytes=0))
