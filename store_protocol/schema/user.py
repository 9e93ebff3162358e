"""The user whom the event happened to."""

from typing import Annotated, Any

import msgspec

from store_protocol.convert.context import ConvertContext
from store_protocol.convert.interface import Interface
from store_protocol.convert.readers import Reader, interface_reader, known_names, read_attributes
from store_protocol.convert.rules import rule, text
from store_protocol.convert.scalars import lenient_string
from store_protocol.meta.tree import Path
from store_protocol.schema.types import IpAddress, NonEmptyText


class Geo(Interface):
    """Where the user is, by and large."""

    #: The country, by its two letters.
    country_code: Annotated[str, text(102, 1004)] | None = None
    #: The name of the city.
    city: Annotated[str, text(1024, 100)] | None = None
    #: The name of the state, province or the like.
    subdivision: Annotated[str, text(1024, 100)] | None = None
    #: The name of the country or the region.
    region: Annotated[str, text(1024, 100)] | None = None


class User(Interface, forbid_unknown_fields=True):
    """The user whom the event happened to; attributes of the sender's own go into `data`."""

    #: What the application knows the user by.
    id: Annotated[str, text(128, convert=lenient_string, omit_empty=True)] | None = None
    #: The email address.
    email: Annotated[str, text(75, omit_empty=True)] | None = None
    #: The IP address, or `{{auto}}` for the one that the event came from.
    ip_address: IpAddress | None = None
    #: The name by which the user logs in.
    username: Annotated[str, text(128, convert=lenient_string, omit_empty=True)] | None = None
    #: The name of the user, as people read it.
    name: Annotated[str, text(128, omit_empty=True)] | None = None
    #: The first of id, username, email and address, by which Sentry counts users; what a client sends is overwritten.
    sentry_user: NonEmptyText | None = None
    #: Where the user is, by and large.
    geo: Annotated[Geo, rule(omit_empty=True)] | None = None
    #: A group of users that the application divides them into.
    segment: NonEmptyText | None = None
    #: Attributes of the sender's own.
    data: Annotated[dict[str, Any], rule(skip_empty=True, omit_empty=True)] | None = None

    @classmethod
    def __reader__(cls) -> Reader:
        return _read_user


def _read_object(value: dict[str, Any], path: Path, context: ConvertContext) -> Any:
    if not context.keep_unknown:
        try:
            return msgspec.convert(value, User)
        except (msgspec.ValidationError, RecursionError):
            pass
    user = read_attributes(User, value, path, context)
    if not context.enforce_rules:
        return user
    user.other = None
    known = known_names(User)
    own = {key: part for key, part in value.items() if key not in known}
    if own:
        user.data = {**(user.data or {}), **own}
    return user


_read_user = interface_reader(User, _read_object)
