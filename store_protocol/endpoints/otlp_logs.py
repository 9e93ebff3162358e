"""The endpoint for logs of OpenTelemetry, as JSON: each becomes a log, as Relay makes it (`relay-ourlogs`)."""

from typing import Any

from store_protocol.budget import Budget
from store_protocol.endpoints import otlp
from store_protocol.endpoints.attributes import text_attribute
from store_protocol.endpoints.content import Content, RefusedItem, RequestFacts, read_object, refused_item
from store_protocol.endpoints.endpoint import Endpoint
from store_protocol.endpoints.telemetry import LOGS, Container
from store_protocol.errors import LimitExceeded
from store_protocol.limits import TELEMETRY

#: By severity numbers, four of each (OpenTelemetry "Logs Data Model").
_LEVELS = ("trace", "debug", "info", "warn", "error", "fatal")
_BY_TEXT = {**{level: level for level in _LEVELS}, "information": "info", "warning": "warn"}


def read(data: bytes, facts: RequestFacts, budget: Budget) -> Content:
    """Read an `ExportLogsServiceRequest`: one item `log` holds all of its records.

    Raises `PayloadError`. What the item has no room for is refused.
    """
    payload = read_object(data, budget.limits)
    logs, refused = Container(LOGS, budget), list[RefusedItem]()
    index = 0
    for resource_logs in otlp.objects(payload.value, "resourceLogs"):
        for scope_logs in otlp.objects(resource_logs, "scopeLogs"):
            shared = otlp.shared_attributes(resource_logs.get("resource"), scope_logs.get("scope"), "auto.otlp.logs")
            for record in otlp.objects(scope_logs, "logRecords"):
                try:
                    logs.add(_log(record, facts), _attributes(record), shared)
                except LimitExceeded as error:
                    refused.append(refused_item(index, LOGS.item_type, error))
                    return Content(items=tuple(logs.items()), repairs=payload.repairs, refused=tuple(refused))
                index += 1
    return Content(items=tuple(logs.items()), repairs=payload.repairs)


def _log(record: dict[str, Any], facts: RequestFacts) -> dict[str, Any]:
    times = (otlp.seconds(record.get(name)) for name in ("timeUnixNano", "observedTimeUnixNano"))
    log = {
        "timestamp": next((time for time in times if time is not None), facts.received_at),
        "trace_id": otlp.hex_id(record.get("traceId"), 32) or facts.new_id(),
        "span_id": otlp.hex_id(record.get("spanId"), 16),
        "level": _level(record.get("severityNumber"), record.get("severityText")),
        "body": otlp.text_value(record.get("body")),
    }
    return {name: value for name, value in log.items() if value is not None}


def _attributes(record: dict[str, Any]) -> dict[str, Any]:
    name = record.get("eventName")
    told = {"event.name": text_attribute(name)} if isinstance(name, str) and name else {}
    return told | otlp.attributes_of(record)


def _level(number: Any, text: Any) -> str:
    """Return the level of a log.

    >>> _level(10, "Information"), _level(None, "WARNING"), _level(0, 5)
    ('info', 'warn', 'info')
    """
    if type(number) is int and 1 <= number <= 24:
        return _LEVELS[(number - 1) // 4]
    return _BY_TEXT.get(text.lower(), "info") if isinstance(text, str) else "info"


ENDPOINT = Endpoint(
    name="otlp_logs",
    kind=TELEMETRY,
    check_content_type=otlp.check_content_type,
    read=read,
    stamps=True,
    rpc_status=True,
    answer=otlp.answer,
)
