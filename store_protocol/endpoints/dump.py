"""A minidump as it comes: alone, in a container, or in a form of its own."""

from store_protocol.body.sniff import LOOK, begins_as, format_of
from store_protocol.endpoints.containers import Container
from store_protocol.endpoints.multipart import FormParser, Part, boundary_of
from store_protocol.endpoints.payloads import AttachmentFiles, Payload
from store_protocol.errors import BodyError, EmptyBody, InvalidMinidump, LimitExceeded, StoreError, over_limit
from store_protocol.items.attachment import Attachment
from store_protocol.limits import Limits, Reserve

MAGIC = (b"MDMP", b"PMDM")


class DumpReader:
    """Takes a minidump piece by piece; a file is opened for it once it is known to be one.

    `attachment` says what it is, and `most` how many bytes may be kept. `field` is the name of the part that holds it where
    it comes in a form of its own, as old versions of sentry-electron on Linux wrap it; None where it can't.

    Once all of it has come `error` says what is wrong with it, and `payload` has its bytes if nothing is.
    """

    def __init__(
        self,
        attachment: Attachment,
        files: AttachmentFiles | None,
        limits: Limits,
        *,
        most: int,
        field: str | None,
        reserve: Reserve | None,
    ) -> None:
        self._attachment, self._files, self._limits, self._most = attachment, files, limits, most
        self._field = field
        self._reserve = reserve
        #: Its bytes as they come.
        self.received_bytes = 0
        self.error: StoreError | None = None
        self.payload: Payload | None = None
        self._start: bytes | None = b""
        self._form: FormParser | None = None
        self._inner: DumpReader | None = None
        self._container: Container | None = None
        #: The first bytes of what is in the container.
        self._opened: bytes = b""

    def write(self, data: bytes) -> None:
        """Take the next bytes."""
        self.received_bytes += len(data)
        if self._start is not None:
            # What it is shows at its beginning.
            self._start += data
            if len(self._start) < LOOK:
                return
            data = self._begin()
        if self.error is None:
            try:
                self._write(data)
            except (BodyError, LimitExceeded) as error:
                self._fail(error)

    def finish(self) -> None:
        """Take the end."""
        try:
            if not self.received_bytes:
                raise EmptyBody("empty minidump")
            if self._start is not None:
                self._write(self._begin())
            if self.error is None:
                self._finish()
        except (BodyError, LimitExceeded) as error:
            self._fail(error)

    def _begin(self) -> bytes:
        start, self._start = self._start or b"", None
        boundary = None if self._field is None else boundary_of(start[:LOOK])
        if boundary is None:
            self._container = Container(start, self._limits)
        else:
            self._opened = start[:LOOK]
            self._form = FormParser(boundary, self._limits, self._open_part)
        return start

    def _open_part(self, _: int, part: Part) -> "DumpReader":
        reader = DumpReader(self._attachment, self._files, self._limits, most=self._most, field=None, reserve=self._reserve)
        if part.name == self._field and self._inner is None:
            self._inner = reader
            return reader
        # No other part of it is anything.
        reader._fail(InvalidMinidump("not asked for"))
        return reader

    def _write(self, data: bytes) -> None:
        if self._form is not None:
            self._form.feed(data)
        elif self._container is not None:
            for chunk in self._container.feed(data):
                self._take(chunk)

    def _finish(self) -> None:
        if self._form is not None:
            self._form.finish()
            if self._inner is None:
                raise _no_dump(self._opened)
            self.error, self.payload = self._inner.error, self._inner.payload
        elif self._container is not None:
            for chunk in self._container.finish():
                self._take(chunk)
            if self.payload is None:
                self._open()

    def _take(self, chunk: bytes) -> None:
        """Take what comes out of the container."""
        if self.payload is None:
            self._opened += chunk
            if len(self._opened) >= LOOK:
                self._open()
            return
        self._put(self.payload, chunk)

    def _open(self) -> None:
        start, self._opened = self._opened, b""
        if not start.startswith(MAGIC):
            raise _no_dump(start)
        assert self._container is not None  # noqa: S101  (what is opened came out of it)
        each = self._attachment
        filename = self._container.inner_name(each.filename)
        named = Attachment(each.name, filename, each.content_type, b"", each.attachment_type)
        self.payload = Payload(named, self._files, most=self._most, is_read=True)
        self._put(self.payload, start)

    def _put(self, payload: Payload, chunk: bytes) -> None:
        limits, is_packed = self._limits, self._container is not None and self._container.name is not None
        maximum = limits.max_attachment_bytes
        if payload.size + len(chunk) > maximum:
            if is_packed:
                raise LimitExceeded(
                    f"attachment over the limit of {maximum} bytes", limit="max_attachment_bytes", maximum=maximum
                )
            raise over_limit("the minidump has more bytes", "max_attachment_bytes", limits)
        if is_packed and self._reserve is not None and payload.is_in_memory:
            self._reserve(len(chunk))
        payload.write(chunk)

    def _fail(self, error: StoreError) -> None:
        self.error = error
        if self.payload is not None:
            self.payload.drop()
            self.payload = None
        if self._inner is not None and self._inner.payload is not None:
            self._inner.payload.drop()
        self._start = self._form = self._container = None


def _no_dump(start: bytes) -> InvalidMinidump:
    found = "JSON" if begins_as(start) == "json" else format_of(start)
    what = "" if found is None else f"it is {found}, and "
    return InvalidMinidump(f"invalid minidump: {what}it does not begin with MDMP or PMDM")
