"""Debug images: the files that the program was loaded from, by which its addresses are symbolicated."""

from typing import Annotated, Any

import msgspec

from store_protocol.schema.base import Interface
from store_protocol.schema.convert import (
    KINDS,
    SPECIAL,
    Reading,
    fields_of,
    interface_reader,
    list_reader,
    read_attribute,
)
from store_protocol.schema.mending import mender_of
from store_protocol.schema.notes import Path
from store_protocol.schema.rules import U64, Address, OrRefused, Text, rule, scalar, text
from store_protocol.schema.scalars import address, string, u64, uuid
from store_protocol.schema.wrong import Wrong

_HEX = "[0-9a-f]"
_UUID = rf"^{_HEX}{{8}}(-{_HEX}{{4}}){{3}}-{_HEX}{{12}}\Z"
_DEBUG_ID = (
    rf"^{_HEX}{{8}}(-{_HEX}{{4}}){{3}}-{_HEX}{{12}}(-[1-9a-f]{_HEX}{{0,7}})?\Z|^[0-9A-F]{{8}}-(0|[1-9a-f]{_HEX}{{0,7}})\Z"
)
#: A UUID, with an age where it has one.
DebugId = Annotated[str, scalar("debug_id", required=True, pattern=_DEBUG_ID)]
CodeId = Annotated[str, scalar("code_id", pattern=rf"^{_HEX}*\Z")]


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
    code_file: OrRefused[Annotated[str, text(required=True, aliases=("name",))]]
    debug_id: OrRefused[Annotated[str, scalar("debug_id", required=True, pattern=_DEBUG_ID, aliases=("id",))]]
    debug_file: Text | None = None
    debug_checksum: Text | None = None
    arch: Text | None = None
    image_addr: Address | None = None
    image_size: U64 | None = None
    image_vmaddr: Address | None = None
    type: Text | None = None


class ProguardDebugImage(DebugImage):
    """The mapping of names that ProGuard made."""

    uuid: OrRefused[Annotated[str, scalar("uuid", required=True, pattern=_UUID)]]
    type: Text | None = None


class SourceMapDebugImage(DebugImage):
    """A minified JavaScript file and its source map."""

    code_file: OrRefused[Annotated[str, text(required=True)]]
    debug_id: OrRefused[DebugId]
    debug_file: Text | None = None
    type: Text | None = None


class JvmDebugImage(DebugImage):
    """The source bundle of a JVM program."""

    debug_id: OrRefused[DebugId]
    type: Text | None = None


#: The layout of an image by its `type`.
IMAGES: dict[str, type[DebugImage]] = {
    **dict.fromkeys(("symbolic", "macho", "elf", "pe", "pe_dotnet", "wasm"), NativeDebugImage),
    "proguard": ProguardDebugImage,
    "sourcemap": SourceMapDebugImage,
    "jvm": JvmDebugImage,
}
_READERS = {kind: interface_reader(interface) for kind, interface in IMAGES.items()}


class DebugMeta(Interface):
    """The images of the program, and the SDK of the system."""

    sdk_info: SystemSdkInfo | None = None
    images: Annotated[list[DebugImage | None], rule(kind="images")] | None = None


class _AppleDebugImage(NativeDebugImage):
    """The layout that Apple's SDKs had before other systems came; it becomes that of `macho`."""

    code_file: OrRefused[Annotated[str, text(required=True)]]
    debug_id: OrRefused[Annotated[str, scalar("uuid", required=True, pattern=_UUID)]]


_APPLE_NAMES = {"code_file": "name", "debug_id": "uuid"}
_APPLE_ATTRIBUTES = ("code_file", "debug_id", "arch", "image_addr", "image_size", "image_vmaddr")


def _mender() -> Any:
    return mender_of(NativeDebugImage)


def _image(value: Any, path: Path, reading: Reading) -> Any:
    if type(value) is not dict:
        reading.refuse(path, Wrong("expected an object"), value)
        return None
    kind: Any = value.get("type")
    if kind == "apple":
        return _apple_image(value, path, reading)
    interface = IMAGES.get(kind) if type(kind) is str else None
    if interface is None:
        reading.refuse(path, Wrong("unsupported debug image type"), value)
        return None
    if not reading.keep_other:
        try:
            return msgspec.convert(_mender().mend(value), interface)
        except (msgspec.ValidationError, RecursionError):
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


KINDS["images"] = list_reader(_image)
# Never in one conversion: the layout of an image is told by its type.
SPECIAL[DebugMeta] = interface_reader(DebugMeta)
