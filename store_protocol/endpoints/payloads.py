"""Where the bytes of attachments go as they come: into a file that the caller opens, or into memory.

No file is opened here, and none is looked for: the caller's function opens them, and what it returns is written to and
closed. What it raises, and what writing raises, is the caller's own: it must not be taken for something wrong with an item.
So it passes through the stages as a `CallerFailed`.
"""

import contextlib
import io
import threading
from collections.abc import Callable

from store_protocol.body.buffers import chunked
from store_protocol.endpoints.native import READ_OF_DUMP
from store_protocol.items.attachment import Attachment, AttachmentFile, AttachmentHead, OpenAttachment
from store_protocol.request_head import RequestHead


class CallerFailed(Exception):
    """What the caller's function or file has raised, in `error`."""

    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self.error = error


class AttachmentFiles:
    """The files that are open for the attachments of a request.

    `written` is how many bytes went into files. All may be closed from another thread, while one still writes.
    """

    __slots__ = ("_head", "_is_closed", "_lock", "_open", "_opened", "written")

    def __init__(self, open_attachment: OpenAttachment, head: Callable[[], RequestHead]) -> None:
        self._open = open_attachment
        self._head = head
        self._opened: list[AttachmentFile] = []
        self._lock = threading.Lock()
        self._is_closed = False
        self.written = 0

    def open(self, attachment: Attachment, length: int | None) -> AttachmentFile | None:
        """Return the file that the bytes of an attachment go into, None where they are to be kept in memory."""
        each = attachment
        head = AttachmentHead(each.name, each.filename, each.content_type, each.attachment_type, length, self._head())
        try:
            file = self._open(head)
        except Exception as error:  # noqa: BLE001  (whatever it is)
            raise CallerFailed(error) from None
        if file is None:
            return None
        if not callable(getattr(file, "write", None)):
            # Such as what an async function returns.
            raise CallerFailed(TypeError(f"open_attachment returns a file or None, not {type(file).__name__}"))
        with self._lock:
            self._opened.append(file)
            is_closed = self._is_closed
        if is_closed:
            self.close()
        return file

    def write(self, file: AttachmentFile, data: bytes) -> None:
        """Write bytes to a file."""
        try:
            with self._lock:
                self._check_open()
                _write_all(file, data)
        except Exception as error:  # noqa: BLE001
            raise CallerFailed(error) from None
        self.written += len(data)

    def _check_open(self) -> None:
        if self._is_closed:
            message = "the files of the request have been closed"
            raise ValueError(message)

    def drop(self, file: AttachmentFile) -> None:
        """Close the file of an attachment that is not taken."""
        with self._lock:
            self._opened = [each for each in self._opened if each is not file]
        try:
            file.close()
        except Exception as error:  # noqa: BLE001
            raise CallerFailed(error) from None

    @property
    def are_open(self) -> bool:
        """Whether any is open."""
        return bool(self._opened)

    def close(self) -> None:
        """Close all files; raise what the first of them raises that can't be closed."""
        failed: Exception | None = None
        with self._lock:
            self._is_closed = True
            opened, self._opened = self._opened, []
            for file in opened:
                try:
                    file.close()
                except Exception as error:  # noqa: BLE001  (whatever a file raises, the others are closed)
                    failed = failed or error
        if failed is not None:
            raise failed

    def abandon(self) -> None:
        """Close all files of a request that has failed for another reason than what closing raises."""
        with contextlib.suppress(Exception):
            self.close()


def _write_all(file: AttachmentFile, data: bytes) -> None:
    count = file.write(data)
    # A file without a buffer may take a part.
    while isinstance(count, int) and 0 < count < len(data):
        data = data[count:]
        count = file.write(data)
    if count == 0:
        message = "the file of an attachment takes nothing more"
        raise OSError(message)


class Payload:
    """Takes the bytes of an attachment, piece by piece.

    More than `most` bytes are counted and not kept. `attachment` says what it is, and `files` opens a file for it; without
    `files`, or where these open none, its bytes are kept in memory. So are its first `READ_OF_DUMP` bytes, where `is_read`
    says so.
    """

    __slots__ = ("_attachment", "_file", "_files", "_memory", "_most", "_start", "size")

    def __init__(
        self,
        attachment: Attachment,
        files: AttachmentFiles | None,
        *,
        most: int,
        length: int | None = None,
        is_read: bool = False,
    ) -> None:
        self._attachment = attachment
        self._most = most
        self._files = files
        self._file = None if files is None or most < 0 else files.open(attachment, length)
        self._memory: io.BytesIO | None = io.BytesIO() if self._file is None and most >= 0 else None
        self._start: bytearray | None = bytearray() if self._file is not None and is_read else None
        self.size = 0

    @property
    def is_in_memory(self) -> bool:
        """Whether its bytes are kept in memory."""
        return self._memory is not None

    @property
    def is_over(self) -> bool:
        """Whether it has more bytes than it may have."""
        return self.size > self._most

    def write(self, data: bytes | memoryview) -> None:
        """Take the next bytes."""
        if not data:
            return
        self.size += len(data)
        if self.size > self._most:
            self.drop()
        elif self._file is not None:
            if self._start is not None and len(self._start) < READ_OF_DUMP:
                self._start += data[: READ_OF_DUMP - len(self._start)]
            files = self._files
            assert files is not None  # noqa: S101  (they have opened the file)
            for piece in chunked(data):
                files.write(self._file, piece)
        elif self._memory is not None:
            self._memory.write(data)

    def drop(self) -> None:
        """Keep nothing of it, and close its file."""
        self._memory = self._start = None
        file, self._file = self._file, None
        if file is not None and self._files is not None:
            self._files.drop(file)

    def data(self) -> bytes:
        """Return its bytes, empty where they are in a file."""
        return b"" if self._memory is None else self._memory.getvalue()

    def start(self) -> bytes:
        """Return what is read of it: of one in a file its first bytes, if any, else all."""
        return self.data() if self._start is None else bytes(self._start)

    def attachment(self) -> Attachment:
        """Return the attachment, with its bytes or the file that they are in."""
        each = self._attachment
        size = 0 if self._file is None else self.size
        return Attachment(each.name, each.filename, each.content_type, self.data(), each.attachment_type, self._file, size)
