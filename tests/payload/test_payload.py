"""JSON text: what is taken as it is, what is repaired and said to be, and what is refused, at which byte."""

import json
import math
import random
from typing import Any
from unittest import mock

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from store_protocol import payload
from store_protocol.errors import InvalidJson, PayloadError, TooDeep
from store_protocol.limits import Limits
from store_protocol.payload import MAX_REPAIRS, PLAIN_DEPTH, big_integers, parse_payload, read_payload
from store_protocol.payload import repairer as reading
from store_protocol.payload.big_integers import quote_integers, repair_integers
from store_protocol.payload.bulk import is_deep
from store_protocol.payload.charsets import DecodedText, to_utf8
from store_protocol.payload.repairer import repair
from store_protocol.payload.strings import repair_string, without_lone_surrogates
from store_protocol.payload.surrogates import repair_surrogates

REPLACED = "\N{REPLACEMENT CHARACTER}"


def repairs(body: bytes | str, charset: str | None = None) -> list[tuple[str, str, int, str | None]]:
    return [
        (repair.kind, repair.path, repair.offset, repair.text) for repair in read_payload(body, charset=charset).repairs
    ]


@pytest.mark.parametrize(
    ("body", "value", "expected"),
    [
        (b'{"a":NaN}', {"a": "NaN"}, [("nan", "$.a", 5, "NaN")]),
        (b'{"a":-NaN}', {"a": "-NaN"}, [("nan", "$.a", 5, "-NaN")]),
        (b"[Infinity]", ["Infinity"], [("infinity", "$[0]", 1, "Infinity")]),
        (b"[1, -Infinity]", [1, "-Infinity"], [("infinity", "$[1]", 4, "-Infinity")]),
        (b"NaN", "NaN", [("nan", "$", 0, "NaN")]),
        (b'{"a":1e999}', {"a": "1e999"}, [("number_range", "$.a", 5, "1e999")]),
        (b'{"a":-1.5E400 }', {"a": "-1.5E400"}, [("number_range", "$.a", 5, "-1.5E400")]),
        (b'{"a":18446744073709551616}', {"a": "18446744073709551616"}, [("big_integer", "$.a", 5, "18446744073709551616")]),
        (b'{"a":-9223372036854775809}', {"a": "-9223372036854775809"}, [("big_integer", "$.a", 5, "-9223372036854775809")]),
        (b'{"a":18446744073709551615}', {"a": 18446744073709551615}, []),
        (b'{"a":-9223372036854775808}', {"a": -9223372036854775808}, []),
        (b'{"a":0.12345678901234567890123}', {"a": 0.12345678901234568}, []),
        (b'{"a":9007199254740991.0}', {"a": 9007199254740991.0}, []),
        (rb'{"a":"x\ud800y"}', {"a": f"x{REPLACED}y"}, [("surrogate", "$.a", 7, r"\ud800")]),
        (rb'{"a":"\uDC00\ud83d\ude00"}', {"a": f"{REPLACED}\U0001f600"}, [("surrogate", "$.a", 6, r"\uDC00")]),
        (rb'{"a":"\ud83d\ud83d\ude00"}', {"a": f"{REPLACED}\U0001f600"}, [("surrogate", "$.a", 6, r"\ud83d")]),
        (rb'{"a":"\\ud800"}', {"a": r"\ud800"}, []),
        (rb'{"k\ud800":1}', {f"k{REPLACED}": 1}, [("surrogate", f'$["k{REPLACED}"]', 3, r"\ud800")]),
        (b'{"a":"x\xff"}', {"a": f"x{REPLACED}"}, [("utf8", "$.a", 7, r"\xff")]),
        (b'{"a":"\xed\xa0\x80"}', {"a": REPLACED}, [("surrogate", "$.a", 6, r"\xed\xa0\x80")]),
        (b'{"a":["b",{"c":NaN}]}', {"a": ["b", {"c": "NaN"}]}, [("nan", "$.a[1].c", 15, "NaN")]),
        (b'{"a b":NaN}', {"a b": "NaN"}, [("nan", '$["a b"]', 7, "NaN")]),
        (b"\xef\xbb\xbf{}", {}, [("bom", "$", 0, None)]),
        (b'\xef\xbb\xbf{"a":NaN}', {"a": "NaN"}, [("bom", "$", 0, None), ("nan", "$.a", 8, "NaN")]),
        ('\ufeff{"a":1}', {"a": 1}, [("bom", "$", 0, None)]),
        ('{"a":"é"}'.encode("utf-16"), {"a": "é"}, [("charset", "$", 0, "utf-16-le")]),
        ('{"a":"é"}'.encode("utf-16-be"), {"a": "é"}, [("charset", "$", 0, "utf-16-be")]),
        ('{"a":"é"}'.encode("utf-16-le"), {"a": "é"}, [("charset", "$", 0, "utf-16-le")]),
        ('{"a":"é"}'.encode("utf-32"), {"a": "é"}, [("charset", "$", 0, "utf-32-le")]),
        ('{"a":"é"}'.encode("utf-32-be"), {"a": "é"}, [("charset", "$", 0, "utf-32-be")]),
        ('{"a":"é"}'.encode("utf-32-le"), {"a": "é"}, [("charset", "$", 0, "utf-32-le")]),
        ('{"é":NaN}'.encode("utf-16-le"), {"é": "NaN"}, [("charset", "$", 0, "utf-16-le"), ("nan", '$["é"]', 10, "NaN")]),
        (b'{"a":"NaN Infinity 1e999","NaN":1}', {"a": "NaN Infinity 1e999", "NaN": 1}, []),
        (b'{"a":1,"a":2}', {"a": 2}, []),
        (rb'{"a":"\u0000"}', {"a": "\0"}, []),
        (b' \t\r\n{ "a" : [ ] , "b" : { } } ', {"a": [], "b": {}}, []),
        ("\ud800" and '{"a":"\ud800"}', {"a": REPLACED}, [("surrogate", "$.a", 6, r"\xed\xa0\x80")]),
        (b"null", None, []),
        (b'{"a":"tab\there\n\x00\x1f"}', {"a": "tab\there\n\0\x1f"}, [("control_character", "$.a", 9, "\t")]),
        (b'{"a\r\n":1}', {"a\r\n": 1}, [("control_character", '$["a\\r\\n"]', 3, "\r")]),
        (b'["\n",[1]]', ["\n", [1]], [("control_character", "$[0]", 2, "\n")]),
        (rb'{"a":"\x"}', {"a": r"\x"}, [("escape", "$.a", 6, r"\x")]),
        (rb'{"a":"\u12\u12g4"}', {"a": r"\u12\u12g4"}, [("escape", "$.a", 6, r"\u")]),
        (rb'{"a":"C:\Users\new\\b\q\/\"\u00e9"}', {"a": 'C:\\Users\new\\b\\q/"é'}, [("escape", "$.a", 8, r"\U")]),
        (rb'{"D:\k":1}', {r"D:\k": 1}, [("escape", r'$["D:\\k"]', 4, r"\k")]),
        ('{"a":"\\é"}'.encode(), {"a": "\\é"}, [("escape", "$.a", 6, r"\\xc3")]),
        (b'{"a":"\\\n"}', {"a": "\\\n"}, [("escape", "$.a", 6, "\\\n"), ("control_character", "$.a", 7, "\n")]),
        (
            b'{"a":"\\q\n\\ud800\xff"}',
            {"a": "\\q\n" + REPLACED * 2},
            [
                ("escape", "$.a", 6, r"\q"),
                ("control_character", "$.a", 8, "\n"),
                ("surrogate", "$.a", 9, r"\ud800"),
                ("utf8", "$.a", 15, r"\xff"),
            ],
        ),
    ],
)  # fmt: skip
def test_text_is_repaired_and_said_to_be(body: bytes | str, value: Any, expected: list[Any]) -> None:
    assert parse_payload(body) == value
    assert repairs(body) == expected


@pytest.mark.parametrize(
    ("body", "charset", "value", "kinds"),
    [
        ('{"a":"é"}'.encode("latin-1"), "ISO-8859-1", {"a": "é"}, ["charset"]),
        ('{"a":"é"}'.encode("latin-1"), " iso_8859-1 ", {"a": "é"}, ["charset"]),
        ('{"a":"–"}'.encode("cp1252"), "windows-1252", {"a": "–"}, ["charset"]),
        ('{"a":"日本"}'.encode("shift_jis"), "Shift_JIS", {"a": "日本"}, ["charset"]),
        ('{"a":"é"}'.encode(), "iso-8859-1", {"a": "é"}, []),  # what is UTF-8 is, whatever the label says
        (b'{"a":"\x81"}', "cp1252", {"a": REPLACED}, ["utf8"]),  # the label is wrong
        ('{"a":"é"}'.encode("latin-1"), "utf-8", {"a": REPLACED}, ["utf8"]),
        ('{"a":"é"}'.encode("latin-1"), "hex", {"a": REPLACED}, ["utf8"]),
        ('{"a":"é"}'.encode("latin-1"), "os", {"a": REPLACED}, ["utf8"]),
        ('{"a":"é"}'.encode("utf-16"), "iso-8859-1", {"a": "é"}, ["charset"]),
    ],
)
def test_charset_counts_where_bytes_do_not_tell(body: bytes, charset: str, value: Any, kinds: list[str]) -> None:
    payload = read_payload(body, charset=charset)
    assert payload.value == value
    assert [repair.kind for repair in payload.repairs] == kinds


@pytest.mark.parametrize(
    ("body", "offset"),
    [
        (b"", 0),
        (b" \n", 0),
        (b"\xef\xbb\xbf", 0),
        (b"{", 1),
        (b'{"a"', 4),
        (b'{"a":', 5),
        (b'{"a":1', 6),
        (b'{"a":1,}', 7),
        (b"[1,]", 3),
        (b"[1 2]", 3),
        (b"[1}", 2),
        (b'{"a":1]', 6),
        (b"{'a':1}", 1),
        (b'{"a":nan}', 5),
        (b'{"a":True}', 5),
        (b'{"a":0123}', 6),
        (b'{"a":.5}', 5),
        (b'{"a":1.}', 6),
        (b'{"a":+1}', 5),
        (b'{"a":1}x', 7),
        (b"{}{}", 2),
        (b'{"a":"x', 7),
        (b'{"a":"x\n,"b":1}', 10),
        (rb'{"a":"C:\dir\"}', 15),
        (b'{"a":1,\x01"b":2}', 7),
        (b'{"a":"x\\', 8),
        (b'{"a":tru', 8),
        (b'{"a":1e', 7),
        ('{"é":1,}'.encode("utf-16-le"), 14),
        (b"\xff\xfe{\x00\x00", 4),
        (b"\xef\xbb\xbf{]", 4),
    ],
)
def test_what_is_no_json_is_refused_at_its_byte(body: bytes, offset: int) -> None:
    with pytest.raises(InvalidJson) as caught:
        parse_payload(body)
    assert caught.value.offset == offset
    assert f"byte {offset}:" in caught.value.detail


def nested(levels: int, *, scalar: str = "1") -> bytes:
    return (b"[" * levels) + scalar.encode() + (b"]" * levels)


@pytest.mark.parametrize("scalar", ["1", "NaN", '"\\ud800"'])
@pytest.mark.parametrize("limit", [3, PLAIN_DEPTH, PLAIN_DEPTH + 1, 128, 129, 400])
def test_depth_is_limited_as_relay_limits_it(limit: int, scalar: str) -> None:
    limits = Limits(max_depth=limit)
    value = parse_payload(nested(limit - 1, scalar=scalar), limits=limits)
    for _ in range(limit - 1):
        [value] = value
    for body in (nested(limit, scalar=scalar), nested(100_000, scalar=scalar), b"[" * 1_000_000):
        with pytest.raises(TooDeep):
            parse_payload(body, limits=limits)


def test_limit_beyond_the_interpreter_is_too_deep_still() -> None:
    with pytest.raises(TooDeep):
        parse_payload(nested(100_000), limits=Limits(max_depth=200_000))


def _depth(value: Any) -> int:
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if parts is None else 1 + max(map(_depth, parts), default=0)


@given(
    st.recursive(
        st.none() | st.text('[]{}"\\\\nx', max_size=6),
        lambda parts: st.lists(parts, max_size=3) | st.dictionaries(st.text('[}"\\', max_size=3), parts, max_size=3),
    ),
    st.integers(0, 40),
    st.sampled_from([1, 7, 65536]),
)
def test_depth_of_a_text_is_told_wherever_its_blocks_end_property(value: Any, more: int, block: int) -> None:
    for index in range(more):
        value = {"k": value, "[": 1} if index % 3 else ["]", value]
    text, depth = json.dumps(value).encode(), _depth(value)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("store_protocol.payload.bulk._BYTES_OF_BLOCK", block)
        assert depth == 0 or is_deep(text, depth)
        assert not is_deep(text, depth + 1)


def test_list_of_repairs_is_bounded() -> None:
    for count, listed in ((1_000, MAX_REPAIRS), (100, 16 + 400 // 32), (16, 16)):
        found = read_payload(b"[" + b"NaN," * (count - 1) + b"NaN]")
        more = [("more", str(count - listed))] * (count > listed)
        assert [(repair.kind, repair.text) for repair in found.repairs] == [("nan", "NaN")] * listed + more
        assert found.value == ["NaN"] * count


def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Count the values that are read one by one."""
    steps: list[int] = []

    def counting(grammar: Any) -> Any:
        def value(data: bytes, position: int) -> Any:
            steps.append(position)
            return grammar.value(data, position)

        return grammar._replace(value=value)

    for name in ("UTF8_GRAMMAR", "ASCII_GRAMMAR"):
        monkeypatch.setattr(reading, name, counting(getattr(reading, name)))
    return steps


@pytest.mark.parametrize("end", [b"NaN]", b'"\xff"]', b'"\\ud800"]', b"1e999]", b"\0]", b""])
@pytest.mark.parametrize(
    "token", [b"[]", b"[[[[0]]]]", b'{"":[0,0]}', b'"\\ud800"', b"NaN", b'"\xff"', '"é"'.encode(), b"1e999"]
)
def test_values_that_are_read_one_by_one_are_bounded_by_the_bytes(
    token: bytes, end: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = counted(monkeypatch)
    body = b"[" + (token + b",") * 30_000 + end
    # Of an error the piece with it is read by itself, and the one before.
    found = outcome(body)
    assert found[0] is not InvalidJson or f" {len(body) - len(end)}:" in found[1]
    assert len(steps) < 1_000 + len(body) // 32 + 2 * 4096


@pytest.mark.parametrize(
    "body", [b'{"a":NaN}', b' \n{"a":NaN}', b"[NaN]", b"NaN", b"\xef\xbb\xbf{}", b'["{", 99999999999999999999]']
)
def test_whether_a_text_stands_for_an_object_is_told_without_reading_it(body: bytes) -> None:
    payload = read_payload(body)
    assert payload.is_object == isinstance(payload.value, dict) == payload.is_object


def test_token_and_key_of_a_repair_are_bounded() -> None:
    [repair] = read_payload(b'{"' + b"k" * 1000 + b'":' + b"9" * 1000 + b"}").repairs
    assert len(repair.path) < 100
    assert len(repair.text or "") == 100


def test_buffers_are_taken() -> None:
    for body in (b'{"a":1}', bytearray(b'{"a":1}'), memoryview(b'{"a":1}'), '{"a":1}'):
        assert parse_payload(body) == {"a": 1}


@pytest.mark.parametrize(
    "body",
    [
        b"[" + b"NaN," * 300_000 + b"0]",
        b'{"a":"' + rb"\ud800" * 200_000 + b'"}',
        b'{"a":"' + b"\xff" * 1_000_000 + b'"}',
        b'{"a":' + b"9" * 1_000_000 + b"}",
        b'{"a":' + b"1" * 1_000_000 + b".5e5}",
        b'{"a":"' + b"\\" * 1_000_001,
        b" " * 1_000_000 + b"x",
        b'[[],"' * 200_000,
        b'{"a":NaN,' * 100_000,
    ],
    ids=range(9),
)
def test_worst_cases_end_in_a_value_or_a_payload_error(body: bytes) -> None:
    # Each takes well under a second; one that took quadratic time would not end while anyone waits.
    try:
        value = parse_payload(body)
    except PayloadError as error:
        value = error.detail
    assert value


_NUMBERS = st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False)
_JSON = st.recursive(
    st.none() | st.booleans() | _NUMBERS | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)
_WILD = st.recursive(
    st.integers() | st.floats() | st.text(st.characters()) | st.sampled_from(["NaN", "\ud800", "\udc00x"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(), max_size=5), inner, max_size=4),
    max_leaves=20,
)


@given(_JSON)
def test_strict_json_is_taken_as_it_is_property(value: Any) -> None:
    payload = read_payload(msgspec.json.encode(value))
    assert payload.value == value
    assert payload.repairs == ()


@given(_JSON, st.sampled_from(["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be", "utf-8-sig"]))
def test_every_unicode_coding_is_read_property(value: Any, codec: str) -> None:
    assert parse_payload(json.dumps([value], ensure_ascii=False).encode(codec)) == [value]


@given(_JSON)
def test_repairing_changes_nothing_that_is_right_property(value: Any) -> None:
    body = json.dumps(value, ensure_ascii=False, indent=1).encode()
    assert repair(DecodedText(body), max_depth=128) == (body, (), None)


_TOKENS = [
    *(b"NaN", b"-Infinity", b"Infinity", b"-NaN", b"1e999", b"0", b"1.5", b"9" * 20, b"-0", b"1e400", b"0.1e-400", b"01"),
    *(b"9" * 400 + b".5", b"1" * 21 + b"e5", b"18446744073709551615", b"18446744073709551616", b"1e9999.5", b"true", b"[]"),
    *(b'"a"', b'""', rb'"\ud800"', rb'"\ud800\udc00"', rb'"\udc00\ud800"', rb'"\\ud800"', rb'"\"\ud800"', rb'"\\\ud800"'),
    *(
        b'"\xff"',
        b'"\xed\xa0\x80"',
        b'"\xc3"',
        '"é"'.encode(),
        b'"NaN,1e999"',
        rb'"\n"',
        b'"\x01"',
        rb'"\x"',
        b'"\xff\\ud800"',
    ),
    *(b'"a\nb"', b'"\0"', b'"\0\0\\ud800"', b'"\\\n"', b'"\\\\\n"', rb'"\u12"', rb'"\q\ud800"', rb'"\\\x"', rb'"\"\x\x"'),
    *(b'"\\x\t\xff\\udc00"', b'"\\u\xed\xa0\x80"', rb'"\ud800\x\udc00"', rb'"\ud83d\ude0"', b'"\r\n,\\a,"'),
]
_BREAKS = [b"", b",", b"]", b"}", b":", b'"', b"\0", b"NaN", b"\xff", b"[", b"{", b"1e999"]


def made(chance: random.Random, levels: int) -> bytes:
    """Make a text of tokens that are wrong as often as right."""
    kind = chance.random()
    if levels == 0 or kind < 0.5:
        return chance.choice(_TOKENS)
    space = chance.choice([b"", b"", b" ", b"\n"])
    parts = [made(chance, levels - 1) for _ in range(chance.randrange(4))]
    if kind < 0.75:
        return b"[" + (space + b",").join(parts) + space + b"]"
    keys = [b'"k"', b'""', b'"\xff"', rb'"\ud800"', b'"N"', b'"1"', b'"\n"', rb'"\k"']
    return b"{" + (b"," + space).join(chance.choice(keys) + space + b":" + part for part in parts) + space + b"}"


def outcome(body: bytes) -> Any:
    try:
        found = read_payload(body)
    except PayloadError as error:
        return type(error), error.detail
    count = sum(int(repair.text or 0) if repair.kind == "more" else 1 for repair in found.repairs)
    return found.value, found.text, count


@given(st.integers(0, 2**32), st.sampled_from([0, 1, 2, 5]))
def test_rest_of_a_text_is_repaired_as_its_beginning_property(seed: int, steps: int) -> None:
    chance = random.Random(seed)
    body = b"[" + b",".join(made(chance, 4) for _ in range(chance.randrange(1, 12))) + b"]"
    if chance.random() < 0.5:
        at = chance.randrange(len(body) + 1)
        body = body[:at] + chance.choice(_BREAKS) + body[at + chance.randrange(2) :]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "FREE_STEPS", 10**6)
        expected = outcome(body)
        patch.setattr(reading, "FREE_STEPS", steps)
        patch.setattr(reading, "BYTES_OF_STEP", 10**9)
        assert outcome(body) == expected


def repaired(value: Any) -> Any:
    """Return what must come of a value that Python's json wrote."""
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, int) and not -(2**63) <= value < 2**64:
        return str(value)
    if isinstance(value, str):
        whole = value.encode("utf-16", "surrogatepass")
        return whole.decode("utf-16", "replace") if not value.isascii() else value
    if isinstance(value, list):
        return [repaired(part) for part in value]
    if isinstance(value, dict):
        return {repaired(key): repaired(part) for key, part in value.items()}
    return value


def has_lone_surrogate(value: Any) -> bool:
    return any(0xD800 <= ord(char) < 0xE000 for char in json.dumps(value, ensure_ascii=False))


@given(_WILD)
def test_what_pythons_json_writes_is_taken_property(value: Any) -> None:
    payload = read_payload(json.dumps(value))
    if not has_lone_surrogate(value):
        assert payload.value == repaired(value)
    msgspec.json.encode(payload.value).decode()


_WORDS = b'{ } [ ] " \\u d800 \\ : , NaN - 1 e9 99999999999999999999 \xff "a" true \xed\xa0\x80 \xff\xfe \x00'
_TOKENS = [*_WORDS.split(), b" ", b"\n"]


@given(
    st.binary() | st.lists(st.sampled_from(_TOKENS)).map(b"".join),
    st.none() | st.sampled_from(["latin-1", "utf-16", "gbk", "hex"]),
)
def test_any_bytes_give_a_value_or_a_payload_error_property(body: bytes, charset: str | None) -> None:
    try:
        payload = read_payload(body, charset=charset)
    except TooDeep:
        return
    except InvalidJson as invalid:
        offset: int = invalid.offset
        where = range(len(body) + 1)
        assert offset in where
        return
    again = msgspec.json.encode(payload.value)
    assert parse_payload(again) == payload.value
    # What was repaired needs no more of it, and stands for the same.
    assert (payload.text is not None) == bool(payload.repairs)
    if payload.text is not None:
        same = read_payload(payload.text)
        assert (same.value, same.repairs, same.text) == (payload.value, (), None)
    offsets = [repair.offset for repair in payload.repairs]
    assert offsets == sorted(offsets)
    assert all(0 <= offset < max(len(body), 1) for offset in offsets)


@given(_JSON, st.data())
def test_cut_text_is_refused_property(value: Any, data: st.DataObject) -> None:
    body = msgspec.json.encode([value])
    end = data.draw(st.integers(0, len(body) - 1))
    with pytest.raises(InvalidJson):
        parse_payload(body[:end])


INTEGERS = st.integers(-(2**70), 2**70) | st.sampled_from([2**63, 2**64 - 1, 2**64, -(2**63), -(2**63) - 1, 10**30])
VALUES = st.recursive(
    INTEGERS | st.text(max_size=5) | st.sampled_from([": 18446744073709551616,", 1.5, None, True]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)


@st.composite
def texts_with_surrogates(draw: st.DrawFn) -> bytes:
    """Draw a text in whose strings stand halves of surrogate pairs, pairs, and backslashes."""
    pieces = st.lists(st.sampled_from(["\\ud83d", "\\uDE00", "\\\\", '\\"', "a", "é", "\\u0041", "\ufffe"]), max_size=5)
    strings = st.builds(lambda found: '"' + "".join(found) + '"', pieces)
    scalars = strings | st.sampled_from(["1", "1.5", "null", "true", "18446744073709551616"])

    def containers(part: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        members = st.lists(st.tuples(strings, part), max_size=4).map(lambda found: ",".join(map(" : ".join, found)))
        items = st.lists(part, max_size=4).map(",".join)
        return st.builds("{{{}}}".format, members) | st.builds("[{}]".format, items)

    return draw(st.recursive(scalars, containers, max_leaves=12)).encode()


@given(texts_with_surrogates())
def test_surrogates_are_repaired_in_the_value_as_in_the_text_property(text: bytes) -> None:
    whole = repair(DecodedText(text), max_depth=128)
    found = repair_surrogates(text, msgspec.json.decode, levels=127)
    if found is not None:
        assert found == (whole.strict, whole.repairs)
    assert without_lone_surrogates(text) == repair_string(text)[0]


@pytest.mark.parametrize(
    ("text", "is_told"),
    [
        (rb'["\ud800", {"\udc00": "\udc00"}]', True),
        (rb'{"a": "\ud800", "a": "\ud801"}', False),
        (rb'{"\ud800": 1, "\ud801": 2}', False),
        (rb'{"a": "", "\ud800": "", "a": "\ud800"}', False),
        (rb'{"a:b": "\ud800:\":", "c\\": ":"}', True),
        (rb'["\ud800", 18446744073709551616]', False),
        ('["\\ud800", "\ufffe"]'.encode(), False),
        (rb'["\ud800"' + b',"\\ud800"' * 40 + b"]", False),
        (b'["\\ud800\0"]', False),
        (b'["\\ud800", ' + b"[" * 126 + b"]" * 126 + b"]", True),
        (b'["\\ud800", ' + b"[" * 127 + b"]" * 127 + b"]", False),
        (rb'["\ud83d\ude00"]', False),
        (rb'["\n"]', False),
    ],
)
def test_surrogates_that_a_value_does_not_tell_are_left_to_the_text(text: bytes, is_told: bool) -> None:
    assert (repair_surrogates(text, msgspec.json.decode, levels=127) is not None) == is_told


@given(VALUES, st.sampled_from([None, 1]))
def test_integers_are_quoted_as_they_are_repaired_property(value: Any, indent: int | None) -> None:
    # What is quoted stands in an object or a list, as an event is one.
    text = json.dumps([value], indent=indent).encode()
    assert quote_integers(text) == repair(DecodedText(text), max_depth=128).strict


@given(VALUES, st.sampled_from([None, 1]))
def test_integers_are_repaired_in_the_value_as_in_the_text_property(value: Any, indent: int | None) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=False).encode()
    strict, repairs, _ = repair(to_utf8(text), max_depth=128)
    repaired = json.loads(text)
    found = repair_integers(text, repaired, levels=127)
    # It may leave it to the text, but never says otherwise.
    assert found is None or (json.loads(found[0]), repaired, found[1]) == (json.loads(strict), json.loads(strict), repairs)


@pytest.mark.parametrize(
    "text",
    [
        b'{"a": 18446744073709551616, "a": 18446744073709551617}',
        b'{"a": 18446744073709551616, "b": "[18446744073709551616]"}',
        b'{"a": [[18446744073709551616]]}',
        b"18446744073709551616",
        b"[" + b"1" * 500 + b"]",
    ],
)
def test_integers_that_a_value_does_not_tell_are_left_to_the_text(text: bytes) -> None:
    value = json.loads(text)
    assert repair_integers(text, value, levels=2) is None
    assert value == json.loads(text)
    expected = json.loads(text, parse_int=lambda digits: digits if len(digits) > 19 else int(digits))
    assert parse_payload(text) == expected


BIG = st.integers(2**64, 2**80) | st.integers(-(2**80), -(2**63) - 1)
MEMBERS = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", "c", "é"]),
        st.recursive(
            st.none() | BIG | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text() | BIG.map(str),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
            max_leaves=8,
        ),
    ),
    max_size=4,
)


@given(MEMBERS, st.booleans(), st.integers(0, 20))
def test_integers_are_repaired_alike_member_by_member_property(
    members: list[tuple[str, Any]], is_ascii: bool, depth: int
) -> None:
    named = [f"{json.dumps(name)}: {json.dumps(value, ensure_ascii=is_ascii)}" for name, value in members]
    named.append(f'"deep": {"[" * depth}1{"]" * depth}')
    text = f"{{{', '.join(named)}}}".encode("utf-8", "surrogatepass")
    found = read_payload(text)
    with mock.patch.object(payload, "_mended_members", return_value=None):
        whole = read_payload(text)
    with (
        mock.patch.object(payload, "_mended_members", return_value=None),
        mock.patch.object(big_integers, "has_long_integers", return_value=True),
    ):
        looked_through = read_payload(text)
    for each in (whole, looked_through):
        assert (found.value, found.repairs, found.text) == (each.value, each.repairs, each.text)
