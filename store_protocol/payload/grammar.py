"""The grammar of JSON text as patterns of `re`: single values, and runs of plain ones that are stepped over at once in C.

No pattern can read a text in two ways.
"""

import re
from collections.abc import Callable
from typing import Any, NamedTuple

from store_protocol.payload.strings import HEX

Match = Callable[[bytes, int], Any]


class Grammar(NamedTuple):
    """What matches at a position of a text, after any white space."""

    value: Match
    key: Match
    members: Match
    items: Match


# What a value is, by the group of `Grammar.value` that matched last. A plain one is known to be right, an other string,
# a number or a word has to be looked at.
EMPTY, OPENING, PLAIN, STRING, CLOSED, NUMBER, WORD = range(1, 8)

SPACE = rb"[ \t\n\r]*+"
_PAIR = rb"\\u[dD][89abAB]%b{2}\\u[dD][c-fC-F]%b{2}" % (HEX, HEX)
ESCAPE = rb'\\["\\/bfnrt]|\\u(?:[0-9abcefABCEF]%b|[dD][0-7])%b{2}|%b' % (HEX, HEX, _PAIR)
# Short enough to be in range whatever its digits.
_SHORT_NUMBER = rb"-?(?:0|[1-9][0-9]{0,17})(?:\.[0-9]++)?(?:[eE][+-]?[0-9]{1,2})?"
_LITERAL = rb"true|false|null"


def _grammar(suspect: bytes) -> Grammar:
    """Return the patterns for texts where strings with the bytes `suspect` (part of a set of `re`) aren't plain."""
    characters = rb'[^"\\\x00-\x1f%b]*+' % suspect
    # A possessive repeat forgets each round at once: else a string of 500,000 escapes would take 100 MB.
    string = rb'"%b(?:(?:%b)%b)*+"' % (characters, ESCAPE, characters)
    other_string = rb'"[^"\\]*+(?:\\[\s\S][^"\\]*+)*+(")?'
    plain = rb"%b|%b(?![0-9.eE+-])|%b" % (string, _SHORT_NUMBER, _LITERAL)
    number = rb"-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?"
    value = rb"(\[%b\]|\{%b\})|([\[{])|(%b)|(%b)|(%b)|(-?NaN|-?Infinity)" % (
        *(SPACE, SPACE),
        *(plain, other_string, number),
    )
    key = rb"(?:(%b)|(%b))%b(:)?" % (string, other_string, SPACE)
    member = rb"%b%b%b:%b(?:%b)%b," % (SPACE, string, SPACE, SPACE, plain, SPACE)
    # The index of an item is found by counting commas, so these strings have none in them.
    plain_item = rb'"[^"\\,\x00-\x1f%b]*+"|%b|%b' % (suspect, _SHORT_NUMBER, _LITERAL)
    item = rb"%b(?:%b)%b," % (SPACE, plain_item, SPACE)
    # `re` remembers each round of a run until the run is over, hence the bounds.
    return Grammar(
        value=re.compile(rb"%b(?:%b)" % (SPACE, value)).match,
        key=re.compile(rb"%b%b" % (SPACE, key)).match,
        members=re.compile(rb"(?:%b){0,1000}" % member).match,
        items=re.compile(rb"(?:%b){0,1000}" % item).match,
    )


UTF8_GRAMMAR = _grammar(b"")
ASCII_GRAMMAR = _grammar(rb"\x80-\xff")  # for a text that has bytes which are not UTF-8, somewhere
