"""`store-protocol sample`: the samples, and one of them as if it were sent now."""

import time
import uuid

from rich.console import Console
from rich.table import Table

from store_protocol import samples
from store_protocol.samples import Sample


def fresh(name: str) -> Sample:
    """Return a sample of now with an id that no server has seen."""
    return samples.get(name, now=time.time(), event_id=uuid.uuid4().hex)


def print_list(console: Console) -> None:
    """Print a table of the samples, those of a kind together."""
    table = Table(box=None, pad_edge=False)
    for heading in ("name", "kind", "type", "what it shows"):
        table.add_column(heading, overflow="fold")
    for kind in ("event", "item", "report"):
        for name in samples.names(kind):
            found = samples.get(name)
            table.add_row(name, kind, found.type, found.description)
    console.print(table)
