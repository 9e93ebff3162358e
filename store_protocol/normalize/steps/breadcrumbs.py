"""Breadcrumbs: type and level where the client sends none."""

from store_protocol.normalize.context import Normalization, acts_on


@acts_on("breadcrumbs")
def breadcrumbs(normalization: Normalization) -> None:
    """Set type and level of breadcrumbs that have none."""
    crumbs = normalization.event.breadcrumbs
    if crumbs is None or not crumbs.values:
        return
    has_null = False
    for crumb in crumbs.values:
        if crumb is None:
            has_null = True
        else:
            if not crumb.type:
                crumb.type = "default"
            if crumb.level is None:
                crumb.level = "info"
    if not has_null:
        # Each has a type now.
        normalization.facts.without_empty_items |= {"breadcrumbs"}
