"""Drawn events through Relay's normalizer and through ours, by the hundred thousand: `make differential`.

    python -m tests.differential --events 300000 --seed 7
    python -m tests.differential --kind wide --number 7:1234     one event again, with all of its differences

An event is told by its kind and its number, `SEED:INDEX`, alone: the same code always draws the same one for it.
"""

import argparse
import itertools
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import msgspec

from tests.changed_events import changed_event
from tests.deviations import deviations_of
from tests.noted_events import noted
from tests.oracle import differs, theirs
from tests.wide_events import BROWSERS, wide_event

HINTS = {
    "sec_ch_ua": '"Chromium";v="110", "Not A(Brand";v="24", "Google Chrome";v="110"',
    "sec_ch_ua_platform": '"macOS"',
    "sec_ch_ua_platform_version": '"13.1.0"',
}
#: What an option may be instead of what it mostly is.
OTHERWISE: dict[str, list[Any]] = {
    "remove_other": [False, False, None],
    "enable_trimming": [False, None],
    "is_renormalize": [True, True, True, False],
    "client": [None, "x"],
    "project_id": [None, 2**53],
    "protocol_version": [None, ""],
    "key_id": [None],
    "grouping_config": [{"id": "newstyle:2023-01-11", "enhancements": "x"}, []],
    "replay_id": ["7c9ae6e58f03442b9203bbdcf6ae904c"],
    "client_sample_rate": [0.5, 0, 1],
    "client_ip": ["127.0.0.1"],
    "sent_at": ["2026-11-22T23:00:00Z"],
    "max_secs_in_past": [None, 60],
    "max_secs_in_future": [None],
    "received_at": ["2026-11-23T01:00:00+01:00", "2026-11-23T00:00:00.123456Z"],
    "normalize_user_agent": [True, True, False, None],
    "client_hints": [HINTS, {**HINTS, "sec_ch_ua_model": '"Pixel 3"', "sec_ch_ua": None}, {"sec_ch_ua_platform": " "}],
    "user_agent": BROWSERS,
}


def options_of(random: Random) -> dict[str, Any]:
    """Draw a configuration: in two of three a few options are not what they mostly are."""
    count = random.choice([0, 1, 1, 2, 2, 4])
    common = ["remove_other", "enable_trimming", "is_renormalize"]
    names = random.sample(common, min(count, 3)) if random.random() < 0.5 else random.sample([*OTHERWISE], count)
    return {name: random.choice(OTHERWISE[name]) for name in names}


def _normalized(random: Random) -> Any:
    event = random.choice([wide_event, changed_event])(random)
    return theirs(event, **options_of(random)) or event


#: `again` are events that Relay has normalized before, with all that it says of them.
KINDS: dict[str, Callable[[Random], Any]] = {
    "wide": wide_event,
    "changed": changed_event,
    "again": _normalized,
    "noted": lambda random: noted(random, random.choice([wide_event, changed_event])(random)),
}


def drawn(kind: str, number: str) -> tuple[Any, dict[str, Any]]:
    """Return an event and a configuration."""
    random = Random(f"{kind}:{number}")
    return KINDS[kind](random), options_of(random)


class Outcome(msgspec.Struct, gc=False):
    """What came of events: how many there were, how many of each deviation were set aside, and which others differ."""

    events: int = 0
    aside: Counter[str] = msgspec.field(default_factory=Counter)
    different: list[str] = msgspec.field(default_factory=list)

    @property
    def set_aside(self) -> float:
        """The share of events that fall under a deviation."""
        return self.aside.total() / self.events

    @property
    def equal(self) -> float:
        """The share of equal events among those that were compared."""
        return 1 - len(self.different) / (self.events - self.aside.total())


def compare(kind: str, numbers: Iterator[str], report: Callable[[str], None] = lambda line: None) -> Outcome:
    """Compare events of a kind, and report each that differs."""
    outcome = Outcome()
    for number in numbers:
        event, options = drawn(kind, number)
        outcome.events += 1
        deviation = next(iter(deviations_of(event, **options)), None)
        if deviation is not None:
            outcome.aside[deviation] += 1
        elif (pair := differs(event, **options)) is not None:
            outcome.different.append(number)
            report(f"  {kind} {number} {next(differences(*pair))[:200]}")
    return outcome


def differences(theirs: Any, ours: Any, path: str = "") -> Iterator[str]:
    """Iterate over the places where two values differ, and what they have there."""
    if isinstance(theirs, dict) and isinstance(ours, dict):
        for key in sorted(theirs.keys() | ours.keys()):
            yield from differences(theirs.get(key), ours.get(key), f"{path}.{key}")
    elif isinstance(theirs, list) and isinstance(ours, list):
        for index, pair in enumerate(itertools.zip_longest(theirs, ours)):
            yield from differences(*pair, f"{path}.{index}")
    elif theirs != ours:
        yield f"{path}: Relay {str(theirs)[:300]!r}, ours {str(ours)[:300]!r}"


def main() -> int:
    """Compare, and print what came of it."""
    parser = argparse.ArgumentParser(description="compare normalization with Relay's on drawn events")
    parser.add_argument("--events", type=int, default=30_000, help="how many, of all kinds together")
    parser.add_argument("--seed", type=int, default=None, help="draws others; at random if left out")
    parser.add_argument("--kind", choices=[*KINDS], help="this kind alone")
    parser.add_argument("--number", help="this event alone, SEED:INDEX")
    arguments = parser.parse_args()
    kinds = [arguments.kind] if arguments.kind else [*KINDS]
    if arguments.number:
        event, options = drawn(kinds[0], arguments.number)
        print(options, [*deviations_of(event, **options)])
        print(msgspec.json.encode(event).decode())
        found = [*differences(*(differs(event, **options) or (None, None)))]
        print("\n".join(found))
        return 1 if found else 0
    seed = Random().randrange(2**32) if arguments.seed is None else arguments.seed
    print(f"seed {seed}")
    failed = False
    for kind in kinds:
        numbers = (f"{seed}:{index}" for index in range(arguments.events // len(kinds)))
        outcome = compare(kind, numbers, lambda line: print(line, flush=True))
        shares = f"{outcome.equal:.3%} of the others equal, {len(outcome.different)} different"
        print(f"{kind}: {outcome.events} events, {outcome.set_aside:.2%} set aside, {shares}")
        for name, count in outcome.aside.most_common():
            print(f"  set aside: {count:6} {name}")
        failed |= bool(outcome.different)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
