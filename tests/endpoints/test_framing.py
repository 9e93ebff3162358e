"""Envelopes taken apart as their bytes come: to the same as those that are there whole."""

from unittest import mock

import pytest

from store_protocol import Limits
from store_protocol.budget import Budget
from store_protocol.endpoints import item_ends
from store_protocol.endpoints.framing import Frames, Framing, take_apart

ATTACHMENT = b'{"type":"attachment","filename":"a","length":6}\nab\ncd\n\n'
LINE = b'{"type":"attachment","filename":"a"}\nabcdef\n'
#: Items with something that is repaired in their headers, or with a length that is, behind others that come in pieces.
ENVELOPES = {
    "headers behind an attachment": b"{}\n" + ATTACHMENT + b'{"type":"session","a":NaN}\n{}\n',
    "headers behind a line": b"{}\n" + LINE + b'{"type":"session","a":"\xff"}\n{}\n',
    "headers behind blanks": b' \n{"a":NaN}\n' + ATTACHMENT + b" \n\n" + LINE + b'{"type":"x","a":1e999}\n\n',
    "a length behind two": b"{}\n" + ATTACHMENT + LINE + '{"type":"event","length":9}\n{"a":"é"}'.encode(),
    "attachments alone": b"{}\n" + ATTACHMENT * 3 + LINE * 2,
    "numbers behind a wrong length": b'{}\n{"type":"event","length":7}\n{"a":[1\n,-1.5e+2]}\n{"type":"session"}\n{}',
    "a length that is wrong": b"{}\n" + ATTACHMENT + b'{"type":"attachment","length":3}\nabcdef\n{"type":"session"}\n{}',
}


def shown(frames: Frames, budget: Budget) -> tuple[object, ...]:
    items = []
    for index, item in frames.items:
        payload = frames.payloads.get(index)
        items.append((index, item.type, item.headers, item.data or (payload.data() if payload is not None else b"")))
    refused = [(each.index, each.type, str(each.error)) for each in frames.refused]
    return frames.headers, items, refused, frames.repairs, budget.left_out()


def whole(data: bytes) -> tuple[object, ...]:
    budget = Budget(Limits())
    return shown(take_apart(data, budget), budget)


def in_pieces(*pieces: bytes) -> tuple[object, ...]:
    budget = Budget(Limits())
    framing = Framing(budget)
    for piece in pieces:
        framing.feed(piece)
    return shown(framing.finish(), budget)


@pytest.mark.parametrize("data", ENVELOPES.values(), ids=ENVELOPES)
def test_envelope_in_pieces_is_what_it_is_whole(data: bytes) -> None:
    expected = whole(data)
    assert in_pieces(*(data[at : at + 1] for at in range(len(data)))) == expected
    for at in range(len(data)):
        assert in_pieces(data[:at], data[at:]) == expected, at
        for further in range(at, len(data), 7):
            assert in_pieces(data[:at], data[at:further], data[further:]) == expected, (at, further)


@pytest.mark.parametrize("size", [7, 40, 1000])
def test_headers_are_read_once_however_they_come(size: int) -> None:
    items = [b'{"type":"session"}\n{}\n', b'{"type":"session","a":NaN}\n{}\n', ATTACHMENT, LINE]
    data = b'{"sent_at":"2026-11-23T00:00:00Z"}\n' + b"".join(items) * 5
    with mock.patch.object(item_ends, "read_line", wraps=item_ends.read_line) as read:
        in_pieces(*(data[at : at + size] for at in range(0, len(data), size)))
    assert read.call_count == 1 + 5 * len(items)
