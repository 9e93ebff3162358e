"""`store-protocol show`: an event as a person reads it."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import msgspec
from rich.console import Console
from rich.text import Text

from store_protocol.cli.inputs import UNLIMITED, Found, read_inputs
from store_protocol.cli.printing import plain, put
from store_protocol.convert.interface import Interface
from store_protocol.describe import errors_of, exceptions, time_of, title
from store_protocol.encode import encode_event
from store_protocol.endpoints.content import RefusedItem
from store_protocol.errors import StoreError
from store_protocol.normalize import NormalizeOptions, normalize_event
from store_protocol.payload import Repair, read_payload
from store_protocol.pipeline import decode_request
from store_protocol.schema import Event
from store_protocol.schema.exception import ExceptionValue
from store_protocol.schema.stacktrace import Frame
from store_protocol.submission import Submission

#: Characters of a value that are shown, and breadcrumbs before the event.
_LENGTH, _CRUMBS = 120, 10
_LEVELS = {"fatal": "bold red", "error": "red", "warning": "yellow", "info": "blue", "debug": "dim"}


class Shown(msgspec.Struct, frozen=True):
    """What there is to show of one thing in a file: its events and what came of the rest, or the error."""

    where: str
    events: tuple[Event, ...] = ()
    repairs: tuple[Repair, ...] = ()
    refused: tuple[RefusedItem, ...] = ()
    submission: Submission | None = None
    error: StoreError | None = None


def shown(files: Iterable[Path]) -> Iterator[Shown]:
    """Read what files hold, and normalize it."""
    options = NormalizeOptions(enable_trimming=True)
    for file in files:
        for found in read_inputs(file):
            try:
                yield _read(found, options)
            except StoreError as error:
                yield Shown(found.where, error=error)


def _read(found: Found, options: NormalizeOptions) -> Shown:
    if found.request is not None:
        submission = decode_request(found.request, limits=UNLIMITED, options=options)
        events, refused = submission.events, submission.refused
        return Shown(found.where, events, submission.repairs, refused, submission)
    payload = read_payload(found.text or b"", limits=UNLIMITED)
    is_normalized = isinstance(payload.value, dict) and "received" in payload.value
    if is_normalized:
        options = NormalizeOptions(is_renormalize=True)
    event = normalize_event(found.text, options, limits=UNLIMITED)
    return Shown(found.where, (event,), tuple(payload.repairs))


def print_json(files: Iterable[Path]) -> bool:
    """Print each event, normalized, as a line of JSON; say whether anything was refused."""
    refused = False
    for each in shown(files):
        if each.error is not None:
            refused = True
            click.echo(f"{each.where}: {each.error.code}: {each.error}", err=True)
        for event in each.events:
            click.echo(encode_event(event))
    return refused


def print_events(files: Iterable[Path], console: Console) -> bool:
    """Print events as a person wants them; say whether anything was refused."""
    refused = False
    for each in shown(files):
        if each.error is not None:
            refused = True
            put(console, _line("red", f"{each.where}: {each.error.code}: {each.error}"))
            continue
        for event in each.events:
            for line in event_lines(event):
                put(console, line)
        for line in _aside(each):
            put(console, line)
    return refused


def event_lines(event: Event) -> Iterator[Text]:
    """Return the lines that show an event."""
    yield _line(f"bold {_LEVELS.get(event.level or '', '')}".strip(), title(event))
    at = time_of(event)
    when = None if at is None else f"{at:%Y-%m-%d %H:%M:%S} UTC"
    yield _line("dim", "  " + " · ".join(_present(event.level, event.platform, event.environment, event.release, when)))
    yield from _facts(event)
    yield Text.assemble(("  id: ", "dim"), event.event_id or "")
    for exception in exceptions(event):
        yield Text()
        yield from _exception(exception)
    yield from _section("tags", (f"{key}: {_short(value)}" for key, value in _pairs(event.tags)))
    crumbs = [crumb for crumb in (event.breadcrumbs.values if event.breadcrumbs else None) or () if crumb is not None]
    yield from _section("breadcrumbs", (
        "  ".join(_present(_clock(crumb.timestamp), crumb.level, crumb.category, _short(crumb.message or crumb.data)))
        for crumb in crumbs[-_CRUMBS:]
    ))  # fmt: skip
    yield from _section("contexts", (f"{key}: {_members(context)}" for key, context in (event.contexts or {}).items()))
    yield from _section("extra", (f"{key}: {_short(value)}" for key, value in (event.extra or {}).items()))
    yield from _section("could not be taken", _refusals(event), "yellow")
    yield from _section("was cut", _cuts(event), "yellow")
    yield Text()


def _facts(event: Event) -> Iterator[Text]:
    user, request = event.user, event.request
    facts = {
        "transaction": event.transaction,
        "message": event.logentry.formatted if event.logentry is not None and event.exception is not None else None,
        "request": " ".join(_present(request.method, request.url)) if request is not None else None,
        "user": ", ".join(_present(user.id, user.username, user.email, user.ip_address)) if user is not None else None,
        "sdk": " ".join(_present(event.sdk.name, event.sdk.version)) if event.sdk is not None else None,
    }
    for name, value in facts.items():
        if value:
            yield Text.assemble("  ", (f"{name}: ", "dim"), plain(_short(value)))


def _exception(exception: ExceptionValue) -> Iterator[Text]:
    stacktrace = exception.stacktrace
    for frame in (stacktrace.frames if stacktrace is not None else None) or ():
        if frame is not None:
            yield from _frame(frame)
    handled = exception.mechanism.handled if exception.mechanism is not None else None
    ending = "" if handled is None else "  (handled)" if handled else "  (not handled)"
    said = ": ".join(_present(exception.type, exception.value)) or "exception"
    yield _line("bold", said + ending)


def _frame(frame: Frame) -> Iterator[Text]:
    place = frame.filename or frame.module or frame.package or frame.instruction_addr or "?"
    number = "" if frame.lineno is None else f":{frame.lineno}"
    yield _line("" if frame.in_app else "dim", f"  {place}{number} in {frame.function or '?'}")
    if frame.in_app and frame.context_line is not None:
        before = frame.pre_context or []
        lines = [*before[-2:], frame.context_line, *(frame.post_context or [])[:2]]
        first = (frame.lineno or 0) - min(len(before), 2)
        for index, line in enumerate(lines):
            mark = ">" if index == min(len(before), 2) else " "
            source = _line("bold" if mark == ">" else "dim", f"  {mark} {first + index:>5}  {_short(line or '')}")
            source.no_wrap = True
            yield source


def _section(name: str, lines: Iterable[str], style: str = "") -> Iterator[Text]:
    listed = [*lines]
    if listed:
        yield Text()
        yield _line("bold", f"{name}:")
        yield from (_line(style, f"  {line}") for line in listed)


def _refusals(event: Event) -> Iterator[str]:
    for error in errors_of(event):
        value = "" if error.value is None else f" ({_short(error.value)})"
        yield f"{error.name}: {error.reason or (error.type or '').replace('_', ' ')}{value}"


def _cuts(event: Event) -> Iterator[str]:
    for path, meta in _metas(event.to_dict().get("_meta") or {}, ""):
        if isinstance(meta.get("len"), int):
            yield f"{path}: it was {meta['len']} long"


def _metas(tree: dict[str, Any], path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for key, below in tree.items():
        if key == "" and isinstance(below, dict):
            yield path or "(event)", below
        elif isinstance(below, dict):
            yield from _metas(below, f"{path}.{key}" if path else key)


def _aside(each: Shown) -> Iterator[Text]:
    """Return the lines that tell of what came along, what was repaired in the text, and what was refused."""
    submission = each.submission
    if submission is not None:
        files = (f"{file.filename or file.name} ({file.size:,} bytes)" for file in submission.attachments)
        yield from _section("attachments", files)
        yield from _section("items", (f"{item.type} ({len(item.data):,} bytes)" for item in submission.items))
    yield from _section("was repaired", (f"{repair.path}: {repair.kind}" for repair in each.repairs), "yellow")
    yield from _section("was refused", (f"{item.type or 'item'}: {item.error}" for item in each.refused), "red")


def _members(context: Any) -> str:
    members = msgspec.to_builtins(context) if isinstance(context, Interface) else context
    if not isinstance(members, dict):
        return _short(members)
    return ", ".join(f"{key}={_short(value, 40)}" for key, value in members.items() if value is not None and key != "type")


def _pairs(pairs: Iterable[tuple[str | None, str | None] | None] | None) -> Iterator[tuple[str, str]]:
    for pair in pairs or ():
        if pair is not None:
            yield pair[0] or "", pair[1] or ""


def _clock(seconds: float | None) -> str | None:
    if seconds is None:
        return None
    try:
        return f"{datetime.fromtimestamp(seconds, UTC):%H:%M:%S}"
    except (ValueError, OverflowError, OSError):
        return None


def _present(*parts: str | None) -> list[str]:
    return [part for part in parts if part]


def _short(value: Any, length: int = _LENGTH) -> str:
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return text if len(text) <= length else f"{text[: length - 3]}..."


def _line(style: str, text: str) -> Text:
    return Text(plain(text), style=style)
