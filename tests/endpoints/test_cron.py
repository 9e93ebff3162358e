"""Check-ins by plain HTTP: in the query and as JSON."""

import json
from typing import Any

import pytest

from store_protocol import HttpRequest, Limits, StoreError, Submission, decode_request, errors

KEY = "b70a31b3510c4cf793964a185cfe1fd0"
JSON = [("Content-Type", "application/json; charset=utf-8")]
UUID = "a460c25f-f255-4577-b920-fcfacae4e5eb"


def send(method: str = "POST", query: str = "", body: bytes = b"", headers: Any = (), slug: str = "nightly") -> Submission:
    return decode_request(HttpRequest(method, f"/api/1/cron/{slug}/{KEY}?{query}", list(headers), body))


def check_in(submission: Submission) -> dict[str, Any]:
    (item,) = submission.items
    assert (item.type, item.headers) == ("check_in", {"type": "check_in", "content_type": "application/json"})
    found: dict[str, Any] = json.loads(item.data)
    return found


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("status=ok", {"status": "ok"}),
        (f"status=in_progress&check_in_id={UUID}", {"status": "in_progress", "check_in_id": UUID}),
        ("status=error&environment=a+b%2F&duration=1.5", {"status": "error", "environment": "a b/", "duration": 1.5}),
        ("status=ok&status=error", {"status": "error"}),
        ("status=ok&monitor_slug=other&other=1", {"status": "ok"}),
        # What can't be taken stays for whoever reads the check-in.
        ("status=ok&duration=soon", {"status": "ok", "duration": "soon"}),
        ("status=ok&duration=1_0", {"status": "ok", "duration": "1_0"}),
        ("status=ok&duration=nan", {"status": "ok", "duration": "nan"}),
        ("status=ok&duration=inf", {"status": "ok", "duration": "inf"}),
        ("status=ok&duration=", {"status": "ok"}),
        ("status=of+tomorrow", {"status": "of tomorrow"}),
    ],
)
def test_query_says_the_check_in(method: str, query: str, told: dict[str, Any]) -> None:
    submission = send(method, query)
    assert check_in(submission) == {**told, "monitor_slug": "nightly"}
    assert (submission.response().status, submission.response().body) == (202, b"")


@pytest.mark.parametrize("headers", [JSON, [("Content-Type", "application/x-www-form-urlencoded")], []])
def test_body_says_the_check_in(headers: Any) -> None:
    config = {"schedule": {"type": "crontab", "value": "0 * * * *"}}
    body = {"status": "ok", "monitor_config": config, "monitor_slug": "another", "more": [1]}
    submission = send("POST", "status=error&duration=5", json.dumps(body).encode(), headers)
    assert check_in(submission) == {**body, "monitor_slug": "nightly"}


def test_body_that_is_no_json_leaves_the_query() -> None:
    assert check_in(send("POST", "status=ok", b"a=b"))["status"] == "ok"
    assert check_in(send("POST", "status=ok", b"", JSON))["status"] == "ok"


def test_path_names_the_monitor() -> None:
    assert check_in(send("GET", "status=ok", slug="N%C3%A4chtlich%20"))["monitor_slug"] == "Nächtlich "


def test_repairs_of_the_json_are_listed() -> None:
    submission = send("POST", "", b'{"status": "ok", "duration": NaN}', JSON)
    assert check_in(submission)["duration"] == "NaN"
    assert [repair.kind for repair in submission.repairs] == ["nan"]


@pytest.mark.parametrize(
    ("query", "body", "headers", "kind"),
    [
        ("", b"", (), errors.InvalidRequest),
        ("status=", b"", (), errors.InvalidRequest),
        ("status=ok", b'{"duration": 1}', (), errors.InvalidRequest),
        ("status=ok", b'{"status": null}', JSON, errors.InvalidRequest),
        ("status=ok", b"[1]", JSON, errors.NotAnObject),
        ("status=ok", b'{"status"', JSON, errors.InvalidJson),
        ("status=ok", b'{"a":' * 200, JSON, errors.TooDeep),
    ],
)
def test_what_is_no_check_in_is_refused(query: str, body: bytes, headers: Any, kind: type[StoreError]) -> None:
    with pytest.raises(kind):
        send("POST", query, body, headers)


def test_check_in_has_the_limit_of_its_item() -> None:
    body = json.dumps({"status": "ok", "contexts": {"a": "x" * 200}}).encode()
    request = HttpRequest("POST", f"/api/1/cron/a/{KEY}", [], body)
    with pytest.raises(errors.LimitExceeded) as refused:
        decode_request(request, limits=Limits(max_check_in_bytes=200))
    assert refused.value.limit == "max_check_in_bytes"
    assert decode_request(request, limits=Limits(max_check_in_bytes=300)).items
