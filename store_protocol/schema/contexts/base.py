"""What all contexts have in common."""

from typing import ClassVar

from store_protocol.convert.interface import Interface, Retain
from store_protocol.convert.rules import LARGE, FreeFormLimit


class Context(Interface, forbid_unknown_fields=True):
    """A part of the environment in which the event happened. The last attribute, `type`, tells which.

    Attributes that a context doesn't know are kept in `other`.
    """

    #: The `type` that tells the context on the wire, as Relay writes it.
    __context_type__: ClassVar[str]
    __other__: ClassVar[Retain] = Retain.ALWAYS
    #: The room that all of the context has.
    __limit__: ClassVar[FreeFormLimit] = LARGE
