"""How an exception came to be: by which handler, and what the operating system said of it."""

from typing import Annotated, Any, ClassVar

from store_protocol.convert.context import ConversionError, ConvertContext
from store_protocol.convert.interface import Interface, Retain
from store_protocol.convert.readers import Reader, interface_reader, read_attributes
from store_protocol.convert.rules import MEDIUM, NonNull, rule, text
from store_protocol.meta.tree import Path
from store_protocol.schema.types import I64, U64, Bool, JsonValue, Text


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

    number: I64 | None = None
    name: Text | None = None


class PosixSignal(Interface):
    """A POSIX signal."""

    __other__: ClassVar[Retain] = Retain.NEVER

    number: I64 | None = None
    code: I64 | None = None
    name: Text | None = None
    code_name: Text | None = None


class MachException(Interface):
    """A Mach exception of Apple's kernels."""

    __other__: ClassVar[Retain] = Retain.NEVER

    exception: I64 | None = None
    code: U64 | None = None
    subcode: U64 | None = None
    name: Text | None = None


class NsError(Interface):
    """An NSError of Apple's frameworks."""

    __other__: ClassVar[Retain] = Retain.NEVER

    code: I64 | None = None
    domain: Text | None = None


class MechanismMeta(Interface):
    """What the operating system or the runtime said of the error."""

    errno: CError | None = None
    signal: PosixSignal | None = None
    mach_exception: MachException | None = None
    ns_error: NsError | None = None


class Mechanism(Interface):
    """The way by which an exception was caught and made an event."""

    __relay_name__: ClassVar[str] = "exception mechanism"
    #: Without a type it has the old layout.
    __typed_with__ = ("type",)

    type: NonNull[Annotated[str, text(128, required=True, nonempty=True)]] = None
    synthetic: Bool | None = None
    description: Annotated[str, text(8192, 200)] | None = None
    help_link: Annotated[str, rule(read=read_link, max_chars=256, allowance=40, constraints=_LENGTHS)] | None = None
    handled: Bool | None = None
    source: Annotated[str, text(128, nonempty=True, deny=frozenset(" \t\r\n"))] | None = None
    is_exception_group: Bool | None = None
    exception_id: U64 | None = None
    parent_id: U64 | None = None
    data: Annotated[dict[str, JsonValue], rule(limit=MEDIUM, omit_empty=True)] | None = None
    meta: Annotated[MechanismMeta, rule(omit_empty=True)] | None = None

    @classmethod
    def __reader__(cls) -> Reader:
        return read_mechanism


class _LegacySignal(Interface):
    __relay_name__: ClassVar[str] = "legacyposixsignal"

    signal: I64 | None = None
    code: I64 | None = None
    name: Text | None = None
    code_name: Text | None = None


class _LegacyMachException(Interface):
    __relay_name__: ClassVar[str] = "legacymachexception"

    exception: I64 | None = None
    code: U64 | None = None
    subcode: U64 | None = None
    exception_name: Text | None = None


_read_signal = interface_reader(_LegacySignal)
_read_mach_exception = interface_reader(_LegacyMachException)
_read_new = interface_reader(Mechanism)


def read_mechanism(value: Any, path: Path, context: ConvertContext) -> Any:
    """Read a mechanism, in its old layout too."""
    if type(value) is not dict:
        return _read_new(value, path, context)
    if not value:
        return None
    if "type" not in value:
        return _legacy_mechanism(value, path, context)
    return read_attributes(Mechanism, value, path, context)


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
