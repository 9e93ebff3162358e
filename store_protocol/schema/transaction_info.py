"""Where the name of a transaction comes from."""

from typing import Annotated, ClassVar

from store_protocol.convert.interface import Interface, Retain
from store_protocol.convert.rules import NonNull, text
from store_protocol.schema.types import U64, Text, Timestamp


class TransactionNameChange(Interface):
    """One change of the name while the transaction ran."""

    __other__: ClassVar[Retain] = Retain.NEVER

    source: Text | None = None
    propagations: U64 | None = None
    timestamp: Timestamp | None = None


class TransactionInfo(Interface):
    """Where the name of a transaction comes from."""

    __other__: ClassVar[Retain] = Retain.NEVER

    #: `custom`, `url`, `route`, `view`, `component`, `task`, `sanitized` or `unknown`; others are kept.
    source: Text | None = None
    #: The name before identifiers were taken out of it.
    original: Annotated[str, text(200, strip=True)] | None = None
    changes: list[NonNull[TransactionNameChange] | None] | None = None
    propagations: U64 | None = None
