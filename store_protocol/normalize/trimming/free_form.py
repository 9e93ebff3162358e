"""Whether free-form values surely fit their limits, told cheaply by the length of their text and its containers."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple, get_args, get_origin

import msgspec

from store_protocol.convert.generated import compiled, indented
from store_protocol.convert.interface import Interface
from store_protocol.convert.readers import Field, fields_of
from store_protocol.convert.rules import AdditionalProperties, FreeFormLimit, unwrap
from store_protocol.first_use import once
from store_protocol.meta.tree import MetaTree, Path
from store_protocol.normalize.trimming.frames import FULL_FRAMES, shorten
from store_protocol.schema.stacktrace import Stacktrace

_encode = msgspec.json.Encoder().encode
encode_lines = msgspec.json.Encoder().encode_lines
#: All but what begins a container, and line breaks.
_NO_CONTAINERS = bytes({*range(256)} - {*b"{[\n"})
_CONTAINERS = frozenset({dict, list, tuple, AdditionalProperties})
_SCALARS = frozenset({str, int, float, bool, type(None)})


class KnownTooLarge(msgspec.Struct, gc=False):
    """Free-form values that were measured and found larger than a size, so that none is measured twice."""

    #: By the id of each value, which holds as long as the value is kept here: the value, and the size.
    sizes: dict[int, tuple[Any, int]] = {}

    def tell(self, value: Any, size: int) -> None:
        """Tell that a value is larger than so many bytes."""
        self.sizes[id(value)] = value, size

    def tells(self, value: Any, size: int) -> bool:
        """Return whether a value is known to be larger than so many bytes."""
        found = self.sizes.get(id(value))
        return found is not None and found[1] >= size


def surely_fits(value: Any, limit: FreeFormLimit, too_large: KnownTooLarge) -> bool:
    """Return whether a free-form value surely fits its limit: its text and its depth are well within the bounds."""
    if type(value) is str:
        return len(value) * 4 + 3 < limit.max_bytes
    if too_large.sizes and too_large.tells(value, limit.max_bytes):
        return False
    if type(value) is list and is_longer(value, limit.max_bytes):
        too_large.tell(value, limit.max_bytes)
        return False
    text = _encode(value)
    if len(text) >= limit.max_bytes:
        too_large.tell(value, limit.max_bytes)
        return False
    containers = text.count(b"{") + text.count(b"[")
    # A value costs what its text does and a comma, which the last part of a container has no text for; a container has two
    # bytes at least, and an absent attribute of an interface still costs its comma.
    bound = len(text) * 3 + 64 if isinstance(value, Interface) else len(text) + containers + 1
    if bound >= limit.max_bytes:
        return False
    # No deeper than there are containers.
    levels = limit.max_depth - 1
    return containers <= levels or is_shallow(value, levels)


#: Parts of a list that are written at a time, where it may be that not all have to be.
_PARTS = 64


def is_longer(value: Any, size: int) -> bool:
    """Return whether the text of a value surely has so many bytes or more, told without writing much more than these.

    Nothing is told of other values than long lists and strings, and of objects that hold them.
    """
    if type(value) is str:
        return len(value) >= size
    found = 0
    if type(value) is list:
        for start in range(0, len(value), _PARTS) if len(value) > _PARTS else ():
            found += len(_encode(value[start : start + _PARTS]))
            if found >= size:
                return True
    elif type(value) is dict:
        return any(is_longer(part, size) for part in value.values() if type(part) is list or type(part) is str)
    return False


def oversized(values: list[Any], limit: FreeFormLimit, too_large: KnownTooLarge) -> list[tuple[int, bool]]:
    """Return the positions of free-form values that may exceed their own limit, and whether it may be that of size.

    All are written at once, one a line: text has no line breaks in JSON, and a call for each would cost twice as much.
    """
    text = encode_lines(values)
    levels = limit.max_depth - 1
    # What stands in strings is counted, too: the more there may be, the closer the look.
    begins = text.translate(None, _NO_CONTAINERS)
    if len(text) < limit.max_bytes:
        containers = len(begins) - len(values)
        # Each is a container itself, and none is deeper than there are containers in it.
        if containers - len(values) < levels and len(text) + containers < limit.max_bytes:
            return []
    lines = text.split(b"\n")
    found = []
    for index, (value, line, containers) in enumerate(zip(values, lines, map(len, begins.split(b"\n")), strict=False)):
        may_be_too_large = len(line) + _TEXT_COST * containers >= limit.max_bytes
        if len(line) >= limit.max_bytes:
            too_large.tell(value, limit.max_bytes)
        if may_be_too_large or (containers > levels and not is_shallow(value, levels)):
            found.append((index, may_be_too_large))
    return found


class Oversized(NamedTuple):
    """A free-form value that may not fit: where it stands, and whether it may be too large or only too deep."""

    owner: Interface
    field: Field
    path: Path
    may_be_too_large: bool


#: A container that becomes its text has two quotes more, and a comma.
_TEXT_COST = 3


def oversized_in(name: str, holder: Any, meta_tree: MetaTree, too_large: KnownTooLarge) -> list[Oversized]:
    """Return the free-form values in exceptions, threads and the like in which there may be something to cut.

    The lengths of their strings are known to fit: what is left are free-form values, and the number of frames, which is
    seen to here, as what is in frames that go has to fit nothing.
    """
    limits, collect, places = collector_of(type(holder))
    found: list[Oversized] = []
    for index, values in enumerate(collect(holder, (name,), meta_tree)):
        if values and (misfitting := oversized(values, limits[index], too_large)):
            owners = [*places[index](holder, (name,))]
            found += [Oversized(*owners[position], may_be_too_large) for position, may_be_too_large in misfitting]
    return found


_Collect = Callable[[Any, Path, MetaTree], tuple[list[Any], ...]]
_Places = Callable[[Any, Path], Iterator[tuple[Interface, Field, Path]]]


@once
def collector_of(interface: type[Interface]) -> tuple[tuple[FreeFormLimit, ...], _Collect, tuple[_Places, ...]]:
    """Return the limits in an interface, and the function that collects the values that they hold for, in a list for each.

    Beside these are functions that go through the places of the values in each list: few are ever asked for.
    """
    writer = _LimitWriter()
    body = writer.interface(interface, "value", ())
    lists = "".join(f"values{index}, " for index in writer.limits.values())
    lines = ["def collect(value, path, meta_tree):", *(f"    values{index} = []" for index in writer.limits.values())]
    lines += [*indented(body), f"    return ({lists})"]
    collect: _Collect = compiled(f"free-form values of {interface.__name__}", "collect", lines, writer.known)
    return (*writer.limits,), collect, tuple(_places_of(interface, limit) for limit in writer.limits)


def _places_of(interface: type[Interface], limit: FreeFormLimit) -> _Places:
    writer = _LimitWriter(only=limit)
    lines = ["def places(value, path):", *indented(writer.interface(interface, "value", ()))]
    what = f"places of free-form values of {interface.__name__}, {limit.max_bytes} bytes"
    places: _Places = compiled(what, "places", lines, writer.known)
    return places


class _LimitWriter:
    """Writes the lines that go through the free-form values of an interface.

    They collect the values in lists, one for each limit, or yield the places of those for which `only` one limit holds.
    """

    def __init__(self, only: FreeFormLimit | None = None) -> None:
        self.only = only
        self.limits: dict[FreeFormLimit, int] = {}
        self.known: dict[str, Any] = {"shorten": shorten, "FULL_FRAMES": FULL_FRAMES}
        self.count = 0

    def name(self, prefix: str) -> str:
        self.count += 1
        return f"{prefix}{self.count}"

    def interface(self, interface: type[Interface], target: str, at: tuple[str, ...]) -> list[str]:
        lines: list[str] = []
        if issubclass(interface, Stacktrace) and self.only is None:
            path = f"(*path, {', '.join(at)})" if at else "path"
            lines += [f"if {target}.frames is not None and len({target}.frames) > FULL_FRAMES:"]
            lines += [f"    shorten({target}, {path}, meta_tree)"]
        for field in fields_of(interface):
            part = self.name("part")
            body = self.attribute(field, target, part, at)
            if body:
                lines += [f"if ({part} := {target}.{field.name}) is not None:", *indented(body)]
        return lines

    def attribute(self, field: Field, owner: str, part: str, at: tuple[str, ...]) -> list[str]:
        below = (*at, repr(field.encode_name))
        limit = field.rule.limit
        if limit is None:
            return self.value(field.hint, part, below)
        if self.only is None:
            return [f"values{self.limits.setdefault(limit, len(self.limits))}.append({part})"]
        if limit != self.only:
            return []
        name = self.name("field")
        self.known[name] = field
        path = f"(*path, {', '.join(at)})" if at else "path"
        return [f"yield {owner}, {name}, {path}"]

    def value(self, hint: Any, target: str, at: tuple[str, ...]) -> list[str]:
        inner, _ = unwrap(hint)
        if isinstance(inner, type) and issubclass(inner, Interface):
            return self.interface(inner, target, at)
        origin = get_origin(inner)
        if origin not in (list, dict):
            return []
        key, item = self.name("key"), self.name("item")
        body = self.value(get_args(inner)[-1], item, (*at, f"str({key})"))
        if any(key in line for line in body):
            pairs = f"enumerate({target})" if origin is list else f"{target}.items()"
            loop = f"for {key}, {item} in {pairs}:"
        else:
            loop = f"for {item} in {target if origin is list else f'{target}.values()'}:"
        return [loop, f"    if {item} is not None:", *indented(body, 2)] if body else []


def is_shallow(value: Any, levels: int) -> bool:
    """Return whether a value has at most so many levels of containers."""
    # Level by level, as a call for each container would cost more than all else.
    containers = [value] if _is_container(value) else []
    while containers:
        if levels <= 0:
            return False
        levels -= 1
        below = []
        for container in containers:
            for part in _parts_of(container):
                kind = type(part)
                if kind not in _SCALARS and _is_container(part):
                    below.append(part)
        containers = below
    return True


def _is_container(value: Any) -> bool:
    return type(value) in _CONTAINERS or isinstance(value, Interface)


def _parts_of(container: Any) -> Iterable[Any]:
    kind = type(container)
    if kind is dict or kind is AdditionalProperties:
        parts: Iterable[Any] = container.values()
        return parts
    if kind is list or kind is tuple:
        return container  # type: ignore[no-any-return]
    return msgspec.structs.astuple(container)
