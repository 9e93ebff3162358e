"""What `serve` counts for Prometheus: what became of requests, over all workers.

Workers are processes of their own. The client library of Prometheus lets each keep its counts in a file that all can read,
so that whichever worker is asked tells those of all.
"""

import os
from typing import TYPE_CHECKING, Any

from store_protocol.http_response import Response
from store_protocol.outcome import Outcome

if TYPE_CHECKING:
    from prometheus_client import Counter

#: How the library is told where the files are. It must be set before the library is loaded, which is done only where
#: metrics are asked for.
DIRECTORY = "PROMETHEUS_MULTIPROC_DIR"

#: Whoever sends may call a method anything: each name more would be a counter more.
_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST"})


class Metrics:
    """Counts outcomes, and writes the page that Prometheus reads. `DIRECTORY` names a directory that workers share."""

    def __init__(self) -> None:
        from prometheus_client import CollectorRegistry, Counter  # noqa: PLC0415

        # What is written is read from the files; a registry of one's own keeps several of these apart.
        registry = CollectorRegistry()

        def counter(name: str, text: str, *labels: str) -> "Counter":
            return Counter(name, text, labels, namespace="store_protocol", registry=registry)

        self._requests = counter(
            "requests", "Requests by endpoint, method, status of the answer and code of the error.", *_REQUEST_LABELS
        )
        self._accepted = counter("accepted", "What was taken, by data category.", "category")
        self._discarded = counter("discarded", "What was decoded and not taken, by data category.", "category")
        self._refused = counter("refused_items", "Items and files that could not be taken, by code of the error.", "code")
        self._repairs = counter("repairs", "What was repaired, by kind.", "kind")
        self._received = counter("received_bytes", "Bytes of bodies as received.")
        self._decoded = counter("decoded_bytes", "Bytes of bodies once decoded.")

    def count(self, outcome: Outcome) -> None:
        """Count what became of a request."""
        status = "" if outcome.status is None else str(outcome.status)
        method = outcome.method if outcome.method in _METHODS else "other"
        self._requests.labels(outcome.endpoint or "", method, status, outcome.code or "").inc()
        for counter, counts in (
            (self._accepted, outcome.accepted),
            (self._discarded, outcome.discarded),
            (self._refused, outcome.refused),
            (self._repairs, outcome.repairs),
        ):
            for name, count in counts.items():
                counter.labels(name).inc(count)
        self._received.inc(outcome.received_bytes)
        self._decoded.inc(outcome.decoded_bytes)

    def page(self) -> Response:
        """Return the counts of all workers, as Prometheus reads them."""
        from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest  # noqa: PLC0415
        from prometheus_client.multiprocess import MultiProcessCollector  # noqa: PLC0415

        registry = CollectorRegistry()
        # The library has no types for this one.
        collect: Any = MultiProcessCollector
        collect(registry, path=os.environ[DIRECTORY])
        body = generate_latest(registry)
        return Response(200, [("Content-Type", CONTENT_TYPE_LATEST), ("Content-Length", str(len(body)))], body)


_REQUEST_LABELS = ("endpoint", "method", "status", "code")


def with_page(app: Any, path: str, metrics: Metrics) -> Any:
    """Return an application that answers GET of a path by the page of metrics, and hands on everything else."""

    async def served(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope["path"] != path or scope["method"] not in {"GET", "HEAD"}:
            await app(scope, receive, send)
            return
        response = metrics.page()
        headers = [(name.lower().encode(), value.encode()) for name, value in response.headers]
        await send({"type": "http.response.start", "status": response.status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else response.body})

    return served
