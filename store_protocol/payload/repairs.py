"""JSON text with what real clients get wrong in it, turned into strict JSON.

One pass over the text, which knows all of the grammar: so it mends what can be mended, and refuses all else at the very
byte, with the depth and the path at hand. Runs of plain members and items are stepped over by `re` in C; only what opens
or closes, or is not plain, costs a step here. No pattern can read a text in two ways and no run is read more than twice,
so cost is linear whatever comes, and as the pass keeps its own stack, depth costs nothing.

What is right stays as it is, byte for byte.
"""

import re
from collections.abc import Callable, Iterable
from typing import Any, Final, NamedTuple

import msgspec

from store_protocol.errors import InvalidJson, TooDeep
from store_protocol.first_use import build_type_info
from store_protocol.payload.charsets import Text, is_utf8

#: Entries in a list of repairs; a body of 1 MiB has room for 200,000 NaN.
MAX_REPAIRS: Final = 100
#: Characters of the original token that an entry keeps.
MAX_TOKEN: Final = 100
#: Characters of a key in the path of an entry.
MAX_KEY: Final = 60

_REPLACEMENT = "\N{REPLACEMENT CHARACTER}".encode()


class Repair(msgspec.Struct, frozen=True):
    """One thing that was mended in a JSON text.

    `kind` is one of

    - `bom`: a byte order mark was dropped
    - `charset`: the text was not in UTF-8 but in the charset that `text` names
    - `utf8`: bytes that are not UTF-8 became U+FFFD
    - `surrogate`: a surrogate without its other half, as an escape or as bytes, became U+FFFD
    - `nan`, `infinity`: NaN, Infinity or -Infinity became a string
    - `number_range`: a number too large for a double became a string
    - `big_integer`: an integer beyond 64 bits, signed or unsigned, became a string
    - `more`: further repairs are left off the list; `text` says how many

    `path` is the place of the value, or of the value whose key it is (`$.extra.a[0]`), and `$` for the whole text.
    `offset` is the byte of the body at which it begins, counted from 0. `text` is what stood there, at most 100
    characters of it. Of all bad bytes in one string only the first have an entry, and so have bad escapes.
    """

    kind: str
    path: str = msgspec.field(default="$")
    offset: int = 0
    text: str | None = None


_Match = Callable[[bytes, int], Any]


class _Grammar(NamedTuple):
    """What matches at a position of a text, after any white space."""

    value: _Match
    key: _Match
    members: _Match
    items: _Match


# What a value is, by the group of `_Grammar.value` that matched last. A plain one is known to be right, an other string,
# a number or a word has to be looked at.
_EMPTY, _OPENING, _PLAIN, _STRING, _CLOSED, _NUMBER, _WORD = range(1, 8)

_SPACE = rb"[ \t\n\r]*+"
_HEX = rb"[0-9a-fA-F]"
_PAIR = rb"\\u[dD][89abAB]%b{2}\\u[dD][c-fC-F]%b{2}" % (_HEX, _HEX)
_ESCAPE = rb'\\["\\/bfnrt]|\\u(?:[0-9abcefABCEF]%b|[dD][0-7])%b{2}|%b' % (_HEX, _HEX, _PAIR)
# Short enough to be in range whatever its digits.
_SHORT_NUMBER = rb"-?(?:0|[1-9][0-9]{0,17})(?:\.[0-9]++)?(?:[eE][+-]?[0-9]{1,2})?"
_LITERAL = rb"true|false|null"


def _grammar(suspect: bytes) -> _Grammar:
    """Give the patterns for texts where strings with the bytes `suspect` (part of a set of `re`) aren't plain."""
    characters = rb'[^"\\\x00-\x1f%b]*+' % suspect
    string = rb'"%b(?:(?:%b)%b)*"' % (characters, _ESCAPE, characters)
    other_string = rb'"[^"\\]*+(?:\\[\s\S][^"\\]*+)*+(")?'
    plain = rb"%b|%b(?![0-9.eE+-])|%b" % (string, _SHORT_NUMBER, _LITERAL)
    number = rb"-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?"
    value = rb"(\[%b\]|\{%b\})|([\[{])|(%b)|(%b)|(%b)|(-?NaN|-?Infinity)" % (
        *(_SPACE, _SPACE),
        *(plain, other_string, number),
    )
    key = rb"(?:(%b)|(%b))%b(:)?" % (string, other_string, _SPACE)
    member = rb"%b%b%b:%b(?:%b)%b," % (_SPACE, string, _SPACE, _SPACE, plain, _SPACE)
    # The index of an item is found by counting commas, so these strings have none in them.
    plain_item = rb'"[^"\\,\x00-\x1f%b]*+"|%b|%b' % (suspect, _SHORT_NUMBER, _LITERAL)
    item = rb"%b(?:%b)%b," % (_SPACE, plain_item, _SPACE)
    # `re` remembers each round of a run until the run is over, hence the bounds.
    return _Grammar(
        value=re.compile(rb"%b(?:%b)" % (_SPACE, value)).match,
        key=re.compile(rb"%b%b" % (_SPACE, key)).match,
        members=re.compile(rb"(?:%b){0,1000}" % member).match,
        items=re.compile(rb"(?:%b){0,1000}" % item).match,
    )


_UTF8_GRAMMAR = _grammar(b"")
_ASCII_GRAMMAR = _grammar(rb"\x80-\xff")  # for a text that has bytes which are not UTF-8, somewhere

_space: _Match = re.compile(_SPACE).match
_mark: _Match = re.compile(rb"%b([,\]}])" % _SPACE).match
# In a string: escapes that are right (no group), lone surrogates, and what no string may have.
_special = re.compile(rb"%b|(\\u[dD][89a-fA-F]%b{2})|([\\\x00-\x1f])" % (_ESCAPE, _HEX))
_surrogate = re.compile(rb"\xed[\xa0-\xbf][\x80-\xbf]")
_plain_key = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*").fullmatch

# With what a text ends that was cut within an escape, a number or a word.
_escape_begin = re.compile(rb"\\(?:u%b{0,3})?" % _HEX).fullmatch
_NUMBER_BEGINS = (b".", b"e", b"E", b"e+", b"e-", b"E+", b"E-")
_WORDS = (b"true", b"false", b"null", b"NaN", b"-NaN", b"Infinity", b"-Infinity")
_CUT = "the text ends too early"

_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode


def mend(text: Text, *, max_depth: int) -> tuple[bytes, tuple[Repair, ...]]:
    """Give the strict JSON text that `text` stands for, in UTF-8, and what was mended.

    Raises `InvalidJson` for what can't be mended, and `TooDeep` where `max_depth` containers are in each other.

    >>> mend(Text(b'{"a": [0, NaN]}'), max_depth=128)
    (b'{"a": [0, "NaN"]}', (Repair(kind='nan', path='$.a[1]', offset=10, text='NaN'),))
    """
    mender = _Mender(text, max_depth)
    mender.run()
    return mender.strict(), mender.repairs()


def path_of(places: Iterable[str | int]) -> str:
    """Give the path that leads by keys and positions to a value.

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


def coding_repairs(text: Text) -> tuple[Repair, ...]:
    """Give what was mended by turning a body into UTF-8."""
    if text.codec:
        return (Repair("charset", text=text.codec),)
    return (Repair("bom"),) if text.mark else ()


class _Mender:
    """One pass over one text."""

    def __init__(self, text: Text, max_depth: int) -> None:
        self.text = text
        self.data = text.data
        self.grammar = _UTF8_GRAMMAR if is_utf8(text.data) else _ASCII_GRAMMAR
        self.max_depth = max_depth
        #: Of each open container the index of its value (int) or the key (bytes, a JSON string).
        self.places: list[Any] = []
        #: The strict text in pieces, up to `copied`.
        self.pieces: list[bytes] = []
        self.copied = 0
        #: Position, kind, path and token of each repair.
        self.notes: list[tuple[int, str, str, bytes]] = []
        self.left_off = 0

    def run(self) -> None:
        """Read the whole text, value by value."""
        data, places, read_value = self.data, self.places, self.grammar.value
        if _space(data, 0).end() == len(data):
            raise InvalidJson("invalid JSON at byte 0: the text is empty", offset=0)
        position: int | None = 0
        while position is not None:
            if places and type(places[-1]) is bytes:
                position = self.key(position)
            match = read_value(data, position)
            if match is None:
                raise self.no_value(position)
            kind = match.lastindex
            if kind == _OPENING:
                position = self.open(match)
                continue
            if kind == _EMPTY:
                self.check_depth()
            elif kind == _STRING:
                self.string(match.start(kind), match[kind], closed=match[_CLOSED])
            elif kind != _PLAIN:
                self.number(match.start(kind), match[kind], is_word=kind == _WORD)
            position = self.follow(match.end())

    def open(self, match: Any) -> int:
        """Step into a container, and over the plain values that it begins with."""
        self.check_depth()
        if match[_OPENING] == b"{":
            self.places.append(b"")
            return self.members(match.end())
        self.places.append(0)
        return self.items(match.end())

    def check_depth(self) -> None:
        # As serde_json counts, and so Relay: of 128 levels the last is left to scalars.
        if len(self.places) + 1 >= self.max_depth:
            raise TooDeep(f"the JSON text is nested deeper than {self.max_depth} levels")

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
        """Step over what follows a value, and over plain values after it; give None at the end of the text."""
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
            kind = "nan" if token.endswith(b"NaN") else "infinity"
        elif rest and rest[0] in b"0123456789.eE+-":
            raise self.wrong(len(self.data) if rest in _NUMBER_BEGINS else end, "not a number")
        elif token.removeprefix(b"-").isdigit():
            if len(token) <= 20 and -(2**63) <= int(token) < 2**64:
                return
            kind = "big_integer"
        else:
            try:
                _decode(token)
                return
            except msgspec.ValidationError:
                kind = "number_range"
        self.replace(start, end, b'"%b"' % token)
        self.note(start, kind, token)

    def string(self, start: int, token: bytes, *, closed: bytes | None, is_key: bool = False) -> None:
        """Check a string, and put U+FFFD where it has no character."""
        found: list[tuple[int, str, bytes]] = []
        for match in _special.finditer(token):
            if match[2]:
                raise self.broken_string(start + match.start())
            if match[1] and not found:
                found.append((match.start(), "surrogate", match[1]))
        if not closed:
            raise self.wrong(len(self.data), _CUT)
        mended = _special.sub(lambda match: _REPLACEMENT if match[1] else match[0], token) if found else token
        try:
            token.decode()
        except UnicodeDecodeError as error:
            surrogate = _surrogate.match(token, error.start)
            bad = surrogate[0] if surrogate else token[error.start : error.end]
            found.append((error.start, "surrogate" if surrogate else "utf8", bad))
            mended = _surrogate.sub(_REPLACEMENT, mended).decode("utf-8", "replace").encode()
        if is_key:
            self.places[-1] = mended
        if found:
            self.replace(start, start + len(token), mended)
        for offset, kind, bad in found:
            self.note(start + offset, kind, bad)

    def replace(self, start: int, end: int, token: bytes) -> None:
        self.pieces += (self.data[self.copied : start], token)
        self.copied = end

    def note(self, position: int, kind: str, token: bytes) -> None:
        if len(self.notes) < MAX_REPAIRS:
            self.notes.append((position, kind, self.path(), token[:MAX_TOKEN]))
        else:
            self.left_off += 1

    def path(self) -> str:
        """Give the path of the value that the pass is at."""
        return path_of([place if type(place) is int else _decode(place) for place in self.places])

    def strict(self) -> bytes:
        """Give the strict text, once the whole text is read."""
        return b"".join((*self.pieces, self.data[self.copied :])) if self.pieces else self.data

    def repairs(self) -> tuple[Repair, ...]:
        """Give what was mended, in the order of the text."""
        notes = sorted(self.notes)
        offsets = self.text.offsets([position for position, *_ in notes])
        repairs = [
            Repair(kind, path, offset, token.decode("ascii", "backslashreplace"))
            for offset, (_, kind, path, token) in zip(offsets, notes, strict=True)
        ]
        repairs[:0] = coding_repairs(self.text)
        if self.left_off:
            repairs.append(Repair("more", offset=repairs[-1].offset, text=str(self.left_off)))
        return tuple(repairs)

    def wrong(self, position: int, what: str) -> InvalidJson:
        """Give the error for what stands at a position, white space aside."""
        position = _space(self.data, position).end()
        return self.text.wrong(position, what if position < len(self.data) else _CUT)

    def no_value(self, position: int) -> InvalidJson:
        """Give the error for a position at which there is no value."""
        position = _space(self.data, position).end()
        rest = self.data[position : position + 10]
        cut = any(word.startswith(rest) for word in _WORDS)
        return self.wrong(len(self.data) if cut else position, "expected a value")

    def broken_string(self, position: int) -> InvalidJson:
        """Give the error for a position at which there is what no string may have."""
        if self.data[position] != ord("\\"):
            return self.text.wrong(position, "control character in a string")
        cut = _escape_begin(self.data, position)
        return self.wrong(len(self.data) if cut else position, "unknown escape in a string")


build_type_info(Repair)
