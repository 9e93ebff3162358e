"""What a request may cost at the most, in one frozen value that every stage takes.

Each default stands beside its source. All sizes are bytes.
"""

import msgspec

KIB = 1024
MIB = 1024 * KIB


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
    #: Levels of nesting in the JSON text (serde_json, and so Relay: 128).
    max_depth: int = 128
    #: Codings stacked in one `Content-Encoding`. No client sends more than one; two leaves room for a proxy.
    max_content_codings: int = 4
    #: The window that a zstd frame may ask for (RFC 9659: a content coding uses at most 8 MB).
    max_zstd_window_bytes: int = 8 * MIB
