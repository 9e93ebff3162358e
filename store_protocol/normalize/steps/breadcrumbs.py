"""Breadcrumbs: type and level where the client sends none."""

from store_protocol.normalize.context import Job


def breadcrumbs(job: Job) -> None:
    """Set type and level of breadcrumbs that have none."""
    crumbs = job.event.breadcrumbs
    for crumb in (crumbs and crumbs.values) or ():
        if crumb is not None:
            if not crumb.type:
                crumb.type = "default"
            if crumb.level is None:
                crumb.level = "info"
            if crumb.data is not None and not crumb.data:
                crumb.data = None
