"""Text out of the head of a request, made safe to write: into JSON, into a header, into a log.

A server may hand on what is no UTF-8 as lone surrogates, U+DC80 to U+DCFF, one for each byte (Python's error handler
`surrogateescape`; aiohttp reads headers so). A str holds them, but no encoding does: a later `encode` would raise
`UnicodeEncodeError`, far from where the text came in. So they are repaired where it comes in, once. Nearly all texts are
ASCII, which costs one look.
"""

import re

# A pair, as UTF-16 writes one character, or a half of one.
_SURROGATES = re.compile("[\ud800-\udbff][\udc00-\udfff]|[\ud800-\udfff]")
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def safe_text(value: str | bytes) -> str:
    r"""Return text without surrogates.

    Bytes are read as Latin-1, in which every byte is a character (RFC 9110 section 5.5), and so are surrogates that stand
    for a byte. Two that make a pair become the character that they stand for, every other one becomes U+FFFD.

    >>> safe_text(b"caf\xe9"), safe_text(b"caf\xe9".decode("utf-8", "surrogateescape")), safe_text("\ud800")
    ('café', 'café', '�')
    """
    if not isinstance(value, str):
        return value.decode("latin-1")
    return value if value.isascii() else _SURROGATES.sub(_character, value)


def safe_target(target: str) -> str:
    r"""Return a request target without surrogates: those that stand for a byte are percent-encoded, as the byte would be.

    >>> safe_target(b"/store/?a=\xff".decode("utf-8", "surrogateescape"))
    '/store/?a=%FF'
    """
    return target if target.isascii() else _SURROGATES.sub(_percent_encoded, target)


def header_value(text: str) -> str:
    r"""Return text that may stand in a header: visible ASCII and blanks, and `?` for every other character.

    Any other could end the header, or be refused by the server that writes it.

    >>> header_value("no\r\nX-Evil: 1")
    'no??X-Evil: 1'
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(char if " " <= char <= "~" else "?" for char in text)


def _byte(surrogates: str) -> int | None:
    """Return the byte that a surrogate stands for, None for one that stands for none."""
    return ord(surrogates) - 0xDC00 if "\udc80" <= surrogates <= "\udcff" and len(surrogates) == 1 else None


def _character(match: re.Match[str]) -> str:
    surrogates = match[0]
    if len(surrogates) == 2:
        return surrogates.encode("utf-16-le", "surrogatepass").decode("utf-16-le")
    byte = _byte(surrogates)
    return _REPLACEMENT if byte is None else chr(byte)


def _percent_encoded(match: re.Match[str]) -> str:
    byte = _byte(match[0])
    return _character(match) if byte is None else f"%{byte:02X}"
