"""Events that were serialized twice: a JSON string that holds the text of the event."""

import gzip
import json
from typing import Any

import pytest

from store_protocol import HttpRequest, RequestDecoder, Submission, decode_request, encode_event, errors, normalize_event
from tests.endpoints.test_envelope import envelope

EVENT = {"message": "a \u00e9 \n b", "extra": {"a": [1, "x"]}, "level": "info"}


def sent(body: bytes, target: str = "/api/1/store/", headers: Any = ()) -> Submission:
    request = HttpRequest("POST", f"{target}?sentry_key=a", headers, body)
    return decode_request(request, now=1795392000, new_event_id=lambda: "f" * 32)


def twice(event: Any = EVENT) -> bytes:
    return json.dumps(json.dumps(event)).encode()


def kinds(submission: Submission) -> list[str]:
    return [repair.kind for repair in submission.repairs]


@pytest.mark.parametrize(
    ("body", "more"),
    [
        (twice(), []),
        (b" \n" + twice() + b"\n", []),
        (json.dumps(" \r\n" + json.dumps(EVENT)).encode(), []),
        (json.dumps(json.dumps(EVENT, ensure_ascii=False), ensure_ascii=False).encode(), []),
        (json.dumps(json.dumps(EVENT, indent=1)).encode(), []),
        (gzip.compress(twice()), []),
        (twice().decode().encode("utf-16"), ["charset"]),
        (b"\xef\xbb\xbf" + twice(), ["bom"]),
    ],
)
def test_event_that_was_serialized_twice_is_read(body: bytes, more: list[str]) -> None:
    found = sent(body)
    assert kinds(found) == [*more, "json_string"]
    assert found.event is not None
    assert encode_event(found.event) == encode_event(sent(json.dumps(EVENT).encode()).event)  # type: ignore[arg-type]


def test_what_is_wrong_within_is_repaired_and_listed() -> None:
    found = sent(json.dumps('{"extra": {"a": NaN, "b": 18446744073709551616, "c": "x\ny\\q"}}').encode())
    assert kinds(found) == ["json_string", "nan", "big_integer", "control_character", "escape"]
    assert found.event is not None and found.event.extra == {"a": "NaN", "b": "18446744073709551616", "c": "x\ny\\q"}
    assert [repair.path for repair in found.repairs[1:]] == ["$.extra.a", "$.extra.b", "$.extra.c", "$.extra.c"]


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b'"hello"', errors.NotAnObject),
        (b'""', errors.NotAnObject),
        (json.dumps("[1]").encode(), errors.NotAnObject),
        (json.dumps(twice().decode()).encode(), errors.NotAnObject),
        (json.dumps('{"message": ').encode(), errors.InvalidJson),
        (json.dumps('{"message": "a"}{}').encode(), errors.InvalidJson),
        (json.dumps('{"a":' * 200 + "1" + "}" * 200).encode(), errors.TooDeep),
        (b"[" + twice() + b"]", errors.NotAnObject),
    ],
)
def test_what_holds_no_event_is_refused(body: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        sent(body)
    decoder = RequestDecoder(HttpRequest("POST", "/api/1/store/?sentry_key=a", []))
    for start in range(len(body)):
        decoder.feed(body[start : start + 1])
    with pytest.raises(error):
        decoder.finish()


def test_items_and_fields_may_hold_such_events_too() -> None:
    crash = ({"type": "attachment", "attachment_type": "event.minidump"}, b"MDMP")
    for items in ([({"type": "event"}, twice())], [({"type": "event"}, twice()), crash]):
        found = sent(envelope({}, *items), "/api/1/envelope/")
        assert found.event is not None and found.event.extra == EVENT["extra"]
        assert kinds(found) == ["json_string"]
    part = b'--x\r\nContent-Disposition: form-data; name="%b"%b\r\n\r\n%b\r\n'
    dump = part % (b"upload_file_minidump", b'; filename="a"', b"MDMP")
    found = sent(part % (b"sentry", b"", twice()) + dump + b"--x--\r\n", "/api/1/minidump/")
    assert found.event is not None and found.event.extra == EVENT["extra"]
    assert kinds(found) == ["json_string"]


def test_normalizer_takes_a_string_for_no_event_as_relays_does() -> None:
    assert normalize_event(twice()).extra is None
