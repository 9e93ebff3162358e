"""The security endpoint: violations of a content security policy, as browsers report them.

Two forms are in use: `report-uri` sends one report, `{"csp-report": {...}}` with names in kebab case, and the Reporting API
(`report-to`) sends an array of reports with names in camel case, violations among reports of other kinds. Both make events;
message, culprit and tags are those of Relay (`protocol/security_report.rs`).
"""

from typing import Any
from urllib.parse import unquote_plus

import msgspec

from store_protocol.budget import Budget
from store_protocol.endpoints.content import Content, RefusedItem, RequestFacts, media_type, parameter, refused_item
from store_protocol.endpoints.csp import DIRECTIVES, csp_event
from store_protocol.endpoints.endpoint import Endpoint
from store_protocol.errors import InvalidReport, RetiredReport, StoreError, over_limit
from store_protocol.http_response import Response, render
from store_protocol.items.envelope_item import EnvelopeItem
from store_protocol.payload import Repair, read_payload
from store_protocol.urls import parse_url

# Browsers have stopped to send these; by media type, and by a key of theirs.
_RETIRED_TYPES = {
    "application/expect-ct-report": "Expect-CT",
    "application/expect-ct-report+json": "Expect-CT",
    "application/expect-staple-report": "Expect-Staple",
}
_TOLD = frozenset({"sentry_release", "sentry_environment"})
_RETIRED_KEYS = {"expect-ct-report": "Expect-CT", "expect-staple-report": "Expect-Staple", "known-pins": "HPKP"}


def read(data: bytes, facts: RequestFacts, budget: Budget) -> Content:
    """Read what a browser reports; `sentry_release` and `sentry_environment` of the query go into the event.

    Raises `RetiredReport` for HPKP, Expect-CT and Expect-Staple, `InvalidReport` for other JSON, and `PayloadError`.
    """
    told: dict[str, Any] = {}
    for item in facts.query.split("&"):
        name, _, value = item.partition("=")
        if "%" in name:
            name = unquote_plus(name)
        if name in _TOLD and value:
            told[name] = unquote_plus(value)
    return read_report(data, told, facts, budget)


def read_report(
    data: bytes, told: dict[str, Any], facts: RequestFacts, budget: Budget, *, is_item: bool = False
) -> Content:
    """Read a report, or an array of them; `told` holds the release and the environment, if any.

    Of an array, a report that can't be taken costs itself. The first report of an item of an envelope (`is_item`) counts as
    that item, which was counted when the envelope was taken apart.
    """
    retired = _RETIRED_TYPES.get(media_type(facts.content_type))
    if retired is not None:
        raise _retired(retired)
    payload = read_payload(data, limits=budget.limits, charset=parameter(facts.content_type, "charset"))
    reports = payload.value if isinstance(payload.value, list) else [payload.value]
    events: list[dict[str, Any]] = []
    items: list[EnvelopeItem] = []
    sent: list[EnvelopeItem] = []
    headers = {"type": "raw_security", **{name: told[name] for name in _TOLD if name in told}}
    refused: list[RefusedItem] = []
    repairs = [*payload.repairs]
    for index, report in enumerate(reports):
        if not (is_item and index == 0) and not budget.take("max_items"):
            refused.append(refused_item(index, None, over_limit("more reports", "max_items", budget.limits)))
            break
        try:
            kind = _kind(report)
            event = _event(report, told, facts, alone=len(reports) == 1) if kind == "csp-violation" else None
        except StoreError as wrong:
            refused.append(refused_item(index, report.get("type") if isinstance(report, dict) else None, wrong))
            continue
        if event is not None:
            events.append(event)
            sent.append(EnvelopeItem("raw_security", headers, msgspec.json.encode(report)))
            if _is_bare(report):
                repairs.append(Repair("unwrapped_report", "$" if reports is not payload.value else f"$[{index}]"))
        else:
            items.append(EnvelopeItem(kind, headers, msgspec.json.encode(report)))
    return Content(
        payloads=tuple(events), sent=tuple(sent), items=tuple(items), repairs=tuple(repairs), refused=tuple(refused)
    )


def _kind(report: Any) -> str:
    """Return the kind of a report, by the Reporting API's names."""
    if not isinstance(report, dict):
        raise InvalidReport("invalid security report: it is no JSON object")
    if isinstance(report.get("csp-report"), dict):
        return "csp-violation"
    kind = report.get("type")
    if isinstance(kind, str) and isinstance(report.get("body"), dict):
        return kind
    for key, retired in _RETIRED_KEYS.items():
        if key in report:
            raise _retired(retired)
    if _is_bare(report):
        return "csp-violation"
    raise InvalidReport("invalid security report: it is of no known kind")


def _is_bare(report: dict[str, Any]) -> bool:
    """Return whether an object has the fields of a CSP report itself, as scripts and proxies send them on."""
    return any(isinstance(report.get(name), str) for name in DIRECTIVES)


def _retired(kind: str) -> RetiredReport:
    return RetiredReport(f"{kind} reports are no longer supported: browsers have retired them")


def _event(report: dict[str, Any], told: dict[str, Any], facts: RequestFacts, *, alone: bool) -> dict[str, Any] | None:
    """Return the objects of the event for a violation; None if it can't be read and came with others, which are kept."""
    body = next((report[name] for name in ("csp-report", "body") if isinstance(report.get(name), dict)), report)
    try:
        event = csp_event(body)
    except InvalidReport:
        if alone:
            raise
        return None
    for name in ("release", "environment"):
        value = told.get(f"sentry_{name}")
        if isinstance(value, str):
            event[name] = value
    origin = _origin(facts)
    if origin is not None:
        event["request"].setdefault("headers", []).append(["Origin", origin])
    return event


def _origin(facts: RequestFacts) -> str | None:
    """Return the page that a report comes from, by the first of two headers that holds a URL of the web."""
    for name in ("origin", "referer"):
        text = facts.headers.get(name, "")
        if (url := parse_url(text) if text else None) is not None and url.href.startswith(("http:", "https:")):
            return url.href
    return None


def answer(event_id: str | None) -> Response:  # noqa: ARG001  (the arguments of `Endpoint.answer`)
    """Return the answer to a browser, which reads none: an empty body (Relay `endpoints/security_report.rs`)."""
    return render(200)


ENDPOINT = Endpoint(name="security", read=read, client_hints=True, answer=answer)
