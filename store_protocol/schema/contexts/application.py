"""What the application did: feedback, flags, the response that it gave, and the state that it crashed in."""

from typing import Annotated, Any, ClassVar

from store_protocol.convert.context import ConvertContext
from store_protocol.convert.forms import forms
from store_protocol.convert.interface import Interface, Retain
from store_protocol.convert.pairs import Pair, read_cookies, read_headers
from store_protocol.convert.readers import wrong_character
from store_protocol.convert.rules import LARGE, MEDIUM, FreeFormLimit, NonNull, anything, rule, text
from store_protocol.meta.tree import Path
from store_protocol.schema.contexts.base import Context
from store_protocol.schema.types import U64, NonEmptyText, Text

_FLAG = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.:-")


@forms({"not": {"type": "string", "pattern": "\\n"}})
def read_flag_result(value: Any, path: Path, context: ConvertContext) -> Any:
    """Read the result of a flag: any value, but no string of several lines."""
    if type(value) is str and "\n" in value:
        context.refuse(path, wrong_character("\n", value), value)
        return None
    return value


class FeedbackContext(Context):
    """What a user wrote."""

    __context_type__: ClassVar[str] = "feedback"

    #: What the user wrote.
    message: Text | None = None
    #: The address at which the user may be answered; `user.email` may be another one.
    contact_email: Text | None = None
    #: The type that tells the context: `feedback`.
    type: Text | None = None


class Flag(Interface, forbid_unknown_fields=True):
    """One evaluation of a feature flag."""

    __relay_name__: ClassVar[str] = "flagscontextitem"
    __other__: ClassVar[Retain] = Retain.ALWAYS

    #: The name of the flag.
    flag: Annotated[str, text(200, allow=_FLAG)] | None = None
    #: What it evaluated to: any JSON value, but no string of several lines.
    result: Annotated[Any, rule(read=read_flag_result, max_chars=200)] = None


class FlagsContext(Context):
    """Feature flags, in the order in which they were evaluated."""

    __context_type__: ClassVar[str] = "flags"
    __limit__: ClassVar[FreeFormLimit] = FreeFormLimit(131072, 7)

    #: The evaluations, the first one first.
    values: list[NonNull[Flag] | None] | None = None
    #: The type that tells the context: `flags`.
    type: Text | None = None


class ResponseContext(Context):
    """The response of the application to the request."""

    __context_type__: ClassVar[str] = "response"

    #: Cookies that the response set, by name.
    cookies: Annotated[list[Pair | None], rule(read=read_cookies, limit=MEDIUM, omit_empty=True)] | None = None
    #: Headers of the response; names get a capital at the start of each word, and values of one name are joined.
    headers: Annotated[list[Pair | None], rule(read=read_headers, limit=LARGE, omit_empty=True)] | None = None
    #: The HTTP status.
    status_code: U64 | None = None
    #: The size of the body in bytes.
    body_size: U64 | None = None
    #: The body, as text or as JSON.
    data: Annotated[Any, rule(read=anything, limit=LARGE)] = None
    #: Told from the data or the headers, never by the client.
    inferred_content_type: NonEmptyText | None = None
    #: The type that tells the context: `response`.
    type: Text | None = None


class ProcessWindowsMemory(Interface):
    """The memory of a process on Windows, in bytes."""

    __other__: ClassVar[Retain] = Retain.NEVER
    __relay_name__: ClassVar[str] = "windowsmemorycontext"

    #: Bytes that the process alone has committed.
    process_private_usage: U64 | None = None
    #: The most bytes of physical memory that the process had.
    process_peak_workingset_size: U64 | None = None
    #: The most bytes that the process had committed.
    process_peak_pagefile_usage: U64 | None = None
    #: The bytes that were asked for when memory ran out.
    process_allocation_attempt: U64 | None = None


class MemoryState(Interface):
    """The memory of a process."""

    __other__: ClassVar[Retain] = Retain.NEVER
    __relay_name__: ClassVar[str] = "memorystatecontext"

    #: What Windows says of the process.
    windows_memory: ProcessWindowsMemory | None = None


class PosixFileSystemState(Interface):
    """The files of a process on POSIX systems."""

    __other__: ClassVar[Retain] = Retain.NEVER
    __relay_name__: ClassVar[str] = "posixfilesystemstatecontext"

    #: How many file descriptors the process had open.
    open_file_descriptors: U64 | None = None


class WindowsFileSystemState(Interface):
    """The handles of a process on Windows."""

    __other__: ClassVar[Retain] = Retain.NEVER
    __relay_name__: ClassVar[str] = "windowsfilesystemstatecontext"

    #: How many handles the process had open.
    process_handle_count: U64 | None = None


class FileSystemState(Interface):
    """The files of a process."""

    __other__: ClassVar[Retain] = Retain.NEVER
    __relay_name__: ClassVar[str] = "filesystemstatecontext"

    #: What a POSIX system says of them.
    posix_file_system_state: PosixFileSystemState | None = None
    #: What Windows says of them.
    windows_file_system_state: WindowsFileSystemState | None = None


class ProcessState(Interface):
    """One process of Chromium."""

    __other__: ClassVar[Retain] = Retain.NEVER
    __relay_name__: ClassVar[str] = "processstatecontext"

    #: The number of the process.
    process_id: U64 | None = None
    #: Its memory.
    memory_state: MemoryState | None = None
    #: Its files.
    file_system_state: FileSystemState | None = None


class SystemWindowsMemory(Interface):
    """The memory of a Windows system, in bytes."""

    __other__: ClassVar[Retain] = Retain.NEVER
    __relay_name__: ClassVar[str] = "windowsmemorycontext"

    #: Bytes that all processes together may commit.
    system_commit_limit: U64 | None = None
    #: Bytes of these that are left.
    system_commit_remaining: U64 | None = None
    #: How many handles all processes together had open.
    system_handle_count: U64 | None = None


class SystemMemoryState(Interface):
    """The memory of the system."""

    __other__: ClassVar[Retain] = Retain.NEVER
    __relay_name__: ClassVar[str] = "systemmemorystatecontext"

    #: What Windows says of it.
    windows_memory: SystemWindowsMemory | None = None


class ChromiumStabilityReportContext(Context):
    """The state in which Chromium crashed."""

    __context_type__: ClassVar[str] = "chromiumstabilityreport"
    __other__: ClassVar[Retain] = Retain.NEVER

    #: The processes of the browser.
    process_states: list[NonNull[ProcessState] | None] | None = None
    #: The memory of the machine.
    system_memory_state: SystemMemoryState | None = None
    #: The type that tells the context: `chromiumstabilityreport`.
    type: Text | None = None
