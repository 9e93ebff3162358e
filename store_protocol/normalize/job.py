"""What every step of normalization works on."""

from collections.abc import Callable
from typing import Any

from store_protocol.normalize.options import NormalizeOptions
from store_protocol.schema.convert import fields_of
from store_protocol.schema.event import Event
from store_protocol.schema.notes import Notes


class Job:
    """One event on its way through the steps: the event, the notes on it, and what the steps may know.

    `payload` holds the objects that the event was read from, and must not be changed. `received_at` is in
    seconds since the epoch; `new_id` gives a new id of 32 hex digits.
    """

    __slots__ = ("event", "new_id", "notes", "options", "payload", "received_at")

    def __init__(
        self,
        payload: dict[str, Any],
        event: Event,
        notes: Notes,
        options: NormalizeOptions,
        received_at: float,
        new_id: Callable[[], str],
    ) -> None:
        self.payload = payload
        self.event = event
        self.notes = notes
        self.options = options
        self.received_at = received_at
        self.new_id = new_id

    def raw(self, name: str, index: int | None = None) -> Any:
        """Give what the client sent for an attribute of the event, or for one of its `values`."""
        aliases = next(field.rule.aliases for field in fields_of(Event) if field.wire == name)
        found = next((self.payload[key] for key in (name, *aliases) if key in self.payload), None)
        if index is None:
            return found
        if isinstance(found, dict):
            found = found.get("values", [found])
        return found[index] if isinstance(found, list) and index < len(found) else None


Step = Callable[[Job], None]
