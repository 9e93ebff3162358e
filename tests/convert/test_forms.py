"""What is said of conversions, as JSON Schema, is what they do."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from store_protocol.convert.context import ConversionError, ConvertContext
from store_protocol.convert.forms import _FORMS, either, forms_of, nullable, whole
from store_protocol.convert.interface import Interface, interfaces
from store_protocol.convert.readers import fields_of
from store_protocol.convert.rules import NO_RULE, unwrap
from store_protocol.items.decoding import INTERFACES
from store_protocol.meta.tree import MetaTree
from store_protocol.schema.event import Event
from store_protocol.strategies.values import CLEAN, LEGACY, WRONG

jsonschema = pytest.importorskip("jsonschema")
HEX = "0123456789abcdefABCDEF"
#: Texts near those that some conversion takes.
TEXTS = [
    *("", " ", "\n", "a", "0", "1", "31", "+31", "-1", " 1", "1\n", "0x", "0x1f", "0X1F", "0x+1f", "0x" + "f" * 17),
    *("1" * 20, "1" * 21, "0" * 30 + "1", "a" * 16, "0" * 16, "A" * 16, "a" * 16 + "\n", "a" * 15),
    *("a" * 32, "A" * 32, "a" * 32 + "\n", "g" * 32, "{" + "a" * 32 + "}", "urn:uuid:" + "a" * 32),
    *(
        f"{before}c0bcc3f1-9827-fe65-3058-404b2831d9e6{after}"
        for before in ("", "{", "urn:uuid:", "URN:UUID:")
        for after in "}-"
    ),
    *(
        "c0bcc3f1-9827-fe65-3058-404b2831d9e6",
        "{c0bcc3f1-9827-fe65-3058-404b2831d9e6}",
        "c0bcc3f1-9827-fe65-3058404b2831d9e6",
    ),
    *(
        "urn:uuid:c0bcc3f1-9827-fe65-3058-404b2831d9e6",
        "C0BCC3F19827FE653058404B2831D9E61",
        "5ab380779000",
        "5ab38077-9000",
    ),
    *("1.2.3.4", "01.2.3.4", "1.2.3", "::1", "[::1]", "::1%eth0", "1.2.3.4\n", "{{auto}}", "{{auto}}\n"),
    *(
        "debug",
        "log",
        "critical",
        "loud",
        "ok",
        "success",
        "unauthenticated",
        "crontab",
        "interval",
        "day",
        "auto",
        "never",
    ),
    *("legacy", "transaction", "event", "ms", "Second", "a b", "x" * 15, "x" * 16, "in_progress", "missed"),
    *("2026-11-23T00:00:00Z", "2026-11-23 00:00:00", "2026-11-23 00:00:00+01:00", "2026-11-23T00:00:00", "2026-11-23"),
    *(" 2026-1-1T0:0:0", "2026-11-23T00:00:00.5 UTC", "2026-11-23T00:00Z", "+2026-11-23t00:00:00-0130", "20261123T000000Z"),
]
NUMBERS = [
    *(0, 1, 2, 3, 4, 8, 10, 16, 17, 20, 41, 50, -1, 0.5, -0.5, 2**53 + 1, 2**63 - 1, 2**63, 2**64 - 1, -(2**63)),
    *(-(2**63) - 1, 2**64, 253402300799.5, 253402300800.5, -8e12 - 0.5, 1e15 + 0.5),
]
VALUES: list[Any] = [*TEXTS, *NUMBERS, True, False, [], [1], {}, {"a": 1}]
#: Those of which only a pattern tells how they are written.
LOOSE = {"timestamp", "ip_address"}
SCALARS = sorted(
    {each for each in _FORMS if not each.__name__.startswith(("read", "anything", "unless"))},
    key=lambda each: each.__name__,
)


def is_valid(schema: Any, value: Any) -> bool:
    found: bool = jsonschema.Draft202012Validator(schema).is_valid(value)
    return found


@pytest.mark.parametrize("convert", SCALARS, ids=lambda each: each.__name__)
def test_form_of_a_conversion_is_what_it_does(convert: Any) -> None:
    forms = _FORMS[convert]
    for value in VALUES:
        takes = is_valid(forms.takes, value)
        try:
            converted = convert(value)
        except ConversionError:
            assert not takes or convert.__name__ in LOOSE, value
        else:
            # A number of 64 bits is read as one with a sign.
            assert takes or (convert.__name__ == "timestamp" and value >= 2**63), value
            # A text without anything in it may be none.
            assert converted is None or is_valid(forms.gives, converted), value


READERS = [each for each in _FORMS if each.__name__.startswith("read") and not callable(_FORMS[each].takes)]


@pytest.mark.parametrize("read", READERS, ids=lambda each: each.__name__)
def test_form_of_a_reader_is_what_it_does(read: Any) -> None:
    forms = _FORMS[read]

    @given(st.one_of(CLEAN.get(read, WRONG), LEGACY.get(read, WRONG), WRONG))
    def holds(value: Any) -> None:
        if value is None:
            return
        meta_tree = MetaTree()
        found = read(value, ("a",), ConvertContext(meta_tree))
        takes = is_valid(forms.takes, value)
        assert takes or meta_tree, value
        # What a free-form value gives is what it took.
        assert (
            found is None
            or forms.gives is forms.takes
            or is_valid(forms.gives, msgspec.json.decode(msgspec.json.encode(found)))
        )

    holds()


def test_every_conversion_and_reader_of_a_field_has_a_form() -> None:
    missing = set()

    def look(hint: Any, rule: Any) -> None:
        inner, own = unwrap(hint)
        rule = rule if own is NO_RULE else own
        for function in (rule.convert, rule.read):
            if function is not None and forms_of(function) is None:
                missing.add(function.__name__)
        for argument in getattr(inner, "__args__", ()):
            look(argument, NO_RULE)

    found = {*interfaces(Interface)}
    assert {Event, *INTERFACES.values()} <= found
    for interface in found:
        for field in fields_of(interface):
            look(field.hint, field.rule)
    assert missing == set()


@pytest.mark.parametrize(
    ("schema", "found"),
    [
        ({}, {}),
        ({"type": "null"}, {"type": "null"}),
        ({"type": ["string", "integer"], "minimum": 0}, {"type": ["string", "integer", "null"], "minimum": 0}),
        (either({"type": "string"}), {"anyOf": [{"type": "string"}, {"type": "null"}]}),
        ({"enum": [1]}, {"anyOf": [{"enum": [1]}, {"type": "null"}]}),
        ({"type": "string", "anyOf": [{}]}, {"anyOf": [{"type": "string", "anyOf": [{}]}, {"type": "null"}]}),
    ],
)
def test_what_may_be_null_too(schema: Any, found: Any) -> None:
    assert nullable(schema) == found


def test_whole_string_matches_without_a_line_break_at_its_end() -> None:
    schema = {"pattern": whole("a|b")}
    assert [text for text in ("a", "b", "ab", "a\n", "\na") if is_valid(schema, text)] == ["a", "b"]
