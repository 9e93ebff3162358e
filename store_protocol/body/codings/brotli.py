"""br (RFC 7932), by the package `brotli`."""

import functools
from collections.abc import Iterator
from typing import Any

from store_protocol.body.codings.base import (
    CHUNK,
    INVALID,
    MAX_INFLATED_AT_ONCE,
    TRAILING,
    Coding,
    Undone,
    corrupt,
    truncated,
)
from store_protocol.limits import Limits


@functools.cache
def brotli_module() -> Any:
    """Return the module `brotli`."""
    import brotli  # noqa: PLC0415  (loaded when first needed)

    return brotli


class Brotli:
    """The stage for br."""

    name = "br"

    def __init__(self, _: Limits) -> None:
        self._decompressor = brotli_module().Decompressor()
        self._done = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        if self._done:
            raise corrupt(self.name, TRAILING)
        while True:
            try:
                chunk = self._decompressor.process(data, output_buffer_limit=CHUNK)
            except brotli_module().error:
                raise corrupt(self.name, f"{INVALID}, or {TRAILING}") from None
            if chunk:
                yield chunk
            self._done = self._decompressor.is_finished()
            # It may say that it takes more while it still holds back some of its output.
            if self._done or (not chunk and self._decompressor.can_accept_more_data()):
                return
            data = b""

    def finish(self) -> Iterator[bytes]:
        if not self._done:
            raise truncated(self.name)
        return iter(())


_UNDONE = ("br",)


def _at_once(body: bytes, most: int, _: Limits) -> Undone | None:
    brotli = brotli_module()
    decompressor = brotli.Decompressor()
    try:
        plain: bytes = decompressor.process(body, output_buffer_limit=min(most + 1, MAX_INFLATED_AT_ONCE))
    except brotli.error:
        return None
    return (plain, _UNDONE) if decompressor.is_finished() and len(plain) <= most else None


def _encode(data: bytes) -> bytes:
    encoded: bytes = brotli_module().compress(data, quality=4)
    return encoded


BROTLI = Coding(load=brotli_module, stream=Brotli, at_once=_at_once, encode=_encode, header_names=("br",))
