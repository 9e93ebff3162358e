"""A step that makes a fact about the event untrue withdraws it, or a test fails whatever the step has written."""

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import msgspec
import pytest

from store_protocol import NormalizeOptions, StoreError, normalize, normalize_event
from store_protocol.convert.facts import Facts
from store_protocol.convert.interface import Interface
from store_protocol.convert.readers import fields_of
from store_protocol.normalize.context import Normalization, Step, Steps
from store_protocol.normalize.steps.breadcrumbs import breadcrumbs
from store_protocol.normalize.trimming.free_form import is_shallow
from store_protocol.schema.breadcrumb import Breadcrumb
from store_protocol.schema.event import Event
from tests import ways
from tests.changed_events import EVENTS

TABLES = sorted((Path(__file__).parents[1] / "data" / "normalization").glob("*.jsonl"))
LONG = "x" * 9000
#: Whatever comes from the options may be longer than anything that the client sent.
HINTS: dict[str, Any] = dict.fromkeys(("sec_ch_ua_platform", "sec_ch_ua", "sec_ch_ua_model"), LONG)
OPTIONS = NormalizeOptions(
    enable_trimming=True, received_at=1795392000.0, user_agent=LONG, client_hints=HINTS, client=f"a/{LONG}"
)

#: Strings that steps write as they stand in the code, and that are short.
LITERALS = {(Breadcrumb, "type", "default")}


def interfaces_in(value: Any) -> Iterator[Interface]:
    """Go through the interfaces in a typed value."""
    if isinstance(value, Interface):
        yield value
        for field in fields_of(type(value)):
            yield from interfaces_in(getattr(value, field.name))
    elif isinstance(value, (list, dict)):
        for part in value.values() if isinstance(value, dict) else value:
            yield from interfaces_in(part)


def limited_strings(event: Event, facts: Facts) -> dict[tuple[int, str], tuple[Interface, str]]:
    """Return the strings of bounded length in what is known to be short, by their interface and attribute."""
    return {
        (id(owner), field.name): (owner, text)
        for name in facts.known_short
        for owner in interfaces_in(getattr(event, name))
        for field in fields_of(type(owner))
        if field.rule.max_chars is not None and isinstance(text := getattr(owner, field.name), str)
    }


def free_form_values(event: Event) -> Iterator[tuple[Any, int]]:
    """Go through the free-form values outside of exceptions, threads and breadcrumbs, with the levels they may have."""
    request, entry = event.request, event.logentry
    if request is not None:
        for value in (request.data, request.env):
            yield value, 6
    if entry is not None:
        yield entry.params, 7
    yield from ((context, 6) for context in (event.contexts or {}).values())
    yield event.modules, 7
    yield from ((value, 6) for value in (event.extra or {}).values())


def checked(step: Step, text: bytes, forgotten: list[str]) -> Step:
    """Return a step that lists which facts are wrong once it has run."""

    def run(normalization: Normalization) -> None:
        before = limited_strings(normalization.event, normalization.facts)
        step(normalization)
        event, facts = normalization.event, normalization.facts
        for key, (owner, written) in limited_strings(event, facts).items():
            known = before.get(key)
            if not (known is not None and known[1] is written) and (type(owner), key[1], written) not in LITERALS:
                forgotten.append(f"{step.__name__} writes {type(owner).__name__}.{key[1]} and leaves known_short")
        for name in facts.without_empty_items:
            items: Any = getattr(event, name)
            listed = [*items.values()] if isinstance(items, dict) else getattr(items, "values", None) or []
            if None in listed or "" in listed or Breadcrumb() in listed:
                forgotten.append(f"{step.__name__} puts null into {name} and leaves without_empty_items")
        for value, levels in free_form_values(event):
            if facts.known_shallow and not is_shallow(value, levels):
                forgotten.append(f"{step.__name__} writes {value!r:.40} and leaves known_shallow")
            if facts.text_size is not None and len(encode(value)) > 2 * len(text) + 200:
                forgotten.append(f"{step.__name__} writes {value!r:.40} and leaves text_size")

    return run


encode: Callable[[Any], bytes] = msgspec.json.Encoder().encode


def forgotten_facts(event: Any, steps: Iterable[Step] = normalize.STEPS) -> list[str]:
    """Return the facts that steps have made untrue and not withdrawn while they normalized an event."""
    text = json.dumps(event).encode()
    forgotten: list[str] = []
    watched = Steps(*(checked(step, text, forgotten) for step in steps))
    for payload in (text, event):
        with mock.patch.object(normalize, "STEPS", watched):
            try:
                normalize_event(payload, OPTIONS)
            except StoreError:
                continue
    return sorted(set(forgotten))


@pytest.mark.parametrize("path", TABLES, ids=lambda path: path.stem)
def test_steps_withdraw_what_they_make_untrue_for_the_tables(path: Path) -> None:
    for line in path.read_text(encoding="utf-8").splitlines():
        assert forgotten_facts(json.loads(line)["event"]) == []


def test_steps_withdraw_what_they_make_untrue_for_recorded_events() -> None:
    for event in EVENTS:
        assert forgotten_facts(event) == []


DEEP = "[" * 20 + "]" * 20


@pytest.mark.parametrize(
    "event",
    [
        {"csp": {"effective_directive": "script-src"}},
        {"contexts": {"runtime": {"raw_description": "a" * 3800 + " 1.2"}}},
        {"contexts": {"os": {"raw_description": "a" * 3800 + " 1.2"}}},
        {"contexts": {"response": {"data": DEEP}}},
        {"request": {"data": DEEP}},
        {"request": {"data": "a&" * 300}},
        {"exception": [{"value": "E: message"}]},
        {"exception": [{"type": "E"}], "stacktrace": {"frames": [{"function": "f", "lineno": "x"}]}},
        {"exception": [{"type": "E"}], "stacktrace": {"frames": [{"function": "f"}]}},
        {"breadcrumbs": [{"timestamp": "1969-12-31T23:59:59Z"}, {"message": "m"}]},
    ],
)
def test_steps_withdraw_what_they_make_untrue(event: dict[str, Any]) -> None:
    assert forgotten_facts(event) == []
    assert ways.differences(event, OPTIONS) == {}


def _renames(normalization: Normalization) -> None:
    for each in (normalization.event.exception and normalization.event.exception.values) or ():
        if each is not None:
            each.module = "short"


def _drops(normalization: Normalization) -> None:
    if normalization.event.breadcrumbs is not None:
        normalization.event.breadcrumbs.values = [None]


def _deepens(normalization: Normalization) -> None:
    normalization.event.extra = {"a": json.loads(DEEP)}


def _adds(normalization: Normalization) -> None:
    normalization.event.extra = {"a": LONG}


@pytest.mark.parametrize(
    ("step", "fact"),
    [(_renames, "known_short"), (_drops, "without_empty_items"), (_deepens, "known_shallow"), (_adds, "text_size")],
)
def test_a_step_that_forgets_to_withdraw_is_found(step: Step, fact: str) -> None:
    event = {"exception": [{"type": "E"}], "breadcrumbs": [{"message": "m"}]}
    found = forgotten_facts(event, (breadcrumbs, step))
    assert len(found) == 1
    assert found[0].startswith(step.__name__)
    assert found[0].endswith(fact)


def test_a_step_that_withdraws_is_not_found() -> None:
    def careful(normalization: Normalization) -> None:
        _renames(normalization)
        normalization.facts.known_short -= {"exception"}

    assert forgotten_facts({"exception": [{"type": "E"}]}, (careful,)) == []
