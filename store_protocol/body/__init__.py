"""From the body as received to plain bytes: content codings, and what old clients wrapped their events in.

The codings that `Content-Encoding` names are undone in reverse. Then the bytes are looked at, whatever the headers say:
raven-python before 5.0, raven-node and raven-go send base64 of zlib under `application/octet-stream`, and no header
says so. `codings` has the table of all codings, which everything else reads.

`open_body` has the whole body and uses single calls of the C libraries where these can be bounded; `BodyDecoder` takes it
in pieces. Otherwise both go through the same stages, so that a body has one outcome however it arrives. Memory: the body as
received, the plain bytes up to their limit, and about 1 MiB: see `BodyDecoder`.
"""

import msgspec

from store_protocol.body.at_once import decode_at_once
from store_protocol.body.buffers import check_bytes
from store_protocol.body.content_encoding import parse_content_encoding as parse_content_encoding
from store_protocol.body.decoder import BodyDecoder as BodyDecoder
from store_protocol.body.decoder import over_compressed as over_compressed
from store_protocol.body.decoder import over_plain as over_plain
from store_protocol.limits import EVENT, BodyKind, Limits, Reserve

_LIMITS = Limits()


class DecodedBody(msgspec.Struct, frozen=True):
    """A body's plain bytes, and the codings that were undone to get at them, outermost first.

    `ignored` are codings that `Content-Encoding` names and the bytes are not in.
    """

    data: bytes
    codings: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()


def decode_body(
    body: bytes,
    content_encoding: str | None = None,
    *,
    limits: Limits = _LIMITS,
    sniff: bool = True,
    kind: BodyKind = EVENT,
) -> bytes:
    """Return the plain bytes of a whole body.

    `content_encoding` is the header's value. With `sniff`, base64 and compressed bytes that no header names are undone too.
    `kind` says what the body holds, and so which limits it has: `EVENT`, `ENVELOPE` or `MINIDUMP`. Raises
    `UnsupportedEncoding`, `CorruptBody`, and `LimitExceeded` where the body is over the limits of its kind: for an event,
    `max_compressed_bytes` as received or `max_event_bytes` as plain bytes. Bytes that are not in the coding that is named,
    and begin as JSON, as an envelope or in another coding, are read as that.

    >>> import zlib
    >>> decode_body(zlib.compress(b"{}"), "deflate")
    b'{}'
    """
    check_bytes(body)
    return open_body(bytes(body), content_encoding, limits=limits, sniff=sniff, kind=kind).data


def open_body(
    body: bytes,
    content_encoding: str | None = None,
    codings: tuple[str, ...] | None = None,
    *,
    limits: Limits = _LIMITS,
    sniff: bool = True,
    kind: BodyKind = EVENT,
    reserve: Reserve | None = None,
) -> DecodedBody:
    """Return the plain bytes of a whole body and the codings that it came in; otherwise as `decode_body`.

    `codings` are those that `content_encoding` names, where it was read before. `kind` says what the body holds, and so
    which limits it has. `reserve` is called with the number of further bytes that codings decode to, and may raise to
    refuse them.
    """
    if codings is None:
        codings = parse_content_encoding(content_encoding, limits=limits)
    at_once = decode_at_once(body, codings, limits, sniff=sniff, kind=kind, reserve=reserve)
    if at_once is not None:
        return DecodedBody(*at_once)
    decoder = BodyDecoder(content_encoding, limits=limits, sniff=sniff, kind=kind, reserve=reserve)
    decoder.feed(body)
    return finish_body(decoder)


def finish_body(decoder: BodyDecoder) -> DecodedBody:
    """Return the plain bytes of a body that was fed to a decoder, and what it came in."""
    data = decoder.finish()
    return DecodedBody(data, decoder.codings, decoder.ignored)
