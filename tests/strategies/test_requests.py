"""Strategies for requests: right ones are taken whole, and hostile ones find what an endpoint does wrong."""

import importlib
import json
import re
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis.errors import NoSuchExample

from store_protocol import (
    Dsn,
    HttpRequest,
    Limits,
    StoreError,
    decode_body,
    decode_request,
    encode_request,
    parse_auth_header,
    parse_envelope,
    parse_payload,
)
from store_protocol.auth import find_auth
from store_protocol.errors import InvalidDsn
from store_protocol.http_request import text_pairs
from store_protocol.strategies import (
    auth_headers,
    bodies,
    dsns,
    envelopes,
    hostile_requests,
    legacy_events,
    minidump_forms,
    requests,
    security_reports,
)
from store_protocol.strategies.requests import ENDPOINTS, EndpointName, Form

NOW = 1795392000.0


@given(requests())
def test_requests_are_taken_whole(request: HttpRequest) -> None:
    submission = decode_request(request, now=NOW)
    assert submission.response().status == 200
    assert submission.refused == () and submission.repairs == () and submission.left_out == {}
    assert all(event.errors is None for event in submission.events)
    assert submission.auth is not None and submission.project_id is not None


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_requests_of_one_endpoint_go_there(endpoint: EndpointName) -> None:
    @settings(max_examples=20)
    @given(requests(endpoint))
    def check(request: HttpRequest) -> None:
        assert decode_request(request, now=NOW).endpoint == endpoint

    check()


def test_get_is_no_longer_than_servers_take(monkeypatch: pytest.MonkeyPatch) -> None:
    def is_get(request: HttpRequest) -> bool:
        return request.method == "GET"

    assert len(find(requests("store"), is_get).target) <= 8000
    monkeypatch.setattr(importlib.import_module("store_protocol.strategies.requests"), "LONGEST_TARGET", 10)
    with pytest.raises(NoSuchExample):
        find(requests("store"), is_get, settings=settings(max_examples=200, database=None))


@given(hostile_requests())
@settings(suppress_health_check=[HealthCheck.data_too_large, HealthCheck.too_slow, HealthCheck.large_base_example])
def test_hostile_requests_are_answered(request: HttpRequest) -> None:
    try:
        status = decode_request(request, now=NOW).response().status
    except StoreError as error:
        status = error.response().status
    assert status == 200 or 400 <= status < 500


@given(dsns())
def test_dsns_are_right(dsn: str) -> None:
    assert str(Dsn.parse(dsn)) == dsn


@given(auth_headers())
def test_auth_headers_are_right(header: str) -> None:
    auth = parse_auth_header(header)
    assert auth.public_key and auth.client and 2 <= auth.version <= 7


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd", "base64", "none"])
def test_bodies_are_in_their_coding(coding: str) -> None:
    @settings(max_examples=15)
    @given(bodies(coding))
    def check(body: bytes) -> None:
        plain = decode_body(body, None if coding in {"none", "base64"} else coding)
        assert isinstance(parse_payload(plain), dict)

    check()


@given(envelopes(dsn="https://a@example.com/1"))
@settings(max_examples=30)
def test_envelopes_are_right(data: bytes) -> None:
    envelope = parse_envelope(data)
    assert envelope.headers["dsn"] == "https://a@example.com/1" and envelope.items


@given(minidump_forms())
@settings(max_examples=30)
def test_minidump_forms_have_their_dump(form: Form) -> None:
    headers = [("Content-Type", form.content_type)]
    request = HttpRequest("POST", "/api/1/minidump/?sentry_key=a", headers, form.body)
    dump = next(each for each in decode_request(request).attachments if each.name == "upload_file_minidump")
    assert dump.data.startswith(b"MDMP")


@given(security_reports())
def test_security_reports_become_events(report: Any) -> None:
    request = HttpRequest("POST", "/api/1/security/?sentry_key=a", [], json.dumps(report).encode())
    assert len(decode_request(request).events) == (len(report) if isinstance(report, list) else 1)


# An endpoint with a fault in it, ten times. Each is found beside one that has none.

Answer = tuple[int, Any, int, int, int]


def answer(request: HttpRequest, **limits: int) -> Answer:
    """Return what a request is answered with, and how much came of it."""
    try:
        submission = decode_request(request, now=NOW, new_event_id=lambda: "e" * 32, limits=Limits(**limits))
    except StoreError as error:
        return error.status, str(error), 0, 0, 0
    echoed = submission.response().body[:60]
    counts = len(submission.events), len(submission.attachments), len(submission.items)
    return submission.response().status, echoed, *counts


def coding_of(request: HttpRequest) -> str:
    return dict(text_pairs(request.headers)).get("content-encoding", "").lower()


def limit_off_by_one(request: HttpRequest) -> Answer:
    return answer(request, max_event_bytes=Limits().max_event_bytes + 1)


def without_zstd(request: HttpRequest) -> Answer:
    return (415, "unknown coding", 0, 0, 0) if coding_of(request) == "zstd" else answer(request)


def first_gzip_member_alone(request: HttpRequest) -> Answer:
    if coding_of(request) == "gzip" and request.body[:2] == b"\x1f\x8b":
        member = zlib.decompressobj(31)
        try:
            plain = member.decompress(request.body)
        except zlib.error:
            return answer(request)
        if member.eof:
            headers = [pair for pair in text_pairs(request.headers) if pair[0].lower() != "content-encoding"]
            return answer(msgspec.structs.replace(request, body=plain, headers=headers))
    return answer(request)


def truncated_body_taken(request: HttpRequest) -> Answer:
    found = answer(request)
    return (200, b"", 1, 0, 0) if found[0] == 400 and "ends too early" in str(found[1]) else found


def item_length_ignored(request: HttpRequest) -> Answer:
    if "/envelope/" not in request.target or coding_of(request):
        return answer(request)
    return answer(msgspec.structs.replace(request, body=re.sub(rb',? ?"length": ?\d+', b"", request.body)))


def attachment_lost(request: HttpRequest) -> Answer:
    status, echoed, events, attachments, items = answer(request)
    return status, echoed, events, attachments if events < 2 else 0, items


def key_of_the_query_ignored(request: HttpRequest) -> Answer:
    return answer(msgspec.structs.replace(request, target=request.target.replace("sentry_key=", "sentry_no=")))


def secret_in_an_error(request: HttpRequest) -> Answer:
    status, said, *counts = answer(request)
    header = dict(text_pairs(request.headers)).get("x-sentry-auth", "")
    return (status, said if status < 400 else f"{said} in {header}", *counts)  # type: ignore[return-value]


def list_is_a_500(request: HttpRequest) -> Answer:
    return (500, "", 0, 0, 0) if request.body[:1] == b"[" and "/store/" in request.target else answer(request)


def id_not_echoed(request: HttpRequest) -> Answer:
    status, _, *counts = answer(request)
    return (status, b'{"id":"%b"}' % (b"0" * 32), *counts)  # type: ignore[return-value]


@pytest.mark.parametrize(
    "fault",
    [
        limit_off_by_one,
        without_zstd,
        first_gzip_member_alone,
        truncated_body_taken,
        item_length_ignored,
        attachment_lost,
        key_of_the_query_ignored,
        secret_in_an_error,
        list_is_a_500,
        id_not_echoed,
    ],
)
def test_fault_of_an_endpoint_is_found(fault: Callable[[HttpRequest], Answer]) -> None:
    tried = 0

    @settings(
        max_examples=500, phases=[Phase.generate], derandomize=True, database=None, suppress_health_check=[*HealthCheck]
    )
    @given(requests() | hostile_requests())
    def compare(request: HttpRequest) -> None:
        nonlocal tried
        tried += 1
        assert fault(request) == answer(request)

    with pytest.raises(AssertionError):
        compare()
    assert tried <= 500


def test_secret_is_never_in_an_answer() -> None:
    @settings(max_examples=60, suppress_health_check=[*HealthCheck])
    @given(requests() | hostile_requests())
    def check(request: HttpRequest) -> None:
        try:
            secret = find_auth(request.headers, request.query).secret_key
        except StoreError:
            return
        assert secret is None or secret not in str(answer(request)[1])

    check()


@pytest.mark.parametrize("year", [2026, 2031])
def test_times_are_those_of_the_clock(monkeypatch: pytest.MonkeyPatch, year: int) -> None:
    now = datetime(year, 7, 1, tzinfo=UTC).timestamp()
    monkeypatch.setattr("store_protocol.strategies.values.clock", lambda: now)

    @settings(max_examples=40)
    @given(requests("envelope") | legacy_events().map(lambda event: encode_request(DSN, event)))
    def check(request: HttpRequest) -> None:
        kinds = {error.type for event in decode_request(request, now=now).events for error in event.errors or () if error}
        assert kinds & {"clock_drift", "future_timestamp", "past_timestamp"} == set()

    check()


DSN = "http://b70a31b3510c4cf793964a185cfe1fd0@127.0.0.1:9000/sentry/42"


@pytest.mark.parametrize("draw", [requests, hostile_requests])
def test_requests_go_to_the_server_of_a_dsn(draw: Callable[..., Any]) -> None:
    to_it = 0

    @settings(max_examples=100, suppress_health_check=[*HealthCheck], phases=[Phase.generate])
    @given(draw(dsn=DSN))
    def check(request: HttpRequest) -> None:
        nonlocal to_it
        to_it += request.target.startswith("/sentry/api/42/")
        if draw is requests:
            assert decode_request(request, now=NOW).auth.public_key == Dsn.parse(DSN).public_key  # type: ignore[union-attr]

    check()
    assert to_it == 100 if draw is requests else to_it > 60


def test_wrong_dsn_is_told_at_once() -> None:
    for draw in (requests, hostile_requests):
        with pytest.raises(InvalidDsn):
            draw(dsn="example.com")
