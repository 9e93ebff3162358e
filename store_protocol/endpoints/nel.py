"""The endpoint for Network Error Logging: browsers report requests that failed, and each report becomes a log.

Messages and attributes are those of Relay (`normalize/nel.rs`); the reports are those of the W3C (Network Error Logging,
section 6). Reports of other kinds are items of their own, as they came.
"""

from typing import Any

import msgspec

from store_protocol.budget import Budget
from store_protocol.convert.scalars import is_ip_address
from store_protocol.endpoints.attributes import attribute, text_attribute
from store_protocol.endpoints.content import Content, RefusedItem, RequestFacts, media_type, parameter, refused_item
from store_protocol.endpoints.endpoint import Endpoint
from store_protocol.endpoints.telemetry import LOGS, Container
from store_protocol.errors import InvalidReport, StoreError, UnsupportedMediaType, over_limit
from store_protocol.http_response import Response, render
from store_protocol.items.envelope_item import EnvelopeItem
from store_protocol.limits import REPORTS
from store_protocol.payload import read_payload
from store_protocol.urls import host_of

_MEDIA_TYPES = frozenset({"application/json", "application/reports+json"})

#: What is logged of an error, by its type (W3C Network Error Logging, section 6; the rest are Chromium's own).
_MESSAGES = {
    "dns.unreachable": "DNS server is unreachable",
    "dns.name_not_resolved": "DNS server responded but is unable to resolve the address",
    "dns.failed": "Request to the DNS server failed due to reasons not covered by previous errors",
    "dns.address_changed": (
        "Indicates that the resolved IP address for a request's origin has changed since the corresponding NEL policy was "
        "received"
    ),
    "tcp.timed_out": "TCP connection to the server timed out",
    "tcp.closed": "The TCP connection was closed by the server",
    "tcp.reset": "The TCP connection was reset",
    "tcp.refused": "The TCP connection was refused by the server",
    "tcp.aborted": "The TCP connection was aborted",
    "tcp.address_invalid": "The IP address is invalid",
    "tcp.address_unreachable": "The IP address is unreachable",
    "tcp.failed": "The TCP connection failed due to reasons not covered by previous errors",
    "tls.version_or_cipher_mismatch": "The TLS connection was aborted due to version or cipher mismatch",
    "tls.bad_client_auth_cert": "The TLS connection was aborted due to invalid client certificate",
    "tls.cert.name_invalid": "The TLS connection was aborted due to invalid name",
    "tls.cert.date_invalid": "The TLS connection was aborted due to invalid certificate date",
    "tls.cert.authority_invalid": "The TLS connection was aborted due to invalid issuing authority",
    "tls.cert.invalid": "The TLS connection was aborted due to invalid certificate",
    "tls.cert.revoked": "The TLS connection was aborted due to revoked server certificate",
    "tls.cert.pinned_key_not_in_cert_chain": "The TLS connection was aborted due to a key pinning error",
    "tls.protocol.error": "The TLS connection was aborted due to a TLS protocol error",
    "tls.failed": "The TLS connection failed due to reasons not covered by previous errors",
    "http.error": "The user agent successfully received a response, but it had a {} status code",
    "http.protocol.error": "The connection was aborted due to an HTTP protocol error",
    "http.response.invalid": (
        "Response is empty, has a content-length mismatch, has improper encoding, and/or other conditions that prevent "
        "user agent from processing the response"
    ),
    "http.response.redirect_loop": "The request was aborted due to a detected redirect loop",
    "http.failed": "The connection failed due to errors in HTTP protocol not covered by previous errors",
    "abandoned": "User aborted the resource fetch before it is complete",
    "unknown": "error type is unknown",
    "dns.protocol": "ERR_DNS_MALFORMED_RESPONSE",
    "dns.server": "ERR_DNS_SERVER_FAILED",
    "tls.unrecognized_name_alert": "ERR_SSL_UNRECOGNIZED_NAME_ALERT",
    "h2.ping_failed": "ERR_HTTP2_PING_FAILED",
    "h2.protocol.error": "ERR_HTTP2_PROTOCOL_ERROR",
    "h3.protocol.error": "ERR_QUIC_PROTOCOL_ERROR",
    "http.response.invalid.empty": "ERR_EMPTY_RESPONSE",
    "http.response.invalid.content_length_mismatch": "ERR_CONTENT_LENGTH_MISMATCH",
    "http.response.invalid.incomplete_chunked_encoding": "ERR_INCOMPLETE_CHUNKED_ENCODING",
    "http.response.invalid.invalid_chunked_encoding": "ERR_INVALID_CHUNKED_ENCODING",
    "http.request.range_not_satisfiable": "ERR_REQUEST_RANGE_NOT_SATISFIABLE",
    "http.response.headers.truncated": "ERR_RESPONSE_HEADERS_TRUNCATED",
    "http.response.headers.multiple_content_disposition": "ERR_RESPONSE_HEADERS_MULTIPLE_CONTENT_DISPOSITION",
    "http.response.headers.multiple_content_length": "ERR_RESPONSE_HEADERS_MULTIPLE_CONTENT_LENGTH",
}
#: Of the container: the request tells the browser, and its address is of no interest (Relay `logs/integrations/nel.rs`).
_SETTINGS = {"infer_ip": "never", "infer_user_agent": "auto"}


def check_content_type(content_type: str) -> None:
    """Raise `UnsupportedMediaType` for what browsers don't send."""
    if media_type(content_type) not in _MEDIA_TYPES:
        raise UnsupportedMediaType("reports are taken as application/reports+json or application/json")


def read(data: bytes, facts: RequestFacts, budget: Budget) -> Content:
    """Read a report, or an array of them: one item `log` holds them all. A report that can't be taken costs itself.

    Raises `PayloadError`, and `InvalidReport` where nothing can be taken.
    """
    payload = read_payload(data, limits=budget.limits, charset=parameter(facts.content_type, "charset"))
    reports = payload.value if isinstance(payload.value, list) else [payload.value]
    logs = Container(LOGS, budget, settings=_SETTINGS)
    others: list[EnvelopeItem] = []
    refused: list[RefusedItem] = []
    for index, report in enumerate(reports):
        if not budget.take("max_items"):
            refused.append(refused_item(index, None, over_limit("more reports", "max_items", budget.limits)))
            break
        kind = report.get("type", "network-error") if isinstance(report, dict) else None
        try:
            if not isinstance(kind, str) or not isinstance(report.get("body"), dict):
                raise InvalidReport("invalid report: it is no JSON object with a body")
            if kind == "network-error":
                logs.add(_log(report, facts), _attributes(report))
            else:
                others.append(EnvelopeItem(kind, {"type": kind}, msgspec.json.encode(report)))
        except StoreError as error:
            refused.append(refused_item(index, kind, error))
    return Content(items=(*logs.items(), *others), repairs=payload.repairs, refused=tuple(refused))


def _log(report: dict[str, Any], facts: RequestFacts) -> dict[str, Any]:
    """Return the log that a report becomes."""
    body, age = report["body"], report.get("age")
    kind = body["type"] if isinstance(body.get("type"), str) else "unknown"
    # In milliseconds, as Relay reads it: an integer.
    seconds = age / 1000 if type(age) is int else 0
    return {
        "timestamp": facts.received_at - seconds,
        "trace_id": facts.new_id(),
        "level": "info" if kind == "ok" else "warn",
        "body": _message(kind, body.get("status_code")),
    }


def _message(kind: str, status: Any) -> str:
    """Return what is logged of an error.

    >>> _message("tcp.reset", None), _message("of tomorrow", None)
    ('The TCP connection was reset', 'of tomorrow')
    """
    message = _MESSAGES.get(kind, kind)
    # Relay reads the status as a number of 16 bits.
    return message.replace("{}", str(status & 0xFFFF if type(status) is int else 0)) if kind == "http.error" else message


def _attributes(report: dict[str, Any]) -> dict[str, Any]:
    body, url = report["body"], report.get("url")
    protocol, phase, address = (body.get(name) for name in ("protocol", "phase", "server_ip"))
    name, _, version = protocol.partition("/") if isinstance(protocol, str) else ("", "", "")
    host = host_of(url) if isinstance(url, str) else None
    domain = host[1] if host is not None and host[1] else url
    found = {
        "sentry.origin": text_attribute("auto.http.browser_report.nel"),
        "browser.report.type": text_attribute("network-error"),
        "url.domain": text_attribute(domain or None),
        "url.full": text_attribute(url),
        "http.request.duration": attribute(body.get("elapsed_time"), "integer"),
        "http.request.method": text_attribute(body.get("method")),
        "http.request.header.referer": text_attribute(body.get("referrer")),
        "http.response.status_code": attribute(body.get("status_code"), "integer"),
        "network.protocol.name": text_attribute(name or None),
        "network.protocol.version": text_attribute(version.partition("/")[0] or None),
        "server.address": text_attribute(address) if isinstance(address, str) and is_ip_address(address) else None,
        "nel.referrer": text_attribute(body.get("referrer")),
        "nel.phase": text_attribute(phase.lower() if isinstance(phase, str) else None),
        "nel.sampling_fraction": attribute(body.get("sampling_fraction"), "double"),
        "nel.type": text_attribute(body.get("type")),
    }
    return {name: value for name, value in found.items() if value is not None}


def answer(event_id: str | None) -> Response:  # noqa: ARG001  (the arguments of `Endpoint.answer`)
    """Return the answer to a browser, which reads none: an empty body."""
    return render(200)


ENDPOINT = Endpoint(
    name="nel",
    kind=REPORTS,
    check_content_type=check_content_type,
    read=read,
    stamps=True,
    client_hints=True,
    ignores_rate_limits=True,
    answer=answer,
)
