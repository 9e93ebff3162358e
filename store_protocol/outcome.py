"""What became of each request, for those who watch a server: counted by code, by data category and by kind of repair."""

import logging
from collections import Counter
from collections.abc import Callable, Iterable

import msgspec

from store_protocol.endpoints import answers_rpc_status
from store_protocol.errors import RateLimited, StoreError
from store_protocol.first_use import build_type_info
from store_protocol.http_response import Response
from store_protocol.rate_limits import RateLimit
from store_protocol.submission import Submission

_LOGGER = logging.getLogger("store_protocol")


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one request: what it was answered, and what was taken of it. It holds no secret and no payload.

    `status` is that of the answer, None where the client went away before. `code` is that of the error that refused the
    request, None where it was accepted, and where something failed that is no `StoreError`, which servers answer by 500.
    `endpoint` and `project_id` are None where the request didn't get so far. `accepted` and `discarded` count what was
    submitted, by data category (`Submission.quantities`): what was taken, and what was decoded but dropped by rate limits
    or refused by the callback. `refused` counts the items that could not be taken, by the code of their error, `repairs` by
    kind what was repaired. `received_bytes` and `decoded_bytes` are the sizes of a body that was decoded.
    """

    method: str
    status: int | None = None
    code: str | None = None
    endpoint: str | None = None
    project_id: str | None = None
    accepted: dict[str, int] = msgspec.field(default_factory=dict)
    discarded: dict[str, int] = msgspec.field(default_factory=dict)
    refused: dict[str, int] = msgspec.field(default_factory=dict)
    repairs: dict[str, int] = msgspec.field(default_factory=dict)
    received_bytes: int = 0
    decoded_bytes: int = 0


OnOutcome = Callable[[Outcome], object]


class Record:
    """What is known of a request while an application serves it; `report` makes its outcome."""

    __slots__ = ("_code", "_kept", "_submission", "endpoint", "method")

    def __init__(self, method: str) -> None:
        self.method = method
        self.endpoint: str | None = None
        self._submission: Submission | None = None
        self._kept: Submission | None = None
        self._code: str | None = None

    def limit(self, submission: Submission, limits: tuple[RateLimit, ...]) -> Submission | None:
        """Return what rate limits leave of a submission, None where that is nothing.

        Raises `RateLimited` where it is nothing, unless the clients of the endpoint are never answered so.
        """
        self._submission = submission
        self._kept = kept = submission.without(limits) if limits else submission
        if kept is submission or not kept.is_empty:
            return kept
        if not submission.ignores_rate_limits:
            raise RateLimited("nothing of this kind is taken for now", rate_limits=limits)
        return None

    def refuse(self, error: StoreError) -> Response:
        """Return the answer to a request that an error refuses."""
        self._kept = None
        self._code = error.code
        if self.endpoint is not None and answers_rpc_status(self.endpoint):
            error.rpc_status = True
        return error.response()

    def report(self, on_outcome: OnOutcome, status: int | None) -> None:
        """Call `on_outcome`. What it raises is logged: the request has been served, whatever becomes of its outcome."""
        try:
            on_outcome(self._outcome(status))
        except Exception:
            _LOGGER.exception("on_outcome failed")

    def _outcome(self, status: int | None) -> Outcome:
        submission = self._submission
        if submission is None:
            return Outcome(method=self.method, status=status, code=self._code, endpoint=self.endpoint)
        submitted = submission.quantities
        accepted: dict[str, int] = {}
        if self._kept is not None and status is not None and status < 400:
            accepted = submitted if self._kept is submission else self._kept.quantities
        left = {name: quantity - accepted.get(name, 0) for name, quantity in submitted.items()}
        return Outcome(
            method=self.method,
            status=status,
            code=self._code,
            endpoint=submission.endpoint,
            project_id=submission.project_id,
            accepted=accepted,
            discarded={name: quantity for name, quantity in left.items() if quantity},
            refused=_counts(each.error.code for each in submission.refused),
            repairs=_counts(each.kind for each in submission.repairs),
            received_bytes=submission.received_bytes,
            decoded_bytes=submission.decoded_bytes,
        )


def _counts(names: Iterable[str]) -> dict[str, int]:
    return dict(Counter(names))


build_type_info(Outcome)
