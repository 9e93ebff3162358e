"""Files that come with events."""

from store_protocol.first_use import build_type_info
from store_protocol.quantities import item_quantities
from store_protocol.redaction import Redacted

#: Attachments that are taken apart into others, which count instead (Relay `EnvelopeSummary`).
_PARTS = frozenset({"nswitch.dying_message"})


class Attachment(Redacted, frozen=True):
    """A file that came with an event: the name of its part, its file name, its media type and its bytes.

    `attachment_type` is what an envelope calls it, `event.attachment` for a file without further meaning, and
    `event.minidump` for a minidump, out of its container.
    """

    name: str
    filename: str | None
    content_type: str | None
    data: bytes
    attachment_type: str = "event.attachment"

    @property
    def quantities(self) -> dict[str, int]:
        """How much the file counts, by data category: its bytes, at least 1, as `attachment`, and 1 `attachment_item`."""
        if self.attachment_type in _PARTS:
            return {}
        return item_quantities("attachment", {"content_type": self.content_type}, len(self.data))


build_type_info(Attachment)
