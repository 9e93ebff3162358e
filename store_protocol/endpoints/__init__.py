"""The endpoints and their paths. To add one: a module that makes its `ENDPOINT`, and a line in `ENDPOINTS`."""

import functools
from collections.abc import Callable

import msgspec

from store_protocol.endpoints import envelope, minidump, security, store
from store_protocol.endpoints.content import media_type
from store_protocol.endpoints.endpoint import Endpoint, answer_with_id
from store_protocol.errors import InvalidProject, NotFound
from store_protocol.http_response import Response
from store_protocol.identifiers import is_identifier

#: The last part of a path, and the endpoint that it names. The name of each endpoint is among them.
ENDPOINTS = {
    "store": store.ENDPOINT,
    "envelope": envelope.ENDPOINT,
    "minidump": minidump.ENDPOINT,
    "security": security.ENDPOINT,
    "csp-report": security.ENDPOINT,
}


class Route(msgspec.Struct, frozen=True):
    """Where a path leads: the endpoint by its name, and the project that the path names, if any."""

    endpoint: str
    project_id: str | None = None


def route(path: str) -> Route:
    """Return where a path leads: `/api/<project>/store/`, or the legacy `/api/store/` and `/store/` without a project.

    A prefix may stand before `/api`, as a DSN can have one. Doubled slashes and a missing one at the end are taken as the
    one that was meant (raven-js with a DSN that ends in a slash). `csp-report` is another name of `security`. Raises
    `NotFound` for every other path, and `InvalidProject` for a project that is not 1 to 64 letters, digits, `-` and `_`.

    >>> route("/sentry/api/42/store/")
    Route(endpoint='store', project_id='42')
    """
    return _short_route(path) if len(path) <= _SHORT_PATH else _route(path)


def _route(path: str) -> Route:
    parts = [part for part in path.split("/") if part]
    endpoint = ENDPOINTS.get(parts[-1]) if parts else None
    if endpoint is None:
        raise NotFound("no endpoint has this path")
    if parts[-2:-1] in ([], ["api"]):
        return Route(endpoint.name)
    if parts[-3:-2] != ["api"]:
        raise NotFound("no endpoint has this path")
    project = parts[-2]
    if not is_identifier(project):
        raise InvalidProject("bad project in the path: a project id is 1 to 64 letters, digits, '-' and '_'")
    return Route(endpoint.name, project)


# Clients send to few paths, over and over. Those that lead nowhere are not kept, nor are long ones.
_SHORT_PATH = 128
_short_route = functools.lru_cache(maxsize=1024)(_route)


def endpoint_for(path: str, method: str, content_type: str) -> tuple[Endpoint, str | None]:
    """Return the endpoint that a request is for, and the project that its path names, if any.

    An envelope at the store endpoint is one by its content type, and what is sent elsewhere may have come through a tunnel.
    Raises as `route` does.
    """
    try:
        found = route(path)
    except NotFound:
        if method != "POST":
            raise
        return envelope.TUNNEL, None
    endpoint = ENDPOINTS[found.endpoint]
    if endpoint is store.ENDPOINT and method == "POST" and media_type(content_type) == envelope.MEDIA_TYPE:
        endpoint = envelope.ENDPOINT
    return endpoint, found.project_id


def answer_of(name: str) -> Callable[[str | None], Response]:
    """Return the function that renders the answer of the endpoint with this name.

    A name of the caller's own is answered with the event id.
    """
    endpoint = ENDPOINTS.get(name)
    return answer_with_id if endpoint is None else endpoint.answer


def methods_of(name: str) -> tuple[str, ...]:
    """Return the methods of the endpoint with this name; of a name of the caller's own those of the store endpoint."""
    return ENDPOINTS.get(name, store.ENDPOINT).methods


def ignores_rate_limits(name: str) -> bool:
    """Return whether the endpoint with this name answers no request by 429 for rate limits."""
    return ENDPOINTS.get(name, store.ENDPOINT).ignores_rate_limits
