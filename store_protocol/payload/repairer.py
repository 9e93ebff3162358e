"""JSON text with what real clients get wrong in it, turned into strict JSON.

One pass over the text, which knows all of the grammar: so it repairs what can be repaired, and refuses all else at the very
byte, with the depth and the path at hand. Runs of plain members and items are stepped over by `re` in C; only what opens
or closes, or is not plain, costs a step here. No pattern can read a text in two ways and no run is read more than twice,
so cost is linear whatever comes, and as the pass keeps its own stack, depth costs nothing.

What is right stays as it is, byte for byte.
"""

import bisect
import re
import sys
from typing import Any, Final, NamedTuple

import msgspec

from store_protocol.body.sniff import format_of
from store_protocol.errors import InvalidJson, PayloadError, TooDeep
from store_protocol.payload.bulk import Piece, fault_of_number, open_containers, repair_rest
from store_protocol.payload.charsets import DecodedText, is_utf8
from store_protocol.payload.grammar import (
    ASCII_GRAMMAR,
    CLOSED,
    EMPTY,
    OPENING,
    PLAIN,
    SPACE,
    STRING,
    UTF8_GRAMMAR,
    WORD,
    Match,
)
from store_protocol.payload.repairs import (
    BYTES_OF_REPAIR,
    FREE_REPAIRS,
    MAX_REPAIRS,
    MAX_TOKEN,
    Repair,
    RepairKind,
    coding_repairs,
    path_of,
)
from store_protocol.payload.strings import REPLACEMENT, repair_string

#: Steps that a text may take whatever its size, and bytes for each one more. Recorded events take one for every 40 to 140
#: bytes: so the most that any may take are those of half a MiB of the latter.
FREE_STEPS: Final = 40
BYTES_OF_STEP: Final = 40
MAX_STEPS: Final = 4_000


_space: Match = re.compile(SPACE).match
_mark: Match = re.compile(rb"%b([,\]}])" % SPACE).match
_surrogate = re.compile(rb"\xed[\xa0-\xbf][\x80-\xbf]")

# With what a text ends that was cut within a number or a word.
_NUMBER_BEGINS = (b".", b"e", b"E", b"e+", b"e-", b"E+", b"E-")
_WORDS = (b"true", b"false", b"null", b"NaN", b"-NaN", b"Infinity", b"-Infinity")
_CUT_WORDS = frozenset(word[:length] for word in _WORDS for length in range(len(word) + 1))
_CUT = "the text ends too early"

_decode = msgspec.json.Decoder().decode


def repair(text: DecodedText, *, max_depth: int) -> "Repaired":
    """Return the strict JSON text that `text` stands for, in UTF-8, and what was repaired.

    Raises `InvalidJson` for what can't be repaired, and `TooDeep` where `max_depth` containers are in each other.

    >>> repaired = repair(DecodedText(b'{"a": [0, NaN]}'), max_depth=128)
    >>> repaired.strict, repaired.repairs
    (b'{"a": [0, "NaN"]}', (Repair(kind='nan', path='$.a[1]', offset=10, text='NaN'),))
    """
    repairer = _Repairer(text, max_depth)
    repairer.run()
    return Repaired(repairer.strict(), repairer.repairs(), repairer.left_to_decoder)


class Repaired(NamedTuple):
    """A text that was repaired.

    `rest` is the part whose grammar is left to the decoder to tell, None where the whole text was read.
    """

    strict: bytes
    repairs: tuple[Repair, ...]
    rest: "Rest | None"


def too_deep(max_depth: int) -> TooDeep:
    """Return the error for `max_depth` containers in each other."""
    return TooDeep(f"the JSON text is nested deeper than {max_depth} levels")


class _Repairer:
    """One pass over one text."""

    def __init__(self, text: DecodedText, max_depth: int) -> None:
        self.text = text
        self.data = text.data
        self.grammar = UTF8_GRAMMAR if is_utf8(text.data) else ASCII_GRAMMAR
        self.max_depth = max_depth
        #: Of each open container the index of its value (int) or the key (bytes, a JSON string).
        self.places: list[Any] = []
        #: The strict text in pieces, up to `copied`.
        self.pieces: list[bytes] = []
        self.copied = 0
        #: Position, kind, path and token of each repair.
        self.notes: list[tuple[int, RepairKind, str, bytes]] = []
        self.most_notes = min(MAX_REPAIRS, FREE_REPAIRS + len(text.data) // BYTES_OF_REPAIR)
        self.left_off = 0
        self.left_to_decoder: Rest | None = None

    def run(self) -> None:
        """Read the text value by value, and repair what is left after so many steps in one go."""
        data = self.data
        position = self.read(0, min(MAX_STEPS, FREE_STEPS + len(data) // BYTES_OF_STEP))
        if position is not None:
            self.repair_rest(position)

    def read(self, position: int | None, steps: int) -> int | None:
        """Read value by value from a position; return where so many steps lead, None for the end of the text."""
        data, places, read_value = self.data, self.places, self.grammar.value
        notes, most = self.notes, self.most_notes
        for _ in range(steps):
            if position is None or len(notes) == most:
                break
            if places and type(places[-1]) is bytes:
                position = self.key(position)
            match = read_value(data, position)
            if match is None:
                raise self.no_value(position)
            kind = match.lastindex
            if kind == OPENING:
                position = self.open(match)
                continue
            if kind == EMPTY:
                self.check_depth()
            elif kind == STRING:
                self.string(match.start(kind), match[kind], closed=match[CLOSED])
            elif kind != PLAIN:
                self.number(match.start(kind), match[kind], is_word=kind == WORD)
            position = self.follow(match.end())
        return position

    def repair_rest(self, position: int) -> None:
        """Repair the text from a position on, at which a value begins or a key, in one go."""
        texts, count, pieces = repair_rest(self.data, position)
        repaired = sum(map(len, self.pieces)) + position - self.copied
        self.pieces += (self.data[self.copied : position], *texts)
        self.copied = len(self.data)
        self.left_off += count
        self.left_to_decoder = Rest(self.text, self.max_depth, [*self.places], repaired, pieces)

    def open(self, match: Any) -> int:
        """Step into a container, and over the plain values that it begins with."""
        self.check_depth()
        if match[OPENING] == b"{":
            self.places.append(b"")
            return self.members(match.end())
        self.places.append(0)
        return self.items(match.end())

    def check_depth(self) -> None:
        # As serde_json counts, and so Relay: of 128 levels the last is left to scalars.
        if len(self.places) + 1 >= self.max_depth:
            raise too_deep(self.max_depth)

    def members(self, position: int) -> int:
        end: int = self.grammar.members(self.data, position).end()
        return end

    def items(self, position: int) -> int:
        end: int = self.grammar.items(self.data, position).end()
        self.places[-1] += self.data.count(b",", position, end)
        return end

    def key(self, position: int) -> int:
        """Step over a key and its colon."""
        match = self.grammar.key(self.data, position)
        if match is None:
            raise self.wrong(position, "expected a key")
        plain, other, closed, colon = match.groups()
        if plain:
            self.places[-1] = plain
        else:
            self.string(match.start(2), other, closed=closed, is_key=True)
        end: int = match.end()
        if not colon:
            raise self.wrong(end, "expected ':'")
        return end

    def follow(self, position: int) -> int | None:
        """Step over what follows a value, and over plain values after it; return None at the end of the text."""
        places = self.places
        while places:
            match = _mark(self.data, position)
            mark = match and match[1]
            in_list = type(places[-1]) is int
            if mark == b",":
                if not in_list:
                    return self.members(match.end())
                places[-1] += 1
                return self.items(match.end())
            if mark != (b"]" if in_list else b"}"):
                raise self.wrong(position, "expected ',' or ']'" if in_list else "expected ',' or '}'")
            places.pop()
            position = match.end()
        end = _space(self.data, position).end()
        if end < len(self.data):
            raise self.wrong(end, "expected the end of the text")
        return None

    def number(self, start: int, token: bytes, *, is_word: bool) -> None:
        """Turn a number into a string if JSON readers can't hold it."""
        end = start + len(token)
        rest = self.data[end : end + 3]
        if is_word:
            kind: RepairKind | None = "nan" if token.endswith(b"NaN") else "infinity"
        elif rest and rest[0] in b"0123456789.eE+-":
            raise self.wrong(len(self.data) if rest in _NUMBER_BEGINS else end, "not a number")
        else:
            kind = fault_of_number(token)
        if kind is not None:
            self.replace(start, end, b'"%b"' % token)
            self.note(start, kind, token)

    def string(self, start: int, token: bytes, *, closed: bytes | None, is_key: bool = False) -> None:
        """Check a string, and repair what is wrong in it."""
        if not closed:
            raise self.wrong(len(self.data), _CUT)
        repaired, found = repair_string(token)
        try:
            token.decode()
        except UnicodeDecodeError as error:
            surrogate = _surrogate.match(token, error.start)
            bad = surrogate[0] if surrogate else token[error.start : error.end]
            found.append((error.start, "surrogate" if surrogate else "utf8", bad))
            repaired = _surrogate.sub(REPLACEMENT, repaired).decode("utf-8", "replace").encode()
        if is_key:
            self.places[-1] = repaired
        if found:
            self.replace(start, start + len(token), repaired)
        for offset, kind, bad in found:
            self.note(start + offset, kind, bad)

    def replace(self, start: int, end: int, token: bytes) -> None:
        self.pieces += (self.data[self.copied : start], token)
        self.copied = end

    def note(self, position: int, kind: RepairKind, token: bytes) -> None:
        if len(self.notes) < self.most_notes:
            self.notes.append((position, kind, self.path(), token[:MAX_TOKEN]))
        else:
            self.left_off += 1

    def path(self) -> str:
        """Return the path of the value that the pass is at."""
        return path_of([place if type(place) is int else _decode(place) for place in self.places])

    def strict(self) -> bytes:
        """Return the strict text, once the whole text is read."""
        return b"".join((*self.pieces, self.data[self.copied :])) if self.pieces else self.data

    def repairs(self) -> tuple[Repair, ...]:
        """Return what was repaired, in the order of the text."""
        notes = sorted(self.notes)
        offsets = self.text.offsets([position for position, *_ in notes])
        repairs = [
            Repair(kind, path, offset, token.decode("ascii", "backslashreplace"))
            for offset, (_, kind, path, token) in zip(offsets, notes, strict=True)
        ]
        repairs[:0] = coding_repairs(self.text)
        if self.left_off:
            rest = self.left_to_decoder
            [offset] = offsets[-1:] or self.text.offsets([rest.pieces[0].start if rest else 0])
            repairs.append(Repair("more", offset=offset, text=str(self.left_off)))
        return tuple(repairs)

    def wrong(self, position: int, what: str) -> InvalidJson:
        """Return the error for what stands at a position, white space aside."""
        position = _space(self.data, position).end()
        return self.text.wrong(position, what if position < len(self.data) else _CUT)

    def no_value(self, position: int) -> InvalidJson:
        """Return the error for a position at which there is no value."""
        position = _space(self.data, position).end()
        is_cut = self.data[position : position + 10] in _CUT_WORDS
        if not self.places and (found := format_of(self.data)) is not None:
            return self.text.wrong(0, f"the text is {found}, not JSON")
        return self.wrong(len(self.data) if is_cut else position, "expected a value")


class _Reader(_Repairer):
    """Reads a text for what is wrong with it, and lists no repairs."""

    def note(self, position: int, kind: RepairKind, token: bytes) -> None:
        pass


class Rest(NamedTuple):
    """The part of a text that was repaired in one go, for the decoder to say whether it is JSON."""

    text: DecodedText
    max_depth: int
    #: The containers in which it begins, as `_Repairer.places` has them.
    places: list[Any]
    #: Where it begins in the repaired text.
    repaired: int
    pieces: list[Piece]

    def error(self, refused: Exception) -> PayloadError:
        """Return the error for what the decoder has refused: what is wrong first, at its byte."""
        found = _at_byte.search(str(refused))
        # Of a text that is cut short it doesn't say where.
        at = sys.maxsize if found is None else int(found[1]) - self.repaired
        index = bisect.bisect_right(self.pieces, at, key=lambda piece: piece.repaired) - 1
        # Where the decoder points is at times the end of what is wrong.
        for first in (max(0, index - 1), 0):
            error = self._read_from(self.pieces[first].start)
            if error is not None:
                return error
        return InvalidJson("invalid JSON", offset=self.text.offsets([self.pieces[0].start])[0])

    def _read_from(self, start: int) -> PayloadError | None:
        reader = _Reader(self.text, self.max_depth)
        opened = b"".join([b"[" if type(place) is int else b"{" for place in self.places])
        between = self.text.data[self.pieces[0].start : start]
        reader.places = [0 if bracket == ord("[") else b'""' for bracket in open_containers(opened, between)]
        try:
            reader.read(start, sys.maxsize)
        except PayloadError as error:
            return error
        return None


_at_byte = re.compile(r"\(byte ([0-9]+)\)")
