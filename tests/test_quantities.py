"""What counts in which data category, and how much."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store_protocol import Attachment, EnvelopeItem, RateLimit
from store_protocol.quantities import Limited, add_up, event_categories, event_quantities, item_categories, item_quantities

ANDROID, SERVER = {"platform": "android"}, {"platform": "python"}
TYPES = (
    *("event", "transaction", "security", "feedback", "attachment", "session", "log", "trace_metric", "profile", "span"),
    *("replay_event", "check_in", "profile_chunk", "unreal_report"),
)
TRACE, PLACEHOLDER = "application/vnd.sentry.trace-attachment", "application/vnd.sentry.attachment-ref+json"


@pytest.mark.parametrize(
    ("kind", "headers", "size", "quantities"),
    [
        ("event", {}, 5, {"error": 1}),
        ("event", {"item_count": 3}, 5, {"error": 1}),
        ("unreal_report", {}, 5, {"error": 1}),
        ("security", {}, 5, {"security": 1}),
        ("raw_security", {}, 5, {"security": 1}),
        ("feedback", {}, 5, {"feedback": 1}),
        ("user_report", {}, 5, {"feedback": 1}),
        ("transaction", {}, 5, {"transaction": 1, "transaction_indexed": 1, "span": 1, "span_indexed": 1}),
        ("transaction", {"span_count": 4}, 5, {"transaction": 1, "transaction_indexed": 1, "span": 5, "span_indexed": 5}),
        ("transaction", {"span_count": -1}, 5, {"transaction": 1, "transaction_indexed": 1, "span": 1, "span_indexed": 1}),
        ("attachment", {}, 5, {"attachment": 5, "attachment_item": 1}),
        ("attachment", {}, 0, {"attachment": 1, "attachment_item": 1}),
        ("attachment", {"content_type": TRACE, "meta_length": 3}, 5, {"attachment": 2, "attachment_item": 1}),
        ("attachment", {"content_type": TRACE.upper(), "meta_length": 9}, 5, {"attachment": 1, "attachment_item": 1}),
        ("attachment", {"content_type": "text/plain", "meta_length": 3}, 5, {"attachment": 5, "attachment_item": 1}),
        ("attachment", {"content_type": PLACEHOLDER, "attachment_length": 99}, 5, {"attachment": 99, "attachment_item": 1}),
        ("attachment", {"content_type": PLACEHOLDER}, 5, {"attachment": 1, "attachment_item": 1}),
        ("attachment", {"content_type": [TRACE]}, 5, {"attachment": 5, "attachment_item": 1}),
        ("session", {}, 5, {"session": 1}),
        ("sessions", {"item_count": 7}, 5, {"session": 7}),
        ("sessions", {"item_count": True}, 5, {"session": 1}),
        ("sessions", {"item_count": 2**32}, 5, {"session": 1}),
        ("sessions", {"item_count": 0}, 5, {}),
        ("log", {"item_count": 3}, 512, {"log_byte": 512, "log_item": 3}),
        ("log", {}, 0, {"log_byte": 1, "log_item": 1}),
        ("trace_metric", {"item_count": 2}, 64, {"trace_metric_byte": 64, "trace_metric": 2}),
        ("profile", {}, 5, {"profile": 1, "profile_indexed": 1}),
        ("profile", ANDROID, 5, {"profile": 1, "profile_indexed": 1, "profile_ui": 1}),
        ("profile", SERVER, 5, {"profile": 1, "profile_indexed": 1, "profile_backend": 1}),
        ("profile_chunk", {}, 5, {}),
        ("profile_chunk", {"platform": "cocoa"}, 5, {"profile_chunk_ui": 1}),
        ("profile_chunk_ui", {"platform": "javascript"}, 5, {"profile_chunk_ui": 1}),
        ("profile_chunk", SERVER, 5, {"profile_chunk": 1}),
        ("profile_chunk", {"platform": 5}, 5, {}),
        ("replay_event", {}, 5, {"replay": 1}),
        ("replay_recording", {}, 5, {"replay": 1}),
        ("replay_video", {}, 5, {"replay": 1}),
        ("check_in", {}, 5, {"monitor": 1}),
        ("span", {"item_count": 9}, 5, {"span": 9, "span_indexed": 9}),
        ("client_report", {}, 5, {}),
        ("metric_buckets", {}, 5, {}),
        ("form_data", {}, 5, {}),
        ("of the future", {"item_count": 5}, 5, {}),
    ],
)
def test_item_counts(kind: str, headers: dict[str, Any], size: int, quantities: dict[str, int]) -> None:
    assert item_quantities(kind, headers, size) == quantities
    assert EnvelopeItem(kind, headers, b"x" * size).quantities == quantities
    # What an item counts in is what limits are asked for, but for the spans of a transaction.
    assert {*quantities} - {*item_categories(kind, headers)} == (
        {"span", "span_indexed"} if kind == "transaction" else set()
    )


@pytest.mark.parametrize(
    ("kind", "quantities"),
    [
        ("error", {"error": 1}),
        (None, {"error": 1}),
        ("default", {"error": 1}),
        ("of the future", {"error": 1}),
        ("csp", {"security": 1}),
        ("feedback", {"feedback": 1}),
        ("transaction", {"transaction": 1, "transaction_indexed": 1, "span": 3, "span_indexed": 3}),
    ],
)
def test_event_counts_by_its_type(kind: str | None, quantities: dict[str, int]) -> None:
    assert event_quantities(kind, 2) == quantities
    assert {*event_categories(kind)} == {*quantities} - {"span", "span_indexed"}


@pytest.mark.parametrize(
    ("attachment", "quantities"),
    [
        (Attachment("a", None, None, b"abc"), {"attachment": 3, "attachment_item": 1}),
        (Attachment("a", None, None, b""), {"attachment": 1, "attachment_item": 1}),
        (Attachment("a", None, None, b"MDMP", "event.minidump"), {"attachment": 4, "attachment_item": 1}),
        (Attachment("a", None, None, b"abc", "nswitch.dying_message"), {}),
    ],
)
def test_attachment_counts_by_its_bytes(attachment: Attachment, quantities: dict[str, int]) -> None:
    assert attachment.quantities == quantities


def test_categories_are_those_of_relay() -> None:
    from sentry_relay.consts import DataCategory

    names = {DataCategory.api_name(category) for category in DataCategory}  # type: ignore[no-untyped-call]
    told = {name for headers in (ANDROID, SERVER) for kind in TYPES for name in item_quantities(kind, headers, 1)}
    assert told <= names and len(told) == 22


@pytest.mark.parametrize(
    ("limits", "categories", "is_limited"),
    [
        ([], ("error",), False),
        (["error"], ("error",), True),
        (["error"], ("security",), False),
        (["errors"], ("error",), False),
        (["user_report_v2"], ("feedback",), True),
        ([RateLimit(60, categories=("session", "user_report_v2"))], ("feedback",), True),
        ([RateLimit(60, categories=("log_byte",))], ("log_item", "log_byte"), True),
        ([RateLimit(60)], ("error",), True),
        # What counts in nothing, a client report, is never limited.
        ([RateLimit(60)], (), False),
        ([RateLimit(0, categories=("error",))], ("error",), False),
        ([RateLimit(0)], ("error",), False),
        ([RateLimit(60, namespaces=("custom",))], ("error",), False),
        ([RateLimit(60, categories=("error",), namespaces=("custom",))], ("error",), False),
        ([RateLimit(60, categories=("session",)), "error"], ("error",), True),
    ],
)
def test_limits_name_categories(limits: list[RateLimit | str], categories: tuple[str, ...], is_limited: bool) -> None:
    assert Limited(limits).has(categories) is is_limited


@given(st.lists(st.dictionaries(st.sampled_from(["error", "span"]), st.integers(1, 99))))
def test_property_sums_lose_nothing(quantities: list[dict[str, int]]) -> None:
    total = add_up(quantities)
    assert {name: sum(each.get(name, 0) for each in quantities) for name in total} == total
    assert {name for each in quantities for name in each} == set(total)
