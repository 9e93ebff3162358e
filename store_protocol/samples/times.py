"""The times of a payload moved: a sample that happened at another time."""

from collections.abc import Iterator
from typing import Any

from store_protocol.convert.timestamps import moment
from store_protocol.normalize.steps.timestamps import rfc3339

#: Attributes that hold a moment, of events and of items.
_NAMES = frozenset(
    {
        *("timestamp", "start_timestamp", "end_timestamp", "replay_start_timestamp", "started", "received"),
        *("app_start_time", "boot_time"),
    }
)


def at(payload: Any, now: float) -> Any:
    """Return a payload whose times are moved so that the last one is `now`, in seconds since the epoch.

    Numbers stay numbers, and texts become those of RFC 3339 in UTC.

    >>> at({"timestamp": 100.5, "spans": [{"start_timestamp": "1970-01-01T00:01:00Z"}]}, 200.5)
    {'timestamp': 200.5, 'spans': [{'start_timestamp': '1970-01-01T00:02:40+00:00'}]}
    """
    last = max(_times(payload), default=now)
    return _moved(payload, now - last)


def _times(value: Any) -> Iterator[float]:
    if isinstance(value, list):
        for part in value:
            yield from _times(part)
    elif isinstance(value, dict):
        for name, part in value.items():
            if name in _NAMES and (found := moment(part)) is not None:
                yield found
            else:
                yield from _times(part)


def _moved(value: Any, by: float) -> Any:
    if isinstance(value, list):
        return [_moved(part, by) for part in value]
    if isinstance(value, dict):
        return {name: _at(part, by) if name in _NAMES else _moved(part, by) for name, part in value.items()}
    return value


def _at(value: Any, by: float) -> Any:
    time = moment(value)
    if time is None:
        return _moved(value, by)
    moved = round(time + by, 6)
    return rfc3339(moved) if isinstance(value, str) else moved
