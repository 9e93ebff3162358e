"""How an exception came to be: by which handler, and what the operating system said of it."""

from typing import Annotated, Any, ClassVar

from store_protocol.convert.context import ConversionError, ConvertContext
from store_protocol.convert.forms import Schema, SchemaOf, forms, nullable
from store_protocol.convert.interface import Interface, Retain
from store_protocol.convert.readers import Reader, interface_reader, read_attributes
from store_protocol.convert.rules import MEDIUM, NonNull, rule, text
from store_protocol.meta.tree import Path
from store_protocol.schema.types import I64, U64, Bool, JsonValue, Text


@forms({"type": "string", "minLength": 1})
def read_link(value: Any, path: Path, context: ConvertContext) -> Any:
    """Read a link, which must not be empty. Whether it is one of http is told once it is known what is kept."""
    if type(value) is not str:
        context.refuse(path, ConversionError("expected a string"), value)
        return None
    if not value and context.enforce_rules:
        context.refuse(path, ConversionError("expected a non-empty string", keep_original=False), value)
        return None
    return value


_LENGTHS = {"min_length": 1, "max_length": 256 + 40}


class CError(Interface):
    """An error number of the C library."""

    __other__: ClassVar[Retain] = Retain.NEVER

    #: The value of `errno`.
    number: I64 | None = None
    #: Its name, such as `ENOENT`; set by normalization where it is missing and the system is known.
    name: Text | None = None


class PosixSignal(Interface):
    """A POSIX signal."""

    __other__: ClassVar[Retain] = Retain.NEVER

    #: The number of the signal.
    number: I64 | None = None
    #: The code of the signal (`si_code`).
    code: I64 | None = None
    #: The name of the signal, such as `SIGSEGV`; set by normalization where it is missing and the system is known.
    name: Text | None = None
    #: The name of the code, such as `SEGV_MAPERR`; set likewise.
    code_name: Text | None = None


class MachException(Interface):
    """A Mach exception of Apple's kernels."""

    __other__: ClassVar[Retain] = Retain.NEVER

    #: The number of the exception.
    exception: I64 | None = None
    #: Its code.
    code: U64 | None = None
    #: Its subcode.
    subcode: U64 | None = None
    #: Its name, such as `EXC_BAD_ACCESS`; set by normalization where it is missing.
    name: Text | None = None


class NsError(Interface):
    """An NSError of Apple's frameworks."""

    __other__: ClassVar[Retain] = Retain.NEVER

    #: The number of the error within its domain.
    code: I64 | None = None
    #: The domain, such as `NSCocoaErrorDomain`.
    domain: Text | None = None


class MechanismMeta(Interface):
    """What the operating system or the runtime said of the error."""

    #: The error number of the C library.
    errno: CError | None = None
    #: The signal that the process got.
    signal: PosixSignal | None = None
    #: The exception of Apple's kernel.
    mach_exception: MachException | None = None
    #: The error of Apple's frameworks.
    ns_error: NsError | None = None


class Mechanism(Interface):
    """The way by which an exception was caught and made an event."""

    __relay_name__: ClassVar[str] = "exception mechanism"
    #: Without a type it has the old layout.
    __typed_with__ = ("type",)

    @classmethod
    def __takes__(cls, own: Schema, of: SchemaOf) -> Schema:
        """Return the schema of a mechanism, or of its old layout, which has no type."""
        old = {"posix_signal": nullable(of(_LegacySignal)), "mach_exception": nullable(of(_LegacyMachException))}
        return {"type": "object", "if": {"required": ["type"]}, "then": own, "else": {"properties": old}}

    #: What caught it, such as `generic`, `excepthook` or `django`.
    type: NonNull[Annotated[str, text(128, required=True, nonempty=True)]] = None
    #: Whether it is no real exception but one made of a signal or a message, whose type says little.
    synthetic: Bool | None = None
    #: What the handler says of it, for people.
    description: Annotated[str, text(8192, 200)] | None = None
    #: Where people read more of it: a URL of http or https.
    help_link: Annotated[str, rule(read=read_link, max_chars=256, allowance=40, constraints=_LENGTHS)] | None = None
    #: Whether the program caught it; false is a crash.
    handled: Bool | None = None
    #: Of an exception of a group: the attribute of the other exception that holds it, such as `__cause__`.
    source: Annotated[str, text(128, nonempty=True, deny=frozenset(" \t\r\n"))] | None = None
    #: Whether it is a group of exceptions.
    is_exception_group: Bool | None = None
    #: The number by which the exceptions of a group refer to it.
    exception_id: U64 | None = None
    #: The `exception_id` of the exception that holds it.
    parent_id: U64 | None = None
    #: What else the handler knows, by names of its own.
    data: Annotated[dict[str, JsonValue], rule(limit=MEDIUM, omit_empty=True)] | None = None
    #: What the operating system or the runtime said.
    meta: Annotated[MechanismMeta, rule(omit_empty=True)] | None = None

    @classmethod
    def __reader__(cls) -> Reader:
        return read_mechanism


class _LegacySignal(Interface):
    """A signal, as sentry-cocoa sent it before 4.0."""

    __relay_name__: ClassVar[str] = "legacyposixsignal"

    #: The number of the signal, such as 11.
    signal: I64 | None = None
    #: What caused it (`si_code`).
    code: I64 | None = None
    #: The name of the signal, such as `SIGSEGV`.
    name: Text | None = None
    #: The name of the code, such as `SEGV_MAPERR`.
    code_name: Text | None = None


class _LegacyMachException(Interface):
    """A Mach exception, as sentry-cocoa sent it before 4.0."""

    __relay_name__: ClassVar[str] = "legacymachexception"

    #: The number of the exception, such as 1.
    exception: I64 | None = None
    #: Its code, of the kernel.
    code: U64 | None = None
    #: Its subcode, often an address.
    subcode: U64 | None = None
    #: The name of the exception, such as `EXC_BAD_ACCESS`.
    exception_name: Text | None = None


_read_signal = interface_reader(_LegacySignal)
_read_mach_exception = interface_reader(_LegacyMachException)


def _read_object(value: dict[str, Any], path: Path, context: ConvertContext) -> Any:
    """Read a mechanism, in its old layout too."""
    if not value:
        return None
    if "type" not in value:
        return _legacy_mechanism(value, path, context)
    return read_attributes(Mechanism, value, path, context)


read_mechanism = interface_reader(Mechanism, _read_object)


def _legacy_mechanism(value: dict[str, Any], path: Path, context: ConvertContext) -> Mechanism:
    """Read the layout that sentry-cocoa sent before 4.0: no type, the signal and the Mach exception at the top."""
    rest = dict(value)
    meta = MechanismMeta()
    signal, mach = rest.pop("posix_signal", None), rest.pop("mach_exception", None)
    if signal is not None and (old := _read_signal(signal, (*path, "meta", "signal"), context)) is not None:
        meta.signal = PosixSignal(number=old.signal, code=old.code, name=old.name, code_name=old.code_name)
    if mach is not None and (old := _read_mach_exception(mach, (*path, "meta", "mach_exception"), context)) is not None:
        meta.mach_exception = MachException(
            exception=old.exception, code=old.code, subcode=old.subcode, name=old.exception_name
        )
    return Mechanism(type="generic", data=rest, meta=meta)
