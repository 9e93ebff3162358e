"""Threads: what every thread of the process did at the time of the event."""

from typing import Annotated

from store_protocol.schema.base import Interface
from store_protocol.schema.convert import Reading
from store_protocol.schema.notes import Path
from store_protocol.schema.rules import Bool, FilledText, OrRefused, ThreadId, rule, text
from store_protocol.schema.settle import settler_of
from store_protocol.schema.stacktrace import LockReason, Stacktrace, settle_holders
from store_protocol.schema.values import register_values


class Thread(Interface):
    """One thread of the process."""

    id: ThreadId | None = None
    name: Annotated[str, text(1024, 100)] | None = None
    stacktrace: Stacktrace | None = None
    raw_stacktrace: Stacktrace | None = None
    crashed: Bool | None = None
    current: Bool | None = None
    main: Bool | None = None
    state: FilledText | None = None
    held_locks: dict[str, LockReason | None] | None = None


class Threads(Interface):
    """The threads of the process."""

    values: OrRefused[Annotated[list[OrRefused[Thread]], rule(required=True)]] = None


_settle_locks = settler_of(dict[str, LockReason | None])


def settle_threads(threads: list[Thread], path: Path, reading: Reading) -> None:
    """Settle the stack traces and the locks of threads."""
    settle_holders(threads, path, reading)
    for index, thread in enumerate(threads):
        if thread is not None and thread.held_locks and _settle_locks is not None:
            _settle_locks(thread.held_locks, (*path, str(index), "held_locks"), reading)


register_values(Threads, settle_threads)
