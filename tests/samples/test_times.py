"""Times of payloads moved."""

from typing import Any

import pytest

from store_protocol.samples.times import at


@pytest.mark.parametrize(
    ("payload", "now", "moved"),
    [
        ({}, 5.0, {}),
        ([1, "2026-11-27T18:10:00Z"], 5.0, [1, "2026-11-27T18:10:00Z"]),
        ({"timestamp": 10, "a": {"started": 4}}, 110.0, {"timestamp": 110, "a": {"started": 104}}),
        (
            {"timestamp": "2026-11-27T18:10:00.25+00:00", "breadcrumbs": [{"timestamp": 1795803000.0}]},
            1795392000.0,
            {"timestamp": "2026-11-23T00:00:00+00:00", "breadcrumbs": [{"timestamp": 1795391999.75}]},
        ),
        # What is no time stays, and is looked into.
        ({"timestamp": None, "received": {"started": 5}}, 6.0, {"timestamp": None, "received": {"started": 6.0}}),
        ({"timestamp": "soon", "started": 5}, 6.0, {"timestamp": "soon", "started": 6.0}),
    ],
)
def test_times_are_moved_together(payload: Any, now: float, moved: Any) -> None:
    assert at(payload, now) == moved
