"""What a body is by its first bytes, whatever its headers say."""

from store_protocol.body.codings import CODINGS

#: How many bytes of a body are looked at. They are part of the first block.
LOOK = 4 * 1024


def sniff(start: bytes) -> str | None:
    """Return the name of the coding that a body begins in (`gzip`, `zlib`, `zstd`, `base64`), or None for anything else.

    `start` holds at least the first `LOOK` bytes of the body, or all of a shorter one; what follows them is not looked at.
    JSON never begins as any coding does.

    >>> sniff(b"eJzLSM3JyQcABiwCFQ"), sniff(b'{"message"')
    ('base64', None)
    """
    if not start:
        return None
    for name, magic in CODINGS.by_first_byte.get(start[0], ()):
        if start.startswith(magic):
            return name
    for name, looks_like in CODINGS.by_look:
        if looks_like(start[:LOOK]):
            return name
    return None
