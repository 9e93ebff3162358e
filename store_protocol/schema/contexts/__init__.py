"""Contexts: the environment of the event, each with a layout of its own that its type tells, or with none."""

from collections.abc import Iterable
from itertools import chain
from typing import Any

import msgspec

from store_protocol.convert.canonicalize import canonicalizer_of
from store_protocol.convert.context import ConvertContext
from store_protocol.convert.forms import Schema, SchemaOf, forms, nullable
from store_protocol.convert.interface import Retain, interfaces
from store_protocol.convert.json_texts import in_text, in_text_or_refuse
from store_protocol.convert.readers import NO_OBJECT, interface_reader
from store_protocol.convert.rules import AdditionalProperties
from store_protocol.json_types import OTHER_KEY
from store_protocol.meta.tree import Path
from store_protocol.schema.contexts.application import ChromiumStabilityReportContext as ChromiumStabilityReportContext
from store_protocol.schema.contexts.application import FeedbackContext as FeedbackContext
from store_protocol.schema.contexts.application import FlagsContext as FlagsContext
from store_protocol.schema.contexts.application import ResponseContext as ResponseContext
from store_protocol.schema.contexts.base import Context as Context
from store_protocol.schema.contexts.device import DeviceContext as DeviceContext
from store_protocol.schema.contexts.device import GpuContext as GpuContext
from store_protocol.schema.contexts.device import MemoryInfoContext as MemoryInfoContext
from store_protocol.schema.contexts.device import ThreadpoolInfoContext as ThreadpoolInfoContext
from store_protocol.schema.contexts.software import AppContext as AppContext
from store_protocol.schema.contexts.software import BrowserContext as BrowserContext
from store_protocol.schema.contexts.software import CloudResourceContext as CloudResourceContext
from store_protocol.schema.contexts.software import CultureContext as CultureContext
from store_protocol.schema.contexts.software import OsContext as OsContext
from store_protocol.schema.contexts.software import OtaUpdatesContext as OtaUpdatesContext
from store_protocol.schema.contexts.software import OtelContext as OtelContext
from store_protocol.schema.contexts.software import RuntimeContext as RuntimeContext
from store_protocol.schema.contexts.software import SpringContext as SpringContext
from store_protocol.schema.contexts.software import UnityContext as UnityContext
from store_protocol.schema.contexts.trace import MonitorContext as MonitorContext
from store_protocol.schema.contexts.trace import PerformanceScoreContext as PerformanceScoreContext
from store_protocol.schema.contexts.trace import ProfileContext as ProfileContext
from store_protocol.schema.contexts.trace import ReplayContext as ReplayContext
from store_protocol.schema.contexts.trace import SpanLink as SpanLink
from store_protocol.schema.contexts.trace import TraceContext as TraceContext

#: The contexts that have a layout of their own, by the `type` that tells it.
CONTEXTS: dict[str, type[Context]] = {each.__context_type__: each for each in interfaces(Context)}
# As looking up a member of an enumeration takes longer.
_ALWAYS = Retain.ALWAYS
#: The names of the attributes of each context, and its reader.
_READERS = {
    interface: (frozenset(interface.__struct_encode_fields__) - {OTHER_KEY}, interface_reader(interface))
    for interface in CONTEXTS.values()
}


#: Contexts of ordinary events. What it costs to type one more and to trim it, in values that are read one by one.
_FEW, _VALUES_OF_CONTEXT = 64, 12


def _contexts(of: SchemaOf) -> Schema:
    """Return the form of contexts: what a `type` tells goes before what the key does."""
    told = {"properties": {"type": {"type": "string", "minLength": 1}}, "required": ["type"]}
    by_key = {key: nullable({"allOf": [of(Context), {"if": told, "else": of(each)}]}) for key, each in CONTEXTS.items()}
    return {"type": "object", "properties": by_key, "additionalProperties": nullable(of(Context))}


@forms(_contexts)
def read_contexts(value: Any, path: Path, context: ConvertContext) -> Any:
    """Read contexts by their keys; a type of their own goes before the key."""
    if type(value) is not dict:
        if (parsed := in_text_or_refuse(value, (dict,), NO_OBJECT, path, context)) is None:
            return None
        value, context = parsed
    contexts: dict[str, Any] = {}
    keys, budget = sorted(value), context.meta_tree.budget
    taken: Iterable[str] = budget.each(keys[:_FEW])
    if len(keys) > _FEW:
        taken = chain(taken, budget.each(keys[_FEW:], _VALUES_OF_CONTEXT))
    for key in taken:
        found = value[key]
        within = context
        if type(found) is not dict:
            parsed = in_text(found, (dict,), (*path, key), context)
            if parsed is None:
                contexts[key] = None
                if found is not None:
                    context.refuse((*path, key), NO_OBJECT, found)
                continue
            found, within = parsed
        kind = found.get("type")
        if type(kind) is not str or not kind:
            kind = key
            found = {**found, "type": kind}
        interface = CONTEXTS.get(kind)
        contexts[key] = found if interface is None else _typed(interface, found, (*path, key), within)
    return contexts


def _typed(interface: type[Context], given: dict[str, Any], path: Path, context: ConvertContext) -> Any:
    known, read = _READERS[interface]
    if context.one_by_one or interface is ResponseContext or interface is FlagsContext:
        # Conversion in C would take headers whose names are not yet in canonical form, and results of several lines.
        return read(given, path, context)
    other, attributes = None, given
    if not known.issuperset(given):
        # What a context doesn't know is kept aside, as C has no room for it.
        unknown = [key for key, part in given.items() if part is not None and key not in known]
        other = AdditionalProperties((key, given[key]) for key in sorted(unknown)) or None
        attributes = {key: part for key, part in given.items() if key in known}
    try:
        found = msgspec.convert(attributes, interface)
    except (msgspec.ValidationError, RecursionError):
        return read(given, path, context)
    if other is not None and interface.__other__ is _ALWAYS:
        found.other = other
    canonicalize = canonicalizer_of(interface)
    return found if canonicalize is None else canonicalize(found, path, context)
