"""OpenTelemetry's logs and spans: what Relay makes of them, and how much may come of one request."""

import json
from typing import Any

import pytest

from store_protocol import HttpRequest, Limits, Submission, decode_request, errors
from tests.endpoints.doors import KEY, LOG, NEW_ID, NOW, SPAN, logs, spans

JSON = "application/json"


def send(kind: str, body: bytes, content_type: str = JSON, **limits: int) -> Submission:
    target = f"/api/1/integration/otlp/v1/{kind}/?sentry_key={KEY}"
    request = HttpRequest("POST", target, [("Content-Type", content_type)], body)
    return decode_request(request, now=NOW, new_event_id=lambda: NEW_ID, limits=Limits(**limits))


def records(submission: Submission) -> list[dict[str, Any]]:
    (item,) = submission.items
    found: dict[str, Any] = json.loads(item.data)
    assert item.headers["item_count"] == len(found["items"])
    items: list[dict[str, Any]] = found["items"]
    return items


def log(**changes: Any) -> dict[str, Any]:
    (record,) = records(send("logs", logs({**LOG, **changes})))
    return record


def span(**changes: Any) -> dict[str, Any]:
    (record,) = records(send("traces", spans({**SPAN, **changes})))
    return record


SHARED = {
    "sentry.platform": {"type": "string", "value": "node"},
    "resource.service.name": {"type": "string", "value": "shop"},
    "resource.telemetry.sdk.language": {"type": "string", "value": "nodejs"},
    "instrumentation.a": {"type": "boolean", "value": True},
    "instrumentation.name": {"type": "string", "value": "scope"},
    "instrumentation.version": {"type": "string", "value": "1.2"},
}


def test_log_record_becomes_a_log() -> None:
    submission = send("logs", logs(LOG))
    assert submission.items[0].headers["content_type"] == "application/vnd.sentry.items.log+json"
    assert records(submission) == [
        {
            "timestamp": 1544712660.3,
            "trace_id": "5b8efff798038103d269b633813fc60c",
            "span_id": "eee19b7ec3c1b174",
            "level": "info",
            "body": "Example log record",
            "attributes": {
                "sentry.origin": {"type": "string", "value": "auto.otlp.logs"},
                **SHARED,
                "n": {"type": "integer", "value": 10},
            },
        }
    ]


def test_span_becomes_one_of_sentrys() -> None:
    submission = send("traces", spans(SPAN))
    assert submission.items[0].headers["content_type"] == "application/vnd.sentry.items.span.v2+json"
    assert records(submission) == [
        {
            "trace_id": "89143b0763095bd9c9955e8175d1fb23",
            "parent_span_id": "0c7a7dea069bf5a6",
            "span_id": "e342abb1214ca181",
            "name": "middleware",
            "status": "ok",
            "is_segment": False,
            "start_timestamp": 1697620454.98,
            "end_timestamp": 1697620455.98,
            "attributes": {
                "sentry.origin": {"type": "string", "value": "auto.otlp.spans"},
                **SHARED,
                "n": {"type": "double", "value": 0.5},
                "sentry.status.message": {"type": "string", "value": ""},
                "sentry.kind": {"type": "string", "value": "internal"},
            },
        }
    ]


@pytest.mark.parametrize(
    ("changes", "name", "value"),
    [
        ({"timeUnixNano": "0", "observedTimeUnixNano": "2000000000"}, "timestamp", 2.0),
        ({"timeUnixNano": 0, "observedTimeUnixNano": 2_500_000_000}, "timestamp", 2.5),
        ({"timeUnixNano": "soon"}, "timestamp", NOW),
        ({"timeUnixNano": "9" * 30}, "timestamp", NOW),
        ({"traceId": ""}, "trace_id", NEW_ID),
        ({"traceId": "0" * 32}, "trace_id", NEW_ID),
        ({"traceId": "g" * 32}, "trace_id", NEW_ID),
        ({"traceId": None}, "trace_id", NEW_ID),
        ({"spanId": ""}, "span_id", None),
        ({"spanId": "0" * 16}, "span_id", None),
        ({"spanId": 5}, "span_id", None),
        ({"severityNumber": 1}, "level", "trace"),
        ({"severityNumber": 24}, "level", "fatal"),
        ({"severityNumber": 17}, "level", "error"),
        ({"severityNumber": 25, "severityText": "WARNING"}, "level", "warn"),
        ({"severityNumber": 0, "severityText": "Information"}, "level", "info"),
        ({"severityNumber": "9", "severityText": "odd"}, "level", "info"),
        ({"severityNumber": None, "severityText": None}, "level", "info"),
        ({"body": None}, "body", None),
        ({"body": {}}, "body", None),
        ({"body": {"boolValue": True}}, "body", "true"),
        ({"body": {"intValue": "5"}}, "body", "5"),
        ({"body": {"doubleValue": 1.5}}, "body", "1.5"),
        ({"body": {"doubleValue": 1.0}}, "body", "1"),
        ({"body": {"bytesValue": "aGVsbG8="}}, "body", "hello"),
        ({"body": {"bytesValue": "!"}}, "body", None),
        ({"body": {"bytesValue": "/w=="}}, "body", None),
        ({"body": {"arrayValue": {"values": [{"stringValue": "a"}, {"arrayValue": {}}, 5]}}}, "body", '["a"]'),
        ({"body": {"arrayValue": {}}}, "body", "[]"),
        ({"body": {"arrayValue": 5}}, "body", None),
        (
            {"body": {"kvlistValue": {"values": [{"key": "a", "value": {"intValue": 1}}, {"key": 5}, {"key": "b"}]}}},
            "body",
            '{"a":1}',
        ),
    ],
)
def test_log_is_read_field_by_field(changes: dict[str, Any], name: str, value: Any) -> None:
    assert log(**changes).get(name) == value


@pytest.mark.parametrize(
    ("value", "attribute"),
    [
        ({"stringValue": "a"}, {"type": "string", "value": "a"}),
        ({"boolValue": False}, {"type": "boolean", "value": False}),
        ({"intValue": "-5"}, {"type": "integer", "value": -5}),
        ({"intValue": 5}, {"type": "integer", "value": 5}),
        ({"intValue": "5.0"}, None),
        ({"intValue": "9223372036854775808"}, None),
        ({"doubleValue": 0.5}, {"type": "double", "value": 0.5}),
        ({"doubleValue": 5}, {"type": "double", "value": 5}),
        ({"doubleValue": "NaN"}, None),
        ({"doubleValue": "5"}, None),
        ({"doubleValue": True}, None),
        ({"other": 1, "intValue": 5}, {"type": "integer", "value": 5}),
        ({"bytesValue": "aGk="}, {"type": "string", "value": "hi"}),
        ({"arrayValue": {"values": [{"stringValue": "a"}, {"stringValue": "b"}]}}, {"type": "array", "value": ["a", "b"]}),
        (
            {"kvlistValue": {"values": [{"key": "a", "value": {"stringValue": "b"}}]}},
            {"type": "string", "value": '{"a":"b"}'},
        ),
        ({"kvlistValue": {}}, {"type": "string", "value": "{}"}),
        ({"kvlistValue": 5}, None),
        ({"stringValue": 5}, None),
        ({}, None),
        (None, None),
        ("a", None),
    ],
)
def test_attribute_has_its_type(value: Any, attribute: Any) -> None:
    assert log(attributes=[{"key": "x", "value": value}])["attributes"].get("x") == attribute


@pytest.mark.parametrize("attributes", [None, 5, [5], [{"key": 5, "value": {"intValue": 1}}], [{"value": {"intValue": 1}}]])
def test_wrong_attributes_cost_themselves(attributes: Any) -> None:
    assert {*log(attributes=attributes)["attributes"]} == {"sentry.origin", *SHARED}


def test_attribute_of_a_record_goes_before_that_of_its_resource() -> None:
    told = [{"key": "resource.service.name", "value": {"stringValue": "other"}}]
    text = send("logs", logs({**LOG, "attributes": told})).items[0].data
    assert text.count(b'"resource.service.name"') == 1
    assert json.loads(text)["items"][0]["attributes"]["resource.service.name"]["value"] == "other"


def test_event_name_is_an_attribute() -> None:
    assert log(eventName="login")["attributes"]["event.name"] == {"type": "string", "value": "login"}
    assert "event.name" not in log(eventName="")["attributes"]


@pytest.mark.parametrize(("language", "platform"), [("dotnet", "csharp"), ("webjs", "javascript"), ("python", "python")])
def test_language_of_the_sdk_is_the_platform(language: str, platform: str) -> None:
    resource = {"attributes": [{"key": "telemetry.sdk.language", "value": {"stringValue": language}}]}
    body = json.dumps({"resourceLogs": [{"resource": resource, "scopeLogs": [{"logRecords": [LOG]}]}]}).encode()
    (record,) = records(send("logs", body))
    assert record["attributes"]["sentry.platform"]["value"] == platform
    assert "instrumentation.name" not in record["attributes"]


@pytest.mark.parametrize(
    ("changes", "name", "value"),
    [
        ({"parentSpanId": ""}, "parent_span_id", None),
        ({"parentSpanId": ""}, "is_segment", True),
        ({"flags": 0x300}, "is_segment", True),
        ({"flags": 0x100}, "is_segment", False),
        ({"flags": "many"}, "is_segment", False),
        ({"spanId": "no"}, "span_id", None),
        ({"traceId": "no"}, "trace_id", NEW_ID),
        ({"status": {"code": 2}}, "status", "error"),
        ({"status": {"code": 7}}, "status", "error"),
        ({"status": {"code": 0}}, "status", "ok"),
        ({"status": None}, "status", "ok"),
        ({"status": {"code": "2"}}, "status", "ok"),
        ({"startTimeUnixNano": None}, "start_timestamp", 0.0),
        ({"endTimeUnixNano": "2000000000"}, "end_timestamp", 2.0),
        ({"name": ""}, "name", None),
        ({"name": 5}, "name", None),
        ({"name": "", "attributes": [{"key": "db.system", "value": {"stringValue": "a"}}]}, "name", "db"),
        ({"name": "", "attributes": [{"key": "http.method", "value": {"stringValue": "a"}}]}, "name", "http"),
        (
            {"name": "", "kind": 2, "attributes": [{"key": "http.method", "value": {"stringValue": "a"}}]},
            "name",
            "http.server",
        ),
        (
            {"name": "", "kind": 3, "attributes": [{"key": "http.request.method", "value": {"stringValue": "a"}}]},
            "name",
            "http.client",
        ),
        ({"name": "", "kind": [], "attributes": [{"key": "http.method", "value": {"stringValue": "a"}}]}, "name", "http"),
        (
            {"links": [{"traceId": "A" * 32, "spanId": "B" * 16, "flags": 1, "attributes": LOG["attributes"]}, 5]},
            "links",
            [
                {
                    "trace_id": "a" * 32,
                    "span_id": "b" * 16,
                    "sampled": True,
                    "attributes": {"n": {"type": "integer", "value": 10}},
                }
            ],
        ),
        (
            {"links": [{"spanId": "b" * 16}]},
            "links",
            [{"trace_id": NEW_ID, "span_id": "b" * 16, "sampled": False, "attributes": {}}],
        ),
        ({"links": [{}, {"spanId": "b", "traceId": "a" * 32}]}, "links", None),
        ({"links": 5}, "links", None),
    ],
)
def test_span_is_read_field_by_field(changes: dict[str, Any], name: str, value: Any) -> None:
    assert span(**changes).get(name) == value


@pytest.mark.parametrize(
    ("changes", "name", "value"),
    [
        ({"status": {"code": 2, "message": "no"}}, "sentry.status.message", "no"),
        ({"status": None}, "sentry.status.message", None),
        ({"status": {"message": 5}}, "sentry.status.message", None),
        ({"flags": 0x300}, "sentry.is_remote", True),
        ({"flags": 0x100}, "sentry.is_remote", False),
        ({}, "sentry.is_remote", None),
        ({"kind": 5}, "sentry.kind", "consumer"),
        ({"kind": 0}, "sentry.kind", None),
        ({"kind": 9}, "sentry.kind", None),
        ({"kind": "SPAN_KIND_SERVER"}, "sentry.kind", None),
        ({"parentSpanId": ""}, "sentry.segment.id", "e342abb1214ca181"),
        ({"parentSpanId": ""}, "sentry.segment.name", "middleware"),
        ({}, "sentry.segment.id", None),
        ({"traceState": "a=b,ot=th:8"}, "sentry.client_sample_rate", 0.5),
        ({"traceState": "ot=th:c"}, "sentry.client_sample_rate", 0.25),
        ({"traceState": "ot=th:0"}, "sentry.client_sample_rate", 1.0),
        ({"traceState": "ot=th:8;th:9"}, "sentry.client_sample_rate", None),
        ({"traceState": "ot=th:XY"}, "sentry.client_sample_rate", None),
        ({"traceState": "ot=th:" + "0" * 15}, "sentry.client_sample_rate", None),
        ({"traceState": "th:8"}, "sentry.client_sample_rate", None),
        ({"traceState": 5}, "sentry.client_sample_rate", None),
        (
            {"traceState": "ot=th:8", "attributes": [{"key": "sentry.client_sample_rate", "value": {"doubleValue": 0.1}}]},
            "sentry.client_sample_rate",
            0.1,
        ),
    ],
)
def test_span_has_attributes_of_its_own(changes: dict[str, Any], name: str, value: Any) -> None:
    found = span(**changes)["attributes"].get(name)
    assert (None if found is None else found["value"]) == value


@pytest.mark.parametrize("kind", ["logs", "traces"])
@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b'{"resourceLogs":[],"resourceSpans":[]}',
        b'{"resourceLogs":5,"resourceSpans":{}}',
        b'{"resourceLogs":[5,{"scopeLogs":[5]}]}',
    ],
)
def test_export_of_nothing_is_taken(kind: str, body: bytes) -> None:
    assert send(kind, body).items == ()


@pytest.mark.parametrize("kind", ["logs", "traces"])
@pytest.mark.parametrize("content_type", ["", "application/x-protobuf", "text/plain", "application/grpc"])
def test_only_json_is_taken(kind: str, content_type: str) -> None:
    with pytest.raises(errors.UnsupportedMediaType, match="JSON") as refused:
        send(kind, b"\x0a\x00", content_type)
    assert json.loads(refused.value.response().body) == {"code": 3, "message": str(refused.value)}


@pytest.mark.parametrize(("kind", "body"), [("logs", logs(*[LOG] * 30)), ("traces", spans(*[SPAN] * 30))])
def test_what_is_shared_is_taken_from_the_limit_each_time(kind: str, body: bytes) -> None:
    limit = max(len(body), 4000)
    submission = send(kind, body, max_container_bytes=limit)
    count = len(records(submission))
    assert 0 < count < 30 and len(submission.items[0].data) <= limit + 100
    assert [(each.index, each.error.code) for each in submission.refused] == [(count, "limit_exceeded")]


@pytest.mark.parametrize("kind", ["logs", "traces"])
def test_resource_that_is_as_large_as_may_be_is_not_written_again_and_again(kind: str) -> None:
    resource = {"attributes": [{"key": "a", "value": {"stringValue": "x" * 50_000}}]}
    names = ("resourceLogs", "scopeLogs", "logRecords") if kind == "logs" else ("resourceSpans", "scopeSpans", "spans")
    inner: Any = {names[2]: [{}] * 5000}
    body = json.dumps({names[0]: [{"resource": resource, names[1]: [inner]}]}).encode()
    submission = send(kind, body, max_container_bytes=200_000)
    assert len(submission.items[0].data) <= 200_100 and len(submission.refused) == 1


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("logs", b'{"resourceLogs":[{"scopeLogs":[{"logRecords":[{}]}]}]}'),
        ("traces", b'{"resourceSpans":[{"scopeSpans":[{"spans":[{}]}]}]}'),
    ],
)
def test_where_nothing_has_room_the_request_is_refused(kind: str, body: bytes) -> None:
    with pytest.raises(errors.LimitExceeded, match="the items of the type") as refused:
        send(kind, body, max_container_bytes=len(body))
    assert refused.value.limit == "max_container_bytes"
    assert len(records(send(kind, body, max_container_bytes=1000))) == 1
