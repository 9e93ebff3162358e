"""Threads: what every thread of the process did at the time of the event."""

from typing import Annotated

from store_protocol.convert.interface import Interface
from store_protocol.convert.rules import NonNull, rule, text
from store_protocol.convert.values import VALUES, Values
from store_protocol.schema.stacktrace import LockReason, Stacktrace
from store_protocol.schema.types import Bool, NonEmptyText, ThreadId


class Thread(Interface):
    """One thread of the process."""

    id: ThreadId | None = None
    name: Annotated[str, text(1024, 100)] | None = None
    stacktrace: Annotated[Stacktrace, rule(omit_empty=True)] | None = None
    raw_stacktrace: Annotated[Stacktrace, rule(omit_empty=True)] | None = None
    crashed: Bool | None = None
    current: Bool | None = None
    main: Bool | None = None
    state: NonEmptyText | None = None
    held_locks: dict[str, LockReason | None] | None = None


class Threads(Values):
    """The threads of the process."""

    values: NonNull[Annotated[list[NonNull[Thread]], VALUES]] = None
