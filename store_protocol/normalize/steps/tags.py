"""Tags: one value a key, none that the server sets itself, and old attributes that became tags."""

from store_protocol.convert.pairs import Pair
from store_protocol.meta.tree import Meta
from store_protocol.normalize.context import Normalization, acts_on

#: Tags that the server derives itself; a client's would be mistaken for them (Relay `normalize_event_tags`).
_INTERNAL = frozenset({"release", "dist", "user", "filename", "function", "device.class"})

_EMPTY = "expected a non-empty value"


@acts_on("tags", "server_name", "site", noted=True)
def tags(normalization: Normalization) -> None:
    """Clean the tags, and make tags of the server's name and the site."""
    event = normalization.event
    noted = normalization.meta_tree.find(("tags",))
    metas = noted.children if noted else {}
    kept, kept_metas = _clean(normalization, event.tags, metas) if event.tags else ([], {})
    if noted is not None:
        noted.children = kept_metas
    elif kept_metas:
        normalization.meta_tree.at(("tags",)).children = kept_metas
    for name in ("server_name", "site"):
        value = getattr(event, name)
        meta = normalization.meta_tree.take((name,))
        if value is not None:
            at = ("tags", str(_set(kept, name, value)))
            normalization.meta_tree.put(at, None if meta is None else Meta(children={"1": meta}))
            setattr(event, name, None)
    event.tags = kept if kept or (noted is not None and noted.own_meta()) else None


def _clean(
    normalization: Normalization, given: list[Pair | None], metas: dict[str, Meta]
) -> tuple[list[Pair | None], dict[str, Meta]]:
    """Return the tags that stay and what is said of them; an environment becomes the event's, as legacy clients mean it."""
    seen: set[str | None] = set()
    kept: list[Pair | None] = []
    kept_metas: dict[str, Meta] = {}
    has_environment = False
    for index, pair in enumerate(given):
        if pair is not None:
            key, value = pair
            if key == "environment" and not has_environment:
                has_environment = True
                if normalization.event.environment is None:
                    normalization.event.environment = value
                continue
            if key in _INTERNAL:
                continue
            if key is not None or not _is_refused(normalization, metas.get(str(index))):
                if key in seen:
                    continue
                seen.add(key)
            if key == "" or value == "":
                if normalization.meta_tree.budget.list_error():
                    empty = [side for side, text in (("0", key), ("1", value)) if text == ""]
                    metas.setdefault(str(index), Meta()).children.update({side: _empty() for side in empty})
                pair = (key or None, value or None)  # noqa: PLW2901
        if metas and (meta := metas.get(str(index))) is not None:
            kept_metas[str(len(kept))] = meta
        kept.append(pair)
    return kept, kept_metas


def _is_refused(normalization: Normalization, meta: Meta | None) -> bool:
    """Return whether a tag without a key had one that was refused, as far as these tell: no other tag has the same.

    Where errors are no longer listed, it may have had one.
    """
    return bool(meta is not None and "0" in meta.children) or normalization.meta_tree.budget.unlisted_errors > 0


def _empty() -> Meta:
    return Meta(errors=(("invalid_data", {"reason": _EMPTY}),))


def _set(pairs: list[Pair | None], key: str, value: str) -> int:
    """Set a tag, in the place of one that is there, and give its position."""
    for index, pair in enumerate(pairs):
        if pair is not None and pair[0] == key:
            pairs[index] = (key, value)
            return index
    pairs.append((key, value))
    return len(pairs) - 1
