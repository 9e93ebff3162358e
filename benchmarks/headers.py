"""How long it takes to read credentials, DSNs and rate limits, in nanoseconds: the median of many short runs.

The rows in brackets are yardsticks: what a server does that splits the header and checks nothing, and what
`urllib.parse` needs to cut the DSN.

    python -m benchmarks.headers [runs]
"""

import statistics
import sys
import timeit
from collections.abc import Callable
from urllib.parse import urlsplit

from store_protocol.auth import Auth, find_auth, parse_auth_header, parse_auth_query
from store_protocol.dsn import Dsn
from store_protocol.rate_limits import parse_rate_limits

KEY = "b70a31b3510c4cf793964a185cfe1fd0"
HEADER = (
    "Sentry sentry_timestamp=1795447463.124387, sentry_client=raven-python/6.10.0, sentry_version=6, "
    f"sentry_key={KEY}, sentry_secret=b7d80b520139450f903720eb7991bf3d"
)
QUERY = f"sentry_version=7&sentry_client=raven-js%2F3.27.2&sentry_key={KEY}"
DSN = f"https://{KEY}@o123.ingest.sentry.io/42"
LIMITS = "60:error;transaction:key, 2700:default;security:organization:quota_exceeded"

REQUEST = {
    "Host": "o123.ingest.sentry.io",
    "User-Agent": "raven-python/6.10.0",
    "Accept-Encoding": "identity",
    "Content-Type": "application/octet-stream",
    "Content-Encoding": "deflate",
    "Content-Length": "1234",
    "X-Sentry-Auth": HEADER,
}

_auth: Auth = parse_auth_header(HEADER)
_dsn = Dsn.parse(DSN)

CASES: list[tuple[str, Callable[[], object]]] = [
    ("(split the header)", lambda: dict(item.strip().split("=") for item in HEADER.split(" ", 1)[1].split(","))),
    ("parse_auth_header", lambda: parse_auth_header(HEADER)),
    ("parse_auth_query", lambda: parse_auth_query(QUERY)),
    ("find_auth, in a header", lambda: find_auth(REQUEST)),
    ("find_auth, in the query", lambda: find_auth({}, QUERY)),
    ("Auth.to_header", _auth.to_header),
    ("(urlsplit, uncached)", lambda: urlsplit.__wrapped__(DSN)),  # type: ignore[attr-defined]
    ("Dsn.parse", lambda: Dsn.parse(DSN)),
    ("str(Dsn)", lambda: str(_dsn)),
    ("Dsn.store_url", lambda: _dsn.store_url),
    ("parse_rate_limits", lambda: parse_rate_limits(LIMITS)),
]

CALLS = 1000


def median_ns(function: Callable[[], object], runs: int) -> float:
    return statistics.median(timeit.repeat(function, number=CALLS, repeat=runs)) / CALLS * 1e9


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    for name, function in CASES:
        print(f"{name:<26}{median_ns(function, runs):>8.0f} ns")


if __name__ == "__main__":
    main()
