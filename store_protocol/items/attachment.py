"""Files that come with events."""

from collections.abc import Callable
from typing import Any, Protocol

from store_protocol.first_use import build_type_info
from store_protocol.quantities import item_quantities
from store_protocol.redaction import Redacted
from store_protocol.request_head import RequestHead

#: Attachments that are taken apart into others, which count instead (Relay `EnvelopeSummary`).
_PARTS = frozenset({"nswitch.dying_message"})


class AttachmentFile(Protocol):
    """What takes the bytes of an attachment: a binary file that is open for writing, or anything with these two methods."""

    def write(self, data: bytes, /) -> object:
        """Take the next bytes, all of them."""

    def close(self) -> object:
        """Take the end; it may be called more than once."""


class AttachmentHead(Redacted, frozen=True):
    """What is known of an attachment before its bytes.

    `name`, `filename`, `content_type` and `attachment_type` are as in `Attachment`. `length` is how many bytes it will
    have, None where that isn't told, as in a form. `request` is the head of the request that brings it.
    """

    name: str
    filename: str | None
    content_type: str | None
    attachment_type: str
    length: int | None
    request: RequestHead


#: Returns what takes the bytes of an attachment; None for one that is to be kept in memory.
OpenAttachment = Callable[[AttachmentHead], AttachmentFile | None]


class Attachment(Redacted, frozen=True):
    """A file that came with an event: the name of its part, its file name, its media type and its bytes.

    `attachment_type` is what an envelope calls it, `event.attachment` for a file without further meaning, and
    `event.minidump` for a minidump, out of its container.

    Where the caller has opened a file for it (`open_attachment`), `file` is that, `bytes_in_file` how many bytes were
    written to it, and `data` is empty.
    """

    name: str
    filename: str | None
    content_type: str | None
    data: bytes
    attachment_type: str = "event.attachment"
    #: An `AttachmentFile`.
    file: Any = None
    bytes_in_file: int = 0

    @property
    def size(self) -> int:
        """How many bytes it has, wherever they are."""
        return len(self.data) if self.file is None else self.bytes_in_file

    @property
    def quantities(self) -> dict[str, int]:
        """How much the file counts, by data category: its bytes, at least 1, as `attachment`, and 1 `attachment_item`."""
        if self.attachment_type in _PARTS:
            return {}
        return item_quantities("attachment", {"content_type": self.content_type}, self.size)


build_type_info(Attachment, AttachmentHead)
