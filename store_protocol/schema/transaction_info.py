"""Where the name of a transaction comes from."""

from typing import Annotated, ClassVar

from store_protocol.convert.interface import Interface, Retain
from store_protocol.convert.rules import NonNull, text
from store_protocol.schema.types import U64, Text, Timestamp


class TransactionNameChange(Interface):
    """One change of the name while the transaction ran."""

    __other__: ClassVar[Retain] = Retain.NEVER

    #: Where the name came from until then.
    source: Text | None = None
    #: How often the trace had been handed on by then.
    propagations: U64 | None = None
    #: When the name was changed.
    timestamp: Timestamp | None = None


class TransactionInfo(Interface):
    """Where the name of a transaction comes from."""

    __other__: ClassVar[Retain] = Retain.NEVER

    #: Where the name comes from: `custom`, `url`, `route`, `view`, `component`, `task`, `sanitized` or `unknown`; others
    #: are kept.
    source: Text | None = None
    #: The name before identifiers were taken out of it.
    original: Annotated[str, text(200, strip=True)] | None = None
    #: What the name was before, the first one first.
    changes: list[NonNull[TransactionNameChange] | None] | None = None
    #: How often the trace was handed on while the transaction ran.
    propagations: U64 | None = None
