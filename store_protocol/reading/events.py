"""A whole event from plain objects: what can be taken of it, and everything that is wrong with it."""

from typing import Any

from store_protocol.convert.context import ConvertContext
from store_protocol.convert.readers import known_names, read_attributes
from store_protocol.meta.tree import MetaTree
from store_protocol.payload import parse_payload
from store_protocol.payload.objects import repair_objects
from store_protocol.reading.error_list import processing_errors
from store_protocol.schema.event import Event
from store_protocol.schema.processing_error import ProcessingError

# Attributes that servers of other versions wrote; they are dropped without a word.
LEGACY_IGNORED = frozenset({"metadata", "hashes", "applecrashreport", "device", "repos", "query"})


def convert_event(payload: dict[str, Any], context: ConvertContext) -> Event:
    """Type an event; what can't be taken is noted in `context` and left out."""
    event: Event = read_attributes(Event, payload, (), context)
    if not context.keep_unknown:
        known = known_names(Event)
        for key in payload:
            if key not in known and key not in LEGACY_IGNORED:
                context.meta_tree.error((key,), "invalid_attribute")
    return event


def parse_event(payload: Any) -> Event:
    """Type an event leniently, without normalizing it.

    `payload` is JSON (bytes or str) or the objects that it stands for; it isn't changed. A wrong value becomes None, with
    an entry in the event's `errors` and `_meta`; anything but an object gives an event that says just that. Raises
    `PayloadError` for text that is no JSON, and for what is nested deeper than the default of `Limits.max_depth`.

    >>> parse_event({"message": "hello", "level": "loud"}).errors
    [ProcessingError(type='invalid_data', name='level', value='loud', reason='invalid level')]
    """
    meta_tree = MetaTree()
    is_text = isinstance(payload, (bytes, bytearray, memoryview, str))
    payload = parse_payload(payload) if is_text else repair_objects(payload)
    if isinstance(payload, dict):
        event = convert_event(payload, ConvertContext(meta_tree))
    else:
        event = Event()
        if payload is not None:
            meta = meta_tree.error((), "invalid_data", "expected event", value=payload)
            # What is said of the event itself is listed by no path.
            value = None if meta is None else meta.original
            event.errors = [ProcessingError(type="invalid_data", name="", value=value, reason="expected event")]
    list_errors(event, meta_tree)
    write_meta(event, meta_tree)
    return event


def list_errors(event: Event, meta_tree: MetaTree) -> None:
    """Add to the `errors` of an event what was noted of its values, while these stand where they stood."""
    if meta_tree:
        given = event.errors or []
        errors, below = processing_errors(event, meta_tree)
        for index, children in below.items():
            meta_tree.at(("errors", str(len(given) + index), "value")).children.update(children)
        event.errors = [*given, *errors] or event.errors


def write_meta(event: Event, meta_tree: MetaTree) -> None:
    """Write what was noted into the `_meta` of an event."""
    if meta_tree:
        event._meta = meta_tree.root.to_meta() or None  # noqa: SLF001  (public by contract: its name on the wire)
