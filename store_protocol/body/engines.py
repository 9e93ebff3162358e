"""The C libraries that do the work, each loaded when a body first needs it.

`zlib-ng` inflates and `pybase64` decodes faster than the standard library; both come with the extra `speed` and behave
alike, so that which one is at work shows in nothing but time.
"""

import binascii
import functools
import zlib
from collections.abc import Callable
from typing import Any


@functools.cache
def zlib_module() -> Any:
    """Give the module that inflates: `zlib_ng.zlib_ng` where it is installed, else `zlib`."""
    try:
        from zlib_ng import zlib_ng  # noqa: PLC0415  (loaded when first needed)
    except ImportError:
        return zlib
    return zlib_ng


@functools.cache
def base64_decoder() -> Callable[[bytes], bytes]:
    """Give the function that decodes base64 strictly: that of `pybase64` where it is installed, else of `binascii`."""
    try:
        import pybase64  # noqa: PLC0415  (loaded when first needed)
    except ImportError:
        return functools.partial(binascii.a2b_base64, strict_mode=True)
    return functools.partial(pybase64.b64decode, validate=True)


@functools.cache
def brotli_module() -> Any:
    """Give the module `brotli`."""
    import brotli  # noqa: PLC0415  (loaded when first needed)

    return brotli


@functools.cache
def zstandard_module() -> Any:
    """Give the module `zstandard`."""
    import zstandard  # noqa: PLC0415  (loaded when first needed)

    return zstandard
