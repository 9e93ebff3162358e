"""Strategies for items: they reach every attribute of every item."""

import contextlib
import typing
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from store_protocol.convert.interface import Interface
from store_protocol.convert.readers import fields_of
from store_protocol.convert.rules import unwrap
from store_protocol.items.decoding import INTERFACES
from store_protocol.items.profile import AndroidProfile
from store_protocol.items.profile_chunk import AndroidProfileChunk
from store_protocol.items.span import StandaloneSpan
from store_protocol.items.trace_attachment import AttachmentPlaceholder, TraceAttachment
from store_protocol.items.view_hierarchy import ViewHierarchy
from store_protocol.strategies import items

#: The interfaces of each type of items.
ROOTS: dict[str, tuple[Any, ...]] = {
    **{kind: (interface,) for kind, interface in INTERFACES.items() if kind != "profile_chunk_ui"},
    "attachment": (AttachmentPlaceholder, TraceAttachment, ViewHierarchy),
    "profile": (INTERFACES["profile"], AndroidProfile),
    "profile_chunk": (INTERFACES["profile_chunk"], AndroidProfileChunk),
    "span": (INTERFACES["span"], StandaloneSpan),
}


def attributes_of(interface: type[Interface], found: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """Return the attributes of an interface of items, and of those in it."""
    for field in fields_of(interface):
        name = interface.__name__, field.encode_name
        if name not in found:
            found.add(name)
            for inner in interfaces_in(field.hint):
                if not inner.__of_events__:
                    attributes_of(inner, found)
    return found


def interfaces_in(hint: Any) -> list[Any]:
    inner, _ = unwrap(hint)
    if isinstance(inner, type) and issubclass(inner, Interface):
        return [inner]
    return [found for argument in typing.get_args(inner) for found in interfaces_in(argument)]


def reached_in(value: Any, found: set[tuple[str, str]]) -> None:
    if isinstance(value, Interface):
        for field in fields_of(type(value)):
            part = getattr(value, field.name)
            if part is not None:
                found.add((type(value).__name__, field.encode_name))
                reached_in(part, found)
    elif isinstance(value, (list, tuple, dict)):
        for part in value.values() if isinstance(value, dict) else value:
            reached_in(part, found)


@pytest.mark.parametrize("kind", ROOTS)
def test_every_attribute_is_reached_in_two_thousand_draws(kind: str) -> None:
    wanted: set[tuple[str, str]] = set()
    for interface in ROOTS[kind]:
        attributes_of(interface, wanted)
    reached: set[tuple[str, str]] = set()

    @settings(max_examples=2000, phases=[Phase.generate], database=None, suppress_health_check=[*HealthCheck])
    @given(items(kind))
    def draw(item: Any) -> None:
        reached_in(item.decode(), reached)
        if wanted <= reached:
            raise _AllReached

    with contextlib.suppress(_AllReached):
        draw()
    assert wanted - reached == set()


class _AllReached(Exception):
    """Nothing is left to be reached, which ends the draws."""
