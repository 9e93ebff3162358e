"""The endpoints and their paths. To add one: a module that makes its `ENDPOINT`, and a line in `ENDPOINTS`."""

import functools
from collections.abc import Callable
from urllib.parse import unquote

import msgspec

from store_protocol.endpoints import (
    attachments,
    cron,
    envelope,
    error_page,
    minidump,
    nel,
    otlp_logs,
    otlp_traces,
    security,
    store,
    unreal,
)
from store_protocol.endpoints.content import media_type
from store_protocol.endpoints.endpoint import Endpoint
from store_protocol.errors import InvalidKey, InvalidProject, NotFound
from store_protocol.http_response import Response
from store_protocol.identifiers import is_identifier
from store_protocol.redaction import Redacted

#: By path. What stands in braces is a part that the path names: the project, the key, or what the endpoint reads.
ENDPOINTS = {
    "/api/{project_id}/store/": store.ENDPOINT,
    "/api/{project_id}/envelope/": envelope.ENDPOINT,
    "/api/{project_id}/minidump/": minidump.ENDPOINT,
    "/api/{project_id}/security/": security.ENDPOINT,
    "/api/{project_id}/csp-report/": security.ENDPOINT,
    "/api/{project_id}/nel/": nel.ENDPOINT,
    "/api/{project_id}/cron/{monitor_slug}/": cron.ENDPOINT,
    "/api/{project_id}/cron/{monitor_slug}/{sentry_key}/": cron.ENDPOINT,
    "/api/{project_id}/events/{event_id}/attachments/": attachments.ENDPOINT,
    "/api/{project_id}/unreal/": unreal.ENDPOINT,
    "/api/{project_id}/unreal/{sentry_key}/": unreal.ENDPOINT,
    "/api/{project_id}/integration/otlp/v1/logs/": otlp_logs.ENDPOINT,
    "/api/{project_id}/integration/otlp/v1/traces/": otlp_traces.ENDPOINT,
    "/api/embed/error-page/": error_page.ENDPOINT,
}


class Route(Redacted, frozen=True):
    """Where a path leads: the endpoint by its name, the project that the path names, if any, and what else it names."""

    endpoint: str
    project_id: str | None = None
    parameters: dict[str, str] = msgspec.field(default_factory=dict)


def route(path: str) -> Route:
    """Return where a path leads: to one of `ENDPOINTS`, or the legacy `/api/store/` and `/store/` without a project.

    A prefix may stand before `/api`, as a DSN can have one. Doubled slashes and a missing one at the end are taken as the
    one that was meant (raven-js with a DSN that ends in a slash). `csp-report` is another name of `security`. Raises
    `NotFound` for every other path, and `InvalidProject` and `InvalidKey` for a project and a key that are not 1 to 64
    letters, digits, `-` and `_`.

    >>> route("/sentry/api/42/store/").endpoint, route("/sentry/api/42/store/").project_id
    ('store', '42')
    """
    return _short_route(path) if len(path) <= _SHORT_PATH else _route(path)


def _route(path: str) -> Route:
    parts = [part for part in path.split("/") if part]
    # A longer path is a more certain one: `/api/1/cron/api/store` is no store endpoint.
    for template in sorted(ENDPOINTS, key=_length):
        names = _segments(template)
        found = parts[-len(names) :]
        if len(found) == len(names) and all(
            name == part or name[0] == "{" for name, part in zip(names, found, strict=True)
        ):
            told = {name[1:-1]: part for name, part in zip(names, found, strict=True) if name[0] == "{"}
            return _checked(ENDPOINTS[template].name, told)
    if parts and parts[-2:-1] in ([], ["api"]):
        endpoint = ENDPOINTS.get(f"/api/{{project_id}}/{parts[-1]}/")
        if endpoint is not None:
            return Route(endpoint.name)
    raise NotFound("no endpoint has this path")


def _checked(endpoint: str, told: dict[str, str]) -> Route:
    project = told.pop("project_id", None)
    if project is not None and not is_identifier(project):
        raise InvalidProject("bad project in the path: a project id is 1 to 64 letters, digits, '-' and '_'")
    if not is_identifier(told.get("sentry_key", "-")):
        raise InvalidKey("bad key in the path: a public key is 1 to 64 letters, digits, '-' and '_'")
    return Route(endpoint, project, {name: unquote(part) for name, part in told.items()})


@functools.cache
def _segments(template: str) -> tuple[str, ...]:
    return tuple(template.strip("/").split("/"))


def _length(template: str) -> int:
    return -len(_segments(template))


# Clients send to few paths, over and over. Those that lead nowhere are not kept, nor are long ones.
_SHORT_PATH = 128
_short_route = functools.lru_cache(maxsize=1024)(_route)


def endpoint_for(path: str, method: str, content_type: str) -> tuple[Endpoint, Route]:
    """Return the endpoint that a request is for, and what its path names.

    An envelope at the store endpoint is one by its content type, and what is sent elsewhere may have come through a tunnel.
    Raises as `route` does.
    """
    try:
        found = route(path)
    except NotFound:
        if method != "POST":
            raise
        return envelope.TUNNEL, Route(envelope.TUNNEL.name)
    endpoint = _named(found.endpoint)
    if endpoint is store.ENDPOINT and method == "POST" and media_type(content_type) == envelope.MEDIA_TYPE:
        endpoint = envelope.ENDPOINT
    return endpoint, found


def _named(name: str) -> Endpoint:
    """Return the endpoint with a name; for a name of the caller's own that of the store endpoint."""
    for endpoint in ENDPOINTS.values():
        if endpoint.name == name:
            return endpoint
    return store.ENDPOINT


def answer_of(name: str) -> Callable[[str | None], Response]:
    """Return the function that renders the answer of the endpoint with this name.

    A name of the caller's own is answered with the event id.
    """
    return _named(name).answer


def methods_of(name: str) -> tuple[str, ...]:
    """Return the methods of the endpoint with this name; of a name of the caller's own those of the store endpoint."""
    return _named(name).methods


def answers_pixel(name: str) -> bool:
    """Return whether the endpoint with this name answers GET by a pixel."""
    return _named(name).answers_pixel


def ignores_rate_limits(name: str) -> bool:
    """Return whether the endpoint with this name answers no request by 429 for rate limits."""
    return _named(name).ignores_rate_limits


def answers_rpc_status(name: str) -> bool:
    """Return whether the endpoint with this name answers errors by a `google.rpc.Status`."""
    return _named(name).rpc_status
