"""Files of recorded requests: raw HTTP/1.1, or JSON lines."""

import base64
import binascii
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h11
import msgspec

from store_protocol.http_request import HttpRequest


class UnreadableFile(Exception):
    """A file holds no requests; the text names the file and the line."""


class RecordedRequest(msgspec.Struct, frozen=True):
    """A request and where it was recorded: the file, and its number in it, from 1."""

    file: str
    number: int
    request: HttpRequest


class _Line(msgspec.Struct):
    method: str
    target: str
    headers: list[tuple[str, str]] = []
    body: str = ""


def read_file(file: Path) -> bytes:
    """Return the bytes of a file, or of the standard input for `-`."""
    try:
        return sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        message = f"{file}: {error.strerror}"
        raise UnreadableFile(message) from None


def read_requests(file: Path) -> Iterator[RecordedRequest]:
    """Return the requests in a file. Raises `UnreadableFile` for one that holds something else."""
    data = read_file(file)
    requests = _json_lines(file, data) if data.lstrip()[:1] == b"{" else _http(file, data)
    for number, request in enumerate(requests, 1):
        yield RecordedRequest(str(file), number, request)


def _json_lines(file: Path, data: bytes) -> Iterator[HttpRequest]:
    decode = msgspec.json.Decoder(_Line).decode
    for number, text in enumerate(data.splitlines(), 1):
        if not text.strip():
            continue
        try:
            line = decode(text)
            body = base64.b64decode(line.body, validate=True)
        except (msgspec.DecodeError, UnicodeDecodeError, binascii.Error) as error:
            message = f"{file}:{number}: no recorded request: {error}"
            raise UnreadableFile(message) from None
        yield HttpRequest(line.method, line.target, line.headers, body)


def _http(file: Path, data: bytes) -> Iterator[HttpRequest]:
    connection = h11.Connection(h11.SERVER)
    connection.receive_data(data)
    connection.receive_data(b"")
    head: Any = None
    body = b""
    try:
        while True:
            event = connection.next_event()
            if isinstance(event, h11.Request):
                head, body = event, b""
            elif isinstance(event, h11.Data):
                body += bytes(event.data)
            elif isinstance(event, h11.EndOfMessage):
                yield HttpRequest(
                    head.method.decode(), head.target.decode("latin-1"), [(n, v) for n, v in head.headers], body
                )
                # The recorded client has long gone: whatever it was answered, it sent the next request.
                connection.send(h11.Response(status_code=200, headers=[("content-length", "0")]))
                connection.send(h11.EndOfMessage())
                if connection.our_state is not h11.DONE or connection.their_state is not h11.DONE:
                    return
                connection.start_next_cycle()
            else:
                break
    except h11.RemoteProtocolError as error:
        message = f"{file}: no HTTP/1.1 request: {error}"
        raise UnreadableFile(message) from None
    if head is None:
        message = f"{file}: no HTTP/1.1 request"
        raise UnreadableFile(message)
