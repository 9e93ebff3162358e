"""What every step of normalization works on."""

from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from store_protocol.convert.generated import compiled
from store_protocol.convert.interface import Interface, Retain
from store_protocol.convert.readers import fields_of, known_names
from store_protocol.meta.sizes import is_smaller, surely_exceeds
from store_protocol.meta.tree import TOO_LONG, Meta
from store_protocol.normalize.options import NormalizeOptions
from store_protocol.reading.fast_path import ReadEvent
from store_protocol.reading.wire_event import ATTRIBUTES
from store_protocol.schema.mechanism import Mechanism
from store_protocol.schema.stacktrace import Frame


class Normalization:
    """One event on its way through the steps: the event, what is said of its values, and what the steps may know.

    `original` is what the client sent, and must not be changed. `received_at` is in seconds since the epoch, and so is
    `sent_at`, when the client sent the event by its own clock; `new_id` gives a new id of 32 hex digits. `facts` are those
    about the event: a step that writes what one of them is about withdraws it. `has_type` says that the event is of the
    type that it has, whatever it holds. With `infer_address` the user's address is filled in by `options.client_ip`.
    """

    __slots__ = (
        "event",
        "facts",
        "has_type",
        "infer_address",
        "meta_tree",
        "new_id",
        "options",
        "original",
        "received_at",
        "sent_at",
    )

    def __init__(
        self,
        read_event: ReadEvent,
        options: NormalizeOptions,
        received_at: float,
        new_id: Callable[[], str],
        sent_at: float | None = None,
        *,
        infer_address: bool = False,
    ) -> None:
        self.original = read_event.original
        self.event = read_event.event
        self.meta_tree = read_event.meta_tree
        self.facts = read_event.facts
        self.has_type = read_event.has_type
        self.options = options
        self.received_at = received_at
        self.new_id = new_id
        self.sent_at = sent_at
        self.infer_address = infer_address

    def original_of(self, name: str, index: int | None = None) -> Any:
        """Return what the client sent for an attribute of the event, or for one of its `values`."""
        found = self.original.first_present((name, *ATTRIBUTES[name].field.rule.aliases))
        if index is None:
            return found
        if isinstance(found, dict):
            found = found.get("values", [found])
        return found[index] if isinstance(found, list) and index < len(found) else None

    def keep_original(self, meta: Meta, value: Interface, original: Callable[[], Any]) -> None:
        """Keep a typed value that is dropped whole, and what was said of its parts, if it is short enough.

        `original` returns what it was read from, whose unknown attributes belong to it as well.
        """
        below, meta.children = meta.children, {}
        budget = self.meta_tree.budget
        if budget.values_left <= 0 or surely_exceeds(value, TOO_LONG):
            return
        budget.values_left -= _VALUES_OF_ORIGINAL
        whole = _whole(value, original(), below)
        if is_smaller(_without_empty(value, whole), TOO_LONG):
            meta.original, meta.below_original = whole, below


#: What it costs to keep an interface that is dropped, in values that are read one by one.
_VALUES_OF_ORIGINAL = 50


def _whole(value: Any, raw: Any, noted: dict[str, Meta]) -> Any:
    """Return a typed value as plain objects, with the attributes that its interface doesn't know.

    Attributes that are absent are left out, unless something is noted of them; what is null in other objects stays.
    """
    if isinstance(value, Interface):
        fields = fields_of(type(value))
        source = raw if isinstance(raw, dict) else {}
        known = known_names(type(value))
        # What an old mechanism has beside signal and exception is in its data.
        is_legacy = isinstance(value, Mechanism) and "type" not in source
        drops = is_legacy or type(value).__other__ is Retain.NEVER
        whole = {} if drops else {key: part for key, part in source.items() if key not in known and part is not None}
        for field in fields:
            name = wire = field.encode_name
            if wire not in source and field.rule.aliases:
                name = next((alias for alias in field.rule.aliases if alias in source), wire)
            part = getattr(value, field.name)
            if part is not None or wire in noted:
                whole[wire] = _whole(part, source.get(name), _below(noted, wire))
            elif source.get(name) == "":
                # It counts as absent, but was no fault.
                whole[wire] = ""
        if type(value) is Frame and value.abs_path is None and "abs_path" not in noted:
            # The name of the file is put there, an empty one, too.
            whole.pop("abs_path", None)
            whole |= {"abs_path": ""} if source.get("filename") == "" else {}
        return whole
    if isinstance(value, list):
        parts = raw if isinstance(raw, list) and len(raw) == len(value) else [None] * len(value)
        return [
            _whole(part, other, _below(noted, str(index)))
            for index, (part, other) in enumerate(zip(value, parts, strict=True))
        ]
    return msgspec.to_builtins(value)


def _without_empty(value: Any, whole: Any) -> Any:
    """Return what a typed value is as plain objects but for attributes that are not written where they are empty."""
    if isinstance(value, Interface):
        kept = dict(whole)
        for field in fields_of(type(value)):
            part = getattr(value, field.name)
            if field.encode_name in whole:
                # Some empty strings count as absent.
                is_omitted = field.rule.omit_empty or field.rule.skip_empty or part is None
                if is_omitted and whole[field.encode_name] in ("", [], {}):
                    del kept[field.encode_name]
                else:
                    kept[field.encode_name] = _without_empty(part, whole[field.encode_name])
        return kept
    if isinstance(value, list):
        return [_without_empty(part, other) for part, other in zip(value, whole, strict=True)]
    return whole


def _below(noted: dict[str, Meta], key: str) -> dict[str, Meta]:
    return noted[key].children if key in noted else {}


Step = Callable[[Normalization], None]


def acts_on(*attributes: str, noted: bool = False) -> Callable[[Step], Step]:
    """Declare of a step that it does nothing to an event that has none of these attributes.

    With `noted` it also acts where something is noted of one of them.
    """

    def declare(step: Step) -> Step:
        step.__dict__["acts_on"] = attributes, noted
        return step

    return declare


class Steps:
    """Steps of normalization in their order.

    `run` is one function for all of them, which leaves out those that have nothing to act on: an event has few of all
    attributes, and a call that finds nothing takes longer than to see that nothing is there. Some of its lines are

        step9(normalization)
        if event.tags is not None or event.server_name is not None or event.site is not None or 'tags' in noted:
            step10(normalization)
    """

    def __init__(self, *steps: Step) -> None:
        self._steps = steps
        lines = ["def run(normalization):", "    event, noted = normalization.event, normalization.meta_tree.root.children"]
        known: dict[str, Any] = {}
        for index, step in enumerate(steps):
            known[f"step{index}"] = step
            attributes, or_noted = getattr(step, "acts_on", ((), False))
            conditions = [f"event.{name} is not None" for name in attributes]
            conditions += [f"{name!r} in noted" for name in attributes if or_noted]
            call = f"    step{index}(normalization)"
            lines += [f"    if {' or '.join(conditions)}:", f"    {call}"] if conditions else [call]
        self.run: Step = compiled("steps of normalization", "run", lines, known)

    def __iter__(self) -> Iterator[Step]:
        return iter(self._steps)

    def __len__(self) -> int:
        return len(self._steps)
