"""The items of a request as lines of JSON: typed where their type has a typed form, else as they came.

A line is an object of `type`, `received`, `project_id` and `event_id` where they are known, and `headers`, those of the
item. `item` is what the payload stands for, and `errors` what is wrong with it. Where there is no typed form, or the
payload can't be read, `code` and `reason` say why. What `item` doesn't tell, a payload that isn't typed or one of which
JSON is only a part, stands there as it came: in `text`, or in `base64` where it is no text.
"""

from base64 import b64encode
from itertools import islice
from typing import Any

import msgspec

from store_protocol.errors import StoreError, over_limit
from store_protocol.items.attachment import Attachment
from store_protocol.items.base import Item
from store_protocol.limits import Limits
from store_protocol.normalize import NormalizeOptions
from store_protocol.payload.objects import repair_objects
from store_protocol.request_options import told_by_envelope
from store_protocol.submission import Submission

_encode = msgspec.json.Encoder().encode


def item_lines(submission: Submission, received: float, limits: Limits) -> bytes:
    """Return the lines of what a request submits beside events and attachments.

    `received` is when it came, in seconds since the epoch. A payload of more than `max_events_bytes` is not typed, and no
    more than `max_errors` errors of all items are listed.

    >>> from store_protocol import EnvelopeItem
    >>> item = EnvelopeItem("session", {"type": "session"}, b'{"started": 1795392000, "attrs": {"release": "a@1"}}')
    >>> msgspec.json.decode(item_lines(Submission("envelope", items=(item,)), 1795392060.0, Limits()))["item"]
    {'started': '2026-11-23T00:00:00+00:00', 'attrs': {'release': 'a@1'}}
    """
    sent_at = told_by_envelope(submission.envelope_headers).get("sent_at")
    options = NormalizeOptions(received_at=received, sent_at=sent_at, client_ip=submission.client_ip)
    told = {"received": received, "project_id": submission.project_id, "event_id": submission.event_id}
    told = {name: value for name, value in told.items() if value is not None}
    lines: list[bytes] = []
    errors = limits.max_errors
    for item in submission.items:
        line: dict[str, Any] = {"type": item.type, **told, "headers": item.headers}
        is_whole = False
        try:
            if len(item.data) > limits.max_events_bytes:
                raise over_limit("more bytes", "max_events_bytes", limits)
            found = item.decode(options, limits=limits)
        except StoreError as error:
            line |= {"code": error.code, "reason": str(error)}
        else:
            if not isinstance(found, Attachment):
                line["item"] = found.to_dict()
                is_whole = not any(getattr(found, name) for name in type(found).__beside__ - Item.__beside__)
            if isinstance(found, Item) and found.field_errors:
                listed = [*islice(found.field_errors, errors)]
                errors -= len(listed)
                line["errors"] = [_error(each) for each in listed]
        lines.append(_encode(repair_objects(line)))
        if not is_whole:
            lines[-1] = b"%b,%b}" % (lines[-1][:-1], _as_it_came(item.data, limits))
    return b"".join([line + b"\n" for line in lines])


def _error(error: Any) -> dict[str, Any]:
    return {"path": error.path, "kind": error.kind, "reason": error.reason, "value": error.value}


def _as_it_came(data: bytes, limits: Limits) -> bytes:
    # Escaped, text may have six times as many bytes.
    if len(data) <= limits.max_events_bytes:
        try:
            return b'"text":' + _encode(data.decode())
        except UnicodeDecodeError:
            pass
    return b'"base64":"%b"' % b64encode(data)
