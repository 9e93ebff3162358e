"""Debug images: the files that the program was loaded from, by which its addresses are symbolicated."""

from collections.abc import Callable
from typing import Annotated, Any

import msgspec

from store_protocol.convert.addresses import canonical_addresses, canonical_uuids
from store_protocol.convert.canonicalize import canonicalizer_of
from store_protocol.convert.context import LenientPathNeeded, Reading, Wrong
from store_protocol.convert.ids import code_id, debug_id, uuid
from store_protocol.convert.interface import Interface
from store_protocol.convert.json_texts import in_text
from store_protocol.convert.readers import NO_OBJECT, Reader, fields_of, interface_reader, list_reader, read_attribute
from store_protocol.convert.rules import OrRefused, TypedForm, Unknown, rule, scalar, text
from store_protocol.convert.scalars import address, string, u64
from store_protocol.meta.tree import Path
from store_protocol.schema.types import U64, Address, Text

_UNSUPPORTED = Wrong("unsupported debug image type")

_HEX = "[0-9a-f]"
_UUID = rf"^{_HEX}{{8}}(-{_HEX}{{4}}){{3}}-{_HEX}{{12}}\Z"
_DEBUG_ID = (
    rf"^{_HEX}{{8}}(-{_HEX}{{4}}){{3}}-{_HEX}{{12}}(-[1-9a-f]{_HEX}{{0,7}})?\Z|^[0-9A-F]{{8}}-(0|[1-9a-f]{_HEX}{{0,7}})\Z"
)
#: A UUID, with an age where it has one.
DebugId = Annotated[str, scalar(debug_id, required=True, pattern=_DEBUG_ID)]
_NativeDebugId = Annotated[str, scalar(debug_id, required=True, pattern=_DEBUG_ID, aliases=("id",))]
_RequiredUuid = Annotated[str, scalar(uuid, required=True, pattern=_UUID)]
CodeId = Annotated[str, scalar(code_id, pattern=rf"^{_HEX}*\Z")]


class SystemSdkInfo(Interface):
    """The SDK of the system (iOS)."""

    sdk_name: Text | None = None
    version_major: U64 | None = None
    version_minor: U64 | None = None
    version_patchlevel: U64 | None = None


class DebugImage(Interface):
    """A file that the program was loaded from. The last attribute, `type`, tells its kind."""


class NativeDebugImage(DebugImage, kw_only=True):
    """An executable or a library of machine code, .NET or WebAssembly. Its size is in bytes."""

    code_id: CodeId | None = None
    code_file: OrRefused[Annotated[str, text(required=True, aliases=("name",))]] = None
    debug_id: OrRefused[_NativeDebugId] = None
    debug_file: Text | None = None
    debug_checksum: Text | None = None
    arch: Text | None = None
    image_addr: Address | None = None
    image_size: U64 | None = None
    image_vmaddr: Address | None = None
    type: Text | None = None


class ProguardDebugImage(DebugImage):
    """The mapping of names that ProGuard made."""

    uuid: OrRefused[_RequiredUuid] = None
    type: Text | None = None


class SourceMapDebugImage(DebugImage):
    """A minified JavaScript file and its source map."""

    code_file: OrRefused[Annotated[str, text(required=True)]] = None
    debug_id: OrRefused[DebugId] = None
    debug_file: Text | None = None
    type: Text | None = None


class JvmDebugImage(DebugImage):
    """The source bundle of a JVM program."""

    debug_id: OrRefused[DebugId] = None
    type: Text | None = None


#: The layout of an image by its `type`.
IMAGES: dict[str, type[DebugImage]] = {
    **dict.fromkeys(("symbolic", "macho", "elf", "pe", "pe_dotnet", "wasm"), NativeDebugImage),
    "proguard": ProguardDebugImage,
    "sourcemap": SourceMapDebugImage,
    "jvm": JvmDebugImage,
}
_READERS = {kind: interface_reader(interface) for kind, interface in IMAGES.items()}


class _AppleDebugImage(NativeDebugImage):
    """The layout that Apple's SDKs had before other systems came; it becomes that of `macho`."""

    code_file: OrRefused[Annotated[str, text(required=True)]] = None
    debug_id: OrRefused[_RequiredUuid] = None


_APPLE_NAMES = {"code_file": "name", "debug_id": "uuid"}
_APPLE_ATTRIBUTES = ("code_file", "debug_id", "arch", "image_addr", "image_size", "image_vmaddr")


def _image(value: Any, path: Path, reading: Reading) -> Any:
    if type(value) is not dict:
        parsed = in_text(value, (dict,), path, reading)
        if parsed is None:
            reading.refuse(path, NO_OBJECT, value)
            return None
        value, reading = parsed
    kind: Any = value.get("type")
    if kind == "apple":
        return _apple_image(value, path, reading)
    interface = IMAGES.get(kind) if type(kind) is str else None
    if interface is None:
        if not reading.checks:
            return DebugImage(other=Unknown(value) if reading.keep_other and value else None)
        reading.refuse(path, _UNSUPPORTED, value)
        return None
    if not (reading.keep_other or reading.in_lenient_path):
        try:
            image = msgspec.convert(value, interface)
            canonicalize = canonicalizer_of(interface)
            return image if canonicalize is None else canonicalize(image, path, reading)
        except (msgspec.ValidationError, RecursionError, LenientPathNeeded):
            pass
    return _READERS[kind](value, path, reading)


def _apple_image(value: dict[str, Any], path: Path, reading: Reading) -> NativeDebugImage:
    # Apps have hundreds of them, so that the usual ones are put together at once.
    arch, addr = value.get("arch"), value.get("image_addr")
    size, vmaddr = value.get("image_size"), value.get("image_vmaddr")
    try:
        return NativeDebugImage(
            code_file=string(value.get("name")),
            debug_id=uuid(value.get("uuid")),
            arch=None if arch is None else string(arch),
            image_addr=None if addr is None else address(addr),
            image_size=None if size is None else u64(size),
            image_vmaddr=None if vmaddr is None else address(vmaddr),
            type="macho",
        )
    except Wrong:
        pass
    macho = {name: value.get(_APPLE_NAMES.get(name, name)) for name in _APPLE_ATTRIBUTES}
    return NativeDebugImage(
        **{
            field.name: read_attribute(field, macho[field.wire], path, reading)
            for field in fields_of(_AppleDebugImage)
            if field.wire in macho
        },
        type="macho",
    )


read_images = list_reader(_image)


class DebugMeta(Interface):
    """The images of the program, and the SDK of the system."""

    sdk_info: SystemSdkInfo | None = None
    images: Annotated[list[DebugImage | None], rule(read=read_images)] | None = None

    @classmethod
    def __reader__(cls) -> Reader:
        # Never in one conversion: the layout of an image is told by its type.
        return interface_reader(DebugMeta)

    @classmethod
    def __typed__(cls) -> TypedForm:
        return TypedForm(WireDebugMeta, images_of)


class WireImage(msgspec.Struct, gc=False):
    """An image of any kind as C takes it."""

    type: str
    name: str | None = None
    uuid: str | None = None
    id: str | None = None
    code_id: str | None = None
    code_file: str | None = None
    debug_id: str | None = None
    debug_file: str | None = None
    debug_checksum: str | None = None
    arch: str | None = None
    image_addr: str | None = None
    image_size: U64 | None = None
    image_vmaddr: str | None = None


class WireDebugMeta(msgspec.Struct, gc=False):
    """Debug images as C takes them: apps have hundreds."""

    images: list[WireImage]
    sdk_info: SystemSdkInfo | None = None


def images_of(value: WireDebugMeta, path: Path, reading: Reading) -> DebugMeta:  # noqa: ARG001  (the arguments of a reader)
    """Return the images that C took. Raises `LenientPathNeeded` where one isn't all right."""
    given = value.images
    try:
        addrs = canonical_addresses(["0x0" if (at := image.image_addr) is None else at for image in given])
        vmaddrs = canonical_addresses(["0x0" if (at := image.image_vmaddr) is None else at for image in given])
        images: list[DebugImage | None] = [
            _MAKERS[image.type](
                image, ident, None if image.image_addr is None else addr, None if image.image_vmaddr is None else vmaddr
            )
            for image, ident, addr, vmaddr in zip(given, _ids(given), addrs, vmaddrs, strict=True)
        ]
    except (Wrong, KeyError):
        raise LenientPathNeeded from None
    return DebugMeta(images=images, sdk_info=value.sdk_info)


def _ids(images: list[WireImage]) -> list[str]:
    """Return what each image is known by: a UUID, or else a debug id. Raises `LenientPathNeeded` where one has neither."""
    ids: list[Any] = [image.uuid if image.type in _KNOWN_BY_UUID else image.debug_id for image in images]
    try:
        return canonical_uuids(ids)
    except (Wrong, TypeError):
        if None in ids:
            raise LenientPathNeeded from None
    # Most debug ids are UUIDs; some have an age.
    return [
        uuid(ident) if image.type in _KNOWN_BY_UUID else debug_id(ident) for image, ident in zip(images, ids, strict=True)
    ]


def _from_apple(image: WireImage, ident: str, addr: str | None, vmaddr: str | None) -> NativeDebugImage:
    if image.name is None:
        raise LenientPathNeeded
    return NativeDebugImage(
        code_file=image.name,
        debug_id=ident,
        arch=image.arch,
        image_addr=addr,
        image_size=image.image_size,
        image_vmaddr=vmaddr,
        type="macho",
    )


def _from_native(image: WireImage, ident: str, addr: str | None, vmaddr: str | None) -> NativeDebugImage:
    # With its old names it goes the long way.
    if image.code_file is None or image.name is not None or image.id is not None:
        raise LenientPathNeeded
    return NativeDebugImage(
        code_id=None if image.code_id is None else code_id(image.code_id),
        code_file=image.code_file,
        debug_id=ident,
        debug_file=image.debug_file,
        debug_checksum=image.debug_checksum,
        arch=image.arch,
        image_addr=addr,
        image_size=image.image_size,
        image_vmaddr=vmaddr,
        type=image.type,
    )


def _from_source_map(image: WireImage, ident: str, *_: str | None) -> SourceMapDebugImage:
    if image.code_file is None:
        raise LenientPathNeeded
    return SourceMapDebugImage(code_file=image.code_file, debug_id=ident, debug_file=image.debug_file, type=image.type)


def _from_proguard(image: WireImage, ident: str, *_: str | None) -> ProguardDebugImage:
    return ProguardDebugImage(uuid=ident, type=image.type)


def _from_jvm(image: WireImage, ident: str, *_: str | None) -> JvmDebugImage:
    return JvmDebugImage(debug_id=ident, type=image.type)


_KNOWN_BY_UUID = frozenset({"apple", "proguard"})
_MAKERS: dict[str, Callable[[WireImage, str, str | None, str | None], DebugImage]] = {
    **dict.fromkeys((kind for kind, interface in IMAGES.items() if interface is NativeDebugImage), _from_native),
    "apple": _from_apple,
    "sourcemap": _from_source_map,
    "proguard": _from_proguard,
    "jvm": _from_jvm,
}
