"""Tags: one value a key, none that the server sets itself, and old attributes that became tags."""

from store_protocol.convert.pairs import Pair
from store_protocol.meta.tree import Note
from store_protocol.normalize.context import Job

#: Tags that the server derives itself; a client's would be mistaken for them (Relay `normalize_event_tags`).
_INTERNAL = frozenset({"release", "dist", "user", "filename", "function", "device.class"})

_EMPTY = "expected a non-empty value"


def tags(job: Job) -> None:
    """Clean the tags, and make tags of the server's name and the site."""
    event = job.event
    noted = job.notes.find(("tags",))
    notes = noted.children if noted else {}
    kept, kept_notes = _clean(job, event.tags, notes) if event.tags else ([], {})
    if noted is not None:
        noted.children = kept_notes
    elif kept_notes:
        job.notes.at(("tags",)).children = kept_notes
    for name in ("server_name", "site"):
        value = getattr(event, name)
        note = job.notes.take((name,))
        if value is not None:
            at = ("tags", str(_set(kept, name, value)))
            job.notes.put(at, None if note is None else Note(children={"1": note}))
            setattr(event, name, None)
    event.tags = kept if kept or (noted is not None and noted.errors) else None


def _clean(job: Job, given: list[Pair | None], notes: dict[str, Note]) -> tuple[list[Pair | None], dict[str, Note]]:
    """Return the tags that stay, and the notes on them; an environment becomes the event's, as legacy clients mean it."""
    seen: set[str | None] = set()
    kept: list[Pair | None] = []
    kept_notes: dict[str, Note] = {}
    has_environment = False
    for index, pair in enumerate(given):
        if pair is not None:
            key, value = pair
            if key == "environment" and not has_environment:
                has_environment = True
                if job.event.environment is None:
                    job.event.environment = value
                continue
            if key in _INTERNAL:
                continue
            if key is not None or not _is_refused(job, notes.get(str(index))):
                if key in seen:
                    continue
                seen.add(key)
            if key == "" or value == "":
                if job.notes.budget.list_error():
                    empty = [side for side, text in (("0", key), ("1", value)) if text == ""]
                    notes.setdefault(str(index), Note()).children.update({side: _empty() for side in empty})
                pair = (key or None, value or None)  # noqa: PLW2901
        if notes and (note := notes.get(str(index))) is not None:
            kept_notes[str(len(kept))] = note
        kept.append(pair)
    return kept, kept_notes


def _is_refused(job: Job, note: Note | None) -> bool:
    """Return whether a tag without a key had one that was refused, as far as notes tell: no other tag has the same.

    Where errors are no longer listed, it may have had one.
    """
    return bool(note is not None and "0" in note.children) or job.notes.budget.unlisted_errors > 0


def _empty() -> Note:
    return Note(errors=(("invalid_data", {"reason": _EMPTY}),))


def _set(pairs: list[Pair | None], key: str, value: str) -> int:
    """Set a tag, in the place of one that is there, and give its position."""
    for index, pair in enumerate(pairs):
        if pair is not None and pair[0] == key:
            pairs[index] = (key, value)
            return index
    pairs.append((key, value))
    return len(pairs) - 1
