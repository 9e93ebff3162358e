"""Exceptions: a type told from the value, and none without either."""

import re

from store_protocol.normalize.job import Job
from store_protocol.schema.convert import WHITE_SPACE

_TYPE_AND_VALUE = re.compile(r"(\w+):(.*)")


def exceptions(job: Job) -> None:
    """Split `ValueError: message` where the type is missing, and drop exceptions that say nothing."""
    holder = job.event.exception
    if holder is None or not holder.values:
        return
    for index, exception in enumerate(holder.values):
        if exception is None or exception.type:
            continue
        if exception.value:
            match = _TYPE_AND_VALUE.fullmatch(exception.value)
            if match:
                exception.type, exception.value = match[1], match[2].strip(WHITE_SPACE)
            continue
        note = job.notes.at(("exception", "values", str(index)))
        note.errors += (("missing_attribute", {"attribute": "type or value"}),)
        job.keep_struct(note, exception, job.raw("exception", index))
        holder.values[index] = None
