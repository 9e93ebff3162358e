"""A fake Sentry for tests: a real server on loopback to which an application's SDK sends (extra: testing).

pytest finds the fixture `store_server` by itself once the extra is installed; everywhere else it is a context manager.
"""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from store_protocol.asgi import StoreApp
from store_protocol.errors import StoreError
from store_protocol.limits import Limits
from store_protocol.normalize import NormalizeOptions
from store_protocol.schema import Event
from store_protocol.submission import Submission

_STARTUP_SECONDS = 10.0


class StoreServer:
    """What a fake Sentry has received; `dsn` is what the application is given.

    `submissions` holds what was accepted, in the order of arrival, and `events` the events in it. A `StoreError` put into
    `refuse_with` refuses everything from then on, and None takes it again.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.dsn = url.replace("://", "://0123456789abcdef0123456789abcdef@") + "/1"
        self.submissions: list[Submission] = []
        self.refuse_with: StoreError | None = None
        self._arrived = threading.Condition()

    @property
    def events(self) -> list[Event]:
        """The events received so far."""
        return [event for submission in list(self.submissions) for event in submission.events]

    def wait_for(self, count: int, *, timeout: float = 5.0) -> list[Event]:
        """Wait until there are `count` events, and give all; raise `TimeoutError` after `timeout` seconds."""
        with self._arrived:
            if not self._arrived.wait_for(lambda: len(self.events) >= count, timeout):
                raise TimeoutError(f"{len(self.events)} of {count} events came within {timeout} seconds")
        return self.events

    def clear(self) -> None:
        """Forget what came."""
        with self._arrived:
            self.submissions.clear()

    async def _take(self, submission: Submission) -> None:
        if self.refuse_with is not None:
            raise self.refuse_with
        with self._arrived:
            self.submissions.append(submission)
            self._arrived.notify_all()


@contextmanager
def store_server(
    *, host: str = "127.0.0.1", port: int = 0, limits: Limits | None = None, options: NormalizeOptions | None = None
) -> Iterator[StoreServer]:
    """Run a fake Sentry in a thread while the block runs; port 0 takes any that is free.

    >>> with store_server() as server:  # doctest: +SKIP
    ...     sentry_sdk.init(server.dsn)
    ...     sentry_sdk.capture_message("hello")
    ...     server.wait_for(1)[0].logentry.formatted
    'hello'
    """
    # Only those who run it need a server installed.
    import uvicorn  # noqa: PLC0415

    with socket.create_server((host, port)) as listener:
        server = StoreServer(f"http://{host}:{listener.getsockname()[1]}")
        app: Any = StoreApp(server._take, limits=limits or Limits(), options=options or NormalizeOptions())  # noqa: SLF001
        # Without WebSockets: some pairs of versions warn when they are loaded, which fails tests whose warnings are errors.
        config = uvicorn.Config(
            app, log_level="error", access_log=False, lifespan="off", timeout_graceful_shutdown=1, ws="none"
        )
        running = uvicorn.Server(config)
        thread = threading.Thread(target=running.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            deadline = time.monotonic() + _STARTUP_SECONDS
            while not running.started:
                if time.monotonic() > deadline or not thread.is_alive():
                    raise RuntimeError("the server did not start")
                time.sleep(0.005)
            yield server
        finally:
            running.should_exit = True
            thread.join()
