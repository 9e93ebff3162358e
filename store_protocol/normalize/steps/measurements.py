"""Measurements of transactions: names and units in canonical form, and those that follow from others."""

from store_protocol.normalize.context import Normalization, acts_on
from store_protocol.schema.measurement import Measurement

#: Longer durations of an app's start are taken for a clock that was changed meanwhile (Relay `MAX_DURATION_MOBILE_MS`).
MAX_APP_START = 180_000

#: The names that mobile SDKs send, and those that Sentry knows.
_RENAMED = {"app.start.cold": "app_start_cold", "app.start.warm": "app_start_warm"}
_APP_STARTS = ("app_start_cold", "app_start_warm")
_START_VALUE, _START_TYPE = "app.vitals.start.value", "app.vitals.start.type"

_MILLISECONDS = frozenset(
    {
        *("app_start_cold", "app_start_warm", "fcp", "fid", "fp", "inp", "lcp", "stall_longest_time", "stall_total_time"),
        *("time_to_full_display", "time_to_initial_display", "ttfb", "ttfb.requesttime"),
    }
)
_RATIOS = frozenset({"frames_frozen_rate", "frames_slow_rate", "stall_percentage"})


@acts_on("measurements", noted=True)
def measurements(normalization: Normalization) -> None:
    """Bring the measurements of a transaction into canonical form; other events have none."""
    event, meta_tree = normalization.event, normalization.meta_tree
    given = event.measurements
    if event.type != "transaction" or given is None:
        if event.type != "transaction":
            event.measurements = None
            meta_tree.take(("measurements",))
        return
    for name, canonical in _RENAMED.items():
        if name in given:
            given[canonical] = given.pop(name)
            meta_tree.put(("measurements", canonical), meta_tree.take(("measurements", name)))
    for name in _APP_STARTS:
        start = given.get(name)
        if start is not None and start.value is not None and start.value > MAX_APP_START:
            del given[name]
    for name, measurement in given.items():
        if measurement is not None and measurement.unit is None:
            measurement.unit = default_unit(name)
    _derive(normalization, given)
    _app_start(normalization, given)
    event.measurements = given if given or meta_tree.find(("measurements",)) else None


def _app_start(normalization: Normalization, given: dict[str, Measurement | None]) -> None:
    """Return how the app was started and how long that took, whichever way it was."""
    event = normalization.event
    told = any(pair is not None and pair[0] == _START_TYPE and pair[1] is not None for pair in event.tags or ())
    if told or _START_VALUE in given:
        return
    for name in _APP_STARTS:
        start = given.get(name)
        if start is not None and start.value is not None and start.unit == "millisecond":
            given[_START_VALUE] = Measurement(value=start.value, unit=start.unit)
            event.tags = [*(event.tags or ()), (_START_TYPE, name.removeprefix("app_start_"))]
            return


def default_unit(name: str) -> str:
    """Return the unit that a measurement has where none is given."""
    if name in _MILLISECONDS:
        return "millisecond"
    return "ratio" if name in _RATIOS else "none"


def _derive(normalization: Normalization, kept: dict[str, Measurement | None]) -> None:
    def value(name: str) -> float | None:
        found = kept.get(name)
        return None if found is None else found.value

    event = normalization.event
    total = value("frames_total")
    if total is not None and total > 0:
        for name in ("frames_slow", "frames_frozen"):
            frames = value(name)
            if frames is not None:
                kept[f"{name}_rate"] = Measurement(value=frames / total, unit="ratio")
    stall = kept.get("stall_total_time")
    stalled = stall.value if stall is not None and stall.unit in {"millisecond", "none"} else None
    if stalled is not None and event.timestamp is not None and event.start_timestamp is not None:
        duration = (event.timestamp - event.start_timestamp) * 1000
        if duration > 0:
            kept["stall_percentage"] = Measurement(value=stalled / duration, unit="ratio")
