"""Strategies for events: nothing is wrong with the clean ones, knobs hold, and every attribute is reached."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from store_protocol import NormalizeOptions, normalize_event, parse_event
from store_protocol.convert.interface import Interface
from store_protocol.convert.readers import fields_of
from store_protocol.schema.event import Event
from store_protocol.schema.stacktrace import Frame
from store_protocol.strategies import errors, events, feedback, interface, transactions
from store_protocol.strategies.maker import NOT_SENT
from tests.strategies.test_items import interfaces_in, reached_in

THOROUGH = settings(max_examples=1000, phases=[Phase.generate], suppress_health_check=[*HealthCheck])


@THOROUGH
@given(events(), st.booleans())
def test_clean_events_have_no_errors(event: dict[str, Any], trim: bool) -> None:
    assert normalize_event(event, NormalizeOptions(enable_trimming=trim)).errors is None


@given(errors(), transactions(), feedback())
def test_kind_is_that_which_is_asked_for(error: Any, transaction: Any, said: Any) -> None:
    assert normalize_event(error).type in {"error", "default", "csp"}
    assert normalize_event(transaction).type == "transaction"
    assert normalize_event(said).type == "feedback" and normalize_event(said).errors is None


@given(events(require=["exception", "breadcrumbs", "release"], platform="go", min_bytes=20_000))
@settings(max_examples=15, suppress_health_check=[*HealthCheck])
def test_knobs_hold(event: dict[str, Any]) -> None:
    assert {"exception", "breadcrumbs", "release"} <= event.keys()
    assert event["platform"] == "go" and len(json.dumps(event)) >= 20_000
    assert normalize_event(event).errors is None


@pytest.mark.parametrize("name", ["_meta", "errors", "nonsense"])
def test_what_no_client_sends_can_not_be_required(name: str) -> None:
    with pytest.raises(ValueError, match=f"no client sends '{name}'"):
        events(require=[name])


@given(interface(Frame))
def test_interface_is_drawn_alone(frame: dict[str, Any]) -> None:
    event = parse_event({"stacktrace": {"frames": [frame]}})
    assert event.errors is None


def sent(found: type[Interface], names: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """Return the attributes of an interface that clients send, and of those in it."""
    for field in fields_of(found):
        name = found.__name__, field.encode_name
        if name not in names and field.encode_name not in NOT_SENT.get(found, ()):
            names.add(name)
            for inner in interfaces_in(field.hint):
                sent(inner, names)
    return names


# hypothesis shows the event with which all are reached, which may be a large one.
@pytest.mark.filterwarnings("ignore:Generating overly large repr")
def test_every_attribute_is_reached_in_two_thousand_draws() -> None:
    wanted = sent(Event, set()) | {("Event", name) for name in ("release", "dist", "environment", "event_id", "spans")}
    reached: set[tuple[str, str]] = set()

    @settings(max_examples=2000, phases=[Phase.generate], database=None, suppress_health_check=[*HealthCheck])
    @given(events())
    def draw(event: dict[str, Any]) -> None:
        reached_in(parse_event(event), reached)
        if wanted <= reached:
            raise _AllReached

    with contextlib.suppress(_AllReached):
        draw()
    assert wanted - reached == set()


class _AllReached(Exception):
    pass
