"""The endpoint for files that are added to an event, in a form (Relay `endpoints/attachments.rs`)."""

import msgspec

from store_protocol.budget import Budget
from store_protocol.endpoints.content import Content, RequestFacts
from store_protocol.endpoints.endpoint import Endpoint, read_whole
from store_protocol.endpoints.files import FormReader, MaybeFormReader
from store_protocol.errors import InvalidMultipart, InvalidRequest
from store_protocol.http_request import event_id_of
from store_protocol.http_response import Response, render
from store_protocol.items.envelope_item import EnvelopeItem
from store_protocol.limits import ATTACHMENTS


class AttachmentsReader(MaybeFormReader):
    """Reads a form as it comes: its files, and its other fields as one item `form_data`.

    A file that can't be taken costs itself. `finish` raises `InvalidRequest` for a path that names no event,
    `InvalidMultipart` and `LimitExceeded`.
    """

    def __init__(self, facts: RequestFacts, budget: Budget) -> None:
        super().__init__(facts, budget)
        self._event_id = event_id_of({"event_id": facts.parameters["event_id"]})

    def _feed(self, data: bytes) -> None:
        if self._form is None and self._boundary is not None and self._event_id is not None:
            self._form = FormReader(self._boundary, self._facts, self._limits, {})
        if self._form is not None:
            self._form.feed(data)

    def finish(self) -> Content:
        """Take the end of the form, and return what it holds."""
        self._end()
        if self._event_id is None:
            raise InvalidRequest("the path names no id of an event, 32 hex digits")
        if self._form is None:
            raise InvalidMultipart("invalid multipart form: it has no boundary")
        form = self._form.finish()
        if not (form.files or form.refused):
            raise InvalidMultipart("invalid multipart form: it has no file")
        fields = msgspec.json.encode(form.fields)
        return Content(
            attachments=form.attachments,
            items=(EnvelopeItem("form_data", {"type": "form_data"}, fields),) if form.fields else (),
            refused=form.refused,
            headers={"event_id": self._event_id},
        )


def read(data: bytes, facts: RequestFacts, budget: Budget) -> Content:
    """Read a form as `AttachmentsReader` does."""
    return read_whole(AttachmentsReader(facts, budget), data)


def answer(event_id: str | None) -> Response:  # noqa: ARG001  (the arguments of `Endpoint.answer`)
    """Return the answer to an upload: 201 without a body."""
    return render(201)


ENDPOINT = Endpoint(name="attachments", kind=ATTACHMENTS, sniff=False, read=read, reader=AttachmentsReader, answer=answer)
