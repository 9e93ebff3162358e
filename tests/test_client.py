"""The client's side, held against the server's."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store_protocol import (
    Attachment,
    Dsn,
    Envelope,
    EnvelopeItem,
    __version__,
    decode_request,
    encode_request,
    errors,
    parse_envelope,
    parse_event,
)
from store_protocol.body.codings import CODINGS
from store_protocol.items import UserReport
from store_protocol.schema import Event

DSN = "https://b70a31b3510c4cf793964a185cfe1fd0:b7d80b52@example.com:8443/sentry/42"
ENCODINGS = [None, *CODINGS.encodings]
PLACES = ["header", "query", "both"]


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("auth", PLACES)
def test_request_comes_back_as_it_went(encoding: Any, auth: Any) -> None:
    request = encode_request(
        DSN, {"message": "hello", "tags": {"a": "b"}}, encoding=encoding, auth=auth, client="me/1.0", now=5.5
    )
    submission = decode_request(request)
    assert submission.event is not None and submission.event.logentry is not None and submission.auth is not None
    assert submission.project_id == "42"
    assert submission.event.logentry.formatted == "hello"
    assert submission.event.tags == [("a", "b")]
    assert (submission.auth.public_key, submission.auth.secret_key) == ("b70a31b3510c4cf793964a185cfe1fd0", "b7d80b52")
    assert (submission.auth.client, submission.auth.timestamp) == ("me/1.0", 5.5)
    expected = {None: (), "base64": ("base64", "zlib")}.get(encoding, (encoding,))
    assert submission.codings == expected


def test_request_is_addressed_as_the_dsn_says() -> None:
    request = encode_request(Dsn.parse(DSN), b"{}")
    assert request.target == "/sentry/api/42/store/"
    assert request.header("Host") == "example.com:8443"
    assert request.header("User-Agent") == f"store-protocol/{__version__}"
    assert request.header("Content-Length") == "2"
    assert encode_request(DSN, b"{}") == encode_request(DSN, b"{}")


def test_event_may_be_typed() -> None:
    event = parse_event({"message": "hello", "level": "log"})
    assert encode_request(DSN, event).body == b'{"level":"info","logentry":{"formatted":"hello"}}'
    assert encode_request(DSN, Event()).body == b"{}"


def test_wrong_arguments_are_told() -> None:
    with pytest.raises(ValueError, match="encoding must be"):
        encode_request(DSN, b"{}", encoding="lzma")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="auth must be"):
        encode_request(DSN, b"{}", auth="cookie")  # type: ignore[arg-type]
    with pytest.raises(errors.InvalidDsn):
        encode_request("nonsense", b"{}")
    with pytest.raises(TypeError):
        encode_request(DSN, {"a": object()})


_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(st.text(), _VALUES, max_size=5), st.sampled_from(ENCODINGS), st.sampled_from(PLACES))
def test_extra_survives_the_round_trip_property(extra: dict[str, Any], encoding: Any, auth: Any) -> None:
    submission = decode_request(encode_request(DSN, {"extra": extra}, encoding=encoding, auth=auth))
    assert submission.event is not None
    assert submission.event.extra == (extra or None)
    assert submission.repairs == ()


def test_what_json_has_no_room_for_is_sent_as_its_text() -> None:
    event = {"extra": {"ratio": float("nan"), "id": 2**70, "cut": "\ud83d"}}
    found = decode_request(encode_request(DSN, event)).event
    assert found is not None
    assert found.extra == {"ratio": "NaN", "id": str(2**70), "cut": "\ufffd"}
    with pytest.raises(errors.TooDeep):
        encode_request(DSN, {"extra": json.loads("[" * 130 + "]" * 130)})


DUMP = Attachment("upload_file_minidump", "a.dmp", "application/x-dmp", b"MDMP" + bytes(28), "event.minidump")
FILES = [
    Attachment("ä", 'a"b\r\nc.txt', "text/plain", b"\r\n--x\r\nfile"),
    Attachment("", None, None, b""),
    Attachment("view-hierarchy.json", "view-hierarchy.json", None, b"{}", "event.view_hierarchy"),
]
REPORT = {"csp-report": {"effective-directive": "img-src", "blocked-uri": "http://a.b", "document-uri": "http://c.d"}}


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("auth", PLACES)
def test_envelope_comes_back_as_it_went(encoding: Any, auth: Any) -> None:
    event = {"event_id": "a" * 32, "message": "hello"}
    request = encode_request(DSN, event, attachments=FILES, encoding=encoding, auth=auth, now=5.5)
    submission = decode_request(request)
    assert request.target.startswith("/sentry/api/42/envelope/")
    assert submission.envelope_headers == {"event_id": "a" * 32, "sent_at": "1970-01-01T00:00:05.500+00:00"}
    assert submission.event is not None and submission.event.event_id == "a" * 32
    assert [each.data for each in submission.attachments] == [each.data for each in FILES]
    assert [each.filename for each in submission.attachments] == ['a"b\r\nc.txt', None, "view-hierarchy.json"]
    assert submission.attachments[2].attachment_type == "event.view_hierarchy"


@pytest.mark.parametrize("encoding", [each for each in ENCODINGS if each != "base64"])
@pytest.mark.parametrize("auth", PLACES)
def test_minidump_comes_back_as_it_went(encoding: Any, auth: Any) -> None:
    event = {"release": "a@1", "tags": {"a": "b"}}
    request = encode_request(DSN, event, endpoint="minidump", attachments=[DUMP, *FILES], encoding=encoding, auth=auth)
    submission = decode_request(request)
    assert request == encode_request(
        DSN, event, endpoint="minidump", attachments=[DUMP, *FILES], encoding=encoding, auth=auth
    )
    assert submission.event is not None
    assert (submission.endpoint, submission.event.release, submission.event.platform) == ("minidump", "a@1", "native")
    assert [each.data for each in submission.attachments] == [DUMP.data, *(each.data for each in FILES)]
    assert [each.name for each in submission.attachments] == [DUMP.name, "ä", "attachment2", "view-hierarchy.json"]
    assert submission.attachments[1].filename == 'a"b\r\nc.txt'
    assert decode_request(encode_request(DSN, None, endpoint="minidump", attachments=[DUMP])).event is not None


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("auth", PLACES)
@pytest.mark.parametrize(
    "report",
    [REPORT, json.dumps(REPORT).encode(), [{"type": "csp-violation", "body": {"effectiveDirective": "img-src"}}] * 2],
)
def test_report_comes_back_as_it_went(report: Any, encoding: Any, auth: Any) -> None:
    submission = decode_request(encode_request(DSN, report, endpoint="security", encoding=encoding, auth=auth))
    assert submission.endpoint == "security"
    assert [event.type for event in submission.events] == ["csp"] * (2 if isinstance(report, list) else 1)


def test_what_is_no_event_goes_into_an_envelope() -> None:
    report = UserReport(event_id="a" * 32, comments="broke")
    item = EnvelopeItem("session", {}, b'{"started":5}')
    for what, expected in [
        (report, ["user_report"]),
        (item, ["session"]),
        (Envelope({"sdk": {"name": "a"}}, (item, item)), ["session", "session"]),
        (Event(event_id="b" * 32, type="transaction"), ["transaction"]),
        ({"type": "feedback", "event_id": 5}, ["feedback"]),
        (b'{}\n{"type":"session"}\n{}', ["session"]),
    ]:
        body = encode_request(DSN, what, endpoint="envelope").body
        assert [each.type for each in parse_envelope(body).items] == expected
    assert encode_request(DSN, report).target == "/sentry/api/42/envelope/"
    assert parse_envelope(encode_request(DSN, Envelope({"a": 1}, (item,))).body).headers == {"a": 1}
    assert parse_envelope(encode_request(DSN, Event(event_id="b" * 32), attachments=FILES).body).headers == {
        "event_id": "b" * 32
    }


@pytest.mark.parametrize(
    ("message", "arguments"),
    [
        ("endpoint must be", {"endpoint": "unreal"}),
        ("takes no attachments", {"endpoint": "store", "attachments": FILES}),
        ("takes no attachments", {"endpoint": "security", "attachments": FILES}),
        ("needs an attachment", {"endpoint": "minidump", "attachments": FILES}),
        ("takes no base64", {"endpoint": "minidump", "attachments": [DUMP], "encoding": "base64"}),
        ("the whole envelope", {"endpoint": "envelope", "attachments": FILES}),
    ],
)
def test_what_an_endpoint_has_no_room_for_is_told(message: str, arguments: Any) -> None:
    with pytest.raises(ValueError, match=message):
        encode_request(DSN, b"{}", **arguments)
