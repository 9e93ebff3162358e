"""What holds for every input: the limits, a secret that must not come out, and how outcomes are compared."""

import base64
import hashlib
import json
import random
import re
import zlib
from collections.abc import Callable
from typing import Any

import msgspec

from store_protocol import Limits, StoreError

#: Small, so that a small input gets over each of them.
LIMITS = Limits(
    max_compressed_bytes=1000,
    max_event_bytes=3000,
    max_compressed_envelope_bytes=1500,
    max_envelope_bytes=4000,
    max_events_bytes=3500,
    max_attachment_bytes=1500,
    max_attachments_bytes=2500,
    max_items=8,
    max_envelope_header_bytes=800,
    max_attachments=5,
    max_sessions_bytes=700,
    max_sessions=3,
    max_client_report_bytes=300,
    max_client_reports=2,
    max_check_in_bytes=300,
    max_profile_bytes=300,
    max_replay_bytes=300,
    max_metric_buckets_bytes=300,
    max_log_bytes=300,
    max_trace_metric_bytes=300,
    max_span_bytes=300,
    max_container_bytes=700,
    max_standalone_spans=2,
    max_form_parts=12,
    max_part_headers=3,
    max_part_header_bytes=300,
    max_depth=24,
    max_content_codings=3,
    max_envelope_headers_bytes=1200,
    max_errors=20,
    max_errors_of_value=8,
    max_error_name_chars=500,
    max_repairs=8,
    max_formatted_bytes=400,
)
#: Without most of these, so that an event has room for all its errors.
GENEROUS = Limits(max_depth=LIMITS.max_depth)


def ample(limits: Limits) -> Limits:
    """Return limits with more errors and values than an input has room for."""
    return msgspec.structs.replace(limits, max_errors=10_000, free_errors=10_000, free_values=10_000)


AMPLE = ample(GENEROUS)
NOW = 1795447500.0
#: The longest answer to an error; the longest message has two quoted tokens and names one limit.
MOST_ANSWER = 1000
#: Bytes of an event for each byte of its request, where an event of one byte may have this many.
MOST_GROWTH, LEAST_EVENT = 100, 50_000

KEY = "b70a31b3510c4cf793964a185cfe1fd0"


def secret_of(data: bytes) -> str:
    """Return a secret that the input can't hold, and so nothing that is made of it."""
    return "s" + hashlib.blake2b(data, digest_size=10).hexdigest()


_SECRETS = re.compile(rb"(sentry_secret=|://[0-9a-z]{1,40}:)[^,&@/\s\"']*", re.IGNORECASE)


def in_credentials(data: bytes, secret: str) -> bytes:
    """Put the secret where secrets stand in credentials and DSNs."""
    basic = base64.b64encode(f"{KEY}:{secret}".encode())
    return _SECRETS.sub(lambda match: match[1] + secret.encode(), data).replace(b"Basic @", b"Basic " + basic)


def planted(data: bytes, secret: str) -> bytes:
    """Put the secret where secrets stand in a payload, and in place of S3CR3T."""
    return in_credentials(data, secret).replace(b"S3CR3T", secret.encode())


def cut(data: bytes) -> list[bytes]:
    """Cut bytes into pieces, at places that depend on them alone; some pieces are empty."""
    chance = random.Random(zlib.crc32(data))
    places = sorted(chance.randrange(len(data) + 1) for _ in range(chance.choice([0, 1, 2, 3, 5, 9])))
    return [data[start:end] for start, end in zip([0, *places], [*places, len(data)], strict=True)]


Outcome = tuple[str, Any]
#: Errors whose texts were looked at. None of them holds the secret of a later input, which no earlier one could know.
_seen: set[tuple[Any, ...]] = set()


def attempt(call: Callable[[], Any], secret: str) -> Outcome:
    """Return the value of a call, or the class and code of the error that it raises; look at all texts of the error."""
    try:
        return "value", call()
    except StoreError as error:
        read_once(error, secret)
        return type(error).__name__, error.code


def read_once(error: StoreError, secret: str) -> None:
    texts = [error.detail, *error.causes]
    cause: BaseException | None = error
    while cause is not None:
        texts.append(str(cause))
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
    kind = (type(error), *texts)
    if kind not in _seen:
        _look_at(error, texts, secret)
        if len(_seen) > 10_000:
            _seen.clear()
        _seen.add(kind)


def _look_at(error: StoreError, texts: list[str], secret: str) -> None:
    response = error.response()
    texts += [repr(error), *(f"{name}: {value}" for name, value in response.headers), response.body.decode()]
    for text in texts:
        assert secret not in text, "a secret in the text of an error"
        assert len(text) <= MOST_ANSWER, "a long text of an error"
    assert 400 <= response.status < 500
    assert all(value.isascii() and value.isprintable() for _, value in response.headers), "a header that can't be sent"
    content = json.loads(response.body)
    assert content["message"] == str(error) if error.rpc_status else content["detail"] == error.detail


def difference(one: Any, other: Any, path: str = "") -> str:
    """Return where two values differ first, without positions in lists."""
    if isinstance(one, bytes) and isinstance(other, bytes) and one[:1] == other[:1] == b"{":
        return difference(json.loads(one), json.loads(other)) or "order"
    if isinstance(one, dict) and isinstance(other, dict):
        pairs = [(f".{key}" if len(key) < 30 else ".?", one.get(key), other.get(key)) for key in {**one, **other}]
    elif isinstance(one, list | tuple) and isinstance(other, list | tuple) and len(one) == len(other):
        pairs = [("[]", *pair) for pair in zip(one, other, strict=True)]
    else:
        return "" if one == other and type(one) is type(other) else f"{path}: {type(one).__name__}, {type(other).__name__}"
    return next(filter(None, (difference(left, right, path + name) for name, left, right in pairs)), "")


def same(one: Outcome, other: Outcome, what: str) -> None:
    if one != other:
        raise AssertionError(f"{what}: {one[0]}, {other[0]}{difference(one[1], other[1])}")
