"""Debug images: the files that the program was loaded from, by which its addresses are symbolicated.

Apps have hundreds of them. C takes images of all types as one struct, which has what any of them has on the wire. Functions
that are generated from their layouts make the images of it, once all ids and all addresses are in canonical form. Where one
image isn't all right, all are read from plain objects. For `JvmDebugImage` the function is

    def make(image, ident, wire_image_addr, wire_image_vmaddr):
        return made(debug_id=ident, type=image.type)
"""

import functools
import re
import typing
from collections.abc import Callable
from typing import Annotated, Any, NamedTuple

import msgspec

from store_protocol.convert.addresses import canonical_addresses, canonical_uuids
from store_protocol.convert.canonicalize import canonicalizer_of
from store_protocol.convert.context import ConversionError, ConvertContext, LenientPathNeeded
from store_protocol.convert.generated import compiled
from store_protocol.convert.ids import debug_id, uuid
from store_protocol.convert.interface import Interface
from store_protocol.convert.readers import TEXTS, Field, Reader, check_text, fields_of, interface_reader, taken
from store_protocol.convert.rules import TypedForm, rule
from store_protocol.convert.scalars import address
from store_protocol.first_use import once
from store_protocol.meta.tree import Path
from store_protocol.schema.images import APPLE_ATTRIBUTES, APPLE_NAMES, IMAGES, AppleDebugImage, DebugImage, read_images
from store_protocol.schema.types import U64, Text


class SystemSdkInfo(Interface):
    """The SDK of the system (iOS)."""

    #: Its name, such as `iOS`.
    sdk_name: Text | None = None
    #: The first number of its version.
    version_major: U64 | None = None
    #: The second number of its version.
    version_minor: U64 | None = None
    #: The third number of its version.
    version_patchlevel: U64 | None = None


class DebugMeta(Interface):
    """The images of the program, and the SDK of the system."""

    #: The SDK of the system, for symbols of the system itself (iOS).
    sdk_info: Annotated[SystemSdkInfo, rule(omit_empty=True)] | None = None
    #: The images, in any order.
    images: Annotated[list[DebugImage | None], rule(read=read_images, omit_empty=True)] | None = None

    @classmethod
    def __reader__(cls) -> Reader:
        # Never in one conversion: the layout of an image is told by its type.
        return interface_reader(DebugMeta)

    @classmethod
    def __typed__(cls) -> TypedForm:
        return TypedForm(_wire_debug_meta(), _read_wire)


class _Layout(NamedTuple):
    """How images of some types look on the wire, and what is made of them."""

    types: tuple[str, ...]
    #: The interface that declares the attributes, and that of what is made of them.
    interface: type[DebugImage]
    made: type[DebugImage]
    #: The attributes by their names on the wire.
    fields: dict[str, Field]

    @property
    def id_name(self) -> str | None:
        """The name on the wire of the id by which the image is known."""
        return next((wire for wire, field in self.fields.items() if field.rule.convert in _ID_CONVERSIONS), None)


_ID_CONVERSIONS: frozenset[Any] = frozenset({uuid, debug_id})
#: What stands in the place of an address or an id that isn't there while all are canonicalized.
_NO_ADDRESS, _NO_ID = "0x0", "00000000-0000-0000-0000-000000000000"


def _layouts() -> list[_Layout]:
    apple = {APPLE_NAMES.get(each.encode_name, each.encode_name): each for each in fields_of(AppleDebugImage)}
    apple = {wire: field for wire, field in apple.items() if field.encode_name in APPLE_ATTRIBUTES}
    found = [_Layout(("apple",), AppleDebugImage, IMAGES["macho"], apple)]
    for interface in dict.fromkeys(IMAGES.values()):
        types = tuple(kind for kind, each in IMAGES.items() if each is interface)
        fields = {each.encode_name: each for each in fields_of(interface) if each.encode_name != "type"}
        found.append(_Layout(types, interface, interface, fields))
    return found


def _attribute(wire: str) -> str:
    """Return the attribute of `WireImage` for a name on the wire."""
    return "wire_" + re.sub(r"\W", "_", wire)


def _wire_image(layouts: list[_Layout]) -> type[msgspec.Struct]:
    """Return the struct as which C takes an image. Strings are wider than their canonical form."""
    hints: dict[str, Any] = {}
    for layout in layouts:
        declared = typing.get_type_hints(layout.interface, include_extras=True)
        for wire, field in layout.fields.items():
            for name in (wire, *field.rule.aliases):
                hints.setdefault(name, str if field.hint is str else declared[field.name])
    fields: list[Any] = [
        (_attribute(name), hint | None, msgspec.field(default=None, name=name)) for name, hint in hints.items()
    ]
    return msgspec.defstruct("WireImage", [("type", str), *fields], gc=False)


def _maker(layout: _Layout, addresses: list[str]) -> Callable[..., DebugImage]:
    """Return the function that makes an image, of what C took and of its id and its addresses in canonical form."""
    known: dict[str, Any] = {"made": layout.made, "LenientPathNeeded": LenientPathNeeded}
    values, unclear = [], []
    for wire, field in layout.fields.items():
        place = f"image.{_attribute(wire)}"
        if field.rule.required and wire != layout.id_name:
            unclear.append(f"{place} is None")
        unclear += [f"image.{_attribute(name)} is not None" for name in field.rule.aliases]
        if wire == layout.id_name:
            values.append(f"{field.name}=ident")
        elif wire in addresses:
            values.append(f"{field.name}=None if {place} is None else {_attribute(wire)}")
        elif taken(field.rule) == (str, "") or (field.hint is not str and taken(field.rule)[0] is not None):
            values.append(f"{field.name}={place}")
        elif field.rule.convert is not None:
            known[f"convert_{field.name}"] = _conversion(field)
            values.append(f"{field.name}=None if {place} is None else convert_{field.name}({place})")
        else:
            unclear.append(f"{place} is not None")
    values.append(f"type={'image.type' if layout.made is layout.interface else repr('macho')}")
    lines = [f"def make({', '.join(('image', 'ident', *map(_attribute, addresses)))}):"]
    if unclear:
        lines += [f"    if {' or '.join(unclear)}:", "        raise LenientPathNeeded"]
    lines.append(f"    return made({', '.join(values)})")
    make: Callable[..., DebugImage] = compiled(f"make {layout.interface.__name__}", "make", lines, known)
    return make


def _conversion(field: Field) -> Callable[[Any], Any]:
    convert: Any = field.rule.convert
    return functools.partial(check_text, rule=field.rule) if convert in TEXTS else convert


def _columns(layouts: list[_Layout], addresses: list[str]) -> Callable[[list[Any]], tuple[list[Any], ...]]:
    """Return the function that lists the ids of images, and their addresses in canonical form."""
    known: dict[str, Any] = {"canonical_addresses": canonical_addresses}
    ids = repr(_NO_ID)
    for index, name in enumerate(dict.fromkeys(layout.id_name for layout in layouts)):
        if name is not None:
            known[f"types{index}"] = frozenset(kind for each in layouts if each.id_name == name for kind in each.types)
            ids = f"image.{_attribute(name)} if image.type in types{index} else {ids}"
    lines = ["def columns(images):", f"    return [{ids} for image in images], ("]
    for name in addresses:
        column = f"{_NO_ADDRESS!r} if (at := image.{_attribute(name)}) is None else at"
        lines.append(f"        canonical_addresses([{column} for image in images]),")
    lines.append("    )")
    columns: Callable[[list[Any]], tuple[list[Any], ...]] = compiled("ids and addresses", "columns", lines, known)
    return columns


def _maker_of_all(layouts: list[_Layout], addresses: list[str]) -> Callable[..., list[DebugImage | None]]:
    """Return the function that makes images. It raises `KeyError` for an image of a type that isn't known."""
    known = {"makers": {kind: _maker(layout, addresses) for layout in layouts for kind in layout.types}}
    parts = ", ".join(("image", "ident", *map(_attribute, addresses)))
    lines = ["def make_all(images, ids, addresses):"]
    lines.append(f"    return [makers[image.type]({parts}) for {parts} in zip(images, ids, *addresses)]")
    make_all: Callable[..., list[DebugImage | None]] = compiled("make images", "make_all", lines, known)
    return make_all


class _Made(NamedTuple):
    """The functions that are generated from the layouts, and the conversions of ids by the type of the image."""

    columns: Callable[[list[Any]], tuple[list[Any], ...]]
    make_all: Callable[..., list[DebugImage | None]]
    conversions: dict[str, Callable[[Any], str]]


@once
def _made() -> _Made:
    layouts = _layouts()
    addresses = [*dict.fromkeys(wire for each in layouts for wire in each.fields if _is_address(each.fields[wire]))]
    conversions: dict[str, Any] = {
        kind: layout.fields[layout.id_name].rule.convert for layout in layouts if layout.id_name for kind in layout.types
    }
    return _Made(_columns(layouts, addresses), _maker_of_all(layouts, addresses), conversions)


def _is_address(field: Field) -> bool:
    return field.rule.convert is address


def _canonical_ids(images: list[Any], ids: list[Any], conversions: dict[str, Callable[[Any], str]]) -> list[str]:
    try:
        return canonical_uuids(ids)
    except (ConversionError, TypeError):
        if None in ids:
            raise LenientPathNeeded from None
    # Most debug ids are UUIDs; some have an age.
    return [conversions.get(image.type, str)(ident) for image, ident in zip(images, ids, strict=True)]


def _read_wire(value: Any, path: Path, context: ConvertContext) -> DebugMeta:
    """Return the images that C took. Raises `LenientPathNeeded` where one isn't all right."""
    if not context.enforce_rules:
        raise LenientPathNeeded
    columns, make_all, conversions = _made()
    images = value.images
    try:
        ids, addresses = columns(images)
        made = make_all(images, _canonical_ids(images, ids, conversions), addresses)
    except (ConversionError, KeyError):
        raise LenientPathNeeded from None
    found = DebugMeta(images=made, **{name: getattr(value, name) for name in _OTHERS})
    canonicalize = canonicalizer_of(DebugMeta)
    return found if canonicalize is None else canonicalize(found, path, context)


#: What debug images have beside them, by their names on the wire.
_OTHERS = {each.name: each.encode_name for each in fields_of(DebugMeta) if each.name != "images"}


def _wire_debug_meta() -> type[msgspec.Struct]:
    """Return the struct as which C takes debug images and what stands beside them."""
    declared = typing.get_type_hints(DebugMeta, include_extras=True)
    fields: list[Any] = [("images", list[_wire_image(_layouts())])]  # type: ignore[misc]
    fields += [(name, declared[name], msgspec.field(default=None, name=wire)) for name, wire in _OTHERS.items()]
    return msgspec.defstruct("WireDebugMeta", fields, gc=False)
