"""Texts in parts, by what is remarked of them: one that was masked or put in the place of something isn't cut in two."""

from typing import Any

ELLIPSIS = "..."
_CUT = ("!limit", "s")

#: A part of a text, and the rule and the kind of the remark on it.
_Part = tuple[str, tuple[Any, ...] | None]


def trim_text(
    text: str, remarks: tuple[list[Any], ...], max_chars: int, hard_limit: int
) -> tuple[str, tuple[list[Any], ...]]:
    """Cut a text to a number of characters, three dots at its end included, and give the remarks that still hold.

    A part that is remarked on stays whole where no more than `hard_limit` comes of it, and goes otherwise. Remarks on no
    part say nothing of the new text, and go.

    >>> trim_text("abcdefgh", (["rule", "m", 0, 2],), 6, 6)
    ('abc...', (['rule', 'm', 0, 2], ['!limit', 's', 3, 6]))
    >>> trim_text("abcdefgh", (["rule", "m", 2, 7],), 6, 6)
    ('ab...', (['!limit', 's', 2, 5],))
    """
    kept: list[_Part] = []
    length = 0
    for part, remark in _parts(text, remarks):
        if length + len(part) < max_chars:
            kept.append((part, remark))
            length += len(part)
            continue
        if remark is None:
            kept.append((part[: max(0, max_chars - len(ELLIPSIS) - length)], None))
        elif length + len(part) + len(ELLIPSIS) < hard_limit:
            kept.append((part, remark))
        break
    start, held = 0, []
    for part, remark in (*kept, (ELLIPSIS, _CUT)):
        end = start + len(part.encode())
        if remark is not None:
            held.append([*remark, start, end])
        start = end
    return "".join(part for part, _ in kept) + ELLIPSIS, tuple(held)


def _parts(text: str, remarks: tuple[list[Any], ...]) -> list[_Part]:
    """Take a text apart at the ranges of its remarks, which count bytes, up to the first that isn't one of its parts.

    SDKs that count characters send such ranges for texts that aren't ASCII.
    """
    data = text.encode()
    parts: list[_Part] = []
    position = 0
    for rule, kind, *ends in remarks:
        if not ends:
            continue
        start, end = ends
        before = _slice(data, position, start)
        if before is None:
            break
        if before:
            parts.append((before, None))
            position = start
        part = _slice(data, start, end)
        if part is None:
            break
        parts.append((part, (rule, kind)))
        position = end
    rest = data[position:].decode()
    return [*parts, (rest, None)] if rest else parts


def _slice(data: bytes, start: int, end: int) -> str | None:
    """Return a part of a text; None for a range that isn't one."""
    if not start <= end <= len(data):
        return None
    try:
        return data[start:end].decode()
    except UnicodeDecodeError:
        return None
