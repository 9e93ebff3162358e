"""Requests to the endpoints that are neither store, envelope, minidump nor security: one that is accepted of each."""

import json
from typing import Any

import msgspec

from store_protocol import HttpRequest

KEY = "b70a31b3510c4cf793964a185cfe1fd0"
EVENT_ID = "9ec79c33ec9942ab8353589fcb2e04dc"
NEW_ID = "7c9ae6e58f03442b9203bbdcf6ae904c"
NOW = 1795392000.0

FORM = (
    b'--x\r\nContent-Disposition: form-data; name="log"; filename="a.txt"\r\nContent-Type: text/plain\r\n\r\nhello\r\n'
    b'--x\r\nContent-Disposition: form-data; name="note"\r\n\r\nb\r\n--x--\r\n'
)
REPORT: dict[str, Any] = {
    "age": 31042,
    "body": {
        "elapsed_time": 0,
        "method": "GET",
        "phase": "connection",
        "protocol": "http/1.1",
        "referrer": "",
        "sampling_fraction": 1.0,
        "server_ip": "127.0.0.1",
        "status_code": 0,
        "type": "tcp.refused",
    },
    "type": "network-error",
    "url": "http://example.com/a",
    "user_agent": "Mozilla/5.0",
}
RESOURCE = {
    "attributes": [
        {"key": "service.name", "value": {"stringValue": "shop"}},
        {"key": "telemetry.sdk.language", "value": {"stringValue": "nodejs"}},
    ]
}
SCOPE = {"name": "scope", "version": "1.2", "attributes": [{"key": "a", "value": {"boolValue": True}}]}
LOG = {
    "timeUnixNano": "1544712660300000000",
    "severityNumber": 10,
    "severityText": "Information",
    "traceId": "5B8EFFF798038103D269B633813FC60C",
    "spanId": "EEE19B7EC3C1B174",
    "body": {"stringValue": "Example log record"},
    "attributes": [{"key": "n", "value": {"intValue": "10"}}],
}
SPAN = {
    "traceId": "89143b0763095bd9c9955e8175d1fb23",
    "spanId": "e342abb1214ca181",
    "parentSpanId": "0c7a7dea069bf5a6",
    "name": "middleware",
    "kind": 1,
    "startTimeUnixNano": "1697620454980000000",
    "endTimeUnixNano": "1697620455980000000",
    "attributes": [{"key": "n", "value": {"doubleValue": 0.5}}],
    "status": {"code": 1},
}


def logs(*records: Any) -> bytes:
    return json.dumps(
        {"resourceLogs": [{"resource": RESOURCE, "scopeLogs": [{"scope": SCOPE, "logRecords": [*records]}]}]}
    ).encode()


def spans(*records: Any) -> bytes:
    return json.dumps(
        {"resourceSpans": [{"resource": RESOURCE, "scopeSpans": [{"scope": SCOPE, "spans": [*records]}]}]}
    ).encode()


class Door(msgspec.Struct, frozen=True, kw_only=True):
    """A request that is accepted, and how it is answered: the path, with the key behind it where `takes_key` is set."""

    path: str
    body: bytes
    content_type: str = ""
    query: str = ""
    status: int = 200
    answer: bytes = b""
    #: The field of `Limits` that bounds the body.
    limit: str
    methods: str = "POST, OPTIONS"
    takes_key: bool = False
    is_rpc: bool = False

    def request(
        self,
        query: str | None = None,
        headers: Any = (),
        *,
        body: bytes | None = None,
        path: str | None = None,
        **more: Any,
    ) -> HttpRequest:
        told = [("Content-Type", self.content_type), *headers] if self.content_type else [*headers]
        parameters = "&".join(each for each in (self.query, f"sentry_key={KEY}" if query is None else query) if each)
        target = f"{self.path if path is None else path}?{parameters}"
        return HttpRequest(more.pop("method", "POST"), target, told, self.body if body is None else body, **more)


DOORS = {
    "cron": Door(
        path="/api/1/cron/nightly/",
        query="status=ok",
        body=b"",
        status=202,
        limit="max_event_bytes",
        methods="POST, GET, OPTIONS",
        takes_key=True,
    ),
    "cron with JSON": Door(
        path="/api/1/cron/nightly/",
        body=b'{"status": "ok"}',
        content_type="application/json",
        status=202,
        limit="max_event_bytes",
        methods="POST, GET, OPTIONS",
        takes_key=True,
    ),
    "nel": Door(
        path="/api/1/nel/",
        body=json.dumps([REPORT]).encode(),
        content_type="application/reports+json",
        limit="max_container_bytes",
    ),
    "attachments": Door(
        path=f"/api/1/events/{EVENT_ID}/attachments/",
        body=FORM,
        content_type="multipart/form-data; boundary=x",
        status=201,
        limit="max_attachments_bytes",
    ),
    "unreal": Door(
        path="/api/1/unreal/",
        body=b"x\x9c\x01\x02\x00\xfd\xffUE\x01\x34\x00\x9b",
        limit="max_attachments_bytes",
        answer=b"7c9ae6e5-8f03-442b-9203-bbdcf6ae904c",
        takes_key=True,
    ),
    "error_page": Door(
        path="/api/embed/error-page/",
        query=f"eventId={EVENT_ID}",
        body=b"name=Jane&email=jane%40example.com&comments=it+broke",
        content_type="application/x-www-form-urlencoded",
        answer=b"{}",
        limit="max_event_bytes",
    ),
    "otlp_logs": Door(
        path="/api/1/integration/otlp/v1/logs",
        body=logs(LOG),
        content_type="application/json",
        answer=b"{}",
        limit="max_container_bytes",
        is_rpc=True,
    ),
    "otlp_traces": Door(
        path="/api/1/integration/otlp/v1/traces",
        body=spans(SPAN),
        content_type="application/json; charset=utf-8",
        answer=b"{}",
        limit="max_container_bytes",
        is_rpc=True,
    ),
}
