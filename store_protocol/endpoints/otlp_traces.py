"""The endpoint for traces of OpenTelemetry, as JSON: each span becomes one of Sentry's (`relay-spans`)."""

import re
from collections.abc import Iterator
from typing import Any

from store_protocol.budget import Budget
from store_protocol.endpoints import otlp
from store_protocol.endpoints.attributes import attribute, text_attribute
from store_protocol.endpoints.content import Content, RefusedItem, RequestFacts, read_object, refused_item
from store_protocol.endpoints.endpoint import Endpoint
from store_protocol.endpoints.telemetry import SPANS, Container
from store_protocol.errors import LimitExceeded
from store_protocol.limits import TELEMETRY

#: By number (opentelemetry-proto `Span.SpanKind`).
_KINDS = {1: "internal", 2: "server", 3: "client", 4: "producer", 5: "consumer"}
_HTTP_NAMES = {2: "http.server", 3: "http.client"}
_ERROR = 2
#: Bits of `flags`: whether the context says if its parent is elsewhere, and if so; and whether a link is sampled.
_HAS_IS_REMOTE, _IS_REMOTE, _SAMPLED = 0x100, 0x200, 1
#: What a sampling threshold is a part of: numbers of 56 bits, 14 hex digits (OpenTelemetry "TraceState Handling").
_THRESHOLDS = 1 << 56
_THRESHOLD = re.compile(r"[0-9a-f]{1,14}")


def read(data: bytes, facts: RequestFacts, budget: Budget) -> Content:
    """Read an `ExportTraceServiceRequest`: one item `span` holds all of its spans.

    Raises `PayloadError`. What the item has no room for is refused.
    """
    payload = read_object(data, budget.limits)
    spans, refused = Container(SPANS, budget), list[RefusedItem]()
    index = 0
    for resource_spans in otlp.objects(payload.value, "resourceSpans"):
        for scope_spans in otlp.objects(resource_spans, "scopeSpans"):
            shared = otlp.shared_attributes(resource_spans.get("resource"), scope_spans.get("scope"), "auto.otlp.spans")
            for span in otlp.objects(scope_spans, "spans"):
                try:
                    spans.add(*_span(span, facts), shared)
                except LimitExceeded as error:
                    refused.append(refused_item(index, SPANS.item_type, error))
                    return Content(items=tuple(spans.items()), repairs=payload.repairs, refused=tuple(refused))
                index += 1
    return Content(items=tuple(spans.items()), repairs=payload.repairs)


def _span(span: dict[str, Any], facts: RequestFacts) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a span and its attributes."""
    kind, flags, status = span.get("kind"), otlp.integer(span.get("flags")) or 0, span.get("status")
    attributes = otlp.attributes_of(span)
    name = span.get("name") or _name_by(attributes, kind)
    span_id, parent = otlp.hex_id(span.get("spanId"), 16), otlp.hex_id(span.get("parentSpanId"), 16)
    is_remote = bool(flags & _IS_REMOTE) if flags & _HAS_IS_REMOTE else None
    is_segment = parent is None or bool(is_remote)
    if "sentry.client_sample_rate" not in attributes:
        attributes["sentry.client_sample_rate"] = attribute(_sample_rate(span.get("traceState")), "double")
    if isinstance(status, dict):
        attributes["sentry.status.message"] = text_attribute(status.get("message", ""))
    if is_remote is not None:
        attributes["sentry.is_remote"] = {"type": "boolean", "value": is_remote}
    attributes["sentry.kind"] = text_attribute(_KINDS.get(kind) if type(kind) is int else None)
    if is_segment:
        attributes["sentry.segment.id"] = text_attribute(span_id)
        attributes["sentry.segment.name"] = text_attribute(name)
    read_span = {
        "trace_id": otlp.hex_id(span.get("traceId"), 32) or facts.new_id(),
        "parent_span_id": parent,
        "span_id": span_id,
        "name": name if isinstance(name, str) else None,
        "status": "error" if isinstance(status, dict) and _is_error(status.get("code")) else "ok",
        "is_segment": is_segment,
        "start_timestamp": otlp.seconds(span.get("startTimeUnixNano")) or 0.0,
        "end_timestamp": otlp.seconds(span.get("endTimeUnixNano")) or 0.0,
        "links": list(_links(span, facts)) or None,
    }
    return _present(read_span), _present(attributes)


def _is_error(code: Any) -> bool:
    """Return whether a status is one of an error: its code is neither unset (0) nor ok (1)."""
    return type(code) is int and code not in {0, 1}


def _links(span: dict[str, Any], facts: RequestFacts) -> Iterator[dict[str, Any]]:
    """Yield the links of a span; one that names no span is none."""
    for link in otlp.objects(span, "links"):
        span_id = otlp.hex_id(link.get("spanId"), 16)
        if span_id is not None:
            yield {
                "trace_id": otlp.hex_id(link.get("traceId"), 32) or facts.new_id(),
                "span_id": span_id,
                "sampled": bool((otlp.integer(link.get("flags")) or 0) & _SAMPLED),
                "attributes": otlp.attributes_of(link),
            }


def _present(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _name_by(attributes: dict[str, Any], kind: Any) -> str | None:
    """Return the name of a span that has none, by the first of its attributes that tells what was done."""
    for name in attributes:
        if name.startswith("db"):
            return "db"
        if name in {"http.method", "http.request.method"}:
            return _HTTP_NAMES.get(kind, "http") if type(kind) is int else "http"
    return None


def _sample_rate(trace_state: Any) -> float | None:
    """Return the rate at which a trace was sampled, by the threshold in its state; None where there isn't just one.

    >>> _sample_rate("a=b, ot=p:1;th:8"), _sample_rate("ot=th:8;th:9")
    (0.5, None)
    """
    members = (each.strip() for each in trace_state.split(",")) if isinstance(trace_state, str) else ()
    told = next((each.removeprefix("ot=") for each in members if each.startswith("ot=")), "")
    pairs = (each.partition(":") for each in told.split(";"))
    thresholds = [value for name, _, value in pairs if name == "th"]
    if len(thresholds) != 1 or not _THRESHOLD.fullmatch(thresholds[0]):
        return None
    return (_THRESHOLDS - int(thresholds[0].ljust(14, "0"), 16)) / _THRESHOLDS


ENDPOINT = Endpoint(
    name="otlp_traces",
    kind=TELEMETRY,
    check_content_type=otlp.check_content_type,
    read=read,
    stamps=True,
    rpc_status=True,
    answer=otlp.answer,
)
