"""Debug images: nothing is left where there is nothing in them."""

from store_protocol.normalize.job import Job
from store_protocol.schema.base import is_blank


def debug_meta(job: Job) -> None:
    """Drop what is empty."""
    found, notes = job.event.debug_meta, job.notes
    if found is None:
        return
    if is_blank(found.sdk_info) and notes.find(("debug_meta", "sdk_info")) is None:
        found.sdk_info = None
    if not found.images and notes.find(("debug_meta", "images")) is None:
        found.images = None
    if is_blank(found) and notes.find(("debug_meta",)) is None:
        job.event.debug_meta = None
