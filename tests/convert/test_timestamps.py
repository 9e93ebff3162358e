"""Points in time as clients write them."""

import math
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store_protocol.convert.context import ConversionError
from store_protocol.convert.timestamps import (
    _Scanner,
    civil_from_days,
    days_from_civil,
    in_micros,
    in_other_units,
    moment,
    relays_seconds,
    timestamp,
)
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
        ("1036114567.2152715456", 1036114567.215271),
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
    with pytest.raises(ConversionError) as caught:
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
        (5381462815.0749855, 5381462815.074986),
        (-5381462815.0749855, -5381462815.074986),
        # Floats of this size are more than a microsecond apart.
        (14732821558.794247, 14732821558.794247),
        (-5828577419744.39, -5828577419744.39),
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
    except ConversionError as wrong:
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
    except ConversionError:
        with pytest.raises(ConversionError):
            timestamp(text)
    else:
        assert timestamp(text) == expected


@given(st.floats(-8e9, 8e9) | st.integers(0, 4 * 10**15).map(lambda micros: micros / 1e6))
def test_times_are_rounded_to_microseconds_property(seconds: float) -> None:
    rounded = in_micros(seconds)
    # Half a microsecond, and half of what is between two floats of that size.
    most = Decimal("0.0000005") + Decimal(math.ulp(rounded)) / 2
    assert abs(Decimal(rounded) - Decimal(seconds)) <= most + Decimal("1e-15")
    assert rounded == round(rounded, 6) == in_micros(rounded)


OFFSETS = st.sampled_from(["", "Z", "+00:00", "-02:30", "+0100", "+23:59", " UTC", "z"])


@given(
    st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)),  # noqa: DTZ001
    st.sampled_from(["T", "t", " "]),
    st.sampled_from(["", ".5", ".123456", ".1234565", ".123456789", ".9999999", ".1234567891"]),
    OFFSETS,
)
def test_c_reads_times_as_the_scanner_does_property(moment: datetime, between: str, fraction: str, offset: str) -> None:
    text = f"{moment:%Y-%m-%d}{between}{moment:%H:%M:%S}{fraction}{offset}"
    try:
        expected: Any = _Scanner(text).date_time(with_offset=False)
    except ConversionError:
        try:
            expected = _Scanner(text).date_time(with_offset=True)
        except ConversionError as wrong:
            expected = wrong.reason
    try:
        found: Any = timestamp(text)
    except ConversionError as wrong:
        found = wrong.reason
    assert found == pytest.approx(expected, abs=1e-9) if isinstance(expected, float) else found == expected


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (1795391000123, (1795391000.123, "milliseconds")),
        (1795391000123.75, (1795391000.12375, "milliseconds")),
        (1795391000123456, (1795391000.123456, "microseconds")),
        (1795391000123456.0, (1795391000.123456, "microseconds")),
        (1795391000123456789, (1795391000.123457, "nanoseconds")),
        (1795391000123456499, (1795391000.123456, "nanoseconds")),
        (1795392000_000 + 86400_000, (1795478400.0, "milliseconds")),
        (1795392000_000 + 86400_001, None),
        (1795392000_000 - 315576000_000, (1479816000.0, "milliseconds")),
        (1795392000_000 - 315576000_001, None),
        *((value, None) for value in (1795391000, 253402300799, 1e300, float("inf"), float("nan"), 2**63, 2**64)),
        (-1795391000123, None),
        *((value, None) for value in ("1795391000123", True, None)),
    ],
)
def test_numbers_that_can_not_be_seconds_are_times_in_other_units(value: Any, found: Any) -> None:
    assert in_other_units(value, 1795392000.0) == found
    assert in_other_units(value, None) is None


@pytest.mark.parametrize(
    ("value", "seconds"), [(2**63 - 1, 9223372036.854776), (2**63, None), (2.0**63 - 1024, 9223372036.854774)]
)
def test_nanoseconds_are_read_up_to_the_end_of_their_clocks(value: float, seconds: float | None) -> None:
    found = in_other_units(value, 2.0**63 / 1e9)
    assert found == (None if seconds is None else (seconds, "nanoseconds"))
