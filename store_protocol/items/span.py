"""Spans outside of transactions: several an item in their second version, and one an item before."""

from typing import Annotated, Any, ClassVar

from store_protocol.convert.forms import Schema, SchemaOf
from store_protocol.convert.interface import Interface
from store_protocol.convert.rules import NonNull, rule
from store_protocol.first_use import build_type_info
from store_protocol.items.attributes import Attributes, check_attributes
from store_protocol.items.base import Item, ItemPart, Rules
from store_protocol.items.containers import Container
from store_protocol.items.times import bound_times
from store_protocol.items.types import RequiredText, RequiredTimestamp
from store_protocol.schema.span import Span
from store_protocol.schema.types import Bool, RequiredSpanId, RequiredTraceId, SpanId


class SpanV2Link(ItemPart):
    """A span that this one has to do with, perhaps of another trace."""

    #: The trace of the other span.
    trace_id: NonNull[RequiredTraceId] = None
    #: The other span.
    span_id: NonNull[RequiredSpanId] = None
    #: Whether the other span was sampled.
    sampled: Bool | None = None
    #: Attributes of the link, by name.
    attributes: Attributes | None = None


class SpanV2(ItemPart):
    """One operation of a trace."""

    #: The trace, 32 hex digits.
    trace_id: NonNull[RequiredTraceId] = None
    #: The span around this one, 16 hex digits.
    parent_span_id: SpanId | None = None
    #: The span, 16 hex digits.
    span_id: NonNull[RequiredSpanId] = None
    #: What was done.
    name: NonNull[RequiredText] = None
    #: `ok` or `error`; other names are kept.
    status: NonNull[RequiredText] = None
    #: Whether it is the root of a segment, what was a transaction before.
    is_segment: Bool | None = None
    #: When it began, in seconds since the epoch.
    start_timestamp: NonNull[RequiredTimestamp] = None
    #: When it ended, in seconds since the epoch.
    end_timestamp: NonNull[RequiredTimestamp] = None
    #: Links to other spans.
    links: list[NonNull[SpanV2Link] | None] | None = None
    #: What else is known of it, by name.
    attributes: Attributes | None = None


class SpanV2Container(Container):
    """The payload of an item `span` that holds several spans, or one in the form of these."""

    __item_type__: ClassVar[str] = "span"
    __media_type__: ClassVar[str] = "application/vnd.sentry.items.span.v2+json"

    #: The spans.
    items: NonNull[Annotated[list[NonNull[SpanV2] | None], rule(required=True)]] = None

    @classmethod
    def __takes__(cls, own: Schema, of: SchemaOf) -> Schema:
        """Return the schema of a container, of a span alone, or of one in the form of those in a transaction."""
        made = super().__takes__(own, of)
        return {**made, "else": {"if": {"required": ["end_timestamp"]}, "then": made["else"], "else": of(Span)}}

    @classmethod
    def __choose__(cls, payload: dict[str, Any], headers: dict[str, Any]) -> type[Item]:
        if "items" in payload or headers.get("content_type") == cls.__media_type__ or "end_timestamp" in payload:
            return cls
        return StandaloneSpan

    def __apply__(self, rules: Rules) -> None:
        super().__apply__(rules)
        times = ("start_timestamp", "end_timestamp")
        parts = self.__parts__()
        bound_times(parts, times, rules)
        for path, span in parts:
            check_attributes(span.attributes, path, rules)
            for index, link in enumerate(span.links or ()):
                if link is not None:
                    check_attributes(link.attributes, (*path, "links", str(index)), rules)


class StandaloneSpan(Item):
    """The payload of an item `span` that is one span in the form of those in a transaction."""

    __item_type__: ClassVar[str] = "span"

    #: The span. What is wrong with it is listed below `span`.
    span: NonNull[Annotated[Span, rule(required=True)]] = None

    @classmethod
    def __adapt__(cls, payload: dict[str, Any], headers: dict[str, Any]) -> dict[str, Any]:
        return {"span": payload}

    def __written__(self) -> Interface:
        return self.span or Span()


build_type_info(SpanV2Container, StandaloneSpan)
