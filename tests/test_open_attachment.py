"""Attachments that go into files as they come: what comes of a request is the same as in memory, and files are closed."""

import asyncio
import gzip
import io
import json
import lzma
import random
import threading
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store_protocol import (
    Attachment,
    AttachmentHead,
    HttpRequest,
    Limits,
    RateLimit,
    RequestDecoder,
    StoreError,
    Submission,
    decode_request,
    errors,
    forward,
    read_request,
)
from store_protocol.asgi import StoreApp as AsgiApp
from store_protocol.body import decoder as body_decoder
from store_protocol.wsgi import StoreApp as WsgiApp
from tests.endpoints.test_minidump import DUMP, DUMP_PART, form, part
from tests.test_apps import call_asgi, call_wsgi

EVENT = b'{"event_id":"%s","message":"hello"}' % (b"1" * 32)
PRETTY = b'{\n  "message": "hello",\n  "extra": {"a": "\xc3\xa9"}\n}'


def item(kind: str, data: bytes, length: Any = ..., **headers: Any) -> bytes:
    told = {"type": kind, **headers}
    if length is not None:
        told["length"] = len(data) if length is ... else length
    return json.dumps(told).encode() + b"\n" + data + b"\n"


def file(data: bytes, length: Any = ..., **headers: Any) -> bytes:
    return item("attachment", data, length, filename="a.bin", **headers)


HEADERS = b'{"event_id":"%s"}\n' % (b"2" * 32)
PACKED = msgspec.msgpack.encode({"release": "packed"})
INNER = (
    b'--in\r\nContent-Disposition: form-data; name="upload_file_minidump"; filename="b"\r\n\r\n' + DUMP + b"\r\n--in--\r\n"
)
ENVELOPES = {
    "ordinary": HEADERS + item("event", EVENT) + file(b"some\nbytes") + item("session", b'{"started":5}'),
    "file first": HEADERS + file(b"x" * 40) + item("event", EVENT, None) + file(b"y"),
    "no length": HEADERS + file(b"a line", None) + file(b"", None) + item("event", EVENT),
    "no line at the end": (HEADERS + item("event", EVENT) + file(b"bytes"))[:-1],
    "other line ends": HEADERS + file(b"ab\r\n\r\n") + b"\r\n \t" + file(b"c\r")[:-1] + b"\r\n" + item("event", EVENT),
    "nothing in it": HEADERS + file(b"") + file(b""),
    "a minidump": HEADERS + file(DUMP, attachment_type="event.minidump") + item("event", EVENT),
    "a minidump alone": HEADERS + file(DUMP + bytes(99), attachment_type="event.minidump"),
    "packed": HEADERS + file(PACKED, attachment_type="event.payload") + file(b"z"),
    "pretty event": HEADERS + item("event", PRETTY) + file(b"1"),
    "pretty event of no length": HEADERS + item("event", PRETTY, None) + file(b"1"),
    "characters for bytes": HEADERS + item("event", PRETTY, len(PRETTY) - 1) + file(b"1") + item("event", EVENT, 3),
    "length by chance of another item": HEADERS + item("session", b'{\n"started": 5,\n"errors": 1}', 14) + file(b"1"),
    "length by chance": HEADERS + item("event", PRETTY, PRETTY.index(b",\n") + 1) + file(b"1"),
    "length over the next": HEADERS + item("event", EVENT, len(EVENT) + 1 + len(file(b"12")) - 1) + file(b"12"),
    "wrong length": HEADERS + file(b"12345\n6789", 7) + item("event", EVENT),
    "wrong length of one line": HEADERS + file(b"123456789", 5) + item("event", EVENT),
    "too long": HEADERS + item("event", EVENT) + file(b"12345", 99999),
    "no number": HEADERS + file(b"1") + file(b"12345", "many") + item("event", EVENT),
    "negative": HEADERS + file(b"1") + file(b"12345", -1),
    "no type": HEADERS + file(b"1") + b'{"length":3}\nabc\n{"type":["a"],"length":2}\nab\n' + file(b"2"),
    "reserved": HEADERS + file(b"1") + item("integration", b"abc") + item("no such", b"1\n2") + file(b"2"),
    "broken headers": HEADERS + file(b"1") + b"{nope\n" + file(b"2"),
    "headers of lines": b'{\n"event_id":\n"%s"}  \n{"type":\n"attachment",\n"length": 3}\nabc\n' % (b"2" * 32) + file(b"2"),
    "headers to be repaired": b'{\'a\': NaN}\n{"type":"attachment","a":NaN,"length":1}\na\n' + item("event", EVENT),
    "reports": HEADERS + item("raw_security", b'{"csp-report":{"document-uri":"https://a.example/"}}') + file(b"1"),
    "recordings": HEADERS
    + item("replay_recording", b'{"segment_id":0}\n\x78\x9c')
    + item("replay_video", b"a\n")
    + file(b"1"),
    "meta length": HEADERS + item("profile_chunk", b'{"a":1}\0\1\n', meta_length=7) + item("event", EVENT, meta_length=3),
    "event in its place": EVENT,
    "event of lines": PRETTY,
    "headers alone": HEADERS + b"\n \n",
    "no envelope": b"nonsense\n" + file(b"1"),
    "blanks": b"\n \n" + HEADERS + b"\n\n" + file(b"1") + b"\n\n\n",
    "many": HEADERS + b"".join(file(bytes([65 + index])) for index in range(6)) + item("event", EVENT),
    "text that is no UTF-8": HEADERS
    + item("event", b'{"message":"\xff\xc3"}')
    + item("event", b'{"message":"\xf0\x9f')
    + file(b"1"),
}
FORMS = {
    "dump": form(DUMP_PART, part("log", b"some\r\n--xy log", "log.txt", "text/plain"), part("sentry", b'{"release":"1"}')),
    "dump last": form(part("a", b"1" * 30, "a"), part("note", b"\xff"), part("b", b"", "b"), DUMP_PART),
    "dump in a container": form(part("upload_file_minidump", gzip.compress(DUMP), "a.dmp.gz"), part("a", b"1", "a")),
    "dump in xz": form(part("upload_file_minidump", lzma.compress(DUMP * 20), "a.xz")),
    "dump that is none": form(part("upload_file_minidump", b"hello", "a.dmp")),
    "broken container": form(part("upload_file_minidump", gzip.compress(DUMP)[:-5], "a.gz"), part("a", b"1", "a")),
    "form in a form": form(part("upload_file_minidump", INNER, "a.dmp"), part("a", b"1", "a")),
    "form in a form without a dump": form(part("upload_file_minidump", INNER.replace(b"upload", b"other"), "a.dmp")),
    "broken form in a form": form(part("upload_file_minidump", INNER[:-9], "a.dmp")),
    "two dumps": form(DUMP_PART, part("upload_file_minidump", b"hello", "b"), part("upload_file_minidump", DUMP, "c")),
    "packed": form(DUMP_PART, part("__sentry-event", PACKED, "e"), part("view-hierarchy.json", b"{}", "v")),
    "no dump": form(part("a", b"1", "a")),
    "no end": form(DUMP_PART)[:-6],
    "junk after": form(DUMP_PART) + b"junk\r\n--xyz",
    "blanks before": b"\r\n\r\n" + form(DUMP_PART, part("a", b"1", "a")),
    "many": form(DUMP_PART, *(part(f"f{index}", bytes([65 + index]), "f") for index in range(6))),
}
RAW = {"dump": DUMP + bytes(30), "gzip": gzip.compress(DUMP * 9), "none": b"hello", "cut": gzip.compress(DUMP)[:-3]}
MULTIPART = ("Content-Type", "multipart/form-data; boundary=xyz")
UPLOADS = {
    "files": form(part("a", b"1", "a.txt", "text/plain"), part("note", b"n"), part("b", b"2" * 40, "b.txt")),
    "no file": form(part("note", b"n")),
}
#: By name: where it is sent, its headers, and its body.
BODIES: dict[str, tuple[str, list[tuple[str, str]], bytes]] = {
    **{f"envelope: {name}": ("/api/1/envelope/", [], body) for name, body in ENVELOPES.items()},
    **{f"form: {name}": ("/api/1/minidump/", [MULTIPART], body) for name, body in FORMS.items()},
    **{f"form of no type: {name}": ("/api/1/minidump/", [], body) for name, body in FORMS.items() if "before" in name},
    **{f"raw: {name}": ("/api/1/minidump/", [], body) for name, body in RAW.items()},
    **{f"upload: {name}": (f"/api/1/events/{'3' * 32}/attachments/", [MULTIPART], body) for name, body in UPLOADS.items()},
    "store: an envelope": ("/api/1/store/", [], ENVELOPES["ordinary"]),
}
CASES = pytest.mark.parametrize("case", BODIES.values(), ids=BODIES)


class File(io.BytesIO):
    """A file that can be read once it is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.bytes = b""

    def close(self) -> None:
        if not self.closed:
            self.bytes = self.getvalue()
        super().close()


class Files:
    def __init__(self, keep: Callable[[AttachmentHead], bool] = lambda _: True) -> None:
        self.heads: list[AttachmentHead] = []
        self.files: list[File] = []
        self._keep = keep

    def __call__(self, head: AttachmentHead) -> File | None:
        self.heads.append(head)
        if not self._keep(head):
            return None
        self.files.append(File())
        return self.files[-1]

    @property
    def are_closed(self) -> bool:
        return all(each.closed for each in self.files)


def in_memory(submission: Submission) -> Submission:
    """Return a submission with what its files hold in memory."""
    attachments = []
    for each in submission.attachments:
        data = each.data
        if each.file is not None:
            assert not each.data and isinstance(each.file, File) and not each.file.closed
            data = each.file.getvalue()
            assert each.bytes_in_file == each.size == len(data)
        attachments.append(Attachment(each.name, each.filename, each.content_type, data, each.attachment_type))
    envelope, bytes_of = submission.envelope, iter(attachments)
    if envelope is not None:
        items = tuple(
            msgspec.structs.replace(each, data=next(bytes_of).data) if each.type == "attachment" else each
            for each in envelope.items
        )
        envelope = msgspec.structs.replace(envelope, items=items)
    return msgspec.structs.replace(submission, attachments=tuple(attachments), envelope=envelope)


OPTIONS: dict[str, Any] = {"now": 1.7e9, "new_event_id": lambda: "f" * 32}


def outcome_of(submit: Callable[[], Submission]) -> Any:
    try:
        return in_memory(submit())
    except StoreError as error:
        return type(error), str(error), getattr(error, "limit", None), error.response()


def whole(target: str, headers: Any, body: bytes, **options: Any) -> Any:
    return outcome_of(lambda: decode_request(HttpRequest("POST", f"{target}?sentry_key=a", headers, body), **options))


def pieces_of(body: bytes, cuts: list[int]) -> Iterator[bytes]:
    start = 0
    for cut in cuts:
        yield body[start : start + cut]
        start += cut
    yield body[start:]


def in_pieces(target: str, headers: Any, pieces: Any, **options: Any) -> Any:
    """Return what comes of a body in pieces, none of which is kept until its end."""

    def submit() -> Submission:
        with mock.patch.object(body_decoder, "AT_ONCE", -1):
            decoder = RequestDecoder(HttpRequest("POST", f"{target}?sentry_key=a", headers), **options)
            for piece in pieces:
                decoder.feed(piece)
            return decoder.finish()

    return outcome_of(submit)


def one_by_one(body: bytes) -> Iterator[bytes]:
    return (body[index : index + 1] for index in range(len(body)))


@CASES
@pytest.mark.parametrize("files", [True, False], ids=["files", "memory"])
def test_what_comes_in_pieces_is_what_comes_as_a_whole(case: tuple[str, Any, bytes], files: bool) -> None:
    target, headers, body = case
    expected = whole(target, headers, body, **OPTIONS)
    opened = Files()
    options = OPTIONS | {"open_attachment": opened} if files else OPTIONS
    assert whole(target, headers, body, **options) == expected
    assert in_pieces(target, headers, one_by_one(body), **options) == expected
    for size in (2, 7, 64, 1000):
        pieces = [body[start : start + size] for start in range(0, len(body), size)]
        assert in_pieces(target, headers, pieces, **options) == expected
    # What was refused is closed, and what was taken is the caller's.
    if not isinstance(expected, Submission):
        assert opened.are_closed


@CASES
def test_what_is_cut_anywhere_comes_to_the_same(case: tuple[str, Any, bytes]) -> None:
    target, headers, body = case
    rng = random.Random(1)
    for end in range(len(body)):
        cut = body[:end]
        expected = whole(target, headers, cut, **OPTIONS)
        cuts = [rng.randrange(1, 40) for _ in range(len(cut) // 20)]
        opened = Files()
        found = in_pieces(target, headers, pieces_of(cut, cuts), **OPTIONS, open_attachment=opened)
        assert found == expected
        kept = len(found.attachments) if isinstance(found, Submission) else 0
        assert sum(not each.closed for each in opened.files) <= kept


@pytest.mark.parametrize("junk", [b"\0", b"{}", b"junk\n", b'{"type":"attachment","length":5}\nab'])
@CASES
def test_junk_behind_comes_to_the_same(case: tuple[str, Any, bytes], junk: bytes) -> None:
    target, headers, body = case
    expected = whole(target, headers, body + junk, **OPTIONS)
    assert in_pieces(target, headers, one_by_one(body + junk), **OPTIONS, open_attachment=Files()) == expected


LIMITS = {
    "max_attachment_bytes=5": Limits(max_attachment_bytes=5),
    "max_attachment_bytes=40": Limits(max_attachment_bytes=40),
    "max_attachments_bytes=10": Limits(max_attachments_bytes=10),
    "max_attachments_bytes=len(DUMP) + 2": Limits(max_attachments_bytes=len(DUMP) + 2),
    "max_attachments=1": Limits(max_attachments=1),
    "max_attachments=3": Limits(max_attachments=3),
    "max_attachments=0": Limits(max_attachments=0),
    "max_items=2": Limits(max_items=2),
    "max_envelope_bytes=150": Limits(max_envelope_bytes=150),
    "max_envelope_header_bytes=40": Limits(max_envelope_header_bytes=40),
    "max_envelope_header_bytes=70": Limits(max_envelope_header_bytes=70),
    "max_envelope_headers_bytes=150": Limits(max_envelope_headers_bytes=150),
    "max_event_bytes=40": Limits(max_event_bytes=40),
    "max_form_parts=2": Limits(max_form_parts=2),
    "max_replay_bytes=10": Limits(max_replay_bytes=10),
}


@CASES
@pytest.mark.parametrize("limits", LIMITS.values(), ids=LIMITS)
def test_limits_hold_while_files_are_written(case: tuple[str, Any, bytes], limits: Limits) -> None:
    target, headers, body = case
    expected = whole(target, headers, body, **OPTIONS, limits=limits)
    opened = Files()
    assert in_pieces(target, headers, one_by_one(body), **OPTIONS, limits=limits, open_attachment=opened) == expected
    # No more is written than an attachment may have.
    assert all(len(each.bytes if each.closed else each.getvalue()) <= limits.max_attachment_bytes for each in opened.files)
    assert sum(not each.closed for each in opened.files) <= limits.max_attachments


@settings(deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [item("event", EVENT), item("event", PRETTY), item("session", b"{}", None), item("event", PRETTY, 5)]
        )
        | st.builds(file, st.binary(max_size=50), st.sampled_from([..., None, 3, 10_000, "a"]))
        | st.sampled_from([file(DUMP, attachment_type="event.minidump"), b"\n", b"{", b'{"type":"x"}\n']),
        max_size=8,
    ),
    st.lists(st.integers(0, 60), max_size=12),
    st.sampled_from([Limits(), *LIMITS.values()]),
    st.sampled_from([bytes, gzip.compress]),
    st.booleans(),
)
def test_property_envelopes_come_to_the_same(
    parts: list[bytes], cuts: list[int], limits: Limits, pack: Callable[[bytes], bytes], keeps: bool
) -> None:
    body = pack(HEADERS + b"".join(parts))
    expected = whole("/api/1/envelope/", [], body, **OPTIONS, limits=limits)
    files = Files(lambda head: keeps or head.attachment_type == "event.minidump")
    options = OPTIONS | {"limits": limits, "open_attachment": files}
    assert in_pieces("/api/1/envelope/", [], pieces_of(body, cuts), **options) == expected


def test_head_of_an_attachment_comes_before_its_bytes() -> None:
    files = Files()
    request = HttpRequest("POST", "/api/7/envelope/?sentry_key=a", [("X-A", "b")])
    with mock.patch.object(body_decoder, "AT_ONCE", -1):
        decoder = RequestDecoder(request, open_attachment=files)
        decoder.feed(HEADERS + file(b"12345", attachment_type="event.view_hierarchy", content_type="text/plain")[:-4])
    (head,) = files.heads
    assert (head.name, head.filename, head.content_type, head.attachment_type, head.length) == (
        *("a.bin", "a.bin", "text/plain", "event.view_hierarchy", 5),
    )
    assert head.request == decoder.head and head.request.project_id == "7"
    assert files.files[0].getvalue() == b"12"
    decoder.close()
    decoder.close()
    assert files.are_closed


def test_parts_of_an_event_are_no_files() -> None:
    files = Files()
    target, headers, body = BODIES["form: packed"]
    submission = decode_request(HttpRequest("POST", f"{target}?sentry_key=a", headers, body), open_attachment=files)
    assert [head.attachment_type for head in files.heads] == ["event.minidump", "event.view_hierarchy"]
    assert submission.event is not None and submission.event.release == "packed"


def test_dump_is_read_though_it_is_in_a_file() -> None:
    target, headers, body = BODIES["envelope: a minidump"]
    submission = read_request(HttpRequest("POST", f"{target}?sentry_key=a", headers, body), open_attachment=Files())
    (attachment,) = submission.attachments
    assert attachment.file is not None and b"Minidump" in submission.payloads[0]
    assert submission.quantities == {"attachment": len(DUMP), "attachment_item": 1}


def test_file_in_a_container_has_its_own_name() -> None:
    files = Files()
    target, headers, body = BODIES["form: dump in a container"]
    decode_request(HttpRequest("POST", f"{target}?sentry_key=a", headers, body), open_attachment=files)
    assert [(head.filename, head.length) for head in files.heads] == [("a.dmp", None), ("a", None)]


def test_nothing_is_opened_for_what_is_no_dump() -> None:
    files = Files()
    for name in ("form: dump that is none", "raw: none"):
        target, headers, body = BODIES[name]
        assert isinstance(whole(target, headers, body, open_attachment=files)[0], type)
    assert files.heads == []


def test_what_is_in_a_file_is_not_passed_on_unawares() -> None:
    target, headers, body = BODIES["envelope: ordinary"]
    submission = decode_request(HttpRequest("POST", f"{target}?sentry_key=a", headers, body), open_attachment=Files())
    with pytest.raises(ValueError, match="in a file"):
        forward(submission, "https://b@example.com/2")
    (each,) = submission.attachments
    data = msgspec.structs.replace(each, data=each.file.getvalue(), file=None)
    assert (
        b"some\nbytes" in forward(msgspec.structs.replace(submission, attachments=(data,)), "https://b@example.com/2").body
    )


class Unbuffered:
    """Takes three bytes at a time, as a file without a buffer may."""

    def __init__(self) -> None:
        self.data = b""

    def write(self, data: bytes) -> int:
        self.data += data[:3]
        return len(data[:3])

    def close(self) -> None:
        pass


def test_file_may_take_a_part_of_what_is_written() -> None:
    raw = Unbuffered()
    target, headers, body = BODIES["envelope: ordinary"]
    decode_request(HttpRequest("POST", f"{target}?sentry_key=a", headers, body), open_attachment=lambda _: raw)
    assert raw.data == b"some\nbytes"


class Full(Exception):
    pass


class FullFile(File):
    def __init__(self, error: Exception, at: str) -> None:
        super().__init__()
        self.error, self.at = error, at

    def write(self, data: Any) -> int:
        if self.at == "write":
            raise self.error
        return 0 if self.at == "nothing" else super().write(data)

    def close(self) -> None:
        super().close()
        if self.at == "close":
            raise self.error


def failing(error: Exception, at: str) -> tuple[Any, list[File]]:
    opened: list[File] = []

    def open_attachment(head: AttachmentHead) -> File:
        if at == "open" and opened:
            raise error
        opened.append(FullFile(error, at) if opened else File())
        return opened[-1]

    return open_attachment, opened


TWO = HEADERS + item("event", EVENT) + file(b"first") + file(b"second") + file(b"third", 99)


@pytest.mark.parametrize("at", ["open", "write", "nothing", "close"])
@pytest.mark.parametrize(
    "error", [Full("disk"), errors.RateLimited("no", retry_after=5), errors.LimitExceeded("a", limit="b", maximum=1)]
)
@pytest.mark.parametrize("pieces", [True, False])
@pytest.mark.parametrize("is_form", [True, False])
def test_what_the_caller_raises_is_raised_as_it_is(at: str, error: Exception, pieces: bool, is_form: bool) -> None:
    target, body = "/api/1/envelope/?sentry_key=a", TWO if pieces else TWO[: -len(file(b"third", 99))]
    if is_form:
        target, body = "/api/1/minidump/?sentry_key=a", form(part("a", b"1", "a"), DUMP_PART, part("b", b"2", "b"))
    open_attachment, opened = failing(error, at)
    expected: Any = OSError if at == "nothing" else type(error)

    def submit() -> None:
        decoder = RequestDecoder(
            HttpRequest("POST", target, [MULTIPART] if is_form else []), open_attachment=open_attachment
        )
        decoder.feed(body)
        decoder.finish()
        # What can't be closed is told by whoever closes it.
        decoder.close()

    def submit_whole() -> None:
        request = HttpRequest("POST", target, [MULTIPART] if is_form else [], body)
        for each in decode_request(request, open_attachment=open_attachment).attachments:
            each.file.close()

    with pytest.raises(expected) as raised, mock.patch.object(body_decoder, "AT_ONCE", -1):
        (submit if pieces else submit_whole)()
    if at != "nothing":
        assert raised.value is error
    # Of a whole request the files that were opened are the caller's to close.
    assert (at == "close" and not pieces) or all(each.closed for each in opened)


def test_what_is_no_file_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(TypeError, match="a file or None, not str"):
        decode_request(
            HttpRequest("POST", "/api/1/envelope/?sentry_key=a", [], TWO),
            open_attachment=lambda _: "a.bin",  # type: ignore[arg-type,return-value]
        )


def test_caller_keeps_the_cause_of_an_error() -> None:
    def open_attachment(head: AttachmentHead) -> File:
        raise Full("disk") from KeyError("a")

    with pytest.raises(Full) as raised:
        decode_request(HttpRequest("POST", "/api/1/envelope/?sentry_key=a", [], TWO), open_attachment=open_attachment)
    assert isinstance(raised.value.__cause__, KeyError)


@pytest.mark.parametrize("call", [call_asgi, call_wsgi], ids=["asgi", "wsgi"])
class TestApps:
    path = "/api/1/envelope/"
    LARGE = HEADERS + item("event", EVENT) + file(b"x" * 200_000) + file(b"y" * 100_000)
    CUT = tuple(pieces_of(LARGE, [30_000] * 10))

    def app(self, call: Any, *arguments: Any, **options: Any) -> Any:
        return (AsgiApp if call is call_asgi else WsgiApp)(*arguments, **options)

    def test_files_are_open_while_the_submission_is_taken(self, call: Any) -> None:
        files, taken = Files(), []

        def take(submission: Submission) -> None:
            taken.append([(each.size, each.file.getvalue()[:1], each.file.closed) for each in submission.attachments])

        app = self.app(call, take, open_attachment=files)
        for chunks in (self.CUT, (self.LARGE,), (TWO,)):
            assert call(app, path=self.path, chunks=chunks)[0] == 200
        assert taken[:2] == [[(200_000, b"x", False), (100_000, b"y", False)]] * 2
        assert taken[2] == [(5, b"f", False), (6, b"s", False)]
        assert files.are_closed

    @pytest.mark.parametrize("at", ["open", "write", "close"])
    def test_errors_of_the_caller_refuse_the_request(self, call: Any, at: str) -> None:
        open_attachment, opened = failing(errors.RateLimited("no room", retry_after=5), at)
        app = self.app(call, lambda _: None, open_attachment=open_attachment)
        assert call(app, path=self.path, chunks=self.CUT)[0] == 429
        assert opened and all(each.closed for each in opened)
        open_attachment, opened = failing(Full("disk"), at)
        with pytest.raises(Full):
            call(self.app(call, lambda _: None, open_attachment=open_attachment), path=self.path, chunks=self.CUT)
        assert opened and all(each.closed for each in opened)

    def test_files_are_closed_whatever_becomes_of_the_request(self, call: Any) -> None:
        files = Files()

        def fail(submission: Submission) -> None:
            raise Full

        with pytest.raises(Full):
            call(self.app(call, fail, open_attachment=files), path=self.path, chunks=self.CUT)
        assert len(files.files) == 2 and files.are_closed
        # The client goes away.
        app = self.app(call, fail, open_attachment=files)
        found = call(app, path=self.path, chunks=(*self.CUT[:5], None))
        assert (found is None or found[0] == 400) and len(files.files) == 3 and files.are_closed
        # A broken body, a limit.
        packed = gzip.compress(self.LARGE + random.Random(1).randbytes(300_000), 1)[:-300]
        chunks = [packed[start : start + 10_000] for start in range(0, len(packed), 10_000)]
        assert call(app, path=self.path, chunks=chunks)[0] == 400 and len(files.files) == 5 and files.are_closed
        app = self.app(call, fail, open_attachment=files, limits=Limits(max_envelope_bytes=150_000))
        assert call(app, path=self.path, chunks=self.CUT)[0] == 413 and len(files.files) >= 5 and files.are_closed
        # Rate limits.
        app = self.app(call, lambda _: None, open_attachment=files, rate_limits=[RateLimit(60)])
        assert call(app, path=self.path, chunks=self.CUT)[0] == 429 and files.are_closed

    def test_what_is_in_files_is_not_in_flight(self, call: Any) -> None:
        files = Files()
        app = self.app(call, lambda _: None, open_attachment=files, max_bytes_in_flight=100_000)
        length = [(b"content-length", str(len(self.LARGE)).encode())] if call is call_asgi else []
        assert call(app, path=self.path, chunks=self.CUT, headers=length)[0] == 200
        app = self.app(call, lambda _: None, max_bytes_in_flight=100_000)
        assert call(app, path=self.path, chunks=self.CUT, headers=length)[0] == 503
        app = self.app(call, lambda _: None, open_attachment=lambda _: None, max_bytes_in_flight=100_000)
        assert call(app, path=self.path, chunks=self.CUT, headers=length)[0] == 503

    def test_submissions_may_be_left_as_they_are(self, call: Any) -> None:
        taken: list[Submission] = []
        assert call(self.app(call, taken.append, normalize=False), path=self.path, chunks=(TWO,))[0] == 200
        assert (taken[0].events, taken[0].payloads) == ((), (EVENT,))


def test_loop_neither_opens_files_nor_writes_to_them() -> None:
    threads: set[int] = set()

    class Watched(File):
        def write(self, data: Any) -> int:
            threads.add(threading.get_ident())
            return super().write(data)

    def open_attachment(head: AttachmentHead) -> File:
        threads.add(threading.get_ident())
        return Watched()

    app = AsgiApp(lambda _: None, open_attachment=open_attachment)
    for target, headers, body in (BODIES["envelope: ordinary"], BODIES["form: dump"], BODIES["upload: files"]):
        pairs = [(name.lower().encode(), value.encode()) for name, value in headers]
        assert call_asgi(app, path=target, headers=pairs, chunks=(body,))[0] < 300  # type: ignore[index]
    assert call_asgi(app, path="/api/1/envelope/", chunks=TestApps.CUT)[0] == 200  # type: ignore[index]
    assert threads and threading.get_ident() not in threads


def test_request_that_is_cancelled_closes_its_files() -> None:
    writing, go_on = threading.Event(), threading.Event()

    class Slow(File):
        def write(self, data: Any) -> int:
            writing.set()
            go_on.wait(10)
            return super().write(data)

    opened: list[File] = []

    def open_attachment(head: AttachmentHead) -> File:
        opened.append(Slow())
        return opened[-1]

    app = AsgiApp(lambda _: None, open_attachment=open_attachment)
    chunks = iter(TestApps.CUT)

    async def receive() -> Any:
        return {"type": "http.request", "body": next(chunks), "more_body": True}

    async def send(message: Any) -> None:
        raise AssertionError

    async def run() -> None:
        scope = {
            "type": "http",
            "method": "POST",
            "path": "/api/1/envelope/",
            "query_string": b"sentry_key=a",
            "headers": [],
        }
        task = asyncio.create_task(app(scope, receive, send))
        await asyncio.to_thread(writing.wait)
        task.cancel()
        asyncio.get_running_loop().run_in_executor(None, go_on.set)
        with pytest.raises(asyncio.CancelledError):
            await task
        assert opened[0].closed

    asyncio.run(run())
