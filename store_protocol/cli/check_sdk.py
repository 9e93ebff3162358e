"""`store-protocol check-sdk`: what an SDK should send otherwise."""

import contextlib
import itertools
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import click
import msgspec

from store_protocol.cli.inputs import read_inputs
from store_protocol.http_request import HttpRequest
from store_protocol.testing import Finding, check_sdk, store_server

_A_YEAR = 365 * 86400.0


def of_files(files: Iterable[Path]) -> Iterator[tuple[str, list[Finding]]]:
    """Return the findings of each request in files, with where it stands; an event stands for one to the store endpoint."""
    for file in files:
        for found in read_inputs(file):
            request = found.request or HttpRequest("POST", "/api/1/store/?sentry_key=file", [], found.text or b"")
            yield found.where, check_sdk(request)


def of_requests(port: int, tell: Callable[[str], object]) -> Iterator[tuple[str, list[Finding]]]:
    """Take requests until the command is interrupted, and return the findings of each."""
    with store_server(port=port) as server:
        tell(f"send to {server.dsn}")
        for number in itertools.count(1):
            with contextlib.suppress(TimeoutError):
                exchanges = server.wait_for(number, of="exchanges", timeout=_A_YEAR)
                yield f"request {number}", check_sdk(exchanges[number - 1].request)


def print_findings(found: Iterable[tuple[str, list[Finding]]], *, as_json: bool) -> bool:
    """Print findings as they come; say whether any is an error."""
    wrong = False
    # Ctrl-C is how listening ends.
    with contextlib.suppress(KeyboardInterrupt):
        for where, findings in found:
            wrong |= any(finding.level == "error" for finding in findings)
            if as_json:
                for finding in findings:
                    click.echo(msgspec.json.encode({"request": where, **msgspec.structs.asdict(finding)}))
            else:
                for finding in findings:
                    click.echo(f"{where}: {finding}")
                if not findings:
                    click.echo(f"{where}: nothing to change")
    return wrong
