"""Dropping spans beyond the bytes that they may have together; what is in a span is never cut for that.

A span uses up the bytes of what it holds as a free-form value does: an absent attribute costs one, what is in other
containers than its data and Sentry's tags nothing.
"""

from typing import Any

import msgspec

from store_protocol.convert.readers import fields_of
from store_protocol.meta.sizes import estimate_size_flat
from store_protocol.meta.tree import MetaTree
from store_protocol.schema.event import Event
from store_protocol.schema.span import SentryTags, Span

#: The bytes that the spans of an event may have together (Relay, `max_bytes` of `spans`).
MAX_BYTES = 819_200
#: What a span costs at the most beside its JSON text: one for each attribute that is absent.
_ABSENT = len(Span.__struct_fields__) + len(SentryTags.__struct_fields__)
_encode = msgspec.json.Encoder().encode


def limit_spans(event: Event, meta_tree: MetaTree, text_size: int | None) -> None:
    """Drop the last spans of an event where all are too large."""
    spans = event.spans
    if not spans or (text_size is not None and text_size + _ABSENT * len(spans) < MAX_BYTES):
        return
    if len(_encode(spans)) + _ABSENT * len(spans) < MAX_BYTES:
        return
    left = MAX_BYTES
    for index, span in enumerate(spans):
        if left <= 0:
            _drop(event, spans, index, meta_tree)
            return
        left -= _cost(span)


def _drop(event: Event, spans: list[Any], count: int, meta_tree: MetaTree) -> None:
    meta = meta_tree.at(("spans",))
    if meta.length is None:
        meta.length = len(spans)
    meta.children = {key: child for key, child in meta.children.items() if int(key) < count}
    event.spans = spans[:count]


def _cost(span: Span | None) -> int:
    if span is None:
        return 1
    parts: list[Any] = [getattr(span, field.name) for field in fields_of(Span)]
    if span.sentry_tags is not None:
        parts += [getattr(span.sentry_tags, field.name) for field in fields_of(SentryTags)]
    for more in (span.data, span.other):
        parts += more.values() if more else ()
    return 3 + sum(estimate_size_flat(part) + 1 for part in parts)
