"""Stack traces: the frames of an exception or a thread, oldest call first."""

from typing import Annotated, Any, ClassVar, Literal

import msgspec

from store_protocol.convert.context import ConversionError, ConvertContext
from store_protocol.convert.forms import forms
from store_protocol.convert.interface import Interface
from store_protocol.convert.readers import object_reader
from store_protocol.convert.rules import MEDIUM, NonNull, anything, rule, scalar, text
from store_protocol.convert.scalars import I64_MIN, U64_MAX, thread_id
from store_protocol.meta.tree import Path
from store_protocol.schema.types import I64, U64, Address, Bool, JsonValue, NonEmptyText, Register, Text


@forms({"enum": [1, 2, 4, 8]})
def lock_type(value: Any) -> int:
    """One of the four types of lock."""
    if type(value) is not int:
        raise ConversionError("expected lock reason type")
    if value not in {1, 2, 4, 8}:
        raise ConversionError(None)
    return value


_read_object = object_reader(anything)


@forms({"type": ["object", "array"]}, {"type": "object"})
def read_frame_vars(value: Any, path: Path, context: ConvertContext) -> Any:
    """Read the variables of a frame: an object, or a list by index."""
    # The Node SDKs before 4.0 send the variables of a frame as a list.
    if type(value) is list:
        context.meta_tree.budget.values_left -= len(value)
        return {str(index): part for index, part in enumerate(value)}
    return _read_object(value, path, context)


@forms({"type": ["string", "integer"], "minimum": I64_MIN, "maximum": U64_MAX})
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

    #: What is done with the lock: 1 locked, 2 waiting, 4 sleeping, 8 blocked.
    type: NonNull[Annotated[Literal[1, 2, 4, 8], scalar(lock_type, required=True)]] = None
    #: The address of the object that is locked.
    address: NonEmptyText | None = None
    #: The package of its class.
    package_name: NonEmptyText | None = None
    #: The name of its class.
    class_name: NonEmptyText | None = None
    #: The thread that holds it.
    thread_id: NonEmptyThreadId | None = None


class FrameData(Interface):
    """What symbolication and source maps leave beside a frame."""

    #: The source map that the frame was resolved with.
    sourcemap: Annotated[str, text(256, 40)] | None = None
    #: The name of the function before.
    orig_function: Annotated[str, text(256, 20)] | None = None
    #: The minified file.
    orig_filename: Annotated[str, text(256, 40)] | None = None
    #: The line in it.
    orig_lineno: U64 | None = None
    #: The column in it.
    orig_colno: U64 | None = None
    #: What `in_app` was before rules of grouping changed it: -1 not set, 0 false, 1 true.
    orig_in_app: I64 | None = None


class Frame(Interface):
    """One call of a stack trace."""

    #: The function, shortened and demangled as people read it.
    function: _Symbol | None = None
    #: The function as it came, where `function` is shortened.
    raw_function: _Symbol | None = None
    #: The name of the symbol in the executable, mangled.
    symbol: Annotated[str, text(512)] | None = None
    #: The module that the function is in, in some languages with its class.
    module: NonEmptyText | None = None
    #: The library, archive or assembly that the function is in.
    package: NonEmptyText | None = None
    #: The source file, relative to the project or its name alone.
    filename: Annotated[str, text(skip_empty=True, empty=True)] | None = None
    #: The revision of the source file on a source server.
    file_revision: NonEmptyText | None = None
    #: The whole path or the URL of the source file.
    abs_path: NonEmptyText | None = None
    #: The line in the source file, counted from 1.
    lineno: U64 | None = None
    #: The column in the line, counted from 1.
    colno: U64 | None = None
    #: The platform of this frame, where it isn't that of the event.
    platform: NonEmptyText | None = None
    #: Lines of source before the line.
    pre_context: Annotated[list[Text | None], rule(omit_empty=True)] | None = None
    #: The line itself.
    context_line: Text | None = None
    #: The frame that called this one, by its position, in flame graphs (iOS).
    parent_index: I64 | None = None
    #: How often the frame was sampled, in flame graphs (iOS).
    sample_count: U64 | None = None
    #: Lines of source after the line.
    post_context: Annotated[list[Text | None], rule(omit_empty=True)] | None = None
    #: Whether the code is the application's own, and not that of a library.
    in_app: Bool | None = None
    #: The local variables by their names; a list becomes an object by position.
    vars: Annotated[dict[str, JsonValue], rule(read=read_frame_vars, limit=MEDIUM)] | None = None
    #: What symbolication and source maps left.
    data: Annotated[FrameData, rule(omit_empty=True)] | None = None
    #: Where the image with the code was loaded.
    image_addr: Address | None = None
    #: The address of the instruction, by which the frame is symbolicated.
    instruction_addr: Address | None = None
    #: What addresses are relative to: `abs` (the default), or `rel:` and the position or the id of an image.
    addr_mode: NonEmptyText | None = None
    #: The number of the function in its module (.NET).
    function_id: Address | None = None
    #: Where the function begins.
    symbol_addr: Address | None = None
    #: How the unwinder found the frame, such as `cfi`, `fp` or `scan`.
    trust: Annotated[str, text(128)] | None = None
    #: The language of this frame, where it isn't that of the stack trace.
    lang: Annotated[str, text(128)] | None = None
    #: Whether a further stack begins here, in traces of asynchronous code.
    stack_start: Bool | None = None
    #: A lock that the frame waits for, or holds (Java, Android).
    lock: LockReason | None = None


class Stacktrace(Interface):
    """The frames of one call stack, and the registers where it stood."""

    __relay_name__: ClassVar[str] = "rawstacktrace"

    #: The calls, the oldest first.
    frames: Annotated[list[Frame | None], rule(required=True, nonempty=True, empty=True, omit_empty=True)] | None = None
    #: The registers of the newest frame, by their names.
    registers: dict[str, Register | None] | None = None
    #: Which addresses are those of the next instruction: `auto`, `all`, `all_but_first` or `none`.
    instruction_addr_adjustment: Text | None = None
    #: The language of the frames.
    lang: Annotated[str, text(128)] | None = None
    #: Whether the stack was taken from outside, and no frame of it made the event.
    snapshot: Bool | None = None
