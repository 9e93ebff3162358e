"""The types of fields that only items have."""

from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

import msgspec

from store_protocol.convert.context import ConversionError
from store_protocol.convert.forms import TEXT, forms
from store_protocol.convert.ids import event_id
from store_protocol.convert.rules import anything, rule, scalar, text
from store_protocol.convert.scalars import finite, lenient_string, string, u64, whole_number
from store_protocol.convert.timestamps import timestamp
from store_protocol.normalize.steps.timestamps import rfc3339
from store_protocol.schema.types import SecondsOrText

#: Seconds since the epoch, of which C takes ISO 8601 text, too (see `canonicalize`).
RequiredTimestamp = Annotated[SecondsOrText, scalar(timestamp, required=True)]
#: The same, written as RFC 3339 text: where Relay reads no number.
IsoTimestamp = Annotated[SecondsOrText, scalar(timestamp, encode=rfc3339)]
RequiredIsoTimestamp = Annotated[SecondsOrText, scalar(timestamp, required=True, encode=rfc3339)]
#: Strings and numbers that must be there.
RequiredText = Annotated[str, text(required=True)]
FilledText = Annotated[str, text(required=True, nonempty=True)]
RequiredU64 = Annotated[int, scalar(u64, required=True, ge=0, le=2**63 - 1)]
RequiredFloat = Annotated[float, scalar(finite, required=True)]
#: 32 lowercase hex digits that must be there.
RequiredEventId = Annotated[str, scalar(event_id, required=True, pattern=r"^[0-9a-f]{32}\Z")]
#: A string, or a number as Python 2 would have printed it.
LenientText = Annotated[str, text(convert=lenient_string)]
RequiredAny = Annotated[Any, rule(read=anything, required=True)]

if TYPE_CHECKING:
    DigitsOrNumber: TypeAlias = int
else:
    DigitsOrNumber = (
        Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)] | Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,18}\Z")]
    )

#: A whole number, of which C takes decimal digits as text, too (see `canonicalize`).
WholeNumber = Annotated[DigitsOrNumber, scalar(whole_number)]
RequiredWholeNumber = Annotated[DigitsOrNumber, scalar(whole_number, required=True)]


@forms(TEXT, {"enum": ["in_progress", "ok", "error", "unknown"]})
def check_in_status(value: Any) -> str:
    """How a run of a monitor is: every name that a client can't tell is `unknown`.

    >>> check_in_status("missed")
    'unknown'
    """
    found = string(value)
    return found if found in _STATUSES else "unknown"


@forms({"enum": ["auto", "never"]})
def infer(value: Any) -> str:
    """`auto` or `never`."""
    if value == "auto" or value == "never":  # noqa: PLR1714  (it may be a list, which has no hash)
        return str(value)
    raise ConversionError("expected auto or never")


_STATUSES = frozenset({"in_progress", "ok", "error"})
CheckInStatus = Annotated[Literal["in_progress", "ok", "error", "unknown"], scalar(check_in_status, required=True)]
Infer = Annotated[Literal["auto", "never"], scalar(infer)]
