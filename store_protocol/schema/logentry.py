"""The log message of an event: as a template with its parameters, formatted, or both."""

from typing import Annotated, Any

import msgspec

from store_protocol.convert.context import ConversionError, ConvertContext, LenientPathNeeded
from store_protocol.convert.forms import TEXT, Schema, SchemaOf, forms
from store_protocol.convert.interface import Interface
from store_protocol.convert.json_texts import in_text_or_refuse
from store_protocol.convert.readers import Reader, interface_reader
from store_protocol.convert.rules import MEDIUM, TypedForm, anything, rule, text
from store_protocol.convert.scalars import json_string
from store_protocol.json_types import json_scalar_type
from store_protocol.meta.tree import Path
from store_protocol.schema.types import JsonValue

_NO_PARAMETERS = ConversionError("expected message parameters")


@forms({"type": ["object", "array"]})
def read_message_params(value: Any, path: Path, context: ConvertContext) -> Any:
    """Read the parameters of a message: a list or an object."""
    if type(value) in {list, dict}:
        return anything(value, path, context)
    # What was said of them is said no more.
    context.meta_tree.take(path)
    found = in_text_or_refuse(value, (list, dict), _NO_PARAMETERS, path, context)
    return None if found is None else found[0]


class LogEntry(Interface):
    """A log message. `message` is the template, `params` what goes into it, `formatted` what comes out."""

    #: The template with its placeholders, by which events are grouped.
    message: Annotated[str, text(8192, 200)] | None = None
    #: The message as people read it; normalization makes it of the template and its parameters.
    formatted: Annotated[str, text(8192, 200)] | None = None
    #: What goes into the placeholders: a list by position, or an object by name.
    params: Annotated[list[JsonValue] | dict[str, JsonValue], rule(read=read_message_params, limit=MEDIUM)] | None = None

    @classmethod
    def __takes__(cls, own: Schema, of: SchemaOf) -> Schema:
        """Return the schema of an object that is empty or has a message, or of anything else, which is shown as it is."""
        some: list[Schema] = [{"properties": {name: TEXT}, "required": [name]} for name in ("message", "formatted")]
        some.append({"additionalProperties": {"enum": [None, "", [], {}]}})
        return {"if": {"type": "object"}, "then": {**own, "anyOf": some}}

    @classmethod
    def __reader__(cls) -> Reader:
        return read_log_entry

    @classmethod
    def __typed__(cls) -> TypedForm:
        return TypedForm(LogEntry | json_scalar_type(), read_log_entry)


_NOTHING = LogEntry()
_read_object = interface_reader(LogEntry)


def read_log_entry(value: Any, path: Path, context: ConvertContext) -> Any:
    """Read a log message: an object of its parts, or what is shown of it."""
    if type(value) is LogEntry:
        if value == _NOTHING:
            # It may be an empty object, which is as good as nothing, or one of attributes that aren't known.
            raise LenientPathNeeded
        return value
    if type(value) is dict:
        if not value and not context.is_noted(path):
            return None
        if not context.keep_unknown and type(value.get("params")) in {list, dict}:
            try:
                return msgspec.convert(value, LogEntry)
            except (msgspec.ValidationError, RecursionError):
                pass
        return _read_object(value, path, context)
    # raven-python sends `message: false` where there is none.
    if value is False or (value == "" and not context.is_noted((*path, "formatted"))):
        return None
    return LogEntry(formatted=json_string(value))
