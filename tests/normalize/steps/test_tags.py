"""Tags as clients write them, and what becomes of them. More cases, held to Relay, are in data/normalization/tags.jsonl."""

import json
from typing import Any

import pytest

from store_protocol import Limits, NormalizeOptions, encode_event, normalize_event, parse_event
from tests.normalize.test_tables import EVENT_ID, OPTIONS, cases

LONG = "k" * 64


@pytest.mark.parametrize(
    ("given_tags", "tags"),
    [
        ({}, []),
        ({"b": "1", "a": "2"}, [("a", "2"), ("b", "1")]),
        ([["b", "1"], ["a", "2"]], [("b", "1"), ("a", "2")]),
        ({"a b": 1, "c": True, "d": 2.5}, [("a-b", "1"), ("c", "True"), ("d", "2")]),
        ([[1, "x"], [None, "y"], ["z", None], None], [("1", "x"), (None, "y"), ("z", None), None]),
        ({" a ": " b ", "c": "\td\n"}, [("-a-", "b"), ("c", "d")]),
        ({LONG: "v", LONG + "x": "w"}, [(LONG, "v"), (LONG + "x", "w")]),
        ([["aZ09_.:-", "any text, é"]], [("aZ09_.:-", "any text, é")]),
    ],
)
def test_tags_are_read(given_tags: Any, tags: list[Any]) -> None:
    found = parse_event({"tags": given_tags})
    assert found.tags == tags
    assert not found.errors


@pytest.mark.parametrize(
    ("given_tags", "tags", "errors"),
    [
        ("a=b", None, {"tags": "expected an array"}),
        (5, None, {"tags": "expected an array"}),
        ('{"b": "1", "a": "2"}', [("a", "2"), ("b", "1")], {"tags": "expected no JSON text"}),
        ('[["b", "1"], ["a", "2"]]', [("b", "1"), ("a", "2")], {"tags": "expected no JSON text"}),
        ([["a", "b", "c"], ["d"], [], "e", {"f": "g"}], [None] * 5, {f"tags.{at}": "expected a tuple" for at in range(5)}),
        (
            [["a", {}], ["b", []]],
            [("a", None), ("b", None)],
            {f"tags.{at}.1": "expected a primitive value" for at in (0, 1)},
        ),
        (
            [[{}, "a"], [[], "b"]],
            [(None, "a"), (None, "b")],
            {f"tags.{at}.0": "expected a primitive value" for at in (0, 1)},
        ),
        ({"a!": "v"}, [(None, "v")], {"tags.0.0": "invalid character '!'"}),
        ({LONG + "!": "v"}, [(None, "v")], {"tags.0.0": "invalid character '!'"}),
        ([["a", "v"], ["é?", "w"]], [("a", "v"), (None, "w")], {"tags.1.0": "invalid character 'é'"}),
        ({"a": "b\nc", "d": "e"}, [("a", None), ("d", "e")], {"tags.0.1": "invalid character '\\n'"}),
        ({"a": 1e300}, [("a", None)], {"tags.0.1": "expected a number with JSON precision"}),
    ],
)
def test_what_is_wrong_with_tags_is_left_out_and_listed(given_tags: Any, tags: Any, errors: dict[str, str]) -> None:
    found = parse_event({"tags": given_tags})
    assert found.tags == tags
    assert {error.name: error.reason for error in found.errors or () if error} == errors


def normalized(event: Any, **options: Any) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(encode_event(normalize_event(event, NormalizeOptions(**{**OPTIONS, **options}))))
    return {key: plain[key] for key in ("tags", "errors", "_meta", "environment") if key in plain}


def test_tags_in_text_come_out_as_tags_in_objects() -> None:
    for case in cases("tags"):
        options = case.get("options", {})
        assert normalized(json.dumps(case["event"]), **options) == normalized(case["event"], **options), case["event"]


def test_tags_that_are_in_order_have_no_notes() -> None:
    assert normalized({"event_id": EVENT_ID, "tags": {"b": "1", "a": "2"}}) == {"tags": [["a", "2"], ["b", "1"]]}


def test_empty_tags_are_dropped_where_there_is_no_room_for_an_error_too() -> None:
    count = Limits().max_errors + 5
    found = normalized({"tags": [[f"k{index}", ""] for index in range(count)]})
    assert found["tags"] == [[f"k{index}", None] for index in range(count)]
    assert sorted(map(int, found["_meta"]["tags"])) == list(range(Limits().max_errors))


def test_environment_that_was_a_tag_is_cut_as_any_other() -> None:
    cut = {"environment": "x" * 61 + "...", "_meta": {"environment": {"": {"len": 70, "rem": [["!limit", "s", 61, 64]]}}}}
    assert normalized(json.dumps({"tags": {"environment": "x" * 70}})) == cut
    assert normalized({"tags": {"environment": "x" * 70}}) == cut


@pytest.mark.parametrize("name", ["server_name", "site"])
def test_what_was_said_of_an_attribute_is_said_of_its_tag(name: str) -> None:
    note = {"": {"len": 9}}
    event = {"tags": [["a", "b"], [name, "old"]], name: "new", "_meta": {name: note, "tags": {"1": {"0": note}}}}
    assert normalized(event) == {"tags": [["a", "b"], [name, "new"]], "_meta": {"tags": {"1": {"1": note}}}}


@pytest.mark.parametrize(
    ("given_tags", "tags"),
    [
        ([[], "a"], [None, None]),
        ([[], "a", "b", ["c"], None, ["d", "e"]], [None, None, None, ("d", "e")]),
        ([[], "a", [{}, {}], [[], []], ["b", {}], ["c", "d"]], [None, None, ("b", None), ("c", "d")]),
        ([[], "a", [{}, "v"]], [None, None, (None, "v")]),
        ([[], "a", [None, None]], [None, None, (None, None)]),
        ([[], "a", [{}, None], [None, {}]], [None, None]),
        ([[], ["b", {}], [{}, {}]], [None, ("b", None)]),
    ],
)
@pytest.mark.parametrize("as_text", [True, False])
def test_tag_of_which_nothing_is_left_is_left_out_once_no_error_is_listed(
    given_tags: Any, tags: list[Any], as_text: bool
) -> None:
    event = {"tags": given_tags}
    found = normalize_event(json.dumps(event) if as_text else event, limits=Limits(max_errors=2))
    assert found.tags == tags


def test_tags_whose_keys_are_refused_are_kept_where_no_more_errors_are_listed() -> None:
    tags = [["a/b", "1"], ["c/d", "2"], ["ok", "3"], ["ok", "4"], [None, "5"]]
    found = normalize_event({"tags": tags}, NormalizeOptions(**OPTIONS), limits=Limits(max_errors=1))
    assert found.tags == [(None, "1"), (None, "2"), ("ok", "3"), (None, "5")]
