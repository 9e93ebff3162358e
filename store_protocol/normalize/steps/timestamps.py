"""When things happened: within the bounds, on the server's clock, and after 1970."""

import functools
import re
from typing import Any

from store_protocol.convert.timestamps import MAX_TIMESTAMP, civil_from_days, relays_seconds
from store_protocol.errors import InvalidEvent
from store_protocol.meta.kinds import ErrorKind
from store_protocol.meta.tree import Path
from store_protocol.normalize.context import Normalization, acts_on

#: Seconds. What takes less may be the way of the request, and its retries (Relay `MINIMUM_CLOCK_DRIFT`).
LEAST_DRIFT = 55 * 60
_TWO_DIGITS = tuple(f"{number:02}" for number in range(60))
#: The length of the end of a time in UTC with microseconds: only longer ones have more.
_MICROS = len(".000000Z")
_SPAN_TIMES = ("timestamp", "start_timestamp", "received")
_FRACTION = re.compile(r":[0-9]+\.([0-9]+)")


def clock_drift(normalization: Normalization) -> None:
    """Set the clock right of a client that says when it sent, or whose event lies outside the bounds.

    A clock that is off by `LEAST_DRIFT` or more has all its times moved by as much. An event in the future or long past
    gets the time of its receipt, and every other moves along (Relay `ClockDriftProcessor`).
    """
    event, options, received = normalization.event, normalization.options, normalization.received_at
    drift = 0.0 if normalization.sent_at is None else received - normalization.sent_at
    if abs(drift) >= LEAST_DRIFT:
        if event.timestamp is not None:
            times = {"sdk_time": _as_sent(normalization, event.timestamp), "server_time": rfc3339(received)}
            normalization.meta_tree.error(("timestamp",), "clock_drift", data=times)
            event.timestamp = round(event.timestamp + drift, 6)
        _shift(normalization, drift)
    sent = event.timestamp
    if sent is not None:
        kind: ErrorKind | None = None
        if options.max_secs_in_future is not None and sent > received + options.max_secs_in_future:
            kind = "future_timestamp"
        elif options.max_secs_in_past is not None and sent < received - options.max_secs_in_past:
            kind = "past_timestamp"
        if kind is not None:
            times = {"sdk_time": _as_sent(normalization, sent), "server_time": rfc3339(received)}
            normalization.meta_tree.error(("timestamp",), kind, data=times)
            _shift(normalization, received - sent)
            event.timestamp = received
    else:
        event.timestamp = received
    event.received = received
    normalization.meta_tree.take(("received",))
    if event.time_spent is not None and event.time_spent >= 2**31 - 1:
        # Sentry kept it in a signed column of 32 bits.
        event.time_spent = None


def _as_sent(normalization: Normalization, seconds: float) -> str:
    """Show the client's time with all the digits that it had, nanoseconds too."""
    given = normalization.original.get("timestamp")
    if type(given) is float and given <= MAX_TIMESTAMP and round(given, 6) != given:
        return rfc3339(relays_seconds(normalization.original.timestamp_text()))
    point = given.find(".") if type(given) is str else -1
    if point < 0 or (given[-1] == "Z" and len(given) - point <= _MICROS):
        return rfc3339(seconds)
    fraction = _FRACTION.search(given)
    digits = fraction[1][:9].ljust(9, "0") if fraction else ""
    if not digits.rstrip("0")[6:]:
        return rfc3339(seconds)
    # The fraction belongs to the second that was meant, which rounding may have left.
    return rfc3339(round(seconds - int(digits) / 1e9)).replace("+00:00", f".{digits}+00:00")


def _shift(normalization: Normalization, seconds: float) -> None:
    # In whole microseconds, which loses none.
    delta = round(seconds * 1e6)
    event = normalization.event
    if event.start_timestamp is not None:
        event.start_timestamp = (round(event.start_timestamp * 1e6) + delta) / 1e6
    changes = event.transaction_info and event.transaction_info.changes
    for holder in (*((event.breadcrumbs and event.breadcrumbs.values) or ()), *(changes or ())):
        if holder is not None and (time := holder.timestamp) is not None:
            holder.timestamp = (round(time * 1e6) + delta) / 1e6
    for span in event.spans or ():
        for name in _SPAN_TIMES if span is not None else ():
            if (time := getattr(span, name)) is not None:
                setattr(span, name, (round(time * 1e6) + delta) / 1e6)


@acts_on("start_timestamp", "breadcrumbs", "spans")
def stale(normalization: Normalization) -> None:
    """Take out times before 1970, which a clock that was never set has, and drop spans with one.

    Raises `InvalidEvent` for a transaction that began so early: it can't do without its start. Relay refuses every event
    for its start, and drops breadcrumbs whole.
    """
    event = normalization.event
    if event.start_timestamp is not None and event.start_timestamp < 0:
        if event.type == "transaction":
            raise InvalidEvent("invalid transaction event: timestamp is too stale")
        _refuse(normalization, ("start_timestamp",), event.start_timestamp)
        event.start_timestamp = None
    crumbs: list[Any] = (event.breadcrumbs and event.breadcrumbs.values) or []
    for crumb in crumbs:
        if crumb is not None and (time := crumb.timestamp) is not None and time < 0:
            # Hardly an event has one.
            _refuse_times_of(normalization, crumbs)
            break
    spans: list[Any] = event.spans or []
    for index, span in enumerate(spans):
        if span is not None and span.start_timestamp is not None and span.start_timestamp < 0:
            _drop_span(normalization, spans, index, "start_timestamp")
        elif span is not None and span.timestamp is not None and span.timestamp < 0:
            _drop_span(normalization, spans, index, "timestamp")


def _refuse_times_of(normalization: Normalization, crumbs: list[Any]) -> None:
    for index, crumb in enumerate(crumbs):
        if crumb is not None and crumb.timestamp is not None and crumb.timestamp < 0:
            _refuse(normalization, ("breadcrumbs", "values", str(index), "timestamp"), crumb.timestamp)
            crumb.timestamp = None


def _refuse(normalization: Normalization, path: Path, seconds: float) -> None:
    normalization.meta_tree.error(path, "invalid_data", f"{path[-1]} is too stale: {_utc(seconds)}")


def _drop_span(normalization: Normalization, spans: list[Any], index: int, name: str) -> None:
    path = ("spans", str(index))
    normalization.meta_tree.forget_parts(path)
    normalization.meta_tree.error(path, "invalid_data", f"{name} is too stale: {_utc(getattr(spans[index], name))}")
    spans[index] = None


def rfc3339(seconds: float) -> str:
    """Return seconds since the epoch as RFC 3339 text.

    >>> rfc3339(1795392000.5)
    '2026-11-23T00:00:00.500+00:00'
    """
    date, time = _date_and_time(seconds)
    return f"{date}T{time}+00:00"


def _utc(seconds: float) -> str:
    date, time = _date_and_time(seconds)
    return f"{date} {time} UTC"


def _date_and_time(seconds: float) -> tuple[str, str]:
    whole, micros = (int(seconds), 0) if seconds == int(seconds) else divmod(round(seconds * 1_000_000), 1_000_000)
    days, rest = divmod(whole, 86400)
    hours, rest = divmod(rest, 3600)
    minutes, rest = divmod(rest, 60)
    # Rust's chrono shows no fraction, milliseconds or microseconds, whichever is enough.
    fraction = "" if not micros else f".{micros // 1000:03}" if micros % 1000 == 0 else f".{micros:06}"
    return _date(days), f"{_TWO_DIGITS[hours]}:{_TWO_DIGITS[minutes]}:{_TWO_DIGITS[rest]}{fraction}"


@functools.lru_cache(maxsize=64)
def _date(days: int) -> str:
    # Events of a few days come at a time. Some are from years that `datetime` doesn't know.
    year, month, day = civil_from_days(days)
    shown = f"{year:04}" if 0 <= year <= 9999 else f"{year:+05}"
    return f"{shown}-{month:02}-{day:02}"
