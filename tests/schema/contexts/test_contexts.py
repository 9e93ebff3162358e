"""Contexts: the type of each tells its layout."""

import pytest

from store_protocol import parse_event
from store_protocol.schema.contexts import CONTEXTS


@pytest.mark.parametrize("kind", CONTEXTS)
def test_context_has_the_layout_that_its_type_tells(kind: str) -> None:
    given = {kind: {}, "a": {"type": kind}, "b": {"type": ""}, "c": {"type": 5}, "d": {"type": kind.upper()}}
    found = parse_event({"contexts": given}).contexts or {}
    assert {key for key, context in found.items() if type(context) is CONTEXTS[kind]} == {kind, "a"}
    assert getattr(found[kind], "type", None) == kind


@pytest.mark.parametrize("kind", CONTEXTS)
def test_type_is_the_last_attribute_of_a_context(kind: str) -> None:
    # Behind it stands only what holds the unknown ones.
    assert CONTEXTS[kind].__struct_fields__[-2:] == ("type", "other")
