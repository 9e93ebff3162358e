"""The trace that the event belongs to, and the recordings that go with it."""

from typing import Annotated, Any, ClassVar

from store_protocol.convert.context import ConversionError, ConvertContext
from store_protocol.convert.interface import Interface, Retain
from store_protocol.convert.json_texts import in_text_or_refuse
from store_protocol.convert.rules import NonNull, rule, text
from store_protocol.meta.tree import Path
from store_protocol.schema.contexts.base import Context
from store_protocol.schema.types import (
    F64,
    Bool,
    EventId,
    Origin,
    RequiredSpanId,
    RequiredTraceId,
    SpanId,
    SpanStatus,
    Text,
)

_NO_SPAN_DATA = ConversionError("expected spandata")


def read_span_data(value: Any, path: Path, context: ConvertContext) -> Any:
    """Read the data of a span: any object."""
    if type(value) is dict:
        return value
    found = in_text_or_refuse(value, (dict,), _NO_SPAN_DATA, path, context)
    return None if found is None else found[0]


#: What a span holds besides its attributes: any names, any values.
SpanData = Annotated[dict[str, Any], rule(read=read_span_data, trim=False)]


class SpanLink(Interface, forbid_unknown_fields=True):
    """A link from a span to one of another trace."""

    __other__: ClassVar[Retain] = Retain.ALWAYS
    __trim__: ClassVar[bool] = False

    trace_id: NonNull[RequiredTraceId] = None
    span_id: NonNull[RequiredSpanId] = None
    sampled: Bool | None = None
    attributes: Annotated[dict[str, Any], rule(trim=False)] | None = None


class TraceContext(Context):
    """The place of the event in a trace. The exclusive time is in milliseconds."""

    __context_type__: ClassVar[str] = "trace"

    trace_id: NonNull[RequiredTraceId] = None
    span_id: NonNull[RequiredSpanId] = None
    parent_span_id: SpanId | None = None
    op: Annotated[str, text(128)] | None = None
    status: SpanStatus | None = None
    exclusive_time: F64 | None = None
    #: Set from the options only; a client's is not believed.
    client_sample_rate: F64 | None = None
    origin: Origin | None = None
    sampled: Bool | None = None
    data: SpanData | None = None
    links: list[NonNull[SpanLink] | None] | None = None
    type: Text | None = None


class ProfileContext(Context):
    """The profile that was recorded."""

    __context_type__: ClassVar[str] = "profile"
    __other__: ClassVar[Retain] = Retain.NEVER

    profile_id: EventId | None = None
    profiler_id: EventId | None = None
    type: Text | None = None


class ReplayContext(Context):
    """The replay of the session."""

    __context_type__: ClassVar[str] = "replay"

    replay_id: EventId | None = None
    type: Text | None = None


class MonitorContext(Context):
    """The monitor whose check-in the event belongs to."""

    __context_type__: ClassVar[str] = "monitor"

    type: Text | None = None


class PerformanceScoreContext(Context):
    """The profile by which web vitals were scored."""

    __context_type__: ClassVar[str] = "performancescore"

    score_profile_version: Text | None = None
    type: Text | None = None
