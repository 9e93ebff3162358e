"""What pytest finds by itself where the package is installed: the fixture `store_server`, and how events compare.

Nothing but this module is loaded until a test asks for the fixture or compares events.
"""

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from store_protocol.testing import FakeSentry, StoreServer

#: The fake Sentry of this process, once a test has asked for it, and what came late in others.
_SENTRY = pytest.StashKey["FakeSentry"]()
_LATE = pytest.StashKey[list[str]]()


@pytest.hookimpl(tryfirst=True)
def pytest_addoption(pluginmanager: pytest.PytestPluginManager) -> None:
    """Let the modules of this package be loaded as they were compiled when it was installed.

    pytest rewrites the assertions of all packages that come with a plugin. These have none that a test would see, and
    a new environment, such as that of a CI run, would first compile them all again. pytest has no setting for it.
    """
    marked = getattr(getattr(pluginmanager, "rewrite_hook", None), "_must_rewrite", None)
    if isinstance(marked, set):
        marked.discard("store_protocol")


@pytest.fixture(scope="session")
def _fake_sentry(pytestconfig: pytest.Config) -> "Iterator[FakeSentry]":
    from store_protocol.testing import FakeSentry  # noqa: PLC0415  (a run without the fixture does not pay for it)

    sentry = pytestconfig.stash[_SENTRY] = FakeSentry()
    yield sentry
    sentry.close()


@pytest.fixture
def store_server(_fake_sentry: "FakeSentry", request: pytest.FixtureRequest) -> "Iterator[StoreServer]":
    """A fake Sentry: `store_server.dsn` is for the application, and `store_server.events` what came to it.

    The server is one for the session. Each test has a DSN of its own, and sees what came to that alone. Called, it is the
    context manager `store_protocol.testing.store_server`, which runs another server.
    """
    server = _fake_sentry.server()
    yield server
    _fake_sentry.retire(server, request.node.nodeid)


def _late(config: pytest.Config) -> list[str]:
    """Return the lines that tell what came after the tests were over that had caused it."""
    from store_protocol.testing.received import describe  # noqa: PLC0415

    sentry = config.stash.get(_SENTRY, None)
    return [f"{name}: {'; '.join(describe(exchange))}" for name, exchange in (sentry.late if sentry is not None else ())]


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand what came late to the process that shows it, where this one is a worker of pytest-xdist."""
    config = session.config
    if _SENTRY in config.stash and hasattr(config, "workeroutput"):
        config.workeroutput["store_server_late"] = _late(config)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take what came late in a worker of pytest-xdist."""
    late = getattr(node, "workeroutput", {}).get("store_server_late", [])
    node.config.stash.setdefault(_LATE, []).extend(late)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Show what was sent after the tests were over that had caused it."""
    late = config.stash.get(_LATE, []) + (_late(config) if _SENTRY in config.stash else [])
    if late:
        terminalreporter.section("sent to store_server after the test was over")
        for line in late:
            terminalreporter.write_line(line)


def pytest_assertrepr_compare(op: str, left: object, right: object) -> list[str] | None:
    """Show two events that are not equal by what differs, attribute by attribute."""
    module = sys.modules.get("store_protocol.schema.event")
    if module is None or op != "==" or not (isinstance(left, module.Event) and isinstance(right, module.Event)):
        return None
    from store_protocol.testing.differences import differences  # noqa: PLC0415

    return ["events differ", *differences(left.to_dict(), right.to_dict())]
