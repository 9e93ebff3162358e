"""Client reports: how many events a client has thrown away, and why (develop.sentry.dev "Client Reports")."""

from typing import Annotated, ClassVar

from store_protocol.convert.rules import NonNull, rule
from store_protocol.first_use import build_type_info
from store_protocol.items.base import Item, ItemPart, Rules
from store_protocol.items.times import correct_clock
from store_protocol.items.types import RequiredText, RequiredU64
from store_protocol.schema.types import LenientTimestamp


class DiscardedEvent(ItemPart):
    """Events of one category that were thrown away for one reason."""

    #: Such as `sample_rate`, `ratelimit_backoff`, `network_error`, `before_send`.
    reason: NonNull[RequiredText] = None
    #: A data category, such as `error` or `transaction`.
    category: NonNull[RequiredText] = None
    #: How many; of attachments and logs by size, how many bytes.
    quantity: NonNull[RequiredU64] = None


_Discarded = list[NonNull[DiscardedEvent] | None]


class ClientReport(Item):
    """The payload of an item `client_report`."""

    __item_type__: ClassVar[str] = "client_report"

    #: When it was made, in seconds since the epoch; absent is the time of the receipt.
    timestamp: LenientTimestamp | None = None
    #: What the client itself has thrown away.
    discarded_events: NonNull[Annotated[_Discarded, rule(required=True)]] = None
    #: What a Relay on the way has thrown away for a rate limit.
    rate_limited_events: _Discarded | None = None
    #: What a Relay on the way has thrown away by a filter.
    filtered_events: _Discarded | None = None
    #: What a Relay on the way has thrown away by a rule of sampling.
    filtered_sampling_events: _Discarded | None = None

    def __apply__(self, rules: Rules) -> None:
        correct_clock([((), self)], ("timestamp",), rules)


build_type_info(ClientReport)
