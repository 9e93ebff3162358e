"""What is made on first use, and made once, in however many threads the first calls come.

Why a lock: msgspec makes its type information of a struct when the struct is first decoded. It publishes that before it has
filled it in, and runs Python code in between. Another thread then takes it for complete, and the process dies of a
segmentation fault (msgspec 0.20 to 0.22, `StructInfo_Convert`; only free-threaded builds have a flag against it).

Strategy: all that makes type information takes one lock. `build_type_info` makes that of structs, at the end of the module
that defines them. `once` keeps what a function returns, and takes the lock only to make it: a later call costs what a call
of `functools.cache` does.

The order of locks: code that holds this lock must not import modules of this package. An import holds the lock of its
module, and may then want this one.
"""

import functools
import inspect
import threading
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

_LOCK = threading.RLock()
#: The functions under `once`.
MADE_ONCE: list[Any] = []

Make = TypeVar("Make", bound=Callable[..., Any])


def once(make: Make) -> Make:
    """Return `make` with its results kept: one for each combination of arguments, made under the lock.

    >>> @once
    ... def answer():
    ...     print("made")
    ...     return 42
    >>> answer(), answer()
    made
    (42, 42)
    """
    made = functools.cache(make)

    @functools.cache
    @functools.wraps(make)
    def make_locked(*arguments: Any, **keywords: Any) -> Any:
        with _LOCK:
            # Threads that came while it was being made find it here.
            return made(*arguments, **keywords)

    MADE_ONCE.append(make_locked)
    return make_locked  # type: ignore[return-value]


def make_all() -> None:
    """Call the functions under `once` that need no arguments, of all modules that are loaded."""
    # What is made may bring functions of its own: they are appended to the list, which is gone through to its end.
    for make in MADE_ONCE:
        if all(each.default is not each.empty for each in inspect.signature(make).parameters.values()):
            make()


def build_type_info(*structs: Any) -> None:
    """Make the type information of structs, and of the structs in their fields, so that any thread may decode them."""
    with _LOCK:
        for struct in structs:
            msgspec.json.Decoder(struct)
