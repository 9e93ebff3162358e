"""Code beside patterns: what a text costs is counted in executed lines, in copied characters and in steps of matching."""

import contextlib
import tracemalloc
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest

from store_protocol import Dsn, StoreError, parse_auth_header
from store_protocol.convert.addresses import canonical_addresses
from store_protocol.convert.context import ConversionError
from store_protocol.convert.ids import debug_id
from store_protocol.convert.scalars import is_ip_address, json_text, u64_of
from store_protocol.convert.timestamps import _Scanner, moment
from store_protocol.endpoints.csp import csp_event
from store_protocol.endpoints.minidump import merge_form
from store_protocol.endpoints.multipart import parameters_of
from store_protocol.errors import InvalidDsn
from store_protocol.limits import Limits
from store_protocol.meta.tree import MetaTree
from store_protocol.normalize.steps import transactions
from store_protocol.normalize.steps.contexts import describe_os
from store_protocol.normalize.steps.formatting import format_message
from store_protocol.payload import repairer, strings
from store_protocol.payload.bulk import open_containers
from store_protocol.payload.charsets import DecodedText
from store_protocol.payload.grammar import Grammar
from store_protocol.schema.event import Event
from tests.checks.backtracking import Matcher
from tests.work import lines_of

SMALL, LARGE = 200, 800
#: What four times as much may cost, and a little for what every text costs.
MOST = 4.5


def lines_until_refused(run: Callable[[], Any]) -> int:
    def taken_or_refused() -> None:
        with contextlib.suppress(StoreError, ConversionError):
            run()

    return lines_of(taken_or_refused)


@cache
def matcher_of(pattern: bytes) -> Matcher:
    return Matcher(pattern)


class Sliced(str):
    """A text that counts the characters that are copied out of it."""

    __slots__ = ()
    copied = 0

    def __getitem__(self, key: Any) -> str:
        found = super().__getitem__(key)
        Sliced.copied += len(found)
        return found

    def partition(self, sep: str) -> tuple[str, str, str]:
        Sliced.copied += len(self)
        return super().partition(sep)


def csp(directive: str, document: str) -> Callable[[], Any]:
    return lambda: csp_event({"effective-directive": "img-src", "violated-directive": directive, "document-uri": document})


class Unkept(MetaTree):
    """A tree that keeps no value as it came, which must be of a plain type."""

    def keep_original(self, meta: Any, value: Any) -> None:
        pass


def scrub(name: str) -> Event:
    class Normalization:
        event = Event(transaction=name)
        meta_tree = Unkept()

    transactions._scrub(Normalization, name)  # type: ignore[arg-type]
    return Normalization.event


CODE: dict[str, Callable[[int], Callable[[], Any]]] = {
    "placeholders": lambda n: lambda: format_message("%s" * n, ["a"] * n),
    "zeros of a placeholder": lambda n: lambda: format_message("%" + "0" * n + "!", ["a"]),
    "positions": lambda n: lambda: format_message("{0}" * n, ["a"]),
    "position of many digits": lambda n: lambda: format_message("{" + "1" * n + "}", ["a"]),
    "build of many digits": lambda n: lambda: describe_os("Windows 10.0." + "1" * n),
    "quotes of a header": lambda n: lambda: parse_auth_header("Sentry sentry_key=a," + 'a="' * n),
    "quoted items of a header": lambda n: lambda: parse_auth_header("Sentry sentry_key=a," + 'a="," ,' * n),
    "open quotes of a header": lambda n: lambda: parse_auth_header('Sentry sentry_key=a,b="' + "," * n),
    "semicolons of a header": lambda n: lambda: parameters_of(b'form-data; name="' + b";" * n),
    "parameters of a header": lambda n: lambda: parameters_of(b"form-data" + b"; a=b" * n),
    "sources of a directive": lambda n: csp("img-src" + " a" * n, "a" * n + "://b"),
    "parts of a path": lambda n: lambda: scrub("/12" * n),
    "fields of a form": lambda n: lambda: merge_form({}, [(f"a{number}", "") for number in range(n)], Limits()),
    "blanks of a time": lambda n: lambda: moment("2026" + " " * n + "-01-01T00:00:00x"),
    "digits of a time": lambda n: lambda: moment("2026-01-01T00:00:00." + "1" * n + "x"),
    "groups of an address": lambda n: lambda: is_ip_address("1:" * n),
    "digits of a debug id": lambda n: lambda: debug_id("a" * n),
    "strings of a JSON text": lambda n: lambda: json_text(['"1e5' * n, 1e20]),
    "containers in each other": lambda n: lambda: open_containers(b"[", b"[" * n + b"]" * n),
    "labels of a host": lambda n: lambda: Dsn.parse("https://a@" + "é." * n + "b/1"),
}


@pytest.mark.parametrize("make", CODE.values(), ids=CODE)
def test_code_executes_lines_in_proportion_to_the_text(make: Callable[[int], Callable[[], Any]]) -> None:
    small, large = (lines_until_refused(make(size)) for size in (SMALL, LARGE))
    assert 0 < large <= MOST * small


@pytest.mark.parametrize(
    "run",
    [
        lambda n: _Scanner(Sliced("2026" + " " * n + "-" + " " * n + "01")).date_time(with_offset=False),
        lambda n: _Scanner(Sliced("2026-01-01T00:00:00." + "1" * n + " " * n + "+" * n)).date_time(with_offset=True),
        lambda n: scrub(Sliced("/12" * n)),
        lambda n: scrub(Sliced("/a1/é/1234" * n)),
        lambda n: csp("img-src" + " a" * n, Sliced("x:" + "a" * n))(),
        lambda n: parse_auth_header(Sliced('Sentry sentry_key=a,b="' + " " * n + "," * n)),
    ],
)
def test_code_copies_characters_in_proportion_to_the_text(run: Callable[[int], Any]) -> None:
    copied = []
    for size in (SMALL, LARGE):
        Sliced.copied = 0
        with contextlib.suppress(StoreError, ConversionError):
            run(size)
        copied.append(Sliced.copied)
    assert copied[1] <= MOST * max(copied[0], SMALL)


@pytest.mark.parametrize(
    "run",
    [
        lambda n: repairer.repair(DecodedText(b'[NaN,"' + b"\\n" * n + b'"]'), max_depth=128),
        lambda n: scrub("/" + "a-" * n),
        lambda n: canonical_addresses(["0x1"] * (n // 2)),
        lambda n: parse_auth_header("Sentry sentry_key=a, sentry_client=" + "a " * n).to_header(),
        lambda n: json_text(["\n" * n, 1e20]),
        lambda n: parameters_of(b'form-data; name="' + b"\\a" * n),
    ],
)
def test_patterns_remember_no_rounds_of_a_repeat(run: Callable[[int], Any]) -> None:
    tracemalloc.start()
    try:
        run(50_000)
        assert tracemalloc.get_traced_memory()[1] < 50 * 50_000
    finally:
        tracemalloc.stop()


def test_scheme_of_a_document_does_not_grow_with_the_sources_of_a_directive() -> None:
    for length, prefix in ((64, "x" * 64 + "://"), (65, "")):
        event = csp("img-src a b", "x" * length + ":")()
        assert event["culprit"] == f"img-src {prefix}a {prefix}b"


def test_objects_of_an_event_are_copied_once_for_all_fields_of_a_form() -> None:
    class Copied(dict[str, Any]):
        count = 0

        def keys(self) -> Any:
            Copied.count += 1
            return super().keys()

        def __iter__(self) -> Iterator[str]:
            return super().__iter__()

    extra = Copied(a=1)
    fields = [("b", "1"), ("sentry[extra][c]", "2"), ("sentry", '{"extra":{"d":3}}'), ("sentry___", '{"extra":{"a":4}}')]
    merged, _ = merge_form({"extra": extra}, fields, Limits())
    assert merged["extra"] == {"a": 1, "b": "1", "c": "2", "d": 3}
    assert extra == {"a": 1}
    assert Copied.count == 1


def test_names_of_hosts_that_are_too_long_are_not_encoded() -> None:
    assert Dsn.parse("https://a@" + "é." * 40 + "b/1").host.startswith("xn--9ca.")
    with pytest.raises(InvalidDsn):
        Dsn.parse("https://a@" + "é." * 127 + "b/1")


def test_numbers_of_more_than_64_bits_are_none() -> None:
    assert [u64_of(text) for text in ("0", "007", str(2**64 - 1), "0" * 5000 + "1")] == [0, 7, 2**64 - 1, 1]
    assert [u64_of(text) for text in ("", "-1", "٣", "²", str(2**64), "9" * 5000)] == [None] * 6


REPAIRED: dict[str, Callable[[int], bytes]] = {
    "numbers that are none": lambda n: b"[" + b"NaN," * n + b"1]",
    "plain items": lambda n: b"[NaN," + b'"a",' * n + b"1]",
    "plain members": lambda n: b'{"a":NaN,' + b'"b" : 1,' * n + b'"c":1}',
    "members of two kinds": lambda n: b"{" + b'"a":1,"b":NaN,' * n + b'"c":1}',
    "items of two kinds": lambda n: b"[" + b'"a","b,c",' * n + b"NaN]",
    "lists in lists": lambda n: b"[" * 100 + b"NaN" + b",[NaN]" * n + b"]" * 100,
    "lone surrogates": lambda n: b'["' + b"\\ud800a" * n + b'"]',
    "escapes": lambda n: b'["\\ud800' + b"\\n" * n + b'"]',
    "escapes that are none": lambda n: b'["' + b"\\q\\u12\\n" * n + b'"]',
    "control characters": lambda n: b'["' + b"\\n\n\0" * n + b'"]',
    "bytes that are no UTF-8": lambda n: b'["' + b"\xff\xed\xa0\x80" * n + b'"]',
    "blanks": lambda n: b"[NaN" + b" " * n + b"," + b" " * n + b"1" + b" " * n + b"]",
    "digits": lambda n: b"[" + b"1" * n + b",0." + b"1" * n + b",1e" + b"1" * n + b"]",
    "strings that don't end": lambda n: b'[NaN,"' + b'\\"' * n,
    "keys without a colon": lambda n: b'{"a":NaN,"' + b"a" * n + b'" ' * n,
}


@pytest.mark.parametrize("make", REPAIRED.values(), ids=REPAIRED)
def test_repairing_takes_steps_in_proportion_to_the_text(
    make: Callable[[int], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = 0

    def counting(match: Any) -> Any:
        matcher = matcher_of(match.__self__.pattern)

        def run(data: bytes, position: int = 0) -> Any:
            nonlocal steps
            steps += matcher.match(data[position:]).steps
            return match(data, position)

        return run

    class Counting:
        def __init__(self, pattern: Any) -> None:
            self.pattern = pattern
            self.matcher = matcher_of(pattern.pattern)

        def __getattr__(self, name: str) -> Any:
            def run(*arguments: Any) -> Any:
                nonlocal steps
                steps += self.matcher.findall(arguments[-1]).steps
                return getattr(self.pattern, name)(*arguments)

            return run

    for name in ("UTF8_GRAMMAR", "ASCII_GRAMMAR"):
        monkeypatch.setattr(repairer, name, Grammar(*map(counting, getattr(repairer, name))))
    for name in ("_space", "_mark"):
        monkeypatch.setattr(repairer, name, counting(getattr(repairer, name)))
    for name in ("_backslash", "_bad_escape", "_control", "_lone"):
        monkeypatch.setattr(strings, name, Counting(getattr(strings, name)))
    found = []
    for size in (30, 120):
        steps = 0
        with contextlib.suppress(StoreError):
            repairer.repair(DecodedText(make(size)), max_depth=128)
        found.append(steps)
    assert SMALL < found[1] <= MOST * found[0]
