"""What the protocol says of a request, held against one that an SDK has sent: `check_sdk`, for those who write SDKs.

A server takes much that no SDK should send: old names, missing headers, values in another unit. Each of the findings names
what the SDK's author would change.
"""

import re
from collections.abc import Iterator
from typing import Any, Literal

import msgspec

from store_protocol.auth import Auth
from store_protocol.check import check_event
from store_protocol.convert.interface import Interface
from store_protocol.convert.readers import fields_of
from store_protocol.convert.rules import unwrap
from store_protocol.endpoints.content import media_type
from store_protocol.errors import StoreError
from store_protocol.http_request import HttpRequest
from store_protocol.limits import Limits
from store_protocol.normalize import NormalizeOptions, normalize_event
from store_protocol.payload import parse_payload
from store_protocol.pipeline import read_request
from store_protocol.schema.event import Event
from store_protocol.submission import Submission

Level = Literal["error", "warning", "note"]

_LIMITS = Limits()
#: `name/version`, as the documentation has it for `sentry_client` and `User-Agent`.
_CLIENT = re.compile(r"[A-Za-z][\w.-]*+/[\w.+-]+")
_MEDIA_TYPES = {"envelope": ("application/x-sentry-envelope",), "store": ("application/json",)}
_VERSION = 7
#: Kinds of errors that say when a request was recorded, and nothing of the SDK.
_OF_ITS_TIME = frozenset({"past_timestamp", "future_timestamp", "clock_drift"})
#: Servers read it as an old name of `logentry`, and the documentation still has it.
_MESSAGE = "message"
#: What every event of an SDK has (develop.sentry.dev "Event Payloads": required and strongly recommended attributes).
_EXPECTED = ("event_id", "timestamp", "platform", "sdk")


class Finding(msgspec.Struct, frozen=True):
    """One thing that an SDK should send otherwise.

    `rule` is a stable name, `level` says whether it loses data (`error`), is deprecated or out of the documentation
    (`warning`), or could be better (`note`). `where` is the header, the item of the envelope or the path of the value.
    """

    rule: str
    level: Level
    where: str
    message: str

    def __str__(self) -> str:
        return f"{self.level}: {self.where}: {self.message} [{self.rule}]"


def check_sdk(request: HttpRequest, *, limits: Limits = _LIMITS, now: float | None = None) -> list[Finding]:
    """Hold a request against what the protocol says; return what an SDK should send otherwise, nothing for a good one.

    Its head is looked at first, then the framing of an envelope, then each event and each item. `now` is the time of
    receipt in seconds since the epoch; where it is left out, that an event is long past is no finding. No error is raised:
    a request that is refused has a finding that says why.

    >>> request = HttpRequest("POST", "/api/1/store/?sentry_key=a", [], b'{"message": "hello"}')
    >>> [finding.rule for finding in check_sdk(request)][:3]
    ['store-endpoint', 'auth-in-query', 'client-missing']
    """
    try:
        submission = read_request(request, limits=limits)
    except StoreError as error:
        return [*_head(request, None), Finding("refused", "error", "request", f"{error.status} {error.code}: {error}")]
    findings = [*_head(request, submission), *_framing(submission)]
    for number, payload in enumerate(submission.payloads):
        findings += _event(payload, _name("event", number, submission.payloads), limits, now)
    for number, item in enumerate(submission.items):
        findings += _item(item, _name(item.type, number, submission.items))
    return findings


def _name(kind: str, number: int, among: tuple[Any, ...]) -> str:
    return kind if len(among) == 1 else f"{kind} {number}"


def _head(request: HttpRequest, submission: Submission | None) -> Iterator[Finding]:
    auth = submission.auth if submission is not None else None
    endpoint = submission.endpoint if submission is not None else ""
    if endpoint == "store":
        message = "the store endpoint is deprecated: send envelopes to /api/<project>/envelope/"
        yield Finding("store-endpoint", "warning", "target", message)
    if auth is not None and endpoint in _MEDIA_TYPES:
        yield from _credentials(request, auth)
    if not request.header("user-agent"):
        yield Finding("user-agent", "warning", "User-Agent", "an SDK names itself and its version: `sentry.python/2.0`")
    expected = _MEDIA_TYPES.get(endpoint)
    given = request.header("content-type") or ""
    if expected and request.method == "POST" and media_type(given) not in expected:
        yield Finding("content-type", "note", "Content-Type", f"expected {expected[0]}, found {given or 'none'}")
    if submission is not None and "base64" in submission.codings:
        yield Finding("body-coding", "warning", "body", "base64 is the coding of 2011: send gzip with Content-Encoding")


def _credentials(request: HttpRequest, auth: Auth) -> Iterator[Finding]:
    if request.header("x-sentry-auth") is None and "sentry_key=" in request.query:
        message = "the key stands in the query: send it in X-Sentry-Auth where the platform can"
        yield Finding("auth-in-query", "note", "query", message)
    if auth.secret_key is not None:
        yield Finding(
            "secret-key", "warning", "sentry_secret", "secret keys are no longer sent: a DSN's public key is enough"
        )
    if auth.timestamp is not None:
        message = "deprecated: `sent_at` in the header of the envelope says when it was sent"
        yield Finding("auth-timestamp", "note", "sentry_timestamp", message)
    if auth.version != _VERSION:
        yield Finding(
            "sentry-version", "warning", "sentry_version", f"the protocol has version {_VERSION}, not {auth.version}"
        )
    if not auth.client:
        message = "an SDK names itself and its version: `sentry.python/2.0`"
        yield Finding("client-missing", "warning", "sentry_client", message)
    elif not _CLIENT.fullmatch(auth.client):
        yield Finding("client-form", "note", "sentry_client", "expected a name and a version: `sentry.python/2.0`")


def _framing(submission: Submission) -> Iterator[Finding]:
    for repair in submission.repairs:
        message = f"repaired at byte {repair.offset}: a server may lose what is around it"
        yield Finding(repair.kind.replace("_", "-"), "error", repair.path, message)
    for refused in submission.refused:
        where = f"{refused.type or 'item'} {refused.index}"
        yield Finding(refused.error.code.replace("_", "-"), "error", where, str(refused.error))
    envelope = submission.envelope
    if envelope is None:
        return
    if "sent_at" not in envelope.headers:
        yield Finding("sent-at", "note", "envelope", "`sent_at` lets the server set right a clock that is wrong")
    if submission.payloads and "event_id" not in envelope.headers:
        yield Finding("envelope-event-id", "error", "envelope", "an envelope with an event has its `event_id`")
    if len(submission.payloads) > 1:
        yield Finding("many-events", "error", "envelope", "an envelope has one event: Relay refuses one with more")
    for number, item in enumerate(envelope.items):
        if "length" not in item.headers:
            message = "without `length` the payload ends at the first line break"
            yield Finding("item-length", "note", _name(item.type, number, envelope.items), message)


def _event(payload: bytes, where: str, limits: Limits, now: float | None) -> Iterator[Finding]:
    value = parse_payload(payload, limits=limits)
    if not isinstance(value, dict):
        return
    for error in check_event(value, now=now, limits=limits):
        if now is None and error.kind in _OF_ITS_TIME:
            continue
        message = error.reason or error.kind.replace("_", " ")
        yield Finding(error.kind.replace("_", "-"), "error", _at(where, error.path), message)
    for name in _EXPECTED:
        if value.get(name) is None:
            yield Finding(f"no-{name.replace('_', '-')}", "warning", _at(where, name), "every event of an SDK has it")
    for path, old, new in _old_names(value, Event, ""):
        yield Finding("old-name", "warning", _at(where, path), f"{old!r} is an old name of {new!r}")
    for path, length in _cuts(payload, limits):
        yield Finding("too-long", "warning", _at(where, path), f"it is cut: it was {length} long")


def _at(where: str, path: str) -> str:
    return f"{where}: {path}" if path else where


def _old_names(value: Any, interface: type[Interface], path: str) -> Iterator[tuple[str, str, str]]:
    """Return the places where an attribute has an old name, with that and the one of today."""
    if not isinstance(value, dict):
        return
    for field in fields_of(interface):
        for name in (field.encode_name, *field.rule.aliases):
            if name not in value:
                continue
            place = f"{path}.{name}" if path else name
            if name not in {field.encode_name, _MESSAGE}:
                yield place, name, field.encode_name
            yield from _old_names_in(value[name], field.hint, place)


def _old_names_in(value: Any, hint: Any, path: str) -> Iterator[tuple[str, str, str]]:
    inner, _ = unwrap(hint)
    if isinstance(inner, type) and issubclass(inner, Interface):
        yield from _old_names(value, inner, path)
    elif isinstance(value, list):
        for argument in getattr(inner, "__args__", ())[:1]:
            for index, part in enumerate(value):
                yield from _old_names_in(part, argument, f"{path}.{index}")


def _cuts(payload: bytes, limits: Limits) -> Iterator[tuple[str, int]]:
    """Return the values that normalization cuts, with their lengths."""
    try:
        event = normalize_event(payload, NormalizeOptions(enable_trimming=True), limits=limits)
    except StoreError:
        return
    rest: list[tuple[str, Any]] = [("", event._meta or {})]  # noqa: SLF001  (its name on the wire)
    while rest:
        path, meta = rest.pop()
        for key, below in meta.items():
            if key == "" and isinstance(length := below.get("len"), int) and not below.get("err"):
                yield path, length
            elif key and isinstance(below, dict):
                rest.append((f"{path}.{key}" if path else key, below))


def _item(item: Any, where: str) -> Iterator[Finding]:
    try:
        decoded = item.decode()
    except StoreError as refused:
        yield Finding(refused.code.replace("_", "-"), "error", where, str(refused))
        return
    for error in getattr(decoded, "field_errors", None) or ():
        if error.kind not in _OF_ITS_TIME:
            message = error.reason or error.kind.replace("_", " ")
            yield Finding(error.kind.replace("_", "-"), "error", _at(where, error.path), message)
