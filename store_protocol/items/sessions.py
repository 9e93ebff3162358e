"""Sessions that were counted by the client, as servers send them: one for each request would be too many."""

from typing import ClassVar

from store_protocol.convert.rules import NonNull
from store_protocol.first_use import build_type_info
from store_protocol.items.base import Item, ItemPart, Rules, parts_of
from store_protocol.items.session import RequiredAttributes, check_session_age, check_session_attributes
from store_protocol.items.times import correct_clock
from store_protocol.items.types import LenientText, RequiredIsoTimestamp
from store_protocol.schema.types import U64


class SessionAggregateItem(ItemPart):
    """Sessions that began in the same minute, counted by how they ended; an absent count is 0."""

    #: When they began, rounded down to a minute, in seconds since the epoch.
    started: NonNull[RequiredIsoTimestamp] = None
    #: The user, by an id of the application's own.
    did: LenientText | None = None
    #: How many ended without an error.
    exited: U64 | None = None
    #: How many ended with errors that were handled, not counting those below.
    errored: U64 | None = None
    #: How many ended abruptly.
    abnormal: U64 | None = None
    #: How many had an error that was not handled, and did not crash.
    unhandled: U64 | None = None
    #: How many ended in a crash.
    crashed: U64 | None = None

    @property
    def total_count(self) -> int:
        """How many sessions there were."""
        return (self.exited or 0) + self.error_count

    @property
    def error_count(self) -> int:
        """How many of them had an error of any kind."""
        return (self.errored or 0) + (self.abnormal or 0) + (self.unhandled or 0) + (self.crashed or 0)


class SessionAggregates(Item):
    """The payload of an item `sessions`."""

    __item_type__: ClassVar[str] = "sessions"

    #: The counts, by minute and user.
    aggregates: list[NonNull[SessionAggregateItem] | None] | None = None
    #: What the sessions have in common.
    attrs: NonNull[RequiredAttributes] = None

    def __apply__(self, rules: Rules) -> None:
        parts = parts_of("aggregates", SessionAggregateItem, self.aggregates)
        correct_clock(parts, ("started",), rules)
        for path, part in parts:
            check_session_age((*path, "started"), part.started, rules)
        check_session_attributes(self.attrs, rules)


build_type_info(SessionAggregates)
