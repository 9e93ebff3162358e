"""The endpoint for check-ins of scheduled jobs by plain HTTP, such as `curl .../cron/<monitor>/<key>/?status=ok`.

The check-in stands in the query, or in the body as JSON. Either becomes an item `check_in` of the monitor that the path
names (Relay `endpoints/monitor.rs`).
"""

from typing import Any
from urllib.parse import unquote_plus

import msgspec

from store_protocol.budget import Budget
from store_protocol.endpoints.content import Content, RequestFacts, media_type, parameter, read_object
from store_protocol.endpoints.endpoint import Endpoint
from store_protocol.errors import InvalidRequest, over_limit
from store_protocol.http_response import Response, render
from store_protocol.items.envelope_item import EnvelopeItem
from store_protocol.limits import CHECK_IN
from store_protocol.payload import Repair

#: What the query may say (Relay `MonitorQuery`).
_PARAMETERS = ("status", "check_in_id", "environment", "duration")


def read(data: bytes, facts: RequestFacts, budget: Budget) -> Content:
    """Read a check-in: the JSON in the body, or else what the query says.

    A body that begins as JSON is read whatever its content type, since curl says that it is a form. Raises
    `InvalidRequest` for a check-in without status, `PayloadError` and `LimitExceeded`.
    """
    is_json = media_type(facts.content_type) == "application/json" or data.lstrip()[:1] == b"{"
    repairs: tuple[Repair, ...] = ()
    if is_json and data.strip():
        found = read_object(data, budget.limits, charset=parameter(facts.content_type, "charset"))
        check_in, repairs = dict(found.value), found.repairs
    else:
        check_in = _by_query(facts.query)
    check_in["monitor_slug"] = facts.parameters["monitor_slug"]
    if check_in.get("status") is None:
        raise InvalidRequest("the check-in says no status: ok, error or in_progress")
    payload = msgspec.json.encode(check_in)
    if len(payload) > budget.limits.max_check_in_bytes:
        raise over_limit("the check-in has more bytes", "max_check_in_bytes", budget.limits)
    item = EnvelopeItem("check_in", {"type": "check_in", "content_type": "application/json"}, payload)
    return Content(items=(item,), repairs=repairs)


def _by_query(query: str) -> dict[str, Any]:
    """Return the check-in that a query says; of a parameter that stands there twice the last counts.

    >>> _by_query("status=ok&duration=1.5&sentry_key=a")
    {'status': 'ok', 'duration': 1.5}
    """
    told: dict[str, Any] = {}
    for item in query.split("&"):
        name, _, value = item.partition("=")
        if name in _PARAMETERS and value:
            told[name] = value
    told = {name: unquote_plus(value) for name, value in told.items()}
    if "duration" in told:
        told["duration"] = _number(told["duration"])
    return told


def _number(text: str) -> float | str:
    """Return a number; text that is none stays, so that whoever reads the check-in lists it."""
    # Python reads the digits of every script, and an underscore between them.
    try:
        number = float(text) if text.isascii() and "_" not in text else None
    except ValueError:
        return text
    return text if number is None or number - number != 0 else number


def answer(event_id: str | None) -> Response:  # noqa: ARG001  (the arguments of `Endpoint.answer`)
    """Return the answer to a job, which reads none: 202 without a body."""
    return render(202)


def no_body(query: str) -> bytes:  # noqa: ARG001  (the argument of `Endpoint.read_query`)
    """Return no body: `read` is given the query too."""
    return b""


ENDPOINT = Endpoint(
    name="cron",
    methods=("POST", "GET", "OPTIONS"),
    kind=CHECK_IN,
    read=read,
    reads_empty=True,
    read_query=no_body,
    ignores_rate_limits=True,
    answers_pixel=False,
    answer=answer,
)
