"""Fixtures of the tests of bodies."""

import sys
from collections.abc import Iterator

import pytest

from store_protocol.body.codings.base64 import base64_decoder
from store_protocol.body.codings.deflate import zlib_module


@pytest.fixture(params=["speed", "standard"])
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Run a test with the C libraries of the extra `speed` and without them."""
    for cached in (zlib_module, base64_decoder):
        cached.cache_clear()
    if request.param == "standard":
        monkeypatch.setitem(sys.modules, "zlib_ng", None)
        monkeypatch.setitem(sys.modules, "pybase64", None)
    yield
    for cached in (zlib_module, base64_decoder):
        cached.cache_clear()
