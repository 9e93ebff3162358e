"""Sample payloads: what SDKs and browsers send, for tests, demonstrations and first tries.

There is an event of each platform, an item of each type that envelopes hold, and a report of each kind that browsers send.
All are valid. docs/samples.md says how each was made.

>>> from store_protocol import normalize_event, samples
>>> samples.names("event")[:3]
('android', 'cocoa', 'csharp')
>>> normalize_event(samples.load("python")).exception.values[0].value
'only 0 of pear left'
>>> samples.get("check_in").item().decode().monitor_slug
'restock'
"""

import importlib.resources
from typing import Any, Literal, TypeAlias

import msgspec

from store_protocol.first_use import build_type_info
from store_protocol.items.envelope_item import EnvelopeItem
from store_protocol.samples.times import at

#: What a sample is: an event, another item of an envelope, or what a browser reports.
Kind: TypeAlias = Literal["event", "item", "report"]

__all__ = ["Sample", "get", "load", "names"]


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """A sample payload, and what there is to know of it."""

    #: As `get` and `load` take it; that of an event is its platform.
    name: str
    kind: Kind
    #: The type of the item that holds it (`event`, `check_in`); of a report that of the Reporting API (`csp-violation`).
    type: str
    #: Those of the item, but for its type and length; for a report, its `content_type`.
    headers: dict[str, Any]
    #: What it shows, in a sentence.
    description: str
    #: The SDK or browser that it was recorded from, or what it was written after.
    made_by: str
    #: The payload as it is sent.
    data: bytes

    def item(self) -> EnvelopeItem:
        """Return the item of an envelope that holds the payload: what a browser reports is `raw_security`.

        >>> get("log").item().headers["content_type"]
        'application/vnd.sentry.items.log+json'
        """
        kind = "raw_security" if self.kind == "report" else self.type
        return EnvelopeItem(kind, {"type": kind, **self.headers}, self.data)


class _Entry(msgspec.Struct, forbid_unknown_fields=True):
    """What data/index.json says of a sample."""

    kind: Kind
    type: str
    file: str
    headers: dict[str, Any]
    description: str
    made_by: str


def names(kind: Kind | None = None) -> tuple[str, ...]:
    """Return the names of all samples, or of those of a kind, in order.

    >>> "transaction" in names("item"), "csp" in names("report")
    (True, True)
    """
    return tuple(name for name, entry in sorted(_index().items()) if kind in {None, entry.kind})


def load(name: str, *, now: float | None = None, event_id: str | None = None) -> bytes:
    r"""Return the payload of a sample as it is sent: `get(name).data`.

    The arguments are those of `get`, and so is the error.

    >>> load("attachment")
    b'apple 3\npear 0\n'
    """
    return get(name, now=now, event_id=event_id).data


def get(name: str, *, now: float | None = None, event_id: str | None = None) -> Sample:
    """Return a sample.

    A sample happened when it was recorded, and always has the same id. `now`, in seconds since the epoch, moves all of its
    times so that the last one is `now`: servers take no events that are a month old. `event_id` replaces its own, of which
    servers take each once. Both change nothing in payloads that are no JSON object.

    Raises `ValueError` for a name that no sample has.

    >>> from store_protocol import parse_event
    >>> parse_event(get("go", now=1795392000.0).data).timestamp
    1795392000.0
    """
    entry = _index().get(name)
    if entry is None:
        message = f"no sample is named {name!r}: there are {', '.join(names())}"
        raise ValueError(message)
    data = (_FOLDER / entry.file).read_bytes()
    if (now is not None or event_id is not None) and entry.file.endswith(".json"):
        payload = msgspec.json.decode(data)
        if now is not None:
            payload = at(payload, now)
        if event_id is not None and isinstance(payload, dict) and "event_id" in payload:
            payload["event_id"] = event_id
        data = msgspec.json.encode(payload)
    return Sample(
        name=name,
        kind=entry.kind,
        type=entry.type,
        headers=entry.headers,
        description=entry.description,
        made_by=entry.made_by,
        data=data,
    )


build_type_info(_Entry)
_FOLDER = importlib.resources.files(__name__) / "data"


def _index() -> dict[str, _Entry]:
    return msgspec.json.decode((_FOLDER / "index.json").read_bytes(), type=dict[str, _Entry])
