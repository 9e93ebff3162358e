"""`store-protocol send`: an event file to a server, as the curl example of the docs does."""

import time
from pathlib import Path
from typing import Any, cast

import msgspec
import urllib3

from store_protocol.cli.request_files import UnreadableFile, read_file
from store_protocol.client import Encoding, Placement, encode_request
from store_protocol.dsn import Dsn
from store_protocol.errors import StoreError
from store_protocol.http_request import HttpRequest


class NotSent(Exception):
    """The event wasn't taken; the text says why in one line."""


def send(dsn: str, file: Path, *, encoding: str, auth: str, timeout: float) -> str:
    """Send the event in a file and give the id that the server answers with. Raises `NotSent`."""
    try:
        parsed = Dsn.parse(dsn)
        request = encode_request(
            parsed,
            read_file(file),
            encoding=cast("Encoding | None", None if encoding == "none" else encoding),
            auth=cast("Placement", auth),
            now=time.time(),
        )
    except (StoreError, UnreadableFile) as error:
        raise NotSent(str(error)) from None
    response = _post(parsed, request, timeout)
    if response.status != 200:
        raise NotSent(_refusal(response))
    try:
        return str(msgspec.json.decode(response.data)["id"])
    except (msgspec.DecodeError, UnicodeDecodeError, KeyError, TypeError):
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
        raise NotSent(f"{dsn.host}: {error}") from None


def _refusal(response: Any) -> str:
    parts = [f"the server answered {response.status}"]
    if reason := response.headers.get("X-Sentry-Error"):
        parts.append(reason)
    if wait := response.headers.get("Retry-After"):
        parts.append(f"retry after {wait} s")
    return ": ".join(parts)
