"""Threads: what every thread of the process did at the time of the event."""

from typing import Annotated

from store_protocol.convert.interface import Interface
from store_protocol.convert.rules import NonNull, rule, text
from store_protocol.convert.values import VALUES, Values
from store_protocol.schema.stacktrace import LockReason, Stacktrace
from store_protocol.schema.types import Bool, NonEmptyText, ThreadId


class Thread(Interface):
    """One thread of the process."""

    #: The number or name by which exceptions refer to the thread.
    id: ThreadId | None = None
    #: Its name.
    name: Annotated[str, text(1024, 100)] | None = None
    #: What it was doing.
    stacktrace: Annotated[Stacktrace, rule(omit_empty=True)] | None = None
    #: The stack trace before symbolication.
    raw_stacktrace: Annotated[Stacktrace, rule(omit_empty=True)] | None = None
    #: Whether it caused the crash.
    crashed: Bool | None = None
    #: Whether it is the one that made the event.
    current: Bool | None = None
    #: Whether it is the main thread of the process, or of the user interface.
    main: Bool | None = None
    #: What it was doing, in the words of the platform, such as `RUNNABLE`.
    state: NonEmptyText | None = None
    #: The locks that it held, by their address.
    held_locks: dict[str, LockReason | None] | None = None


class Threads(Values):
    """The threads of the process."""

    #: The threads. A list in the place of the object is read as them.
    values: NonNull[Annotated[list[NonNull[Thread]], VALUES]] = None
