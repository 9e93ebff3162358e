"""What pytest finds by itself where the package is installed: the fixture `store_server`."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest


@pytest.fixture
def store_server() -> Callable[..., AbstractContextManager[Any]]:
    """Give the context manager of `store_protocol.testing`: `with store_server() as server: ...`."""
    from store_protocol.testing import store_server  # noqa: PLC0415  (a run without the fixture does not pay for it)

    return store_server
