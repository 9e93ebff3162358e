"""Options that are wrong are told when they are given, and not by an error of normalization."""

from typing import Any

import pytest

from store_protocol import HttpRequest, NormalizeOptions, StoreNormalizer, decode_request, normalize_event

NO_TIMES = ["nonsense", "2026", "", float("nan"), float("inf"), 1e300, 10**30]


@pytest.mark.parametrize("time", NO_TIMES)
def test_receipt_that_is_no_time_is_a_value_error(time: Any) -> None:
    with pytest.raises(ValueError, match="received_at is no time: "):
        NormalizeOptions(received_at=time)
    with pytest.raises(TypeError, match="received_at is no time: "):
        StoreNormalizer(received_at=time)


@pytest.mark.parametrize("now", NO_TIMES)
def test_now_that_is_no_time_is_a_value_error(now: Any) -> None:
    for call in (
        lambda: normalize_event({}, now=now),
        lambda: decode_request(HttpRequest("POST", "/api/1/store/?sentry_key=a", [], b"{}"), now=now),
    ):
        with pytest.raises(ValueError, match="now is no time: "):
            call()


@pytest.mark.parametrize("time", ["2026-11-23T00:00:00Z", 1795392000, 1795392000.0])
def test_receipt_is_taken_in_either_form(time: Any) -> None:
    assert normalize_event({}, NormalizeOptions(received_at=time)).received == 1795392000.0
