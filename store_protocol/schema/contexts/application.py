"""What the application did: feedback, flags, the response that it gave, and the state that it crashed in."""

from typing import Annotated, Any, ClassVar

from store_protocol.convert.context import ConvertContext
from store_protocol.convert.interface import Interface, Retain
from store_protocol.convert.pairs import Pair, read_cookies, read_headers
from store_protocol.convert.readers import wrong_character
from store_protocol.convert.rules import LARGE, MEDIUM, FreeFormLimit, NonNull, anything, rule, text
from store_protocol.meta.tree import Path
from store_protocol.schema.contexts.base import Context
from store_protocol.schema.types import U64, NonEmptyText, Text

_FLAG = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.:-")


def read_flag_result(value: Any, path: Path, context: ConvertContext) -> Any:
    """Read the result of a flag: any value, but no string of several lines."""
    if type(value) is str and "\n" in value:
        context.refuse(path, wrong_character("\n", value), value)
        return None
    return value


class FeedbackContext(Context):
    """What a user wrote."""

    __context_type__: ClassVar[str] = "feedback"

    message: Text | None = None
    contact_email: Text | None = None
    type: Text | None = None


class Flag(Interface, forbid_unknown_fields=True):
    """One evaluation of a feature flag."""

    __relay_name__: ClassVar[str] = "flagscontextitem"
    __other__: ClassVar[Retain] = Retain.ALWAYS

    flag: Annotated[str, text(200, allow=_FLAG)] | None = None
    result: Annotated[Any, rule(read=read_flag_result, max_chars=200)] = None


class FlagsContext(Context):
    """Feature flags, in the order in which they were evaluated."""

    __context_type__: ClassVar[str] = "flags"
    __limit__: ClassVar[FreeFormLimit] = FreeFormLimit(131072, 7)

    values: list[NonNull[Flag] | None] | None = None
    type: Text | None = None


class ResponseContext(Context):
    """The response of the application to the request."""

    __context_type__: ClassVar[str] = "response"

    cookies: Annotated[list[Pair | None], rule(read=read_cookies, limit=MEDIUM, omit_empty=True)] | None = None
    headers: Annotated[list[Pair | None], rule(read=read_headers, limit=LARGE, omit_empty=True)] | None = None
    status_code: U64 | None = None
    body_size: U64 | None = None
    data: Annotated[Any, rule(read=anything, limit=LARGE)] = None
    #: Told from the data or the headers, never by the client.
    inferred_content_type: NonEmptyText | None = None
    type: Text | None = None


class ProcessWindowsMemory(Interface):
    """The memory of a process on Windows, in bytes."""

    __other__: ClassVar[Retain] = Retain.NEVER
    __relay_name__: ClassVar[str] = "windowsmemorycontext"

    process_private_usage: U64 | None = None
    process_peak_workingset_size: U64 | None = None
    process_peak_pagefile_usage: U64 | None = None
    process_allocation_attempt: U64 | None = None


class MemoryState(Interface):
    """The memory of a process."""

    __other__: ClassVar[Retain] = Retain.NEVER
    __relay_name__: ClassVar[str] = "memorystatecontext"

    windows_memory: ProcessWindowsMemory | None = None


class PosixFileSystemState(Interface):
    """The files of a process on POSIX systems."""

    __other__: ClassVar[Retain] = Retain.NEVER
    __relay_name__: ClassVar[str] = "posixfilesystemstatecontext"

    open_file_descriptors: U64 | None = None


class WindowsFileSystemState(Interface):
    """The handles of a process on Windows."""

    __other__: ClassVar[Retain] = Retain.NEVER
    __relay_name__: ClassVar[str] = "windowsfilesystemstatecontext"

    process_handle_count: U64 | None = None


class FileSystemState(Interface):
    """The files of a process."""

    __other__: ClassVar[Retain] = Retain.NEVER
    __relay_name__: ClassVar[str] = "filesystemstatecontext"

    posix_file_system_state: PosixFileSystemState | None = None
    windows_file_system_state: WindowsFileSystemState | None = None


class ProcessState(Interface):
    """One process of Chromium."""

    __other__: ClassVar[Retain] = Retain.NEVER
    __relay_name__: ClassVar[str] = "processstatecontext"

    process_id: U64 | None = None
    memory_state: MemoryState | None = None
    file_system_state: FileSystemState | None = None


class SystemWindowsMemory(Interface):
    """The memory of a Windows system, in bytes."""

    __other__: ClassVar[Retain] = Retain.NEVER
    __relay_name__: ClassVar[str] = "windowsmemorycontext"

    system_commit_limit: U64 | None = None
    system_commit_remaining: U64 | None = None
    system_handle_count: U64 | None = None


class SystemMemoryState(Interface):
    """The memory of the system."""

    __other__: ClassVar[Retain] = Retain.NEVER
    __relay_name__: ClassVar[str] = "systemmemorystatecontext"

    windows_memory: SystemWindowsMemory | None = None


class ChromiumStabilityReportContext(Context):
    """The state in which Chromium crashed."""

    __context_type__: ClassVar[str] = "chromiumstabilityreport"
    __other__: ClassVar[Retain] = Retain.NEVER

    process_states: list[NonNull[ProcessState] | None] | None = None
    system_memory_state: SystemMemoryState | None = None
    type: Text | None = None
