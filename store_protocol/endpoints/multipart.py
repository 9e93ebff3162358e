"""Multipart forms (RFC 7578), by the parser that Starlette uses, held to our limits and our errors."""

import logging
import re
from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec

from store_protocol.body.buffers import Blocks
from store_protocol.body.sniff import LOOK, format_of
from store_protocol.errors import InvalidMultipart, LimitExceeded, StoreError
from store_protocol.limits import Limits
from store_protocol.texts import header_value

# The parser logs a warning for each form that is none, so that whoever sends them fills the logs. Its logger is the
# application's to set up, and Starlette's too: this parser gets one of its own, of which nobody knows.
_SILENT = logging.Logger("store_protocol.multipart", logging.CRITICAL + 1)  # noqa: LOG001


# A parameter of a header: semicolons within quotes don't end it, nor do escaped quotes end what is in quotes.
_PARAMETER = re.compile(r'(?:[^;"]++|"[^"\\]*+(?:\\[\s\S]?+[^"\\]*+)*+"?+)++')


class Part(msgspec.Struct, frozen=True):
    """One part of a form: its name, the name of its file if it is one, its media type, and its bytes if they are there."""

    name: str
    filename: str | None
    content_type: str | None
    data: bytes = b""


class PartSink(Protocol):
    """Takes the bytes of one part of a form."""

    def write(self, data: bytes, /) -> object:
        """Take the next bytes."""

    def finish(self) -> object:
        """Take the end of the part."""


def boundary_of(data: bytes) -> str | None:
    r"""Return the boundary that a form begins with, None for bytes that begin as no form does.

    >>> boundary_of(b"--x1\r\nContent-Disposition: form-data")
    'x1'
    """
    line = data.lstrip(b"\r\n")[:100].splitlines()[:1]
    return line[0][2:].decode("latin-1").strip() or None if line and line[0].startswith(b"--") else None


def encode_multipart(parts: Sequence[Part]) -> tuple[str, bytes]:
    r"""Return the boundary of a form and its bytes; the same parts give the same form.

    >>> encode_multipart([Part("a", None, None, b"b")])[1].splitlines()[1:4]
    [b'Content-Disposition: form-data; name="a"', b'', b'b']
    """
    import hashlib  # noqa: PLC0415  (it takes long to load, and only clients write forms)

    # Made of what it must not occur in, so that it can be told by nobody who writes that.
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.data)
    boundary = f"store-protocol-{digest.hexdigest()[:32]}"
    written = []
    for part in parts:
        lines = [f'Content-Disposition: form-data; name="{_quoted(part.name)}"']
        if part.filename is not None:
            lines[0] += f'; filename="{_quoted(part.filename)}"'
        if part.content_type is not None:
            lines.append(f"Content-Type: {header_value(part.content_type)}")
        head = "\r\n".join([f"--{boundary}", *lines, "", ""])
        written += [head.encode("utf-8", "replace"), part.data, b"\r\n"]
    return boundary, b"".join([*written, f"--{boundary}--\r\n".encode()])


def _quoted(name: str) -> str:
    """Return a name as it stands in quotes (HTML, "multipart/form-data encoding algorithm")."""
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


class FormParser:
    """Takes a form apart as its bytes come: `feed`, then `finish`.

    `open_part` is called with the number of each part and its headers once these are there, and returns what takes its
    bytes. What is wrong with the form is raised by `finish`.
    """

    def __init__(self, boundary: str, limits: Limits, open_part: Callable[[int, Part], PartSink]) -> None:
        # Loaded when the first form comes: events need it not.
        from python_multipart.exceptions import FormParserError  # noqa: PLC0415
        from python_multipart.multipart import MultipartParser  # noqa: PLC0415

        self._limits = limits
        self._open_part = open_part
        self._error: StoreError | None = None
        self._start = b""
        self._count = self._size = 0
        self._is_ended = False
        self._headers: dict[str, bytes] = {}
        self._name = self._value = b""
        self._sink: PartSink | None = None
        # What the parser makes of some bytes depends on where they are cut: so that is always at the same places.
        self._blocks = Blocks()
        names = ("part_begin", "header_field", "header_value", "header_end", "headers_finished", "part_data", "part_end")
        try:
            self._parser = MultipartParser(
                boundary.encode("latin-1", "replace"),
                {f"on_{name}": getattr(self, f"_on_{name}") for name in (*names, "end")},  # type: ignore[arg-type]
                max_header_count=limits.max_part_headers,
                max_header_size=limits.max_part_header_bytes,
            )
        except FormParserError:
            self._error = InvalidMultipart("invalid multipart form: bad boundary")
        else:
            self._parser.logger = _SILENT

    def feed(self, data: bytes) -> None:
        """Take the next bytes."""
        position = 0
        while position < len(data) and self._error is None:
            block, position = self._blocks.take(data, position)
            if block is not None:
                self._write(block)

    def finish(self) -> None:
        """Take the end of the form.

        Raises `InvalidMultipart` for what is not a form with this boundary or ends too early, and `LimitExceeded` for too
        many parts.
        """
        if self._error is None:
            self._write(self._blocks.rest())
        if self._error is None and not self._is_ended:
            self._error = InvalidMultipart("invalid multipart form: it is cut short")
        if self._error is not None:
            raise self._error

    def _write(self, block: bytes) -> None:
        from python_multipart.exceptions import MultipartParseError  # noqa: PLC0415

        # The first block is longer than what is looked at.
        self._start = self._start or block[:LOOK]
        try:
            self._parser.write(block)
        except MultipartParseError as error:
            # Its own text quotes what it found there.
            found = format_of(self._start)
            what = (
                f"it is {found}"
                if found not in {None, "a multipart form"}
                else f"wrong at byte {self._size + error.offset}"
            )
            self._error = InvalidMultipart(f"invalid multipart form: {what}")
        except LimitExceeded as error:
            self._error = error
        self._size += len(block)

    # What the parser tells.

    def _on_part_begin(self) -> None:
        maximum = self._limits.max_form_parts
        if self._count >= maximum:
            raise LimitExceeded(
                f"the form has more parts than the limit of {maximum}", limit="max_form_parts", maximum=maximum
            )
        self._headers = {}

    def _on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _on_header_end(self) -> None:
        self._headers[self._name.decode("latin-1").lower()] = self._value
        self._name = self._value = b""

    def _on_headers_finished(self) -> None:
        parameters = parameters_of(self._headers.get("content-disposition", b""))
        name, filename = parameters.get(b"name"), parameters.get(b"filename")
        content_type = self._headers.get("content-type")
        part = Part(
            _text(name or b""),
            None if filename is None else _text(filename),
            None if content_type is None else content_type.decode("latin-1").strip(),
        )
        self._sink = self._open_part(self._count, part)

    def _on_part_data(self, data: bytes, start: int, end: int) -> None:
        if self._sink is not None:
            self._sink.write(data[start:end])

    def _on_part_end(self) -> None:
        sink, self._sink = self._sink, None
        self._count += 1
        if sink is not None:
            sink.finish()

    def _on_end(self) -> None:
        self._is_ended = True


def parameters_of(header: bytes) -> dict[bytes, bytes]:
    r"""Return the parameters of a header by their names in lower case.

    Not by the parser's own function, which takes the square of the header's length. The extended syntax (`filename*=`) is
    not for forms (RFC 7578 section 4.2). Internet Explorer 6 sent the whole path of a file, of which the end counts.

    >>> parameters_of(b'form-data; name="a;b"; filename="C:\\dump.dmp"')
    {b'name': b'a;b', b'filename': b'dump.dmp'}
    """
    _, _, rest = header.decode("latin-1").partition(";")
    parameters = {}
    for each in _PARAMETER.findall(rest):
        name, _, value = each.partition("=")
        name, value = name.strip(" \t").lower(), value.strip(" \t")
        if not name or "*" in name:
            continue
        if len(value) >= 2 and value[0] == '"' == value[-1]:
            value = value[1:-1].replace("\\\\", "\\").replace('\\"', '"')
        if name == "filename" and (value[1:3] == ":\\" or value[:2] == "\\\\"):
            value = value.rpartition("\\")[2]
        parameters[name.encode("latin-1")] = value.encode("latin-1")
    return parameters


def _text(name: bytes) -> str:
    # Names are UTF-8, and browsers and curl encode what could end them (WHATWG HTML "multipart form data").
    text = name.decode("utf-8", "replace")
    return text.replace("%22", '"').replace("%0D", "\r").replace("%0A", "\n")


class _Kept:
    """Keeps the bytes of a part in memory."""

    def __init__(self, part: Part, parts: list[Part]) -> None:
        self._part, self._parts = part, parts
        self._data = bytearray()

    def write(self, data: bytes) -> None:
        self._data += data

    def finish(self) -> None:
        self._parts.append(msgspec.structs.replace(self._part, data=bytes(self._data)))


def parse_multipart(data: bytes, boundary: str, *, limits: Limits) -> tuple[Part, ...]:
    """Take a small form apart, in memory. Raises as `FormParser` does."""
    parts: list[Part] = []
    parser = FormParser(boundary, limits, lambda _, part: _Kept(part, parts))
    parser.feed(data)
    parser.finish()
    return tuple(parts)
