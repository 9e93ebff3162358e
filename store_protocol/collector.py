"""Large texts decoded while Python's garbage collector waits.

Python 3.11 collects while msgspec builds what it decodes, again and again: 1 MiB of empty lists takes 0.02 seconds, and
0.19 with its collections, none of which can find anything. Python 3.12 and later wait by themselves until C returns.
"""

import gc
import sys
from collections.abc import Callable
from typing import Any

#: Bytes or characters of a text from which on it is worth the two calls.
LARGE = 64 * 1024

if sys.version_info < (3, 12):

    def decode_uncollected(decode: Callable[[Any], Any], text: Any, size: int | None = None) -> Any:
        """Return what `decode` makes of a text; no collection begins in this time.

        `size` is that of the text, where plain objects are given in its place.

        >>> decode_uncollected(len, "text")
        4
        """
        # What another thread does in between is collected later: it runs for the few instructions around C at the most.
        if (len(text) if size is None else size) < LARGE or not gc.isenabled():
            return decode(text)
        gc.disable()
        try:
            return decode(text)
        finally:
            gc.enable()

else:

    def decode_uncollected(decode: Callable[[Any], Any], text: Any, size: int | None = None) -> Any:  # noqa: ARG001
        """Return what `decode` makes of a text; no collection begins in this time."""
        return decode(text)
