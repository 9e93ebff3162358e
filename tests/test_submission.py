"""What a submission counts, what limits leave of it, and the limits that its answer tells of."""

from collections.abc import Iterable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from store_protocol import Attachment, EnvelopeItem, Event, HttpRequest, RateLimit, Response, Submission, decode_request
from store_protocol.errors import Overloaded, RateLimited
from store_protocol.rate_limits import parse_rate_limits

FILE = Attachment("log.txt", "log.txt", "text/plain", b"abc")
DUMP = Attachment("dump", "dump", None, b"MDMP", "event.minidump")


def item(kind: str, **headers: Any) -> EnvelopeItem:
    return EnvelopeItem(kind, {"type": kind, **headers}, b"{}")


ERROR, TRANSACTION, CSP = Event(type="error"), Event(type="transaction", spans=[]), Event(type="csp")
#: One of each kind that belongs to no event, and of each that does.
OWN = [item(kind) for kind in ("session", "sessions", "client_report", "check_in", "log", "span", "trace_metric", "else")]
OWN += [item("profile_chunk", platform="android"), item("replay_recording"), item("replay_video")]
OF_EVENT = [item("user_report"), item("replay_event"), item("profile"), item("form_data")]


def names(submission: Submission) -> list[str]:
    return [
        *(event.type or "" for event in submission.events),
        *(each.attachment_type for each in submission.attachments),
        *(each.type for each in submission.items),
    ]


ALL = Submission("envelope", events=(ERROR,), attachments=(FILE, DUMP), items=(*OWN, *OF_EVENT))


@pytest.mark.parametrize(
    ("limits", "dropped"),
    [
        ([], []),
        (["transaction", "security", "default", "nonsense"], []),
        (["session"], ["session", "sessions"]),
        (["monitor"], ["check_in"]),
        (["log_item"], ["log"]),
        (["log_byte"], ["log"]),
        (["span"], ["span"]),
        (["span_indexed"], ["span"]),
        (["trace_metric_byte"], ["trace_metric"]),
        (["profile_chunk"], []),
        (["profile_chunk_ui"], ["profile_chunk"]),
        (["profile"], ["profile"]),
        (["profile_ui"], []),
        (["feedback"], ["user_report"]),
        (["replay"], ["replay_recording", "replay_video", "replay_event"]),
        # The crash stays, as its event does.
        (["attachment"], ["event.attachment"]),
        (["attachment_item"], ["event.attachment"]),
        (["error"], ["error", "event.attachment", "event.minidump", "user_report", "replay_event", "profile", "form_data"]),
        ([RateLimit(60, categories=("session", "monitor"))], ["session", "sessions", "check_in"]),
    ],
)
def test_limits_drop_what_falls_under_them(limits: list[RateLimit | str], dropped: list[str]) -> None:
    kept = ALL.without(limits)
    assert names(kept) == [name for name in names(ALL) if name not in dropped]
    assert (kept is ALL) == (not dropped)
    assert kept.without(limits) is kept


def test_limit_of_all_leaves_what_counts_in_nothing() -> None:
    assert names(ALL.without([RateLimit(60)])) == ["client_report", "else"]
    assert not ALL.without([RateLimit(60)]).is_empty
    assert Submission("envelope", events=(ERROR,)).without([RateLimit(60)]).is_empty


@pytest.mark.parametrize(
    ("events", "limits", "left"),
    [
        ([TRANSACTION], ["span"], ["transaction", "event.attachment"]),
        ([TRANSACTION], ["transaction_indexed"], []),
        ([TRANSACTION, ERROR], ["transaction"], ["error"]),
        ([ERROR, TRANSACTION], ["transaction"], ["error", "event.attachment"]),
        ([CSP], ["security"], []),
        ([CSP], ["error"], ["csp", "event.attachment"]),
        # Equal events are two.
        ([Event(type="error"), Event(type="error")], ["session"], ["error", "error", "event.attachment"]),
        ([], ["error"], ["event.attachment"]),
    ],
)
def test_what_belongs_to_the_event_goes_with_it(events: list[Event], limits: list[str], left: list[str]) -> None:
    submission = Submission("envelope", events=tuple(events), attachments=(FILE,))
    assert names(submission.without(limits)) == left


def test_quantities_add_up() -> None:
    spans = Event(type="transaction", spans=msgspec.convert([{}, {}], list[Any]))
    submission = Submission("envelope", events=(ERROR, spans), attachments=(FILE, DUMP), items=(item("span"), *OWN[:2]))
    assert submission.quantities == {
        "error": 1,
        "transaction": 1,
        "transaction_indexed": 1,
        "span": 4,
        "span_indexed": 4,
        "attachment": 7,
        "attachment_item": 2,
        "session": 2,
    }


def test_minidump_counts_as_an_error_and_by_its_bytes() -> None:
    submission = decode_request(HttpRequest("POST", "/api/1/minidump/?sentry_key=a", [], b"MDMP1234"))
    assert submission.quantities == {"error": 1, "attachment": 8, "attachment_item": 1}


KINDS = st.sampled_from([*OWN, *OF_EVENT])
SUBMISSIONS = st.builds(
    Submission,
    st.just("envelope"),
    events=st.lists(st.sampled_from([ERROR, TRANSACTION, CSP]), max_size=3).map(tuple),
    attachments=st.lists(st.sampled_from([FILE, DUMP]), max_size=3).map(tuple),
    items=st.lists(KINDS, max_size=5).map(tuple),
)
LIMITS = st.lists(
    st.sampled_from(["error", "transaction", "span", "attachment", "session", "profile", "monitor", "nonsense"])
)


@given(SUBMISSIONS, LIMITS)
def test_property_limits_drop_and_add_nothing(submission: Submission, limits: list[str]) -> None:
    kept = submission.without(limits)
    before, after = names(submission), names(kept)
    for name in after:
        before.remove(name)
    left = kept.quantities
    assert all(quantity <= submission.quantities[name] for name, quantity in left.items())
    if "attachment" not in limits:
        # Spans stay where they stand in a transaction that is kept.
        assert not {"session", "profile", "monitor", "error", "transaction"} & {*limits} & {*left}


def header(response: Response, name: str) -> list[str]:
    return [value for found, value in response.headers if found == name]


TOLD = RateLimit(86400, categories=("transaction", "span"))


@pytest.mark.parametrize("method", ["POST", "GET", "HEAD"])
@pytest.mark.parametrize("endpoint", ["store", "envelope", "minidump", "security"])
def test_answer_tells_of_rate_limits(method: str, endpoint: str) -> None:
    submission = Submission(endpoint, method=method)
    plain, told = submission.response(), submission.response(rate_limits=[TOLD])
    assert (told.status, told.body) == (plain.status, plain.body)
    assert told.headers == [*plain.headers, ("X-Sentry-Rate-Limits", "86400:transaction;span:organization")]
    assert parse_rate_limits(header(told, "X-Sentry-Rate-Limits")[0]) == [TOLD]
    # Only who is refused is to come back later.
    assert header(told, "Retry-After") == []


@pytest.mark.parametrize("limits", ["", (), [], iter(())])
def test_answer_without_rate_limits_has_no_header_for_them(limits: str | Iterable[RateLimit]) -> None:
    assert header(Submission("store").response(limits), "X-Sentry-Rate-Limits") == []


def test_rate_limits_may_be_given_as_text_and_stay_one_header() -> None:
    assert header(Submission("store").response("60::key\r\nX-Evil: 1"), "X-Sentry-Rate-Limits") == ["60::key??X-Evil: 1"]
    assert header(Submission("store", method="OPTIONS").response([TOLD]), "X-Sentry-Rate-Limits") == []


@pytest.mark.parametrize(
    ("error", "retry_after", "limits"),
    [
        (RateLimited("x", retry_after=60), ["60"], []),
        (RateLimited("x", retry_after=0), ["1"], []),
        (RateLimited("x", retry_after=60, rate_limits="9::key"), ["60"], ["9::key"]),
        (
            RateLimited("x", rate_limits=[RateLimit(5), TOLD]),
            ["86400"],
            ["5::organization, 86400:transaction;span:organization"],
        ),
        (RateLimited("x", retry_after=7, rate_limits=iter([TOLD])), ["7"], ["86400:transaction;span:organization"]),
        (RateLimited("x", retry_after=7, rate_limits=[]), ["7"], []),
        (Overloaded("x", retry_after=0), ["1"], []),
        (Overloaded("x", retry_after=-5), ["1"], []),
    ],
)
def test_refusal_says_when_to_come_back(error: RateLimited | Overloaded, retry_after: list[str], limits: list[str]) -> None:
    response = error.response()
    assert (header(response, "Retry-After"), header(response, "X-Sentry-Rate-Limits")) == (retry_after, limits)


@pytest.mark.parametrize("given_", [{}, {"rate_limits": "60::key"}, {"rate_limits": []}])
def test_refusal_must_say_when_to_come_back(given_: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match="retry_after"):
        RateLimited("x", **given_)
