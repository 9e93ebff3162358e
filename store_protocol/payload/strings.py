"""What is repaired within strings, each fault in single calls of C however often it is there.

The functions that repair take one string or a text with many: they go by backslashes and control characters alone, and
backslashes stand in strings only. Escapes come first, then control characters, then surrogates: each step relies on what
those before it have left.
"""

import re

from store_protocol.payload.repairs import RepairKind

HEX = rb"[0-9a-fA-F]"
REPLACEMENT = "\N{REPLACEMENT CHARACTER}".encode()
#: What no string may have as it is.
CONTROLS = bytes(range(0x20))

_HIGH, _LOW = rb"\\u[dD][89abAB]%b%b" % (HEX, HEX), rb"\\u[dD][c-fC-F]%b%b" % (HEX, HEX)
# Half of a pair and no other half beside it. What both begin with stands first, for which a text is searched at thirty
# times the speed.
_lone = re.compile(rb"\\u[dD](?:[89abAB]%b%b(?!%b)|[c-fC-F]%b%b(?<!%b%b))" % (HEX, HEX, _LOW, HEX, HEX, _HIGH, _LOW))
_lone_in_string = re.compile(rb'(?:%b)[^"]*+' % _lone.pattern)
_bad_escape = re.compile(rb'\\(?!["/bfnrt]|u%b{4})' % HEX)
_bad_escape_in_string = re.compile(rb'%b[^"]*+' % _bad_escape.pattern)
_backslash = re.compile(rb'(\\(?:["\\/bfnrt]|u%b{4}))|(\\)' % HEX)
_control = re.compile(rb"[\x00-\x1f]")

_NAMED = {0x08: b"\\b", 0x09: b"\\t", 0x0A: b"\\n", 0x0C: b"\\f", 0x0D: b"\\r"}
_ESCAPES = {code: _NAMED.get(code, b"\\u%04x" % code) for code in CONTROLS}

#: A fault of a string: where it stands, the kind of its repair, and what stands there.
Fault = tuple[int, RepairKind, bytes]


def blank(text: bytes) -> bytes:
    r"""Put something else of the same length for escaped backslashes, so that every other backslash begins an escape."""
    return text.replace(b"\\\\", b"\0\0")


def repair_string(token: bytes) -> tuple[bytes, list[Fault]]:
    r"""Return a string without its faults, bytes that aren't UTF-8 aside, and of each kind of fault the first.

    >>> repair_string(rb'"C:\Users"')
    (b'"C:\\\\Users"', [(3, 'escape', b'\\U')])
    """
    found: list[Fault] = []
    repaired = token
    surrogate = None
    if b"\\" in token:
        shown = blank(token)
        if (escape := _bad_escape.search(shown)) is not None:
            found.append((escape.start(), "escape", token[escape.start() : escape.start() + 2]))
            repaired = _backslash.sub(rb"\1\2\2", repaired)
        if (surrogate := _lone.search(shown)) is not None:
            found.append((surrogate.start(), "surrogate", surrogate[0]))
    if (control := _control.search(token)) is not None:
        found.append((control.start(), "control_character", control[0]))
        repaired = _with_escaped_controls(repaired)
    if surrogate is not None:
        repaired = _without_lone_surrogates(blank(repaired))
    return repaired, found


def repair_escapes(text: bytes) -> tuple[bytes, int]:
    """Escape the backslashes that begin no escape; return the text, and how many strings had any."""
    shown = blank(text)
    if not _bad_escape.search(shown):
        return text, 0
    return _backslash.sub(rb"\1\2\2", text), len(_bad_escape_in_string.findall(without_quotes(shown)))


def repair_controls(parts: list[bytes]) -> int:
    """Escape the control characters in strings, every other one of some parts; return how many strings had any."""
    strings = b"".join(parts[1::2])
    if strings.translate(None, CONTROLS) == strings:
        return 0
    repaired = [*map(_with_escaped_controls, parts[1::2])]
    count = sum(map(bytes.__ne__, repaired, parts[1::2]))
    parts[1::2] = repaired
    return count


def without_lone_surrogates(text: bytes, replacement: bytes = REPLACEMENT) -> bytes:
    r"""Return a text with U+FFFD, or what else is given, for lone surrogates, and with all other faults that it has.

    >>> without_lone_surrogates(rb'"\ud83d\ude00 \ud83d \\ud83d"')
    b'"\\ud83d\\ude00 \xef\xbf\xbd \\\\ud83d"'
    """
    # Hardly any text has them. What is put for backslashes must not be there.
    if not (b"\\ud" in text or b"\\uD" in text) or b"\0" in text:
        return text
    shown = blank(text)
    return _lone.sub(replacement, shown).replace(b"\0\0", b"\\\\") if _lone.search(shown) else text


def lone_surrogates(text: bytes) -> list[tuple[int, bytes]]:
    """Return of each string with lone surrogates the first, with its position."""
    found = _lone_in_string.finditer(without_quotes(blank(text)))
    return [(each.start(), text[each.start() : each.start() + len(rb"\uXXXX")]) for each in found]


def repair_surrogates(text: bytes) -> tuple[bytes, int]:
    """Put U+FFFD for lone surrogates, where no string has control characters; return how many strings had any, too."""
    shown = blank(text)
    if not _lone.search(shown):
        return text, 0
    return _without_lone_surrogates(shown), len(_lone_in_string.findall(without_quotes(shown)))


def without_quotes(shown: bytes) -> bytes:
    """Put something else of the same length for escaped quotes, so that every other quote ends a string."""
    return shown.replace(b'\\"', b"\0\0")


def _without_lone_surrogates(shown: bytes) -> bytes:
    return _lone.sub(REPLACEMENT, shown).replace(b"\0\0", b"\\\\")


def _with_escaped_controls(string: bytes) -> bytes:
    for code in {*string}.intersection(CONTROLS):
        string = string.replace(bytes([code]), _ESCAPES[code])
    return string
