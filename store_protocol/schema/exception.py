"""Exceptions: what was raised, the cause first, the one that reached the top last."""

from typing import Annotated, Any, ClassVar

from store_protocol.convert.context import ConvertContext, LenientPathNeeded
from store_protocol.convert.forms import Schema, SchemaOf
from store_protocol.convert.interface import Interface
from store_protocol.convert.rules import NonNull, rule, text
from store_protocol.convert.scalars import json_string
from store_protocol.convert.values import VALUES, Values
from store_protocol.meta.tree import Path
from store_protocol.schema.mechanism import Mechanism, read_mechanism
from store_protocol.schema.stacktrace import Stacktrace
from store_protocol.schema.types import ThreadId

_FILLED: dict[str, Schema] = {
    "type": {"type": "string", "minLength": 1},
    # Of what isn't a string only null is nothing.
    "value": {"not": {"enum": [None, ""]}},
}


class ExceptionValue(Interface, forbid_unknown_fields=True):
    """One exception of a chain."""

    __relay_name__: ClassVar[str] = "exception"

    @classmethod
    def __takes__(cls, own: Schema, of: SchemaOf) -> Schema:
        """Return the schema of an exception, which has a type or a value."""
        told = [{"properties": {name: filled}, "required": [name]} for name, filled in _FILLED.items()]
        return {**own, "anyOf": told}

    #: The class of the exception, such as `ValueError`.
    type: Annotated[str, text(256, 20)] | None = None
    #: Its message; what isn't a string becomes its JSON text.
    value: Annotated[str, text(8192, 200, convert=json_string)] | None = None
    #: The module or package of the class.
    module: Annotated[str, text(256, 20)] | None = None
    #: Where it was raised.
    stacktrace: Annotated[Stacktrace, rule(aliases=("sentry.interfaces.Stacktrace",), omit_empty=True)] | None = None
    #: The stack trace before symbolication.
    raw_stacktrace: Annotated[Stacktrace, rule(omit_empty=True)] | None = None
    #: The thread in which it was raised, by its `id` among `threads`.
    thread_id: ThreadId | None = None
    #: How it was caught and made an event.
    mechanism: Mechanism | None = None


class Exceptions(Values):
    """The chain of exceptions of an event."""

    #: The exceptions, the cause first. A list, or one exception, in the place of the object is read as them.
    values: NonNull[Annotated[list[NonNull[ExceptionValue]], VALUES]] = None

    @classmethod
    def __before_canonicalize__(cls, values: list[Any], path: Path, context: ConvertContext) -> None:
        """Read mechanisms in their old layout from what was sent: C tells too little of them.

        Raises `LenientPathNeeded` where that isn't at hand.
        """
        old = [index for index, each in enumerate(values) if each.mechanism is not None and each.mechanism.type is None]
        if old:
            original = context.first_present((path[0], "sentry.interfaces.Exception"))
            if type(original) is dict:
                sent = original.get("values", [original])
            elif type(original) is list:
                sent = original
            else:
                # It came as JSON text.
                raise LenientPathNeeded
            context.facts.known_short -= {path[0]}
            for index in old:
                at = (*path, str(index), "mechanism")
                values[index].mechanism = read_mechanism(sent[index]["mechanism"], at, context)
