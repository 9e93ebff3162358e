"""Times are shown as text, a client's clock is set right, and times that are out of bounds are moved."""

import json
from typing import Any

import pytest

from store_protocol import HttpRequest, Limits, NormalizeOptions, decode_request, encode_event, normalize_event, parse_event
from store_protocol.errors import InvalidEvent
from store_protocol.normalize.steps.timestamps import rfc3339
from tests.convert.test_timestamps import MIDNIGHT


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (MIDNIGHT, "2026-11-23T00:00:00+00:00"),
        (MIDNIGHT + 86399, "2026-11-23T23:59:59+00:00"),
        (MIDNIGHT + 3600 + 120 + 3, "2026-11-23T01:02:03+00:00"),
        (MIDNIGHT + 0.001, "2026-11-23T00:00:00.001+00:00"),
        (MIDNIGHT + 0.05, "2026-11-23T00:00:00.050+00:00"),
        (MIDNIGHT + 0.000001, "2026-11-23T00:00:00.000001+00:00"),
        (MIDNIGHT + 0.123456, "2026-11-23T00:00:00.123456+00:00"),
        (1.9999999, "1970-01-01T00:00:02+00:00"),
        (-0.25, "1969-12-31T23:59:59.750+00:00"),
        (-62167219200, "0000-01-01T00:00:00+00:00"),
        (-62167219201, "-0001-12-31T23:59:59+00:00"),
        (-62135596800, "0001-01-01T00:00:00+00:00"),
        (253402300799, "9999-12-31T23:59:59+00:00"),
        (253402300800, "+10000-01-01T00:00:00+00:00"),
    ],
)
def test_time_is_shown_as_rfc3339(seconds: float, text: str) -> None:
    assert rfc3339(seconds) == text


HOUR = 3600.0
#: A client of which every clock shows the same time: when it sends, and of what it tells.
IDS = {"trace_id": "4c79f60c11214eb38604f4ae0781bfb2", "span_id": "fa90fdead5f74052"}


def told(at: float) -> dict[str, Any]:
    return {
        "timestamp": at - 1,
        "start_timestamp": at - 2.000001,
        "breadcrumbs": [{"timestamp": at - 3.5, "message": "a"}, {"message": "b"}, None],
        "spans": [{**IDS, "start_timestamp": at - 5.123457, "timestamp": at - 4}, IDS, None],
    }


def times(event: dict[str, Any]) -> list[Any]:
    spans = [(span or {}).get(name) for span in event["spans"] for name in ("start_timestamp", "timestamp")]
    crumbs = [(crumb or {}).get("timestamp") for crumb in event["breadcrumbs"]["values"]]
    return [event["timestamp"], event["start_timestamp"], *crumbs, *spans]


def sent(event: dict[str, Any], sent_at: float | None, *, as_text: bool = True, **options: Any) -> dict[str, Any]:
    """Return what comes of an event that is received at midnight, and was sent at a time by the client's clock."""
    payload = json.dumps(event) if as_text else event
    found = normalize_event(payload, NormalizeOptions(received_at=MIDNIGHT, **options), sent_at=sent_at)
    plain: dict[str, Any] = json.loads(encode_event(found))
    return plain


@pytest.mark.parametrize("drift", [-86400.0, -HOUR, -3300.0, 3300.0, HOUR, 86400.5])
@pytest.mark.parametrize("as_text", [True, False])
def test_clock_that_is_off_is_set_right(drift: float, as_text: bool) -> None:
    found = sent(told(MIDNIGHT - drift), MIDNIGHT - drift, as_text=as_text)
    right = sent(told(MIDNIGHT), None, as_text=as_text)
    assert times(found) == pytest.approx(times(right), abs=1e-6)
    shown = {"sdk_time": rfc3339(MIDNIGHT - drift - 1), "server_time": rfc3339(MIDNIGHT)}
    assert [error for error in found["errors"] if error["type"] == "clock_drift"] == [
        {"type": "clock_drift", "name": "timestamp", **shown}
    ]


@pytest.mark.parametrize("drift", [None, -3299.0, -1.0, 0.0, 3299.0])
def test_clock_that_is_off_by_the_way_of_the_request_is_left(drift: float | None) -> None:
    found = sent(told(MIDNIGHT), None if drift is None else MIDNIGHT - drift)
    right = sent(told(MIDNIGHT), None)
    assert (times(found), found["errors"]) == (times(right), right["errors"])


def test_times_are_moved_without_losing_a_microsecond() -> None:
    event = {"timestamp": 1795388399.123457, "breadcrumbs": [{"timestamp": 1795388398.654321}]}
    found = sent({**event, "start_timestamp": 1795388397.000001}, MIDNIGHT - HOUR)
    crumb = found["breadcrumbs"]["values"][0]
    assert (found["timestamp"], found["start_timestamp"]) == (1795391999.123457, 1795391997.000001)
    assert crumb["timestamp"] == 1795391998.654321
    # Of which the sum of floats is off.
    assert sent({"timestamp": 1795388399.745541}, 1795388399.458587)["timestamp"] == 1795392000.286954


def test_clock_of_an_event_without_a_time_is_set_right_as_well() -> None:
    event = {"breadcrumbs": [{"timestamp": MIDNIGHT - HOUR - 5, "message": "a"}], "received": 5}
    found = sent(event, MIDNIGHT - HOUR)
    assert found["breadcrumbs"]["values"][0]["timestamp"] == MIDNIGHT - 5
    assert (found["timestamp"], found["received"]) == (MIDNIGHT, MIDNIGHT)
    assert "errors" not in found


def test_time_that_is_out_of_bounds_once_the_clock_is_right_is_moved_again() -> None:
    event = {"timestamp": MIDNIGHT - HOUR + 61, "start_timestamp": MIDNIGHT - HOUR + 60}
    found = sent(event, MIDNIGHT - HOUR, max_secs_in_future=60)
    assert (found["timestamp"], found["start_timestamp"]) == (MIDNIGHT, MIDNIGHT - 1)
    assert [error["type"] for error in found["errors"]] == ["clock_drift", "future_timestamp"]


@pytest.mark.parametrize("as_text", [True, False])
def test_what_the_right_clock_puts_before_1970_loses_its_time(as_text: bool) -> None:
    # The client's clock is an hour fast.
    crumbs = [{"timestamp": HOUR - 0.5, "message": "a"}, {"timestamp": HOUR, "message": "b"}]
    spans = [{**IDS, "timestamp": HOUR, "start_timestamp": HOUR - 1}, {**IDS, "timestamp": HOUR, "start_timestamp": HOUR}]
    event = {"timestamp": MIDNIGHT + HOUR, "breadcrumbs": crumbs, "spans": spans}
    found = sent(event, MIDNIGHT + HOUR, as_text=as_text)
    assert [(crumb["message"], crumb.get("timestamp")) for crumb in found["breadcrumbs"]["values"]] == [
        ("a", None),
        ("b", 0),
    ]
    assert [span and span["start_timestamp"] for span in found["spans"]] == [None, 0.0]
    assert [(error["name"], error.get("reason")) for error in found["errors"][1:]] == [
        ("breadcrumbs.values.0.timestamp", "timestamp is too stale: 1969-12-31 23:59:59.500 UTC"),
        ("spans.0", "start_timestamp is too stale: 1969-12-31 23:59:59 UTC"),
    ]


def test_only_a_transaction_is_refused_for_a_start_before_1970() -> None:
    event = {"timestamp": MIDNIGHT + HOUR, "start_timestamp": HOUR}
    assert sent(event, MIDNIGHT + HOUR)["start_timestamp"] == 0.0
    found = sent({**event, "start_timestamp": HOUR - 1}, MIDNIGHT + HOUR)
    assert "start_timestamp" not in found
    assert found["errors"][-1]["name"] == "start_timestamp"
    with pytest.raises(InvalidEvent, match="timestamp is too stale"):
        sent({**event, "start_timestamp": HOUR - 1, "type": "transaction"}, MIDNIGHT + HOUR)


@pytest.mark.parametrize("as_text", [True, False])
@pytest.mark.parametrize(
    ("time", "seconds"),
    [
        ("9999-12-31T23:59:59Z", 253402300799.0),
        ("9999-12-31T23:59:59.5Z", 253402300799.5),
        ("9999-12-31T23:59:59-00:01", None),
    ],
)
def test_time_after_the_year_9999_is_refused_wherever_it_stands(time: str, seconds: float | None, as_text: bool) -> None:
    found = sent({"timestamp": time, "breadcrumbs": [{"timestamp": time, "message": "a"}]}, None, as_text=as_text)
    assert found["timestamp"] == (seconds or MIDNIGHT)
    assert found["breadcrumbs"]["values"][0].get("timestamp") == seconds
    refused = [] if seconds else [("timestamp", time), ("breadcrumbs.values.0.timestamp", time)]
    assert [(error["name"], error["value"]) for error in found.get("errors", ())] == refused


def test_unit_is_told_by_the_receipt_alone() -> None:
    event = {"timestamp": 1000000000123, "breadcrumbs": [{"timestamp": 1000000000123000}]}
    for options, now in ((NormalizeOptions(), 1000000001.0), (NormalizeOptions(received_at="2001-09-09T01:46:41Z"), None)):
        for payload in (event, json.dumps(event)):
            found = normalize_event(payload, options, now=now)
            assert found.timestamp == 1000000000.123
            assert found.breadcrumbs is not None and found.breadcrumbs.values is not None
            assert [crumb and crumb.timestamp for crumb in found.breadcrumbs.values] == [1000000000.123]
            assert [error and error.type for error in found.errors or ()] == ["timestamp_unit"] * 2
    request = HttpRequest("POST", "/api/1/store/?sentry_key=a", [], json.dumps(event).encode())
    submitted = decode_request(request, now=1000000001.0).event
    assert submitted is not None and submitted.timestamp == 1000000000.123
    again = normalize_event(event, NormalizeOptions(is_renormalize=True), now=1000000001.0)
    for other in (normalize_event(event, now=2e9), parse_event(event), again):
        assert other.timestamp != 1000000000.123


def test_times_in_other_units_are_read_where_no_more_errors_are_listed() -> None:
    crumbs = [{"timestamp": 1795391000123 + at} for at in range(5)]
    found = normalize_event({"breadcrumbs": crumbs}, now=1795392000, limits=Limits(max_errors=2))
    assert found.breadcrumbs is not None and found.breadcrumbs.values is not None
    assert [crumb and crumb.timestamp for crumb in found.breadcrumbs.values] == [
        (1795391000123 + at) / 1000 for at in range(5)
    ]
    assert found.errors is not None and len(found.errors) == 2


def test_clock_of_the_client_is_set_right_in_other_units_too() -> None:
    found = sent({"timestamp": (MIDNIGHT + HOUR) * 1000.0}, MIDNIGHT + HOUR)
    assert found["timestamp"] == MIDNIGHT
    assert [error["type"] for error in found["errors"]] == ["timestamp_unit", "clock_drift"]
    assert found["errors"][1]["sdk_time"] == "2026-11-23T01:00:00+00:00"
