"""From the notes on an event to its `errors`, in the order in which the values stand in the event."""

from collections.abc import Iterator
from typing import Any

from store_protocol.schema.base import Interface
from store_protocol.schema.convert import fields_of
from store_protocol.schema.notes import FieldError, Note, Notes, Path

# Where a wrapper around a value carries the error (`Tags` around a list, say) Relay visits it twice, once for the wrapper
# and once for what it wraps, and lists the error twice. Only where a value is left to visit.
_WRAPPED = frozenset({("tags",), ("contexts",), ("measurements",), ("request", "cookies")})


def field_errors(value: Any, notes: Notes) -> list[FieldError]:
    """List the errors in the notes on an event in the order of its values."""
    return [
        FieldError(".".join(path), kind, data.get("reason"), note.original, data)
        for path, note in _walk(value, notes.root, ())
        for kind, data in note.errors
    ]


class Entry(dict[str, Any]):
    """One of an event's `errors`, and what was said of the parts of its value."""

    below: dict[str, Note] = {}  # noqa: RUF012  (replaced, never changed)

    def below_value(self) -> dict[str, Any]:
        """Give what was said of the parts of the value, as it stands in `_meta`."""
        return {key: meta for key, note in self.below.items() if (meta := note.to_meta())}


def error_entries(value: Any, notes: Notes) -> list[Entry]:
    """List the errors in the notes on an event as they stand in its `errors`."""
    entries: list[Entry] = []
    for path, note in _walk(value, notes.root, ()):
        for index, (kind, data) in enumerate(note.errors):
            entry = Entry(type=kind, name=".".join(path))
            if index == 0 and note.original is not None:
                entry["value"] = note.original
                entry.below = note.below_original
            entry.update(data)
            entries.append(entry)
    return entries


def _walk(value: Any, note: Note, path: Path) -> Iterator[tuple[Path, Note]]:
    if note.errors:
        yield path, note
        if value is not None and _is_wrapped(path):
            yield path, note
    children = note.children
    if not children:
        return
    if isinstance(value, Interface):
        for field in fields_of(type(value)):
            if (child := children.get(field.wire)) is not None:
                yield from _walk(getattr(value, field.name), child, (*path, field.wire))
        known = {field.wire for field in fields_of(type(value))}
        other: dict[str, Any] = value.other or {}
        for key in sorted(children.keys() - known):
            yield from _walk(other.get(key), children[key], (*path, key))
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
    return path in _WRAPPED or (path[:2] == ("request", "headers") and path[-1] == "1" and len(path) == 4)
