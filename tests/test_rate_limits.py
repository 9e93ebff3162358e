from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store_protocol.rate_limits import (
    RateLimit,
    format_rate_limits,
    format_retry_after,
    parse_rate_limits,
    parse_retry_after,
)


@pytest.mark.parametrize(
    ("value", "limits"),
    [
        ("", []),
        (" , ,", []),
        ("60", [RateLimit(60)]),
        ("60:::", [RateLimit(60)]),
        ("60:error", [RateLimit(60, categories=("error",))]),
        (
            "60:error;transaction:key, 2700:default;security:organization:quota_exceeded",
            [
                RateLimit(60, categories=("error", "transaction"), scope="key"),
                RateLimit(2700, categories=("default", "security"), reason="quota_exceeded"),
            ],
        ),
        (
            "5:metric_bucket:project::custom;spans",
            [RateLimit(5, categories=("metric_bucket",), scope="project", namespaces=("custom", "spans"))],
        ),
        ("5:metric_bucket:project:r:custom:more:parts", parse_rate_limits("5:metric_bucket:project:r:custom")),
        (" 60 : error ; ; x : key : why ", [RateLimit(60, categories=("error", "x"), scope="key", reason="why")]),
        ("60.0, 60.01, .5, 7.", [RateLimit(60), RateLimit(61), RateLimit(1), RateLimit(7)]),
        ("0:error", [RateLimit(0, categories=("error",))]),
        ("60:not_yet_known:not_yet_known", [RateLimit(60, categories=("not_yet_known",), scope="not_yet_known")]),
        ("x:error, -1, , nan, inf, 1e3, 1_0, +5, ٥, 0x10, ., 1.2.3, 5 s", []),
        ("x:error,60:session", [RateLimit(60, categories=("session",))]),
        pytest.param("9" * 5000, [], id="more digits than Python converts"),
        ("999999999999999.5, 9999999999999999", [RateLimit(10**15)]),
    ],
)
def test_rate_limits_are_parsed(value, limits):
    assert parse_rate_limits(value) == limits


@pytest.mark.parametrize(
    ("limits", "value"),
    [
        ([], ""),
        ([RateLimit(60)], "60::organization"),
        ([RateLimit(60, categories=("error", "session"), scope="key")], "60:error;session:key"),
        ([RateLimit(60, reason="over quota")], "60::organization:over quota"),
        (
            [RateLimit(5, categories=("metric_bucket",), namespaces=("custom", "spans")), RateLimit(6)],
            "5:metric_bucket:organization::custom;spans, 6::organization",
        ),
        ([RateLimit(5, reason="a:b,c;d\r\né")], "5::organization:a_b_c_d___"),
    ],
)
def test_rate_limits_are_formatted(limits, value):
    assert format_rate_limits(limits) == value
    assert format_rate_limits(iter(limits)) == value


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("60", 60),
        (" 60 ", 60),
        ("292.052427053", 293),
        ("60.0", 60),
        ("60.000000000000000000001", 61),
        ("0", 0),
        ("", None),
        ("-1", None),
        ("soon", None),
        ("nan", None),
        ("Sun, 06 Nov 1994 08:49:37 GMT", None),
    ],
)
def test_retry_after_in_seconds(value, seconds):
    assert parse_retry_after(value) == seconds


NOW = datetime(1994, 11, 6, 8, 49, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("value", "now", "seconds"),
    [
        ("Sun, 06 Nov 1994 08:49:37 GMT", NOW, 37),
        ("Sunday, 06-Nov-94 08:49:37 GMT", NOW, 37),
        ("Sun Nov  6 08:49:37 1994", NOW, 37),
        ("Sun Nov 06 08:49:37 1994", NOW, 37),
        ("sun, 06 nov 1994 08:49:37 gmt", NOW, 37),
        ("Sun, 06 Nov 1994 08:49:37 GMT", NOW + 0.25, 37),
        ("Sun, 06 Nov 1994 08:49:37 GMT", NOW + 1, 36),
        ("Sun, 06 Nov 1994 08:49:37 GMT", NOW + 37, 0),
        ("Sun, 06 Nov 1994 08:49:37 GMT", NOW + 1e6, 0),
        ("Friday, 06-Nov-26 08:49:37 GMT", datetime(2026, 11, 6, 8, 49, tzinfo=UTC).timestamp(), 37),
        ("60", NOW, 60),
        ("Sun, 06 Nov 1994 08:49:37 +0200", NOW, None),
        ("Sun, 06 Nov 1994 08:49:37", NOW, None),
        ("Sun, 06 Foo 1994 08:49:37 GMT", NOW, None),
        ("Sun, 31 Feb 1994 08:49:37 GMT", NOW, None),
        ("Sun, 06 Nov 1994 25:49:37 GMT", NOW, None),
        ("Sun, 06 Nov 0000 08:49:37 GMT", NOW, None),
        ("Sun, ٠٦ Nov 1994 08:49:37 GMT", NOW, None),
        ("1994-11-06T08:49:37Z", NOW, None),
        ("soon", NOW, None),
        ("", NOW, None),
    ],
)
def test_retry_after_as_a_date(value, now, seconds):
    assert parse_retry_after(value, now=now) == seconds


@pytest.mark.parametrize(
    ("seconds", "value"), [(60, "60"), (59.2, "60"), (1, "1"), (0.1, "1"), (0, "1"), (-5, "1"), (1e6, "1000000")]
)
def test_retry_after_is_formatted_as_whole_seconds_of_at_least_one(seconds, value):
    assert format_retry_after(seconds) == value


@pytest.mark.parametrize("year", [70, 71, 99, 0, 1, 69])
def test_short_years_are_read_as_posix_has_them(year):
    full = (1900 if year >= 70 else 2000) + year
    then = datetime(full, 3, 1, 12, 30, 45, tzinfo=UTC).timestamp()
    assert parse_retry_after(f"Someday, 01-Mar-{year:02} 12:30:45 GMT", now=then - 10) == 10


@pytest.mark.parametrize("year", ["0070", "0001", "0099"])
def test_years_of_four_digits_are_read_as_they_are(year):
    assert parse_retry_after(f"Sun, 01 Mar {year} 12:30:45 GMT", now=NOW) == 0


def test_rate_limits_are_shared_and_so_never_change():
    limit = RateLimit(60)
    for name, value in {"seconds": 5, "scope": "key"}.items():
        with pytest.raises(AttributeError):
            setattr(limit, name, value)
    assert len({limit, RateLimit(60)}) == 1


def test_only_the_seconds_of_a_limit_are_given_by_their_place():
    with pytest.raises(TypeError):
        RateLimit(60, ("error",))  # type: ignore[call-arg]


names = st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters=",:;"), min_size=1, max_size=20)
rate_limits = st.builds(
    RateLimit,
    st.integers(0, 10**15 - 1),
    categories=st.lists(names, max_size=3).map(tuple),
    scope=names,
    reason=st.none() | names,
    namespaces=st.lists(names, max_size=3).map(tuple),
)


@given(st.lists(rate_limits, max_size=4))
def test_property_formatted_limits_are_parsed_to_the_same(limits):
    assert parse_rate_limits(format_rate_limits(limits)) == limits


@given(st.text() | st.text("0159.,:; aé\n", max_size=60))
def test_property_any_text_gives_limits_whose_header_is_stable(text):
    limits = parse_rate_limits(text)
    header = format_rate_limits(limits)
    assert header.isascii()
    assert header.isprintable()
    assert [limit.seconds for limit in parse_rate_limits(header)] == [limit.seconds for limit in limits]
    assert format_rate_limits(parse_rate_limits(header)) == header


@given(st.integers(0, 10**10), st.floats(0, 1e10))
def test_property_date_is_read_relative_to_now(then, now):
    moment = datetime.fromtimestamp(then, UTC)
    seconds = parse_retry_after(format_datetime(moment, usegmt=True), now=now)
    assert seconds == parse_retry_after(moment.strftime("%a %b %e %H:%M:%S %Y"), now=now)
    assert seconds is not None
    assert seconds >= 0
    assert then - now <= seconds < max(0, then - now) + 1


@given(st.text(), st.floats(0, 1e10) | st.none())
def test_property_any_retry_after_gives_seconds_or_none(text, now):
    seconds = parse_retry_after(text, now=now)
    assert seconds is None or seconds >= 0


@given(st.floats(-1e9, 1e9))
def test_property_formatted_retry_after_is_never_too_early(seconds):
    parsed = parse_retry_after(format_retry_after(seconds))
    assert parsed is not None
    assert parsed >= max(1, seconds)
    assert parsed == 1 or parsed < seconds + 1
