"""Envelopes: how they are taken apart, what becomes of their items, and who they say they are from."""

import base64
import gzip
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store_protocol import (
    HttpRequest,
    Limits,
    NormalizeOptions,
    StoreError,
    Submission,
    decode_request,
    encode_event,
    errors,
)
from store_protocol.endpoints.envelope import parse_envelope

KEY = "b70a31b3510c4cf793964a185cfe1fd0"
DSN = f"https://{KEY}@example.com/42"
NOW = 1795447500.0


def envelope(headers: dict[str, Any], *items: tuple[dict[str, Any], bytes]) -> bytes:
    lines = [json.dumps(headers).encode()]
    for item_headers, data in items:
        lines += [json.dumps(item_headers).encode(), data]
    return b"\n".join(lines)


def basic(login: str) -> list[tuple[str, str]]:
    return [("Authorization", "Basic " + base64.b64encode(login.encode()).decode())]


def event(**attributes: Any) -> tuple[dict[str, Any], bytes]:
    return {"type": "event"}, json.dumps({"message": "hello", **attributes}).encode()


def sent(body: bytes, target: str = f"/api/42/envelope/?sentry_key={KEY}", headers: Any = (), **options: Any) -> Submission:
    return decode_request(HttpRequest("POST", target, headers, body), now=NOW, new_event_id=lambda: "f" * 32, **options)


PARSED: dict[str, tuple[bytes, list[tuple[str, bytes]]]] = {
    "headers alone": (b"{}", []),
    "headers alone with a line end": (b"{}\n", []),
    "length": (b'{}\n{"type":"a","length":3}\nx\ny\n', [("a", b"x\ny")]),
    "length up to the end": (b'{}\n{"type":"a","length":2}\nxy', [("a", b"xy")]),
    "no length": (b'{}\n{"type":"a"}\nxy\n{"type":"b"}\nz', [("a", b"xy"), ("b", b"z")]),
    "nothing with a length": (b'{}\n{"type":"a","length":0}\n\n{"type":"b","length":0}\n', [("a", b""), ("b", b"")]),
    "nothing without a length": (b'{}\n{"type":"a"}\n\n{"type":"b"}', [("a", b""), ("b", b"")]),
    "length null": (b'{}\n{"type":"a","length":null}\nxy\n', [("a", b"xy")]),
    "empty lines at the end": (b'{}\n{"type":"a"}\nxy\n\n\n', [("a", b"xy")]),
    "line ends of Windows": (b'{}\r\n{"type":"a","length":2}\r\nxy\r\n{"type":"b"}\r\nz', [("a", b"xy"), ("b", b"z")]),
    "headers of tomorrow": (b'{"new":[1]}\n{"type":"a","new":{}}\nx', [("a", b"x")]),
}


@pytest.mark.parametrize(("body", "items"), PARSED.values(), ids=PARSED)
def test_envelope_is_taken_apart(body: bytes, items: list[tuple[str, bytes]]) -> None:
    assert [(item.type, item.data) for item in parse_envelope(body).items] == items


BROKEN = {
    "no JSON": b"hello\n",
    "headers that are a list": b"[]\n",
    "an item without type": b"{}\n{}\nx",
    "an item whose type is a number": b'{}\n{"type":1}\nx',
    "an item whose headers are cut": b'{}\n{"type":"a',
    "an item shorter than its length": b'{}\n{"type":"a","length":9}\nxy',
    "an item longer than its length": b'{}\n{"type":"a","length":1}\nxy\n',
    "a negative length": b'{}\n{"type":"a","length":-1}\nxy',
    "a length that is text": b'{}\n{"type":"a","length":"2"}\nxy',
    "a length that is true": b'{}\n{"type":"a","length":true}\nx',
}


@pytest.mark.parametrize("body", BROKEN.values(), ids=BROKEN)
def test_broken_envelope_is_refused(body: bytes) -> None:
    with pytest.raises(errors.InvalidEnvelope):
        parse_envelope(body)


ITEM = ({"type": "attachment", "length": 4, "filename": "a"}, b"1234")
SESSION = ({"type": "session"}, b"{}")
OVER: dict[str, tuple[dict[str, int], tuple[tuple[dict[str, Any], bytes], ...]]] = {
    "max_items": ({"max_items": 1}, (SESSION, SESSION)),
    "max_sessions": ({"max_sessions": 1}, (SESSION, SESSION)),
    "max_attachment_bytes": ({"max_attachment_bytes": 3}, (ITEM,)),
    "max_attachments_bytes": ({"max_attachments_bytes": 7}, (ITEM, ITEM)),
    "max_event_bytes": ({"max_event_bytes": 10}, (event(),)),
    "max_client_report_bytes": ({"max_client_report_bytes": 1}, (({"type": "client_report"}, b"{}"),)),
    "max_check_in_bytes": ({"max_check_in_bytes": 1}, (({"type": "check_in"}, b"{}"),)),
    "max_profile_bytes": ({"max_profile_bytes": 1}, (({"type": "profile"}, b"{}"),)),
    "max_replay_bytes": ({"max_replay_bytes": 1}, (({"type": "replay_recording"}, b"{}"),)),
    "max_envelope_header_bytes": ({"max_envelope_header_bytes": 15}, (SESSION,)),
    "max_envelope_bytes": ({"max_envelope_bytes": 20}, (SESSION,)),
}


@pytest.mark.parametrize(("limit", "case"), OVER.items(), ids=OVER)
def test_limits_of_envelopes(limit: str, case: Any) -> None:
    change, items = case
    body = envelope({"dsn": DSN} if limit == "max_envelope_header_bytes" else {}, *items)
    assert sent(body)
    with pytest.raises(errors.LimitExceeded) as refused:
        sent(body, limits=Limits(**change))
    assert (refused.value.limit, refused.value.maximum) == (limit, change[limit])


def test_compressed_envelope_has_its_own_limit() -> None:
    body = gzip.compress(envelope({}, event()))
    gzipped = [("Content-Encoding", "gzip")]
    assert sent(body, headers=gzipped, limits=Limits(max_compressed_bytes=1)).codings == ("gzip",)
    with pytest.raises(errors.LimitExceeded) as refused:
        sent(body, headers=gzipped, limits=Limits(max_compressed_envelope_bytes=1))
    assert refused.value.limit == "max_compressed_envelope_bytes"


def test_every_item_becomes_what_it_is() -> None:
    submission = sent(
        envelope(
            {"event_id": "9EC79C33-EC99-42AB-8353-589FCB2E04DC"},
            ({"type": "attachment", "filename": "a.txt", "content_type": "text/plain"}, b"hi"),
            event(event_id="1" * 32),
            ({"type": "session"}, b'{"sid":"1"}'),
            ({"type": "something_new", "x": 1}, b"\x00"),
        )
    )
    assert submission.event is not None and submission.event.event_id == "9ec79c33ec9942ab8353589fcb2e04dc"
    assert [(each.filename, each.content_type, each.data) for each in submission.attachments] == [
        ("a.txt", "text/plain", b"hi")
    ]
    assert [(item.type, item.headers.get("x"), item.data) for item in submission.items] == [
        ("session", None, b'{"sid":"1"}'),
        ("something_new", 1, b"\x00"),
    ]
    assert submission.response().body == b'{"id":"9ec79c33ec9942ab8353589fcb2e04dc"}'


def test_envelope_without_an_event_is_answered() -> None:
    submission = sent(envelope({}, SESSION))
    assert (submission.event, submission.event_id, submission.response().status) == (None, None, 200)
    assert sent(envelope({"event_id": "1" * 32}, ITEM)).response().body == b'{"id":"%s"}' % (b"1" * 32)


@pytest.mark.parametrize("kind", ["transaction", "feedback", "security"])
def test_other_events_are_events(kind: str) -> None:
    payload = {
        "type": kind,
        "timestamp": NOW,
        "start_timestamp": NOW - 1,
        "contexts": {"trace": {"trace_id": "a" * 32, "span_id": "b" * 16}},
    }
    if kind == "security":
        payload = {"csp": {"effective_directive": "img-src"}}
    found = sent(envelope({}, ({"type": kind}, json.dumps(payload).encode()))).event
    assert found is not None and found.type == ("csp" if kind == "security" else kind)


def test_raw_report_of_a_browser_is_an_event() -> None:
    report = {"csp-report": {"effective-directive": "img-src", "blocked-uri": "self"}}
    item = ({"type": "raw_security", "sentry_release": "1.2"}, json.dumps(report).encode())
    found = sent(envelope({}, item)).event
    assert found is not None and found.csp is not None and found.release == "1.2"


def test_repairs_of_items_are_reported() -> None:
    submission = sent(b'{}\n{"type":"event"}\n{"extra":{"a":NaN}}')
    assert [repair.kind for repair in submission.repairs] == ["nan"]


def test_envelope_is_one_at_the_store_endpoint_by_its_content_type() -> None:
    body = envelope({}, event())
    headers = [("Content-Type", "Application/X-Sentry-Envelope; charset=utf-8")]
    submission = sent(body, f"/api/42/store/?sentry_key={KEY}", headers)
    assert submission.endpoint == "envelope" and submission.event is not None
    with pytest.raises(errors.InvalidJson):
        sent(body, f"/api/42/store/?sentry_key={KEY}")


def test_envelope_names_its_key() -> None:
    submission = sent(envelope({"dsn": DSN}, event()), "/api/42/envelope/")
    assert submission.auth is not None
    assert (submission.auth.public_key, submission.project_id) == (KEY, "42")
    both = sent(envelope({"dsn": DSN}, event()))
    assert both.auth is not None and both.auth.public_key == KEY
    # An SDK may have been given a DSN that isn't one.
    assert sent(envelope({"dsn": "nonsense"}, event())).project_id == "42"


@pytest.mark.parametrize(
    ("dsn", "target", "error"),
    [
        (f"https://{'a' * 32}@example.com/42", f"/api/42/envelope/?sentry_key={KEY}", errors.ContradictoryAuth),
        (DSN, f"/api/41/envelope/?sentry_key={KEY}", errors.ContradictoryAuth),
        ("nonsense", "/api/42/envelope/", errors.MissingAuth),
        (None, "/api/42/envelope/", errors.MissingAuth),
        (7, "/api/42/envelope/", errors.MissingAuth),
    ],
)
def test_credentials_of_envelope_must_agree(dsn: Any, target: str, error: type[StoreError]) -> None:
    with pytest.raises(error):
        sent(envelope({"dsn": dsn}, event()), target)


@pytest.mark.parametrize("login", ["visitor:password", "a visitor:password", ":", f"{KEY}:"])
@pytest.mark.parametrize("target", ["/api/42/envelope/", "/monitoring/errors"])
def test_login_to_the_site_is_no_key_beside_that_of_the_envelope(login: str, target: str) -> None:
    submission = sent(envelope({"dsn": DSN}, event()), target, basic(login))
    assert submission.auth is not None and submission.auth.public_key == KEY


def test_login_counts_where_the_envelope_names_no_key() -> None:
    submission = sent(envelope({}, event()), "/api/42/envelope/", basic(f"{KEY}:"))
    assert submission.auth is not None and submission.auth.public_key == KEY
    with pytest.raises(errors.MalformedAuth):
        sent(envelope({}, event()), "/api/42/envelope/", basic("a visitor:password"))


def test_login_does_not_hide_that_other_places_contradict() -> None:
    with pytest.raises(errors.ContradictoryAuth):
        sent(envelope({"dsn": DSN}, event()), "/api/42/envelope/?sentry_key=other", basic(f"{KEY}:"))


def rfc(seconds: float) -> str:
    from store_protocol.normalize.steps.timestamps import rfc3339

    return rfc3339(seconds)


@pytest.mark.parametrize("sign", [1, -1])
def test_clock_of_the_client_is_set_right(sign: int) -> None:
    off = sign * 7200.0
    crumbs = [{"timestamp": NOW - 60 + off}]
    submission = sent(envelope({"sent_at": rfc(NOW + off)}, event(timestamp=NOW - 5 + off, breadcrumbs=crumbs)))
    found = submission.event
    assert found is not None and found.breadcrumbs is not None and found.breadcrumbs.values is not None
    assert found.timestamp == NOW - 5
    assert [crumb.timestamp for crumb in found.breadcrumbs.values if crumb is not None] == [NOW - 60]
    (error,) = [error for error in found.errors or () if error is not None]
    assert (error.type, error.name) == ("clock_drift", "timestamp")


@pytest.mark.parametrize("sent_at", [rfc(NOW - 3000), "yesterday", None, 5.5e300, [1]])
def test_clock_is_left_alone(sent_at: Any) -> None:
    found = sent(envelope({"sent_at": sent_at}, event(timestamp=NOW - 7000))).event
    assert found is not None and found.timestamp == NOW - 7000 and not found.errors


def test_options_know_the_clock_better_than_the_envelope() -> None:
    body = envelope({"sent_at": rfc(NOW - 7200)}, event(timestamp=NOW - 7300))
    found = sent(body, options=NormalizeOptions(sent_at=NOW)).event
    assert found is not None and found.timestamp == NOW - 7300


@pytest.mark.parametrize(
    ("trace", "rate", "replay"),
    [
        ({"sample_rate": "0.25", "replay_id": "a" * 32}, 0.25, "a" * 32),
        ({"sample_rate": 1}, 1.0, None),
        ({"sample_rate": "often", "replay_id": ""}, None, None),
        ({"sample_rate": [1], "replay_id": 7}, None, None),
        ({"sample_rate": 2}, None, None),
        ("none", None, None),
    ],
)
def test_trace_of_the_envelope_goes_into_the_event(trace: Any, rate: float | None, replay: str | None) -> None:
    found = sent(envelope({"trace": trace}, event(contexts={"trace": {"trace_id": "b" * 32, "span_id": "c" * 16}}))).event
    assert found is not None and found.contexts is not None
    contexts = json.loads(encode_event(found))["contexts"]
    assert contexts["trace"].get("client_sample_rate") == rate
    assert contexts.get("replay", {}).get("replay_id") == replay


BODY = envelope(
    {"event_id": "1" * 32, "dsn": DSN}, event(), ({"type": "attachment", "length": 5, "filename": "a"}, b"a\nb\nc")
)


def test_truncated_at_every_point() -> None:
    for end in range(len(BODY)):
        try:
            submission = sent(BODY[:end])
        except StoreError:
            continue
        # What is left may be an envelope of less, but no item of it is cut.
        assert len(submission.attachments) == 0 or submission.attachments[0].data == b"a\nb\nc"
        assert submission.event is None or submission.event.logentry is not None


HEADERS = st.dictionaries(
    st.sampled_from(["type", "length", "filename", "dsn", "event_id", "sent_at"]), st.none() | st.text()
)
LINES = st.one_of(
    st.builds(lambda headers: json.dumps(headers).encode(), HEADERS),
    st.binary(max_size=20),
    st.just(b'{"type":"event"}'),
    st.just(b'{"type":"attachment","length":3}'),
)


@given(st.lists(LINES, max_size=8).map(b"\n".join))
def test_property_any_envelope_is_taken_or_refused(body: bytes) -> None:
    try:
        submission = sent(body)
    except StoreError as error:
        refused = error.status
    else:
        refused = submission.response().status
    assert refused in {200, 400, 401, 413}


@given(
    st.lists(
        st.tuples(
            st.fixed_dictionaries({"type": st.sampled_from(["session", "x", "attachment"]), "a": st.text()}), st.binary()
        )
    )
)
def test_property_items_come_out_as_they_went_in(items: list[tuple[dict[str, Any], bytes]]) -> None:
    body = envelope({}, *(({**headers, "length": len(data)}, data) for headers, data in items))
    found = parse_envelope(body)
    assert [(item.headers["a"], item.data) for item in found.items] == [(headers["a"], data) for headers, data in items]
