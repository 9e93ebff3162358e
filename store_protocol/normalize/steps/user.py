"""The user: the address that the request tells, and the name by which users are counted."""

from store_protocol.convert.scalars import is_ip_address
from store_protocol.normalize.context import Normalization
from store_protocol.schema.user import User

AUTO = "{{auto}}"


def user(normalization: Normalization) -> None:
    """Fill in the user's address and tell the name by which users are counted."""
    event = normalization.event
    remote = _remote_address(normalization)
    infer = _infers_address(normalization)
    if remote is not None and infer:
        if event.user is None:
            event.user = User()
        if event.user.ip_address in {None, AUTO}:
            event.user.ip_address = remote
    found = event.user
    if found is None:
        return
    if not infer and found.ip_address == AUTO:
        found.ip_address = None
    if not normalization.meta_tree.has_error(("user", "sentry_user")):
        found.sentry_user = None
    for name, value in (
        ("id", found.id),
        ("username", found.username),
        ("email", found.email),
        ("ip", found.ip_address),
    ):
        if value is not None:
            found.sentry_user = f"{name}:{value}"
            break


def _infers_address(normalization: Normalization) -> bool:
    """Return whether the client lets the address of the user be told from the request.

    A wish that couldn't be read counts for no, so that no address is told against it.
    """
    settings = normalization.event.sdk.settings if normalization.event.sdk is not None else None
    if settings is None or settings.infer_ip is not None:
        return settings is None or settings.infer_ip != "never"
    meta_tree = normalization.meta_tree
    return meta_tree.budget.lists_errors and not meta_tree.has_error(("sdk", "settings", "infer_ip"))


def _remote_address(normalization: Normalization) -> str | None:
    request = normalization.event.request
    if request is None or not request.env:
        return None
    address = request.env.get("REMOTE_ADDR")
    return address if type(address) is str and (address == AUTO or is_ip_address(address)) else None
