"""The endpoint for files that are added to an event, in a form (Relay `endpoints/attachments.rs`)."""

import msgspec

from store_protocol.budget import Budget
from store_protocol.endpoints.content import Content, RequestFacts, media_type, parameter
from store_protocol.endpoints.endpoint import Endpoint
from store_protocol.endpoints.files import read_fields, take_files
from store_protocol.endpoints.multipart import Part, boundary_of, parse_multipart
from store_protocol.errors import InvalidMultipart, InvalidRequest
from store_protocol.http_request import event_id_of
from store_protocol.http_response import Response, render
from store_protocol.items.attachment import Attachment
from store_protocol.items.envelope_item import EnvelopeItem
from store_protocol.limits import ATTACHMENTS


def read(data: bytes, facts: RequestFacts, budget: Budget) -> Content:
    """Read a form: its files, and its other fields as one item `form_data`. A file that can't be taken costs itself.

    Raises `InvalidRequest` for a path that names no event, `InvalidMultipart` and `LimitExceeded`.
    """
    event_id = event_id_of({"event_id": facts.parameters["event_id"]})
    if event_id is None:
        raise InvalidRequest("the path names no id of an event, 32 hex digits")
    boundary = None
    if media_type(facts.content_type).startswith("multipart/"):
        boundary = parameter(facts.content_type, "boundary")
    boundary = boundary or boundary_of(data)
    if boundary is None:
        raise InvalidMultipart("invalid multipart form: it has no boundary")
    parts = [*enumerate(parse_multipart(data, boundary, limits=budget.limits))]
    files = [(index, part) for index, part in parts if part.filename is not None]
    fields = read_fields([part for _, part in parts if part.filename is None], budget.limits)
    if not files:
        raise InvalidMultipart("invalid multipart form: it has no file")
    attachments, refused = take_files(files, _attachment, budget.limits)
    told = [EnvelopeItem("form_data", {"type": "form_data"}, msgspec.json.encode(fields))] if fields else []
    return Content(attachments=tuple(attachments), items=tuple(told), refused=refused, headers={"event_id": event_id})


def _attachment(part: Part) -> Attachment:
    return Attachment(part.name, part.filename, part.content_type, part.data)


def answer(event_id: str | None) -> Response:  # noqa: ARG001  (the arguments of `Endpoint.answer`)
    """Return the answer to an upload: 201 without a body."""
    return render(201)


ENDPOINT = Endpoint(name="attachments", kind=ATTACHMENTS, sniff=False, read=read, answer=answer)
