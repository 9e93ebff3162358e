"""What a minidump says of itself, however broken it is."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store_protocol.endpoints.minidump_file import read_minidump
from tests.endpoints.test_minidump import DUMP, STAMP, event_of, form, part, sent


class Dump:
    """Writes a minidump with annotations as Crashpad does."""

    def __init__(self, order: str = "<") -> None:
        self.order = order
        self.data = bytearray(32)

    def put(self, data: bytes) -> int:
        offset = len(self.data)
        self.data += data
        return offset

    def numbers(self, *numbers: int) -> bytes:
        return struct.pack(f"{self.order}{len(numbers)}I", *numbers)

    def text(self, text: str, encoding: str = "utf-8") -> int:
        data = text.encode(encoding)
        return self.put(self.numbers(len(data)) + data)

    def pairs(self, pairs: dict[str, str]) -> int:
        entries = [(self.text(key), self.text(value)) for key, value in pairs.items()]
        return self.put(self.numbers(len(entries), *(number for entry in entries for number in entry)))

    def finish(self, streams: dict[int, int]) -> bytes:
        directory = self.put(b"".join(self.numbers(kind, 0, offset) for kind, offset in streams.items()))
        magic = b"MDMP" if self.order == "<" else b"PMDM"
        self.data[:32] = magic + struct.pack(self.order + "IIIIIQ", 0xA793, len(streams), directory, 0, STAMP, 0)
        return bytes(self.data)


def annotated(order: str = "<") -> bytes:
    dump = Dump(order)
    name = dump.text("C:\\dir\\app.exe", "utf-16-le" if order == "<" else "utf-16-be")
    modules = dump.put(dump.numbers(1) + dump.numbers(0, 0, 0, 0, 0, name) + bytes(84))
    objects = [(dump.text("o"), dump.text("object"), 1), (dump.text("x"), 0, 2)]
    kind = struct.Struct(order + "IHHI")
    listed = dump.put(dump.numbers(len(objects)) + b"".join(kind.pack(key, what, 0, value) for key, value, what in objects))
    notes = dump.put(dump.numbers(1, dump.text("note")))
    info = dump.put(dump.numbers(1, 0, notes, 0, dump.pairs({"s": "simple"}), 0, listed))
    links = dump.put(dump.numbers(2, 0, 0, info, 9, 0, info))
    crashpad = dump.put(dump.numbers(1) + bytes(32) + dump.numbers(0, dump.pairs({"prod": "App", "ver": "é"}), 0, links))
    return dump.finish({4: modules, 0x43500001: crashpad})


@pytest.mark.parametrize("order", ["<", ">"])
def test_annotations_of_crashpad_become_contexts(order: str) -> None:
    found = read_minidump(annotated(order))
    assert found is not None
    assert (found.timestamp, found.writer) == (STAMP, "crashpad")
    assert found.annotations == {
        "crashpad": {"prod": "App", "ver": "é"},
        "app.exe": {"type": "crashpad", "s": "simple", "o": "object", "annotations": ["note"]},
    }


def test_annotations_do_not_replace_what_the_form_says() -> None:
    body = form(part("upload_file_minidump", annotated(), "a"), part("sentry", b'{"contexts":{"crashpad":{"mine":1}}}'))
    event = event_of(sent(body))
    assert event["contexts"]["crashpad"]["mine"] == 1 and event["contexts"]["app.exe"]["s"] == "simple"
    assert event["sdk"] == {"name": "minidump.crashpad", "version": "0.0.0"}


@pytest.mark.parametrize(("streams", "writer"), [({0x47670001: 0}, "breakpad"), ({3: 0}, "unknown"), ({}, "unknown")])
def test_writer_of_a_dump_is_told(streams: dict[int, int], writer: str) -> None:
    found = read_minidump(Dump().finish(streams))
    assert found is not None and (found.writer, found.annotations) == (writer, {})


def test_dump_cut_at_every_point_is_still_one() -> None:
    data = annotated()
    for end in range(4, len(data)):
        found = read_minidump(data[:end])
        assert (found is None) == (end < 32)


def test_dump_without_a_time_leaves_that_of_the_form() -> None:
    dump = DUMP[:20] + bytes(4) + DUMP[24:]
    body = form(part("upload_file_minidump", dump, "a"), part("sentry", b'{"timestamp":1377809000}'))
    assert event_of(sent(body))["timestamp"] == 1377809000


def test_lists_that_share_their_entries_are_bounded() -> None:
    dump = Dump()
    name = dump.text("m", "utf-16-le")
    modules = dump.put(dump.numbers(1) + dump.numbers(0, 0, 0, 0, 0, name) + bytes(84))
    long = dump.text("x" * 60_000)
    shared = dump.put(dump.numbers(5000) + dump.numbers(long, long) * 5000)
    info = dump.put(dump.numbers(1, 0, 0, 0, shared, 0, 0))
    links = dump.put(dump.numbers(5000) + dump.numbers(0, 0, info) * 5000)
    crashpad = dump.put(dump.numbers(1) + bytes(32) + dump.numbers(0, shared, 0, links))
    found = read_minidump(dump.finish({4: modules, 0x43500001: crashpad}))
    assert found is not None
    assert sum(len(key) + len(value) for each in found.annotations.values() for key, value in each.items()) < 1_100_000


@given(st.binary(max_size=200), st.integers(0, 500))
def test_property_any_dump_is_read(junk: bytes, at: int) -> None:
    data = annotated()
    assert read_minidump(data[: 4 + at % len(data)] + junk + data[at:]) is None or len(data) >= 32
