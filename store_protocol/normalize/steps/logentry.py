"""The log message: the formatted text is what counts."""

import functools

from store_protocol.convert.interface import is_deep_empty
from store_protocol.convert.readers import known_names
from store_protocol.normalize.context import Normalization, acts_on
from store_protocol.normalize.steps.formatting import format_message
from store_protocol.schema.logentry import LogEntry


@acts_on("logentry")
def logentry(normalization: Normalization) -> None:
    """Format the message with its parameters, or take it for the formatted text where there is nothing to format."""
    entry = normalization.event.logentry
    if entry is None:
        return
    noted = normalization.meta_tree.find(("logentry",))
    if is_deep_empty(entry) and (noted is None or not noted.children):
        raw = normalization.original_of("logentry")
        if not isinstance(raw, dict) or all(is_deep_empty(raw[key]) for key in raw if key not in known_names(LogEntry)):
            normalization.event.logentry = None if noted is None else entry
            return
    if entry.formatted is None and entry.message is None:
        meta = normalization.meta_tree.error(("logentry",), "invalid_data", "no message present")
        if meta is not None:
            normalization.keep_original(meta, entry, functools.partial(normalization.original_of, "logentry"))
        normalization.event.logentry = None
        return
    if entry.formatted is None and entry.params is not None and entry.message is not None:
        formatted = format_message(entry.message, entry.params)
        if formatted is not None and normalization.meta_tree.budget.spend("max_formatted_bytes", len(formatted.encode())):
            entry.formatted = formatted
            normalization.meta_tree.take(("logentry", "formatted"))
    if entry.formatted is None or entry.formatted == entry.message:
        entry.formatted, entry.message = entry.message, None
        normalization.meta_tree.put(("logentry", "formatted"), normalization.meta_tree.take(("logentry", "message")))
