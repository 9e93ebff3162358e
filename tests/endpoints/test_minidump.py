"""The minidump endpoint: containers, forms, what a form says of its event, and what a dump says of itself."""

import bz2
import gzip
import json
import lzma
import random
import struct
import tracemalloc
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from store_protocol import HttpRequest, Limits, StoreError, Submission, decode_request, encode_event, errors
from store_protocol.endpoints.containers import open_container
from store_protocol.endpoints.minidump import merge_form
from store_protocol.endpoints.minidump_file import read_minidump
from store_protocol.endpoints.multipart import parse_multipart

NOW = 1795447500.0
TARGET = "/api/42/minidump/?sentry_key=b70a31b3510c4cf793964a185cfe1fd0"
STAMP = 1377809543
DUMP = b"MDMP" + struct.pack("<IIIIIQ", 0xA793, 0, 0, 0, STAMP, 0)


def part(name: str, data: bytes, filename: str | None = None, content_type: str | None = None) -> bytes:
    disposition = f'form-data; name="{name}"' + (f'; filename="{filename}"' if filename is not None else "")
    head = f"Content-Disposition: {disposition}\r\n" + (f"Content-Type: {content_type}\r\n" if content_type else "")
    return b"--xyz\r\n" + head.encode() + b"\r\n" + data + b"\r\n"


def form(*parts: bytes) -> bytes:
    return b"".join(parts) + b"--xyz--\r\n"


DUMP_PART = part("upload_file_minidump", DUMP, "a.dmp", "application/octet-stream")


def sent(body: bytes, content_type: str | None = "multipart/form-data; boundary=xyz", **options: Any) -> Submission:
    headers = [] if content_type is None else [("Content-Type", content_type)]
    return decode_request(HttpRequest("POST", TARGET, headers, body), now=NOW, new_event_id=lambda: "f" * 32, **options)


def event_of(submission: Submission) -> dict[str, Any]:
    assert submission.event is not None
    plain: dict[str, Any] = json.loads(encode_event(submission.event))
    return plain


def test_dump_in_a_form_makes_a_native_event() -> None:
    submission = sent(form(DUMP_PART, part("upload_file_log", b"log", "log.txt", "text/plain")))
    event = event_of(submission)
    assert event["exception"]["values"] == [
        {
            "type": "Minidump",
            "value": "Invalid Minidump",
            "mechanism": {"type": "minidump", "synthetic": True, "handled": False},
        }
    ]
    assert (event["platform"], event["level"], event["type"], event["timestamp"]) == ("native", "fatal", "error", STAMP)
    assert [
        (each.name, each.filename, each.content_type, each.data, each.attachment_type) for each in submission.attachments
    ] == [
        ("upload_file_minidump", "a.dmp", "application/octet-stream", DUMP, "event.minidump"),
        ("upload_file_log", "log.txt", "text/plain", b"log", "event.attachment"),
    ]
    response = submission.response()
    assert response.body == b"ffffffff-ffff-ffff-ffff-ffffffffffff"
    assert ("Content-Type", "text/plain") in response.headers


@pytest.mark.parametrize("content_type", ["application/octet-stream", "application/x-dmp", "text/plain", None])
def test_dump_may_be_the_whole_body(content_type: str | None) -> None:
    submission = sent(DUMP, content_type)
    assert [each.data for each in submission.attachments] == [DUMP]
    assert event_of(submission)["timestamp"] == STAMP


@pytest.mark.parametrize("content_type", ["multipart/form-data", "application/octet-stream", None])
def test_form_tells_its_boundary_itself(content_type: str | None) -> None:
    assert len(sent(form(DUMP_PART), content_type).attachments) == 1


REFUSED: dict[str, tuple[bytes, type[StoreError]]] = {
    "no file": (form(part("sentry", b"{}")), errors.MissingMinidump),
    "another file": (form(part("other", DUMP, "a.dmp")), errors.MissingMinidump),
    "no dump": (form(part("upload_file_minidump", b"hello", "a.dmp")), errors.InvalidMinidump),
    "nothing in it": (form(part("upload_file_minidump", b"", "a.dmp")), errors.EmptyBody),
    "no part": (b"--xyz--\r\n", errors.MissingMinidump),
    "another boundary": (form(DUMP_PART).replace(b"--xyz", b"--abc"), errors.InvalidMultipart),
    "cut short": (form(DUMP_PART)[:-20], errors.InvalidMultipart),
    "empty body": (b"", errors.EmptyBody),
    "a broken container": (form(part("upload_file_minidump", gzip.compress(DUMP)[:-6], "a.gz")), errors.CorruptBody),
}


@pytest.mark.parametrize(("body", "error"), REFUSED.values(), ids=REFUSED)
def test_what_holds_no_dump_is_refused(body: bytes, error: type[StoreError]) -> None:
    with pytest.raises(error):
        sent(body)


def test_raw_body_must_be_a_dump() -> None:
    with pytest.raises(errors.InvalidMinidump):
        sent(b"hello", "application/octet-stream")


def test_form_cut_at_every_point_is_refused() -> None:
    body = form(part("sentry", b'{"release":"1"}'), DUMP_PART)
    end = body.rindex(b"--xyz--") + len(b"--xyz--")
    assert sent(body[:end]).event is not None
    for cut in range(end):
        with pytest.raises(StoreError):
            sent(body[:cut])


def test_form_in_a_form() -> None:
    # Old versions of sentry-electron on Linux.
    inner = (
        b'--in\r\nContent-Disposition: form-data; name="upload_file_minidump"; filename="b"\r\n\r\n'
        + DUMP
        + b"\r\n--in--\r\n"
    )
    submission = sent(form(part("upload_file_minidump", inner, "a.dmp")))
    assert [each.data for each in submission.attachments] == [DUMP]


def test_file_names_are_read_as_browsers_and_curl_write_them() -> None:
    submission = sent(form(part("upload_file_minidump", DUMP, "we%22ird é.dmp")))
    assert submission.attachments[0].filename == 'we"ird é.dmp'


LIMITS: dict[str, tuple[bytes, int]] = {
    "max_form_parts": (form(DUMP_PART, DUMP_PART), 1),
    "max_attachment_bytes": (form(part("upload_file_minidump", DUMP + bytes(20), "a")), 40),
    "max_attachments_bytes": (form(DUMP_PART, DUMP_PART), len(DUMP) - 1),
    "max_attachments": (form(DUMP_PART), 0),
    "max_envelope_bytes": (form(DUMP_PART), 40),
}


@pytest.mark.parametrize(("limit", "case"), LIMITS.items(), ids=LIMITS)
def test_limits_of_forms(limit: str, case: tuple[bytes, int]) -> None:
    body, maximum = case
    assert sent(body).event is not None
    with pytest.raises(errors.LimitExceeded) as refused:
        sent(body, limits=Limits(**{limit: maximum}))
    assert (refused.value.limit, refused.value.maximum) == (limit, maximum)


FILES = {
    "too large": (part("a", bytes(101), "a.txt"), Limits(max_attachment_bytes=100), "max_attachment_bytes"),
    "too many": (part("a", b"1", "a.txt"), Limits(max_attachments=2), "max_attachments"),
    "too large together": (part("a", b"12", "a.txt"), Limits(max_attachments_bytes=len(DUMP) + 2), "max_attachments_bytes"),
}


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize(("over", "limits", "limit"), FILES.values(), ids=FILES)
def test_file_over_a_limit_costs_itself_and_the_dump_goes_first(
    over: bytes, limits: Limits, limit: str, order: int
) -> None:
    small = part("b", b"3", "b.txt")
    submission = sent(form(*[small, over, DUMP_PART][::order]), limits=limits)
    ((kind, error),) = [(each.type, each.error) for each in submission.refused]
    assert isinstance(error, errors.LimitExceeded) and (kind, error.limit) == ("attachment", limit)
    # In the other order the small one comes last, and may be the one that is over.
    expected = (
        ["b", "upload_file_minidump"] if order > 0 or limit == "max_attachment_bytes" else ["upload_file_minidump", "a"]
    )
    assert sorted(each.name for each in submission.attachments) == sorted(expected)
    names = ["b", "a", "upload_file_minidump"][::order]
    assert {names[each.index] for each in submission.refused} == {*names} - {*expected}


def test_second_dump_that_is_none_costs_itself() -> None:
    submission = sent(form(DUMP_PART, part("upload_file_minidump", b"hello", "b.dmp")))
    assert [each.data for each in submission.attachments] == [DUMP]
    assert [(each.index, each.error.code) for each in submission.refused] == [(1, "invalid_minidump")]


@pytest.mark.parametrize("limit", ["max_attachment_bytes", "max_attachments_bytes"])
@pytest.mark.parametrize("body", [DUMP, gzip.compress(DUMP)])
def test_limits_hold_for_a_dump_that_is_the_whole_body(body: bytes, limit: str) -> None:
    assert sent(body, "application/octet-stream", limits=Limits(**{limit: len(DUMP)})).event is not None
    with pytest.raises(errors.LimitExceeded) as refused:
        sent(body, "application/octet-stream", limits=Limits(**{limit: len(DUMP) - 1}))
    assert refused.value.limit == limit


@pytest.mark.parametrize("limits", [Limits(max_part_headers=1), Limits(max_part_header_bytes=30)])
def test_headers_of_parts_are_bounded(limits: Limits) -> None:
    with pytest.raises(errors.InvalidMultipart):
        sent(form(DUMP_PART), limits=limits)


PACK: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "gzip": (gzip.compress, ".gz"),
    "xz": (lzma.compress, ".xz"),
    "bzip2": (bz2.compress, ".bz2"),
    "zstd": (zstandard.compress, ".zst"),
}


@pytest.mark.parametrize(("pack", "ending"), PACK.values(), ids=PACK)
def test_containers_are_opened(pack: Callable[[bytes], bytes], ending: str) -> None:
    packed = pack(DUMP)
    submission = sent(form(part("upload_file_minidump", packed, f"a.dmp{ending}")))
    assert [(each.filename, each.data) for each in submission.attachments] == [("a.dmp", DUMP)]
    assert sent(packed, "application/octet-stream").attachments[0].data == DUMP
    # Several streams, one after the other.
    assert open_container(packed + packed, None, limits=Limits()) == (DUMP + DUMP, None)


@pytest.mark.parametrize("pack", [pack for pack, _ in PACK.values()], ids=PACK)
def test_containers_that_are_broken_are_refused(pack: Callable[[bytes], bytes]) -> None:
    packed = pack(DUMP)
    magic = 6
    for cut in range(magic, len(packed)):
        with pytest.raises(errors.CorruptBody):
            open_container(packed[:cut], None, limits=Limits())
    for junk in (b"junk", b"\x01"):
        with pytest.raises(errors.CorruptBody):
            open_container(packed + junk, None, limits=Limits())


@pytest.mark.parametrize("pack", [pack for pack, _ in PACK.values()], ids=PACK)
def test_containers_are_bounded(pack: Callable[[bytes], bytes]) -> None:
    bomb = pack(bytes(5_000_000))
    assert len(bomb) < 10_000
    with pytest.raises(errors.LimitExceeded) as refused:
        open_container(bomb, None, limits=Limits(max_attachment_bytes=1000))
    assert refused.value.limit == "max_attachment_bytes"


def test_padding_between_xz_streams_is_no_junk() -> None:
    packed = lzma.compress(DUMP)
    assert open_container(packed + bytes(8) + packed + bytes(4), None, limits=Limits())[0] == DUMP + DUMP


def test_padding_of_xz_is_a_multiple_of_four_zeros() -> None:
    packed = lzma.compress(DUMP)
    for padding in (1, 2, 3, 5, 70_001):
        for rest in (b"", packed):
            with pytest.raises(errors.CorruptBody, match="padding"):
                open_container(packed + bytes(padding) + rest, None, limits=Limits())
    # It may be longer than what a stage is fed at once.
    assert open_container(packed + bytes(200_000) + packed, None, limits=Limits())[0] == DUMP + DUMP


@pytest.mark.parametrize("first", [b"\x50\x2a\x4d\x18\x04\0\0\0abcd", zstandard.compress(b"")])
def test_zstd_container_may_begin_with_a_frame_without_content(first: bytes) -> None:
    # pzstd begins each file so.
    packed = first + zstandard.compress(DUMP)
    assert open_container(packed, "a.dmp.zst", limits=Limits()) == (DUMP, "a.dmp")
    with pytest.raises(errors.CorruptBody, match="truncated"):
        open_container(packed[:-1], None, limits=Limits())


@pytest.mark.parametrize("name", PACK)
def test_limit_of_a_container_is_exact(name: str) -> None:
    data = DUMP + bytes(200_000 - len(DUMP))
    packed = PACK[name][0](data)
    assert open_container(packed, None, limits=Limits(max_attachment_bytes=len(data)))[0] == data
    with pytest.raises(errors.LimitExceeded) as refused:
        open_container(packed, None, limits=Limits(max_attachment_bytes=len(data) - 1))
    assert refused.value.maximum == len(data) - 1


@pytest.mark.parametrize("name", PACK)
def test_container_holds_its_file_once(name: str) -> None:
    data = DUMP + random.Random(1).randbytes(3000) * 1500
    packed = PACK[name][0](data)
    limits = Limits(max_attachment_bytes=len(data))
    open_container(packed, None, limits=limits)
    tracemalloc.start()
    try:
        assert len(open_container(packed, None, limits=limits)[0]) == len(data)
        # What xz refers back to, 8 MiB by its preset, is allocated where it can be seen.
        dictionary = 8 << 20 if name == "xz" else 0
        assert tracemalloc.get_traced_memory()[1] < len(data) + dictionary + (1 << 20)
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", ["bzip2", "xz"])
def test_streams_of_a_container_are_counted(name: str) -> None:
    empty = PACK[name][0](b"")
    assert open_container(empty * 10_000, None, limits=Limits())[0] == b""
    with pytest.raises(errors.CorruptBody, match="too many streams"):
        open_container(empty * 10_001, None, limits=Limits())


@given(st.sampled_from(sorted(PACK)), st.binary(min_size=6), st.integers(min_value=0, max_value=40))
def test_property_any_container_is_opened_or_refused(name: str, junk: bytes, keep: int) -> None:
    data = PACK[name][0](DUMP)[:keep] + junk
    try:
        open_container(data, "a", limits=Limits(max_attachment_bytes=10_000))
    except StoreError as error:
        assert isinstance(error, errors.CorruptBody | errors.LimitExceeded)  # noqa: PT017


FORMS: dict[str, tuple[list[tuple[str, str]], dict[str, Any]]] = {
    "JSON": ([("sentry", '{"release":"1","tags":{"a":1}}')], {"release": "1", "tags": {"a": 1}}),
    "JSON under a name": ([("sentry___app", '{"release":"1"}')], {"release": "1"}),
    "keys": ([("sentry[user][id]", "7"), ("sentry[release]", "1")], {"user": {"id": "7"}, "release": "1"}),
    "the first stays": ([("sentry[release]", "1"), ("sentry[release]", "2")], {"release": "1"}),
    "JSON before keys": ([("sentry[release]", "1"), ("sentry", '{"release":"2"}')], {"release": "2"}),
    "objects are merged": (
        [("sentry", '{"user":{"id":"1"}}'), ("sentry[user][name]", "n"), ("sentry[user][id]", "2")],
        {"user": {"id": "1", "name": "n"}},
    ),
    "a value is no object": ([("sentry[user]", "me"), ("sentry[user][id]", "7")], {"user": "me"}),
    "chunks": ([("sentry__2", '"1"}'), ("sentry__1", '{"release":')], {"release": "1"}),
    "ten chunks": (
        [(f"sentry__{index}", char) for index, char in enumerate('{"release":"' + "abc" + '"}')],
        {"release": "abc"},
    ),
    "others": ([("guid", "ab"), ("prod", "app")], {"extra": {"guid": "ab", "prod": "app"}}),
    "broken JSON": ([("sentry", "{nope")], {"extra": {"sentry": "{nope"}}),
    "JSON that is a list": ([("sentry", "[1]")], {"extra": {"sentry": "[1]"}}),
    "broken chunks": ([("sentry__1", "{"), ("sentry__x", "y")], {"extra": {"sentry__": "{", "sentry__x": "y"}}),
    "broken keys": ([("sentry[a", "1"), ("sentry[a]b]", "2")], {"extra": {"sentry[a": "1", "sentry[a]b]": "2"}}),
    "too many keys": ([("sentry" + "[a]" * 16, "1")], {"extra": {"sentry" + "[a]" * 16: "1"}}),
}


@pytest.mark.parametrize(("fields", "expected"), FORMS.values(), ids=FORMS)
def test_fields_of_a_form_are_merged(fields: list[tuple[str, str]], expected: dict[str, Any]) -> None:
    assert merge_form({}, fields, Limits())[0] == expected


def test_event_in_a_form_is_the_event() -> None:
    packed = msgspec.msgpack.encode({"event_id": "1" * 32, "release": "packed", "extra": {"a": 1}, "level": "error"})
    submission = sent(
        form(
            DUMP_PART,
            part("__sentry-event", packed, "__sentry-event"),
            part("sentry", b'{"release":"form","environment":"prod","extra":{"b":NaN}}'),
        )
    )
    event = event_of(submission)
    assert (event["event_id"], event["release"], event["environment"], event["level"]) == (
        "1" * 32,
        "packed",
        "prod",
        "error",
    )
    assert event["extra"] == {"a": 1, "b": "NaN"}
    assert [repair.kind for repair in submission.repairs] == ["nan"]


@pytest.mark.parametrize(
    "exception", [{"values": [{"type": "E"}]}, [{"type": "E"}], {"type": "E"}], ids=["values", "list", "one"]
)
@pytest.mark.parametrize("name", ["exception", "sentry.interfaces.Exception"])
def test_exceptions_stand_after_the_placeholder(name: str, exception: Any) -> None:
    event = event_of(sent(form(DUMP_PART, part("sentry", json.dumps({name: exception}).encode()))))
    assert [each["type"] for each in event["exception"]["values"]] == ["Minidump", "E"]


def crumbs(*messages: tuple[float | None, str]) -> bytes:
    return b"".join(
        msgspec.msgpack.encode({"message": message} | ({} if time is None else {"timestamp": time}))
        for time, message in messages
    )


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ([(None, "a")], [], ["a"]),
        ([], [(None, "a")], ["a"]),
        ([(None, "a")], [(None, "b"), (None, "c")], ["b", "c"]),
        ([(None, "n"), (5.0, "a")], [(6.0, "b")], ["a", "b"]),
        ([(6.0, "b")], [(None, "n"), (5.0, "a")], ["a", "b"]),
    ],
)
def test_breadcrumbs_of_two_files_are_put_in_order(first: Any, second: Any, expected: list[str]) -> None:
    body = form(
        DUMP_PART, part("__sentry-breadcrumb1", crumbs(*first), "1"), part("__sentry-breadcrumb2", crumbs(*second), "2")
    )
    assert [crumb["message"] for crumb in event_of(sent(body))["breadcrumbs"]["values"]] == expected


@pytest.mark.parametrize(
    "packed",
    [
        b"",
        b"\xc1",
        b"\x81",
        b"\x91" * 200_000 + b"\x90",
        b"\xdd\xff\xff\xff\xff",
        b"\x01",
        b"\xdf\x00\x00\x00\x01\x01",
        b"\xa1\xff",
    ],
)
def test_broken_packed_events_cost_themselves_alone(packed: bytes) -> None:
    body = form(DUMP_PART, part("__sentry-event", packed, "e"), part("__sentry-breadcrumb1", packed, "b"), part("a", b"b"))
    submission = sent(body)
    assert event_of(submission)["extra"] == {"a": "b"}
    assert len(submission.attachments) == 3


@given(
    st.lists(
        st.recursive(
            st.none()
            | st.booleans()
            | st.integers(-(2**63), 2**64 - 1)
            | st.floats(allow_nan=False)
            | st.text()
            | st.binary(max_size=300),
            lambda inner: st.lists(inner, max_size=20) | st.dictionaries(st.text(), inner, max_size=20),
            max_leaves=40,
        ),
        max_size=5,
    )
)
def test_property_ends_of_packed_values_are_found(values: list[Any]) -> None:
    from store_protocol.endpoints.native import _end_of_value

    data = b"".join(map(msgspec.msgpack.encode, values))
    position = 0
    for value in values:
        end = _end_of_value(data, position)
        assert end is not None and msgspec.msgpack.decode(data[position:end]) == value
        position = end
    assert position == len(data) and _end_of_value(data, position) is None


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


@given(
    st.lists(
        st.tuples(st.text("abc[]_sentry", max_size=12), st.binary(max_size=30), st.none() | st.text("ab.", max_size=5))
    )
)
def test_property_parts_come_out_as_they_went_in(parts: list[tuple[str, bytes, str | None]]) -> None:
    usable = [(name, data, filename) for name, data, filename in parts if b"--xyz" not in data]
    if usable:
        found = parse_multipart(
            form(*(part(name, data, filename) for name, data, filename in usable)), "xyz", limits=Limits()
        )
        assert [(each.name, each.data, each.filename) for each in found] == usable


def test_minidump_in_an_envelope_makes_the_event_native() -> None:
    header = json.dumps({"type": "attachment", "attachment_type": "event.minidump", "length": len(DUMP), "filename": "a"})
    body = b'{}\n{"type":"event"}\n{"release":"1"}\n' + header.encode() + b"\n" + DUMP
    submission = decode_request(HttpRequest("POST", TARGET.replace("minidump", "envelope"), [], body), now=NOW)
    event = event_of(submission)
    assert (event["platform"], event["release"], event["timestamp"]) == ("native", "1", STAMP)
    alone = decode_request(
        HttpRequest("POST", TARGET.replace("minidump", "envelope"), [], b"{}\n" + header.encode() + b"\n" + DUMP), now=NOW
    )
    assert event_of(alone)["exception"]["values"][0]["type"] == "Minidump"
