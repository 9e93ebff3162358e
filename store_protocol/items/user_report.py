"""User reports: what a user says of an error, as it was sent before there was feedback."""

from typing import ClassVar

from store_protocol.convert.rules import NonNull
from store_protocol.first_use import build_type_info
from store_protocol.items.base import Item
from store_protocol.items.types import RequiredEventId
from store_protocol.schema.types import Text


class UserReport(Item):
    """The payload of an item `user_report`; an absent text is an empty one."""

    __item_type__: ClassVar[str] = "user_report"

    #: The event of the error, 32 hex digits.
    event_id: NonNull[RequiredEventId] = None
    #: The name of the user.
    name: Text | None = None
    #: The email address of the user.
    email: Text | None = None
    #: What the user wrote.
    comments: Text | None = None


build_type_info(UserReport)
