"""An application outside of this project, whose reports are tested with a real SDK: in asyncio, in processes."""

import asyncio
from collections.abc import Iterator

import pytest
import sentry_sdk
from sentry_sdk.integrations.asyncio import AsyncioIntegration

from store_protocol import RateLimit, errors
from store_protocol.testing import Close, StoreServer, tag, title
from store_protocol.testing.server import Answer


@pytest.fixture(autouse=True)
def ends() -> Iterator[None]:
    yield
    sentry_sdk.get_client().close(timeout=5)


# More tests than workers, so that each worker has several.
@pytest.mark.parametrize("number", range(8))
def test_error_is_reported(store_server: StoreServer, number: int) -> None:
    sentry_sdk.init(store_server.dsn, release="shop@1.0")
    sentry_sdk.set_tag("number", number)
    try:
        [][number]
    except IndexError:
        sentry_sdk.capture_exception()
    sentry_sdk.flush()
    (event,) = store_server.wait_for(1)
    assert title(event) == "IndexError: list index out of range"
    assert tag(event, "number") == str(number) and event.release == "shop@1.0"
    assert store_server.refused == []


def test_task_is_reported(store_server: StoreServer) -> None:
    async def fails() -> None:
        raise ValueError("in a task")

    async def main() -> str:
        sentry_sdk.init(store_server.dsn, integrations=[AsyncioIntegration()])
        task = asyncio.create_task(fails())
        (event,) = await store_server.wait_for_async(1)
        with pytest.raises(ValueError):
            await task
        return title(event)

    assert asyncio.run(main()) == "ValueError: in a task"


def test_transaction_and_log_come(store_server: StoreServer) -> None:
    sentry_sdk.init(store_server.dsn, traces_sample_rate=1.0, enable_logs=True)
    with sentry_sdk.start_transaction(name="checkout", op="task"):
        pass
    sentry_sdk.logger.warning("low stock")  # type: ignore[attr-defined, unused-ignore]
    sentry_sdk.flush()
    (transaction,) = store_server.wait_for(1, of="transactions")
    (log,) = store_server.wait_for(1, of="logs")
    assert transaction.transaction == "checkout" and log.body == "low stock"


@pytest.mark.parametrize(
    ("answer", "come"),
    [(RateLimit(60, categories=("error",)), 0), (errors.Overloaded("busy", retry_after=60), 1), (Close(), 1)],
)
def test_application_outlives_a_server_that_refuses(store_server: StoreServer, answer: Answer, come: int) -> None:
    store_server.answer_next(answer)
    sentry_sdk.init(store_server.dsn)
    for _ in range(2):
        sentry_sdk.capture_message("hello")
        sentry_sdk.flush()
    store_server.wait_for(come)
    assert len(store_server.events) == come
