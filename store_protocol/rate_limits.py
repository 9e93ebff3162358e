"""The two headers that tell a client to hold back: `X-Sentry-Rate-Limits` and `Retry-After`.

    X-Sentry-Rate-Limits: 60:error;transaction:organization:quota_exceeded, 2700:metric_bucket:project::custom

Strategy: writing is strict and reading lenient. Seconds are written whole and rounded up, since Sentry itself once sent
fractions that clients choked on (getsentry/sentry#7919), and are read with a fraction since servers of that age exist.
An entry that can't be read is dropped, as SDKs do, and the others count.
"""

import math
import re
from collections.abc import Iterable
from datetime import UTC, datetime

import msgspec

from store_protocol.first_use import build_type_info
from store_protocol.texts import safe_text

#: Digits of the longest number of seconds that is read: all that the numbers of JavaScript hold, 31 million years.
_SECONDS_DIGITS = 15

# The three forms of an HTTP date (RFC 9110 section 5.6.7): today's, the one with a short year and hyphens, asctime's.
# Not by email.utils: it takes far more than these, and importing it brings in sockets.
_DATES = tuple(
    re.compile(f"(?ai){pattern}".replace("TIME", r"(?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d)"))
    for pattern in (
        r"[a-z]{3}, (?P<day>\d\d) (?P<month>[a-z]{3}) (?P<year>\d{4}) TIME GMT",
        r"[a-z]{6,9}, (?P<day>\d\d)-(?P<month>[a-z]{3})-(?P<year>\d\d) TIME GMT",
        r"[a-z]{3} (?P<month>[a-z]{3}) (?P<day>[ \d]\d) TIME (?P<year>\d{4})",
    )
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

# What an entry parts its values with, and what a header can't hold.
_NOT_PLAIN = re.compile(r"[^ -~]|[,:;]")


class _Limit(msgspec.Struct, frozen=True):
    seconds: int


class RateLimit(_Limit, frozen=True, kw_only=True):
    """One limit: for how many seconds nothing of these categories shall be sent.

    No `categories` means all of them. `scope` is what the limit belongs to: `organization`, `project`, `key` or
    `global`. `namespaces` narrows the category `metric_bucket`.
    """

    categories: tuple[str, ...] = ()
    scope: str = "organization"
    reason: str | None = None
    namespaces: tuple[str, ...] = ()


def parse_rate_limits(value: str) -> list[RateLimit]:
    """Parse the value of `X-Sentry-Rate-Limits`; entries without readable seconds are dropped.

    >>> parse_rate_limits("60:error;session:key, nonsense")
    [RateLimit(seconds=60, categories=('error', 'session'), scope='key', reason=None, namespaces=())]
    """
    limits = []
    for entry in safe_text(value).split(","):
        parts = [part.strip() for part in entry.split(":")]
        seconds = _whole_seconds(parts[0])
        if seconds is None:
            continue
        _, categories, scope, reason, namespaces = (parts + [""] * 4)[:5]
        limits.append(
            RateLimit(
                seconds,
                categories=_split(categories),
                scope=scope or "organization",
                reason=reason or None,
                namespaces=_split(namespaces),
            )
        )
    return limits


def format_rate_limits(limits: Iterable[RateLimit]) -> str:
    """Render the value of `X-Sentry-Rate-Limits`; `parse_rate_limits` gives the same limits back.

    In a name, a character that parts the header or can't stand in one becomes `_`.

    >>> format_rate_limits([RateLimit(60, categories=("error",), reason="quota:error"), RateLimit(5, scope="key")])
    '60:error:organization:quota_error, 5::key'
    """
    return ", ".join(map(_format, limits))


def parse_retry_after(value: str, *, now: float | None = None) -> int | None:
    """Parse the value of `Retry-After` into whole seconds, rounded up; None if it can't be read.

    It may be an HTTP date, which is only readable if `now` is given, in epoch seconds. A date that has passed is 0.

    >>> parse_retry_after("292.052427053"), parse_retry_after("Sun, 06 Nov 1994 08:49:37 GMT", now=784111747.5)
    (293, 30)
    """
    value = value.strip()
    seconds = _whole_seconds(value)
    if seconds is not None or now is None:
        return seconds
    date = _http_date(value)
    return None if date is None or not math.isfinite(now) else max(0, math.ceil(date - now))


def format_retry_after(seconds: float) -> str:
    """Render the value of `Retry-After`: whole seconds, rounded up and at least 1, so that no client retries at once.

    Seconds without an end are as many as `parse_retry_after` reads.

    >>> format_retry_after(59.2), format_retry_after(0), format_retry_after(float("inf"))
    ('60', '1', '999999999999999')
    """
    return _whole(seconds, at_least=1)


def rate_limits_header(limits: "str | Iterable[RateLimit]") -> str:
    """Return the value of `X-Sentry-Rate-Limits` for limits, or for a text that is one already.

    >>> rate_limits_header("60::key"), rate_limits_header([RateLimit(60, scope="key")])
    ('60::key', '60::key')
    """
    return limits if isinstance(limits, str) else format_rate_limits(limits)


def _whole(seconds: float, *, at_least: int) -> str:
    # In this order NaN is the least.
    return str(math.ceil(min(max(at_least, seconds), 10**_SECONDS_DIGITS - 1)))


def _split(names: str) -> tuple[str, ...]:
    return tuple(name for part in names.split(";") if (name := part.strip()))


def _format(limit: RateLimit) -> str:
    parts = [_whole(limit.seconds, at_least=0), _join(limit.categories), _plain(limit.scope)]
    if limit.reason or limit.namespaces:
        parts.append(_plain(limit.reason or ""))
    if limit.namespaces:
        parts.append(_join(limit.namespaces))
    return ":".join(parts)


def _join(names: tuple[str, ...]) -> str:
    return ";".join(map(_plain, names))


def _plain(name: str) -> str:
    return _NOT_PLAIN.sub("_", name)


def _whole_seconds(text: str) -> int | None:
    # Not by float, which takes `nan`, `1_0` and `1e999` besides and loses a small fraction.
    whole, _, fraction = text.partition(".")
    if not (text.isascii() and (whole + fraction).isdigit() and len(whole) <= _SECONDS_DIGITS):
        return None
    return int(whole or "0") + bool(fraction.strip("0"))


def _http_date(text: str) -> float | None:
    match = next(filter(None, (date.fullmatch(text) for date in _DATES)), None)
    if match is None:
        return None
    parts = match.groupdict()
    year = int(parts["year"])
    if len(parts["year"]) == 2:
        year += 1900 if year >= 70 else 2000  # as POSIX has it
    try:
        month = _MONTHS.index(parts["month"].lower()) + 1
        day, hour, minute, second = (int(parts[name]) for name in ("day", "hour", "minute", "second"))
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC).timestamp()
    except ValueError:
        return None


build_type_info(RateLimit)
