"""Metrics of a trace: numbers that an application measures, several an item (develop.sentry.dev "Metrics")."""

import re
from typing import Annotated, ClassVar

from store_protocol.convert.rules import NonNull, rule, scalar
from store_protocol.convert.scalars import unit
from store_protocol.first_use import build_type_info
from store_protocol.items.attributes import Attributes, check_attributes
from store_protocol.items.base import ItemPart, Rules
from store_protocol.items.containers import Container
from store_protocol.items.times import bound_times
from store_protocol.items.types import RequiredFloat, RequiredText, RequiredTimestamp
from store_protocol.schema.types import RequiredTraceId, SpanId

_NO_NAME = re.compile("[^a-zA-Z0-9_.]+")
_Unit = Annotated[str, scalar(unit, pattern=r"^(?!(?:ns|ms|s)\Z)[a-z0-9_]{1,15}\Z")]


class TraceMetric(ItemPart):
    """One number that was measured once."""

    #: When it was measured, in seconds since the epoch.
    timestamp: NonNull[RequiredTimestamp] = None
    #: The trace during which it was measured, 32 hex digits.
    trace_id: NonNull[RequiredTraceId] = None
    #: The span during which it was measured, 16 hex digits.
    span_id: SpanId | None = None
    #: Letters, digits, `_` and `.`: what else is sent becomes `_`.
    name: NonNull[RequiredText] = None
    #: `counter`, `gauge` or `distribution`; other names are kept.
    type: NonNull[RequiredText] = None
    #: The number.
    value: NonNull[RequiredFloat] = None
    #: The unit of the value, such as `millisecond`.
    unit: _Unit | None = None
    #: What else is known of it, by name.
    attributes: Attributes | None = None


class TraceMetricContainer(Container):
    """The payload of an item `trace_metric`."""

    __item_type__: ClassVar[str] = "trace_metric"
    __media_type__: ClassVar[str] = "application/vnd.sentry.items.trace-metric+json"

    #: The numbers.
    items: NonNull[Annotated[list[NonNull[TraceMetric] | None], rule(required=True)]] = None

    def __apply__(self, rules: Rules) -> None:
        super().__apply__(rules)
        parts = self.__parts__()
        bound_times(parts, ("timestamp",), rules)
        for path, metric in parts:
            if metric.name is not None:
                if metric.name.strip():
                    metric.name = _NO_NAME.sub("_", metric.name)
                else:
                    metric.name = None
                    rules.refuse((*path, "name"), "expected a non-empty string", keep_original=False)
            check_attributes(metric.attributes, path, rules)


build_type_info(TraceMetricContainer)
