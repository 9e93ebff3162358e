"""Files for an event, crash reports of the Unreal Engine, and what users say of an event."""

import json
import zlib
from typing import Any

import pytest

from store_protocol import HttpRequest, Limits, StoreError, Submission, decode_request, errors
from tests.endpoints.doors import EVENT_ID, FORM, KEY, NEW_ID

MULTIPART = [("Content-Type", "multipart/form-data; boundary=x")]
DSN = f"https://{KEY}@example.com/7"


def send(path: str, body: bytes, headers: Any = (), query: str = f"sentry_key={KEY}", **limits: int) -> Submission:
    request = HttpRequest("POST", f"{path}?{query}", list(headers), body)
    return decode_request(request, new_event_id=lambda: NEW_ID, limits=Limits(**limits))


def form(*parts: tuple[str, str | None, bytes]) -> bytes:
    lines = []
    for name, filename, data in parts:
        told = f'; filename="{filename}"' if filename is not None else ""
        lines.append(f'--x\r\nContent-Disposition: form-data; name="{name}"{told}\r\n\r\n'.encode() + data + b"\r\n")
    return b"".join(lines) + b"--x--\r\n"


def attach(body: bytes = FORM, event_id: str = EVENT_ID, headers: Any = MULTIPART, **limits: int) -> Submission:
    return send(f"/api/1/events/{event_id}/attachments/", body, headers, f"sentry_key={KEY}", **limits)


@pytest.mark.parametrize("event_id", [EVENT_ID, EVENT_ID.upper(), "9ec79c33-ec99-42ab-8353-589fcb2e04dc"])
def test_files_are_added_to_the_event_of_the_path(event_id: str) -> None:
    submission = attach(event_id=event_id)
    assert submission.event_id == EVENT_ID and submission.envelope_headers == {"event_id": EVENT_ID}
    (file,) = submission.attachments
    assert (file.name, file.filename, file.content_type, file.data) == ("log", "a.txt", "text/plain", b"hello")
    assert file.attachment_type == "event.attachment"
    (fields,) = submission.items
    assert (fields.type, json.loads(fields.data)) == ("form_data", [["note", "b"]])


def test_form_without_its_content_type_is_taken() -> None:
    assert attach(headers=[]).attachments == attach().attachments


def test_file_that_is_too_large_costs_itself() -> None:
    submission = attach(form(("a", "a", b"x" * 9), ("b", "b", b"y")), max_attachment_bytes=5)
    assert [file.name for file in submission.attachments] == ["b"]
    assert [(each.index, each.type, each.error.code) for each in submission.refused] == [
        (0, "attachment", "limit_exceeded")
    ]
    submission = attach(form(("a", "a", b"x"), ("b", "b", b"y")), max_attachments=1)
    assert [file.name for file in submission.attachments] == ["a"] and submission.items == ()


@pytest.mark.parametrize(
    ("body", "headers", "event_id", "limits", "kind"),
    [
        (FORM, MULTIPART, "latest", {}, errors.InvalidRequest),
        (FORM, MULTIPART, "0" * 31, {}, errors.InvalidRequest),
        (b"hello", [], EVENT_ID, {}, errors.InvalidMultipart),
        (b"hello", MULTIPART, EVENT_ID, {}, errors.InvalidMultipart),
        (FORM[:-10], MULTIPART, EVENT_ID, {}, errors.InvalidMultipart),
        (form(("note", None, b"b")), MULTIPART, EVENT_ID, {}, errors.InvalidMultipart),
        (form(("a", "a", b"x" * 9)), MULTIPART, EVENT_ID, {"max_attachment_bytes": 5}, errors.LimitExceeded),
        (FORM, MULTIPART, EVENT_ID, {"max_event_bytes": 3}, errors.LimitExceeded),
        (FORM, MULTIPART, EVENT_ID, {"max_form_parts": 1}, errors.LimitExceeded),
    ],
)
def test_what_is_no_upload_is_refused(
    body: bytes, headers: Any, event_id: str, limits: dict[str, int], kind: type[StoreError]
) -> None:
    with pytest.raises(kind):
        attach(body, event_id, headers, **limits)


ARCHIVE = zlib.compress(b"UE4 archive")


@pytest.mark.parametrize(
    ("query", "headers"),
    [
        ("", {}),
        ("UserID=", {"unreal_user_id": ""}),
        ("AppID=CrashReporter&UserID=a%7Cb+c&UploadType=crashreports", {"unreal_user_id": "a|b c"}),
    ],
)
def test_crash_report_is_handed_on_as_it_came(query: str, headers: dict[str, str]) -> None:
    submission = send(f"/api/1/unreal/{KEY}/", ARCHIVE, query=query)
    (item,) = submission.items
    assert (item.type, item.data) == ("unreal_report", ARCHIVE)
    assert item.headers == {"type": "unreal_report", "content_type": "application/octet-stream"}
    assert submission.envelope_headers == {"event_id": NEW_ID, **headers}
    assert submission.codings == ()


def test_crash_report_has_the_limit_of_attachments() -> None:
    with pytest.raises(errors.LimitExceeded) as refused:
        send(f"/api/1/unreal/{KEY}/", ARCHIVE, query="", max_attachment_bytes=5)
    assert refused.value.limit == "max_attachment_bytes"


def report(query: str, body: bytes, headers: Any = ()) -> Submission:
    return send("/api/embed/error-page/", body, headers, query)


@pytest.mark.parametrize(
    ("body", "headers", "told"),
    [
        (
            b"name=Jane+D%C3%B6e&email=jane%40example.com&comments=it%0Abroke",
            [("Content-Type", "application/x-www-form-urlencoded")],
            {"name": "Jane Döe", "email": "jane@example.com", "comments": "it\nbroke"},
        ),
        (b"comments=no%FF&other=1\r\n", [], {"comments": "no\ufffd"}),
        (b"comments=&name=a&name=b", [], {"comments": "", "name": "b"}),
        (form(("name", None, b"Jane"), ("comments", None, b"a&b")), MULTIPART, {"name": "Jane", "comments": "a&b"}),
    ],
)
def test_form_of_a_user_becomes_a_report(body: bytes, headers: Any, told: dict[str, str]) -> None:
    submission = report(f"eventId={EVENT_ID.upper()}&dsn={DSN}&lang=de", body, headers)
    (item,) = submission.items
    assert (item.type, json.loads(item.data)) == ("user_report", {"event_id": EVENT_ID, **told})
    assert (submission.project_id, submission.event_id) == ("7", EVENT_ID)
    assert submission.auth is not None and submission.auth.public_key == KEY


def test_dsn_may_be_encoded_and_have_a_prefix() -> None:
    submission = report(f"eventId={EVENT_ID}&dsn=https%3A%2F%2F{KEY}%3Asecret%40example.com%2Fsentry%2F8", b"name=a")
    assert submission.project_id == "8"
    assert submission.auth is not None and submission.auth.secret_key is None


@pytest.mark.parametrize(
    ("query", "body", "kind"),
    [
        (f"dsn={DSN}", b"name=a", errors.InvalidRequest),
        (f"dsn={DSN}&eventId=latest", b"name=a", errors.InvalidRequest),
        (f"dsn={DSN}&eventId={EVENT_ID}", b"other=a", errors.InvalidRequest),
        (f"eventId={EVENT_ID}", b"name=a", errors.MissingAuth),
        (f"eventId={EVENT_ID}&dsn=", b"name=a", errors.MissingAuth),
        (f"eventId={EVENT_ID}&dsn=nonsense", b"name=a", errors.InvalidDsn),
        (f"eventId={EVENT_ID}&dsn={DSN}&sentry_key={'0' * 32}", b"name=a", errors.ContradictoryAuth),
    ],
)
def test_what_is_no_report_of_a_user_is_refused(query: str, body: bytes, kind: type[StoreError]) -> None:
    with pytest.raises(kind):
        report(query, body)
