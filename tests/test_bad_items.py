"""A load of envelopes in which one item of ten is bad: nothing is lost that could be taken."""

import gzip
import json
import random
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

from store_protocol import EnvelopeItem, Limits, Submission, asgi, samples
from store_protocol.endpoints.item_bounds import EVENTS
from tests.test_apps import QUERY, call_asgi

ENVELOPES = 400
BAD = 0.1
LIMITS = Limits(max_check_in_bytes=20_000)

#: What SDKs send: an item of each type, and an event of each platform. A minidump is an event in itself.
GOOD = [samples.get(name).item() for name in samples.names("item") if name != "minidump"] + [
    EnvelopeItem("event", {"type": "event"}, samples.load(name)) for name in samples.names("event")
]


class Written(NamedTuple):
    """An item as it stands in an envelope: its bytes, its type, and its payload; or the code that it is refused by."""

    data: bytes
    type: str | None
    payload: bytes
    code: str | None = None


def framed(headers: dict[str, Any], data: bytes) -> bytes:
    return json.dumps(headers).encode() + b"\n" + data + b"\n"


def good(item: EnvelopeItem) -> Written:
    return Written(framed({**item.headers, "length": len(item.data)}, item.data), item.type, item.data)


def bad(chance: random.Random) -> Written:
    """Return an item of which nothing can be taken, and which costs itself alone."""
    item = chance.choice(GOOD)
    junk = chance.randbytes(chance.randrange(1, 60)).replace(b"\n", b" ")
    match chance.randrange(6):
        case 0:
            return Written(framed({"length": len(item.data)}, item.data), None, b"", "missing_item_type")
        case 1:
            return Written(framed({"type": ["event"], "length": len(junk)}, junk), None, b"", "missing_item_type")
        case 2:
            return Written(framed({"type": "integration", "length": len(junk)}, junk), None, b"", "reserved_item_type")
        case 3:
            large = b'{"monitor_slug":"%b"}' % (b"x" * 20_000)
            return Written(framed({"type": "check_in", "length": len(large)}, large), None, b"", "limit_exceeded")
        case 4:
            return Written(framed({"type": "event", "length": len(junk) + 1}, b"\0" + junk), None, b"", "invalid_json")
        case _:
            return Written(framed({"type": "event", "length": 9}, b'"nothing"'), None, b"", "not_an_object")


def mistold(item: EnvelopeItem, chance: random.Random) -> Written:
    """Return an item whose length is wrong, and whose JSON ends by itself all the same."""
    length = chance.choice([len(item.data) + 1, len(item.data) - 3, -1, "many", 10**9])
    return Written(framed({**item.headers, "length": length}, item.data), item.type, item.data)


def envelopes(seed: int) -> Iterator[list[Written]]:
    chance = random.Random(seed)
    json_items = [each for each in GOOD if each.type in {"event", "session", "check_in", "user_report", "client_report"}]
    for _ in range(ENVELOPES):
        items: list[Written] = []
        for _ in range(10):
            if chance.random() < BAD:
                items.append(mistold(chance.choice(json_items), chance) if chance.random() < 0.2 else bad(chance))
            else:
                items.append(good(chance.choice(GOOD)))
        yield items


def test_nothing_is_lost_that_could_be_taken() -> None:
    taken: list[Submission] = []
    app = asgi.StoreApp(taken.append, limits=LIMITS)
    chance = random.Random(1)
    counts: Counter[str] = Counter()
    for items in envelopes(7):
        body = b'{"event_id":"%032x"}\n' % chance.getrandbits(128) + b"".join(item.data for item in items)
        packs = chance.random() < 0.5
        body = gzip.compress(body, 1) if packs else body
        size = chance.choice([len(body), 70_000, 9_000])
        pieces = [body[start : start + size] for start in range(0, len(body), size)]
        answer = call_asgi(
            app, path="/api/1/envelope/", query=QUERY, chunks=pieces, headers=[(b"content-encoding", b"gzip")] * packs
        )
        assert answer is not None and answer[0] == 200
        submission = taken.pop()
        assert submission.envelope is not None
        # The items that could be taken, in their order, byte for byte; those that could not, each by its place and why.
        refused = {index: item.code for index, item in enumerate(items) if item.code is not None}
        assert {each.index: each.error.code for each in submission.refused} == refused
        framed_well = [item for item in items if item.code is None or item.code in {"invalid_json", "not_an_object"}]
        assert len(submission.envelope.items) == len(framed_well)
        for item, found in zip(framed_well, submission.envelope.items, strict=True):
            if item.code is None:
                # A wrong length says nothing of blanks behind the JSON.
                assert (found.type, found.data.rstrip()) == (item.type, item.payload.rstrip())
        assert len(submission.events) == sum(item.type in EVENTS for item in items)
        counts["good"] += len(items) - len(refused)
        counts["bad"] += len(refused)
    # So it is a load of what it says.
    assert counts["good"] > 8.5 * ENVELOPES and counts["bad"] > 0.05 * 10 * ENVELOPES
