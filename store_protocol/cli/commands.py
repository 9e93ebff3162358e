"""What the command offers; each does its work in a module of its own."""

import importlib.util
import json
import re
from pathlib import Path

import click
from rich.console import Console

from store_protocol import json_schema, samples
from store_protocol._version import __version__
from store_protocol.body.codings import CODINGS
from store_protocol.cli import batch
from store_protocol.cli import check as checking
from store_protocol.cli import check_sdk as linting
from store_protocol.cli import decode as decoding
from store_protocol.cli import sample as sampling
from store_protocol.cli import send as sending
from store_protocol.cli import show as showing
from store_protocol.cli.group import Name, OneLineGroup
from store_protocol.cli.request_files import UnreadableFile, read_file
from store_protocol.normalize import NormalizeOptions

_FILES = click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path)
_OUTPUT = click.Path(dir_okay=False, path_type=Path)
_DIRECTORY = click.Path(file_okay=False, path_type=Path)
_SECONDS = click.FloatRange(min=0.1, max=86_400)


_SIZE = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,9})?) ?(?:([kmgt])(i?))?b?", re.IGNORECASE)


def _size(context: click.Context, option: click.Parameter, value: str | None) -> int | None:
    """Return the bytes that an option names: `65536`, `64KiB`, `1.5GiB`, `200kB`."""
    if value is None:
        return None
    match = _SIZE.fullmatch(value.strip())
    number, unit, is_binary = match.groups() if match is not None else ("0", None, None)
    size = int(float(number) * (1024 if is_binary else 1000) ** (" kmgt".index(unit.lower()) if unit else 0))
    if not 0 < size < 2**53:
        raise click.BadParameter(f"{value!r} is not a size such as 512MiB", context, option)
    return size


def _path(context: click.Context, option: click.Parameter, value: str | None) -> str | None:
    """Return the path that an option names, as requests have it."""
    if value is not None and not re.fullmatch(r"/[!-~]*", value):
        raise click.BadParameter(f"{value!r} is not a path such as /metrics", context, option)
    return value


@click.group(cls=OneLineGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="store-protocol")
def cli() -> None:
    """Decode, send and check Sentry events."""


@cli.command()
@click.argument("files", nargs=-1, required=True, type=_FILES)
@click.option("--json", "as_json", is_flag=True, help="Print each event, normalized, as one line of JSON.")
def decode(files: tuple[Path, ...], *, as_json: bool) -> None:
    r"""Decode recorded requests.

    FILES hold raw HTTP/1.1 requests, or JSON lines with method, target, headers and body (base64). Shown are who sent
    each, how, what it submits, and the answer. Exits with 1 if any request is refused.

    \b
      store-protocol decode requests.http
    """
    try:
        refused = decoding.print_json(files) if as_json else decoding.print_cards(files)
    except UnreadableFile as error:
        raise click.UsageError(str(error)) from None
    raise SystemExit(1 if refused else 0)


@cli.command()
@click.argument("files", nargs=-1, required=True, type=_FILES)
@click.option("--json", "as_json", is_flag=True, help="Print each event, normalized, as one line of JSON.")
def show(files: tuple[Path, ...], *, as_json: bool) -> None:
    r"""Show events as a person reads them.

    FILES hold an event, events one a line (as `serve` writes them), an envelope, or recorded requests. Shown are the
    exceptions with their frames and source lines, tags, breadcrumbs, contexts, and what could not be taken, was cut or
    repaired. Exits with 1 if anything is refused.

    \b
      store-protocol show event.json
    """
    try:
        refused = showing.print_json(files) if as_json else showing.print_events(files, Console())
    except UnreadableFile as error:
        raise click.UsageError(str(error)) from None
    raise SystemExit(1 if refused else 0)


@cli.command()
@click.argument("file", type=_FILES)
@click.option("--output", type=_OUTPUT, help="Write the events to FILE instead of printing them.")
@click.option("--rejects", type=_OUTPUT, help="Write the lines that are no events to FILE, each with its number and why.")
@click.option("--processes", type=click.IntRange(1), help="How many work at once.  [default: one for each core]")
@click.option("--resume", is_flag=True, help="Go on where a run with the same files was stopped.")
@click.option("--trim/--no-trim", default=True, show_default=True, help="Cut what is too long, as Sentry does.")
@click.option("--project-id", type=int, help="The project that the events belong to.")
@click.option("--received-at", metavar="TIME", help="When the events came, in RFC 3339.  [default: now]")
def normalize(
    file: Path,
    *,
    output: Path | None,
    rejects: Path | None,
    processes: int | None,
    resume: bool,
    trim: bool,
    project_id: int | None,
    received_at: str | None,
) -> None:
    r"""Normalize a file of events, one a line, with all cores.

    FILE is plain, gzip or zstd; - is the standard input. The order is kept: each line becomes one of the output or one of
    the rejects. Exits with 1 if any is rejected.

    \b
      store-protocol normalize events.jsonl.zst --output out.jsonl
      store-protocol normalize events.jsonl --output out.jsonl --resume
    """
    if resume and output is None:
        raise click.UsageError("--resume needs --output: what was printed is not known")
    try:
        options = NormalizeOptions(project_id=project_id, received_at=received_at, enable_trimming=trim)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    try:
        counts = batch.normalize_file(file, options, output=output, rejects=rejects, processes=processes, resume=resume)
    except UnreadableFile as error:
        raise click.UsageError(str(error)) from None
    raise SystemExit(1 if counts.rejected else 0)


@cli.command()
@click.argument("dsn")
@click.argument("file", type=_FILES, required=False)
@click.option("--sample", type=Name(samples.names()), metavar="NAME", help="Send a sample instead of a file.")
@click.option(
    "--encoding", type=click.Choice(["none", *CODINGS.encodings]), default="none", show_default=True, help="Of the body."
)
@click.option(
    "--auth",
    type=click.Choice(["header", "query", "both"]),
    default="header",
    show_default=True,
    help="Where the key stands.",
)
@click.option(
    "--timeout",
    type=click.FloatRange(min=0.1),
    default=10.0,
    show_default=True,
    help="Seconds to wait for the server.",
)
def send(dsn: str, file: Path | None, *, sample: str | None, encoding: str, auth: str, timeout: float) -> None:
    r"""Send the event in FILE to the project of DSN.

    Printed is the id that the server answers with. A sample is of now, and an event has an id of its own each time.
    `store-protocol sample --list` tells their names.

    \b
      store-protocol send http://key@127.0.0.1:9000/1 --sample python
    """
    if (file is None) == (sample is None):
        raise click.UsageError("name either a FILE or a --sample")
    try:
        event = read_file(file) if file is not None else sampling.fresh(sample or "")
        event_id = sending.send(dsn, event, encoding=encoding, auth=auth, timeout=timeout)
    except UnreadableFile as error:
        raise click.ClickException(str(error)) from None
    except sending.NotSent as error:
        raise click.ClickException(str(error)) from None
    click.echo(event_id or f"{sample} taken")


@cli.command()
@click.argument("name", type=Name(samples.names()), metavar="NAME", required=False)
@click.option("--list", "as_list", is_flag=True, help="List the samples: name, kind, type, and what each shows.")
def sample(name: str | None, *, as_list: bool) -> None:
    r"""Print a sample payload: what an SDK or a browser sends.

    NAME is a platform for an event, or the name of another item or of a report.

    \b
      store-protocol sample python | store-protocol show -
    """
    if as_list == (name is not None):
        raise click.UsageError("name either a sample or --list")
    if name is None:
        sampling.print_list(Console())
    else:
        click.echo(samples.load(name), nl=False)


@cli.command()
@click.argument("name", type=Name(json_schema.names()), metavar="[accepted|normalized|ITEM]", default="accepted")
def schema(name: str) -> None:
    r"""Print a JSON Schema of events, or of an item.

    It is that of events that `check` accepts, of normalized ones, or of the payload of an item. ITEM is the type of
    an item, such as `check_in` or `log`.

    \b
      store-protocol schema > event.schema.json
    """
    click.echo(json.dumps(json_schema.schema_of(name), indent=2))


@cli.command()
@click.argument("files", nargs=-1, required=True, type=_FILES)
@click.option("--json", "as_json", is_flag=True, help="Print each problem as one line of JSON.")
def check(files: tuple[Path, ...], *, as_json: bool) -> None:
    r"""Print every problem of the events in FILES.

    Each is told by where it is, what it is, and the value. FILES hold an event, events one a line, an envelope, or
    recorded requests. Exits with 1 if there is any problem.

    \b
      store-protocol check event.json envelope.bin
    """
    found = 0
    for file in files:
        for problem in checking.problems(file):
            found += 1
            click.echo(checking.as_json(problem) if as_json else checking.as_text(problem))
    if not found and not as_json:
        click.echo("no problems")
    raise SystemExit(1 if found else 0)


@cli.command("check-sdk")
@click.argument("files", nargs=-1, type=_FILES)
@click.option("--listen", type=click.IntRange(0, 65535), metavar="PORT", help="Take requests from an SDK instead of FILES.")
@click.option("--json", "as_json", is_flag=True, help="Print each finding as one line of JSON.")
def check_sdk(files: tuple[Path, ...], *, listen: int | None, as_json: bool) -> None:
    r"""Hold what an SDK sends against what the protocol says.

    Findings are those of a linter. FILES hold recorded requests, or an envelope. With --listen a server takes
    requests and prints the findings of each as
    it comes; stop it with Ctrl-C. Exits with 1 if there is a finding that is an error.

    \b
      store-protocol check-sdk requests.http
      store-protocol check-sdk --listen 9000
    """
    if bool(files) == (listen is not None):
        raise click.UsageError("name either files or --listen")
    try:
        found = linting.of_files(files) if listen is None else linting.of_requests(listen, click.echo)
        wrong = linting.print_findings(found, as_json=as_json)
    except UnreadableFile as error:
        raise click.UsageError(str(error)) from None
    except OSError as error:
        raise click.ClickException(f"can't listen on port {listen}: {error.strerror}") from None
    raise SystemExit(1 if wrong else 0)


@cli.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(1, 65535), default=9000, show_default=True, help="Port to listen on.")
@click.option("--workers", type=click.IntRange(1), default=1, show_default=True, help="Processes.")
@click.option("--output", type=_OUTPUT, help="Append each event to FILE, one a line.")
@click.option("--items", type=_OUTPUT, help="Append each other item (sessions, logs, check-ins) to FILE, one a line.")
@click.option("--attachments", type=_DIRECTORY, help="Keep attachments in DIRECTORY, and not in memory while they come.")
@click.option("--fsync", is_flag=True, help="Answer only when what was sent is on the disk.")
@click.option("--quiet", is_flag=True, help="Print nothing of the events.")
@click.option("--metrics", metavar="PATH", callback=_path, help="Tell Prometheus there what became of requests: /metrics.")
@click.option(
    "--max-memory",
    metavar="SIZE",
    callback=_size,
    help="Memory of all workers together, such as 2GiB.  [default: 1.25GiB for each]",
)
@click.option(
    "--max-head", metavar="SIZE", callback=_size, default="64KiB", show_default=True, help="Largest head of a request."
)
@click.option("--max-connections", type=click.IntRange(1), default=1000, show_default=True, help="For each worker.")
@click.option("--head-timeout", type=_SECONDS, default=20.0, show_default=True, help="Seconds for the head of a request.")
@click.option("--body-timeout", type=_SECONDS, default=300.0, show_default=True, help="Seconds for the body of a request.")
@click.option(
    "--min-rate",
    metavar="SIZE",
    callback=_size,
    default="500",
    show_default=True,
    help="Bytes a second that a body must bring.",
)
@click.option("--keep-alive", type=click.IntRange(1), default=5, show_default=True, help="Seconds between two requests.")
def serve(  # noqa: PLR0913  (one for each option)
    *,
    host: str,
    port: int,
    workers: int,
    output: Path | None,
    items: Path | None,
    attachments: Path | None,
    fsync: bool,
    quiet: bool,
    metrics: str | None,
    max_memory: int | None,
    max_head: int,
    max_connections: int,
    head_timeout: float,
    body_timeout: float,
    min_rate: int,
    keep_alive: int,
) -> None:
    r"""Take events from SDKs and print each.

    With --output they are kept in a file, from which `show` and `check` read. It prints the DSN to send to.

    \b
      store-protocol serve --output events.jsonl
    """
    try:
        from store_protocol.cli import serve as serving  # noqa: PLC0415  (the server is an extra of its own)
        from store_protocol.cli.http_server import Bounds  # noqa: PLC0415
    except ImportError as error:
        raise click.ClickException("serving needs the extra: pip install store-protocol[server]") from error
    bounds = Bounds(
        head_timeout=head_timeout,
        body_timeout=body_timeout,
        min_rate=min_rate,
        max_head_bytes=max_head,
        max_connections=max_connections,
    )
    if metrics is not None and importlib.util.find_spec("prometheus_client") is None:
        raise click.ClickException("metrics need the extra: pip install store-protocol[metrics]")
    settings = serving.Settings(
        output=str(output.resolve()) if output else None,
        items=str(items.resolve()) if items else None,
        attachments=str(attachments.resolve()) if attachments else None,
        fsync=fsync,
        quiet=quiet,
        metrics=metrics,
        bounds=bounds,
    )
    try:
        serving.serve(
            host=host, port=port, workers=workers, keep_alive=keep_alive, max_memory=max_memory, settings=settings
        )
    except OSError as error:
        raise click.UsageError(f"can't write to {error.filename or output}: {error.strerror}") from None
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    except SystemExit as ended:
        # The server has codes of its own, such as 3 where it can't listen, and has said why.
        raise SystemExit(1 if ended.code else 0) from None
