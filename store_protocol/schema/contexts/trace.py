"""The trace that the event belongs to, and the recordings that go with it."""

from typing import Annotated, Any, ClassVar

from store_protocol.convert.context import ConversionError, ConvertContext
from store_protocol.convert.forms import forms
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


@forms({"type": "object"})
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

    #: The trace of the other span.
    trace_id: NonNull[RequiredTraceId] = None
    #: The other span.
    span_id: NonNull[RequiredSpanId] = None
    #: Whether the other span was sampled.
    sampled: Bool | None = None
    #: Attributes of the link, by their names.
    attributes: Annotated[dict[str, Any], rule(trim=False)] | None = None


class TraceContext(Context):
    """The place of the event in a trace. The exclusive time is in milliseconds."""

    __context_type__: ClassVar[str] = "trace"

    #: The trace: 32 hex digits. An event without one gets its own id for it.
    trace_id: NonNull[RequiredTraceId] = None
    #: The span during which the event happened: 16 hex digits; where there is none, those that the trace begins with.
    span_id: NonNull[RequiredSpanId] = None
    #: The span around it.
    parent_span_id: SpanId | None = None
    #: The kind of operation, such as `http.server`; `default` for a transaction without one.
    op: Annotated[str, text(128)] | None = None
    #: How the operation ended; `unknown` where the client doesn't say.
    status: SpanStatus | None = None
    #: The time in milliseconds that no child span took.
    exclusive_time: F64 | None = None
    #: Set from the options only; a client's is not believed.
    client_sample_rate: F64 | None = None
    #: How the span came to be: `manual`, or `auto` and what made it.
    origin: Origin | None = None
    #: Whether all of the trace was sampled.
    sampled: Bool | None = None
    #: What else is known of the span, by names of Sentry's and OpenTelemetry's conventions.
    data: SpanData | None = None
    #: Links to spans of other traces.
    links: list[NonNull[SpanLink] | None] | None = None
    #: The type that tells the context: `trace`.
    type: Text | None = None


class ProfileContext(Context):
    """The profile that was recorded."""

    __context_type__: ClassVar[str] = "profile"
    __other__: ClassVar[Retain] = Retain.NEVER

    #: The profile that was recorded of the transaction.
    profile_id: EventId | None = None
    #: The session of the continuous profiler.
    profiler_id: EventId | None = None
    #: The type that tells the context: `profile`.
    type: Text | None = None


class ReplayContext(Context):
    """The replay of the session."""

    __context_type__: ClassVar[str] = "replay"

    #: The replay during which the event happened.
    replay_id: EventId | None = None
    #: The type that tells the context: `replay`.
    type: Text | None = None


class MonitorContext(Context):
    """The monitor whose check-in the event belongs to."""

    __context_type__: ClassVar[str] = "monitor"

    #: The type that tells the context: `monitor`; what else is sent is kept in `other`.
    type: Text | None = None


class PerformanceScoreContext(Context):
    """The profile by which web vitals were scored."""

    __context_type__: ClassVar[str] = "performancescore"

    #: The version of the profile.
    score_profile_version: Text | None = None
    #: The type that tells the context: `performancescore`.
    type: Text | None = None
