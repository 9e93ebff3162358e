"""What all contexts have in common."""

from typing import ClassVar

from store_protocol.convert.forms import Schema, SchemaOf
from store_protocol.convert.interface import Interface, Retain, interfaces
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

    @classmethod
    def __takes__(cls, own: Schema, of: SchemaOf) -> Schema:
        """Return the schema of a context; the one of `Context` itself is told by the type."""
        if cls is not Context:
            # A type that is no string is as good as none.
            return {**own, "properties": {name: part for name, part in own["properties"].items() if name != "type"}}
        told = [
            {"if": {"properties": {"type": {"const": each.__context_type__}}, "required": ["type"]}, "then": of(each)}
            for each in interfaces(Context)
        ]
        return {"type": "object", "allOf": told}

    __gives__ = __takes__
