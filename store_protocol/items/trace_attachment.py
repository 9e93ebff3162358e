"""Attachments that belong to a trace and not to an event, and the place holders of those that were uploaded before."""

from typing import Annotated, Any, ClassVar

import msgspec

from store_protocol.convert.rules import NonNull, text
from store_protocol.errors import InvalidItem
from store_protocol.first_use import build_type_info
from store_protocol.items.attributes import Attributes, check_attributes
from store_protocol.items.base import Item, Rules
from store_protocol.items.types import RequiredEventId, RequiredText, RequiredTimestamp
from store_protocol.json_types import OTHER_KEY
from store_protocol.schema.types import RequiredTraceId, Text

#: The media types of trace attachments, today's first.
TRACE_ATTACHMENT = "application/vnd.sentry.trace-attachment"
OLD_TRACE_ATTACHMENT = "application/vnd.sentry.attachment.v2"
PLACEHOLDER = "application/vnd.sentry.attachment-ref+json"


class TraceAttachment(Item):
    """The payload of an item `attachment` of the media type of trace attachments; `body` is the file itself."""

    __item_type__: ClassVar[str] = "attachment"
    __beside__: ClassVar[frozenset[str]] = Item.__beside__ | {"body"}

    #: The trace, 32 hex digits.
    trace_id: NonNull[RequiredTraceId] = None
    #: A UUID, as 32 hex digits.
    attachment_id: NonNull[RequiredEventId] = None
    #: When it was made, in seconds since the epoch.
    timestamp: NonNull[RequiredTimestamp] = None
    #: The name of the file.
    filename: Annotated[str, text(256, 40)] | None = None
    #: The media type of the file.
    content_type: NonNull[Annotated[str, text(128, required=True)]] = None
    #: What else is known of it, by name.
    attributes: Attributes | None = None
    body: bytes = msgspec.field(default=b"", name=f"{OTHER_KEY}body")

    @classmethod
    def __split__(cls, data: bytes, headers: dict[str, Any]) -> tuple[bytes, dict[str, Any]]:
        length = headers.get("meta_length")
        if type(length) is not int or not 0 <= length <= len(data):
            raise InvalidItem("invalid trace attachment: its meta_length is not that of the JSON before the file")
        return data[:length], {"body": data[length:]}

    def __apply__(self, rules: Rules) -> None:
        check_attributes(self.attributes, (), rules)

    def __write__(self, text: bytes) -> tuple[dict[str, Any], bytes]:
        return {"content_type": TRACE_ATTACHMENT, "meta_length": len(text)}, text + self.body


class AttachmentPlaceholder(Item):
    """The payload of an item `attachment` that stands for a file which was uploaded before."""

    __item_type__: ClassVar[str] = "attachment"

    #: Where the file is, as the upload was answered.
    location: NonNull[RequiredText] = None
    #: The media type of the file.
    content_type: Text | None = None

    def __write__(self, text: bytes) -> tuple[dict[str, Any], bytes]:
        return {"content_type": PLACEHOLDER}, text


build_type_info(TraceAttachment, AttachmentPlaceholder)
