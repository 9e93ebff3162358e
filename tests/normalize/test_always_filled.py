"""What normalization always fills is what `NormalizedEvent` declares as never None, no less and no more."""

import json
import pickle
import typing
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docs.generate.sentences import for_type_checkers
from store_protocol import (
    Event,
    HttpRequest,
    NormalizedEvent,
    NormalizeOptions,
    StoreError,
    Submission,
    decode_event,
    decode_request,
    encode_event,
    normalize_event,
    strategies,
)
from store_protocol.schema import normalized_event
from store_protocol.schema.contexts import TraceContext
from tests.changed_events import NAMES, changed_event
from tests.recordings import CLIENTS, requests

#: The attributes that the class declares for type checkers, each with its annotation.
_, DECLARED = for_type_checkers(normalized_event.__name__, "NormalizedEvent")


def filled(event: Event) -> set[str]:
    return {name for name in event.__struct_fields__ if getattr(event, name) is not None}


@pytest.mark.parametrize("payload", [{}, b"{}", "{}"])
def test_what_is_filled_of_an_empty_event_is_what_is_declared(payload: Any) -> None:
    assert filled(normalize_event(payload)) == {*DECLARED}


@pytest.mark.parametrize("name", DECLARED)
def test_declared_type_is_that_of_any_event_without_none(name: str) -> None:
    declared = eval(DECLARED[name], vars(normalized_event))
    without_rules = typing.get_args(declared)[0] if typing.get_origin(declared) is typing.Annotated else declared
    assert without_rules | None == typing.get_type_hints(Event)[name]


_TEXTS = st.none() | st.text(max_size=100)
_FLAGS = st.sampled_from([None, True, False])
_SECONDS = st.none() | st.integers(-62135596800, 253402300799) | st.floats(-62135596800, 253402300799)
_MOST_SECONDS = st.none() | st.integers(-(10**9), 10**9)
#: All options but `is_renormalize`.
OPTIONS: dict[str, st.SearchStrategy[Any]] = {
    "project_id": st.none() | st.integers(0, 9),
    "client_ip": _TEXTS,
    "client": _TEXTS,
    "key_id": _TEXTS,
    "protocol_version": _TEXTS,
    "grouping_config": st.sampled_from([None, {}, {"id": "newstyle"}, 5]),
    "user_agent": _TEXTS,
    "client_hints": st.none() | st.dictionaries(st.sampled_from(["sec_ch_ua", "sec_ch_ua_model"]), _TEXTS),
    "received_at": _SECONDS,
    "sent_at": _SECONDS,
    "max_secs_in_future": _MOST_SECONDS,
    "max_secs_in_past": _MOST_SECONDS,
    "enable_trimming": _FLAGS,
    "remove_other": _FLAGS,
    "remove_nulls": st.booleans(),
    "normalize_user_agent": _FLAGS,
    "client_sample_rate": st.none() | st.floats(0, 1),
    "replay_id": _TEXTS,
    "geoip_lookup": st.just(lambda address: {"city": address}),
    "trusted_proxies": st.sampled_from([(), ("*",)]),
}
_ANYTHING: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda parts: st.lists(parts, max_size=3) | st.dictionaries(st.sampled_from([*NAMES, "trace"]), parts, max_size=4),
    max_leaves=15,
)
OBJECTS: st.SearchStrategy[dict[str, Any]] = st.one_of(
    strategies.events(),
    strategies.legacy_events(),
    strategies.dirty_events(),
    st.randoms(use_true_random=False).map(changed_event),
    st.dictionaries(st.sampled_from([*NAMES, *DECLARED]), _ANYTHING, max_size=6),
)


def test_every_option_is_drawn() -> None:
    assert {*OPTIONS, "is_renormalize"} == {*NormalizeOptions.__struct_fields__}


@given(event=OBJECTS, options=st.builds(NormalizeOptions, **OPTIONS), sent_at=_SECONDS, as_text=st.booleans())
def test_property_of_any_object_is_filled_what_is_declared(
    event: dict[str, Any], options: NormalizeOptions, sent_at: float | None, as_text: bool
) -> None:
    try:
        found = normalize_event(json.dumps(event) if as_text else event, options, sent_at=sent_at)
    except StoreError:
        return
    assert filled(found) >= {*DECLARED}
    assert type(found.contexts["trace"]) is TraceContext


@given(request=strategies.hostile_requests(), options=st.builds(NormalizeOptions, **OPTIONS))
def test_property_of_hostile_requests_is_filled_what_is_declared(request: HttpRequest, options: NormalizeOptions) -> None:
    try:
        submission = decode_request(request, options=options)
    except StoreError:
        return
    for event in submission.events:
        assert filled(event) >= {*DECLARED}


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("trimming", [True, False])
def test_of_recorded_requests_is_filled_what_is_declared(client: str, trimming: bool) -> None:
    for request, status in requests(client):
        if status == 200:
            for event in decode_request(request, options=NormalizeOptions(enable_trimming=trimming)).events:
                assert filled(event) >= {*DECLARED}


# The two cases in which they are None.


@pytest.mark.parametrize("payload", [b"5", "[]", b'"a"', b"null", None, 5, [{}]])
def test_of_what_is_no_object_nothing_is_filled(payload: Any) -> None:
    assert filled(normalize_event(payload)) <= {"_meta"}


@pytest.mark.parametrize("payload", [b"5", b"[]", b'"a"', b"null", b"[{}]"])
def test_a_request_of_what_is_no_object_is_refused(payload: bytes) -> None:
    with pytest.raises(StoreError, match="the JSON text is not an object"):
        decode_request(HttpRequest("POST", "/api/1/store/?sentry_key=a", [], payload))


def test_of_an_event_that_was_normalized_before_nothing_is_filled() -> None:
    assert filled(normalize_event({}, NormalizeOptions(is_renormalize=True))) == set()


# What type checkers are told here, mypy holds in these tests.


def test_it_is_an_event_at_run_time() -> None:
    event = normalize_event({"message": "hello"})
    assert isinstance(event, Event) and type(event) is NormalizedEvent
    assert decode_event(encode_event(event)) == event == pickle.loads(pickle.dumps(event))


def test_filled_attributes_need_no_look_for_none() -> None:
    event = normalize_event({"level": "info"})
    known = event.event_id.isalnum(), event.level.upper(), event.type.upper(), event.logger + event.platform
    assert known == (True, "INFO", "DEFAULT", "other")
    assert event.timestamp <= event.received and len(event.contexts) == 1


def test_a_submission_is_made_of_any_events_and_gives_normalized_ones() -> None:
    events = (Event(event_id="a" * 32, level="info"),)
    submission = Submission("store", events=events)
    assert submission.events is events
    assert [event.level.upper() for event in submission.events] == ["INFO"]
