"""Reports of browsers: both forms, what Relay makes of them, and the kinds that are retired."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store_protocol import HttpRequest, Limits, StoreError, Submission, decode_request, encode_event, errors
from store_protocol.endpoints.csp import csp_event

TARGET = "/api/42/security/?sentry_key=b70a31b3510c4cf793964a185cfe1fd0"


def sent(report: Any, *, target: str = TARGET, headers: Any = (), **options: Any) -> Submission:
    body = report if isinstance(report, bytes) else json.dumps(report).encode()
    return decode_request(HttpRequest("POST", target, headers, body), now=1795447500.0, **options)


def event_of(submission: Submission) -> dict[str, Any]:
    assert submission.event is not None
    plain: dict[str, Any] = json.loads(encode_event(submission.event))
    return plain


CSP = {
    "document-uri": "https://example.com/foo",
    "referrer": "https://www.google.com/",
    "violated-directive": "style-src cdn.example.com",
    "effective-directive": "style-src",
    "original-policy": "default-src self",
    "disposition": "enforce",
    "blocked-uri": "http://cdn.example.net:8080/lol.css",
    "line-number": "24",
    "column-number": 66,
    "status-code": "none",
    "source-file": "https://example.com/a.js",
    "script-sample": "",
}
REPORTED = {
    "type": "csp-violation",
    "age": 10,
    "url": "https://example.com/foo",
    "user_agent": "Mozilla/5.0",
    "body": {
        "documentURL": "https://example.com/foo",
        "referrer": "https://www.google.com/",
        "effectiveDirective": "style-src",
        "originalPolicy": "default-src self",
        "disposition": "enforce",
        "blockedURL": "http://cdn.example.net:8080/lol.css",
        "lineNumber": 24,
        "columnNumber": 66,
        "sourceFile": "https://example.com/a.js",
        "sample": "",
    },
}


@pytest.mark.parametrize("report", [{"csp-report": CSP}, [REPORTED], REPORTED], ids=["report-uri", "array", "one"])
def test_both_forms_make_the_same_event(report: Any) -> None:
    submission = sent(report)
    event = event_of(submission)
    assert event["type"] == "csp" and event["logger"] == "csp"
    assert event["logentry"] == {"formatted": "Blocked 'style' from 'cdn.example.net:8080'"}
    assert event["tags"] == [
        ["effective-directive", "style-src"],
        ["blocked-uri", "http://cdn.example.net:8080/lol.css"],
        ["blocked-host", "cdn.example.net"],
    ]
    assert event["request"]["url"] == "https://example.com/foo"
    assert event["request"]["headers"] == [["Referer", "https://www.google.com/"]]
    assert event["csp"]["line_number"] == 24 and event["csp"]["column_number"] == 66
    assert event["csp"]["disposition"] == "enforce"
    assert submission.response().body == b""


@pytest.mark.parametrize(
    ("headers", "origin"),
    [
        ({"Origin": "http://valid.com"}, "http://valid.com/"),
        ({"Origin": "HTTPS://Valid.com:443"}, "https://valid.com/"),
        ({"Origin": "null", "Referer": "https://a.b/c?d=e"}, "https://a.b/c?d=e"),
        ({"Referer": "https://a.b"}, "https://a.b/"),
        ({"Origin": "ftp://a.b", "Referer": "android-app://x"}, None),
        ({"Origin": ""}, None),
        ({}, None),
    ],
)
def test_origin_is_the_first_url_of_the_web_in_canonical_form(headers: dict[str, str], origin: str | None) -> None:
    event = event_of(sent({"csp-report": {"effective-directive": "img-src"}}, headers=headers))
    found = dict(event.get("request", {}).get("headers", []))
    assert found.get("Origin") == origin


@pytest.mark.parametrize("fields", [CSP, REPORTED["body"], {"violated_directive": "img-src 'self'"}])
def test_fields_without_their_wrapper_are_a_report(fields: Any) -> None:
    wrapped = sent({"csp-report": fields})
    bare = sent(fields)
    assert bare.event is not None and wrapped.event is not None
    assert bare.event.csp == wrapped.event.csp and bare.event.tags == wrapped.event.tags
    assert [(repair.kind, repair.path) for repair in bare.repairs] == [("unwrapped_report", "$")]
    assert not wrapped.repairs
    several = sent([REPORTED, fields, {"type": "other", "body": {}}])
    assert len(several.events) == 2 and len(several.items) == 1
    assert [(repair.kind, repair.path) for repair in several.repairs] == [("unwrapped_report", "$[1]")]


@pytest.mark.parametrize("fields", [{"document-uri": "https://a"}, {"effective-directive": 5}, {"violated-directive": ""}])
def test_fields_that_name_no_directive_are_no_report(fields: Any) -> None:
    with pytest.raises(errors.InvalidReport):
        sent(fields)


def test_wrong_values_cost_themselves_alone() -> None:
    event = event_of(sent({"csp-report": CSP}))
    assert "status_code" not in event["csp"]
    assert [error["name"] for error in event["errors"]] == ["csp.status_code"]


def test_query_and_headers_go_into_the_event() -> None:
    headers = {
        "Origin": "https://example.com",
        "User-Agent": "Mozilla/5.0",
        "Sec-CH-UA-Platform": '"Linux"',
        "Content-Type": "application/csp-report",
    }
    target = TARGET.replace("security", "csp-report") + "&sentry_release=1%2B2&sentry_environment=prod"
    event = event_of(sent({"csp-report": CSP}, target=target, headers=headers))
    assert (event["release"], event["environment"]) == ("1+2", "prod")
    assert event["request"]["headers"] == [
        ["Referer", "https://www.google.com/"],
        ["Origin", "https://example.com/"],
        ["User-Agent", "Mozilla/5.0"],
        ["SEC-CH-UA-Platform", '"Linux"'],
    ]


def test_array_holds_reports_of_all_kinds() -> None:
    other = {"type": "deprecation", "age": 1, "url": "https://a.b", "body": {"id": "x"}}
    submission = sent([REPORTED, other, REPORTED])
    assert len(submission.events) == 2
    assert [(item.type, json.loads(item.data)) for item in submission.items] == [("deprecation", other)]
    assert sent([other]).event is None and sent([other]).response().status == 200
    bounded = sent([other, other, other], limits=Limits(max_items=1))
    assert len(bounded.items) == 1
    assert [(each.index, each.error.code) for each in bounded.refused] == [(1, "limit_exceeded")]


def test_report_that_can_not_be_taken_costs_itself() -> None:
    submission = sent([7, REPORTED, {"type": "a"}, {"expect-ct-report": {}}])
    assert len(submission.events) == 1
    assert [(each.index, each.type, each.error.code) for each in submission.refused] == [
        (0, None, "invalid_report"),
        (2, "a", "invalid_report"),
        (3, None, "retired_report"),
    ]


def test_violation_that_can_not_be_read_does_not_cost_those_beside_it() -> None:
    submission = sent([REPORTED, {"type": "csp-violation", "body": {}}])
    assert (len(submission.events), [item.type for item in submission.items]) == (1, ["csp-violation"])


def test_directive_of_tomorrow_is_one() -> None:
    event = event_of(sent({"csp-report": {"effective-directive": "model-src", "blocked-uri": "https://a.b"}}))
    assert event["logentry"] == {"formatted": "Blocked 'model-src' from 'a.b'"}


RETIRED = [
    ({"expect-ct-report": {}}, "application/expect-ct-report+json"),
    ({"expect-ct-report": {}}, "application/json"),
    ({"anything": 1}, "application/expect-ct-report"),
    ({"expect-staple-report": {}}, "application/expect-staple-report"),
    ({"hostname": "a.b", "known-pins": []}, "application/json"),
]


@pytest.mark.parametrize(("report", "content_type"), RETIRED)
def test_retired_kinds_are_refused(report: Any, content_type: str) -> None:
    with pytest.raises(errors.RetiredReport) as refused:
        sent(report, headers={"Content-Type": content_type})
    assert refused.value.response().status == 415


REFUSED: dict[str, tuple[Any, type[StoreError]]] = {
    "nothing": (b"", errors.EmptyBody),
    "no JSON": (b"<csp>", errors.InvalidJson),
    "an object of no kind": ({"message": "hello"}, errors.InvalidReport),
    "a list of no objects": ([1], errors.InvalidReport),
    "a scalar": (7, errors.InvalidReport),
    "a report that is no object": ({"csp-report": []}, errors.InvalidReport),
    "a report without directive": ({"csp-report": {}}, errors.InvalidReport),
    "a directive that is none": ({"csp-report": {"effective-directive": "'self'"}}, errors.InvalidReport),
    "a type without body": ({"type": "csp-violation"}, errors.InvalidReport),
}


@pytest.mark.parametrize(("report", "error"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_report_is_refused(report: Any, error: type[StoreError]) -> None:
    with pytest.raises(error):
        sent(report)


MESSAGES = [
    ("script-src", "inline", "Blocked unsafe inline 'script'"),
    ("script-src", "eval", "Blocked unsafe eval() 'script'"),
    ("script-src", "self", "Blocked unsafe (eval() or inline) 'script'"),
    ("script-src", None, "Blocked unsafe (eval() or inline) 'script'"),
    ("script-src-elem", "'self'", "Blocked inline script attribute"),
    ("base-uri", "", "Blocked inline 'base-uri'"),
    ("base-uri", "http://a.b/c", "Blocked 'base-uri' from 'a.b'"),
    ("form-action", "https://a.b:8443/c", "Blocked 'form' action to 'a.b:8443'"),
    ("img-src", "data", "Blocked 'image' from 'data:'"),
    ("img-src", "http", "Blocked 'image' from 'http://'"),
    ("img-src", "blob:https://a.b/c", "Blocked 'image' from 'blob:'"),
    ("img-src", "data://notlocalhost/", "Blocked 'image' from 'data://notlocalhost'"),
    ("img-src", "xyz://notlocalhost/", "Blocked 'image' from 'xyz://notlocalhost'"),
    ("img-src", "file:///etc", "Blocked 'image' from 'file://'"),
    ("img-src", "http://[bad", "Blocked 'image' from 'http://[bad'"),
    ("img-src", "https://a.b:443/{}", "Blocked 'image' from 'a.b'"),
    ("connect-src", "wss://a.b/s", "Blocked 'connect' from 'wss://a.b'"),
]


@pytest.mark.parametrize(("directive", "blocked", "message"), MESSAGES)
def test_message_says_what_was_blocked(directive: str, blocked: str | None, message: str) -> None:
    body = {"effective-directive": directive} | ({} if blocked is None else {"blocked-uri": blocked})
    assert csp_event(body)["logentry"] == {"formatted": message}


WHOLE_DIRECTIVES = [
    ("script-src 'unsafe-inline'", "", "Blocked unsafe inline 'script'"),
    ("script-src 'unsafe-eval'", "self", "Blocked unsafe eval() 'script'"),
    ("script-src 'unsafe-eval' 'unsafe-inline'", "", "Blocked unsafe inline 'script'"),
    ("script-src example.com", "", "Blocked unsafe (eval() or inline) 'script'"),
    ("script-src 'unsafe-inline'", "http://a.b/c", "Blocked 'script' from 'a.b'"),
]


@pytest.mark.parametrize(("violated", "blocked", "message"), WHOLE_DIRECTIVES)
def test_message_says_what_the_whole_directive_tells(violated: str, blocked: str, message: str) -> None:
    body = {"effective-directive": "script-src", "violated-directive": violated, "blocked-uri": blocked}
    assert csp_event(body)["logentry"] == {"formatted": message}


CULPRITS = [
    ("https://example.com/foo", "style-src cdn.example.com", "style-src cdn.example.com"),
    ("https://example.com/foo", "style-src https://cdn.example.com", "style-src https://cdn.example.com"),
    ("https://example.com/foo", "style-src https://example.com", "style-src 'self'"),
    ("http://example.com/foo", "style-src example.com 'unsafe-inline'", "style-src 'self' 'unsafe-inline'"),
    (
        "blob:example.com/foo",
        "style-src http://example2.com example.com",
        "style-src http://example2.com blob://example.com",
    ),
    ("", "default-src 'none'", "default-src 'none'"),
    ("https://a.b", "", ""),
]


@pytest.mark.parametrize(("document", "violated", "culprit"), CULPRITS)
def test_culprit_is_the_directive_as_the_policy_has_it(document: str, violated: str, culprit: str) -> None:
    body = {"effective-directive": "style-src", "document-uri": document, "violated-directive": violated}
    assert csp_event(body)["culprit"] == culprit


def test_directive_of_old_firefox_is_that_of_the_violation() -> None:
    assert csp_event({"violated-directive": "img-src https://a.b"})["csp"]["effective_directive"] == "img-src"
    assert csp_event({"effective-directive": "img-src a.b"})["csp"]["effective_directive"] == "img-src"


def test_secrets_of_payments_stay_out_of_tags() -> None:
    tags = csp_event({"effective-directive": "img-src", "blocked-uri": "https://api.stripe.com/v1?card=4242#x"})["tags"]
    assert tags[1] == ["blocked-uri", "https://api.stripe.com/v1"]


@pytest.mark.parametrize("method", ["GET", "PUT", "HEAD"])
def test_only_posts_are_reports(method: str) -> None:
    with pytest.raises(errors.MethodNotAllowed) as refused:
        decode_request(HttpRequest(method, TARGET, [], b"{}"))
    assert refused.value.allow == ("POST", "OPTIONS")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*CSP, *REPORTED, "csp-report", "body", "effectiveDirective"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(JSON, st.sampled_from(["img-src", "script-src"]))
def test_property_any_report_is_taken_or_refused(value: Any, directive: str) -> None:
    for report in (value, {"csp-report": {"effective-directive": directive, "blocked-uri": value, "document-uri": value}}):
        try:
            status = sent(report).response().status
        except StoreError as error:
            status = error.status
        assert status in {200, 400, 413, 415}
