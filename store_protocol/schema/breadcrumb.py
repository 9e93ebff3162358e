"""Breadcrumbs: what happened before the event, oldest first."""

from typing import Annotated, Any

import msgspec

from store_protocol.schema.base import Interface
from store_protocol.schema.convert import SPECIAL, Reading, known_names, read_attributes
from store_protocol.schema.mending import mender_of
from store_protocol.schema.notes import Path
from store_protocol.schema.rules import MEDIUM, EventId, FilledText, Level, OrRefused, Timestamp, rule, text
from store_protocol.schema.values import register_values
from store_protocol.schema.wrong import Wrong


class Breadcrumb(Interface, forbid_unknown_fields=True):
    """One thing that happened before the event."""

    timestamp: Timestamp | None = None
    type: Annotated[str, text(128, skip_empty=True)] | None = None
    category: Annotated[str, text(128)] | None = None
    level: Level | None = None
    message: Annotated[str, text(8192, 200)] | None = None
    data: Annotated[dict[str, Any], rule(bag=MEDIUM, skip_empty=True)] | None = None
    event_id: EventId | None = None
    #: The SDK that recorded the breadcrumb, in apps with several (mobile with JavaScript inside).
    origin: FilledText | None = None


class Breadcrumbs(Interface):
    """The breadcrumbs of an event."""

    values: OrRefused[Annotated[list[OrRefused[Breadcrumb]], rule(required=True)]]


def _mender() -> Any:
    return mender_of(Breadcrumb)


def _breadcrumb(value: Any, path: Path, reading: Reading) -> Any:
    if type(value) is not dict:
        reading.refuse(path, Wrong("expected breadcrumb"), value)
        return None
    if not reading.keep_other:
        try:
            return msgspec.convert(_mender().mend(value), Breadcrumb)
        except (msgspec.ValidationError, RecursionError):
            pass
    crumb = read_attributes(Breadcrumb, value, path, reading)
    if not reading.keep_other:
        known = known_names(Breadcrumb)
        for key in sorted(value):
            if key not in known:
                reading.notes.error((*path, key), "invalid_attribute")
    return crumb


SPECIAL[Breadcrumb] = _breadcrumb
register_values(Breadcrumbs)
