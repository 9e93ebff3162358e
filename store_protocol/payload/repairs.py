"""What was repaired in a body, for whoever asks: each repair with its place, and bounds on how many are listed."""

import re
from collections.abc import Iterable
from typing import Final, Literal, TypeAlias

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


#: What is repaired. `text` is that of the `Repair`.
RepairKind: TypeAlias = Literal[
    #: The body is not in the coding that `text` names, which `Content-Encoding` said.
    "content_encoding",
    #: The text was a JSON string that holds the text of the event; offsets of what follows are those in it.
    "json_string",
    #: The fields of a CSP report stand without the object around them that names the kind of report.
    "unwrapped_report",
    #: A byte order mark was dropped.
    "bom",
    #: The text was not in UTF-8 but in the charset that `text` names.
    "charset",
    #: Bytes that are not UTF-8 became U+FFFD.
    "utf8",
    #: A surrogate without its other half, as an escape or as bytes, became U+FFFD.
    "surrogate",
    #: A backslash that begins no escape stands for itself.
    "escape",
    #: Control characters stand in a string, which has them.
    "control_character",
    #: NaN became a string.
    "nan",
    #: Infinity or -Infinity became a string.
    "infinity",
    #: A number too large for a double became a string.
    "number_range",
    #: An integer beyond 64 bits, signed or unsigned, became a string.
    "big_integer",
    #: The length of an item of an envelope, `text`, is wrong, or missing where its JSON text has several lines; the text
    #: was taken whole. `path` is that of the item (`$.items[0].length`).
    "length",
    #: The body was not what its endpoint takes, and was read as what it is; `text` says as what: `event`, `envelope`.
    "endpoint",
    #: Further repairs are left off the list; `text` says how many.
    "more",
]


class Repair(msgspec.Struct, frozen=True):
    """One thing that was repaired in a JSON text, or in what is around it.

    `kind` says what (`RepairKind`), and `path` where: the place of the value, or of the value whose key it is
    (`$.extra.a[0]`), and `$` for the whole text.
    `offset` is the byte of the body at which it begins, counted from 0. `text` is what stood there, at most 100
    characters of it. Of all faults of a kind in one string only the first has an entry.
    """

    kind: RepairKind
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
