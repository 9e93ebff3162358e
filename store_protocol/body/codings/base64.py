"""base64 (RFC 4648), in which old clients wrapped their events, by `pybase64` where it is installed, else by `binascii`.

`pybase64` comes with the extra `speed`. Both behave alike: only the time differs.
"""

import binascii
import functools
import re
import sys
import zlib
from collections.abc import Callable, Iterator

from store_protocol.body.codings.base import Coding, Undone, corrupt, truncated
from store_protocol.limits import Limits

URL_SAFE = bytes.maketrans(b"-_", b"+/")
BLANKS = b" \t\r\n"

# How a body in base64 begins; with its padding, {} has four characters. JSON that has only letters and digits at its start
# (the group) is not base64: it is refused later for not being an object, which is the better reason.
_BEGINS = re.compile(rb"[ \t\r\n]*(?:(true|false|null|-?[0-9]+(?:[.,eE\s]|$))|[A-Za-z0-9+/_-]{4}|[A-Za-z0-9+/_-]{3}=)")


@functools.cache
def base64_decoder() -> Callable[[bytes], bytes]:
    """Return the function that decodes base64 strictly: that of `pybase64` where it is installed, else of `binascii`."""
    try:
        import pybase64  # noqa: PLC0415  (loaded when first needed)
    except ImportError:
        return functools.partial(binascii.a2b_base64, strict_mode=True)
    return functools.partial(pybase64.b64decode, validate=True)


class Base64:
    """The stage for base64 in either alphabet; it passes over line breaks, and padding may be missing."""

    name = "base64"

    def __init__(self, _: Limits) -> None:
        self._waiting = b""
        self._padded = False
        self._clean = True

    def feed(self, data: bytes) -> Iterator[bytes]:
        # Nearly every body is in the plain alphabet, without line breaks.
        if self._clean and len(data) % 4 == 0 and b"=" not in data:
            try:
                chunk = base64_decoder()(data)
            except (binascii.Error, ValueError):
                self._clean = False
            else:
                yield chunk
                return
        self._clean = False
        text = data.translate(URL_SAFE, BLANKS)
        if self._padded and text.strip(b"="):
            raise corrupt(self.name, "unexpected characters after the padding")
        text = self._waiting + text
        whole = text.rstrip(b"=")
        self._padded = self._padded or len(whole) < len(text)
        if b"=" in whole:
            raise corrupt(self.name, "unexpected characters after the padding")
        usable = len(whole) // 4 * 4
        self._waiting = whole[usable:]
        if usable:
            yield self._call(whole[:usable])

    def finish(self) -> Iterator[bytes]:
        if len(self._waiting) == 1:
            raise truncated(self.name)
        if self._waiting:
            yield self._call(self._waiting + b"=" * (4 - len(self._waiting)))

    def _call(self, text: bytes) -> bytes:
        try:
            return base64_decoder()(text)
        except (binascii.Error, ValueError):
            raise corrupt(self.name, "characters that are not base64") from None


_UNDONE = ("base64",)


def _at_once(body: bytes, most: int, _: Limits) -> Undone | None:
    if len(body) > 2 * most:
        return None
    try:
        plain = base64_decoder()(body)
    except (binascii.Error, ValueError):
        return None
    return (plain, _UNDONE) if len(plain) <= most else None


def _looks_like(start: bytes) -> bool:
    match = _BEGINS.match(start)
    return match is not None and match.lastindex is None


def _encode(data: bytes) -> bytes:
    # As raven-python before 5.0 sent its events.
    return binascii.b2a_base64(zlib.compress(data), newline=False)


BASE64 = Coding(
    load=base64_decoder,
    stream=Base64,
    at_once=_at_once,
    # It decodes to fewer bytes than it has, so that a single call needs no other bound.
    max_at_once=sys.maxsize,
    encode=_encode,
    looks_like=_looks_like,
    is_wrapper=True,
)
