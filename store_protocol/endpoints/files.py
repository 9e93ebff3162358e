"""The files and the fields of a form as they come, held to the limits of attachments and of what is told of an event.

A crash reporter's form has one file that matters, the dump: it goes before all others, wherever it stands. A place is kept
for it. What came before it is taken as far as it fits, and is given up again where it doesn't fit with the dump.
"""

from typing import NamedTuple

from store_protocol.body.sniff import LOOK
from store_protocol.budget import Budget
from store_protocol.endpoints.content import RefusedItem, RequestFacts, media_type, parameter, refused_item
from store_protocol.endpoints.dump import DumpReader
from store_protocol.endpoints.multipart import FormParser, Part, PartSink, boundary_of
from store_protocol.endpoints.native import IN_MEMORY, MINIDUMP
from store_protocol.endpoints.payloads import AttachmentFiles, Payload
from store_protocol.errors import BodyError, LimitExceeded, StoreError, over_limit
from store_protocol.items.attachment import Attachment
from store_protocol.limits import Limits, Reserve


class FormContent(NamedTuple):
    """What a form holds: its files as attachments, each with what is read of it, those refused, and its fields."""

    files: list[tuple[Attachment, bytes]]
    refused: tuple[RefusedItem, ...]
    fields: list[tuple[str, str]]

    @property
    def attachments(self) -> tuple[Attachment, ...]:
        """The files."""
        return tuple(attachment for attachment, _ in self.files)


class FormFiles:
    """Takes the files of a form within the limits of attachments.

    `dump` says whether there must be a minidump. One that is no part of a form but all of it (`is_form` False) is bounded
    as it comes by the body that it is.
    """

    def __init__(
        self, limits: Limits, files: AttachmentFiles | None, reserve: Reserve | None, *, dump: bool, is_form: bool = True
    ) -> None:
        self._limits = limits
        self._files = files
        self._reserve = reserve
        self._taken: dict[int, Payload] = {}
        self._refused: list[RefusedItem] = []
        self._bytes = 0
        #: Places for files: one fewer as long as the dump has not come.
        self._places = limits.max_attachments - dump
        self._waits = dump
        self._is_form = is_form
        self._error: StoreError | None = None

    def open_file(self, index: int, attachment: Attachment, field: str | None) -> PartSink:
        """Return what takes the bytes of the file that is part `index` of the form.

        `field` is the name of the part that holds a minidump in a form within the form.
        """
        is_dump = attachment.attachment_type == MINIDUMP
        goes_first, self._waits = is_dump and self._waits, self._waits and not is_dump
        limits = self._limits
        most = limits.max_attachments_bytes - (0 if goes_first else self._bytes)
        if len(self._taken) >= self._places + goes_first:
            most = -1
        if not is_dump:
            files = None if attachment.attachment_type in IN_MEMORY else self._files
            payload = Payload(attachment, files, most=min(most, limits.max_attachment_bytes))
            return _File(self, index, payload)
        reader = DumpReader(attachment, self._files, limits, most=most, field=field, reserve=self._reserve)
        return _Dump(self, index, reader, goes_first=goes_first)

    def end_file(self, index: int, payload: Payload) -> None:
        """Take a file that has come."""
        try:
            self._check(payload.size, payload.size)
        except LimitExceeded as error:
            self._refuse(index, payload, error)
        else:
            self._keep(index, payload)

    def end_dump(self, index: int, reader: DumpReader, *, goes_first: bool) -> None:
        """Take a minidump that has come; one that goes first may take the place of others."""
        others = dict(self._taken)
        payload = reader.payload
        if goes_first:
            self._places += 1
            self._taken.clear()
            self._bytes = 0
        try:
            # What is wrong with it tells more than how large it is together with others.
            self._check(reader.received_bytes if self._is_form else 0, 0)
            if payload is None:
                assert reader.error is not None  # noqa: S101  (one of both is there)
                raise reader.error
            self._check(0, payload.size)
        except (BodyError, LimitExceeded) as error:
            self._refuse(index, payload, error)
            if goes_first:
                self._error = error
            return
        self._keep(index, payload)
        if goes_first:
            for each, other in others.items():
                self.end_file(each, other)

    def finish(self) -> tuple[list[tuple[Attachment, bytes]], tuple[RefusedItem, ...]]:
        """Return the files in their order, each with what is read of it, and those refused.

        Raises what is wrong with the dump that goes first.
        """
        if self._error is not None:
            raise self._error
        taken = [payload for _, payload in sorted(self._taken.items())]
        return [(payload.attachment(), payload.start()) for payload in taken], tuple(self._refused)

    def _check(self, received: int, size: int) -> None:
        limits = self._limits
        if received > limits.max_attachment_bytes:
            raise over_limit("an attachment has more bytes", "max_attachment_bytes", limits)
        if len(self._taken) >= self._places:
            raise over_limit("the form has more attachments", "max_attachments", limits)
        if self._bytes + size > limits.max_attachments_bytes:
            raise over_limit("the attachments of the form have more bytes", "max_attachments_bytes", limits)

    def _keep(self, index: int, payload: Payload) -> None:
        self._taken[index] = payload
        self._bytes += payload.size

    def _refuse(self, index: int, payload: Payload | None, error: StoreError) -> None:
        if payload is not None:
            payload.drop()
        self._refused.append(refused_item(index, "attachment", error))


class _File:
    """A file of a form as it comes."""

    def __init__(self, form: FormFiles, index: int, payload: Payload) -> None:
        self._form, self._index, self._payload = form, index, payload
        self.write = payload.write

    def finish(self) -> None:
        self._form.end_file(self._index, self._payload)


class _Dump:
    """A minidump of a form as it comes."""

    def __init__(self, form: FormFiles, index: int, reader: DumpReader, *, goes_first: bool) -> None:
        self._form, self._index, self._reader, self._goes_first = form, index, reader, goes_first
        self.write = reader.write

    def finish(self) -> None:
        self._reader.finish()
        self._form.end_dump(self._index, self._reader, goes_first=self._goes_first)


class _Fields:
    """The fields of a form, which together say something of an event (Relay holds `form_data` to `max_event_size`)."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._size = 0
        self._names: list[str] = []
        self._texts: list[bytearray] = []

    def open_field(self, name: str) -> PartSink:
        self._names.append(name)
        self._texts.append(bytearray())
        self._size += len(name)
        return self

    @property
    def _is_over(self) -> bool:
        return self._size > self._limits.max_event_bytes

    def write(self, data: bytes) -> None:
        self._size += len(data)
        if not self._is_over:
            self._texts[-1] += data

    def finish(self) -> None:
        pass

    def texts(self) -> list[tuple[str, str]]:
        if self._is_over:
            raise over_limit("the fields of the form have more bytes", "max_event_bytes", self._limits)
        decoded = (text.decode("utf-8", "replace") for text in self._texts)
        return list(zip(self._names, decoded, strict=True))


class FormReader:
    """Reads a form that comes in pieces.

    `types` has the types of files by the names of their parts, and `dump` is the name of the part with the minidump; None
    for a form that has none.
    """

    def __init__(
        self, boundary: str, facts: RequestFacts, limits: Limits, types: dict[str, str], dump: str | None = None
    ) -> None:
        self._types, self._dump = types, dump
        self._files = FormFiles(limits, facts.files, facts.reserve, dump=dump is not None)
        self._fields = _Fields(limits)
        self._parser = FormParser(boundary, limits, self._open_part)
        self.feed = self._parser.feed

    def _open_part(self, index: int, part: Part) -> PartSink:
        if part.filename is None and (self._dump is None or part.name != self._dump):
            return self._fields.open_field(part.name)
        kind = self._types.get(part.name, "event.attachment")
        attachment = Attachment(part.name, part.filename, part.content_type, b"", kind)
        return self._files.open_file(index, attachment, self._dump)

    def finish(self) -> FormContent:
        """Take the end of the form, and return what it holds.

        Raises `InvalidMultipart`, `LimitExceeded`, and what is wrong with the minidump.
        """
        self._parser.finish()
        fields = self._fields.texts()
        files, refused = self._files.finish()
        return FormContent(files, refused, fields)


def boundary_told(content_type: str) -> str | None:
    """Return the boundary that the content type of a form names, None where it is of no form or names none."""
    return parameter(content_type, "boundary") if media_type(content_type).startswith("multipart/") else None


class MaybeFormReader:
    """Reads a body that may be a form, as it comes: which it is shows in the content type, or else in the first bytes."""

    def __init__(self, facts: RequestFacts, budget: Budget) -> None:
        self._facts, self._limits = facts, budget.limits
        #: The boundary of the form; known before `_feed` is called, None for what is no form.
        self._boundary = boundary_told(facts.content_type)
        self._form: FormReader | None = None
        self._start: bytes | None = b"" if self._boundary is None else None

    def feed(self, data: bytes) -> None:
        """Take the next bytes."""
        if self._start is None:
            self._feed(data)
            return
        self._start += data
        if len(self._start) >= LOOK:
            self._begin()

    def _begin(self) -> None:
        start, self._start = self._start or b"", None
        self._boundary = boundary_of(start[:LOOK])
        self._feed(start)

    def _end(self) -> None:
        """Take the end, by which what is short is known, too."""
        if self._start is None:
            self._feed(b"")
        else:
            self._begin()

    def _feed(self, data: bytes) -> None:
        raise NotImplementedError
