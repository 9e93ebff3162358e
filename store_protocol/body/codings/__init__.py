"""The table of all codings. To add one, write its module and add one line to `CODINGS`."""

from collections.abc import Mapping
from typing import NoReturn

from store_protocol.body.codings.base import Coding
from store_protocol.body.codings.base64 import BASE64
from store_protocol.body.codings.brotli import BROTLI
from store_protocol.body.codings.deflate import DEFLATE, GZIP, ZLIB
from store_protocol.body.codings.zstd import ZSTD
from store_protocol.errors import UnsupportedEncoding, quote


class CodingTable(dict[str, Coding]):
    """The codings by name, and what is looked up in them other than by name. It stays as it was made.

    An unknown name raises `UnsupportedEncoding`, not `KeyError`.

    >>> CODINGS.encodings
    ('gzip', 'deflate', 'br', 'zstd', 'base64')
    >>> CODINGS["lz4"]
    Traceback (most recent call last):
    store_protocol.errors.UnsupportedEncoding: unsupported content encoding 'lz4'
    """

    __slots__ = ("by_first_byte", "by_header_name", "by_look", "by_name", "encodings")

    def __init__(self, codings: Mapping[str, Coding]) -> None:
        super().__init__(codings)
        #: The same entries as a plain dict, which takes a third of the time and raises `KeyError`.
        self.by_name = dict(codings)
        #: The names of the codings that `encode_request` takes.
        self.encodings = tuple(name for name, coding in codings.items() if coding.encode is not None)
        #: The name of a coding by its name in `Content-Encoding`.
        self.by_header_name = {alias: name for name, coding in codings.items() for alias in coding.header_names}
        #: Names and magic of the codings that may begin with a byte; no entry for a byte that no magic begins with.
        self.by_first_byte: dict[int, list[tuple[str, tuple[bytes, ...]]]] = {}
        for name, coding in codings.items():
            for first in {magic[0] for magic in coding.magic}:
                begin_so = tuple(magic for magic in coding.magic if magic[0] == first)
                self.by_first_byte.setdefault(first, []).append((name, begin_so))
        #: Names and tests of the codings without magic.
        self.by_look = tuple((name, coding.looks_like) for name, coding in codings.items() if coding.looks_like is not None)

    def is_wrapper(self, name: str) -> bool:
        """Return whether a name is that of a coding that clients put around another one."""
        coding = self.by_name.get(name)
        return coding is not None and coding.is_wrapper

    def __missing__(self, name: str) -> NoReturn:
        raise unsupported(name)


def unsupported(name: str) -> UnsupportedEncoding:
    """Return the error for a coding that is not in the table, or that no header may name."""
    return UnsupportedEncoding(f"unsupported content encoding {quote(name)}")


CODINGS = CodingTable(
    {
        "gzip": GZIP,
        "deflate": DEFLATE,
        "br": BROTLI,
        "zstd": ZSTD,
        "zlib": ZLIB,
        "base64": BASE64,
    }
)
