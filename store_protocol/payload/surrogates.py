"""Lone surrogates, which JavaScript and Python write where they cut a string: the one fault of most texts that have it.

Reading the text token by token takes five times as long as decoding it. Where nothing else is wrong, the text says where
the faults stand, and the decoded value which strings have them: a character that no text has stands for each, and all
strings are there in the same order. If they aren't, as where of equal keys only the last is left, the text is read after
all.
"""

from collections.abc import Callable
from typing import Any

from store_protocol.json_types import is_plain_number
from store_protocol.payload.repairs import BYTES_OF_REPAIR, FREE_REPAIRS, MAX_REPAIRS, Repair, path_of
from store_protocol.payload.strings import REPLACEMENT, blank, lone_surrogates, without_lone_surrogates, without_quotes

#: What no character is, by Unicode.
_MARK = "\ufffe"
_MARK_BYTES = _MARK.encode()
_REPLACEMENT = REPLACEMENT.decode()


def repair_surrogates(
    text: bytes, decode: Callable[[bytes], Any], *, levels: int
) -> tuple[bytes, tuple[Repair, ...]] | None:
    r"""Put U+FFFD for the lone surrogates of a text; return the text, and the repairs.

    None where that can't be told without reading the text, or where something else has to be repaired, or there are more
    than `levels` containers in each other. Raises what `decode` does for what has not the grammar of JSON.

    >>> import msgspec
    >>> repair_surrogates(rb'{"a": ["\ud83d"]}', msgspec.json.decode, levels=2)
    (b'{"a": ["\xef\xbf\xbd"]}', (Repair(kind='surrogate', path='$.a[0]', offset=8, text='\\ud83d'),))
    """
    if _MARK_BYTES in text or (marked := without_lone_surrogates(text, _MARK_BYTES)) is text:
        return None
    faults = lone_surrogates(text)
    if len(faults) > min(MAX_REPAIRS, FREE_REPAIRS + len(text) // BYTES_OF_REPAIR):
        return None
    paths: list[tuple[str | int, ...]] = []
    sizes: list[int] = []
    if not _collect(decode(marked), levels, (), paths.append, sizes.append) or len(paths) != len(faults):
        return None
    # Of equal keys the last value stands in the place of the first.
    if sum(sizes) != b"".join(without_quotes(blank(text)).split(b'"')[::2]).count(b":"):
        return None
    found = zip(paths, faults, strict=True)
    repairs = [Repair("surrogate", path_of(path), offset, fault.decode()) for path, (offset, fault) in found]
    return marked.replace(_MARK_BYTES, REPLACEMENT), tuple(repairs)


def _collect(
    value: Any,
    levels: int,
    path: tuple[str | int, ...],
    add: Callable[[tuple[str | int, ...]], None],
    add_size: Callable[[int], None],
) -> bool:
    """Add the places of marked strings, in the order of the text, and the sizes of objects.

    Say whether nothing else has to be repaired.
    """
    kind = type(value)
    if kind is dict:
        parts: Any = value.items()
        add_size(len(value))
    elif kind is list:
        parts = enumerate(value)
    else:
        if kind is str:
            add(path)
        return True
    if levels == 0:
        return False
    for place, part in parts:
        at = place
        if kind is dict and _MARK in place:
            at = place.replace(_MARK, _REPLACEMENT)
            add((*path, at))
        inner = type(part)
        if inner is str:
            if _MARK in part:
                add((*path, at))
        elif inner is dict or inner is list:
            if (part or levels == 1) and not _collect(part, levels - 1, (*path, at), add, add_size):
                return False
        elif not is_plain_number(part):
            return False
    return True
