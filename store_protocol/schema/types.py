"""The types of fields: what each holds in canonical form, and how it is read."""

from datetime import datetime
from string import ascii_letters, digits
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

import msgspec

from store_protocol.convert.ids import event_id, span_id, trace_id, uuid
from store_protocol.convert.rules import anything, rule, scalar, text
from store_protocol.convert.scalars import (
    STATUSES,
    address,
    boolean,
    f64,
    i64,
    ip_address,
    level,
    register,
    span_status,
    thread_id,
    u64,
)
from store_protocol.convert.timestamps import timestamp
from store_protocol.json_types import json_value_type

if TYPE_CHECKING:
    #: Seconds since the epoch, of which C takes ISO 8601 text, too (see `canonicalize`).
    SecondsOrText: TypeAlias = float
else:
    SecondsOrText = Annotated[float, msgspec.Meta(ge=0, le=253402300799)] | Annotated[datetime, msgspec.Meta(tz=True)]

_HEX = "[0-9a-f]"
_OCTET = "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"

#: A string without a length of its own.
Text = Annotated[str, text()]
#: A string that is absent where it is empty.
NonEmptyText = Annotated[str, text(skip_empty=True)]
U64 = Annotated[int, scalar(u64, ge=0, le=2**63 - 1)]
I64 = Annotated[int, scalar(i64, ge=-(2**63), le=2**63 - 1)]
F64 = Annotated[float, scalar(f64)]
Bool = Annotated[bool, scalar(boolean)]
#: Seconds since the epoch, rounded to microseconds.
Timestamp = Annotated[float, scalar(timestamp, ge=0, le=253402300799)]
RequiredTimestamp = Annotated[float, scalar(timestamp, required=True, ge=0, le=253402300799)]
#: The same, of which C takes ISO 8601 text, too (see `canonicalize`).
LenientTimestamp = Annotated[SecondsOrText, scalar(timestamp)]
#: 32 lowercase hex digits.
EventId = Annotated[str, scalar(event_id, pattern=rf"^{_HEX}{{32}}\Z")]
#: A UUID in lowercase with hyphens.
Uuid = Annotated[str, scalar(uuid, pattern=rf"^{_HEX}{{8}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{12}}\Z")]
#: 16 lowercase hex digits, not all zero.
SpanId = Annotated[str, scalar(span_id, pattern=rf"^(?!0{{16}}){_HEX}{{16}}\Z")]
#: Ids that must be there.
RequiredTraceId = Annotated[str, scalar(trace_id, required=True, pattern=rf"^(?!0{{32}}){_HEX}{{32}}\Z")]
RequiredSpanId = Annotated[str, scalar(span_id, required=True, pattern=rf"^(?!0{{16}}){_HEX}{{16}}\Z")]
#: How an operation ended, by a name of gRPC's status codes.
SpanStatus = Annotated[str, scalar(span_status, pattern=rf"^({'|'.join(STATUSES)})\Z")]
#: How a span came to be: `manual`, or `auto` and the integration that made it.
Origin = Annotated[str, text(128, allow=frozenset(ascii_letters + digits + "_."))]
#: Any value.
AnyValue = Annotated[Any, rule(read=anything)]
if TYPE_CHECKING:
    JsonValue: TypeAlias = Any
else:
    #: A free-form value, of which C takes what needs no repair. sentry-python 0.5 to 2 cut variables at five levels.
    JsonValue = Annotated[json_value_type(6), rule(read=anything)]
#: An address as `0x` and lowercase hex digits. C takes any text, as a pattern costs more there (see `canonicalize`).
Address = Annotated[str, scalar(address)]
#: A register's value, written as an address.
Register = Annotated[str, scalar(register)]
#: An IP address, or `{{auto}}` for the address that the event came from.
IpAddress = Annotated[str, scalar(ip_address, pattern=rf"^({_OCTET}\.){{3}}{_OCTET}\Z|^\{{\{{auto\}}\}}\Z")]
#: A thread's id: a whole number or a string.
ThreadId = Annotated[Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)] | str, scalar(thread_id)]
#: One of debug, info, warning, error, fatal.
Level = Annotated[Literal["debug", "info", "warning", "error", "fatal"], scalar(level)]
#: The same, of which C takes other names, too (see `canonicalize`).
LenientLevel = Annotated[Literal["debug", "info", "warning", "error", "fatal", "log", "critical"], scalar(level)]
