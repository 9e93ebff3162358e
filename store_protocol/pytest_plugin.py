"""What pytest finds by itself where the package is installed: the fixture `store_server`."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest


@pytest.fixture
def store_server() -> Callable[..., AbstractContextManager[Any]]:
    """Run a fake Sentry for a test: the context manager `store_protocol.testing.store_server`."""
    from store_protocol.testing import store_server  # noqa: PLC0415  (a run without the fixture does not pay for it)

    return store_server
