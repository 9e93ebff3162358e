"""An endpoint that takes a hundred events a minute of each key: uvicorn quota:app, DSN http://key@127.0.0.1:8000/1."""

import time
from collections import defaultdict

from store_protocol import RateLimit, Submission, errors
from store_protocol.asgi import StoreApp

MOST, SECONDS = 100, 60
#: Which minute it is, and how many events came in it, by key.
windows: dict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))


async def take(submission: Submission) -> None:
    key = submission.public_key
    if key is None:
        return
    now = time.time()
    window = int(now // SECONDS)
    started, count = windows[key]
    count = (count if started == window else 0) + len(submission.events)
    if count > MOST:
        rest = int((window + 1) * SECONDS - now) + 1
        raise errors.RateLimited("quota reached", rate_limits=[RateLimit(rest, categories=("error",), scope="key")])
    windows[key] = (window, count)
    print(submission.event_id)


app = StoreApp(take)
