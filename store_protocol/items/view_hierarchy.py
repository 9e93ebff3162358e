"""View hierarchies: what was on the screen when an event happened, as a tree of views."""

from typing import Any, ClassVar

from store_protocol.first_use import build_type_info
from store_protocol.items.base import Item
from store_protocol.schema.types import Text


class ViewHierarchy(Item):
    """The payload of an attachment of the type `event.view_hierarchy`."""

    __item_type__: ClassVar[str] = "attachment"

    #: What drew the views, such as `android_view_system`.
    rendering_system: Text | None = None
    #: The views at the top. Each has a `type`, `identifier`, `x`, `y`, `width`, `height`, `alpha`, `visible` and
    #: `children`, as the platform tells them.
    windows: list[dict[str, Any] | None] | None = None

    def __write__(self, text: bytes) -> tuple[dict[str, Any], bytes]:
        headers = {"attachment_type": "event.view_hierarchy", "content_type": "application/json"}
        return {**headers, "filename": "view-hierarchy.json"}, text


build_type_info(ViewHierarchy)
