"""Everything that is wrong with an event, as a linter lists it."""

from collections import Counter
from typing import Any

import msgspec

from store_protocol.body import over_plain
from store_protocol.budget import Budget
from store_protocol.convert.context import ConvertContext
from store_protocol.errors import InvalidEvent
from store_protocol.limits import EVENT, Limits
from store_protocol.meta.tree import FieldError, MetaTree
from store_protocol.normalize import NormalizeOptions, event_from_objects, normalize_read_event, receipt
from store_protocol.payload import parse_payload
from store_protocol.payload.objects import repair_objects
from store_protocol.reading.error_list import field_errors
from store_protocol.reading.events import convert_event

_LIMITS = Limits()
_OPTIONS = NormalizeOptions()


def check_event(
    payload: Any, options: NormalizeOptions = _OPTIONS, *, now: float | None = None, limits: Limits = _LIMITS
) -> list[FieldError]:
    """List everything that is wrong with an event, each with its path, the reason and the value.

    `payload` is JSON (bytes or str) or the objects that it stands for; it isn't changed. Values that can't be taken as they
    were sent come first, by their places, then what normalization refuses besides. `options` and `now` (seconds since the
    epoch) are what they are to `normalize_event`. What the store endpoint refuses all of the event for has no path, and
    the `code` of the error as its kind: `limit_exceeded` or `invalid_event`. What an earlier server said in the event's
    `_meta` and `errors` isn't listed.

    Raises `PayloadError` for text that is no JSON, and for what is nested deeper than `limits.max_depth`.

    >>> [(error.path, error.reason) for error in check_event({"level": "loud", "tags": {"a": []}, "release": "a/b"})]
    [('level', 'invalid level'), ('tags.0.1', 'expected a primitive value'), ('release', None)]
    """
    if isinstance(payload, (bytes, bytearray, memoryview, str)):
        size = len(payload.encode("utf-8", "replace") if isinstance(payload, str) else payload)
        payload = parse_payload(payload, limits=limits)
    else:
        payload = repair_objects(payload, limits=limits)
        size = _size(payload)
    refused = []
    if size > limits.max_event_bytes:
        error = over_plain(EVENT, limits)
        refused.append(FieldError("", error.code, error.detail))
    if not isinstance(payload, dict):
        meta_tree = MetaTree()
        meta_tree.error((), "invalid_data", "expected event", value=payload)
        return refused + field_errors(None, meta_tree)
    payload = {name: part for name, part in payload.items() if name != "_meta"}
    received_at = receipt(options, now)
    meta_tree = MetaTree(Budget(limits))
    found = field_errors(convert_event(payload, ConvertContext(meta_tree, received_at=received_at)), meta_tree)
    return refused + found + _besides(found, _refused_later(payload, options, received_at, limits))


def _size(payload: Any) -> int:
    try:
        return len(msgspec.json.encode(payload))
    except TypeError:
        # No objects of JSON: what they are as text is not known.
        return 0


def _refused_later(
    payload: dict[str, Any], options: NormalizeOptions, received_at: float, limits: Limits
) -> list[FieldError]:
    """List the errors of an event once it is normalized."""
    read_event = event_from_objects(payload, options, Budget(limits), received_at)
    refused = []
    try:
        normalize_read_event(read_event, options, received_at=received_at)
    except InvalidEvent as error:
        refused.append(FieldError("", error.code, error.detail))
    return refused + field_errors(read_event.event, read_event.meta_tree)


def _besides(found: list[FieldError], later: list[FieldError]) -> list[FieldError]:
    """Return the later errors that aren't among those that were found before, perhaps at another place."""
    places = {(error.path, error.kind, error.reason) for error in found}
    moved = Counter(map(_said, found))
    besides = []
    for error in later:
        said = _said(error)
        if (error.path, error.kind, error.reason) in places or moved[said] > 0:
            moved[said] -= 1
        else:
            besides.append(error)
    return besides


def _said(error: FieldError) -> bytes:
    return msgspec.json.encode((error.kind, error.value, error.data))
