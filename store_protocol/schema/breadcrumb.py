"""Breadcrumbs: what happened before the event, oldest first."""

import operator
import typing
from typing import Annotated, Any

import msgspec
from msgspec import UNSET

from store_protocol.convert.context import ConversionError, ConvertContext
from store_protocol.convert.forms import Schema, SchemaOf
from store_protocol.convert.interface import Interface
from store_protocol.convert.json_texts import in_text_or_refuse
from store_protocol.convert.readers import Reader, known_names, read_attributes
from store_protocol.convert.rules import MEDIUM, NonNull, rule, text
from store_protocol.convert.values import VALUES, Values
from store_protocol.meta.tree import Path
from store_protocol.schema.types import EventId, JsonValue, LenientLevel, LenientTimestamp, NonEmptyText


class Breadcrumb(Interface, forbid_unknown_fields=True):
    """One thing that happened before the event."""

    __typed_with__ = ()

    #: When it happened, in seconds since the epoch.
    timestamp: LenientTimestamp | None = None
    #: The kind, such as `http` or `navigation`; `default` where there is none. sentry-python 0.x sends it as `ty`.
    type: Annotated[str, text(128, aliases=("ty",))] | None = None
    #: Where it comes from, dotted, such as `ui.click`.
    category: Annotated[str, text(128)] | None = None
    #: How severe it is; `info` where the client doesn't say.
    level: LenientLevel | None = None
    #: What happened, for people.
    message: Annotated[str, text(8192, 200)] | None = None
    #: What else is known of it, by names that its type has.
    data: Annotated[dict[str, JsonValue], rule(limit=MEDIUM, skip_empty=True, empty=True)] | None = None
    #: Another event that it tells of.
    event_id: EventId | None = None
    #: The SDK that recorded it, in apps with several (mobile with JavaScript inside).
    origin: NonEmptyText | None = None

    @classmethod
    def __takes__(cls, own: Schema, of: SchemaOf) -> Schema:
        """Return the schema of a breadcrumb, which has no other attributes, and is not from before 1970."""
        since = {"properties": {"timestamp": {"minimum": 0}}}
        return {**own, "allOf": [*own["allOf"], since], "additionalProperties": False}

    @classmethod
    def __reader__(cls) -> Reader:
        return _read_breadcrumb


class Breadcrumbs(Values):
    """The breadcrumbs of an event."""

    #: The breadcrumbs, the oldest first. A list in the place of the object is read as them.
    values: NonNull[Annotated[list[NonNull[Breadcrumb]], VALUES]] = None


_HINTS = typing.get_type_hints(Breadcrumb, include_extras=True)
_TYPE = _HINTS["type"] | msgspec.UnsetType
_NAMES = [name for name in Breadcrumb.__struct_fields__ if name != "other"]
_attributes_of = operator.attrgetter(*_NAMES)
#: Breadcrumbs as sentry-python 0.x sends them, with `ty` for their type or beside it: C knows no second names.
OldBreadcrumb: Any = msgspec.defstruct(
    "OldBreadcrumb",
    [
        *((name, _HINTS[name], None) for name in _NAMES if name != "type"),
        ("type", _TYPE, UNSET),
        ("ty", _TYPE, UNSET),
    ],
    forbid_unknown_fields=True,
    gc=False,
)
OldBreadcrumbs: Any = msgspec.defstruct("OldBreadcrumbs", [("values", list[OldBreadcrumb])], gc=False)


def renamed(found: Any) -> Any:
    """Return breadcrumbs out of old ones, a list out of a list: `ty` counts where there is no `type`."""
    if found is None:
        return None
    crumbs: list[Breadcrumb | None] = []
    for old in found if type(found) is list else found.values:
        if old.type is UNSET:
            old.type = None if old.ty is UNSET else old.ty
        crumbs.append(Breadcrumb(*_attributes_of(old)))
    # Whether there was a list alone tells where what `_meta` says of it goes.
    return crumbs if type(found) is list else Breadcrumbs(values=crumbs)


_NO_BREADCRUMB = ConversionError("expected breadcrumb")


def _read_breadcrumb(value: Any, path: Path, context: ConvertContext) -> Any:
    if type(value) is not dict:
        if (parsed := in_text_or_refuse(value, (dict,), _NO_BREADCRUMB, path, context)) is None:
            return None
        value, context = parsed
    crumb = read_attributes(Breadcrumb, value, path, context)
    known = known_names(Breadcrumb)
    if not context.keep_unknown and not known.keys() >= value.keys():
        for key in sorted(value.keys() - known.keys()):
            context.meta_tree.error((*path, key), "invalid_attribute")
    return crumb
