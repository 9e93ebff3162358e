"""What everyone asks of an event: its title, its stack trace as text, a tag by its name, its time, its errors."""

from datetime import UTC, datetime, timedelta

from store_protocol.schema import Event
from store_protocol.schema.exception import ExceptionValue
from store_protocol.schema.processing_error import ProcessingError
from store_protocol.schema.stacktrace import Frame, Stacktrace

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def title(event: Event) -> str:
    """Return what an event is listed under: the error and its message, the log message, or the transaction's name.

    It is one line; an event with none of these has the name of its type.

    >>> from store_protocol import normalize_event
    >>> title(normalize_event({"exception": {"type": "ValueError", "value": "no such item"}}))
    'ValueError: no such item'
    """
    values = exceptions(event)
    if values:
        last = values[-1]
        found = ": ".join(part for part in (last.type, last.value) if part)
    elif event.logentry is not None:
        found = event.logentry.formatted or event.logentry.message or ""
    else:
        found = event.transaction or event.culprit or ""
    return " ".join(found.split()) or event.type or "event"


def exceptions(event: Event) -> list[ExceptionValue]:
    """Return the exceptions of an event, the first that was raised first."""
    values = event.exception.values if event.exception is not None else None
    return [value for value in values or () if value is not None]


def errors_of(event: Event) -> list[ProcessingError]:
    """Return what was wrong with an event, each with the path of the value, the reason, and the value itself.

    >>> from store_protocol import normalize_event
    >>> errors_of(normalize_event({"level": "loud"}))
    [ProcessingError(type='invalid_data', name='level', value='loud', reason='invalid level')]
    """
    return [error for error in event.errors or () if error is not None]


def stack_trace(event: Event) -> str:
    r"""Return the exceptions of an event with their frames as text, as Python prints a traceback.

    >>> from store_protocol import normalize_event
    >>> frame = {"filename": "app.py", "lineno": 7, "function": "work", "context_line": "    fail()"}
    >>> exception = {"type": "ValueError", "value": "no", "stacktrace": {"frames": [frame]}}
    >>> print(stack_trace(normalize_event({"exception": exception})))
      File "app.py", line 7, in work
        fail()
    ValueError: no
    """
    parts = []
    for exception in exceptions(event):
        lines = _frames(exception.stacktrace)
        lines.append(": ".join(part for part in (exception.type, exception.value) if part) or "exception")
        parts.append("\n".join(lines))
    if not parts and event.stacktrace is not None:
        parts.append("\n".join(_frames(event.stacktrace)))
    return "\n\n".join(parts)


def _frames(stacktrace: Stacktrace | None) -> list[str]:
    frames = stacktrace.frames if stacktrace is not None else None
    return [line for frame in frames or () if frame is not None for line in _lines(frame)]


def _lines(frame: Frame) -> list[str]:
    place = frame.filename or frame.abs_path or frame.package or frame.instruction_addr or "?"
    number = "" if frame.lineno is None else f", line {frame.lineno}"
    module = f"{frame.module}." if frame.module and not frame.filename else ""
    lines = [f'  File "{place}"{number}, in {module}{frame.function or "?"}']
    if frame.context_line and frame.context_line.strip():
        lines.append(f"    {frame.context_line.strip()}")
    return lines


def tag(event: Event, name: str) -> str | None:
    """Return the value of a tag, None where the event has no such tag.

    >>> from store_protocol import normalize_event
    >>> tag(normalize_event({"tags": {"region": "eu"}}), "region")
    'eu'
    """
    return next((pair[1] for pair in event.tags or () if pair is not None and pair[0] == name), None)


def time_of(event: Event) -> datetime | None:
    """Return when the event happened, in UTC; None where no time is known, or one that `datetime` doesn't hold.

    >>> from store_protocol import normalize_event
    >>> time_of(normalize_event({"timestamp": "2026-11-23T00:00:00.5Z"}))
    datetime.datetime(2026, 11, 23, 0, 0, 0, 500000, tzinfo=datetime.timezone.utc)
    """
    if event.timestamp is None:
        return None
    try:
        return _EPOCH + timedelta(seconds=event.timestamp)
    except OverflowError:
        return None
