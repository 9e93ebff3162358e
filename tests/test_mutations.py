"""Recorded events with something changed, through Relay's normalizer and through ours: what comes of them is the same."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.changed_events import changed_events
from tests.deviations import deviations_of
from tests.oracle import RELAY, differs


def _has_big_integers(value: Any) -> bool:
    # Relay takes them for zero.
    if isinstance(value, dict):
        return any(map(_has_big_integers, value.values()))
    if isinstance(value, list):
        return any(map(_has_big_integers, value))
    return isinstance(value, int) and abs(value) >= 2**63


OPTIONS: list[dict[str, Any]] = [{}, {}, {"remove_other": False}, {"enable_trimming": False}, {"is_renormalize": True}]


@RELAY
@given(changed_events(), st.sampled_from(OPTIONS))
def test_changed_events_come_out_the_same_property(event: dict[str, Any], options: dict[str, Any]) -> None:
    if not (_has_big_integers(event) or any(deviations_of(event))):
        assert differs(event, **options) is None
