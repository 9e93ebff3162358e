"""From the payload of an item to its typed form, leniently: what can't be taken costs itself alone, and an error says why.

The fast way is one conversion in C of the whole payload, and the functions generated from the rules beside the fields (see
`store_protocol.convert.canonicalize`). Where C refuses, the payload is taken apart attribute by attribute. Payloads with
interfaces of events that have readers of their own are taken apart in any case.
"""

from typing import Any

import msgspec

from store_protocol.budget import Budget
from store_protocol.collector import LARGE_TEXT, uncollected
from store_protocol.convert.canonicalize import canonicalizer_of
from store_protocol.convert.context import ConvertContext, LenientPathNeeded
from store_protocol.convert.interface import Interface
from store_protocol.convert.readers import fields_of, interfaces_in, read_attributes
from store_protocol.convert.rules import anything
from store_protocol.convert.timestamps import moment
from store_protocol.errors import NotAnObject
from store_protocol.first_use import once
from store_protocol.items.base import Item, Rules
from store_protocol.limits import Limits
from store_protocol.meta.tree import MetaTree
from store_protocol.normalize.options import NormalizeOptions
from store_protocol.payload import parse_payload
from store_protocol.reading.error_list import field_errors


def read_item(
    interface: type[Item], data: bytes, headers: dict[str, Any], options: NormalizeOptions, limits: Limits
) -> Item:
    """Return what a payload stands for. Raises `PayloadError` for one that is no JSON object, and `InvalidItem`."""
    if len(data) >= LARGE_TEXT:
        return uncollected(_read, interface, data, headers, options, limits)
    return _read(interface, data, headers, options, limits)


def _read(interface: type[Item], data: bytes, headers: dict[str, Any], options: NormalizeOptions, limits: Limits) -> Item:
    text, beside = interface.__split__(data, headers)
    payload = parse_payload(text, limits=limits)
    if type(payload) is not dict:
        raise NotAnObject(f"the payload of an item of the type {interface.__item_type__} is no JSON object")
    chosen = interface.__choose__(payload, headers)
    payload = chosen.__adapt__(payload, headers)
    meta_tree = MetaTree(Budget(limits, len(data)))
    rules = Rules(meta_tree, headers, options, moment(options.received_at), moment(options.sent_at))
    item = type_item(chosen, payload, ConvertContext(meta_tree, received_at=rules.received_at))
    for name, part in beside.items():
        setattr(item, name, part)
    item.__apply__(rules)
    item.field_errors = tuple(field_errors(item, meta_tree)) if meta_tree else ()
    return item


def type_item(interface: type[Item], payload: dict[str, Any], context: ConvertContext) -> Item:
    """Return the typed form of plain objects; note in `context` what can't be taken."""
    item: Item
    if converts_whole(interface):
        try:
            item = msgspec.convert(payload, interface)
            canonicalize = canonicalizer_of(interface)
            return item if canonicalize is None else canonicalize(item, (), context)
        except (msgspec.ValidationError, RecursionError, LenientPathNeeded):
            # C is asked again for each attribute.
            pass
    else:
        # Interfaces of events keep what they don't know where they are asked to.
        context.keep_unknown = True
    item = read_attributes(interface, payload, (), context)
    return item


@once
def converts_whole(interface: type[Interface]) -> bool:
    """Return whether one conversion in C reads an interface as its readers do."""
    return all(
        field.rule.read in {None, anything} and all(map(converts_whole, interfaces_in(field.hint)))
        for field in fields_of(interface)
    ) and (interface.__reader__() is None)
