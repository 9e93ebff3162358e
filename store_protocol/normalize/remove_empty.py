"""What is left once the steps are done: what turned out to be nothing is not written.

What is null because it was wrong stays. The notes keep the positions that the client's items had (as Relay's do), so that
nothing moves in them.
"""

from collections.abc import Iterable
from typing import Any

from store_protocol.convert.interface import Interface, is_blank
from store_protocol.meta.tree import Notes, Path
from store_protocol.normalize.context import Job
from store_protocol.schema.breadcrumb import Breadcrumb, Breadcrumbs
from store_protocol.schema.contexts import ResponseContext
from store_protocol.schema.event import Event
from store_protocol.schema.exception import Exceptions, ExceptionValue
from store_protocol.schema.processing_error import ProcessingError
from store_protocol.schema.sdk import Sdk, SdkPackage
from store_protocol.schema.stacktrace import Frame, Stacktrace
from store_protocol.schema.thread import Thread, Threads

_NOTHING: dict[str, Interface] = {"exception": ExceptionValue(), "threads": Thread(), "breadcrumbs": Breadcrumb()}
_NO_PACKAGE, _NO_ERROR = SdkPackage(), ProcessingError(type=None)


def remove_empty(job: Job) -> None:
    """Drop attributes and items without anything in them."""
    event, notes = job.event, job.notes
    present = [name for name, value in (("tags", event.tags), ("extra", event.extra)) if not value]
    for name, parts in _PARTS.items():
        if (value := getattr(event, name)) is not None:
            if parts:
                _drop(value, parts, notes, (name,))
            present.append(name)
    if event.sdk is not None:
        _sdk(event, event.sdk, notes)
    event.release = event.release or None
    for name in ("exception", "threads"):
        holder = getattr(event, name)
        if holder is not None and holder.values:
            _values(job, holder, name)
    if event.stacktrace is not None:
        _stacktrace(job, event, "stacktrace", ())
    if event.breadcrumbs is not None and event.breadcrumbs.values:
        _breadcrumbs(job, event.breadcrumbs)
    if event.contexts:
        for key, context in event.contexts.items():
            if type(context) is ResponseContext:
                _drop(context, ("cookies", "headers"), notes, ("contexts", key))
    if event.modules is not None and "modules" not in job.facts.without_empty_items and "" in event.modules.values():
        event.modules = {name: version for name, version in event.modules.items() if version != ""} or None
    if event.errors is not None:
        _errors(event, event.errors, notes)
    _drop(event, present, notes, ())


#: The attributes that aren't written without anything in them, with those of theirs of which the same holds.
_PARTS: dict[str, tuple[str, ...]] = {
    "user": ("id", "email", "username", "name", "geo", "data"),
    "request": ("query_string", "cookies", "headers", "env"),
    "debug_meta": ("sdk_info", "images"),
    "logentry": (),
    "measurements": (),
}


def _errors(event: Event, errors: list[ProcessingError | None], notes: Notes) -> None:
    kept = [
        error
        for index, error in enumerate(errors)
        if error not in (None, _NO_ERROR) or notes.find(("errors", str(index))) is not None
    ]
    is_nothing = notes.find(("errors",)) is None and all(error == _NO_ERROR for error in kept)
    event.errors = None if is_nothing else kept


def _sdk(event: Event, sdk: Sdk, notes: Notes) -> None:
    if not sdk.name and not sdk.version:
        _drop(event, ("sdk",), notes, ())
    for name in ("integrations", "features", "packages"):
        items: Any = getattr(sdk, name)
        if items is not None and (not items or None in items or "" in items or _NO_PACKAGE in items):
            _drop_items(sdk, name, items, notes)
    if sdk.settings is not None:
        _drop(sdk, ("settings",), notes, ("sdk",))


def _drop(holder: Interface, names: Iterable[str], notes: Notes, path: Path) -> None:
    for name in names:
        value = getattr(holder, name)
        if value is not None and is_blank(value) and notes.find((*path, name)) is None:
            setattr(holder, name, None)


def _drop_items(sdk: Sdk, name: str, items: list[Any], notes: Notes) -> None:
    kept = [
        item
        for index, item in enumerate(items)
        if item not in (None, "", _NO_PACKAGE) or notes.find(("sdk", name, str(index))) is not None
    ]
    setattr(sdk, name, kept or None)


def _is_empty(stacktrace: Stacktrace) -> bool:
    return not stacktrace.frames and all(
        getattr(stacktrace, name) in (None, {}) for name in ("registers", "instruction_addr_adjustment", "lang", "snapshot")
    )


def _frames(frames: list[Frame | None], notes: Notes, path: Path) -> None:
    for index, frame in enumerate(frames):
        if frame is not None and (frame.data is not None or frame.pre_context == [] or frame.post_context == []):
            _drop(frame, ("data", "pre_context", "post_context"), notes, (*path, str(index)))


def _values(job: Job, holder: Exceptions | Threads, name: str) -> None:
    values: list[Any] = holder.values or []
    nothing = _NOTHING[name]
    empty = False
    for index, value in enumerate(values):
        if value is None:
            empty = True
            continue
        path = (name, "values", str(index))
        if value.stacktrace is not None:
            _stacktrace(job, value, "stacktrace", path)
        if value.raw_stacktrace is not None:
            _stacktrace(job, value, "raw_stacktrace", path)
        if name == "exception" and value.mechanism is not None:
            _drop(value.mechanism, ("meta", "data"), job.notes, (*path, "mechanism"))
        empty = empty or value == nothing
    if empty:
        _keep(holder, nothing, job.notes, name)


def _breadcrumbs(job: Job, holder: Breadcrumbs) -> None:
    # A step has given each a type and a level.
    if "breadcrumbs" in job.facts.without_empty_items and not job.options.is_renormalize:
        return
    nothing, values = _NOTHING["breadcrumbs"], holder.values or []
    if None in values or nothing in values:
        _keep(holder, nothing, job.notes, "breadcrumbs")


def _keep(holder: Any, nothing: Interface, notes: Notes, name: str) -> None:
    """Keep what is something, or of which something is noted."""
    holder.values = [
        value
        for index, value in enumerate(holder.values)
        if (value is not None and value != nothing) or notes.find((name, "values", str(index)))
    ] or None


def _stacktrace(job: Job, holder: Any, attribute: str, path: Path) -> None:
    found = getattr(holder, attribute)
    if not found.frames:
        found.frames = None
        if _is_empty(found) and job.notes.find((*path, attribute)) is None:
            setattr(holder, attribute, None)
    # A step has seen to the frames of all but raw ones.
    elif job.options.is_renormalize or attribute == "raw_stacktrace":
        _frames(found.frames, job.notes, (*path, attribute, "frames"))
