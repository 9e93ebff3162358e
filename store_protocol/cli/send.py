"""`store-protocol send`: an event file to a server, as the curl example of the docs does."""

import time
from typing import Any, cast

import msgspec
import urllib3

from store_protocol.client import Encoding, Placement, encode_request
from store_protocol.dsn import Dsn
from store_protocol.errors import StoreError
from store_protocol.http_request import HttpRequest
from store_protocol.samples import Sample


class NotSent(Exception):
    """The event wasn't taken; the text says why in one line."""


def send(
    dsn: str, event: bytes | Sample, *, encoding: str = "none", auth: str = "header", timeout: float = 10.0
) -> str | None:
    """Send an event, or a sample of any kind, and give the id that the server answers with. Raises `NotSent`.

    It is None where what is sent makes no event, and the server names none.
    """
    sample = event if isinstance(event, Sample) else None
    try:
        parsed = Dsn.parse(dsn)
        request = encode_request(
            parsed,
            event if isinstance(event, bytes) else event.item() if event.kind == "item" else event.data,
            endpoint="security" if sample is not None and sample.kind == "report" else None,
            encoding=cast("Encoding | None", None if encoding == "none" else encoding),
            auth=cast("Placement", auth),
            now=time.time(),
        )
    except StoreError as error:
        raise NotSent(str(error)) from None
    response = _post(parsed, request, timeout)
    if not 200 <= response.status < 300:
        raise NotSent(_refusal(response))
    try:
        return str(msgspec.json.decode(response.data)["id"])
    except (msgspec.DecodeError, UnicodeDecodeError, KeyError, TypeError):
        if sample is not None and sample.kind != "event":
            return None
        raise NotSent("the server took the event but answered without an id") from None


def _post(dsn: Dsn, request: HttpRequest, timeout: float) -> Any:
    origin = dsn.store_url.partition("://")
    url = f"{origin[0]}://{origin[2].partition('/')[0]}{request.target}"
    try:
        return urllib3.request(
            request.method,
            url,
            headers=dict(request.headers),  # type: ignore[arg-type]
            body=request.body,
            timeout=timeout,
            retries=False,
            redirect=False,
        )
    except urllib3.exceptions.HTTPError as error:
        where = dsn.host if dsn.port is None else f"{dsn.host}:{dsn.port}"
        raise NotSent(f"{where}: {_failure(error, timeout)}") from None


def _failure(error: urllib3.exceptions.HTTPError, timeout: float) -> str:
    cause = error.__cause__
    if isinstance(cause, OSError) and cause.strerror:
        return cause.strerror
    return f"no answer within {timeout:g} seconds" if isinstance(error, urllib3.exceptions.TimeoutError) else str(error)


def _refusal(response: Any) -> str:
    parts = [f"the server answered {response.status}"]
    if reason := response.headers.get("X-Sentry-Error"):
        parts.append(reason)
    if wait := response.headers.get("Retry-After"):
        parts.append(f"retry after {wait} s")
    return ": ".join(parts)
