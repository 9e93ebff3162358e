"""The layouts of debug images, each told by its type."""

from typing import Annotated, Any, ClassVar

import msgspec

from store_protocol.convert.canonicalize import canonicalizer_of
from store_protocol.convert.context import ConversionError, ConvertContext, LenientPathNeeded
from store_protocol.convert.forms import Schema, SchemaOf, array, forms, nullable
from store_protocol.convert.ids import code_id, debug_id, uuid
from store_protocol.convert.interface import Interface, interfaces
from store_protocol.convert.json_texts import in_text_or_refuse
from store_protocol.convert.readers import NO_OBJECT, fields_of, interface_reader, list_reader, read_attribute
from store_protocol.convert.rules import AdditionalProperties, NonNull, scalar, text
from store_protocol.convert.scalars import address, string, u64
from store_protocol.meta.tree import Path
from store_protocol.schema.types import U64, Address, Text

_UNSUPPORTED = ConversionError("unsupported debug image type")

_HEX = "[0-9a-f]"
UUID = rf"^{_HEX}{{8}}(-{_HEX}{{4}}){{3}}-{_HEX}{{12}}\Z"
DEBUG_ID = (
    rf"^{_HEX}{{8}}(-{_HEX}{{4}}){{3}}-{_HEX}{{12}}(-[1-9a-f]{_HEX}{{0,7}})?\Z|^[0-9A-F]{{8}}-(0|[1-9a-f]{_HEX}{{0,7}})\Z"
)
#: A UUID, with an age where it has one.
DebugId = Annotated[str, scalar(debug_id, required=True, pattern=DEBUG_ID)]
_NativeDebugId = Annotated[str, scalar(debug_id, required=True, pattern=DEBUG_ID, aliases=("id",))]
_RequiredUuid = Annotated[str, scalar(uuid, required=True, pattern=UUID)]
CodeId = Annotated[str, scalar(code_id, pattern=rf"^{_HEX}*\Z")]


class DebugImage(Interface):
    """A file that the program was loaded from. The last attribute, `type`, tells its kind."""

    #: The types that tell the layout on the wire.
    __image_types__: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def __takes__(cls, own: Schema, of: SchemaOf) -> Schema:
        """Return the schema of an image; the one of `DebugImage` itself is told by the type."""
        if cls is not DebugImage:
            return own
        layouts = {**IMAGES, "apple": AppleDebugImage}
        kinds: Schema = {"description": "The kind of file, which tells the layout.", "enum": [*layouts]}
        told = [{"if": {"properties": {"type": {"const": kind}}}, "then": of(each)} for kind, each in layouts.items()]
        return {"type": "object", "properties": {"type": kinds}, "required": ["type"], "allOf": told}

    __gives__ = __takes__


class NativeDebugImage(DebugImage, kw_only=True):
    """An executable or a library of machine code, .NET or WebAssembly. Its size is in bytes."""

    __image_types__: ClassVar[tuple[str, ...]] = ("symbolic", "macho", "elf", "pe", "pe_dotnet", "wasm")

    #: The identifier of the file: a build id, or of PE its timestamp and its size.
    code_id: CodeId | None = None
    #: The path of the file.
    code_file: NonNull[Annotated[str, text(required=True, aliases=("name",))]] = None
    #: The identifier by which debug information is found: a UUID, on Windows with an age.
    debug_id: NonNull[_NativeDebugId] = None
    #: The path of the file with the debug information.
    debug_file: Text | None = None
    #: The checksum of that file, with its algorithm before it (.NET).
    debug_checksum: Text | None = None
    #: The architecture of its machine code.
    arch: Text | None = None
    #: Where it was loaded.
    image_addr: Address | None = None
    #: Its size in memory, in bytes.
    image_size: U64 | None = None
    #: Where it would have been loaded, by its own headers.
    image_vmaddr: Address | None = None
    #: The kind of file: `symbolic`, `macho`, `elf`, `pe`, `pe_dotnet` or `wasm`.
    type: Text | None = None


class ProguardDebugImage(DebugImage):
    """The mapping of names that ProGuard made."""

    __image_types__: ClassVar[tuple[str, ...]] = ("proguard",)

    #: The UUID of the mapping, made of its content.
    uuid: NonNull[_RequiredUuid] = None
    #: Always `proguard`.
    type: Text | None = None


class SourceMapDebugImage(DebugImage):
    """A minified JavaScript file and its source map."""

    __image_types__: ClassVar[tuple[str, ...]] = ("sourcemap",)

    #: The URL of the minified file.
    code_file: NonNull[Annotated[str, text(required=True)]] = None
    #: The identifier that the minified file and its source map share.
    debug_id: NonNull[DebugId] = None
    #: The URL of the source map.
    debug_file: Text | None = None
    #: Always `sourcemap`.
    type: Text | None = None


class JvmDebugImage(DebugImage):
    """The source bundle of a JVM program."""

    __image_types__: ClassVar[tuple[str, ...]] = ("jvm",)

    #: The identifier of the bundle.
    debug_id: NonNull[DebugId] = None
    #: Always `jvm`.
    type: Text | None = None


#: The layout of an image by its `type`.
IMAGES: dict[str, type[DebugImage]] = {
    kind: interface for interface in interfaces(DebugImage) for kind in interface.__image_types__
}
_READERS = {kind: interface_reader(interface) for kind, interface in IMAGES.items()}


class AppleDebugImage(NativeDebugImage):
    """The layout that Apple's SDKs had before other systems came; it becomes that of `macho`."""

    __image_types__: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def __takes__(cls, own: Schema, of: SchemaOf) -> Schema:
        """Return the schema of the layout by its names on the wire."""
        known = {APPLE_NAMES.get(name, name): own["properties"][name] for name in APPLE_ATTRIBUTES}
        return {"type": "object", "properties": known, "required": [*APPLE_NAMES.values()]}

    #: The path of the file, `name` on the wire.
    code_file: NonNull[Annotated[str, text(required=True)]] = None
    #: The UUID of the file, `uuid` on the wire.
    debug_id: NonNull[_RequiredUuid] = None


#: The names that its attributes have on the wire, where these are others, and those that it has at all.
APPLE_NAMES = {"code_file": "name", "debug_id": "uuid"}
APPLE_ATTRIBUTES = ("code_file", "debug_id", "arch", "image_addr", "image_size", "image_vmaddr")
#: All that it knows; the CPU by numbers is read and left out.
_APPLE_WIRE = {APPLE_NAMES.get(name, name) for name in APPLE_ATTRIBUTES} | {"type", "cpu_type", "cpu_subtype"}


def _image(value: Any, path: Path, context: ConvertContext) -> Any:
    if type(value) is not dict:
        if (parsed := in_text_or_refuse(value, (dict,), NO_OBJECT, path, context)) is None:
            return None
        value, context = parsed
    kind: Any = value.get("type")
    if kind == "apple":
        return _apple_image(value, path, context)
    interface = IMAGES.get(kind) if type(kind) is str else None
    if interface is None:
        if not context.enforce_rules:
            return DebugImage(other=AdditionalProperties(value) if context.keep_unknown and value else None)
        context.refuse(path, _UNSUPPORTED, value)
        return None
    if not (context.keep_unknown or context.in_lenient_path):
        try:
            image = msgspec.convert(value, interface)
            canonicalize = canonicalizer_of(interface)
            return image if canonicalize is None else canonicalize(image, path, context)
        except (msgspec.ValidationError, RecursionError, LenientPathNeeded):
            pass
    return _READERS[kind](value, path, context)


def _apple_image(value: dict[str, Any], path: Path, context: ConvertContext) -> NativeDebugImage:
    # Apps have hundreds of them, so that the usual ones are put together at once.
    other = None
    if context.keep_unknown:
        unknown = sorted(key for key, part in value.items() if key not in _APPLE_WIRE and part is not None)
        other = AdditionalProperties({key: value[key] for key in unknown}) if unknown else None
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
            other=other,
        )
    except ConversionError:
        pass
    context.meta_tree.budget.values_left -= len(APPLE_ATTRIBUTES)
    macho = {name: value.get(APPLE_NAMES.get(name, name)) for name in APPLE_ATTRIBUTES}
    return NativeDebugImage(
        **{
            field.name: read_attribute(field, macho[field.encode_name], path, context)
            for field in fields_of(AppleDebugImage)
            if field.encode_name in macho
        },
        type="macho",
        other=other,
    )


read_images = forms(lambda of: array(nullable(of(DebugImage))))(list_reader(_image))
