"""Strategies for items of envelopes: payloads made from the schema, and the headers that tell how they are read."""

import zlib
from collections.abc import Callable
from typing import Any

import msgspec
from hypothesis import strategies as st

from store_protocol.items.attributes import Attribute
from store_protocol.items.base import Item
from store_protocol.items.check_in import Schedule
from store_protocol.items.containers import Container
from store_protocol.items.decoding import INTERFACES
from store_protocol.items.envelope_item import EnvelopeItem
from store_protocol.items.profile import AndroidProfile, Profile, SampleProfile
from store_protocol.items.profile_chunk import PERFETTO, AndroidProfileChunk, ProfileChunk, ProfileData
from store_protocol.items.replay_event import ReplayEvent
from store_protocol.items.replay_recording import ReplayRecording
from store_protocol.items.replay_video import PackedReplay
from store_protocol.items.session import SessionAttributes
from store_protocol.items.span import SpanV2Container
from store_protocol.items.trace_attachment import PLACEHOLDER, TRACE_ATTACHMENT, AttachmentPlaceholder, TraceAttachment
from store_protocol.items.trace_metric import TraceMetric
from store_protocol.items.view_hierarchy import ViewHierarchy
from store_protocol.schema.span import Span
from store_protocol.strategies.events import dirty_events, errors, feedback, transactions
from store_protocol.strategies.maker import Maker
from store_protocol.strategies.values import FILLED, FLOAT, I64, JSON, TEXT, Strategy

_encode = msgspec.json.Encoder().encode
#: By the type of an item its events: the type decides what an event is, and so what it must have.
_EVENTS: dict[str, Callable[[], Strategy]] = {"event": errors, "feedback": feedback, "transaction": transactions}
#: The types of items that are drawn.
TYPES = tuple(sorted({*INTERFACES, *_EVENTS, "attachment", "replay_video"} - {"profile_chunk_ui"}))

_BODY = st.binary(max_size=20)
_SCALARS: dict[str, Strategy] = {"string": TEXT, "integer": I64, "double": FLOAT, "boolean": st.booleans()}
_ATTRIBUTE = st.one_of(
    *(st.fixed_dictionaries({"type": st.just(kind), "value": value}) for kind, value in _SCALARS.items()),
    st.fixed_dictionaries({"type": st.just("array"), "value": st.one_of(*map(st.lists, _SCALARS.values()))}),
)


class _ItemMaker(Maker):
    """Makes strategies for the payloads of items: what belongs together in them, too."""

    def special(self, interface: Any) -> Strategy:
        objects = super().special(interface)
        if interface is Attribute and not self.rate:
            return _ATTRIBUTE
        fix = None if self.rate else _FIXES.get(interface)
        return objects if fix is None else objects.map(fix)


def _fix_schedule(schedule: dict[str, Any]) -> dict[str, Any]:
    if schedule["type"] == "crontab":
        return {"type": "crontab", "value": "*/5 * * * *"}
    value = schedule["value"]
    return {"unit": "hour", **schedule, "value": value if type(value) is int else 5}


def _fix_references(profile: dict[str, Any]) -> dict[str, Any]:
    stacks, frames, samples = profile["stacks"], profile["frames"], profile["samples"]
    stacks = [[each % len(frames) for each in stack] if frames else [] for stack in stacks]
    samples = [{**sample, "stack_id": sample["stack_id"] % len(stacks)} for sample in samples] if stacks else []
    for sample in samples:
        if "timestamp" in sample:
            sample["timestamp"] = abs(sample["timestamp"]) % 60
    return {**profile, "stacks": stacks, "samples": samples}


def _fix_attributes(attributes: dict[str, Any]) -> dict[str, Any]:
    return {**attributes, "release": "app@1.2.3"} | ({"environment": "qa-1"} if "environment" in attributes else {})


def _fix_profile(profile: dict[str, Any]) -> dict[str, Any]:
    return {"transaction": {"id": "a" * 32, "name": "/", "trace_id": "b" * 32}, **profile, "version": "1"}


def _fix_android_profile(profile: dict[str, Any]) -> dict[str, Any]:
    return {**profile, "platform": "android"}


def _fix_android_chunk(chunk: dict[str, Any]) -> dict[str, Any]:
    return {**chunk, "version": "2.android-trace"}


def _fix_metric(metric: dict[str, Any]) -> dict[str, Any]:
    return {**metric, "name": f"a.{metric['name']}"}


def _fix_replay(replay: dict[str, Any]) -> dict[str, Any]:
    return {**replay, "type": "replay_event", "segment_id": replay["segment_id"] % 2**16}


_FIXES: dict[Any, Callable[[Any], Any]] = {
    AndroidProfile: _fix_android_profile,
    AndroidProfileChunk: _fix_android_chunk,
    Profile: _fix_profile,
    ProfileData: _fix_references,
    ReplayEvent: _fix_replay,
    SampleProfile: _fix_references,
    Schedule: _fix_schedule,
    SessionAttributes: _fix_attributes,
    TraceMetric: _fix_metric,
}
_EMPTY_PROFILE: dict[str, Any] = {"samples": [], "stacks": [], "frames": []}


class _Items:
    """Strategies for items of each type, by one maker of payloads."""

    def __init__(self, rate: float) -> None:
        self.maker = _ItemMaker(legacy=False, rate=rate)
        self.rate = rate

    def of(self, kind: str) -> Strategy:
        """Return a strategy for items of a type."""
        if kind in _EVENTS:
            drawn = dirty_events(self.rate) if self.rate else _EVENTS[kind]()
            return drawn.map(lambda event: _item(kind, event))
        special: dict[str, Callable[[], Strategy]] = {
            "attachment": self._attachment,
            "profile": lambda: self._payload(Profile) | self._payload(AndroidProfile),
            "profile_chunk": self._profile_chunk,
            "replay_recording": self._recording,
            "replay_video": self._replay_video,
            "span": lambda: (
                self._container(SpanV2Container) | self.maker.interface(Span).map(lambda span: _item(kind, span))
            ),
        }
        if kind in special:
            return special[kind]()
        interface = INTERFACES[kind]
        return self._container(interface) if issubclass(interface, Container) else self._payload(interface)

    def _payload(self, interface: type[Item], **headers: Any) -> Strategy:
        kind = interface.__item_type__
        return self.maker.interface(interface).map(lambda payload: _item(kind, payload, **headers))

    def _container(self, interface: type[Container]) -> Strategy:
        def item(payload: dict[str, Any]) -> EnvelopeItem:
            items = payload.get("items")
            count = len(items) if isinstance(items, list) else 1
            return _item(interface.__item_type__, payload, content_type=interface.__media_type__, item_count=count)

        return self.maker.interface(interface).map(item)

    def _profile_chunk(self) -> Strategy:
        def chunk(payload: dict[str, Any], trace: bytes | None) -> EnvelopeItem:
            payload = {**payload, "version": "2"}
            if trace is None:
                return _item("profile_chunk", {"profile": _EMPTY_PROFILE, **payload})
            text = _encode(payload)
            return _item("profile_chunk", text + trace, content_type=PERFETTO, meta_length=len(text))

        traces = st.none() | st.binary(min_size=1, max_size=20)
        return st.builds(chunk, self.maker.interface(ProfileChunk), traces) | self._payload(AndroidProfileChunk)

    def _span(self) -> Strategy:
        alone = self.maker.interface(Span).map(lambda span: _item("span", span))
        return self._container(SpanV2Container) | alone

    def _recording(self) -> Strategy:
        def recording(payload: dict[str, Any], body: bytes) -> EnvelopeItem:
            return _item("replay_recording", _encode(payload) + b"\n" + body)

        return st.builds(recording, self.maker.interface(ReplayRecording), _RECORDING)

    def _replay_video(self) -> Strategy:
        def video(event: EnvelopeItem, recording: EnvelopeItem, data: bytes) -> EnvelopeItem:
            return _item("replay_video", msgspec.msgpack.encode(PackedReplay(event.data, recording.data, data)))

        return st.builds(video, self._payload(ReplayEvent), self._recording(), _BODY)

    def _attachment(self) -> Strategy:
        def of_trace(payload: dict[str, Any], body: bytes) -> EnvelopeItem:
            text = _encode(payload)
            return _item("attachment", text + body, content_type=TRACE_ATTACHMENT, meta_length=len(text))

        def packed(event: dict[str, Any], kind: str) -> EnvelopeItem:
            return _item("attachment", msgspec.msgpack.encode(event), attachment_type=kind)

        return st.one_of(
            st.builds(of_trace, self.maker.interface(TraceAttachment), _BODY),
            self._payload(ViewHierarchy, attachment_type="event.view_hierarchy"),
            self._payload(AttachmentPlaceholder, content_type=PLACEHOLDER),
            st.builds(packed, st.fixed_dictionaries({"message": TEXT}), st.sampled_from(_PACKED)),
            st.builds(
                lambda data, told: _item("attachment", data, **told),
                _BODY,
                st.fixed_dictionaries(
                    {},
                    optional={
                        "filename": FILLED,
                        "content_type": st.sampled_from(["text/plain", "application/octet-stream"]),
                        "attachment_type": st.sampled_from(_FILES),
                    },
                ),
            ),
        )


_PACKED = ("event.payload", "event.breadcrumbs")
_FILES = (
    *("event.attachment", "event.minidump", "event.applecrashreport", "unreal.context", "unreal.logs"),
    *("playstation.prosperodump", "nswitch.dying_message", "event.nv_gpudmp", "event.nv_shader_debug"),
)
_RECORDING = st.lists(st.fixed_dictionaries({"type": st.integers(0, 5), "data": JSON}), max_size=2).flatmap(
    lambda found: st.sampled_from([_encode(found), zlib.compress(_encode(found))])
)


def _item(kind: str, payload: Any, **headers: Any) -> EnvelopeItem:
    data = payload if isinstance(payload, bytes) else _encode(payload)
    return EnvelopeItem(kind, {"type": kind, **headers, "length": len(data)}, data)


def items(*types: str) -> Strategy:
    """Return items of envelopes (`EnvelopeItem`) as SDKs send them, of any of these types or of all that have a typed form.

    Each decodes without an error.
    """
    made = _Items(0)
    return st.one_of(*map(made.of, types or TYPES))


def dirty_items(*types: str, rate: float = 0.1) -> Strategy:
    """Return items of envelopes (`EnvelopeItem`) in which about `rate` (0 to 1) of the values are wrong."""
    made = _Items(rate)
    return st.one_of(*map(made.of, types or TYPES))
