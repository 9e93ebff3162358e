"""The minidump endpoint: a crash dump as the whole body or as a file of a form, and what the form says of its event.

Crash reporters upload once, after the crash, from a small process: what they send is taken whenever there is a dump in it.
"""

from typing import Any

import msgspec

from store_protocol.budget import Budget
from store_protocol.convert.scalars import U64_MAX
from store_protocol.endpoints import native
from store_protocol.endpoints.content import Content, RequestFacts, parse_event_text
from store_protocol.endpoints.endpoint import Endpoint, read_whole
from store_protocol.endpoints.files import FormContent, FormFiles, FormReader, MaybeFormReader
from store_protocol.endpoints.multipart import PartSink
from store_protocol.errors import MissingMinidump, PayloadError
from store_protocol.http_response import Response, render
from store_protocol.items.attachment import Attachment
from store_protocol.items.envelope_item import EnvelopeItem
from store_protocol.limits import MINIDUMP, Limits
from store_protocol.payload import Repair

_FIELD = "upload_file_minidump"
#: The name under which a dump that is the whole body is shown (Relay `MINIDUMP_FILE_NAME`).
_RAW_NAME = "Minidump"
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


class MinidumpReader(MaybeFormReader):
    """Reads a dump, or a form that holds one, as it comes.

    Whether it is a form is told by the content type, or else by how it begins. A file that can't be taken costs itself,
    unless it is the dump. `finish` raises `MissingMinidump`, `InvalidMinidump`, `InvalidMultipart`, `CorruptBody` and
    `LimitExceeded`.
    """

    def __init__(self, facts: RequestFacts, budget: Budget) -> None:
        super().__init__(facts, budget)
        # Of a dump that is the whole body.
        self._files = FormFiles(self._limits, facts.files, facts.reserve, dump=True, is_form=False)
        self._dump: PartSink | None = None

    def _feed(self, data: bytes) -> None:
        if self._form is None and self._dump is None:
            self._open()
        if self._form is not None:
            self._form.feed(data)
        elif self._dump is not None:
            self._dump.write(data)

    def _open(self) -> None:
        if self._boundary is not None:
            self._form = FormReader(self._boundary, self._facts, self._limits, _TYPES, _FIELD)
            return
        attachment = Attachment(_RAW_NAME, _RAW_NAME, "application/x-dmp", b"", native.MINIDUMP)
        self._dump = self._files.open_file(0, attachment, None)

    def finish(self) -> Content:
        """Take the end of the body, and return what it holds."""
        self._end()
        if self._form is not None:
            return _content(self._form.finish(), self._limits)
        if self._dump is not None:
            self._dump.finish()
        files, _ = self._files.finish()
        return _content(FormContent(files, (), []), self._limits)


def read(data: bytes, facts: RequestFacts, budget: Budget) -> Content:
    """Read a dump or a form that holds one, as `MinidumpReader` does."""
    return read_whole(MinidumpReader(facts, budget), data)


def _content(form: FormContent, limits: Limits) -> Content:
    # Of what is in a file, what is read of it.
    files = [msgspec.structs.replace(each, data=data) for each, data in form.files]
    if not any(each.attachment_type == native.MINIDUMP for each in files):
        raise MissingMinidump(f"missing minidump: the form has no file named {_FIELD}")
    packed = native.packed_event(files, limits)
    payload, repairs = merge_form(packed, form.fields, limits)
    (event,) = native.merge_attachments(payload, files, limits)
    sent = EnvelopeItem("event", {"type": "event"}, msgspec.json.encode(payload)) if payload else None
    return Content(payloads=(event,), sent=(sent,), attachments=form.attachments, repairs=repairs, refused=form.refused)


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
    name="minidump",
    kind=MINIDUMP,
    sniff=False,
    read=read,
    reader=MinidumpReader,
    offload=True,
    ignores_rate_limits=True,
    answer=answer,
)
