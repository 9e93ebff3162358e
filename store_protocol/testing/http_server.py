"""An HTTP/1.1 server for tests: a thread for each connection, with the parsing of h11.

It starts in a millisecond, and what it does to a client can be scripted down to a connection that closes without an answer:
servers for production allow neither.
"""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import h11

from store_protocol.http_request import HttpRequest
from store_protocol.http_response import Response

#: Bytes that are read at a time, and that the head of a request may have: an event of a GET stands in its request line.
_CHUNK, _MAX_HEAD = 1 << 16, 1 << 20

#: Gives the answer to a request, for its head and its body as it comes; None closes the connection without one.
Handle = Callable[[HttpRequest, Iterator[bytes]], Response | None]


class HttpServer:
    """Serves on a socket until it is closed, each connection in a thread of its own."""

    def __init__(self, host: str, port: int, handle: Handle) -> None:
        self._handle = handle
        self._listener = socket.create_server((host, port))
        self.host, self.port = host, int(self._listener.getsockname()[1])
        self._connections: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._accept, name="store-server", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop: no connection is taken any more, and those that are open are closed."""
        # A listener that is only closed would leave its thread waiting for one more connection.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            connections = [*self._connections]
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._thread.join(timeout=5)

    def _accept(self) -> None:
        while True:
            try:
                connection, address = self._listener.accept()
            except OSError:
                return
            with self._lock:
                self._connections.add(connection)
            threading.Thread(target=self._serve, args=(connection, address[0]), daemon=True).start()

    def _serve(self, connection: socket.socket, remote_addr: str) -> None:
        # A client may go at any time, which is none of a test's concern.
        with contextlib.suppress(OSError, h11.LocalProtocolError), connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            _Connection(connection, remote_addr, self._handle).serve()
        with self._lock:
            self._connections.discard(connection)


class _Connection:
    """One connection: requests one after the other."""

    def __init__(self, connection: socket.socket, remote_addr: str, handle: Handle) -> None:
        self._socket = connection
        self._remote_addr = remote_addr
        self._handle = handle
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=_MAX_HEAD)

    def serve(self) -> None:
        try:
            while isinstance(head := self._next(), h11.Request):
                request = HttpRequest(
                    head.method.decode("ascii"),
                    head.target.decode("ascii"),
                    [(name.decode("latin-1"), value.decode("latin-1")) for name, value in head.headers],
                    remote_addr=self._remote_addr,
                )
                body = self._body()
                response = self._handle(request, body)
                if response is None:
                    return
                # What is left of a body that was refused on the way, so that the client reads the answer.
                for _ in body:
                    pass
                self._send(response, with_body=request.method != "HEAD")
                if self._http.our_state is h11.MUST_CLOSE:
                    return
                self._http.start_next_cycle()
        except h11.RemoteProtocolError as error:
            if self._http.our_state in {h11.IDLE, h11.SEND_RESPONSE}:
                self._send(Response(error.error_status_hint, []), with_body=False)

    def _next(self) -> Any:
        while (event := self._http.next_event()) is h11.NEED_DATA:
            if self._http.they_are_waiting_for_100_continue:
                self._write(h11.InformationalResponse(status_code=100, headers=[]))
            self._http.receive_data(self._socket.recv(_CHUNK))
        return event

    def _body(self) -> Iterator[bytes]:
        while isinstance(event := self._next(), h11.Data):
            yield bytes(event.data)

    def _send(self, response: Response, *, with_body: bool) -> None:
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in response.headers]
        self._write(h11.Response(status_code=response.status, headers=headers))
        if with_body:
            self._write(h11.Data(data=response.body))
        self._write(h11.EndOfMessage())

    def _write(self, event: Any) -> None:
        data = self._http.send(event)
        if data:
            self._socket.sendall(data)
