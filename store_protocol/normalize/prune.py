"""What is left once the steps are done: what turned out to be nothing is not written.

What is null because it was wrong stays. The notes keep the positions that the client's items had (as Relay's do), so that
nothing moves in them.
"""

from typing import Any

from store_protocol.normalize.job import Job
from store_protocol.schema.base import Interface, is_blank
from store_protocol.schema.breadcrumb import Breadcrumb
from store_protocol.schema.contexts import ResponseContext
from store_protocol.schema.exception import ExceptionValue
from store_protocol.schema.notes import Notes, Path
from store_protocol.schema.processing_error import ProcessingError
from store_protocol.schema.sdk import SdkPackage
from store_protocol.schema.stacktrace import Stacktrace
from store_protocol.schema.thread import Thread

_NOTHING = {"exception": ExceptionValue(), "threads": Thread(), "breadcrumbs": Breadcrumb()}
_NO_PACKAGE, _NO_ERROR = SdkPackage(), ProcessingError(type=None)


def prune(job: Job) -> None:
    """Drop attributes and items without anything in them."""
    event, notes = job.event, job.notes
    if event.user is not None:
        _drop(event.user, ("id", "email", "username", "name", "geo", "data"), notes, ("user",))
    if event.request is not None:
        _drop(event.request, ("query_string", "cookies", "headers", "env"), notes, ("request",))
    if event.debug_meta is not None:
        _drop(event.debug_meta, ("sdk_info", "images"), notes, ("debug_meta",))
    _drop(event, ("sdk",), notes, ())
    if event.sdk is not None:
        for name in ("integrations", "features", "packages"):
            _drop_items(event.sdk, name, notes)
        _drop(event.sdk, ("settings",), notes, ("sdk",))
    for holder, name in (("exception", "stacktrace"), ("threads", "stacktrace"), ("breadcrumbs", "")):
        _values(getattr(event, holder), name, notes, holder)
    for key, context in (event.contexts or {}).items():
        if type(context) is ResponseContext:
            _drop(context, ("cookies", "headers"), notes, ("contexts", key))
    _stacktrace(event, "stacktrace", notes, ())
    if event.modules is not None and "" in event.modules.values():
        event.modules = {name: version for name, version in event.modules.items() if version != ""} or None
    if event.errors is not None:
        event.errors = [
            error
            for index, error in enumerate(event.errors)
            if error is not None or notes.find(("errors", str(index))) is not None
        ] or None
    if event.errors is not None and notes.find(("errors",)) is None and all(error == _NO_ERROR for error in event.errors):
        event.errors = None
    _drop(event, ("user", "request", "logentry", "debug_meta", "measurements", "tags", "extra"), notes, ())


def _drop(holder: Interface, names: tuple[str, ...], notes: Notes, path: Path) -> None:
    for name in names:
        value = getattr(holder, name)
        if value is not None and is_blank(value) and notes.find((*path, name)) is None:
            setattr(holder, name, None)


def _drop_items(sdk: Any, name: str, notes: Notes) -> None:
    items = getattr(sdk, name)
    if items is None or (items and None not in items and "" not in items and _NO_PACKAGE not in items):
        return
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


def _frames(stacktrace: Stacktrace, notes: Notes, path: Path) -> None:
    stacktrace.frames = stacktrace.frames or None
    for index, frame in enumerate(stacktrace.frames or ()):
        if frame is not None and (frame.data is not None or frame.pre_context == [] or frame.post_context == []):
            _drop(frame, ("data", "pre_context", "post_context"), notes, (*path, "frames", str(index)))


def _values(holder: Any, stacktrace: str, notes: Notes, name: str) -> None:
    if holder is None or not holder.values:
        return
    nothing = _NOTHING[name]
    empty = False
    for index, value in enumerate(holder.values):
        if value is None or value == nothing:
            empty = True
        elif stacktrace:
            path = (name, "values", str(index))
            _stacktrace(value, "stacktrace", notes, path)
            _stacktrace(value, "raw_stacktrace", notes, path)
            mechanism = getattr(value, "mechanism", None)
            if mechanism is not None:
                _drop(mechanism, ("meta", "data"), notes, (*path, "mechanism"))
            empty = empty or value == nothing
    if empty:
        holder.values = [
            value
            for index, value in enumerate(holder.values)
            if (value is not None and value != nothing) or notes.find((name, "values", str(index)))
        ] or None


def _stacktrace(holder: Any, attribute: str, notes: Notes, path: Path) -> None:
    found = getattr(holder, attribute)
    if found is not None:
        _frames(found, notes, (*path, attribute))
        if _is_empty(found) and notes.find((*path, attribute)) is None:
            setattr(holder, attribute, None)
