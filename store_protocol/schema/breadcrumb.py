"""Breadcrumbs: what happened before the event, oldest first."""

import typing
from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import UNSET

from store_protocol.schema.base import Interface
from store_protocol.schema.convert import SPECIAL, Reading, known_names, read_attributes
from store_protocol.schema.notes import Path
from store_protocol.schema.rules import (
    MEDIUM,
    EventId,
    FilledText,
    FreeForm,
    LooseLevel,
    Moment,
    OrRefused,
    rule,
    scalar,
    text,
)
from store_protocol.schema.settle import Unsettled
from store_protocol.schema.timestamps import MAX_TIMESTAMP, in_micros
from store_protocol.schema.values import register_values
from store_protocol.schema.wrong import Wrong


class Breadcrumb(Interface, forbid_unknown_fields=True):
    """One thing that happened before the event."""

    timestamp: Annotated[Moment, scalar("timestamp")] | None = None
    #: sentry-python 0.x sends it as `ty`.
    type: Annotated[str, text(128, skip_empty=True, empty=True, aliases=("ty",))] | None = None
    category: Annotated[str, text(128)] | None = None
    level: LooseLevel | None = None
    message: Annotated[str, text(8192, 200)] | None = None
    data: Annotated[dict[str, FreeForm], rule(bag=MEDIUM, skip_empty=True, empty=True)] | None = None
    event_id: EventId | None = None
    #: The SDK that recorded the breadcrumb, in apps with several (mobile with JavaScript inside).
    origin: FilledText | None = None


class Breadcrumbs(Interface):
    """The breadcrumbs of an event."""

    values: OrRefused[Annotated[list[OrRefused[Breadcrumb]], rule(required=True)]] = None


_HINTS = typing.get_type_hints(Breadcrumb, include_extras=True)
_TYPE = _HINTS["type"] | msgspec.UnsetType
_UNCHANGED = [name for name in Breadcrumb.__struct_fields__ if name not in {"type", "other"}]
#: Breadcrumbs as sentry-python 0.x sends them, with `ty` for their type or beside it: C knows no second names.
OldBreadcrumb: Any = msgspec.defstruct(
    "OldBreadcrumb",
    [
        *((name, _HINTS[name], None) for name in _UNCHANGED),
        ("type", _TYPE, UNSET),
        ("ty", _TYPE, UNSET),
    ],
    forbid_unknown_fields=True,
    gc=False,
)
OldBreadcrumbs: Any = msgspec.defstruct("OldBreadcrumbs", [("values", list[OldBreadcrumb])], gc=False)


def renamed(found: Any) -> Breadcrumbs | None:
    """Give breadcrumbs out of old ones: `ty` counts where there is no `type`."""
    if found is None:
        return None
    crumbs: list[Breadcrumb | None] = []
    for old in found if type(found) is list else found.values:
        kind = old.ty if old.type is UNSET else old.type
        kept = {name: getattr(old, name) for name in _UNCHANGED}
        crumbs.append(Breadcrumb(type=None if kind is UNSET else kind, **kept))
    return Breadcrumbs(values=crumbs)


def _settle(crumbs: list[Breadcrumb], path: Path, reading: Reading) -> None:  # noqa: ARG001  (a settler's arguments)
    """Settle the times and the levels of breadcrumbs, and drop what is empty; there may be hundreds."""
    for crumb in crumbs:
        at: Any = crumb.timestamp
        if at is not None:
            crumb.timestamp = seconds = at.timestamp() if type(at) is datetime else in_micros(at)
            if not 0 <= seconds <= MAX_TIMESTAMP:
                if seconds > 0:
                    # By its offset the last day of the year 9999 is over.
                    raise Unsettled
                # A step drops it.
                reading.bounded -= {"breadcrumbs"}
        if crumb.level in _OTHER_LEVELS:
            crumb.level = _OTHER_LEVELS[crumb.level]
        data = crumb.data
        if data is not None and not data:
            crumb.data = None
        if crumb.type == "":
            crumb.type = None


#: raven-js says log, and Python's logging critical.
_OTHER_LEVELS: dict[Any, Any] = {"log": "info", "critical": "fatal"}


_NO_BREADCRUMB = Wrong("expected breadcrumb")


def _breadcrumb(value: Any, path: Path, reading: Reading) -> Any:
    if type(value) is not dict:
        reading.refuse(path, _NO_BREADCRUMB, value)
        return None
    crumb = read_attributes(Breadcrumb, value, path, reading)
    known = known_names(Breadcrumb)
    if not reading.keep_other and not known.keys() >= value.keys():
        for key in sorted(value.keys() - known.keys()):
            reading.notes.error((*path, key), "invalid_attribute")
    return crumb


SPECIAL[Breadcrumb] = _breadcrumb
register_values(Breadcrumbs, _settle)
