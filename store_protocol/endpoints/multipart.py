"""Multipart forms (RFC 7578), by the parser that Starlette uses, held to our limits and our errors."""

import logging
import re
from collections.abc import Sequence

import msgspec

from store_protocol.body.sniff import format_of
from store_protocol.errors import InvalidMultipart, LimitExceeded
from store_protocol.limits import Limits
from store_protocol.texts import header_value

# The parser logs a warning for each form that is none, so that whoever sends them fills the logs. Its logger is the
# application's to set up, and Starlette's too: this parser gets one of its own, of which nobody knows.
_SILENT = logging.Logger("store_protocol.multipart", logging.CRITICAL + 1)  # noqa: LOG001


# A parameter of a header: semicolons within quotes don't end it, nor do escaped quotes end what is in quotes.
_PARAMETER = re.compile(r'(?:[^;"]++|"[^"\\]*+(?:\\[\s\S]?+[^"\\]*+)*+"?+)++')


class Part(msgspec.Struct, frozen=True):
    """One part of a form: its name, the name of its file if it is one, its media type and its bytes.

    Of one with more bytes than an attachment may have only `is_too_large` is kept.
    """

    name: str
    filename: str | None
    content_type: str | None
    data: bytes
    is_too_large: bool = False


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


class _Form:
    """Takes what the parser finds and makes parts of it."""

    def __init__(self, limits: Limits) -> None:
        self.parts: list[Part] = []
        self.ended = False
        self._limits = limits
        self._headers: dict[str, bytes] = {}
        self._name = self._value = b""
        self._data = bytearray()
        self._is_too_large = False

    def on_part_begin(self) -> None:
        maximum = self._limits.max_form_parts
        if len(self.parts) >= maximum:
            raise LimitExceeded(
                f"the form has more parts than the limit of {maximum}", limit="max_form_parts", maximum=maximum
            )
        self._headers = {}
        self._data = bytearray()
        self._is_too_large = False

    def on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def on_header_end(self) -> None:
        self._headers[self._name.decode("latin-1").lower()] = self._value
        self._name = self._value = b""

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        if self._is_too_large or len(self._data) + end - start > self._limits.max_attachment_bytes:
            self._is_too_large = True
            self._data = bytearray()
        else:
            self._data += data[start:end]

    def on_part_end(self) -> None:
        parameters = parameters_of(self._headers.get("content-disposition", b""))
        name, filename = parameters.get(b"name"), parameters.get(b"filename")
        content_type = self._headers.get("content-type")
        self.parts.append(
            Part(
                _text(name or b""),
                None if filename is None else _text(filename),
                None if content_type is None else content_type.decode("latin-1").strip(),
                bytes(self._data),
                self._is_too_large,
            )
        )

    def on_end(self) -> None:
        self.ended = True


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


def parse_multipart(data: bytes, boundary: str, *, limits: Limits) -> tuple[Part, ...]:
    """Take a form apart.

    Raises `InvalidMultipart` for what is not a form with this boundary or ends too early, and `LimitExceeded` for too many
    parts, headers or bytes.
    """
    # Loaded when the first form comes: events need it not.
    from python_multipart.exceptions import FormParserError, MultipartParseError  # noqa: PLC0415
    from python_multipart.multipart import MultipartParser  # noqa: PLC0415

    form = _Form(limits)
    names = (
        "on_part_begin",
        "on_header_field",
        "on_header_value",
        "on_header_end",
        "on_part_data",
        "on_part_end",
        "on_end",
    )
    try:
        parser = MultipartParser(
            boundary.encode("latin-1", "replace"),
            {name: getattr(form, name) for name in names},  # type: ignore[arg-type]
            max_header_count=limits.max_part_headers,
            max_header_size=limits.max_part_header_bytes,
        )
        parser.logger = _SILENT
        parser.write(data)
        parser.finalize()
    except MultipartParseError as error:
        if (found := format_of(data)) not in {None, "a multipart form"}:
            raise InvalidMultipart(f"invalid multipart form: it is {found}") from None
        # Its own text quotes what it found there.
        raise InvalidMultipart(f"invalid multipart form: wrong at byte {error.offset}") from None
    except FormParserError:
        raise InvalidMultipart("invalid multipart form: bad boundary") from None
    if not form.ended:
        raise InvalidMultipart("invalid multipart form: it is cut short")
    return tuple(form.parts)
