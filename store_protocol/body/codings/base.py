"""What all codings have in common: the entry of the table, the stage that decodes a body in pieces, and the errors."""

from collections.abc import Callable, Iterator
from typing import Protocol

import msgspec

from store_protocol.errors import CorruptBody
from store_protocol.limits import KIB, Limits

#: The most bytes that a stage is fed at once and, except for zstd, the most that it returns at once.
CHUNK = 64 * KIB
#: The most plain bytes that a single call of a library inflates: it collects them in pieces first, and so holds them twice.
MAX_INFLATED_AT_ONCE = 1024 * KIB + 1
#: Members of one gzip body. bgzip, which writes the most, ends one every 64 KiB.
MOST_MEMBERS = 10_000

#: What is wrong with bytes that a library refuses.
INVALID = "invalid data"
#: What is wrong with bytes that follow a complete body.
TRAILING = "unexpected bytes after the end"

#: The plain bytes, and the names of the codings that were undone, outermost first.
Undone = tuple[bytes, tuple[str, ...]]


class Stage(Protocol):
    """Decodes one coding, piece by piece.

    A stage is fed the body in blocks and returns the decoded bytes in chunks of bounded size, so that its caller can stop
    as soon as there are too many: a bomb never goes further than one chunk. Both methods raise `CorruptBody` for what is
    broken, truncated or followed by bytes that are not part of it.

    `Blocks` cuts the blocks. None is empty, and the first one has `FIRST_BLOCK` bytes or the whole body.
    """

    #: The name under which the coding is reported.
    name: str

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Take bytes and return what they decode to."""

    def finish(self) -> Iterator[bytes]:
        """Take the end of the body and return what is left; raise `CorruptBody` if the body ended too early."""


class Coding(msgspec.Struct, frozen=True, kw_only=True):
    """One coding: how to decode it, how to encode it, and how to recognize it. An entry of `CODINGS`."""

    #: Load the library that does the work. Nothing else of a coding loads it before a body needs it.
    load: Callable[[], object]
    #: Make the stage that decodes a body piece by piece.
    stream: Callable[[Limits], Stage]
    #: Decode a whole body to at most so many bytes in a single call. Return None for any body that is not ordinary (broken,
    #: oversized, several members): the stage then decides on it.
    at_once: Callable[[bytes, int, Limits], Undone | None]
    #: The longest body in bytes that `at_once` is called for.
    max_at_once: int = 256 * KIB
    #: Encode an event for a request, the same bytes for the same event; None if clients don't send the coding by this name.
    encode: Callable[[bytes], bytes] | None = None
    #: The names of the coding in `Content-Encoding`, in lower case, the standard one first; none if no header names it.
    header_names: tuple[str, ...] = ()
    #: The first bytes that tell the coding, whatever the headers say. No JSON text may begin with any of them.
    magic: tuple[bytes, ...] = ()
    #: Where no magic tells the coding: return whether the first bytes of a body look like it.
    looks_like: Callable[[bytes], bool] | None = None
    #: Whether clients put another coding inside this one that no header names, so that the decoded bytes are looked at too.
    is_wrapper: bool = False


class MemberCounter:
    """Counts the members that a body has: each costs more than its bytes do, and empty ones never reach a limit of size."""

    def __init__(self, name: str, what: str = "members", most: int = MOST_MEMBERS) -> None:
        self._name, self._what, self._left = name, what, most

    def count(self) -> None:
        """Count one more; raise `CorruptBody` if it is one too many."""
        self._left -= 1
        if self._left < 0:
            raise corrupt(self._name, f"too many {self._what}")


def corrupt(name: str, what: str) -> CorruptBody:
    """Return the error for a body that is not in the coding that it is said to be in."""
    return CorruptBody(f"corrupt {name} body: {what}")


def truncated(name: str) -> CorruptBody:
    """Return the error for a body that ends too early."""
    return corrupt(name, "truncated")
