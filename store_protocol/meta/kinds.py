"""The kinds of errors of values: what `Event.errors` has as `type` and `FieldError` as `kind`."""

from typing import Literal, TypeAlias

#: All but the last two are Relay's; these tell of values that Relay refuses, and that are read otherwise than they came.
ErrorKind: TypeAlias = Literal[
    #: The value is of a wrong type or form, or breaks a rule of its field; it is left out.
    "invalid_data",
    #: The interface has no attribute of this name; it is left out.
    "invalid_attribute",
    #: What must be there is not; `attribute` names it where one of several would do.
    "missing_attribute",
    #: The value is longer than Sentry stores, and cutting it would change what it means: it is left out.
    "value_too_long",
    #: The time lies further in the past than `max_secs_in_past`; that of receipt stands in its place.
    "past_timestamp",
    #: The time lies further in the future than `max_secs_in_future`; that of receipt stands in its place.
    "future_timestamp",
    #: The clock of the client was off; the event's times are set right by the difference.
    "clock_drift",
    #: A time came in milli-, micro- or nanoseconds, and was read as such.
    "timestamp_unit",
    #: An array or an object came as its JSON text, and was read from it.
    "json_text",
]
