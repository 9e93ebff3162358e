"""The whole way of a request, stage by stage: from bytes and headers to a submission, or to a typed error."""

import time
from collections.abc import Callable
from typing import Any

import msgspec

from store_protocol.auth import Auth, find_auth
from store_protocol.body import open_body
from store_protocol.endpoints import route, store
from store_protocol.errors import EmptyBody, MethodNotAllowed, NotAnObject
from store_protocol.identifiers import is_identifier
from store_protocol.limits import Limits
from store_protocol.messages import HttpRequest, Submission, text_pairs
from store_protocol.normalize import NormalizeOptions, normalize_event
from store_protocol.normalize import new_event_id as random_event_id
from store_protocol.payload import read_payload

_LIMITS = Limits()
_OPTIONS = NormalizeOptions()


def decode_request(
    request: HttpRequest,
    *,
    limits: Limits = _LIMITS,
    options: NormalizeOptions = _OPTIONS,
    now: float | None = None,
    new_event_id: Callable[[], str] | None = None,
) -> Submission:
    """Take a request and give what it submits: who sent it, and its event, typed and normalized.

    `now` is the current time in seconds since the epoch, and `new_event_id` gives the id of an event that has none (32
    hex digits); where they are left out the clock is read and a random id drawn. What the request itself tells (the
    client, its version and address, the project) is put into `options` where they say nothing.

    Raises a `StoreError` for every request that can't be taken; its `response()` is the answer. Requests for OPTIONS and
    HEAD give a submission without an event.

    >>> request = HttpRequest("POST", "/api/1/store/?sentry_key=a", [], b'{"message": "hello"}')
    >>> decode_request(request, new_event_id=lambda: "f" * 32).response().body
    b'{"id":"ffffffffffffffffffffffffffffffff"}'
    """
    found = route(request.path)
    method = request.method.upper()
    if method not in store.METHODS:
        raise MethodNotAllowed(f"the {found.endpoint} endpoint takes {', '.join(store.METHODS)}", allow=store.METHODS)
    if method in {"OPTIONS", "HEAD"}:
        return Submission(found.endpoint, found.project_id, method=method)

    headers = list(text_pairs(request.headers))
    auth = find_auth(headers, request.query)
    first = dict(reversed(headers))
    encoding = ", ".join(value for name, value in headers if name == "content-encoding") if method == "POST" else ""
    received = store.body_of(request)
    body = open_body(received, encoding, limits=limits)
    if not body.data.strip():
        raise EmptyBody("empty request body")

    payload = read_payload(body.data, limits=limits, charset=_charset(first.get("content-type")))
    if not isinstance(payload.value, dict):
        raise NotAnObject("the JSON text is no object")
    project_id = found.project_id or _project_of(payload.value)
    event = normalize_event(
        payload.value,
        _complete(options, auth, request, first, project_id),
        now=time.time() if now is None else now,
        new_event_id=new_event_id or random_event_id,
    )
    return Submission(
        found.endpoint,
        project_id,
        auth,
        (event,),
        repairs=payload.repairs,
        method=method,
        codings=body.codings,
        received_bytes=len(received),
        decoded_bytes=len(body.data),
    )


def _project_of(payload: dict[str, Any]) -> str | None:
    """Give the project that a payload names (clients before 2012 put it there), None if it names none that can be one."""
    project = payload.get("project")
    text = str(project) if type(project) in {str, int} else ""
    return text if is_identifier(text) else None


def _charset(content_type: str | None) -> str | None:
    """Give the charset that a content type names, None if it names none."""
    for parameter in (content_type or "").split(";")[1:]:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            return value.strip(' \t"') or None
    return None


def _complete(
    options: NormalizeOptions, auth: Auth, request: HttpRequest, headers: dict[str, str], project_id: str | None
) -> NormalizeOptions:
    """Put what the request tells where the caller's options say nothing."""
    told = {
        "client": auth.client,
        "protocol_version": str(auth.version),
        "client_ip": request.remote_addr,
        "user_agent": headers.get("user-agent"),
        "project_id": int(project_id) if project_id and project_id.isdecimal() and int(project_id) < 2**64 else None,
    }
    return msgspec.structs.replace(
        options, **{name: value for name, value in told.items() if value is not None and getattr(options, name) is None}
    )
