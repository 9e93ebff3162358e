"""The type of events that were normalized, in which what normalization always fills is not None."""

from typing import TYPE_CHECKING, Any

from store_protocol.schema.event import Event
from store_protocol.schema.types import EventId, Level, Timestamp

if TYPE_CHECKING:

    class NormalizedEvent(Event, kw_only=True):
        """An event as normalization gives it: for type checkers what it always fills is not None.

        At run time it is `Event` itself, so that it compares, pickles and encodes as one. Other attributes may be None.

        Those that are filled are None all the same in two cases: of what is no object, such as `b"5"`, `normalize_event`
        gives an event with nothing but `_meta`, as Relay does, while `decode_request` refuses it; and with
        `NormalizeOptions.is_renormalize` nothing is filled.

        `decode_event` gives an `Event`, since it reads any; `typing.cast` tells type checkers that one was normalized.
        """

        event_id: EventId
        level: Level
        type: str
        logger: str
        platform: str
        timestamp: Timestamp
        received: Timestamp
        contexts: dict[str, Any]

else:
    NormalizedEvent = Event
