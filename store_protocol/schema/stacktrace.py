"""Stack traces: the frames of an exception or a thread, oldest call first."""

from typing import Annotated, Any, ClassVar, Literal

import msgspec

from store_protocol.convert.context import ConversionError, ConvertContext
from store_protocol.convert.interface import Interface
from store_protocol.convert.readers import object_reader
from store_protocol.convert.rules import MEDIUM, NonNull, anything, rule, scalar, text
from store_protocol.convert.scalars import thread_id
from store_protocol.meta.tree import Path
from store_protocol.schema.types import I64, U64, Address, Bool, JsonValue, NonEmptyText, Register, Text


def lock_type(value: Any) -> int:
    """One of the four types of lock."""
    if type(value) is not int:
        raise ConversionError("expected lock reason type")
    if value not in {1, 2, 4, 8}:
        raise ConversionError(None)
    return value


_read_object = object_reader(anything)


def read_frame_vars(value: Any, path: Path, context: ConvertContext) -> Any:
    """Read the variables of a frame: an object, or a list by index."""
    # The Node SDKs before 4.0 send the variables of a frame as a list.
    if type(value) is list:
        return {str(index): part for index, part in enumerate(value)}
    return _read_object(value, path, context)


def non_empty_thread_id(value: Any) -> Any:
    """The id of a thread; an empty one is none."""
    return thread_id(value) if value != "" else None


#: The id of a thread, absent where it is empty.
NonEmptyThreadId = Annotated[
    Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)] | Annotated[str, msgspec.Meta(min_length=1)],
    rule(convert=non_empty_thread_id),
]
_Symbol = Annotated[str, text(512, 20, skip_empty=True)]


class LockReason(Interface):
    """The lock that a frame waits for, or that a thread holds."""

    #: 1 locked, 2 waiting, 4 sleeping, 8 blocked.
    type: NonNull[Annotated[Literal[1, 2, 4, 8], scalar(lock_type, required=True)]] = None
    address: NonEmptyText | None = None
    package_name: NonEmptyText | None = None
    class_name: NonEmptyText | None = None
    thread_id: NonEmptyThreadId | None = None


class FrameData(Interface):
    """What symbolication and source maps leave beside a frame."""

    sourcemap: Annotated[str, text(256, 40)] | None = None
    orig_function: Annotated[str, text(256, 20)] | None = None
    orig_filename: Annotated[str, text(256, 40)] | None = None
    orig_lineno: U64 | None = None
    orig_colno: U64 | None = None
    orig_in_app: I64 | None = None


class Frame(Interface):
    """One call of a stack trace."""

    function: _Symbol | None = None
    raw_function: _Symbol | None = None
    symbol: Annotated[str, text(512)] | None = None
    module: NonEmptyText | None = None
    package: NonEmptyText | None = None
    filename: Annotated[str, text(skip_empty=True, empty=True)] | None = None
    file_revision: NonEmptyText | None = None
    abs_path: NonEmptyText | None = None
    lineno: U64 | None = None
    colno: U64 | None = None
    platform: NonEmptyText | None = None
    pre_context: Annotated[list[Text | None], rule(omit_empty=True)] | None = None
    context_line: Text | None = None
    parent_index: I64 | None = None
    sample_count: U64 | None = None
    post_context: Annotated[list[Text | None], rule(omit_empty=True)] | None = None
    in_app: Bool | None = None
    #: Local variables; a list becomes an object by index.
    vars: Annotated[dict[str, JsonValue], rule(read=read_frame_vars, limit=MEDIUM)] | None = None
    data: Annotated[FrameData, rule(omit_empty=True)] | None = None
    image_addr: Address | None = None
    instruction_addr: Address | None = None
    addr_mode: NonEmptyText | None = None
    function_id: Address | None = None
    symbol_addr: Address | None = None
    trust: Annotated[str, text(128)] | None = None
    lang: Annotated[str, text(128)] | None = None
    stack_start: Bool | None = None
    lock: LockReason | None = None


class Stacktrace(Interface):
    """The frames of one call stack, and the registers where it stood."""

    __relay_name__: ClassVar[str] = "rawstacktrace"

    frames: Annotated[list[Frame | None], rule(required=True, nonempty=True, empty=True, omit_empty=True)] | None = None
    registers: dict[str, Register | None] | None = None
    instruction_addr_adjustment: Text | None = None
    lang: Annotated[str, text(128)] | None = None
    snapshot: Bool | None = None
