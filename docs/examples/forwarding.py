"""An endpoint that passes on what it takes: UPSTREAM=http://key@127.0.0.1:9000/1 uvicorn forwarding:app."""

import logging
import os
import queue
import threading
from urllib.request import Request, urlopen

from store_protocol import Dsn, HttpRequest, Submission, errors, forward
from store_protocol.asgi import StoreApp

log = logging.getLogger(__name__)
upstream = Dsn.parse(os.environ["UPSTREAM"])
waiting: queue.Queue[HttpRequest] = queue.Queue(maxsize=1000)


async def take(submission: Submission) -> None:
    if submission.is_empty:
        return  # a preflight of a browser
    try:
        waiting.put_nowait(forward(submission, upstream))
    except queue.Full:
        raise errors.Overloaded("too much waits to be passed on", retry_after=30) from None


def pass_on() -> None:
    while True:
        request = waiting.get()
        try:
            with urlopen(Request(upstream.envelope_url, request.body, dict(request.header_pairs())), timeout=10) as answer:
                answer.read()
        except OSError:  # of the network, and answers that refuse
            log.exception("not passed on")


threading.Thread(target=pass_on, daemon=True).start()
app = StoreApp(take)
