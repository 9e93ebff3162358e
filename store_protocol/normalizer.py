"""Normalization by the interface of Relay's Python package, for those who come from there."""

from typing import Any

import msgspec

from store_protocol.encode import encode_event
from store_protocol.normalize import NormalizeOptions, normalize_event


class StoreNormalizer:
    """What `sentry_relay.processing.StoreNormalizer` is, by the same interface: objects in, plain objects out.

    The keyword arguments are the attributes of `NormalizeOptions`; others raise `TypeError`.

    >>> StoreNormalizer(project_id=1).normalize_event({"level": "log"})["level"]
    'info'
    """

    def __init__(self, **options: Any) -> None:
        self.options = NormalizeOptions(**options)

    def normalize_event(self, event: dict[str, Any] | None = None, raw_event: bytes | str | None = None) -> dict[str, Any]:
        """Return the canonical form of an event: of `raw_event`, its JSON text, or else of `event`.

        Raises `PayloadError` for text that is no JSON, and `InvalidEvent` for an event that must not be taken at all.
        """
        normalized = normalize_event(event if raw_event is None else raw_event, self.options)
        plain: dict[str, Any] = msgspec.json.decode(encode_event(normalized))
        return plain
