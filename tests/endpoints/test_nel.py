"""Network Error Logging: reports become logs, as Relay makes them."""

import json
from typing import Any

import pytest

from store_protocol import HttpRequest, Limits, Submission, decode_request, errors
from tests.endpoints.doors import KEY, NEW_ID, NOW, REPORT

REPORTS = "application/reports+json"


def send(reports: Any, content_type: str = REPORTS, **limits: int) -> Submission:
    body = reports if isinstance(reports, bytes) else json.dumps(reports).encode()
    request = HttpRequest("POST", f"/api/1/nel/?sentry_key={KEY}", [("Content-Type", content_type)], body)
    return decode_request(request, now=NOW, new_event_id=lambda: NEW_ID, limits=Limits(**limits))


def logs(submission: Submission) -> list[dict[str, Any]]:
    item = submission.items[0]
    found: dict[str, Any] = json.loads(item.data)
    assert item.type == "log"
    assert item.headers == {
        "type": "log",
        "item_count": len(found["items"]),
        "content_type": "application/vnd.sentry.items.log+json",
    }
    assert found["ingest_settings"] == {"infer_ip": "never", "infer_user_agent": "auto"}
    items: list[dict[str, Any]] = found["items"]
    return items


def attributes(report: Any) -> dict[str, Any]:
    (log,) = logs(send([report]))
    return {name: value["value"] for name, value in log["attributes"].items()}


def with_body(**changes: Any) -> dict[str, Any]:
    return {**REPORT, "body": {**REPORT["body"], **changes}}


def test_report_becomes_a_log() -> None:
    (log,) = logs(send([REPORT]))
    assert log == {
        "timestamp": NOW - 31.042,
        "trace_id": NEW_ID,
        "level": "warn",
        "body": "The TCP connection was refused by the server",
        "attributes": {
            "sentry.origin": {"type": "string", "value": "auto.http.browser_report.nel"},
            "browser.report.type": {"type": "string", "value": "network-error"},
            "url.domain": {"type": "string", "value": "example.com"},
            "url.full": {"type": "string", "value": "http://example.com/a"},
            "http.request.duration": {"type": "integer", "value": 0},
            "http.request.method": {"type": "string", "value": "GET"},
            "http.request.header.referer": {"type": "string", "value": ""},
            "http.response.status_code": {"type": "integer", "value": 0},
            "network.protocol.name": {"type": "string", "value": "http"},
            "network.protocol.version": {"type": "string", "value": "1.1"},
            "server.address": {"type": "string", "value": "127.0.0.1"},
            "nel.referrer": {"type": "string", "value": ""},
            "nel.phase": {"type": "string", "value": "connection"},
            "nel.sampling_fraction": {"type": "double", "value": 1.0},
            "nel.type": {"type": "string", "value": "tcp.refused"},
        },
    }


@pytest.mark.parametrize(
    ("changes", "message", "level"),
    [
        ({"type": "ok"}, "ok", "info"),
        ({"type": "dns.unreachable"}, "DNS server is unreachable", "warn"),
        ({"type": "http.some_new_error"}, "http.some_new_error", "warn"),
        (
            {"type": "http.error", "status_code": 404},
            "The user agent successfully received a response, but it had a 404 status code",
            "warn",
        ),
        (
            {"type": "http.error", "status_code": "404"},
            "The user agent successfully received a response, but it had a 0 status code",
            "warn",
        ),
        ({"type": 5}, "error type is unknown", "warn"),
        ({"type": None}, "error type is unknown", "warn"),
    ],
)
def test_type_tells_message_and_level(changes: dict[str, Any], message: str, level: str) -> None:
    (log,) = logs(send(with_body(**changes), "application/json"))
    assert (log["body"], log["level"]) == (message, level)


@pytest.mark.parametrize(
    ("report", "name", "value"),
    [
        ({**REPORT, "url": "https://[::1]:8080/x?y"}, "url.domain", "[::1]"),
        ({**REPORT, "url": "nowhere"}, "url.domain", "nowhere"),
        ({**REPORT, "url": ""}, "url.domain", None),
        ({**REPORT, "url": ""}, "url.full", ""),
        ({**REPORT, "url": 5}, "url.full", None),
        (with_body(protocol="h2"), "network.protocol.name", "h2"),
        (with_body(protocol="h2"), "network.protocol.version", None),
        (with_body(protocol="a/b/c"), "network.protocol.version", "b"),
        (with_body(protocol="/1"), "network.protocol.name", None),
        (with_body(protocol=[]), "network.protocol.name", None),
        (with_body(server_ip="::1"), "server.address", "::1"),
        (with_body(server_ip="here"), "server.address", None),
        (with_body(server_ip=5), "server.address", None),
        (with_body(phase="DNS"), "nel.phase", "dns"),
        (with_body(phase=5), "nel.phase", None),
        (with_body(sampling_fraction=1), "nel.sampling_fraction", 1),
        (with_body(sampling_fraction="1"), "nel.sampling_fraction", None),
        (with_body(elapsed_time=1.5), "http.request.duration", None),
        (with_body(elapsed_time=True), "http.request.duration", None),
        (with_body(elapsed_time=2**63), "http.request.duration", None),
        (with_body(method=None), "http.request.method", None),
    ],
)
def test_wrong_value_costs_itself(report: Any, name: str, value: Any) -> None:
    assert attributes(report).get(name) == value


@pytest.mark.parametrize(("age", "seconds"), [(0, 0.0), (-1000, -1.0), (None, 0.0), ("5", 0.0), (1.5, 0.0), (True, 0.0)])
def test_age_is_read_as_milliseconds(age: Any, seconds: float) -> None:
    (log,) = logs(send({**REPORT, "age": age}))
    assert log["timestamp"] == NOW - seconds


def test_reports_of_other_kinds_are_items_of_their_own() -> None:
    other = {"type": "deprecation", "body": {"id": "a"}}
    submission = send([other, {"body": {"type": "ok"}}, REPORT])
    assert [item.type for item in submission.items] == ["log", "deprecation"]
    assert json.loads(submission.items[1].data) == other
    assert [log["body"] for log in logs(submission)] == ["ok", "The TCP connection was refused by the server"]
    assert submission.quantities["log_item"] == 2


def test_report_that_is_none_costs_itself() -> None:
    submission = send([5, REPORT, {"type": "network-error"}, {"type": 5, "body": {}}, None])
    assert len(logs(submission)) == 1
    assert [(each.index, each.type, each.error.code) for each in submission.refused] == [
        (0, None, "invalid_report"),
        (2, "network-error", "invalid_report"),
        (3, None, "invalid_report"),
        (4, None, "invalid_report"),
    ]


def test_where_no_report_is_one_the_request_is_refused() -> None:
    with pytest.raises(errors.InvalidReport):
        send([5])
    assert send([]).items == ()


def test_reports_are_counted() -> None:
    submission = send([REPORT] * 4, max_items=2)
    assert len(logs(submission)) == 2
    assert [(each.index, each.error.code) for each in submission.refused] == [(2, "limit_exceeded")]


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/csp-report", "application/reports", "multipart/x"])
def test_other_content_types_are_refused(content_type: str) -> None:
    with pytest.raises(errors.UnsupportedMediaType) as refused:
        send([REPORT], content_type)
    assert refused.value.status == 415


def test_container_has_its_limit() -> None:
    body = json.dumps([REPORT] * 3).encode()
    submission = send(body, max_container_bytes=2500)
    assert (len(logs(submission)), submission.refused[0].error.code) == (2, "limit_exceeded")
