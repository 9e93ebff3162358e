"""Recorded events with something changed.

Events that are made up have little of what clients really send beside each other; recorded ones have little that is wrong.
"""

import copy
import json
from random import Random
from typing import Any

from tests.deviations import deviations_of
from tests.recordings import by_client

EVENTS = [
    json.loads(event) for events in by_client("store", "envelope").values() for event in events if len(event) < 20_000
]

NAMES = [
    *("type", "value", "values", "name", "version", "id", "data", "frames", "lineno", "function", "filename"),
    *("abs_path", "module", "in_app", "vars", "stacktrace", "raw_stacktrace", "mechanism", "thread_id", "timestamp"),
    *("level", "message", "category", "url", "headers", "cookies", "query_string", "method", "env", "email"),
    *("ip_address", "username", "geo", "trace_id", "span_id", "op", "status", "release", "environment", "dist"),
    *("tags", "extra", "user", "request", "contexts", "breadcrumbs", "exception", "threads", "logentry", "params"),
    *("formatted", "sdk", "packages", "integrations", "modules", "fingerprint", "transaction", "culprit", "logger"),
    *("platform", "server_name", "site", "received", "time_spent", "pre_context", "context_line", "raw_description"),
    *("build", "model", "family", "meta", "errno", "handled", "_meta", "sentry.interfaces.Exception"),
    *("sentry.interfaces.User", "project", "checksum", "template", "unknown"),
]
VALUES: list[Any] = [
    *(None, "", [], {}, 0, 1, -1, 1.5, True, False, 1234567890, 1e20, 1e-9, [None], [[]], [{}], {"a": None}, {"": ""}),
    *("x", "a\nb", " pad ", "?", "null", "123", "0x1F", "127.0.0.1", "{{auto}}", "2020-01-01T00:00:00Z", "a=b&c=d"),
    *("x" * 70, "x" * 300, "x" * 9000, "é" * 150, "http://a.b/c?d=e#f", '{"a":1}', "0" * 32, "java", "F728B4FA42484E3A"),
    *(["a", "b"], [["a", "b"]], [["a"]], {"type": "x"}, {"values": []}, {"values": None}, {"values": [None]}),
    {"a": {"b": {"c": {"d": {"e": {"f": {"g": 1}}}}}}},
]


#: Those that Relay reads as they are.
_AS_RELAY_READS = [event for event in EVENTS if not any(deviations_of(event))]


def _part(holder: Any, key: Any) -> Any:
    return holder[key] if isinstance(holder, list) or key in holder else None


def changed_event(random: Random) -> dict[str, Any]:
    """Draw a recorded event in which up to three values are others, are gone, are longer or have another beside them."""
    event: dict[str, Any] = copy.deepcopy(random.choice(_AS_RELAY_READS))
    for _ in range(random.choice([1, 2, 3])):
        holder: Any = event
        key: Any = random.choice(sorted(event) or [""])
        # Further down, four times of five.
        while (found := _part(holder, key)) and isinstance(found, (dict, list)) and random.random() < 0.8:
            holder, key = found, random.choice(sorted(found) if isinstance(found, dict) else range(len(found)))
        change = random.choice(["other", "gone", "longer", "beside", "wrapped"])
        if change == "gone" and isinstance(holder, dict):
            holder.pop(key, None)
        elif change == "longer" and isinstance(found, (str, list)):
            holder[key] = found * random.choice([2, 30])
        elif change == "beside" and isinstance(found, dict):
            found[random.choice(NAMES)] = copy.deepcopy(random.choice(VALUES))
        elif change == "wrapped":
            holder[key] = [found]
        else:
            holder[key] = copy.deepcopy(random.choice(VALUES))
    return event
