"""The head of a request, checked: what can be said of a request before its body is decoded.

Nearly always the head says all: the endpoint, the project, the key. Where the key stands in the headers of an envelope
alone, these are read first, out of as few bytes as hold them, so that whoever knows the keys may refuse before the rest is
decoded.
"""

from collections.abc import Mapping
from typing import Any

from store_protocol.auth import Auth, Credentials, find_credentials
from store_protocol.body import (
    BodyDecoder,
    DecodedBody,
    open_body,
    over_compressed,
    over_plain,
    parse_content_encoding,
)
from store_protocol.body.beginning import Beginning
from store_protocol.body.buffers import Passing
from store_protocol.dsn import Dsn
from store_protocol.endpoints import endpoint_for
from store_protocol.endpoints.content import RequestFacts
from store_protocol.endpoints.payloads import AttachmentFiles
from store_protocol.errors import MethodNotAllowed, NotFound, StoreError
from store_protocol.forwarded import client_address
from store_protocol.http_request import HttpRequest, check_text, text_pairs
from store_protocol.items.attachment import OpenAttachment
from store_protocol.limits import Limits, Reserve
from store_protocol.request_head import RequestHead
from store_protocol.request_options import resolve_credentials
from store_protocol.texts import safe_target, safe_text

_NO_CREDENTIALS = Credentials()


class Head:
    """The head of a request as the stages after it need it.

    `is_known` says whether the key is known. Where it isn't, `beginning` reads it out of the body.

    Raises a `StoreError` for what the head shows to be wrong.
    """

    def __init__(
        self,
        request: HttpRequest,
        limits: Limits,
        reserve: Reserve | None = None,
        *,
        require_auth: bool = True,
        open_attachment: OpenAttachment | None = None,
    ) -> None:
        check_text("method", request.method)
        check_text("target", request.target)
        self.headers = headers = text_pairs(request.headers)
        self.limits = limits
        self.request = request
        self.method = method = request.method.upper()
        address = request.remote_addr
        self.remote_addr = address if address is None else safe_text(address)
        # What GET submits stands in its head, which is there already.
        self.reserve = reserve if method == "POST" else None
        path, self.query = request.split_target()
        first = dict(reversed(headers))
        content_type = first.get("content-type", "")
        self.endpoint, route = endpoint_for(path, method, content_type)
        self.project_id, self._path_key = route.project_id, route.parameters.get("sentry_key")
        #: What opens files for attachments.
        self.files = None if open_attachment is None else AttachmentFiles(open_attachment, self.told)
        self.facts = RequestFacts(content_type, self.query, first, self.reserve, route.parameters, files=self.files)
        self.encoding = ""
        if method == "POST" and "content-encoding" in first:
            self.encoding = ", ".join([value for name, value in headers if name == "content-encoding"])
        self.require_auth = require_auth
        #: What `encoding` names.
        self.codings: tuple[str, ...] = ()
        #: Whether the request submits something, which OPTIONS and HEAD don't.
        self.has_body = method not in {"OPTIONS", "HEAD"}
        #: What is read of the body before the key is known, None once it is.
        self.beginning: Beginning | None = None
        self._credentials = _NO_CREDENTIALS
        # Whether the credentials are those of the body too.
        self._is_resolved = False
        try:
            self._check()
        except StoreError as error:
            raise self._shown(error) from None

    def _check(self) -> None:
        endpoint, method = self.endpoint, self.method
        if method not in endpoint.methods:
            allow = endpoint.methods
            raise MethodNotAllowed(f"the {endpoint.name} endpoint takes {', '.join(allow)}", allow=allow)
        if self.has_body:
            self._find_credentials()
        if method == "POST":
            if endpoint.check_content_type is not None:
                endpoint.check_content_type(self.facts.content_type)
            self.codings = parse_content_encoding(self.encoding, limits=self.limits)

    @property
    def is_known(self) -> bool:
        """Whether it is known who sends the request."""
        return self.beginning is None

    @property
    def auth(self) -> Auth | None:
        """The credentials, None where there are none or they aren't known yet."""
        return self._credentials.auth if self.is_known else None

    def told(self) -> RequestHead:
        """Return what callers get of it."""
        return RequestHead(self.endpoint.name, self.project_id, self.auth, self.bare_request())

    def bare_request(self, body: bytes = b"") -> HttpRequest:
        """Return the request with another body, its text made safe to write."""
        request = self.request
        target = request.target if request.target.isascii() else safe_target(request.target)
        return HttpRequest(request.method, target, self.headers, body, remote_addr=self.remote_addr)

    def _find_credentials(self) -> None:
        endpoint, limits = self.endpoint, self.limits
        if endpoint.dsn_of is not None and (text := endpoint.dsn_of(self.query)):
            dsn = Dsn.parse(text)
            self.project_id, self._path_key = dsn.project_id, dsn.public_key
        if not endpoint.is_hidden:
            self._credentials = found = find_credentials(self.headers, self.query, self._path_key)
            if found.auth is not None and not found.is_login:
                return
        read = endpoint.read_headers
        if read is not None:
            self.beginning = Beginning(
                lambda data: read(data, limits),
                limits.max_envelope_header_bytes,
                self.encoding,
                limits=limits,
                sniff=endpoint.sniff,
                kind=endpoint.kind,
            )
        elif self.require_auth:
            self._credentials.required()

    def read_beginning(self, chunk: bytes, *, is_last: bool) -> None:
        """Take the next piece of the body, as far as it is needed to know who sends the request."""
        beginning = self.beginning
        if beginning is None:
            return
        try:
            beginning.feed(chunk)
            if is_last:
                beginning.end()
        except StoreError as error:
            raise self._shown(error) from None
        if not beginning.is_known:
            return
        if self.endpoint.is_hidden and not isinstance((beginning.value or {}).get("dsn"), str):
            raise _no_path()
        if self.endpoint.is_hidden:
            self._credentials = find_credentials(self.headers, self.query)
        auth, self.project_id = resolve_credentials(self._credentials, self.project_id, beginning.value or {})
        if auth is None and self.require_auth:
            # An envelope that can't be read is told to be that, for its key may stand in what is broken.
            raise beginning.error or self._credentials.error()
        self._credentials = Credentials(auth=auth)
        self.beginning, self._is_resolved = None, True

    def resolve(self, headers: Mapping[str, Any]) -> tuple[Auth | None, str | None]:
        """Return the credentials and the project, which the headers of an envelope may name too."""
        if self._is_resolved:
            return self.auth, self.project_id
        return resolve_credentials(self._credentials, self.project_id, headers)

    def check_required(self) -> None:
        """Raise `MissingAuth` or `MalformedAuth` where there must be credentials and are none."""
        if self.require_auth:
            raise self._credentials.error()

    def open_body(self, data: bytes) -> DecodedBody:
        """Return the plain bytes of a whole body, and what it came in."""
        endpoint = self.endpoint
        return open_body(
            data,
            self.encoding,
            self.codings,
            limits=self.limits,
            sniff=endpoint.sniff,
            kind=endpoint.kind,
            reserve=self.reserve,
        )

    def body_decoder(self, reserve: Reserve | None, output: Passing | None = None) -> BodyDecoder:
        """Return what decodes a body that comes in pieces. A large one goes into `output`, if there is one, as it comes."""
        endpoint, limits = self.endpoint, self.limits
        return BodyDecoder(
            self.encoding, limits=limits, sniff=endpoint.sniff, kind=endpoint.kind, reserve=reserve, output=output
        )

    def declared_bytes(self) -> int:
        """Return how many bytes the body has by its `Content-Length`, 0 if it doesn't say.

        Raises `LimitExceeded` where that is more than the limit.
        """
        length = self.facts.headers.get("content-length")
        if length is None or self.method != "POST" or not (length.isascii() and length.isdecimal()):
            return 0
        if self.endpoint.is_hidden:
            return 0
        # More digits than any limit has.
        size = int(length) if len(length) <= 18 else 10**18
        kind = self.endpoint.kind
        if size > (kind.max_compressed(self.limits) if self.codings else kind.max_plain(self.limits)):
            raise over_compressed(kind, self.limits) if self.codings else over_plain(kind, self.limits)
        return size

    def client_address(self, trusted_proxies: tuple[str, ...]) -> str | None:
        """Return the address that the request came from."""
        if not trusted_proxies:
            return self.remote_addr
        forwarded = [value for name, value in self.headers if name == "x-forwarded-for"]
        return client_address(self.remote_addr, forwarded, trusted_proxies)

    def _shown(self, error: StoreError) -> StoreError:
        """Return what is told of an error in a request that is not known to be for the endpoint."""
        return _no_path() if self.endpoint.is_hidden else self.answering(error)

    def answering(self, error: StoreError) -> StoreError:
        """Return an error that is answered as the endpoint does it."""
        if self.endpoint.rpc_status:
            error.rpc_status = True
        return error


def _no_path() -> NotFound:
    return NotFound("no endpoint has this path")
