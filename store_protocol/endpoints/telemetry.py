"""Logs and spans that came in other forms, gathered in the one item in which SDKs send them (Relay `ItemContainer`)."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

from store_protocol.budget import Budget
from store_protocol.errors import LimitExceeded, over_limit
from store_protocol.items.envelope_item import EnvelopeItem

_encode = msgspec.json.Encoder().encode


class Kind(NamedTuple):
    """What a container holds: the type of its item, and its media type."""

    item_type: str
    media_type: str


LOGS = Kind("log", "application/vnd.sentry.items.log+json")
SPANS = Kind("span", "application/vnd.sentry.items.span.v2+json")


class Shared:
    """Attributes that many records have in common, written once."""

    def __init__(self, attributes: dict[str, Any]) -> None:
        self.attributes = attributes
        self.text = _encode(attributes)[1:-1]


_NOTHING_SHARED = Shared({})


class Container:
    """Gathers logs or spans, as many bytes of them as a container may have."""

    def __init__(self, kind: Kind, budget: Budget, *, settings: dict[str, Any] | None = None) -> None:
        self._kind, self._budget, self._settings = kind, budget, settings
        self._texts: list[bytes] = []

    def add(self, record: dict[str, Any], attributes: dict[str, Any], shared: Shared = _NOTHING_SHARED) -> None:
        """Add a log or a span with its attributes; raise `LimitExceeded` where the container has no room for it.

        What it has in common with others came in once and is written for each: it is taken from the limit before it is.
        """
        if not self._budget.take("max_container_bytes", len(shared.text)):
            raise self._full()
        if shared.attributes.keys().isdisjoint(attributes):
            own = _encode(attributes)[1:-1]
        else:
            own, shared = _encode({**shared.attributes, **attributes})[1:-1], _NOTHING_SHARED
        both = b",".join([text for text in (shared.text, own) if text])
        text = b'%b,"attributes":{%b}}' % (_encode(record)[:-1], both)
        if not self._budget.take("max_container_bytes", len(text) - len(shared.text)):
            raise self._full()
        self._texts.append(text)

    def _full(self) -> LimitExceeded:
        what = f"the items of the type {self._kind.item_type} have more bytes"
        return over_limit(what, "max_container_bytes", self._budget.limits)

    def items(self) -> Iterator[EnvelopeItem]:
        """Yield the item that holds what was gathered, if there is something."""
        if not self._texts:
            return
        settings = b"" if self._settings is None else b'"version":2,"ingest_settings":%b,' % _encode(self._settings)
        headers = {
            "type": self._kind.item_type,
            "item_count": len(self._texts),
            "content_type": self._kind.media_type,
        }
        data = b"".join((b"{", settings, b'"items":[', b",".join(self._texts), b"]}"))
        yield EnvelopeItem(self._kind.item_type, headers, data)
