"""Large texts read while Python's garbage collector waits.

What msgspec builds of a text is alive until it is read, and collections in between can find nothing: but each goes through
all of it. Python 3.11 collects even while C builds it: 1 MiB of empty lists takes 0.02 seconds, and 0.19 with its
collections. Python 3.12 and later wait by themselves until C returns.
"""

import contextlib
import gc
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

#: Bytes or characters of a text from which on C is let build what it holds without collections: where a server has many
#: objects, one takes milliseconds.
_WORTH = 4 * 1024
#: And from which on it is read without them: few events have as many, and to read one takes a millisecond or more.
_LARGE = 64 * 1024

_NOTHING = contextlib.nullcontext()


def uncollected(size: int) -> AbstractContextManager[None]:
    """Return the context in which a text of `size` bytes or characters is read; no collection begins in it for large ones.

    What other threads do in this time is collected later.

    >>> with uncollected(1_000_000):
    ...     gc.isenabled()
    False
    >>> gc.isenabled()
    True
    """
    return _paused() if size >= _LARGE and gc.isenabled() else _NOTHING


@contextlib.contextmanager
def _paused() -> Iterator[None]:
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


if sys.version_info < (3, 12):

    def decode_uncollected(decode: Callable[[Any], Any], text: Any) -> Any:
        """Return what `decode` makes of a text; no collection begins in this time.

        >>> decode_uncollected(len, "text")
        4
        """
        if len(text) < _WORTH or not gc.isenabled():
            return decode(text)
        gc.disable()
        try:
            return decode(text)
        finally:
            gc.enable()

else:

    def decode_uncollected(decode: Callable[[Any], Any], text: Any) -> Any:
        """Return what `decode` makes of a text; no collection begins in this time."""
        return decode(text)
