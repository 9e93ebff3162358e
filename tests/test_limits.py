"""The limits: what they are by default, and which of them bound which body."""

import msgspec
import pytest

from store_protocol.limits import ENVELOPE, EVENT, MINIDUMP, BodyKind, Limits

DEFAULTS = {
    "max_compressed_bytes": 204_800,
    "max_event_bytes": 1_048_576,
    "max_compressed_envelope_bytes": 41_943_040,
    "max_envelope_bytes": 209_715_200,
    "max_events_bytes": 10_485_760,
    "max_attachment_bytes": 209_715_200,
    "max_attachments_bytes": 209_715_200,
    "max_attachments": 30,
    "max_items": 500,
    "max_envelope_header_bytes": 65_536,
    "max_sessions_bytes": 10_485_760,
    "max_sessions": 100,
    "max_client_report_bytes": 102_400,
    "max_client_reports": 100,
    "max_check_in_bytes": 102_400,
    "max_profile_bytes": 52_428_800,
    "max_replay_bytes": 10_485_760,
    "max_replay_uncompressed_bytes": 104_857_600,
    "max_metric_buckets_bytes": 1_048_576,
    "max_log_bytes": 2_097_152,
    "max_trace_metric_bytes": 1_048_576,
    "max_span_bytes": 10_485_760,
    "max_container_bytes": 12_582_912,
    "max_standalone_spans": 25,
    "max_form_parts": 1000,
    "max_part_headers": 8,
    "max_part_header_bytes": 4096,
    "max_errors": 2000,
    "free_errors": 30,
    "bytes_per_error": 200,
    "max_values": 1_000_000,
    "free_values": 500,
    "bytes_per_value": 24,
    "max_errors_of_value": 1000,
    "max_error_name_chars": 1_000_000,
    "max_repairs": 1000,
    "max_formatted_bytes": 2_097_152,
    "max_pairs": 20_000,
    "max_envelope_headers_bytes": 1_048_576,
    "max_depth": 128,
    "max_content_codings": 4,
    "max_zstd_window_bytes": 8_388_608,
}


def test_limits_are_by_default_what_is_documented() -> None:
    assert msgspec.structs.asdict(Limits()) == DEFAULTS


@pytest.mark.parametrize("name", DEFAULTS)
def test_each_limit_can_be_set_alone(name: str) -> None:
    assert msgspec.structs.asdict(Limits(**{name: 7})) == {**DEFAULTS, name: 7}


@pytest.mark.parametrize(
    ("kind", "noun", "compressed", "plain"),
    [
        (EVENT, "event", "max_compressed_bytes", "max_event_bytes"),
        (ENVELOPE, "envelope", "max_compressed_envelope_bytes", "max_envelope_bytes"),
        (MINIDUMP, "minidump upload", "max_compressed_envelope_bytes", "max_envelope_bytes"),
    ],
)
def test_each_kind_of_body_has_its_own_limits(kind: BodyKind, noun: str, compressed: str, plain: str) -> None:
    assert kind.noun == noun
    assert kind.max_compressed(Limits(**{compressed: 7})) == 7
    assert kind.max_plain(Limits(**{plain: 7})) == 7


@pytest.mark.parametrize(("value", "name"), [(Limits(), "max_depth"), (EVENT, "noun")])
def test_limits_are_shared_and_so_never_change(value: msgspec.Struct, name: str) -> None:
    with pytest.raises(AttributeError):
        setattr(value, name, getattr(value, name))
    assert len({value, value}) == 1


def test_limits_are_given_by_name() -> None:
    with pytest.raises(TypeError):
        Limits(7)  # type: ignore[call-arg]
