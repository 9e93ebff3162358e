"""A request whose body comes in pieces."""

import functools
from collections.abc import Callable
from typing import Any, TypeVar

from store_protocol.auth import Auth
from store_protocol.body import BodyDecoder, DecodedBody, finish_body
from store_protocol.body.buffers import check_bytes
from store_protocol.body.decoder import AT_ONCE
from store_protocol.head import Head
from store_protocol.http_request import HttpRequest
from store_protocol.items.attachment import OpenAttachment
from store_protocol.limits import Limits, Reserve
from store_protocol.normalize import NormalizeOptions
from store_protocol.request_head import RequestHead
from store_protocol.submission import Submission
from store_protocol.submitting import OPTIONS, Normalizing, Passed, failure, submit, without_body

_LIMITS = Limits()


Method = TypeVar("Method", bound=Callable[..., Any])


def _failing(method: Method) -> Method:
    """Return a method of `RequestDecoder` that fails as its endpoint does it, and closes files then."""

    @functools.wraps(method)
    def call(decoder: "RequestDecoder", *arguments: Any, **keywords: Any) -> Any:
        try:
            return method(decoder, *arguments, **keywords)
        except BaseException as error:
            failed = failure(decoder._head, error)  # noqa: SLF001  (it is that of the method)
            if failed is error:
                raise
        raise failed

    return call  # type: ignore[return-value]


class RequestDecoder:
    """Decodes a request whose body comes piece by piece, as `decode_request` does one that is there as a whole.

    `request` is given without its body. What its head shows to be wrong is raised at once: an unknown path, missing
    credentials, a `Content-Length` over the limit. Then `feed` takes the body, raising as soon as it is over a limit, and
    `finish` gives the submission.

    `endpoint`, `project_id`, `auth` and `head` say who sends it before a byte of the body is there. Where only the headers
    of an envelope hold the key, `head` is None until the first of its bytes have come: of those no more than 64 KiB are
    decoded, and what follows waits for the next call. `end` takes the end of the body, after which `head` is there in any
    case.

    `reserve` is told how many bytes more the request is about to hold: its `Content-Length` at once, a body without one as
    it comes, and what codings and containers decode to. Whatever it raises, such as `Overloaded`, refuses the request.

    `open_attachment` is called with the `AttachmentHead` of each attachment, and returns the file that its bytes go into,
    or None where they are to stay in memory. Of a large body no more is held than that: attachments are written as they
    come, and `reserve` is told of what is held alone. What `open_attachment` or a file raises is raised as it is. Files are
    closed where anything is raised, and by `close`, which whoever gives a request up must call. After `finish` they are
    yours, too: `Attachment.file`.

    With `normalize=False` it reads as `read_request` does. Other arguments are as those of `decode_request`.

    >>> decoder = RequestDecoder(HttpRequest("POST", "/api/1/store/?sentry_key=a", []))
    >>> decoder.auth.public_key, decoder.project_id
    ('a', '1')
    >>> for piece in (b'{"message": ', b'"hello"}'):
    ...     decoder.feed(piece)
    >>> decoder.finish().event.logentry.formatted
    'hello'
    """

    def __init__(  # noqa: PLR0913  (all but one by name)
        self,
        request: HttpRequest,
        *,
        limits: Limits = _LIMITS,
        options: NormalizeOptions = OPTIONS,
        now: float | None = None,
        new_event_id: Callable[[], str] | None = None,
        reserve: Reserve | None = None,
        require_auth: bool = True,
        keep_body: bool = False,
        open_attachment: OpenAttachment | None = None,
        normalize: bool = True,
    ) -> None:
        self._head = head = Head(request, limits, reserve, require_auth=require_auth, open_attachment=open_attachment)
        self._normalizing = Normalizing(options, now, new_event_id) if normalize else None
        self._received = 0
        make = head.endpoint.reader
        #: Whether all bytes of the body are held that have come.
        self._holds_all = make is None or head.files is None or keep_body
        # What is decoded is held as well; what goes into files isn't.
        reserve = head.reserve if self._holds_all else None
        self._passed = None if make is None else Passed(head, make, None if self._holds_all else head.reserve)
        self._decoder: BodyDecoder | None = head.body_decoder(
            reserve, None if self._passed is None else self._passed.output
        )
        self._body: DecodedBody | None = None
        self._is_finished = False
        #: What has come before the key is known.
        self._waiting: list[bytes] = []
        self._kept: list[bytes] | None = [] if keep_body else None
        self._reserved = 0
        self._begin()

    @_failing
    def _begin(self) -> None:
        head = self._head
        self._reserved = head.declared_bytes()
        if head.reserve is not None and self._holds_all:
            head.reserve(self._reserved)
        if head.method == "GET":
            self._take(head.endpoint.read_query(head.query))

    @property
    def has_body(self) -> bool:
        """Whether the body says anything: that of GET, HEAD and OPTIONS is not read."""
        return self._head.method == "POST"

    @property
    def submits(self) -> bool:
        """Whether the request submits something: OPTIONS and HEAD don't."""
        return self._head.has_body

    @property
    def received_bytes(self) -> int:
        """How many bytes of the body have been taken."""
        return self._received

    @property
    def endpoint(self) -> str:
        """The endpoint that the request is for, as `Submission.endpoint` will have it."""
        return self._head.endpoint.name

    @property
    def project_id(self) -> str | None:
        """The project, None where the path names none and the headers of an envelope haven't done so yet."""
        return self._head.project_id

    @property
    def auth(self) -> Auth | None:
        """The credentials, None where there are none or they are not known yet."""
        return self._head.auth

    @property
    def head(self) -> RequestHead | None:
        """What is known before the body; None as long as the key isn't."""
        return self._head.told() if self._head.is_known else None

    @property
    def offload(self) -> bool:
        """Whether `finish` may take long however small the body is, so that an event loop should call it in a thread."""
        return self._head.endpoint.offload

    @_failing
    def feed(self, chunk: bytes | bytearray | memoryview) -> None:
        """Take the next piece of the body."""
        check_bytes(chunk)
        if self._decoder is None:
            raise RuntimeError("the request has been ended: no more of its body can be taken")
        if self.has_body:
            self._take(bytes(chunk))

    def _take(self, chunk: bytes) -> None:
        head = self._head
        self._received += len(chunk)
        if head.reserve is not None and self._holds_all and self._received > self._reserved:
            head.reserve(self._received - self._reserved)
            self._reserved = self._received
        if self._kept is not None:
            self._kept.append(chunk)
        if head.is_known:
            self._decode(chunk)
        else:
            self._waiting.append(chunk)
            head.read_beginning(chunk, is_last=False)

    def _decode(self, chunk: bytes) -> None:
        decoder = self._decoder
        assert decoder is not None  # noqa: S101  (until `decode`, after which nothing is taken)
        if self._waiting:
            waiting, self._waiting = self._waiting, []
            for each in waiting:
                decoder.feed(each)
        decoder.feed(chunk)

    @_failing
    def end(self) -> RequestHead:
        """Take the end of the body, and return the head, which is known then; `decode` and `finish` do this, too."""
        self._head.read_beginning(b"", is_last=True)
        return self._head.told()

    @_failing
    def decode(self) -> int:
        """Take the end of the body, and return its length in bytes once its codings are undone.

        `finish` does this too; whoever wants to finish large bodies elsewhere, in a thread, asks before.
        """
        if self._body is None:
            if self._decoder is None:
                raise RuntimeError("the request has been finished")
            self._head.read_beginning(b"", is_last=True)
            self._decode(b"")
            self._body, self._decoder = finish_body(self._decoder), None
            if self._passed is not None and self._body.data:
                # It was short enough to be decoded at once.
                self._passed = None
                if self._head.reserve is not None and not self._holds_all:
                    self._head.reserve(len(self._body.data))
        return len(self._body.data) if self._passed is None else self._passed.output.size

    @_failing
    def finish(self) -> Submission:
        """Return what the request submits, once all of its body has been fed. It can be asked once."""
        head = self._head
        if self._is_finished:
            raise RuntimeError("the request has been finished")
        self._is_finished = True
        if not head.has_body:
            return without_body(head)
        self.decode()
        body, self._body = self._body, None
        assert body is not None  # noqa: S101  (it has just been decoded)
        kept = b"" if self._kept is None or not self.has_body else b"".join(self._kept)
        return submit(head, body, self._received, self._normalizing, kept, self._passed)

    def may_write(self, size: int = 0) -> bool:
        """Return whether a piece of so many bytes, or the end, may be written to files, which may block."""
        if self._head.files is None or self._head.endpoint.reader is None:
            return False
        if self._body is None or self._passed is not None:
            return self._received + size > AT_ONCE
        # An envelope has none that doesn't say so.
        return b"attachment" in self._body.data or not self._body.data.lstrip().startswith(b"{")

    @property
    def has_open_files(self) -> bool:
        """Whether files of attachments are open."""
        return self._head.files is not None and self._head.files.are_open

    def close(self) -> None:
        """Close the files of attachments that are open, for a request that is given up, or is over.

        It may be called at any time, from any thread, and more than once. What a file raises is raised once all are closed.
        """
        if self._head.files is not None:
            self._head.files.close()
