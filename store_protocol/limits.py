"""What a request may cost at the most, in one frozen value that every stage takes.

Each default stands beside its source. All sizes are bytes.
"""

from collections.abc import Callable

import msgspec

from store_protocol.first_use import build_type_info

KIB = 1024
MIB = 1024 * KIB

#: Is told how many bytes more a request is about to hold, and may raise to refuse it (`store_protocol.in_flight`).
Reserve = Callable[[int], None]


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """The limits that a request is held to.

    >>> Limits(max_event_bytes=2 * MIB).max_event_bytes
    2097152
    """

    #: The body as received, where it is compressed or base64 (develop.sentry.dev "Size Limits": 200 KB compressed; Bugsink
    #: holds 200 KiB too).
    max_compressed_bytes: int = 200 * KIB
    #: An event after decoding (develop.sentry.dev: 1 MB decompressed; Relay `max_event_size`: 1 MiB).
    max_event_bytes: int = 1 * MIB
    #: The body of an envelope or a minidump upload as received, where it is compressed (develop.sentry.dev "Size Limits" of
    #: 2026: 40 MiB; Relay has no such limit).
    max_compressed_envelope_bytes: int = 40 * MIB
    #: An envelope or a minidump upload after decoding (Relay `max_envelope_size`).
    max_envelope_bytes: int = 200 * MIB
    #: All events of an envelope together. Relay takes one of a kind; ten as large as may be fit here.
    max_events_bytes: int = 10 * MIB
    #: One attachment, a minidump among them, out of its container (Relay `max_attachment_size`). User reports and reports
    #: of the Unreal Engine have the limits of attachments too, as in Relay.
    max_attachment_bytes: int = 200 * MIB
    #: All attachments of a request together (Relay `max_attachments_size`).
    max_attachments_bytes: int = 200 * MIB
    #: Attachments of a request (Relay `max_attachment_count`).
    max_attachments: int = 30
    #: Items of an envelope (Relay `MAX_ENVELOPE_ITEMS`) and reports in arrays, of a request together.
    max_items: int = 500
    #: The headers of an envelope or of one item. Relay of 2021 held a line of them to 2 KiB, into which today's trace
    #: headers may not fit.
    max_envelope_header_bytes: int = 64 * KIB
    #: Sessions of an envelope, single and aggregated ones: one of them and all together (Relay `max_sessions_size`).
    max_sessions_bytes: int = 10 * MIB
    #: Items of sessions in an envelope (Relay `max_session_count`).
    max_sessions: int = 100
    #: Client reports of an envelope: one of them and all together (Relay `max_client_reports_size`).
    max_client_report_bytes: int = 100 * KIB
    #: Client reports of an envelope (Relay `max_client_reports_count`).
    max_client_reports: int = 100
    #: A check-in (Relay `max_check_in_size`).
    max_check_in_bytes: int = 100 * KIB
    #: A profile or a chunk of one (Relay `max_profile_size`).
    max_profile_bytes: int = 50 * MIB
    #: The recording of a replay, as it comes (Relay `max_replay_compressed_size`).
    max_replay_bytes: int = 10 * MIB
    #: The recording of a replay, decompressed (Relay `max_replay_uncompressed_size`).
    max_replay_uncompressed_bytes: int = 100 * MIB
    #: Buckets of metrics (Relay `max_metric_buckets_size`).
    max_metric_buckets_bytes: int = 1 * MIB
    #: A log: of an item that holds `item_count` of them, its bytes over that number (Relay `max_log_size`).
    max_log_bytes: int = 2 * MIB
    #: A metric of a trace, likewise (Relay `max_trace_metric_size`).
    max_trace_metric_bytes: int = 1 * MIB
    #: A span, likewise (Relay `max_span_size`).
    max_span_bytes: int = 10 * MIB
    #: All logs of an envelope, all metrics or all spans (Relay `max_container_size`).
    max_container_bytes: int = 12 * MIB
    #: Spans of an envelope that are an item each, as SDKs sent them before they put many into one (Relay
    #: `max_standalone_span_count`).
    max_standalone_spans: int = 25
    #: Parts of a multipart form. Crashpad's forms have tens; each annotation and each chunk of 64 bytes is one.
    max_form_parts: int = 1000
    #: Headers of one part of a form: browsers and crash reporters send three.
    max_part_headers: int = 8
    #: One line of a part's headers, with room for a long file name.
    max_part_header_bytes: int = 4 * KIB
    #: Errors that are listed of all events of a request. An event of 1 MiB has room for 350,000 faults, and each takes a
    #: hundred times as much in `errors` and `_meta` as in the event. The events of broken clients have fewer than ten.
    max_errors: int = 2_000
    #: Errors that are listed of a request however small it is.
    free_errors: int = 30
    #: Bytes of a request for each error more that is listed: to list one costs as much as to read five hundred bytes of an
    #: ordinary event. The events of broken clients have fewer than one in that many.
    bytes_per_error: int = 200
    #: Values that are read one by one, of all events of a request and their `_meta`: those of parts that C refuses as a
    #: whole, where something in them is wrong. To read one costs as much as fifty bytes of an ordinary event.
    max_values: int = 1_000_000
    #: Values that are read one by one of a request however small it is.
    free_values: int = 500
    #: Bytes of a request for each value more that is read one by one. Recorded events have 17 to 40 for each of their
    #: values, those in lists and objects of any names included, and so lose nothing even where all are read so.
    bytes_per_value: int = 24
    #: Errors that are listed of one value, of a text of cookies, say; and those, or remarks, that an incoming `_meta` lists
    #: of one.
    max_errors_of_value: int = 1_000
    #: Characters that the names of values with errors have together: each repeats those above it. As many as in 2,000
    #: errors with 500 each.
    max_error_name_chars: int = 1_000_000
    #: Repairs of JSON texts that are listed, of all texts of a request: ten texts with as many as are listed of one.
    max_repairs: int = 1_000
    #: Bytes of messages that are made of a template and its parameters, of all events of a request. Relay makes up to
    #: 32 KiB of one, of which 64 fit here; ordinary messages have a hundred bytes.
    max_formatted_bytes: int = 2 * MIB
    #: Pairs that are read of all events of a request, of query strings, cookies and forms as texts. Each takes 160 bytes of
    #: memory for two in a text. Browsers send tens.
    max_pairs: int = 20_000
    #: All headers of an envelope and its items together: five hundred of 2 KiB, where SDKs send 50 to 500 bytes.
    max_envelope_headers_bytes: int = 1 * MIB
    #: Levels of nesting in the JSON text (serde_json, and so Relay: 128).
    max_depth: int = 128
    #: Codings stacked in one `Content-Encoding`. No client sends more than one; two leaves room for a proxy.
    max_content_codings: int = 4
    #: The window that a zstd frame may ask for (RFC 9659: a content coding uses at most 8 MB).
    max_zstd_window_bytes: int = 8 * MIB


class BodyKind(msgspec.Struct, frozen=True):
    """What a body holds, and by which fields of `Limits` it is bounded: as it came, and as plain bytes."""

    noun: str
    compressed: str
    plain: str

    def max_compressed(self, limits: Limits) -> int:
        """Return how many bytes it may have as it came, where it is compressed."""
        maximum: int = getattr(limits, self.compressed)
        return maximum

    def max_plain(self, limits: Limits) -> int:
        """Return how many bytes it may have once decoded."""
        maximum: int = getattr(limits, self.plain)
        return maximum


#: A single event. Its limits are those of the store endpoint.
EVENT = BodyKind("event", "max_compressed_bytes", "max_event_bytes")
#: An envelope.
ENVELOPE = BodyKind("envelope", "max_compressed_envelope_bytes", "max_envelope_bytes")
REPLAY = BodyKind("recording of a replay", "max_replay_bytes", "max_replay_uncompressed_bytes")
CHECK_IN = BodyKind("check-in", "max_compressed_bytes", "max_event_bytes")
USER_REPORT = BodyKind("user report", "max_compressed_bytes", "max_event_bytes")
#: As large as the items that become of them (Relay gives these endpoints `max_container_size`).
REPORTS = BodyKind("array of reports", "max_container_bytes", "max_container_bytes")
TELEMETRY = BodyKind("export of telemetry", "max_container_bytes", "max_container_bytes")
ATTACHMENTS = BodyKind("form of attachments", "max_compressed_envelope_bytes", "max_attachments_bytes")
UNREAL = BodyKind("crash report", "max_compressed_envelope_bytes", "max_attachments_bytes")
#: A minidump, or a form that holds one.
MINIDUMP = BodyKind("minidump upload", "max_compressed_envelope_bytes", "max_envelope_bytes")


build_type_info(Limits, BodyKind)
