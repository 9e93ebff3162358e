"""Breadcrumbs: type and level where the client sends none."""

from store_protocol.normalize.job import Job


def breadcrumbs(job: Job) -> None:
    """Set type and level of breadcrumbs that have none."""
    crumbs = job.event.breadcrumbs
    for crumb in (crumbs and crumbs.values) or ():
        if crumb is not None:
            crumb.type = crumb.type or "default"
            crumb.level = crumb.level or "info"
            if crumb.data == {}:
                crumb.data = None
