"""Transactions, as old SDKs send them to store: what they must have, and names without identifiers in them."""

import re
from typing import Any

from store_protocol.errors import InvalidEvent
from store_protocol.meta.tree import Path
from store_protocol.normalize.context import Normalization
from store_protocol.schema.contexts import TraceContext
from store_protocol.schema.event import Event
from store_protocol.schema.span import Span
from store_protocol.schema.transaction_info import TransactionInfo

UNLABELED = "<unlabeled transaction>"

#: SDKs that name a transaction after the raw URL where they send no source for the name (Relay `RAW_URL_SDKS`).
_RAW_URL_SDKS = frozenset(
    {
        *(
            f"sentry.javascript.{name}"
            for name in ("angular", "browser", "ember", "gatsby", "nextjs", "react", "remix", "vue")
        ),
        *("sentry.php.laravel", "sentry.php.symfony"),
    }
)
#: With these statuses sentry-ruby's Rack integration has found no route to name the transaction after.
_RUBY_URL_STATUSES = frozenset(
    {
        *("invalid_argument", "unauthenticated", "permission_denied", "not_found", "already_exists", "resource_exhausted"),
        *("cancelled", "internal_error", "unimplemented", "unavailable", "deadline_exceeded"),
    }
)


def requirements(normalization: Normalization) -> None:
    """Raise `InvalidEvent` for a transaction without what makes it one; give its spans an end."""
    event = normalization.event
    if event.type != "transaction":
        return
    start, end = event.start_timestamp, event.timestamp
    if start is None:
        raise _invalid("start_timestamp hard-required for transaction events")
    if end is not None and end < start:
        raise _invalid("end timestamp is smaller than start timestamp")
    trace = (event.contexts or {}).get("trace")
    if not isinstance(trace, TraceContext):
        raise _invalid("missing valid trace context")
    if trace.trace_id is None:
        raise _invalid("trace context is missing trace_id")
    if trace.span_id is None:
        raise _invalid("trace context is missing span_id")
    if event.spans is None:
        event.spans = []
    for index, span in enumerate(event.spans):
        if span is None:
            raise _invalid("spans must be valid in transaction event")
        _span_requirements(normalization, span, ("spans", str(index)))
    trace.op = "default" if trace.op is None else trace.op


def _span_requirements(normalization: Normalization, span: Span, path: Path) -> None:
    if span.timestamp is None:
        # A span that was not finished ends with its transaction.
        span.timestamp = normalization.event.timestamp
        span.status = "deadline_exceeded"
        normalization.meta_tree.take((*path, "status"))
        meta = normalization.meta_tree.find((*path, "timestamp"))
        if meta is not None and meta.errors == (("missing_attribute", {}),):
            normalization.meta_tree.take((*path, "timestamp"))
    if span.start_timestamp is None or span.timestamp is None:
        raise _invalid("span is missing timestamp")
    if span.timestamp < span.start_timestamp:
        raise _invalid("end timestamp is smaller than start timestamp")
    if span.trace_id is None:
        raise _invalid("span is missing trace_id")
    if span.span_id is None:
        raise _invalid("span is missing span_id")
    span.op = "default" if span.op is None else span.op


def _invalid(reason: str) -> InvalidEvent:
    return InvalidEvent(f"invalid transaction event: {reason}")


def name(normalization: Normalization) -> None:
    """Name a transaction that has no name, say where the name comes from, and take identifiers out of URLs."""
    event = normalization.event
    if event.type != "transaction":
        return
    if not event.transaction:
        event.transaction = UNLABELED
    info = event.transaction_info
    source = info.source if info is not None else None
    if source is None and not ("/" in event.transaction and _names_by_url(event)):
        source = "unknown"
    elif source in {"url", "sanitized", None}:
        _scrub(normalization, event.transaction)
        source = "sanitized"
    if info is None:
        info = event.transaction_info = TransactionInfo()
    info.source = source


def _names_by_url(event: Event) -> bool:
    """Return whether an SDK that doesn't tell the source of a name has taken it from the URL."""
    sdk = event.sdk
    if sdk is None:
        return False
    integrations = sdk.integrations or []
    if sdk.name in _RAW_URL_SDKS:
        return True
    if sdk.name == "sentry.python":
        tags = {pair[0]: pair[1] for pair in reversed(event.tags or []) if pair is not None}
        return tags.get("http.status_code") == "404" and "django" in integrations
    if sdk.name == "sentry.javascript.node":
        method = event.request.method if event.request is not None else None
        return (method or "").lower() == "options" and "Express" in integrations
    if sdk.name == "sentry.ruby":
        trace = (event.contexts or {}).get("trace")
        status = trace.status if isinstance(trace, TraceContext) else None
        return "rack" in (event.modules or {}) and status in _RUBY_URL_STATUSES
    return False


# In a part of a path, what is an identifier; each with the name that Relay's remark gives it.
_IDENTIFIERS = (
    ("uuid", re.compile(r"\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b")),
    ("sha1", re.compile(r"\b[0-9a-fA-F]{40}\b")),
    ("md5", re.compile(r"\b[0-9a-fA-F]{32}\b")),
    ("date", re.compile(r"\d{4}-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d(?::[0-5]\d(?:\.\d+)?)?(?:[+-][0-2]\d:[0-5]\d|Z)")),
    ("hex", re.compile(r"\b0[xX][0-9a-fA-F]+\b")),
)
_PART = re.compile(r"[^/\\]+")
_ENCODED = re.compile("%[0-9a-fA-F]{2}")
_NUMBER = re.compile(r"\d{2}")


def _scrub(normalization: Normalization, transaction: str) -> None:
    """Put an asterisk for each part of a path that is an identifier."""
    remarks: list[list[Any]] = []
    changed: list[str] = []
    end = offset = 0
    for match in _PART.finditer(transaction):
        part, start = match.group(), match.start()
        rule = _identifier(part, first=start == 0)
        if rule is None:
            continue
        # Remarks count bytes.
        before = transaction[end:start]
        offset += len(before.encode())
        size = len(part.encode())
        remarks.append([rule, "s", offset, offset + size])
        changed += before, "*"
        offset += size
        end = match.end()
    if not remarks:
        return
    meta = normalization.meta_tree.at(("transaction",))
    meta.remarks += tuple(remarks)
    scrubbed = "".join((*changed, transaction[end:]))
    if scrubbed not in {"", "*"}:
        normalization.meta_tree.keep_original(meta, transaction)
        normalization.event.transaction = scrubbed


def _identifier(part: str, *, first: bool) -> str | None:
    # After a slash the pattern for numbers is tried before the others, since it begins with the slash.
    if not first and _has_number(part):
        return "int"
    found = next((rule for rule, pattern in _IDENTIFIERS if pattern.search(part)), None)
    if found is None and first and _has_number(part):
        return "int"
    return found


def _has_number(part: str) -> bool:
    """Return whether two digits stand together, before a percent sign that begins no encoded character."""
    return _NUMBER.search(_ENCODED.sub("_", part).partition("%")[0]) is not None
