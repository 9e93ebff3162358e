"""Containers that are too deep become their JSON text, and what is left is measured on the way."""

from typing import Any

from store_protocol.convert.scalars import json_text
from store_protocol.meta.sizes import estimate_size_flat
from store_protocol.meta.tree import Meta

SCALARS = frozenset({bool, int, float})
PLAIN = frozenset({dict, list})

#: Parts from which on a container is not measured as a whole, but part by part as far as there is room: with so many it is
#: likely to be cut, and then they would be measured again.
_MANY = 128


def flattened(container: Any, levels: int, left: int, meta: Meta | None = None) -> tuple[Any, int] | None:
    """Return a plain container with containers on so many levels below it, and what its parts cost.

    Those below become their JSON text, and `meta`, which is that of the container, no longer tells what was in
    them. What needs no change is given back itself; None is given where the parts cost more than `left`, or may well do so,
    and where one is an interface.
    """
    if type(container) not in PLAIN or len(container) > _MANY:
        return None
    if levels == 0:
        if meta is not None:
            meta.children = {}
        text = json_text(container)
        # Without quotes, as containers are counted without brackets here.
        return text, estimate_size_flat(text) - 2
    total = 0
    changes: dict[Any, Any] = {}
    for key, part in container.items() if type(container) is dict else enumerate(container):
        kind = type(part)
        if kind is str:
            total += (len(part) if part.isascii() else len(part.encode())) + 3
        elif part is None or kind in SCALARS:
            total += estimate_size_flat(part) + 1
        else:
            below = meta.children.get(str(key)) if meta is not None else None
            found = flattened(part, levels - 1, left - total, below)
            if found is None:
                return None
            if found[0] is not part:
                changes[key] = found[0]
            total += found[1] + 3
            if meta is not None and below is not None and below.is_empty():
                del meta.children[str(key)]
        # At least a byte must be left, as there is none for a part without.
        if total >= left:
            return None
    if changes:
        if type(container) is dict:
            container = {**container, **changes}
        else:
            container = [changes.get(index, part) for index, part in enumerate(container)]
    return container, total
