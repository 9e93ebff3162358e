"""Credentials, DSNs and rate limits.

The rows in brackets are yardsticks: what a server does that splits the header and checks nothing, and what `urllib.parse`
needs to cut the DSN.
"""

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from store_protocol.auth import find_auth, parse_auth_header, parse_auth_query
from store_protocol.dsn import Dsn
from store_protocol.rate_limits import format_rate_limits, parse_rate_limits, parse_retry_after

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

_auth, _dsn, _limits = parse_auth_header(HEADER), Dsn.parse(DSN), parse_rate_limits(LIMITS)

Call = Callable[[], object]

AUTH: dict[str, Call] = {
    "(split the header)": lambda: dict(item.strip().split("=") for item in HEADER.split(" ", 1)[1].split(",")),
    "parse_auth_header": lambda: parse_auth_header(HEADER),
    "parse_auth_query": lambda: parse_auth_query(QUERY),
    "find_auth, in a header": lambda: find_auth(REQUEST),
    "find_auth, in the query": lambda: find_auth({}, QUERY),
    "Auth.to_header": _auth.to_header,
}
DSNS: dict[str, Call] = {
    "(urlsplit, uncached)": lambda: urlsplit.__wrapped__(DSN),  # type: ignore[attr-defined]
    "Dsn.parse": lambda: Dsn.parse(DSN),
    "str(Dsn)": lambda: str(_dsn),
    "Dsn.store_url": lambda: _dsn.store_url,
}
RATE_LIMITS: dict[str, Call] = {
    "parse_rate_limits": lambda: parse_rate_limits(LIMITS),
    "format_rate_limits": lambda: format_rate_limits(_limits),
    "parse_retry_after": lambda: parse_retry_after("60"),
}


@pytest.mark.benchmark(group="auth")
@pytest.mark.parametrize("call", AUTH.values(), ids=AUTH)
def bench_auth(benchmark: BenchmarkFixture, call: Call) -> None:
    benchmark(call)


@pytest.mark.benchmark(group="DSN")
@pytest.mark.parametrize("call", DSNS.values(), ids=DSNS)
def bench_dsn(benchmark: BenchmarkFixture, call: Call) -> None:
    benchmark(call)


@pytest.mark.benchmark(group="rate limits")
@pytest.mark.parametrize("call", RATE_LIMITS.values(), ids=RATE_LIMITS)
def bench_rate_limits(benchmark: BenchmarkFixture, call: Call) -> None:
    benchmark(call)
