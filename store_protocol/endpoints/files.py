"""The files and the fields of a form, held to the limits of attachments and of what is told of an event."""

from collections.abc import Callable, Sequence

from store_protocol.endpoints.content import RefusedItem, refused_item
from store_protocol.endpoints.multipart import Part
from store_protocol.errors import BodyError, LimitExceeded, over_limit
from store_protocol.items.attachment import Attachment
from store_protocol.limits import Limits


def take_files(
    files: Sequence[tuple[int, Part]], make: Callable[[Part], Attachment], limits: Limits, *, needed: int | None = None
) -> tuple[list[Attachment], tuple[RefusedItem, ...]]:
    """Return the files of a form, each with its place, as attachments, and those that could not be taken.

    The file at the place `needed` goes before all others; where it can't be taken its error is raised.
    """
    taken: dict[int, Attachment] = {}
    refused: list[RefusedItem] = []
    total = 0
    for index, part in sorted(files, key=lambda file: file[0] != needed):
        try:
            if part.is_too_large:
                raise over_limit("an attachment has more bytes", "max_attachment_bytes", limits)
            if len(taken) >= limits.max_attachments:
                raise over_limit("the form has more attachments", "max_attachments", limits)
            attachment = make(part)
            if total + len(attachment.data) > limits.max_attachments_bytes:
                raise over_limit("the attachments of the form have more bytes", "max_attachments_bytes", limits)
        except (BodyError, LimitExceeded) as error:
            if index == needed:
                raise
            refused.append(refused_item(index, "attachment", error))
        else:
            total += len(attachment.data)
            taken[index] = attachment
    return [taken[index] for index in sorted(taken)], tuple(refused)


def read_fields(parts: Sequence[Part], limits: Limits) -> list[tuple[str, str]]:
    """Return the fields of a form by their names. Raises `LimitExceeded` for more bytes than an event may have.

    Together they say something of an event (Relay holds the item `form_data` to `max_event_size`).
    """
    told = 0
    for part in parts:
        told += len(part.name) + len(part.data)
        if told > limits.max_event_bytes or part.is_too_large:
            raise over_limit("the fields of the form have more bytes", "max_event_bytes", limits)
    return [(part.name, part.data.decode("utf-8", "replace")) for part in parts]
