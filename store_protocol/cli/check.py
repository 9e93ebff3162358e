"""`store-protocol check`: everything that is wrong with an event, as a linter lists it."""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from store_protocol.check import check_event
from store_protocol.cli.request_files import UnreadableFile, read_file
from store_protocol.errors import StoreError
from store_protocol.meta.tree import FieldError
from store_protocol.payload import read_payload


def problems(file: Path) -> Iterator[FieldError]:
    """Return the problems of the event in a file: of its JSON text, and of its values."""
    try:
        text = read_file(file)
        payload = read_payload(text)
    except (StoreError, UnreadableFile) as error:
        yield FieldError("", getattr(error, "code", "unreadable"), str(error))
        return
    for repair in payload.repairs:
        yield FieldError(
            repair.path.removeprefix("$").removeprefix("."), repair.kind, f"repaired at byte {repair.offset}", repair.text
        )
    yield from check_event(text)


def as_text(file: Path, problem: FieldError) -> str:
    """Return a problem as a line of text."""
    where = f"{file}: {problem.path or '(event)'}: "
    value = "" if problem.value is None else f" ({_short(problem.value)})"
    return f"{where}{problem.reason or problem.kind.replace('_', ' ')}{value}"


def _short(value: object) -> str:
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= 80 else text[:77] + "..."


def as_json(file: Path, problem: FieldError) -> bytes:
    """Return a problem as a line of JSON."""
    entry = {
        "file": str(file),
        "path": problem.path,
        "kind": problem.kind,
        "reason": problem.reason,
        "value": problem.value,
    }
    return msgspec.json.encode(entry)
