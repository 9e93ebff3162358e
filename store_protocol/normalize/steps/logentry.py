"""The log message: the formatted text is what counts."""

import functools

from store_protocol.convert.interface import is_deep_empty
from store_protocol.convert.readers import known_names
from store_protocol.normalize.context import Job
from store_protocol.normalize.steps.formatting import format_message
from store_protocol.schema.logentry import LogEntry


def logentry(job: Job) -> None:
    """Format the message with its parameters, or take it for the formatted text where there is nothing to format."""
    entry = job.event.logentry
    if entry is None:
        return
    if is_deep_empty(entry) and job.notes.find(("logentry",)) is None:
        raw = job.original_of("logentry")
        if not isinstance(raw, dict) or all(is_deep_empty(raw[key]) for key in raw if key not in known_names(LogEntry)):
            job.event.logentry = None
            return
    if entry.formatted is None and entry.message is None:
        note = job.notes.error(("logentry",), "invalid_data", "no message present")
        if note is not None:
            job.keep_original(note, entry, functools.partial(job.original_of, "logentry"))
        job.event.logentry = None
        return
    if entry.formatted is None and entry.params is not None and entry.message is not None:
        formatted = format_message(entry.message, entry.params)
        if formatted is not None and job.notes.budget.spend("max_formatted_bytes", len(formatted.encode())):
            entry.formatted = formatted
            job.notes.take(("logentry", "formatted"))
    if entry.formatted is None:
        entry.formatted, entry.message = entry.message, None
        job.notes.put(("logentry", "formatted"), job.notes.take(("logentry", "message")))
    elif entry.formatted == entry.message:
        entry.message = None
