"""How much of an event C reads, and why the rest is read in Python: an attribute that C refuses costs many times as much.

python -m tests.fast_way                 the recorded clients of the tests, as a table
python -m tests.fast_way events/*.json   events of your own
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

from store_protocol import StoreError
from store_protocol.budget import Budget
from store_protocol.json_types import DECODE_ERRORS
from store_protocol.limits import Limits
from store_protocol.reading import fast_path, wire_event
from tests.recordings import by_client


class FastWay(NamedTuple):
    """What of some events was read in Python."""

    events: int
    #: Events of which C took everything.
    whole: int
    #: Scalars and containers, and those in attributes that were read in Python.
    values: int
    in_python: int
    #: How many values were read in Python, by the attribute and C's reason.
    why: Counter[str]

    @property
    def share(self) -> float:
        """The share of the values that were read in Python."""
        return self.in_python / max(1, self.values)


def count(value: Any) -> int:
    """Count the scalars and containers of a plain value."""
    if isinstance(value, dict):
        return 1 + sum(map(count, value.values()))
    return 1 + sum(map(count, value)) if isinstance(value, list) else 1


def fast_way(texts: Iterable[bytes]) -> FastWay:
    """Read events, and tell what of them was read in Python."""
    events = whole = values = in_python = 0
    why: Counter[str] = Counter()
    for text in texts:
        apart: dict[str, Any] = {}

        def read_apart(field: Any, original: Any, context: Any, apart: dict[str, Any] = apart) -> Any:
            apart[field.encode_name] = original.first_present((field.encode_name, *field.rule.aliases))
            return _read_apart(field, original, context)

        payload = json.loads(text)
        events, total = events + 1, count(payload)
        values += total
        decoded = wire_event.decode(text, Limits().max_depth)
        if decoded is None:
            in_python += total
            why["(event): something in its text has to be repaired"] += total
            continue
        with mock.patch.dict(fast_path._filler().__globals__, apart=read_apart):
            fast_path.read_text(text, Budget(Limits()))
        refused = {**apart, **decoded.refused}
        whole += not refused
        for name, value in refused.items():
            in_python += count(value)
            why[f"{name}: {_reason(name, decoded.members)}"] += count(value)
    return FastWay(events, whole, values, in_python, why)


_read_apart = fast_path._apart


def _reason(name: str, members: Any) -> str:
    if not members or name not in members:
        return "an old form"
    try:
        wire_event.attribute_decoder(name)(members[name])
    except DECODE_ERRORS as reason:
        # Where in a list it stands tells no more.
        return str(reason).replace("`", "")
    except StoreError as reason:
        return str(reason)
    return "an old form"


def table(found: dict[str, FastWay]) -> str:
    """Return the figures of each client as a table in Markdown."""
    lines = ["| client | events | whole in C | values | in Python | why the most |", "|---|---:|---:|---:|---:|---|"]
    for client, way in found.items():
        most = "; ".join(reason for reason, _ in way.why.most_common(2))
        lines.append(f"| {client} | {way.events} | {way.whole} | {way.values:,} | {way.share:.1%} | {most} |")
    events, whole = sum(way.events for way in found.values()), sum(way.whole for way in found.values())
    values, in_python = sum(way.values for way in found.values()), sum(way.in_python for way in found.values())
    lines.append(f"| all | {events} | {whole} | {values:,} | {in_python / max(1, values):.1%} | |")
    return "\n".join(lines)


def of_clients() -> dict[str, FastWay]:
    """Return the figures of the recorded clients."""
    return {client: fast_way(texts) for client, texts in by_client("store", "envelope").items()}


def main() -> None:
    parser = argparse.ArgumentParser(prog="tests.fast_way", description=__doc__)
    parser.add_argument("files", nargs="*", type=Path)
    files = parser.parse_args().files
    sys.stdout.write(table({file.name: fast_way([file.read_bytes()]) for file in files} if files else of_clients()) + "\n")


if __name__ == "__main__":
    main()
