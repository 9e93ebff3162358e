"""Timestamps: seconds since the epoch as a number, or a date and time as text.

The text is read as Rust's chrono reads it, since that is what clients have been tested against: RFC 3339 with blanks
allowed between the parts, numbers without leading zeros, no offset meaning UTC. What is refused is refused with chrono's
reason, and so the order in which the parts are checked matters.
"""

import re
from datetime import UTC, datetime
from typing import Any

import msgspec

from store_protocol.convert.context import ConversionError
from store_protocol.convert.forms import either, forms, whole
from store_protocol.first_use import build_type_info

#: The end of the year 9999.
MAX_TIMESTAMP = 253402300799

_TOO_SHORT = "premature end of input"
_INVALID = "input contains invalid characters"
_OUT_OF_RANGE = "input is out of range"
_TOO_LONG = "trailing input"


class _Moment(msgspec.Struct, gc=False):
    # What msgspec knows of a type it keeps with structs alone.
    at: datetime


_DAYS_IN_MONTH = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


_SECONDS = {"type": "number", "minimum": -8e12, "exclusiveMaximum": MAX_TIMESTAMP + 1}
_BLANK = r"\s*"
# Every text that is read, and few that aren't.
_DATE = rf"{_BLANK}(?:[0-9]{{1,4}}|[+-][0-9]{{1,6}})(?:{_BLANK}-{_BLANK}[0-9]{{1,2}}){{2}}"
_TIME = rf"{_BLANK}[0-9]{{1,2}}(?:{_BLANK}:{_BLANK}[0-9]{{1,2}}){{2}}(?:\.[0-9]+)?{_BLANK}"
_OFFSET = rf"(?:[zZ]|[uU][tT][cC]|[+\u2212-][0-9]{{2}}{_BLANK}:*{_BLANK}[0-9]{{2}}){_BLANK}"
_TEXT = whole(f"{_DATE}(?:{_BLANK}T{_TIME}|[tT ]{_TIME}{_OFFSET})")


@forms(either(_SECONDS, {"type": "string", "pattern": _TEXT}), _SECONDS)
def timestamp(value: Any) -> float:
    """A point in time as seconds since the epoch, rounded to microseconds.

    >>> timestamp("2026-11-23T00:00:00.5Z")
    1795392000.5
    """
    kind = type(value)
    if kind is float:
        return _bounded(in_micros(value))
    if kind is int:
        # Relay reads an unsigned 64-bit number as a signed one.
        return _bounded(float(value if value < 2**63 else value - 2**64))
    if kind is str:
        return _parse(value)
    raise ConversionError("expected a timestamp")


#: Seconds from which on floats are more than a microsecond apart.
_COARSE = 2.0**33


def in_micros(seconds: float) -> float:
    """Return seconds rounded to microseconds, as Relay rounds them: halves of their fraction up.

    >>> in_micros(1795392000.1234567), in_micros(-0.25)
    (1795392000.123457, -0.25)
    """
    if not -_COARSE < seconds < _COARSE:
        return seconds
    start = seconds // 1.0
    return (start * 1e6 + ((seconds - start) * 1e6 + 0.5) // 1.0) / 1e6


#: Times that can't be seconds, by how many make one: the next unit is for times a thousand times as large.
_UNITS = ((10**3, "milliseconds"), (10**6, "microseconds"), (10**9, "nanoseconds"))
#: How far from the receipt such a time may be, in seconds: what lies further off is no time.
_LONGEST_PAST, _LONGEST_FUTURE = 10 * 365.25 * 86400, 86400


def in_other_units(value: Any, received_at: float | None) -> tuple[float, str] | None:
    """Return the seconds that a number stands for in another unit, and the unit; None where there is no such time.

    `received_at` is the time of the receipt in seconds since the epoch, None where it isn't known. JavaScript and Java tell
    times in milliseconds, other clocks in micro- or nanoseconds (getsentry/sentry-docs#1587).

    >>> in_other_units(1795391000123, 1795392000), in_other_units(1795391000, 1795392000)
    ((1795391000.123, 'milliseconds'), None)
    """
    if received_at is None or type(value) not in {int, float} or not MAX_TIMESTAMP < value < 2.0**63:
        return None
    for count, unit in _UNITS:
        # A float has not all digits of nanoseconds.
        seconds = (value * 10**6 + count // 2) // count / 1e6 if type(value) is int else in_micros(value / count)
        if received_at - _LONGEST_PAST <= seconds <= received_at + _LONGEST_FUTURE:
            return seconds, unit
    return None


def moment(value: Any) -> float | None:
    """Return a point in time as `timestamp` does, None for what is none."""
    try:
        return None if value is None else timestamp(value)
    except ConversionError:
        return None


_DECIMAL = re.compile(r"([0-9]+)\.([0-9]{1,20})")


def relays_seconds(text: str) -> float:
    """Return the time that a number of more digits than a float holds stands for in Relay, such as Python's `time()`.

    Its JSON reader (serde_json) divides all digits by a power of ten, each rounded to a float before, and so is off by a
    microsecond in one of twenty times.

    >>> float("1726558445.1180723"), relays_seconds("1726558445.1180723")
    (1726558445.1180723, 1726558445.118073)
    """
    match = _DECIMAL.fullmatch(text)
    if match is None or (digits := int(match[1] + match[2])) >= 2**64:
        return timestamp(float(text))
    return in_micros(float(digits) / 10.0 ** len(match[2]))


def _bounded(seconds: float) -> float:
    if -8e12 <= seconds < MAX_TIMESTAMP + 1:
        return seconds
    raise ConversionError("timestamp out of range")


def days_from_civil(year: int, month: int, day: int) -> int:
    """Return the days from 1970-01-01 to a date of the Gregorian calendar, before the year 1 as well."""
    year -= month <= 2
    era, year_of_era = divmod(year, 400)
    day_of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    return era * 146097 + year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year - 719468


def civil_from_days(days: int) -> tuple[int, int, int]:
    """Return year, month and day of the date so many days from 1970-01-01."""
    era, day_of_era = divmod(days + 719468, 146097)
    year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36524 - day_of_era // 146096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted = (5 * day_of_year + 2) // 153
    month = shifted + (3 if shifted < 10 else -9)
    return year_of_era + era * 400 + (month <= 2), month, day_of_year - (153 * shifted + 2) // 5 + 1


_YEAR_BEGINS = frozenset("0123456789+-")


def _parse(text: str) -> float:
    begins = text.lstrip()[:1]
    if begins not in _YEAR_BEGINS:
        # As the scanner would say of the year.
        raise ConversionError(_INVALID if begins else _TOO_SHORT)
    # C reads what nearly all clients send, at a tenth of the cost. Of times without an offset it takes more than it should.
    try:
        moment = msgspec.convert({"at": text}, _Moment).at
        if moment.tzinfo is not None:
            seconds = moment.timestamp()
            # Only an offset leads out of the years that it reads.
            return seconds if seconds < MAX_TIMESTAMP else _bounded(seconds)
        if text[10] == "T":
            return moment.replace(tzinfo=UTC).timestamp()
    except msgspec.ValidationError:
        pass
    try:
        return _Scanner(text).date_time(with_offset=False)
    except ConversionError:
        return _Scanner(text).date_time(with_offset=True)


def _seconds(days: int, hour: int, minute: int, second: int, fraction: str, offset: int) -> float:
    return ((days * 24 + hour) * 60 + minute) * 60 + second - offset + _fraction(fraction)


def _fraction(digits: str) -> float:
    """Return a fraction of a second, rounded to microseconds from nanoseconds."""
    return (int(digits[:9].ljust(9, "0")) + 500) // 1000 / 1e6


_BLANKS = re.compile(r"\s*")
_DIGITS = re.compile("[0-9]*")
_COLONS = re.compile(":*")


class _Scanner:
    """Reads a text part by part; each raises chrono's reason. The rest of the text may be long: it is never copied."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def next(self, count: int = 1) -> str:
        """Return the next characters, fewer at the end of the text."""
        return self.text[self.at : self.at + count]

    def skip(self, pattern: re.Pattern[str], end: int | None = None) -> str:
        """Step over what a pattern matches, which may be nothing, and return it."""
        match = pattern.match(self.text, self.at, len(self.text) if end is None else end)
        found = match[0] if match else ""
        self.at += len(found)
        return found

    def blanks(self) -> None:
        self.skip(_BLANKS)

    def literal(self, chars: str) -> None:
        char = self.next()
        if not char:
            raise ConversionError(_TOO_SHORT)
        if char not in chars:
            raise ConversionError(_INVALID)
        self.at += 1

    def digits(self, most: int | None) -> str:
        found = self.skip(_DIGITS, None if most is None else self.at + most)
        if not found:
            raise ConversionError(_INVALID if self.next() else _TOO_SHORT)
        return found

    def number(self, low: int, high: int) -> int:
        self.blanks()
        found = int(self.digits(2))
        if not low <= found <= high:
            raise ConversionError(_OUT_OF_RANGE)
        return found

    def year(self) -> int:
        self.blanks()
        sign = self.next()
        if sign not in {"+", "-"}:
            return int(self.digits(4))
        self.at += 1
        found = self.digits(None)
        if len(found) > 6:
            raise ConversionError(_OUT_OF_RANGE)
        return -int(found) if sign == "-" else int(found)

    def date_time(self, *, with_offset: bool) -> float:
        year = self.year()
        self.blanks()
        self.literal("-")
        month = self.number(1, 12)
        self.blanks()
        self.literal("-")
        day = self.number(1, 31)
        if with_offset:
            # The relaxed form takes a blank for the T, but no blanks around it.
            self.literal("tT ")
        else:
            self.blanks()
            self.literal("T")
        hour = self.number(0, 23)
        self.blanks()
        self.literal(":")
        minute = self.number(0, 59)
        self.blanks()
        self.literal(":")
        second = self.number(0, 60)
        fraction = ""
        if self.next() == ".":
            self.at += 1
            fraction = self.digits(None)
        self.blanks()
        offset = self.offset() if with_offset else 0
        self.blanks()
        if self.next():
            raise ConversionError(_TOO_LONG)
        if abs(offset) >= 24 * 60 * 60:
            raise ConversionError(_OUT_OF_RANGE)
        leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
        if day > (28 if month == 2 and not leap else _DAYS_IN_MONTH[month - 1]):
            raise ConversionError(_OUT_OF_RANGE)
        return _bounded(_seconds(days_from_civil(year, month, day), hour, minute, second, fraction, offset))

    def offset(self) -> int:
        """Read `Z`, `UTC` or an offset from UTC; return it in seconds."""
        if self.next(3).upper() == "UTC":
            self.at += 3
            return 0
        sign = self.next()
        if sign in {"Z", "z"}:
            self.at += 1
            return 0
        self.literal("+-\u2212")
        hours = self.pair()
        self.blanks()
        self.skip(_COLONS)
        self.blanks()
        minutes = self.pair()
        if minutes > 59:
            raise ConversionError(_OUT_OF_RANGE)
        seconds = (hours * 60 + minutes) * 60
        return seconds if sign == "+" else -seconds

    def pair(self) -> int:
        found = self.next(2)
        if len(found) < 2:
            raise ConversionError(_TOO_SHORT)
        if not (found.isascii() and found.isdigit()):
            raise ConversionError(_INVALID)
        self.at += 2
        return int(found)


build_type_info(_Moment)
