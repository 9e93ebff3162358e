"""Tags: one value a key, none that the server sets itself, and old attributes that became tags."""

from store_protocol.normalize.job import Job
from store_protocol.schema.notes import Note
from store_protocol.schema.pairs import Pair

#: Tags that the server derives itself; a client's would be mistaken for them (Relay `normalize_event_tags`).
_INTERNAL = frozenset({"release", "dist", "user", "filename", "function", "device.class"})

_EMPTY = "expected a non-empty value"


def tags(job: Job) -> None:
    """Clean the tags, and make tags of the server's name and the site."""
    event = job.event
    given = event.tags or []
    noted = job.notes.find(("tags",))
    notes_before = noted.children if noted else {}
    notes_after: dict[str, Note] = {}
    seen: set[str | None] = set()
    kept: list[Pair | None] = []
    environment_seen = False
    for index, pair in enumerate(given):
        if pair is not None:
            key = pair[0]
            if key == "environment" and not environment_seen:
                # Legacy clients send the environment as a tag.
                environment_seen = True
                if event.environment is None:
                    event.environment = pair[1]
                continue
            if key in _INTERNAL or key in seen:
                continue
            seen.add(key)
            if key == "" or pair[1] == "":
                note = notes_before.setdefault(str(index), Note())
                for side, text in (("0", key), ("1", pair[1])):
                    if text == "":
                        note.children[side] = Note(errors=[("invalid_data", {"reason": _EMPTY})])
                pair = (key or None, pair[1] or None)  # noqa: PLW2901
        if notes_before and str(index) in notes_before:
            notes_after[str(len(kept))] = notes_before[str(index)]
        kept.append(pair)
    if noted is not None:
        noted.children = notes_after
    elif notes_after:
        job.notes.at(("tags",)).children = notes_after
    if event.server_name is not None:
        _set(kept, "server_name", event.server_name)
        event.server_name = None
    if event.site is not None:
        _set(kept, "site", event.site)
        event.site = None
    if kept or (noted is not None and noted.errors):
        event.tags = kept
    else:
        event.tags = None


def _set(pairs: list[Pair | None], key: str, value: str) -> None:
    for index, pair in enumerate(pairs):
        if pair is not None and pair[0] == key:
            pairs[index] = (key, value)
            return
    pairs.append((key, value))
