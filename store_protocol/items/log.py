"""Logs: structured messages of an application, several an item (develop.sentry.dev "Logs")."""

from typing import Annotated, ClassVar

from store_protocol.convert.rules import NonNull, rule
from store_protocol.first_use import build_type_info
from store_protocol.items.attributes import Attributes, check_attributes
from store_protocol.items.base import ItemPart, Rules
from store_protocol.items.containers import Container
from store_protocol.items.times import bound_times
from store_protocol.items.types import RequiredText, RequiredTimestamp
from store_protocol.schema.types import RequiredTraceId, SpanId


class Log(ItemPart):
    """One message."""

    #: When it was logged, in seconds since the epoch.
    timestamp: NonNull[RequiredTimestamp] = None
    #: The trace during which it was logged, 32 hex digits.
    trace_id: NonNull[RequiredTraceId] = None
    #: The span during which it was logged, 16 hex digits.
    span_id: SpanId | None = None
    #: `trace`, `debug`, `info`, `warn`, `error` or `fatal`; other names are kept.
    level: NonNull[RequiredText] = None
    #: The message, with its parameters in it.
    body: NonNull[RequiredText] = None
    #: What else is known of it, by name.
    attributes: Attributes | None = None


class LogContainer(Container):
    """The payload of an item `log`."""

    __item_type__: ClassVar[str] = "log"
    __media_type__: ClassVar[str] = "application/vnd.sentry.items.log+json"

    #: The messages.
    items: NonNull[Annotated[list[NonNull[Log] | None], rule(required=True)]] = None

    def __apply__(self, rules: Rules) -> None:
        super().__apply__(rules)
        parts = self.__parts__()
        bound_times(parts, ("timestamp",), rules)
        for path, log in parts:
            check_attributes(log.attributes, path, rules)


build_type_info(LogContainer)
