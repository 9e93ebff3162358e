"""`store-protocol sample`: the samples, and one of them as if it were sent now."""

import time
import uuid

from rich.console import Console
from rich.text import Text

from store_protocol import samples
from store_protocol.cli.printing import put
from store_protocol.samples import Kind, Sample


def fresh(name: str) -> Sample:
    """Return a sample of now with an id that no server has seen."""
    return samples.get(name, now=time.time(), event_id=uuid.uuid4().hex)


#: What the samples of a kind are.
_KINDS: dict[Kind, str] = {
    "event": "events, by their platform",
    "item": "items of envelopes",
    "report": "reports of browsers",
}


def print_list(console: Console) -> None:
    """Print the names of the samples and what each shows, those of a kind together."""
    width = max(map(len, samples.names())) + 2
    for kind, what in _KINDS.items():
        put(console, Text(f"{what}:", "bold"))
        for name in samples.names(kind):
            put(console, Text(f"  {name:<{width}}{samples.get(name).description}"), hang=width + 2)
