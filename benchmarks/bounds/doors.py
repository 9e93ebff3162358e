"""Rows of the endpoints beside those for events: check-ins, reports, exports of telemetry, forms of files."""

from collections.abc import Iterator
from functools import partial

from benchmarks.bounds.measure import LIMITS, TARGET, post
from benchmarks.bounds.rows import Row
from benchmarks.bounds.shapes import Shape
from store_protocol import HttpRequest

_JSON = "application/json"
_REPORT = '{"type":"network-error","body":{%s}}'
_LOGS = '{"resourceLogs":[{"scopeLogs":[{"logRecords":[', "]}]}]}"
_SPANS = '{"resourceSpans":[{"scopeSpans":[{"spans":[', "]}]}]}"
_ATTRIBUTES = '{"attributes":[', "]}"
#: What all records of a scope share.
_RESOURCE = '{"attributes":[{"key":"a","value":{"stringValue":"%s"}}]}'
_SHARED = '{"resourceLogs":[{"resource":' + _RESOURCE + ',"scopeLogs":[{"logRecords":['


def doors() -> Iterator[Row]:
    """Yield requests of all endpoints that take no events."""
    yield from _check_ins()
    yield from _reports()
    yield from _telemetry()
    yield from _forms()


def _check_ins() -> Iterator[Row]:
    group = "check-ins"
    for name, shape in (
        ("unknown members (413)", Shape('{"status":"ok",', '"#":0', "}")),
        ("NaN", Shape('{"status":"ok","a":[', "NaN", "]}")),
    ):
        for size in (LIMITS.max_check_in_bytes // 2, LIMITS.max_event_bytes):
            title = f"{name.removesuffix(' (413)')}, {size // 1024} KiB"
            yield Row(group, title, partial(_filled, "cron/a", shape, size), "max_event_bytes")
    yield Row(group, "parameters without end, 64 KiB", partial(_check_in, "&status=ok"))
    yield Row(group, "a monitor of a long name, 64 KiB", partial(_long_monitor, "%C3%A4"))


def _check_in(token: str) -> HttpRequest:
    return HttpRequest("GET", TARGET % "cron/a" + token * (64 * 1024 // len(token)), [])


def _long_monitor(token: str) -> HttpRequest:
    return HttpRequest("GET", TARGET % f"cron/{token * (64 * 1024 // len(token))}" + "&status=ok", [])


def _reports() -> Iterator[Row]:
    group = "network errors"
    for name, token in (
        ("as small as may be", _REPORT % ""),
        ("of wrong values", _REPORT % '"type":[],"phase":[],"protocol":[],"server_ip":[]'),
        ("with addresses that are none", _REPORT % '"server_ip":"1:2:3:4:5:6:7:8:9"'),
        ("of other kinds", '{"type":"a","body":{}}'),
        ("that are none (400)", "[]"),
    ):
        for size in (64 * 1024, LIMITS.max_container_bytes):
            title = f"{name}, {size // 1024} KiB"
            yield Row(group, title, partial(_filled, "nel", Shape("[", token, "]"), size), "max_container_bytes")
    for name, member in (("a long URL", '"url":"http://a/%s"'), ("a long path of URLs", '"url":"%s"')):
        shape = Shape('[{"body":{},' + member.partition("%s")[0], "a/", '"}]', between="")
        yield Row(group, name, partial(_filled, "nel", shape, LIMITS.max_event_bytes))
    shape = Shape('[{"body":{"protocol":"', "/", '"}}]', between="")
    yield Row(group, "a long protocol", partial(_filled, "nel", shape, LIMITS.max_event_bytes))


def _telemetry() -> Iterator[Row]:
    group = "telemetry"
    limit = "max_container_bytes"
    values = (
        *("0", "{}", '{"key":"#","value":{"intValue":1}}', '{"key":"#","value":{"doubleValue":1e30}}'),
        *('{"key":"#","value":{"arrayValue":{"values":[{"intValue":1}]}}}', '{"key":"#","value":{"arrayValue":[]}}'),
        *('{"key":"#","value":{"kvlistValue":{"values":[{"key":"a","value":{"intValue":1}}]}}}',),
        *('{"key":"#","value":{"bytesValue":"AAAA"}}', '{"key":"a","value":{"stringValue":"b"}}'),
    )
    for endpoint, records in (("logs", _LOGS), ("traces", _SPANS)):
        path = f"integration/otlp/v1/{endpoint}"
        for name, token in (
            ("records that are none", "0"),
            ("empty records", "{}"),
            ("records of wrong values", '{"traceId":[],"spanId":0,"name":[],"body":[],"kind":[],"attributes":[[]]}'),
            ("records of NaN", '{"flags":NaN}'),
        ):
            yield Row(group, f"{endpoint}: {name}", partial(_export, path, Shape(records[0], token, records[1])), limit)
        for token in values:
            shape = Shape(records[0] + _ATTRIBUTES[0], token, _ATTRIBUTES[1] + records[1])
            yield Row(group, f"{endpoint}: attributes {token}", partial(_export, path, shape), limit)
        scopes = Shape(f'{{"resource{endpoint.title().replace("Traces", "Spans")}":[', '{"scopeLogs":[{}]}', "]}")
        yield Row(group, f"{endpoint}: resources", partial(_export, path, scopes), limit)
    for size in (1000, 100_000, 5_000_000):
        shape = Shape(_SHARED % ("x" * size), "{}", _LOGS[1])
        yield Row(group, f"logs that share {size:,} bytes", partial(_export, "integration/otlp/v1/logs", shape), limit)
    for token in ("{}", '{"spanId":"aaaaaaaaaaaaaaaa"}'):
        links = Shape(_SPANS[0] + '{"links":[', token, "]}" + _SPANS[1])
        yield Row(group, f"links {token} of one span", partial(_export, "integration/otlp/v1/traces", links), limit)
    state = Shape(_SPANS[0] + '{"traceState":"', "ot=th:1;,", '"}' + _SPANS[1], between="")
    yield Row(group, "a long state of a trace", partial(_export, "integration/otlp/v1/traces", state), limit)


def _forms() -> Iterator[Row]:
    group = "forms of files"
    file = b'--x\r\nContent-Disposition: form-data; name="a"; filename="b"\r\n\r\n%b\r\n'
    field = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n%b\r\n'
    path = f"events/{'f' * 32}/attachments"
    for name, parts in (
        ("as many files as may be", file % b"c" * LIMITS.max_attachments),
        ("as many parts as may be", file % b"c" * LIMITS.max_form_parts),
        ("fields", file % b"c" + field % b"c" * (LIMITS.max_form_parts - 1)),
        ("one file of 8 MiB", file % (b"\r\n--x" * (8 * 1024 * 1024 // 5))),
    ):
        yield Row(group, name, partial(_form, path, parts + b"--x--\r\n"), "max_event_bytes")
    for token in ("a=b&", "name=%C3&", "comments=&"):
        target = f"/api/embed/error-page/?sentry_key=a&eventId={'f' * 32}"
        shape = Shape("name=", token, "", between="")
        yield Row(group, f"a report of a user, {token}", partial(_page, shape, target), "max_event_bytes")


def _filled(endpoint: str, shape: Shape, size: int) -> HttpRequest:
    return post(endpoint, shape.fill(size), content_type=_JSON)


def _export(endpoint: str, shape: Shape) -> HttpRequest:
    return post(endpoint, shape.fill(LIMITS.max_container_bytes), content_type=_JSON)


def _form(endpoint: str, body: bytes) -> HttpRequest:
    return post(endpoint, body, content_type="multipart/form-data; boundary=x")


def _page(shape: Shape, target: str) -> HttpRequest:
    return post("", shape.fill(LIMITS.max_event_bytes), target=target)
