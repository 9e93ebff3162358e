"""From the notes on an event to its `errors`, in the order in which the values stand in the event."""

from collections.abc import Iterator
from typing import Any

from store_protocol.schema.base import Interface
from store_protocol.schema.convert import layout_of
from store_protocol.schema.notes import FieldError, Note, Notes, Path
from store_protocol.schema.processing_error import ProcessingError
from store_protocol.schema.rules import Unknown

#: The position of what an interface doesn't know.
_LAST = (2**31, "")
_ERROR_DATA = frozenset({"value", "reason", "attribute", "sdk_time", "server_time"})

# Where a wrapper around a value carries the error (`Tags` around a list, say) Relay visits it twice, once for the wrapper
# and once for what it wraps, and lists the error twice. Only where a value is left to visit.
_WRAPPED = frozenset(
    {
        *(("tags",), ("contexts",), ("request", "cookies"), ("contexts", "trace", "trace_id"), ("release",)),
        *(("logentry", "formatted"), ("logentry", "message")),
    }
)


def field_errors(value: Any, notes: Notes) -> list[FieldError]:
    """List the errors in the notes on an event in the order of its values."""
    return [
        FieldError(".".join(path), kind, data.get("reason"), note.original, data)
        for path, note in _walk(value, notes.root, ())
        for kind, data in note.errors
    ]


def processing_errors(value: Any, notes: Notes) -> list[tuple[ProcessingError, dict[str, Note]]]:
    """List the errors in the notes on an event as they stand in its `errors`, each with the notes on parts of its value."""
    entries: list[tuple[ProcessingError, dict[str, Note]]] = []
    for path, note in _walk(value, notes.root, ()):
        for index, (kind, data) in enumerate(note.errors):
            error = ProcessingError(type=kind, name=".".join(path), **_attributes(data))
            below: dict[str, Note] = {}
            if index == 0 and note.original is not None:
                # What the error itself says goes before.
                error.value = note.original if error.value is None else error.value
                below = note.below_original
            entries.append((error, below))
    return entries


def _attributes(data: dict[str, Any]) -> dict[str, Any]:
    known = {name: data[name] for name in data if name in _ERROR_DATA}
    other = {name: data[name] for name in data if name not in _ERROR_DATA}
    return {**known, "other": Unknown(other)} if other else known


def _walk(value: Any, note: Note, path: Path) -> Iterator[tuple[Path, Note]]:
    if note.errors:
        yield path, note
        if value is not None and _is_wrapped(path):
            yield path, note
    children = note.children
    if not children:
        return
    if isinstance(value, Interface):
        positions = layout_of(type(value)).positions
        other: Any = value.other or {}
        for key in (
            [*children] if len(children) == 1 else sorted(children, key=lambda key: (positions.get(key, _LAST), key))
        ):
            part = getattr(value, positions[key][1]) if key in positions else other.get(key)
            yield from _walk(part, children[key], (*path, key))
    elif isinstance(value, dict):
        for key in sorted(children):
            yield from _walk(value.get(key), children[key], (*path, key))
    elif isinstance(value, (list, tuple)):
        for key in sorted(children, key=_position):
            index = _position(key)
            yield from _walk(value[index] if index < len(value) else None, children[key], (*path, key))
    else:
        for key, child in children.items():
            yield from _walk(None, child, (*path, key))


def _position(key: str) -> int:
    return int(key) if key.isdecimal() else 2**63


def _is_wrapped(path: Path) -> bool:
    if path[-1:] == ("measurements",) or (len(path) <= 2 and path[:1] == ("breakdowns",)):
        return True
    if path[-1:] == ("1",) and path[-3:-2] == ("headers",):
        return True
    return path in _WRAPPED or (path[:1] == ("contexts",) and path[2:] == ("cookies",))
