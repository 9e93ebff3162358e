"""Release, environment: names that servers use in paths and file names, and so must not break them."""

import re

from store_protocol.normalize.context import Normalization, acts_on

# Relay `validate_release` and `validate_environment`: path separators and control characters are refused.
FORBIDDEN = re.compile(r"[/\\\x00-\x1f\x7f]")

# Bytes of a release and of an environment, characters of a distribution.
MAX_RELEASE = 200
MAX_ENVIRONMENT = 64
MAX_DIST = 64


@acts_on("release", "environment")
def release_and_environment(normalization: Normalization) -> None:
    """Refuse a release or an environment that can't be the name of one."""
    event = normalization.event
    if event.release is not None and not is_valid(event.release, MAX_RELEASE, "latest"):
        normalization.meta_tree.error(("release",), "invalid_data", value=event.release)
        event.release = None
    if event.environment is not None and not is_valid(event.environment, MAX_ENVIRONMENT, "none"):
        normalization.meta_tree.error(("environment",), "invalid_data", value=event.environment)
        event.environment = None


def is_valid(name: str, max_bytes: int, reserved: str) -> bool:
    """Return whether a name can be that of a release or an environment; `reserved` is a name that none may have."""
    return (
        len(name.encode()) <= max_bytes
        and name not in {".", ".."}
        and name.lower() != reserved
        and FORBIDDEN.search(name) is None
    )


@acts_on("dist")
def dist(normalization: Normalization) -> None:
    """Refuse a distribution whose name is too long."""
    event = normalization.event
    if event.dist is not None and len(event.dist) > MAX_DIST:
        normalization.meta_tree.error(("dist",), "value_too_long", value=event.dist)
        event.dist = None
