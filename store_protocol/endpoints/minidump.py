"""The minidump endpoint: a crash dump as the whole body or as a file of a form, and what the form says of its event.

Crash reporters upload once, after the crash, from a small process: what they send is taken whenever there is a dump in it.
"""

from typing import Any

import msgspec

from store_protocol.body.sniff import begins_as, format_of
from store_protocol.budget import Budget
from store_protocol.convert.scalars import U64_MAX
from store_protocol.endpoints import native
from store_protocol.endpoints.containers import open_container
from store_protocol.endpoints.content import (
    Content,
    RefusedItem,
    RequestFacts,
    media_type,
    parameter,
    parse_event_text,
)
from store_protocol.endpoints.endpoint import Endpoint
from store_protocol.endpoints.files import read_fields, take_files
from store_protocol.endpoints.multipart import Part, boundary_of, parse_multipart
from store_protocol.errors import (
    EmptyBody,
    InvalidMinidump,
    MissingMinidump,
    PayloadError,
    over_limit,
)
from store_protocol.http_response import Response, render
from store_protocol.items.attachment import Attachment
from store_protocol.items.envelope_item import EnvelopeItem
from store_protocol.limits import MINIDUMP, Limits
from store_protocol.payload import Repair

_FIELD = "upload_file_minidump"
#: The name under which a dump that is the whole body is shown (Relay `MINIDUMP_FILE_NAME`).
_RAW_NAME = "Minidump"
_MAGIC = (b"MDMP", b"PMDM")
# What a file is by the name of its part (Relay `infer_attachment_type`).
_TYPES = {
    _FIELD: native.MINIDUMP,
    "__sentry-event": native.EVENT_PAYLOAD,
    "__sentry-breadcrumb1": native.BREADCRUMBS,
    "__sentry-breadcrumb2": native.BREADCRUMBS,
    "view-hierarchy.json": "event.view_hierarchy",
}
#: The other way round; breadcrumbs have two names.
PART_NAMES = {kind: name for name, kind in reversed(_TYPES.items())}
#: Levels of `sentry[a][b]` that are followed (Relay `MAX_PATH_DEPTH`); a field with more stays a field.
_DEEPEST = 15


def read(data: bytes, facts: RequestFacts, budget: Budget) -> Content:
    """Read a dump or a form that holds one.

    Whether it is a form is told by the content type, or else by how it begins. A file that can't be taken costs itself,
    unless it is the dump. Raises `MissingMinidump`, `InvalidMinidump`, `InvalidMultipart`, `CorruptBody` and
    `LimitExceeded`.
    """
    limits = budget.limits
    if media_type(facts.content_type).startswith("multipart/"):
        boundary = parameter(facts.content_type, "boundary") or boundary_of(data)
    else:
        boundary = boundary_of(data)
    if boundary is None:
        part = Part(_FIELD, _RAW_NAME, "application/x-dmp", data)
        attachments, _ = take_files([(0, part)], lambda part: _attachment(part, facts, limits), limits, needed=0)
        return _content([msgspec.structs.replace(each, name=_RAW_NAME) for each in attachments], [], limits)

    parts = [*enumerate(parse_multipart(data, boundary, limits=limits))]
    files = [(index, part) for index, part in parts if part.filename is not None or part.name == _FIELD]
    fields = read_fields([part for _, part in parts if part.filename is None and part.name != _FIELD], limits)
    dump = next((index for index, part in files if part.name == _FIELD), None)
    attachments, refused = take_files(files, lambda part: _attachment(part, facts, limits), limits, needed=dump)
    return _content(attachments, fields, limits, refused)


def _attachment(part: Part, facts: RequestFacts, limits: Limits) -> Attachment:
    kind = _TYPES.get(part.name, "event.attachment")
    if kind != native.MINIDUMP:
        return Attachment(part.name, part.filename, part.content_type, part.data, kind)
    data = part.data
    # Old versions of sentry-electron on Linux wrap the form of the crash reporter in another.
    inner = boundary_of(data)
    if inner is not None:
        parts = parse_multipart(data, inner, limits=limits)
        data = next((each.data for each in parts if each.name == _FIELD), data)
    dump, filename = _open_dump(data, part.filename, facts, limits)
    return Attachment(part.name, filename, part.content_type, dump, kind)


def _open_dump(data: bytes, filename: str | None, facts: RequestFacts, limits: Limits) -> tuple[bytes, str | None]:
    if not data:
        raise EmptyBody("empty minidump")
    dump, filename = open_container(data, filename, limits=limits, reserve=facts.reserve)
    if not dump.startswith(_MAGIC):
        found = "JSON" if begins_as(dump) == "json" else format_of(dump)
        what = "" if found is None else f"it is {found}, and "
        raise InvalidMinidump(f"invalid minidump: {what}it does not begin with MDMP or PMDM")
    if len(dump) > limits.max_attachment_bytes:
        raise over_limit("the minidump has more bytes", "max_attachment_bytes", limits)
    return dump, filename


def _content(
    attachments: list[Attachment],
    fields: list[tuple[str, str]],
    limits: Limits,
    refused: tuple[RefusedItem, ...] = (),
) -> Content:
    if not any(each.attachment_type == native.MINIDUMP for each in attachments):
        raise MissingMinidump(f"missing minidump: the form has no file named {_FIELD}")
    packed = native.packed_event(attachments, limits)
    payload, repairs = merge_form(packed, fields, limits)
    (event,) = native.merge_attachments(payload, attachments, limits)
    sent = EnvelopeItem("event", {"type": "event"}, msgspec.json.encode(payload)) if payload else None
    return Content(payloads=(event,), sent=(sent,), attachments=tuple(attachments), repairs=repairs, refused=refused)


def answer(event_id: str | None) -> Response:
    """Return the answer that crash reporters show: the event id as a UUID, in plain text (Relay `endpoints/minidump.rs`).

    >>> answer("7c9ae6e58f03442b9203bbdcf6ae904c").body
    b'7c9ae6e5-8f03-442b-9203-bbdcf6ae904c'
    """
    digits = (event_id or "").ljust(32, "0")
    text = "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
    return render(200, "text/plain", text.encode())


def merge_form(
    payload: dict[str, Any], fields: list[tuple[str, str]], limits: Limits
) -> tuple[dict[str, Any], tuple[Repair, ...]]:
    """Return an event with what the fields of a form say of it, and what had to be repaired in their JSON.

    `sentry` (and `sentry___` with anything after it) holds an event as JSON; `sentry__1`, `sentry__2` and so on hold one in
    pieces, as Crashpad's annotations are of limited length; `sentry[a][b]` sets one value. What is set first stays, and
    every other field goes into `extra`, as does a field whose JSON can't be read.

    >>> merge_form({}, [("sentry[user][id]", "7"), ("guid", "ab")], Limits())[0]
    {'user': {'id': '7'}, 'extra': {'guid': 'ab'}}
    """
    merged = dict(payload)
    own = {id(merged)}
    texts: dict[str, str] = {}
    chunks: dict[int, str] = {}
    paths: list[tuple[list[str], str]] = []
    for name, value in fields:
        path = _path(name)
        index = _chunk_index(name)
        if name == "sentry" or name.startswith("sentry___"):
            texts[name] = value
        elif path is not None:
            paths.append((path, value))
        elif index is not None:
            chunks[index] = value
        else:
            paths.append((["extra", name], value))
    if chunks:
        texts["sentry__"] = "".join(chunks[index] for index in sorted(chunks))

    repairs: list[Repair] = []
    for name, text in texts.items():
        try:
            found = parse_event_text(text.encode(), limits)
        except PayloadError:
            paths.append((["extra", name], text))
        else:
            repairs += found.repairs
            _merge(merged, found.value, own)
    for path, value in paths:
        _set(merged, path, value, own)
    return merged, tuple(repairs)


def _chunk_index(name: str) -> int | None:
    """Return the number of a piece of an event that a field's name tells, None for other fields.

    >>> _chunk_index("sentry__1"), _chunk_index("sentry__0000000000012"), _chunk_index("sentry__x")
    (1, 12, None)
    """
    prefix, _, index = name.partition("sentry__")
    index = index.removeprefix("+")
    if prefix or not (index.isascii() and index.isdecimal()):
        return None
    digits = index.lstrip("0") or "0"
    # As Rust reads a number of 64 bits.
    number = int(digits) if len(digits) <= _MOST_DIGITS else U64_MAX + 1
    return number if number <= U64_MAX else None


#: Of a number of 64 bits.
_MOST_DIGITS = 20


def _path(name: str) -> list[str] | None:
    """Return the keys of `sentry[a][b]`, None for a name of another form."""
    if not name.startswith("sentry[") or not name.endswith("]"):
        return None
    keys = name[len("sentry[") : -1].split("][")
    return None if len(keys) > _DEEPEST or any("[" in key or "]" in key for key in keys) else keys


def _own(target: dict[str, Any], key: str, own: set[int]) -> dict[str, Any]:
    """Return an object within an object, to change it: a copy, unless it is by its id one of those made here.

    What is added may be merged into in turn, and belongs to the caller; but a form has a thousand fields that go into one
    object, which is copied once.
    """
    inside: dict[str, Any] = target.get(key) or {}
    if id(inside) not in own:
        inside = target[key] = dict(inside)
        own.add(id(inside))
    return inside


def _merge(into: dict[str, Any], more: dict[str, Any], own: set[int]) -> None:
    """Add to an object what it lacks, in the objects within it too."""
    pending = [(into, more)]
    while pending:
        target, source = pending.pop()
        for key, value in source.items():
            present = target.get(key)
            if present is None:
                target[key] = value
            elif isinstance(present, dict) and isinstance(value, dict):
                pending.append((_own(target, key, own), value))


def _set(target: dict[str, Any], path: list[str], value: str, own: set[int]) -> None:
    for key in path[:-1]:
        inside = target.get(key)
        if inside is not None and not isinstance(inside, dict):
            return
        target = _own(target, key, own)
    target.setdefault(path[-1], value)


# A dump may be compressed as a file, which is none of the body's business: so it isn't sniffed. It is opened from a
# container of its own, whose size nobody knows before: so it is read in a thread.
ENDPOINT = Endpoint(
    name="minidump", kind=MINIDUMP, sniff=False, read=read, offload=True, ignores_rate_limits=True, answer=answer
)
