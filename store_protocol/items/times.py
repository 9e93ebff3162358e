"""Times of items: the client's clock set right, and what lies too far in the past or the future.

All of it goes by the time of the receipt: where that isn't known, times are left as they are.
"""

from collections.abc import Sequence

from store_protocol.items.base import ItemPart, Rules
from store_protocol.meta.kinds import ErrorKind
from store_protocol.meta.tree import Path
from store_protocol.normalize.steps.timestamps import LEAST_DRIFT, rfc3339

#: How far in the future something may lie, in seconds, where the options don't say (Relay `max_secs_in_future`).
MAX_FUTURE = 60
#: How old a session may be, in seconds (Relay `max_session_secs_in_past`).
MAX_SESSION_AGE = 5 * 86400


def correct_clock(parts: Sequence[tuple[Path, ItemPart]], names: tuple[str, ...], rules: Rules) -> None:
    """Move the times of parts by as much as the client's clock is off, if that is much (Relay `ClockDriftProcessor`).

    The first of the `names` is the one at which it is noted.
    """
    received, sent = rules.received_at, rules.sent_at
    if received is None or sent is None or abs(received - sent) < LEAST_DRIFT:
        return
    data = {"sdk_time": rfc3339(sent), "server_time": rfc3339(received)}
    for path, part in parts:
        _shift(part, names, received - sent)
        rules.meta_tree.error((*path, names[0]), "clock_drift", data=data)


def _shift(part: ItemPart, names: tuple[str, ...], seconds: float) -> None:
    # In whole microseconds, which loses none.
    delta = round(seconds * 1e6)
    for name in names:
        time = getattr(part, name)
        if time is not None:
            setattr(part, name, (round(time * 1e6) + delta) / 1e6)


def check_age(path: Path, time: float | None, max_past: float | None, rules: Rules) -> ErrorKind | None:
    """Note a time too far in the past or the future, and return the kind of error; None for one that is right."""
    received = rules.received_at
    if received is None or time is None:
        return None
    most = rules.options.max_secs_in_future
    kind: ErrorKind
    if time > received + (MAX_FUTURE if most is None else most):
        kind = "future_timestamp"
    elif max_past is not None and time < received - max_past:
        kind = "past_timestamp"
    else:
        return None
    rules.meta_tree.error(path, kind, data={"sdk_time": rfc3339(time), "server_time": rfc3339(received)})
    return kind


def bound_times(parts: Sequence[tuple[Path, ItemPart]], names: tuple[str, ...], rules: Rules) -> None:
    """Set the clock of parts right, and move what lies in the future to the receipt (Relay `eap::time::normalize`)."""
    correct_clock(parts, names, rules)
    if rules.received_at is None:
        return
    for path, part in parts:
        time = getattr(part, names[0])
        kind = check_age((*path, names[0]), time, rules.options.max_secs_in_past, rules)
        if kind == "future_timestamp":
            _shift(part, names, rules.received_at - time)
