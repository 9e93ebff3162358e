"""`store-protocol check-sdk`: what an SDK should send otherwise."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import click
import msgspec

from store_protocol.cli.inputs import read_inputs
from store_protocol.http_request import HttpRequest
from store_protocol.testing import Finding, check_sdk, store_server


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
        seen = 0
        try:
            while True:
                # An hour without a request is no failure.
                exchanges = server.wait_for(seen + 1, of="exchanges", timeout=3600)
                for exchange in exchanges[seen:]:
                    yield f"request {seen + 1}", check_sdk(exchange.request)
                    seen += 1
        except (KeyboardInterrupt, TimeoutError):
            return


def print_findings(found: Iterable[tuple[str, list[Finding]]], *, as_json: bool) -> bool:
    """Print findings as they come; say whether any is an error."""
    wrong = False
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
