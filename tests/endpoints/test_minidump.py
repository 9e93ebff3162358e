"""The minidump endpoint: a dump in a form or alone, its limits, and what a form says of its event."""

import gzip
import json
import struct
from typing import Any

import msgspec
import pytest

from store_protocol import HttpRequest, Limits, StoreError, Submission, decode_request, encode_event, errors
from store_protocol.endpoints.minidump import merge_form

NOW = 1795447500.0
TARGET = "/api/42/minidump/?sentry_key=b70a31b3510c4cf793964a185cfe1fd0"
STAMP = 1377809543
DUMP = b"MDMP" + struct.pack("<IIIIIQ", 0xA793, 0, 0, 0, STAMP, 0)


def part(name: str, data: bytes, filename: str | None = None, content_type: str | None = None) -> bytes:
    disposition = f'form-data; name="{name}"' + (f'; filename="{filename}"' if filename is not None else "")
    head = f"Content-Disposition: {disposition}\r\n" + (f"Content-Type: {content_type}\r\n" if content_type else "")
    return b"--xyz\r\n" + head.encode() + b"\r\n" + data + b"\r\n"


def form(*parts: bytes) -> bytes:
    return b"".join(parts) + b"--xyz--\r\n"


DUMP_PART = part("upload_file_minidump", DUMP, "a.dmp", "application/octet-stream")


def sent(body: bytes, content_type: str | None = "multipart/form-data; boundary=xyz", **options: Any) -> Submission:
    headers = [] if content_type is None else [("Content-Type", content_type)]
    return decode_request(HttpRequest("POST", TARGET, headers, body), now=NOW, new_event_id=lambda: "f" * 32, **options)


def event_of(submission: Submission) -> dict[str, Any]:
    assert submission.event is not None
    plain: dict[str, Any] = json.loads(encode_event(submission.event))
    return plain


def test_dump_in_a_form_makes_a_native_event() -> None:
    submission = sent(form(DUMP_PART, part("upload_file_log", b"log", "log.txt", "text/plain")))
    event = event_of(submission)
    assert event["exception"]["values"] == [
        {
            "type": "Minidump",
            "value": "Invalid Minidump",
            "mechanism": {"type": "minidump", "synthetic": True, "handled": False},
        }
    ]
    assert (event["platform"], event["level"], event["type"], event["timestamp"]) == ("native", "fatal", "error", STAMP)
    assert [
        (each.name, each.filename, each.content_type, each.data, each.attachment_type) for each in submission.attachments
    ] == [
        ("upload_file_minidump", "a.dmp", "application/octet-stream", DUMP, "event.minidump"),
        ("upload_file_log", "log.txt", "text/plain", b"log", "event.attachment"),
    ]
    response = submission.response()
    assert response.body == b"ffffffff-ffff-ffff-ffff-ffffffffffff"
    assert ("Content-Type", "text/plain") in response.headers


@pytest.mark.parametrize("content_type", ["application/octet-stream", "application/x-dmp", "text/plain", None])
def test_dump_may_be_the_whole_body(content_type: str | None) -> None:
    submission = sent(DUMP, content_type)
    assert [each.data for each in submission.attachments] == [DUMP]
    assert event_of(submission)["timestamp"] == STAMP


@pytest.mark.parametrize("content_type", ["multipart/form-data", "application/octet-stream", None])
def test_form_tells_its_boundary_itself(content_type: str | None) -> None:
    assert len(sent(form(DUMP_PART), content_type).attachments) == 1


REFUSED: dict[str, tuple[bytes, type[StoreError]]] = {
    "no file": (form(part("sentry", b"{}")), errors.MissingMinidump),
    "another file": (form(part("other", DUMP, "a.dmp")), errors.MissingMinidump),
    "no dump": (form(part("upload_file_minidump", b"hello", "a.dmp")), errors.InvalidMinidump),
    "nothing in it": (form(part("upload_file_minidump", b"", "a.dmp")), errors.EmptyBody),
    "no part": (b"--xyz--\r\n", errors.MissingMinidump),
    "another boundary": (form(DUMP_PART).replace(b"--xyz", b"--abc"), errors.InvalidMultipart),
    "cut short": (form(DUMP_PART)[:-20], errors.InvalidMultipart),
    "empty body": (b"", errors.EmptyBody),
    "a broken container": (form(part("upload_file_minidump", gzip.compress(DUMP)[:-6], "a.gz")), errors.CorruptBody),
}


@pytest.mark.parametrize(("body", "error"), REFUSED.values(), ids=REFUSED)
def test_what_holds_no_dump_is_refused(body: bytes, error: type[StoreError]) -> None:
    with pytest.raises(error):
        sent(body)


def test_raw_body_must_be_a_dump() -> None:
    with pytest.raises(errors.InvalidMinidump):
        sent(b"hello", "application/octet-stream")


def test_form_cut_at_every_point_is_refused() -> None:
    body = form(part("sentry", b'{"release":"1"}'), DUMP_PART)
    end = body.rindex(b"--xyz--") + len(b"--xyz--")
    assert sent(body[:end]).event is not None
    for cut in range(end):
        with pytest.raises(StoreError):
            sent(body[:cut])


def test_form_in_a_form() -> None:
    # Old versions of sentry-electron on Linux.
    inner = (
        b'--in\r\nContent-Disposition: form-data; name="upload_file_minidump"; filename="b"\r\n\r\n'
        + DUMP
        + b"\r\n--in--\r\n"
    )
    submission = sent(form(part("upload_file_minidump", inner, "a.dmp")))
    assert [each.data for each in submission.attachments] == [DUMP]


LIMITS: dict[str, tuple[bytes, int]] = {
    "max_form_parts": (form(DUMP_PART, DUMP_PART), 1),
    "max_attachment_bytes": (form(part("upload_file_minidump", DUMP + bytes(20), "a")), 40),
    "max_attachments_bytes": (form(DUMP_PART, DUMP_PART), len(DUMP) - 1),
    "max_attachments": (form(DUMP_PART), 0),
    "max_envelope_bytes": (form(DUMP_PART), 40),
}


@pytest.mark.parametrize(("limit", "case"), LIMITS.items(), ids=LIMITS)
def test_limits_of_forms(limit: str, case: tuple[bytes, int]) -> None:
    body, maximum = case
    assert sent(body).event is not None
    with pytest.raises(errors.LimitExceeded) as refused:
        sent(body, limits=Limits(**{limit: maximum}))
    assert (refused.value.limit, refused.value.maximum) == (limit, maximum)


FILES = {
    "too large": (part("a", bytes(101), "a.txt"), Limits(max_attachment_bytes=100), "max_attachment_bytes"),
    "too many": (part("a", b"1", "a.txt"), Limits(max_attachments=2), "max_attachments"),
    "too large together": (part("a", b"12", "a.txt"), Limits(max_attachments_bytes=len(DUMP) + 2), "max_attachments_bytes"),
}


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize(("over", "limits", "limit"), FILES.values(), ids=FILES)
def test_file_over_a_limit_costs_itself_and_the_dump_goes_first(
    over: bytes, limits: Limits, limit: str, order: int
) -> None:
    small = part("b", b"3", "b.txt")
    submission = sent(form(*[small, over, DUMP_PART][::order]), limits=limits)
    ((kind, error),) = [(each.type, each.error) for each in submission.refused]
    assert isinstance(error, errors.LimitExceeded) and (kind, error.limit) == ("attachment", limit)
    # In the other order the small one comes last, and may be the one that is over.
    expected = (
        ["b", "upload_file_minidump"] if order > 0 or limit == "max_attachment_bytes" else ["upload_file_minidump", "a"]
    )
    assert sorted(each.name for each in submission.attachments) == sorted(expected)
    names = ["b", "a", "upload_file_minidump"][::order]
    assert {names[each.index] for each in submission.refused} == {*names} - {*expected}


def test_second_dump_that_is_none_costs_itself() -> None:
    submission = sent(form(DUMP_PART, part("upload_file_minidump", b"hello", "b.dmp")))
    assert [each.data for each in submission.attachments] == [DUMP]
    assert [(each.index, each.error.code) for each in submission.refused] == [(1, "invalid_minidump")]


@pytest.mark.parametrize("limit", ["max_attachment_bytes", "max_attachments_bytes"])
@pytest.mark.parametrize("body", [DUMP, gzip.compress(DUMP)])
def test_limits_hold_for_a_dump_that_is_the_whole_body(body: bytes, limit: str) -> None:
    assert sent(body, "application/octet-stream", limits=Limits(**{limit: len(DUMP)})).event is not None
    with pytest.raises(errors.LimitExceeded) as refused:
        sent(body, "application/octet-stream", limits=Limits(**{limit: len(DUMP) - 1}))
    assert refused.value.limit == limit


FORMS: dict[str, tuple[list[tuple[str, str]], dict[str, Any]]] = {
    "JSON": ([("sentry", '{"release":"1","tags":{"a":1}}')], {"release": "1", "tags": {"a": 1}}),
    "JSON under a name": ([("sentry___app", '{"release":"1"}')], {"release": "1"}),
    "keys": ([("sentry[user][id]", "7"), ("sentry[release]", "1")], {"user": {"id": "7"}, "release": "1"}),
    "the first stays": ([("sentry[release]", "1"), ("sentry[release]", "2")], {"release": "1"}),
    "JSON before keys": ([("sentry[release]", "1"), ("sentry", '{"release":"2"}')], {"release": "2"}),
    "objects are merged": (
        [("sentry", '{"user":{"id":"1"}}'), ("sentry[user][name]", "n"), ("sentry[user][id]", "2")],
        {"user": {"id": "1", "name": "n"}},
    ),
    "a value is no object": ([("sentry[user]", "me"), ("sentry[user][id]", "7")], {"user": "me"}),
    "chunks": ([("sentry__2", '"1"}'), ("sentry__1", '{"release":')], {"release": "1"}),
    "ten chunks": (
        [(f"sentry__{index}", char) for index, char in enumerate('{"release":"' + "abc" + '"}')],
        {"release": "abc"},
    ),
    "others": ([("guid", "ab"), ("prod", "app")], {"extra": {"guid": "ab", "prod": "app"}}),
    "broken JSON": ([("sentry", "{nope")], {"extra": {"sentry": "{nope"}}),
    "JSON that is a list": ([("sentry", "[1]")], {"extra": {"sentry": "[1]"}}),
    "chunks of long numbers": (
        [("sentry__18446744073709551615", '"1"}'), ("sentry__+00000000000007", '{"release":')],
        {"release": "1"},
    ),
    "chunks of too long numbers": (
        [("sentry__18446744073709551616", "x"), ("sentry__" + "9" * 5000, "y")],
        {"extra": {"sentry__18446744073709551616": "x", "sentry__" + "9" * 5000: "y"}},
    ),
    "broken chunks": ([("sentry__1", "{"), ("sentry__x", "y")], {"extra": {"sentry__": "{", "sentry__x": "y"}}),
    "broken keys": ([("sentry[a", "1"), ("sentry[a]b]", "2")], {"extra": {"sentry[a": "1", "sentry[a]b]": "2"}}),
    "too many keys": ([("sentry" + "[a]" * 16, "1")], {"extra": {"sentry" + "[a]" * 16: "1"}}),
}


@pytest.mark.parametrize(("fields", "expected"), FORMS.values(), ids=FORMS)
def test_fields_of_a_form_are_merged(fields: list[tuple[str, str]], expected: dict[str, Any]) -> None:
    assert merge_form({}, fields, Limits())[0] == expected


def test_event_in_a_form_is_the_event() -> None:
    packed = msgspec.msgpack.encode({"event_id": "1" * 32, "release": "packed", "extra": {"a": 1}, "level": "error"})
    submission = sent(
        form(
            DUMP_PART,
            part("__sentry-event", packed, "__sentry-event"),
            part("sentry", b'{"release":"form","environment":"prod","extra":{"b":NaN}}'),
        )
    )
    event = event_of(submission)
    assert (event["event_id"], event["release"], event["environment"], event["level"]) == (
        "1" * 32,
        "packed",
        "prod",
        "error",
    )
    assert event["extra"] == {"a": 1, "b": "NaN"}
    assert [repair.kind for repair in submission.repairs] == ["nan"]


@pytest.mark.parametrize(
    "exception", [{"values": [{"type": "E"}]}, [{"type": "E"}], {"type": "E"}], ids=["values", "list", "one"]
)
@pytest.mark.parametrize("name", ["exception", "sentry.interfaces.Exception"])
def test_exceptions_stand_after_the_placeholder(name: str, exception: Any) -> None:
    event = event_of(sent(form(DUMP_PART, part("sentry", json.dumps({name: exception}).encode()))))
    assert [each["type"] for each in event["exception"]["values"]] == ["Minidump", "E"]


def test_minidump_in_an_envelope_makes_the_event_native() -> None:
    header = json.dumps({"type": "attachment", "attachment_type": "event.minidump", "length": len(DUMP), "filename": "a"})
    body = b'{}\n{"type":"event"}\n{"release":"1"}\n' + header.encode() + b"\n" + DUMP
    submission = decode_request(HttpRequest("POST", TARGET.replace("minidump", "envelope"), [], body), now=NOW)
    event = event_of(submission)
    assert (event["platform"], event["release"], event["timestamp"]) == ("native", "1", STAMP)
    alone = decode_request(
        HttpRequest("POST", TARGET.replace("minidump", "envelope"), [], b"{}\n" + header.encode() + b"\n" + DUMP), now=NOW
    )
    assert event_of(alone)["exception"]["values"][0]["type"] == "Minidump"
