"""Integers beyond 64 bits, which Python's and Ruby's serializers write: the one fault that a decoded value still tells.

Reading the text token by token takes ten times as long as decoding it. Where nothing else is wrong, the value says which
integers are too big, and the text where they stand: all that look like one are there in the same order. If they aren't, as
where a string holds what looks like one, or where of equal keys only the last is left, the text is read after all.
"""

from collections.abc import Callable
from typing import Any

from store_protocol.json_types import MAX_INTEGER, MIN_INTEGER
from store_protocol.payload.repairs import MAX_REPAIRS, MAX_TOKEN, Repair, path_of
from store_protocol.payload.strings import blank

# With all digits alike, a run of them is found by a plain search, at a tenth of what an expression takes.
_ALIKE = bytes.maketrans(b"123456789", b"000000000")
_RUN = b"0" * 19
#: Containers that are gone through whatever the size of the text, and bytes for each one more: of a text of nothing but
#: containers reading costs less. Recorded events have one for every 40 bytes or more.
_FREE_CONTAINERS, _BYTES_OF_CONTAINER = 40, 24
#: Digits of an integer that is looked at; longer ones are left to the text.
_MOST = 400
_SPACE, _BEFORE, _AFTER = b" \t\r\n", (b":", b",", b"["), (b",", b"]", b"}")


def repair_integers(text: bytes, value: Any, *, levels: int) -> tuple[bytes, tuple[Repair, ...]] | None:
    """Turn the integers of a value that are beyond 64 bits into strings, in place; return the text for it, and the repairs.

    `value` is what `text` stands for. None, with the value as it was, where that can't be told without reading the text, or
    where there are more than `levels` containers in each other, or very many.

    >>> value = {"a": [1, 2**64]}
    >>> repaired, repairs = repair_integers(b'{"a": [1, 18446744073709551616]}', value, levels=2)
    >>> repaired, value
    (b'{"a": [1, "18446744073709551616"]}', {'a': [1, '18446744073709551616']})
    >>> repairs
    (Repair(kind='big_integer', path='$.a[1]', offset=10, text='18446744073709551616'),)
    """
    containers = text.count(b"[") + text.count(b"{")
    if containers <= levels and not has_long_integers(text):
        # No integer has as many digits, and no container can be too deep.
        return text, ()
    if containers > _FREE_CONTAINERS + len(text) // _BYTES_OF_CONTAINER:
        return None
    found: list[tuple[Any, Any, tuple[str | int, ...]]] = []
    if not _collect(value, levels, (), found.append) or len(found) > MAX_REPAIRS:
        return None
    tokens = _tokens(text, text.translate(_ALIKE))
    if [int(token) for _, token in tokens] != [holder[place] for holder, place, _ in found]:
        return None
    repairs = []
    pieces = []
    end = 0
    for (start, token), (holder, place, path) in zip(tokens, found, strict=True):
        holder[place] = token
        repairs.append(Repair("big_integer", path_of(path), start, token[:MAX_TOKEN]))
        pieces.append(b'%b"%b"' % (text[end:start], token.encode()))
        end = start + len(token)
    return b"".join((*pieces, text[end:])), tuple(repairs)


def has_long_integers(text: bytes) -> bool:
    """Return whether there are as many digits in a row as an integer beyond 64 bits has."""
    return _RUN in text.translate(_ALIKE)


def quote_integers(text: bytes) -> bytes:
    r"""Return a text with its integers beyond 64 bits as strings, itself where it has none, or very many.

    >>> quote_integers(rb'["\", [18446744073709551616, ", 18446744073709551616]')
    b'["\\", [18446744073709551616, ", "18446744073709551616"]'
    """
    alike = text.translate(_ALIKE)
    if alike.count(_RUN) > MAX_REPAIRS:
        return text
    pieces = []
    # Without escaped quotes, an odd number of quotes stands before what is in a string.
    shown = blank(text).replace(b'\\"', b"\0\0")
    end = counted = quotes = 0
    for start, token in _tokens(text, alike):
        quotes += shown.count(b'"', counted, start)
        counted = start
        if quotes % 2 == 0:
            pieces.append(b'%b"%b"' % (text[end:start], token.encode()))
            end = start + len(token)
    return b"".join((*pieces, text[end:])) if pieces else text


def _tokens(text: bytes, alike: bytes) -> list[tuple[int, str]]:
    """Return what looks like an integer beyond 64 bits, with the position of each; in `alike` all digits are alike."""
    found = []
    end = 0
    while (start := alike.find(_RUN, end)) >= 0:
        end = start + len(alike[start : start + _MOST]) - len(alike[start : start + _MOST].lstrip(b"0"))
        start -= text[start - 1 : start] == b"-"
        token = text[start:end].decode()
        # A value stands between these; what stands before it is near, but for white space that nobody writes much of.
        around = text[max(0, start - 16) : start].rstrip(_SPACE), text[end : end + 16].lstrip(_SPACE)
        if around[0].endswith(_BEFORE) and around[1].startswith(_AFTER) and not MIN_INTEGER <= int(token) <= MAX_INTEGER:
            found.append((start, token))
    return found


def _collect(
    value: Any, levels: int, path: tuple[str | int, ...], add: Callable[[tuple[Any, Any, tuple[str | int, ...]]], None]
) -> bool:
    """Add the holders and places of big integers, in the order of the text; say whether no container is too deep."""
    if type(value) is dict:
        parts: Any = value.items()
    elif type(value) is list:
        parts = enumerate(value)
    else:
        return type(value) is not int
    if levels == 0:
        return False
    for place, part in parts:
        kind = type(part)
        if kind is str:
            continue
        if kind is int:
            if not MIN_INTEGER <= part <= MAX_INTEGER:
                add((value, place, (*path, place)))
        elif (kind is dict or kind is list) and not _collect(part, levels - 1, (*path, place), add):
            return False
    return True
