"""The user: the address that the request tells, and the name by which users are counted."""

from collections.abc import Callable, Mapping
from typing import Any

from store_protocol.convert.readers import fields_of
from store_protocol.convert.scalars import is_ip_address
from store_protocol.normalize.context import Normalization
from store_protocol.schema.user import Geo, User
from store_protocol.texts import safe_text

AUTO = "{{auto}}"
#: Platforms of SDKs that leave the address out where they mean that of the connection.
_LEAVE_IT_OUT = frozenset({"javascript", "cocoa", "objc"})


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
    elif remote is None and infer and normalization.infer_address:
        _infer_address(normalization)
    lookup = normalization.options.geoip_lookup
    if lookup is not None:
        event.user = _located(event.user, lookup, normalization.options.client_ip)
    found = event.user
    if found is None:
        return
    if not infer and found.ip_address == AUTO:
        found.ip_address = None
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


def _infer_address(normalization: Normalization) -> None:
    """Fill in the address that the event came from, where the client asks for it or is one that leaves it out."""
    event, address = normalization.event, normalization.options.client_ip
    given = event.user.ip_address if event.user is not None else None
    if address is None or given not in {None, AUTO} or not is_ip_address(address):
        return
    if given is None:
        settings = event.sdk.settings if event.sdk is not None else None
        asks = settings is not None and settings.infer_ip == "auto"
        if not (asks or (event.platform in _LEAVE_IT_OUT and not _was_removed(normalization))):
            return
    if event.user is None:
        event.user = User()
    event.user.ip_address = address


def _was_removed(normalization: Normalization) -> bool:
    """Return whether an earlier server has removed the address, which then isn't told again."""
    meta = normalization.meta_tree.find(("user", "ip_address"))
    return meta is not None and any(remark[1] == "x" for remark in meta.remarks)


def _located(user: User | None, lookup: Callable[[str], Any], client_ip: str | None) -> User | None:
    """Return the user with the place that a function tells of the address, or of the one that the event came from."""
    if user is not None and user.geo is not None:
        return user
    address = user.ip_address if user is not None and user.ip_address not in {None, AUTO} else client_ip
    place = lookup(address) if address is not None and is_ip_address(address) else None
    if isinstance(place, Mapping):
        told: dict[str, Any] = {each.name: place.get(each.encode_name) for each in fields_of(Geo)}
        texts: dict[str, Any] = {name: safe_text(part) for name, part in told.items() if isinstance(part, str)}
        place = Geo(**texts)
    if not isinstance(place, Geo):
        return user
    user = user or User()
    user.geo = place
    return user


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
