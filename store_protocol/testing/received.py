"""What came to a fake Sentry, and how it is told to whoever waited for something else."""

from collections.abc import Iterable

import msgspec

from store_protocol.describe import title
from store_protocol.errors import StoreError
from store_protocol.http_request import HttpRequest
from store_protocol.http_response import Response
from store_protocol.submission import Submission

#: Requests that a failure tells of.
_MOST = 20


class Exchange(msgspec.Struct, frozen=True):
    """One request, and how it was answered.

    `request` is what came, its body as far as it was read. `submission` is what it submitted, None where that could not be
    read. `error` is why it was refused. `response` is the answer, None where the connection was closed without one.
    """

    request: HttpRequest
    submission: Submission | None
    error: StoreError | None
    response: Response | None

    @property
    def is_accepted(self) -> bool:
        """Whether the client was told that what it sent was taken."""
        return self.response is not None and self.response.status < 300


class Refusal(msgspec.Struct, frozen=True):
    """One thing that was refused: a whole `request`, or an item of an envelope by its type; and why."""

    type: str
    error: StoreError
    exchange: Exchange


class NotReceived(TimeoutError, AssertionError):
    """What a test waited for did not come in time."""


def told(what: str, exchanges: Iterable[Exchange], unclaimed: Iterable[Exchange]) -> str:
    """Return the text of a failure: what was expected, and every request with what came of it."""
    lines = [what]
    lines += _listed("requests", [*exchanges])
    lines += _listed("requests with a key that no test has", [*unclaimed])
    if len(lines) == 1:
        lines.append("no request came at all: does the application use this DSN, and was it flushed?")
    return "\n".join(lines)


def _listed(name: str, exchanges: list[Exchange]) -> list[str]:
    if not exchanges:
        return []
    shown = [f"  {line}" for exchange in exchanges[-_MOST:] for line in describe(exchange)]
    more = [f"  and {len(exchanges) - _MOST} before these"] if len(exchanges) > _MOST else []
    return [f"{name}:", *shown, *more]


def describe(exchange: Exchange) -> list[str]:
    """Return the lines that tell of a request: what it submitted, what was refused of it, and the answer."""
    request, response, submission = exchange.request, exchange.response, exchange.submission
    path = request.target.partition("?")[0]
    answer = "closed without an answer" if response is None else str(response.status)
    if exchange.error is not None:
        answer += f" {exchange.error.code}: {exchange.error}"
    client = request.header("user-agent") or "a client without a name"
    lines = [f"{request.method} {path} by {client}: {answer}"]
    if submission is not None:
        lines += [f"  {event.type or 'event'}: {title(event)}" for event in submission.events]
        lines += [f"  {item.type} ({len(item.data)} bytes)" for item in submission.items]
        lines += [f"  attachment {each.filename or each.name} ({each.size} bytes)" for each in submission.attachments]
        lines += [f"  refused {each.type or 'item'}: {each.error}" for each in submission.refused]
    return lines
