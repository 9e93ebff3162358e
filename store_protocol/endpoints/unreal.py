"""The endpoint for crash reports of the Unreal Engine: one archive, handed on as it came (Relay `endpoints/unreal.rs`)."""

from urllib.parse import unquote_plus

from store_protocol.budget import Budget
from store_protocol.endpoints.content import Content, RequestFacts
from store_protocol.endpoints.endpoint import Endpoint
from store_protocol.endpoints.minidump import answer
from store_protocol.errors import over_limit
from store_protocol.items.envelope_item import EnvelopeItem
from store_protocol.limits import UNREAL


def read(data: bytes, facts: RequestFacts, budget: Budget) -> Content:
    """Read a report: an item `unreal_report` of an event with an id of its own.

    What the engine says of the user, in the query, becomes the header `unreal_user_id` of the envelope, as in Relay. Raises
    `LimitExceeded`.
    """
    if len(data) > budget.limits.max_attachment_bytes:
        raise over_limit("the crash report has more bytes", "max_attachment_bytes", budget.limits)
    headers = {"event_id": facts.new_id()}
    for item in facts.query.split("&"):
        name, _, value = item.partition("=")
        if name == "UserID":
            headers["unreal_user_id"] = unquote_plus(value)
    report = EnvelopeItem("unreal_report", {"type": "unreal_report", "content_type": "application/octet-stream"}, data)
    return Content(items=(report,), headers=headers)


# The archive is compressed itself, which is none of the body's business: so it isn't sniffed.
ENDPOINT = Endpoint(
    name="unreal", kind=UNREAL, sniff=False, read=read, stamps=True, ignores_rate_limits=True, answer=answer
)
