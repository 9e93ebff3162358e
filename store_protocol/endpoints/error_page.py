"""The endpoint of the dialog that asks a user what happened: what SDKs show by `showReportDialog`, and pages of their own.

The event and the DSN stand in the query, what the user says in a form. It becomes an item `user_report`, as SDKs send one.
"""

from urllib.parse import unquote_plus

import msgspec

from store_protocol.budget import Budget
from store_protocol.endpoints.content import Content, RequestFacts, media_type, parameter
from store_protocol.endpoints.endpoint import Endpoint
from store_protocol.endpoints.multipart import boundary_of, parse_multipart
from store_protocol.errors import InvalidRequest
from store_protocol.http_request import event_id_of
from store_protocol.http_response import Response, render_json
from store_protocol.items.envelope_item import EnvelopeItem
from store_protocol.limits import USER_REPORT

_FIELDS = ("name", "email", "comments")


def dsn_of(query: str) -> str | None:
    """Return the DSN that the query names, None without one."""
    return _parameters(query, ("dsn",)).get("dsn")


def read(data: bytes, facts: RequestFacts, budget: Budget) -> Content:
    """Read what a user says of an event: `name`, `email` and `comments`, urlencoded or as a multipart form.

    Raises `InvalidRequest` where the query names no event, and where the form says nothing, and `InvalidMultipart`.
    """
    told = _parameters(facts.query, ("eventId",)).get("eventId", "")
    event_id = event_id_of({"event_id": told})
    if event_id is None:
        raise InvalidRequest("the parameter eventId is missing or no id of an event")
    form = _form(data, facts, budget)
    if not form:
        raise InvalidRequest(f"the form has none of the fields {', '.join(_FIELDS)}")
    report = msgspec.json.encode({"event_id": event_id, **form})
    item = EnvelopeItem("user_report", {"type": "user_report", "content_type": "application/json"}, report)
    return Content(items=(item,), headers={"event_id": event_id})


def _form(data: bytes, facts: RequestFacts, budget: Budget) -> dict[str, str]:
    if media_type(facts.content_type) != "multipart/form-data":
        return _parameters(data.decode("utf-8", "replace"), _FIELDS)
    boundary = parameter(facts.content_type, "boundary") or boundary_of(data) or ""
    parts = parse_multipart(data, boundary, limits=budget.limits)
    return {part.name: part.data.decode("utf-8", "replace") for part in parts if part.name in _FIELDS}


def _parameters(text: str, names: tuple[str, ...]) -> dict[str, str]:
    """Return the parameters with some names in urlencoded text; of one that stands there twice the last counts."""
    found = {}
    for each in text.split("&"):
        name, _, value = each.partition("=")
        if name in names:
            found[name] = value
    # Once each: of a short text that stands there again and again nothing comes.
    return {name: unquote_plus(value.strip("\r\n")) for name, value in found.items()}


def answer(event_id: str | None) -> Response:  # noqa: ARG001  (the arguments of `Endpoint.answer`)
    """Return the answer that the dialog waits for: an empty JSON object."""
    return render_json(200, {})


ENDPOINT = Endpoint(name="error_page", kind=USER_REPORT, sniff=False, read=read, dsn_of=dsn_of, answer=answer)
