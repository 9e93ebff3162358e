"""What the head of an envelope says of all its items: whose they are, when they were sent, and of which trace."""

import json
from typing import Any

import pytest

from store_protocol import (
    NormalizeOptions,
    StoreError,
    encode_event,
    errors,
)
from tests.endpoints.test_envelope import DSN, KEY, NOW, basic, envelope, event, sent


def test_envelope_names_its_key() -> None:
    submission = sent(envelope({"dsn": DSN}, event()), "/api/42/envelope/")
    assert submission.auth is not None
    assert (submission.auth.public_key, submission.project_id) == (KEY, "42")
    both = sent(envelope({"dsn": DSN}, event()))
    assert both.auth is not None and both.auth.public_key == KEY
    # An SDK may have been given a DSN that isn't one.
    assert sent(envelope({"dsn": "nonsense"}, event())).project_id == "42"


@pytest.mark.parametrize(
    ("dsn", "target", "error"),
    [
        (f"https://{'a' * 32}@example.com/42", f"/api/42/envelope/?sentry_key={KEY}", errors.ContradictoryAuth),
        (DSN, f"/api/41/envelope/?sentry_key={KEY}", errors.ContradictoryAuth),
        ("nonsense", "/api/42/envelope/", errors.MissingAuth),
        (None, "/api/42/envelope/", errors.MissingAuth),
        (7, "/api/42/envelope/", errors.MissingAuth),
    ],
)
def test_credentials_of_envelope_must_agree(dsn: Any, target: str, error: type[StoreError]) -> None:
    with pytest.raises(error):
        sent(envelope({"dsn": dsn}, event()), target)


@pytest.mark.parametrize("login", ["visitor:password", "a visitor:password", ":", f"{KEY}:"])
@pytest.mark.parametrize("target", ["/api/42/envelope/", "/monitoring/errors"])
def test_login_to_the_site_is_no_key_beside_that_of_the_envelope(login: str, target: str) -> None:
    submission = sent(envelope({"dsn": DSN}, event()), target, basic(login))
    assert submission.auth is not None and submission.auth.public_key == KEY


def test_login_counts_where_the_envelope_names_no_key() -> None:
    submission = sent(envelope({}, event()), "/api/42/envelope/", basic(f"{KEY}:"))
    assert submission.auth is not None and submission.auth.public_key == KEY
    with pytest.raises(errors.MalformedAuth):
        sent(envelope({}, event()), "/api/42/envelope/", basic("a visitor:password"))


def test_login_does_not_hide_that_other_places_contradict() -> None:
    with pytest.raises(errors.ContradictoryAuth):
        sent(envelope({"dsn": DSN}, event()), "/api/42/envelope/?sentry_key=other", basic(f"{KEY}:"))


def rfc(seconds: float) -> str:
    from store_protocol.normalize.steps.timestamps import rfc3339

    return rfc3339(seconds)


@pytest.mark.parametrize("sign", [1, -1])
def test_clock_of_the_client_is_set_right(sign: int) -> None:
    off = sign * 7200.0
    crumbs = [{"timestamp": NOW - 60 + off}]
    submission = sent(envelope({"sent_at": rfc(NOW + off)}, event(timestamp=NOW - 5 + off, breadcrumbs=crumbs)))
    found = submission.event
    assert found is not None and found.breadcrumbs is not None and found.breadcrumbs.values is not None
    assert found.timestamp == NOW - 5
    assert [crumb.timestamp for crumb in found.breadcrumbs.values if crumb is not None] == [NOW - 60]
    (error,) = [error for error in found.errors or () if error is not None]
    assert (error.type, error.name) == ("clock_drift", "timestamp")


@pytest.mark.parametrize("sent_at", [rfc(NOW - 3000), "yesterday", None, 5.5e300, [1]])
def test_clock_is_left_alone(sent_at: Any) -> None:
    found = sent(envelope({"sent_at": sent_at}, event(timestamp=NOW - 7000))).event
    assert found is not None and found.timestamp == NOW - 7000 and not found.errors


def test_options_know_the_clock_better_than_the_envelope() -> None:
    body = envelope({"sent_at": rfc(NOW - 7200)}, event(timestamp=NOW - 7300))
    found = sent(body, options=NormalizeOptions(sent_at=NOW)).event
    assert found is not None and found.timestamp == NOW - 7300


@pytest.mark.parametrize(
    ("trace", "rate", "replay"),
    [
        ({"sample_rate": "0.25", "replay_id": "a" * 32}, 0.25, "a" * 32),
        ({"sample_rate": 1}, 1.0, None),
        ({"sample_rate": "often", "replay_id": ""}, None, None),
        ({"sample_rate": [1], "replay_id": 7}, None, None),
        ({"sample_rate": 2}, None, None),
        ("none", None, None),
    ],
)
def test_trace_of_the_envelope_goes_into_the_event(trace: Any, rate: float | None, replay: str | None) -> None:
    found = sent(envelope({"trace": trace}, event(contexts={"trace": {"trace_id": "b" * 32, "span_id": "c" * 16}}))).event
    assert found is not None and found.contexts is not None
    contexts = json.loads(encode_event(found))["contexts"]
    assert contexts["trace"].get("client_sample_rate") == rate
    assert contexts.get("replay", {}).get("replay_id") == replay
