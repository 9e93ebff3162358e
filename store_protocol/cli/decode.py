"""`store-protocol decode`: what recorded requests are answered, and what is in them."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import click
import msgspec
from rich.console import Console
from rich.text import Text

from store_protocol.cli.printing import plain, put
from store_protocol.cli.request_files import RecordedRequest, read_requests
from store_protocol.encode import encode_event
from store_protocol.errors import StoreError, quote
from store_protocol.http_request import HttpRequest
from store_protocol.http_response import Response
from store_protocol.pipeline import decode_request
from store_protocol.schema import Event
from store_protocol.submission import Submission


class Outcome(msgspec.Struct, frozen=True):
    """What became of a recorded request: its submission or its error, and the answer."""

    recorded: RecordedRequest
    submission: Submission | None
    error: StoreError | None
    response: Response


def outcomes(files: Iterable[Path]) -> Iterator[Outcome]:
    """Decode the requests in files, one after the other."""
    for file in files:
        for recorded in read_requests(file):
            try:
                submission = decode_request(recorded.request)
            except StoreError as error:
                yield Outcome(recorded, None, error, error.response())
            else:
                yield Outcome(recorded, submission, None, submission.response())


def print_json(files: Iterable[Path]) -> bool:
    """Print the events, normalized, one a line, and what was refused; say whether a request was."""
    refused = False
    for outcome in outcomes(files):
        where = f"{outcome.recorded.file}:{outcome.recorded.number}"
        if outcome.error is not None:
            refused = True
            click.echo(f"{where}: {outcome.response.status} {outcome.error.code}: {outcome.error}", err=True)
        if outcome.submission is not None:
            for each in refusals(outcome.submission):
                click.echo(f"{where}: {each}", err=True)
            for event in outcome.submission.events:
                click.echo(encode_event(event))
    return refused


def print_cards(files: Iterable[Path], *, console: Console | None = None) -> bool:
    """Print a card for each request: the answer, who sent it, how, and what it submits. Say whether one was refused."""
    console = console or Console()
    refused = False
    for outcome in outcomes(files):
        refused = refused or outcome.error is not None
        style = "bold red" if outcome.error is not None else "bold"
        where = f"{Path(outcome.recorded.file).name}:{outcome.recorded.number}"
        put(console, Text(f"{where}: {outcome.response.status}", style))
        for name, value in _facts(outcome).items():
            if value:
                put(console, Text.assemble((f"  {name + ':':<8}", "dim"), plain(value)), hang=10)
    return refused


def _facts(outcome: Outcome) -> dict[str, str]:
    request, submission = outcome.recorded.request, outcome.submission
    auth = "+".join(places(request)) or "none"
    facts = {"client": request.header("user-agent") or "unknown", "auth": auth}
    if submission is not None and submission.auth is not None:
        facts["client"] = submission.auth.client or facts["client"]
        facts["auth"] += f" v{submission.auth.version}"
    if submission is None:
        coding = request.header("content-encoding") or "plain"
        facts["body"] = f"{coding}, {len(request.body):,} bytes"
    else:
        codings = " ".join(submission.codings) or "plain"
        facts["body"] = f"{codings}, {submission.received_bytes:,} > {submission.decoded_bytes:,} bytes"
        shown = [one_line(submission.event)] if submission.event is not None else along(submission)
        facts["event"] = ", ".join(shown + refusals(submission))
    facts["error"] = outcome.error.code if outcome.error is not None else ""
    facts["answer"] = _shown(outcome.response)
    return facts


def _shown(response: Response) -> str:
    if response.body[:6] == b"GIF89a":
        return "pixel"
    return response.body.decode("utf-8", "replace")


def places(request: HttpRequest) -> list[str]:
    """Name the places of a request where credentials stand: `header`, `basic`, `query`."""
    authorization = (request.header("authorization") or "").lower()
    found = {
        "header": request.header("x-sentry-auth") is not None or authorization.startswith("sentry"),
        "basic": authorization.startswith("basic"),
        "query": "sentry_key=" in request.query,
    }
    return [name for name, is_there in found.items() if is_there]


def along(submission: Submission) -> list[str]:
    """Describe what was submitted beside events: attachments, and the items of an envelope."""
    found = [f"attachment {each.filename or each.name} ({each.size} bytes)" for each in submission.attachments]
    return found + [f"{item.type} ({len(item.data)} bytes)" for item in submission.items]


def refusals(submission: Submission) -> list[str]:
    """Describe what of a submission could not be taken: each item or file, and why."""
    return [
        f"refused {quote(each.type) if each.type is not None else 'an item'} ({each.error.code}: {each.error})"
        for each in submission.refused
    ]


def one_line(event: Event, *, length: int = 60) -> str:
    """Describe an event in one line: what was raised or said, its level and its platform."""
    values = [
        value for value in (event.exception.values if event.exception is not None else None) or () if value is not None
    ]
    if values:
        said = f"{values[-1].type or 'exception'}: {values[-1].value or ''}"
    elif event.logentry is not None:
        said = event.logentry.formatted or event.logentry.message or ""
    else:
        said = event.transaction or event.culprit or event.type or ""
    said = " ".join(said.split())
    said = said if len(said) <= length else said[: length - 3] + "..."
    count = len(event.errors or ())
    repaired = f", {count} error{'s' * (count > 1)}" if count else ""
    return f"{said} ({event.level}, {event.platform}{repaired})"
