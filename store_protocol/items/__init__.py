"""Typed items: what the items of an envelope that are no events stand for.

`EnvelopeItem.decode` and `store_protocol.decode_item` give them, `store_protocol.encode_item` writes them. Each name is
loaded when it is first used.
"""

from typing import TYPE_CHECKING

from store_protocol.lazy_names import lazy_names

if TYPE_CHECKING:
    from store_protocol.items.attributes import Attribute as Attribute
    from store_protocol.items.base import Item as Item
    from store_protocol.items.check_in import CheckIn as CheckIn
    from store_protocol.items.check_in import CheckInContexts as CheckInContexts
    from store_protocol.items.check_in import CheckInTrace as CheckInTrace
    from store_protocol.items.check_in import MonitorConfig as MonitorConfig
    from store_protocol.items.check_in import Schedule as Schedule
    from store_protocol.items.client_report import ClientReport as ClientReport
    from store_protocol.items.client_report import DiscardedEvent as DiscardedEvent
    from store_protocol.items.containers import Container as Container
    from store_protocol.items.containers import IngestSettings as IngestSettings
    from store_protocol.items.log import Log as Log
    from store_protocol.items.log import LogContainer as LogContainer
    from store_protocol.items.profile import AndroidProfile as AndroidProfile
    from store_protocol.items.profile import LegacyMeasurement as LegacyMeasurement
    from store_protocol.items.profile import LegacyMeasurementValue as LegacyMeasurementValue
    from store_protocol.items.profile import Profile as Profile
    from store_protocol.items.profile import ProfileDevice as ProfileDevice
    from store_protocol.items.profile import ProfileOs as ProfileOs
    from store_protocol.items.profile import ProfileRuntime as ProfileRuntime
    from store_protocol.items.profile import QueueMetadata as QueueMetadata
    from store_protocol.items.profile import Sample as Sample
    from store_protocol.items.profile import SampleProfile as SampleProfile
    from store_protocol.items.profile import TransactionMetadata as TransactionMetadata
    from store_protocol.items.profile_chunk import AndroidProfileChunk as AndroidProfileChunk
    from store_protocol.items.profile_chunk import ChunkSample as ChunkSample
    from store_protocol.items.profile_chunk import ProfileChunk as ProfileChunk
    from store_protocol.items.profile_chunk import ProfileData as ProfileData
    from store_protocol.items.profile_parts import ChunkMeasurement as ChunkMeasurement
    from store_protocol.items.profile_parts import ChunkMeasurementValue as ChunkMeasurementValue
    from store_protocol.items.profile_parts import ClientSdk as ClientSdk
    from store_protocol.items.profile_parts import ProfileDebugMeta as ProfileDebugMeta
    from store_protocol.items.profile_parts import ProfileFrame as ProfileFrame
    from store_protocol.items.profile_parts import ProfileImage as ProfileImage
    from store_protocol.items.profile_parts import ThreadMetadata as ThreadMetadata
    from store_protocol.items.replay_event import ReplayEvent as ReplayEvent
    from store_protocol.items.replay_recording import ReplayRecording as ReplayRecording
    from store_protocol.items.replay_video import ReplayVideo as ReplayVideo
    from store_protocol.items.session import SessionAttributes as SessionAttributes
    from store_protocol.items.session import SessionUpdate as SessionUpdate
    from store_protocol.items.sessions import SessionAggregateItem as SessionAggregateItem
    from store_protocol.items.sessions import SessionAggregates as SessionAggregates
    from store_protocol.items.span import SpanV2 as SpanV2
    from store_protocol.items.span import SpanV2Container as SpanV2Container
    from store_protocol.items.span import SpanV2Link as SpanV2Link
    from store_protocol.items.span import StandaloneSpan as StandaloneSpan
    from store_protocol.items.trace_attachment import AttachmentPlaceholder as AttachmentPlaceholder
    from store_protocol.items.trace_attachment import TraceAttachment as TraceAttachment
    from store_protocol.items.trace_metric import TraceMetric as TraceMetric
    from store_protocol.items.trace_metric import TraceMetricContainer as TraceMetricContainer
    from store_protocol.items.user_report import UserReport as UserReport
    from store_protocol.items.view_hierarchy import ViewHierarchy as ViewHierarchy

_NAMES = {
    "attributes": ("Attribute",),
    "base": ("Item",),
    "check_in": ("CheckIn", "CheckInContexts", "CheckInTrace", "MonitorConfig", "Schedule"),
    "client_report": ("ClientReport", "DiscardedEvent"),
    "containers": ("Container", "IngestSettings"),
    "log": ("Log", "LogContainer"),
    "profile": (
        *("AndroidProfile", "LegacyMeasurement", "LegacyMeasurementValue", "Profile", "ProfileDevice", "ProfileOs"),
        *("ProfileRuntime", "QueueMetadata", "Sample", "SampleProfile", "TransactionMetadata"),
    ),
    "profile_chunk": ("AndroidProfileChunk", "ChunkSample", "ProfileChunk", "ProfileData"),
    "profile_parts": (
        *("ChunkMeasurement", "ChunkMeasurementValue", "ClientSdk", "ProfileDebugMeta", "ProfileFrame", "ProfileImage"),
        "ThreadMetadata",
    ),
    "replay_event": ("ReplayEvent",),
    "replay_recording": ("ReplayRecording",),
    "replay_video": ("ReplayVideo",),
    "session": ("SessionAttributes", "SessionUpdate"),
    "sessions": ("SessionAggregateItem", "SessionAggregates"),
    "span": ("SpanV2", "SpanV2Container", "SpanV2Link", "StandaloneSpan"),
    "trace_attachment": ("AttachmentPlaceholder", "TraceAttachment"),
    "trace_metric": ("TraceMetric", "TraceMetricContainer"),
    "user_report": ("UserReport",),
    "view_hierarchy": ("ViewHierarchy",),
}
_MODULES = {name: module for module, names in _NAMES.items() for name in names}

__all__ = sorted(_MODULES)  # noqa: PLE0605

__getattr__, __dir__ = lazy_names(globals(), _MODULES, __name__)
