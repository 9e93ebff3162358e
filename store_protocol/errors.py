"""Everything that can be wrong with a request: one tree of errors under `StoreError`.

A class stands for one thing that can be wrong. It carries the HTTP status that a server would answer with and a `code`,
a short name that stays the same from version to version: text is for people, codes are for programs. No text holds
payload bytes or a secret; a token of the protocol that is at fault (a coding, a method) is quoted, shortened by `quote`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, ClassVar

from store_protocol.http_response import Response, render_json
from store_protocol.rate_limits import RateLimit, format_rate_limits, format_retry_after
from store_protocol.redaction import HIDDEN, names_secret
from store_protocol.texts import safe_text

if TYPE_CHECKING:
    from store_protocol.limits import Limits


#: Codes of `google.rpc.Status`, by HTTP status (Relay `endpoints/integrations/otlp.rs`).
_RPC_CODES = {400: 3, 401: 16, 403: 7, 404: 5, 413: 8, 415: 3, 429: 8, 501: 12, 502: 14, 503: 14, 504: 4}
_RPC_UNKNOWN, _RPC_INTERNAL = 2, 13


def quote(token: str, *, length: int = 40) -> str:
    """Quote a token of the protocol for an error text: at most `length` characters of printable ASCII and five around them.

    What names a secret is no such token, and is not shown.

    >>> quote("x-gzip"), quote("x-gzip", length=3)
    ("'x-gzip'", "'x-g...'")
    """
    if names_secret(token):
        return f"'{HIDDEN}'"
    # What is escaped takes up to ten characters for one.
    shown = ascii(token[:length])
    mark, text = shown[0], shown[1:-1]
    if len(token) > length or len(text) > length:
        text = f"{text[:length]}..."
    return f"{mark}{text}{mark}"


class StoreError(Exception):
    """A request that can't be taken, with the answer for it.

    `status` is the HTTP status, `code` the stable name of what is wrong, `detail` one sentence for people, `causes` what
    led to it, outermost first.
    """

    status: ClassVar[int] = 400
    code: ClassVar[str] = "bad_request"
    #: Whether the answer is a `google.rpc.Status`, which clients of OTLP read.
    rpc_status: bool = False

    def __init__(self, detail: str, *, causes: tuple[str, ...] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.causes = causes

    def __str__(self) -> str:
        return ": ".join((self.detail, *self.causes))

    def __eq__(self, other: object) -> bool:
        # A submission holds the errors of what was refused of it, and is compared by what it holds.
        return type(self) is type(other) and self.__dict__ == other.__dict__

    def __hash__(self) -> int:
        return hash((type(self), self.detail))

    def __reduce__(self) -> tuple[Callable[..., StoreError], tuple[type[StoreError], str], dict[str, object]]:
        # Subclasses have required keywords, which pickling by arguments alone would miss.
        return _bare, (type(self), self.detail), dict(self.__dict__)

    def response(self) -> Response:
        """Return the HTTP answer for this error, the CORS headers among its headers.

        Its body is `{"detail": ..., "causes": [...]}`, and `{"code": ..., "message": ...}` for clients of OTLP. The detail
        stands in `X-Sentry-Error` as well.

        >>> EmptyBody("empty request body").response().body
        b'{"detail":"empty request body"}'
        """
        headers = [("X-Sentry-Error", self.detail), *self._extra_headers()]
        if self.rpc_status:
            code = _RPC_CODES.get(self.status, _RPC_UNKNOWN if self.status < 500 else _RPC_INTERNAL)
            return render_json(self.status, {"code": code, "message": safe_text(str(self))}, headers)
        # A caller's error may quote text that has not come through here.
        content: dict[str, Any] = {"detail": safe_text(self.detail)}
        if self.causes:
            content["causes"] = [safe_text(cause) for cause in self.causes]
        return render_json(self.status, content, headers)

    def _extra_headers(self) -> list[tuple[str, str]]:
        """Return the headers that only the answer for this error has."""
        return []


def _bare(kind: type[StoreError], detail: str) -> StoreError:
    return kind.__new__(kind, detail)


class InvalidRequest(StoreError):
    """The request itself is malformed: its target or its headers can't be read."""

    code = "invalid_request"


class NotFound(StoreError):
    """The path belongs to no endpoint."""

    status = 404
    code = "not_found"


class MethodNotAllowed(StoreError):
    """The endpoint does not take this method; `allow` lists those that it takes."""

    status = 405
    code = "method_not_allowed"

    def __init__(self, detail: str, *, allow: tuple[str, ...], causes: tuple[str, ...] = ()) -> None:
        super().__init__(detail, causes=causes)
        self.allow = allow

    def _extra_headers(self) -> list[tuple[str, str]]:
        return [("Allow", ", ".join(self.allow))]


class AuthError(StoreError):
    """The credentials are missing, unreadable or at odds with each other."""

    status = 401
    code = "auth"


class MissingAuth(AuthError):
    """The request carries no credentials in any of the places where they may stand."""

    code = "missing_auth"


class MalformedAuth(AuthError):
    """Credentials are there but can't be read."""

    code = "malformed_auth"


class ContradictoryAuth(AuthError):
    """Two places of the request name different public keys."""

    code = "contradictory_auth"


class UnknownKey(AuthError):
    """The caller knows no project with this public key."""

    code = "unknown_key"


class UnsupportedVersion(StoreError):
    """The client speaks a `sentry_version` that isn't supported."""

    code = "unsupported_version"


class InvalidKey(StoreError):
    """The public key is not 1 to 64 letters, digits, `-` and `_`."""

    code = "invalid_key"


class InvalidProject(StoreError):
    """The project id is not 1 to 64 letters, digits, `-` and `_`."""

    code = "invalid_project"


class InvalidDsn(StoreError):
    """The text is no DSN."""

    code = "invalid_dsn"


class BodyError(StoreError):
    """The body can't be turned into plain bytes."""

    code = "body"


class EmptyBody(BodyError):
    """There is no body where one is required."""

    code = "empty_body"


class CorruptBody(BodyError):
    """A compressed or base64 body is broken, cut short or followed by bytes that don't belong to it."""

    code = "corrupt_body"


class UnsupportedEncoding(BodyError):
    """`Content-Encoding` names a coding that isn't known."""

    status = 415
    code = "unsupported_encoding"


class LimitExceeded(StoreError):
    """The request is over a limit: `limit` is the name of the `Limits` field, `maximum` its value."""

    status = 413
    code = "limit_exceeded"

    def __init__(self, detail: str, *, limit: str, maximum: int, causes: tuple[str, ...] = ()) -> None:
        super().__init__(detail, causes=causes)
        self.limit = limit
        self.maximum = maximum


def over_limit(what: str, limit: str, limits: Limits) -> LimitExceeded:
    """Return the error for what is over a limit, which is named by its field of `Limits`.

    >>> from store_protocol.limits import Limits
    >>> str(over_limit("more reports", "max_items", Limits()))
    'more reports than the limit of 500'
    """
    maximum: int = getattr(limits, limit)
    return LimitExceeded(f"{what} than the limit of {maximum}", limit=limit, maximum=maximum)


class InvalidEnvelope(BodyError):
    """The bytes are not an envelope, or not an item of one; each of the classes below is one thing that can be wrong."""

    code = "invalid_envelope"


class InvalidEnvelopeHeaders(InvalidEnvelope):
    """The headers of the envelope are missing, or are not a JSON object."""

    code = "invalid_envelope_headers"


class InvalidItemHeaders(InvalidEnvelope):
    """The headers of an item are not a JSON object."""

    code = "invalid_item_headers"


class InvalidItemLength(InvalidEnvelope):
    """The `length` of an item is not a number of bytes."""

    code = "invalid_item_length"


class WrongItemLength(InvalidEnvelope):
    """An item has other than `length` bytes: fewer are left in the envelope, or no line ends where it would."""

    code = "wrong_item_length"


class MissingItemType(InvalidEnvelope):
    """The headers of an item name no type."""

    code = "missing_item_type"


class ReservedItemType(InvalidEnvelope):
    """An item is of a type that only Relay itself may use."""

    code = "reserved_item_type"


class InvalidMultipart(BodyError):
    """The bytes are not a multipart form, or the form ends too early."""

    code = "invalid_multipart"


class MissingMinidump(BodyError):
    """The form holds no minidump."""

    code = "missing_minidump"


class InvalidMinidump(BodyError):
    """The file is not a minidump: it does not begin as one."""

    code = "invalid_minidump"


class PayloadError(StoreError):
    """The plain bytes are not an event."""

    code = "payload"


class InvalidJson(PayloadError):
    """The text is not JSON; `offset` is the byte at which it goes wrong, counted from 0 in the decoded body."""

    code = "invalid_json"

    def __init__(self, detail: str, *, offset: int, causes: tuple[str, ...] = ()) -> None:
        super().__init__(detail, causes=causes)
        self.offset = offset


class TooDeep(PayloadError):
    """The JSON text is nested deeper than `Limits.max_depth`."""

    code = "too_deep"


class NotAnObject(PayloadError):
    """The JSON text is a list or a scalar, where an event is an object."""

    code = "not_an_object"


class InvalidEvent(PayloadError):
    """The event breaks a rule that can't be repaired, such as a transaction without its start."""

    code = "invalid_event"


class InvalidItem(PayloadError):
    """The payload of an item is not what the item's type and headers say."""

    code = "invalid_item"


class UnsupportedItem(PayloadError):
    """Items of this type have no typed form."""

    code = "unsupported_item"


class InvalidReport(PayloadError):
    """The JSON text is not a security report of a known kind."""

    code = "invalid_report"


class UnsupportedMediaType(PayloadError):
    """The endpoint takes no body of this content type."""

    status = 415
    code = "unsupported_media_type"


class RetiredReport(PayloadError):
    """A security report of a kind that browsers no longer send: HPKP, Expect-CT, Expect-Staple."""

    status = 415
    code = "retired_report"


class Rejected(StoreError):
    """The caller takes nothing from this key or project."""

    status = 403
    code = "rejected"


class RateLimited(StoreError):
    """The caller's rate limit is reached.

    `retry_after` is in whole seconds, by default those of the longest limit. `rate_limits` is the value of
    `X-Sentry-Rate-Limits`, if any; it may be given as `RateLimit`s.

    >>> RateLimited("quota reached", rate_limits=[RateLimit(60, scope="key")]).response().headers[2:4]
    [('Retry-After', '60'), ('X-Sentry-Rate-Limits', '60::key')]
    """

    status = 429
    code = "rate_limited"

    def __init__(
        self,
        detail: str,
        *,
        retry_after: int | None = None,
        rate_limits: str | Iterable[RateLimit] | None = None,
        causes: tuple[str, ...] = (),
    ) -> None:
        super().__init__(detail, causes=causes)
        if rate_limits is not None and not isinstance(rate_limits, str):
            limits = tuple(rate_limits)
            rate_limits = format_rate_limits(limits)
            if retry_after is None:
                retry_after = max((limit.seconds for limit in limits), default=None)
        if retry_after is None:
            raise TypeError("either retry_after must be given or rate_limits, as RateLimit")
        self.retry_after = retry_after
        self.rate_limits = rate_limits

    def _extra_headers(self) -> list[tuple[str, str]]:
        headers = [("Retry-After", format_retry_after(self.retry_after))]
        if self.rate_limits:
            headers.append(("X-Sentry-Rate-Limits", self.rate_limits))
        return headers


class Overloaded(StoreError):
    """The server has too much under way to take this request now; `retry_after` is in whole seconds."""

    status = 503
    code = "overloaded"

    def __init__(self, detail: str, *, retry_after: int, causes: tuple[str, ...] = ()) -> None:
        super().__init__(detail, causes=causes)
        self.retry_after = retry_after

    def _extra_headers(self) -> list[tuple[str, str]]:
        return [("Retry-After", format_retry_after(self.retry_after))]
