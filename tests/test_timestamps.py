"""Points in time as clients write them."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store_protocol.normalize.timestamps import rfc3339
from store_protocol.schema.timestamps import _Scanner, civil_from_days, days_from_civil, relays_seconds, timestamp
from store_protocol.schema.wrong import Wrong

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
        ("2026-11-23T00:00:00Zx", "trailing input"),
        ("2026-11-23T00:00:00+0x:00", "input contains invalid characters"),
        ("2026-11-23T00:00:00 GMT", "input contains invalid characters"),
        ("yesterday", "input contains invalid characters"),
        (253402300800, "timestamp out of range"),
        (1e300, "timestamp out of range"),
        (True, "expected a timestamp"),
        ([], "expected a timestamp"),
    ],
)
def test_timestamp_is_refused_with_a_reason(given_value: object, reason: str) -> None:
    with pytest.raises(Wrong) as caught:
        timestamp(given_value)
    assert caught.value.reason == reason


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
