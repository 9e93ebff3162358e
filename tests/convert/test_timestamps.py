"""Points in time as clients write them."""

import json
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store_protocol import NormalizeOptions, encode_event, normalize_event
from store_protocol.convert.context import Wrong
from store_protocol.convert.timestamps import (
    _Scanner,
    civil_from_days,
    days_from_civil,
    in_micros,
    moment,
    relays_seconds,
    timestamp,
)
from store_protocol.errors import InvalidEvent
from store_protocol.normalize.steps.timestamps import rfc3339

MIDNIGHT = 1795392000.0  # 2026-11-23T00:00:00Z


@pytest.mark.parametrize(
    ("given_value", "seconds"),
    [
        (1795392000, MIDNIGHT),
        (1795392000.1234567, 1795392000.123457),
        (18446744073709551615, -1.0),
        ("2026-11-23T00:00:00Z", MIDNIGHT),
        ("2026-11-23T00:00:00", MIDNIGHT),
        ("2026-11-23t00:00:00z", MIDNIGHT),
        ("2026-11-23T00:00:00+02:00", MIDNIGHT - 7200),
        ("2026-11-23T00:00:00 -0530", MIDNIGHT + 19800),
        ("2026-11-23T00:00:00\u221202:00", MIDNIGHT + 7200),
        ("2026-11-23T00:00:00 UTC", MIDNIGHT),
        ("2026-11-23 00:00:00Z", MIDNIGHT),
        ("+2026-11-23T00:00:00", MIDNIGHT),
        (" 2026 - 11-23T 0:0:0 ", MIDNIGHT),
        ("2026-11-23T00:00:00.1234565Z", 1795392000.123457),
        ("2026-11-23T00:00:60", MIDNIGHT + 60),
        ("2024-02-29T00:00:00Z", 1709164800.0),
        ("1969-12-31T23:59:58.5", -1.5),
        ("1969-12-31T23:59:58.0000005", -1.999999),
        ("1900-02-28T00:00:00", -2203977600.0),
        ("0000-01-01T00:00:00Z", -62167219200.0),
        ("0000-02-29T00:00:00Z", -62162121600.0),
        ("0001-01-01T00:00:00Z", -62135596800.0),
        ("0001-01-01T00:00:00+23:59", -62135683140.0),
        ("9999-12-31T23:59:59.5Z", 253402300799.5),
        ("-0001-12-31T00:00:00Z", -62167305600.0),
        ("-1-1-1T0:0:0", -62198755200.0),
        ("-123456-1-1T0:0:0Z", -3958062278400.0),
        (-1, -1.0),
        (2**64 - 10, -10.0),
        (-8 * 10**12, -8e12),
        (-8e12, -8e12),
        (-1.9999996, -2.0),
        (253402300799.999, 253402300799.999),
    ],
)
def test_timestamp_is_taken(given_value: object, seconds: float) -> None:
    assert timestamp(given_value) == seconds


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1726558445.1180723", 1726558445.118073),
        ("1726558445.1150575", 1726558445.115058),
        ("1726558445.9999999", 1726558446.0),
        ("17265584451180723.5", 17265584451180723.5),
        ("1.7265584451180723e9", 1726558445.118072),
        ("18446744073.709551615", 18446744073.709553),
        ("1844674407.3709551616", 1844674407.370955),
        ("1726558445.118072" + "5" * 14, 1726558445.118073),
        ("0." + "0" * 400 + "1", 0.0),
        ("-1.1234567", -1.123457),
    ],
)
def test_more_digits_than_a_float_holds_are_read_as_relay_reads_them(text: str, seconds: float) -> None:
    assert relays_seconds(text) == seconds


@pytest.mark.parametrize(
    ("given_value", "reason"),
    [
        ("", "premature end of input"),
        ("2026-11-23", "premature end of input"),
        ("2026-11-23 00:00:00", "premature end of input"),
        ("2026-11-23T00:00:00+02", "premature end of input"),
        ("2026-11-23T00:00:00.", "premature end of input"),
        ("2026-02-30T00:00:00Z", "input is out of range"),
        ("2026-13-01T00:00:00Z", "input is out of range"),
        ("2026-11-23T24:00:00Z", "input is out of range"),
        ("2026-11-23T00:00:00+25:00", "input is out of range"),
        ("2026-11-23T00:00:00+02:60", "input is out of range"),
        ("+99999999-11-23T00:00:00", "input is out of range"),
        ("9999-12-31T23:59:59-00:01", "timestamp out of range"),
        ("2026-11-23T00:00:00Zx", "trailing input"),
        ("2026-11-23T00:00:00+0x:00", "input contains invalid characters"),
        ("2026-11-23T00:00:00 GMT", "input contains invalid characters"),
        ("yesterday", "input contains invalid characters"),
        (253402300800, "timestamp out of range"),
        (253402300800.0, "timestamp out of range"),
        (2**63 - 1, "timestamp out of range"),
        (2**63, "timestamp out of range"),
        (-8 * 10**12 - 1, "timestamp out of range"),
        (-8000000000000.001, "timestamp out of range"),
        (1e300, "timestamp out of range"),
        (-1e300, "timestamp out of range"),
        (float("inf"), "timestamp out of range"),
        (float("nan"), "timestamp out of range"),
        (True, "expected a timestamp"),
        ([], "expected a timestamp"),
    ],
)
def test_timestamp_is_refused_with_a_reason(given_value: object, reason: str) -> None:
    with pytest.raises(Wrong) as caught:
        timestamp(given_value)
    assert caught.value.reason == reason


@pytest.mark.parametrize(("value", "expected"), [(None, None), (0, 0.0), ("yesterday", None), ([], None), (1e300, None)])
def test_moment_is_a_timestamp_or_none(value: object, expected: float | None) -> None:
    assert moment(value) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0.0, 0.0),
        (0.0000005, 1e-06),
        (0.00000049, 0.0),
        (-0.0000005, 0.0),
        (-0.00000051, -1e-06),
        (-1.2500004, -1.25),
        (4294967296.1234567, 4294967296.123457),
        (-4294967296.1234567, -4294967296.123457),
        # Floats of this size are more than a microsecond apart.
        (2.0**40 + 0.0001, 2.0**40 + 0.0001),
        (-(2.0**40) - 0.0001, -(2.0**40) - 0.0001),
        (1e300, 1e300),
    ],
)
def test_seconds_are_rounded_to_microseconds(seconds: float, expected: float) -> None:
    assert in_micros(seconds) == expected


@pytest.mark.parametrize(
    ("days", "date"),
    [
        (0, (1970, 1, 1)),
        (-1, (1969, 12, 31)),
        (59, (1970, 3, 1)),
        (11016, (2000, 2, 29)),
        (11017, (2000, 3, 1)),
        (11322, (2000, 12, 31)),
        (47540, (2100, 2, 28)),
        (47541, (2100, 3, 1)),
        (-719528, (0, 1, 1)),
        (-719469, (0, 2, 29)),
        (-719468, (0, 3, 1)),
        (-719529, (-1, 12, 31)),
        (-865565, (-400, 3, 1)),
        (-865566, (-400, 2, 29)),
        (2932896, (9999, 12, 31)),
    ],
)
def test_days_are_those_of_the_calendar(days: int, date: tuple[int, int, int]) -> None:
    assert civil_from_days(days) == date
    assert days_from_civil(*date) == days


def test_days_are_those_of_the_calendar_through_four_centuries() -> None:
    # The year begins in March here, so that a leap day is its last; every day beside the turn of a month is taken.
    for month in range(400 * 12):
        first = date(1900 + month // 12, month % 12 + 1, 1)
        for day in (first - timedelta(1), first, first + timedelta(14)):
            days = day.toordinal() - date(1970, 1, 1).toordinal()
            assert civil_from_days(days) == (day.year, day.month, day.day)
            assert days_from_civil(day.year, day.month, day.day) == days


@given(st.integers(-(10**7), 10**7))
def test_days_and_dates_are_inverse_property(days: int) -> None:
    assert days_from_civil(*civil_from_days(days)) == days


@given(st.text() | st.from_regex(r"[0-9+-]{1,6}-[0-9]{1,2}-[0-9]{1,2}[Tt ][0-9:. ]{1,12}[Zz+0-9: -]{0,6}"))
def test_any_text_is_a_time_or_refused_property(text: str) -> None:
    try:
        found: object = timestamp(text)
    except Wrong as wrong:
        found = wrong.reason
    assert isinstance(found, float) or found


@given(st.integers(0, 253402300798), st.integers(0, 999999))
def test_rfc3339_reads_back_property(seconds: int, micros: int) -> None:
    # A float has no more digits in the year 9999.
    assert timestamp(rfc3339(seconds + micros / 1e6)) == pytest.approx(seconds + micros / 1e6, abs=5e-5)


@given(
    st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30)),  # noqa: DTZ001  (the offset is text)
    st.one_of(st.sampled_from(["", "."]), st.from_regex(r"\.[0-9]{1,9}", fullmatch=True)),
    st.one_of(
        st.sampled_from(["", "Z", "+00:00", "-00:00", "+24:00", "+02:60"]), st.from_regex(r"[+-]\d\d:\d\d", fullmatch=True)
    ),
)
def test_common_texts_are_read_as_all_are_property(time: datetime, fraction: str, offset: str) -> None:
    text = time.strftime("%Y-%m-%dT%H:%M:%S").rjust(19, "0") + fraction + offset
    try:
        expected = _Scanner(text).date_time(with_offset=bool(offset))
    except Wrong:
        with pytest.raises(Wrong):
            timestamp(text)
    else:
        assert timestamp(text) == expected


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
