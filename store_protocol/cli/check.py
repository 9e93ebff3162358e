"""`store-protocol check`: everything that is wrong with events, as a linter lists it."""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from store_protocol.check import check_event
from store_protocol.cli.inputs import read_inputs
from store_protocol.cli.request_files import UnreadableFile
from store_protocol.describe import errors_of
from store_protocol.errors import StoreError
from store_protocol.http_request import HttpRequest
from store_protocol.meta.tree import FieldError
from store_protocol.payload import Repair, read_payload
from store_protocol.pipeline import decode_request


class Problem(msgspec.Struct, frozen=True):
    """One thing that is wrong, and where it was found: the file, and the line or the number of the request in it."""

    where: str
    error: FieldError


def problems(file: Path) -> Iterator[Problem]:
    """Return the problems of the events in a file: of their JSON text, of their values, and of what they came in."""
    try:
        for found in read_inputs(file):
            errors = _of_request(found.request) if found.request is not None else _of_text(found.text or b"")
            yield from (Problem(found.where, error) for error in errors)
    except UnreadableFile as error:
        yield Problem(str(file), FieldError("", "unreadable", str(error)))


def _of_text(text: bytes) -> Iterator[FieldError]:
    try:
        payload = read_payload(text)
    except StoreError as error:
        yield FieldError("", error.code, str(error))
        return
    yield from map(_of_repair, payload.repairs)
    yield from check_event(text)


def _of_request(request: HttpRequest) -> Iterator[FieldError]:
    """Return what is wrong with a request: what it is refused for, or what of it was repaired, refused or not taken."""
    try:
        submission = decode_request(request)
    except StoreError as error:
        yield FieldError("", error.code, str(error))
        return
    yield from map(_of_repair, submission.repairs)
    for refused in submission.refused:
        yield FieldError(f"{refused.type or 'item'} {refused.index}", refused.error.code, str(refused.error))
    for event in submission.events:
        for wrong in errors_of(event):
            # That its time is not now is no fault of a request that was recorded.
            if wrong.type not in _OF_ITS_TIME:
                yield FieldError(wrong.name or "", wrong.type or "", wrong.reason, wrong.value)


_OF_ITS_TIME = frozenset({"past_timestamp", "clock_drift"})


def _of_repair(repair: Repair) -> FieldError:
    path = repair.path.removeprefix("$").removeprefix(".")
    return FieldError(path, repair.kind, f"repaired at byte {repair.offset}", repair.text)


def as_text(problem: Problem) -> str:
    """Return a problem as a line of text."""
    error = problem.error
    value = "" if error.value is None else f" ({_short(error.value)})"
    return f"{problem.where}: {error.path or '(event)'}: {error.reason or error.kind.replace('_', ' ')}{value}"


def _short(value: object) -> str:
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= 80 else text[:77] + "..."


def as_json(problem: Problem) -> bytes:
    """Return a problem as a line of JSON."""
    error = problem.error
    entry = {"file": problem.where, "path": error.path, "kind": error.kind, "reason": error.reason, "value": error.value}
    return msgspec.json.encode(entry)
