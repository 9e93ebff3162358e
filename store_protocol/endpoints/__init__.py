"""What differs by endpoint: which paths and methods it has, and what it makes of a body."""

import msgspec

from store_protocol.errors import InvalidProject, NotFound
from store_protocol.identifiers import is_identifier


class Route(msgspec.Struct, frozen=True):
    """Where a path leads: the endpoint by its name, and the project that the path names, if any."""

    endpoint: str
    project_id: str | None = None


#: The last part of a path, and the endpoint that it names.
ENDPOINTS = {"store": "store"}


def route(path: str) -> Route:
    """Tell where a path leads: `/api/<project>/store/`, or the legacy `/api/store/` and `/store/` without a project.

    A prefix may stand before `/api`, as a DSN can have one. Doubled slashes and a missing one at the end are taken as the
    one that was meant (raven-js with a DSN that ends in a slash). Raises `NotFound` for every other path, and
    `InvalidProject` for a project that is not 1 to 64 letters, digits, `-` and `_`.

    >>> route("/sentry/api/42/store/")
    Route(endpoint='store', project_id='42')
    """
    parts = [part for part in path.split("/") if part]
    endpoint = ENDPOINTS.get(parts[-1]) if parts else None
    if endpoint is None:
        raise NotFound("no endpoint has this path")
    if parts[-2:-1] in ([], ["api"]):
        return Route(endpoint)
    if parts[-3:-2] != ["api"]:
        raise NotFound("no endpoint has this path")
    project = parts[-2]
    if not is_identifier(project):
        raise InvalidProject("bad project in the path: a project id is 1 to 64 letters, digits, '-' and '_'")
    return Route(endpoint, project)
