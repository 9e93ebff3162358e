"""Large texts read while Python's garbage collector waits.

What msgspec builds of a text is alive until it is read, and collections in between can find nothing: but each goes through
all of it. Python 3.11 collects even while C builds it: 1 MiB of empty lists takes 0.02 seconds, and 0.19 with its
collections. Python 3.12 and later wait by themselves until C returns.
"""

import gc
import sys
from collections.abc import Callable
from typing import Any, TypeVar

#: Bytes or characters of a text from which on C is let build what it holds without collections: where a server has many
#: objects, one takes milliseconds.
_WORTH = 6 * 1024
#: And from which on it is large: few events have as many, and to read one takes a millisecond or more.
LARGE_TEXT = 64 * 1024

Made = TypeVar("Made")


def uncollected(make: Callable[..., Made], *arguments: Any) -> Made:
    """Return what `make` makes of a large text; no collection begins meanwhile.

    What other threads do in this time is collected later.

    >>> uncollected(gc.isenabled), gc.isenabled()
    (False, True)
    """
    if not gc.isenabled():
        return make(*arguments)
    gc.disable()
    try:
        return make(*arguments)
    finally:
        gc.enable()


if sys.version_info < (3, 12):

    def decode_uncollected(decode: Callable[[Any], Any], text: Any) -> Any:
        """Return what `decode` makes of a text; no collection begins in this time.

        >>> decode_uncollected(len, "text")
        4
        """
        return decode(text) if len(text) < _WORTH else uncollected(decode, text)

else:

    def decode_uncollected(decode: Callable[[Any], Any], text: Any) -> Any:
        """Return what `decode` makes of a text; no collection begins in this time."""
        return decode(text)
