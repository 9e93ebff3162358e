"""What is left of lists once the steps are done: items that turned out to be nothing are not written."""

from store_protocol.normalize.job import Job
from store_protocol.schema.thread import Thread

_NO_THREAD = Thread()


def prune(job: Job) -> None:
    """Drop null items of exceptions, threads and breadcrumbs, but for those that are null because they were wrong.

    The notes keep the positions that the client's items had (as Relay's do), so that nothing moves in them.
    """
    event = job.event
    for name in ("exception", "threads", "breadcrumbs"):
        holder = getattr(event, name)
        if holder is None or not holder.values:
            continue
        values = holder.values
        if None in values or (name == "threads" and _NO_THREAD in values):
            holder.values = [
                value
                for index, value in enumerate(values)
                if (value is not None and value != _NO_THREAD) or job.notes.find((name, "values", str(index)))
            ] or None
