"""What was repaired in a body, for whoever asks: each repair with its place, and bounds on how many are listed."""

import re
from collections.abc import Iterable
from typing import Final

import msgspec

from store_protocol.first_use import build_type_info
from store_protocol.payload.charsets import DecodedText

#: Entries in a list of repairs; a body of 1 MiB has room for 200,000 NaN. Of a small text fewer are listed: so many in any
#: case, and one more for so many bytes, as an entry costs as much as to read a hundred.
MAX_REPAIRS: Final = 100
FREE_REPAIRS: Final = 16
BYTES_OF_REPAIR: Final = 32
#: Characters of the original token that an entry keeps.
MAX_TOKEN: Final = 100
#: Characters of a key in the path of an entry.
MAX_KEY: Final = 60


class Repair(msgspec.Struct, frozen=True):
    """One thing that was repaired in a JSON text, or in what is around it.

    `kind` is one of

    - `content_encoding`: the body is not in the coding that `text` names, which `Content-Encoding` said
    - `json_string`: the text was a JSON string that holds the text of the event; offsets of what follows are those in it
    - `unwrapped_report`: the fields of a CSP report stand without the object around them that names the kind of report
    - `bom`: a byte order mark was dropped
    - `charset`: the text was not in UTF-8 but in the charset that `text` names
    - `utf8`: bytes that are not UTF-8 became U+FFFD
    - `surrogate`: a surrogate without its other half, as an escape or as bytes, became U+FFFD
    - `escape`: a backslash that begins no escape stands for itself
    - `control_character`: control characters in a string, which has them
    - `nan`, `infinity`: NaN, Infinity or -Infinity became a string
    - `number_range`: a number too large for a double became a string
    - `big_integer`: an integer beyond 64 bits, signed or unsigned, became a string
    - `length`: the length of an item of an envelope is wrong, or missing where its JSON text has several lines; the text
      was taken whole. `text` is the length, and `path` that of the item (`$.items[0].length`)
    - `endpoint`: the body was not what its endpoint takes, and was read as what it is; `text` says as what: `event`,
      `envelope`
    - `more`: further repairs are left off the list; `text` says how many

    `path` is the place of the value, or of the value whose key it is (`$.extra.a[0]`), and `$` for the whole text.
    `offset` is the byte of the body at which it begins, counted from 0. `text` is what stood there, at most 100
    characters of it. Of all faults of a kind in one string only the first has an entry.
    """

    kind: str
    path: str = msgspec.field(default="$")
    offset: int = 0
    text: str | None = None


_plain_key = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*").fullmatch
_encode = msgspec.json.Encoder().encode


def path_of(places: Iterable[str | int]) -> str:
    """Return the path that leads by keys and positions to a value.

    >>> path_of(["extra", "a b", 0])
    '$.extra["a b"][0]'
    """
    parts = ["$"]
    for place in places:
        if isinstance(place, int):
            parts.append(f"[{place}]")
            continue
        key = place if len(place) <= MAX_KEY else place[:MAX_KEY] + "..."
        parts.append(f".{key}" if _plain_key(key) else f"[{_encode(key).decode()}]")
    return "".join(parts)


def coding_repairs(text: DecodedText) -> tuple[Repair, ...]:
    """Return what was repaired by turning a body into UTF-8."""
    if text.codec:
        return (Repair("charset", text=text.codec),)
    return (Repair("bom"),) if text.mark else ()


build_type_info(Repair)
