"""The bytes of bodies under way: how many a process may hold at once, over all of its requests.

`Limits` bounds what one request may cost; this bounds what all of them hold together. A request reserves bytes before it
holds them: its `Content-Length` before the body is read, a body without one as it grows, and what codings and containers
decode to as it comes out of them. All of it is released when the request is over, however it ends.
"""

import threading

from store_protocol.errors import Overloaded

#: Seconds after which a client may try again. Bodies are under way for less than that unless clients are slow.
_RETRY_AFTER = 10


class BytesInFlight:
    """Counts the bytes of bodies under way, and refuses those that would be more than `maximum`; safe in threads.

    >>> in_flight = BytesInFlight(100)
    >>> reservation = in_flight.reservation()
    >>> reservation.take(100)
    >>> in_flight.count
    100
    >>> reservation.release()
    >>> in_flight.count
    0
    """

    def __init__(self, maximum: int) -> None:
        if maximum < 0:
            raise ValueError("the bytes in flight are bounded by 0 or more")
        self.maximum = maximum
        self.count = 0
        self.lock = threading.Lock()

    def reservation(self) -> "Reservation":
        """Return an empty reservation, for one request."""
        return Reservation(self)


class Reservation:
    """What one request has reserved."""

    __slots__ = ("_in_flight", "_released", "_taken")

    def __init__(self, in_flight: BytesInFlight) -> None:
        self._in_flight = in_flight
        self._taken = 0
        self._released = False

    def take(self, size: int) -> None:
        """Reserve `size` bytes more; raise `Overloaded` where that would be more than may be under way."""
        in_flight = self._in_flight
        with in_flight.lock:
            # A request that was cancelled may still be decoded in a thread: it must not reserve what nobody releases.
            if self._released or in_flight.count + size > in_flight.maximum:
                raise Overloaded("too many bytes of other requests are under way", retry_after=_RETRY_AFTER)
            in_flight.count += size
            self._taken += size

    def release(self) -> None:
        """Release all that was reserved; what is released stays so."""
        in_flight = self._in_flight
        with in_flight.lock:
            in_flight.count -= self._taken
            self._taken = 0
            self._released = True
