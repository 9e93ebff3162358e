"""Exceptions: what was raised, the cause first, the one that reached the top last."""

from typing import Annotated, ClassVar

from store_protocol.schema.base import Interface
from store_protocol.schema.mechanism import Mechanism
from store_protocol.schema.rules import OrRefused, ThreadId, rule, text
from store_protocol.schema.stacktrace import Stacktrace
from store_protocol.schema.values import register_values


class ExceptionValue(Interface, forbid_unknown_fields=True):
    """One exception of a chain."""

    __relay_name__: ClassVar[str] = "exception"

    #: The class of the exception, such as `ValueError`.
    type: Annotated[str, text(256, 20)] | None = None
    #: Its message; what is no string becomes its JSON text.
    value: Annotated[str, text(8192, 200, kind="json_string")] | None = None
    module: Annotated[str, text(256, 20)] | None = None
    stacktrace: Annotated[Stacktrace, rule(aliases=("sentry.interfaces.Stacktrace",))] | None = None
    #: The stack trace before symbolication.
    raw_stacktrace: Stacktrace | None = None
    thread_id: ThreadId | None = None
    mechanism: Mechanism | None = None


class Exceptions(Interface):
    """The chain of exceptions of an event."""

    values: OrRefused[Annotated[list[OrRefused[ExceptionValue]], rule(required=True)]]


register_values(Exceptions)
