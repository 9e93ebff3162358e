"""The `_meta` that an event brings along, from a server that it came through before.

What it says of a value goes with the value to the place that its canonical form has.
"""

from typing import Any, NewType, Union

import msgspec

from store_protocol.collector import decode_uncollected
from store_protocol.convert.context import ConversionError
from store_protocol.convert.ids import span_id
from store_protocol.convert.interface import Interface
from store_protocol.convert.readers import layout_of
from store_protocol.convert.values import Values
from store_protocol.first_use import once
from store_protocol.json_types import DECODE_ERRORS, json_scalar_type
from store_protocol.meta.tree import MetaTree, Path, position
from store_protocol.payload import parse_payload
from store_protocol.reading.settling import Settler

#: Objects in each other that the fast way takes: an event's places are 8 deep, and the variables there 5 more, at least.
_DEPTH = 20


@once
def _decoder() -> "msgspec.json.Decoder[Any]":
    """Return the decoder of a `_meta` as it is in its form: objects in each other, with lists of errors and remarks."""
    # A type's hash goes through all of it, unless a part is hidden behind a name.
    named: Any = NewType
    scalar: Any = Union[json_scalar_type(), None]  # noqa: UP007  (as `|` would make a union of another kind)
    listed: Any = list[list[dict[str, scalar] | scalar] | scalar]
    node: Any = named("Meta0", dict[str, listed | scalar])
    for level in range(1, _DEPTH):
        node = named(f"Meta{level}", dict[str, node | listed | scalar])
    return msgspec.json.Decoder(node)


def meta_of(text: msgspec.Raw) -> Any:
    """Return the `_meta` that a JSON text stands for."""
    try:
        return decode_uncollected(_decoder().decode, text)
    except DECODE_ERRORS:
        return parse_payload(text)


def read_meta(
    client_meta: dict[str, Any],
    payload: dict[str, Any],
    meta_tree: MetaTree,
    *,
    keep_unknown: bool = False,
    enforce_rules: bool = True,
) -> None:
    """Take over what an event's `_meta` says of those of its values that are there.

    Of `payload` only the values are needed that `client_meta` names.
    """
    meta_tree.read_meta(client_meta, payload)
    if meta_tree:
        Settler(keep_unknown, enforce_rules).settle_event(meta_tree.root, payload)
        _forget_right_span_ids(meta_tree, payload)


def _forget_right_span_ids(meta_tree: MetaTree, current: dict[str, Any]) -> None:
    """Forget what is said of ids of spans that are right now, as Relay does: they were drawn for those that were wrong."""
    contexts, spans = current.get("contexts"), current.get("spans")
    if isinstance(contexts, dict):
        for name, value in contexts.items():
            if isinstance(value, dict) and value.get("type", name) == "trace":
                _forget_span_ids(meta_tree, ("contexts", name), value)
    if isinstance(spans, list):
        for index, value in enumerate(spans):
            _forget_span_ids(meta_tree, ("spans", str(index)), value)


#: The attributes that hold the id of a span.
_SPAN_IDS = ("span_id", "parent_span_id", "segment_id")


def _forget_span_ids(meta_tree: MetaTree, path: Path, holder: Any) -> None:
    meta = meta_tree.find(path)
    if meta is None or not isinstance(holder, dict):
        return
    for name in _SPAN_IDS:
        if name in meta.children and _is_span_id(holder.get(name)):
            meta_tree.take((*path, name))
    links = holder.get("links")
    for index, link in enumerate(links if "links" in meta.children and isinstance(links, list) else ()):
        _forget_span_ids(meta_tree, (*path, "links", str(index)), link)


def _is_span_id(value: Any) -> bool:
    try:
        return value is not None and span_id(value) is not None
    except ConversionError:
        return False


class AmbiguousNull(Exception):
    """What C made of a value doesn't tell whether an attribute was null or not there at all."""


def outline_for(value: Any, client_meta: Any) -> Any:
    """Return as plain objects what is in a value as C gives it, as far as a `_meta` speaks of it.

    Raises `AmbiguousNull` where that can't be told.
    """
    if isinstance(client_meta, dict):
        if isinstance(value, Interface):
            return _outline_of_interface(value, client_meta)
        if type(value) is list:
            parts: list[Any] = [None] * len(value)
            for key, below in client_meta.items():
                if (index := position(key)) is not None and index < len(value):
                    parts[index] = outline_for(value[index], below)
            return parts
        if type(value) is dict and any(isinstance(part, Interface) for part in value.values()):
            return {key: outline_for(value[key], below) for key, below in client_meta.items() if key in value}
    if isinstance(value, (msgspec.Struct, msgspec.Raw)):
        raise AmbiguousNull
    return value


def _outline_of_interface(value: Interface, client_meta: dict[str, Any]) -> dict[str, Any]:
    positions = layout_of(type(value)).positions
    found: dict[str, Any] = {}
    for key, below in client_meta.items():
        if key != "":
            part = getattr(value, positions[key][1]) if key in positions else None
            if part is None:
                raise AmbiguousNull
            found[key] = outline_for(part, below)
    if isinstance(value, Values):
        # Whether there is one value or a list of them tells where what is said of them goes.
        found.setdefault("values", [])
        if getattr(value, "values") is None:  # noqa: B009  (what these interfaces have in common)
            raise AmbiguousNull
    return found
