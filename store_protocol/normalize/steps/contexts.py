"""Contexts: names and versions told from raw descriptions, and what other attributes tell."""

import re
from collections.abc import Callable
from typing import Any

from store_protocol.budget import Budget
from store_protocol.convert.context import ConvertContext
from store_protocol.convert.pairs import read_cookies
from store_protocol.convert.readers import WHITE_SPACE
from store_protocol.convert.scalars import u64_of
from store_protocol.meta.tree import MetaTree, Path
from store_protocol.normalize.context import Normalization, acts_on
from store_protocol.normalize.steps.devices import marketing_name
from store_protocol.normalize.steps.request import JSON, header, media_type, parse_json
from store_protocol.schema.contexts import (
    BrowserContext,
    DeviceContext,
    OsContext,
    ReplayContext,
    ResponseContext,
    RuntimeContext,
    TraceContext,
)
from store_protocol.schema.span import Span

# The forms that clients send (Relay `normalize/contexts.rs`): .NET's Environment.OSVersion and RuntimeInformation on
# Windows, Unreal on macOS, Unity on Apple's and Android devices, and `uname` anywhere.
_WINDOWS = re.compile(r"(?:Microsoft\s+)?Windows\s+(?:NT\s+)?(\d+\.\d+\.(\d++)).*+|Windows\s+\d+\s+\((\d+\.\d+\.(\d++)).*+")
_MACOS = re.compile(r"Mac OS X (?P<version>\d+\.\d+\.\d+)(?: \((?P<build>[a-fA-F0-9]+)\))?")
_APPLE = re.compile(r"(?P<name>iOS|iPadOS) (?P<version>\d+\.\d+(?:\.\d+)?)")
_LINUX_DISTRO = re.compile(
    r"Linux (?P<kernel_version>\d+\.\d+(?:\.\d+(?:\.[1-9]+)?)?) (?P<name>[a-zA-Z]+) (?P<version>\d+(?:\.\d+){0,2})"
)
_UNAME = re.compile(r"(?P<name>[a-zA-Z]+) (?P<kernel_version>\d+\.\d+(?:\.\d+(?:\.[1-9]+)?)?)")
_ANDROID = re.compile(r"Android (?:OS )?(?P<version>\d+(?:\.\d+){0,2}) / API-\d+")
_DOTNET = re.compile(r"(?P<name>.*) (?P<version>\d+\.\d+(?:\.\d+){0,2})")

#: The first and last build of each Windows, by the name that it was sold under.
_WINDOWS_BUILDS = (
    (2600, 3790, "XP"),
    (6002, 6002, "Vista"),
    (7601, 7601, "7"),
    (9200, 9200, "8"),
    (9600, 9600, "8.1"),
    (10240, 19044, "10"),
    (22000, 22999, "11"),
)
#: Versions of .NET Framework by the release key in the registry, which says more than its description.
_DOTNET_RELEASES = {
    **dict.fromkeys(("378389",), "4.5"),
    **dict.fromkeys(("378675", "378758"), "4.5.1"),
    **dict.fromkeys(("379893",), "4.5.2"),
    **dict.fromkeys(("393295", "393297"), "4.6"),
    **dict.fromkeys(("394254", "394271"), "4.6.1"),
    **dict.fromkeys(("394802", "394806"), "4.6.2"),
    **dict.fromkeys(("460798", "460805"), "4.7"),
    **dict.fromkeys(("461308", "461310"), "4.7.1"),
    **dict.fromkeys(("461808", "461814"), "4.7.2"),
    **dict.fromkeys(("528040", "528049", "528209", "528372", "528449"), "4.8"),
}

NIL = "0" * 32


def contexts(normalization: Normalization) -> None:
    """Normalize every context that has a layout of its own, and set those that the options tell."""
    event, meta_tree = normalization.event, normalization.meta_tree
    if event.contexts is None:
        event.contexts = {}
    elif event.contexts.pop("reprocessing", None) is not None or meta_tree.find(("contexts", "reprocessing")):
        meta_tree.take(("contexts", "reprocessing"))
    if normalization.options.replay_id is not None:
        event.contexts["replay"] = ReplayContext(replay_id=normalization.options.replay_id, type="replay")
        meta_tree.take(("contexts", "replay"))
    _default_trace(normalization, event.contexts)
    for key, context in event.contexts.items():
        step = _BY_TYPE.get(type(context))
        if step is not None:
            step(context, normalization, ("contexts", key))


def _default_trace(normalization: Normalization, contexts: dict[str, Any]) -> None:
    """Return the event a trace of its own where it has none."""
    trace, meta_tree, path = contexts.get("trace"), normalization.meta_tree, ("contexts", "trace")
    if not isinstance(trace, TraceContext):
        meta_tree.take(path)
        trace = contexts["trace"] = TraceContext(trace_id=None, span_id=None, type="trace")
    if trace.trace_id is None:
        trace.trace_id = normalization.event.event_id if normalization.event.event_id != NIL else normalization.new_id()
    if trace.span_id is None and trace.trace_id is not None:
        trace.span_id = trace.trace_id[:16]
    trace.client_sample_rate = normalization.options.client_sample_rate
    meta_tree.take((*path, "client_sample_rate"))


@acts_on("contexts", "spans")
def nil_trace_ids(normalization: Normalization) -> None:
    """Return a trace id to whatever has the nil UUID for one, as traces of different events would be taken for one."""
    for key, context in (normalization.event.contexts or {}).items():
        if isinstance(context, TraceContext):
            _replace_nil(normalization, context, ("contexts", key))
    for index, span in enumerate(normalization.event.spans or ()):
        if span is not None:
            _replace_nil(normalization, span, ("spans", str(index)))


def _replace_nil(normalization: Normalization, holder: TraceContext | Span, path: Path) -> None:
    if holder.trace_id == NIL:
        holder.trace_id = normalization.new_id()
        normalization.meta_tree.at((*path, "trace_id")).remarks += (["nil_trace_id", "s"],)
    for index, link in enumerate(holder.links or ()):
        if link is not None and link.trace_id == NIL:
            link.trace_id = normalization.new_id()
            normalization.meta_tree.at((*path, "links", str(index), "trace_id")).remarks += (["nil_trace_id", "s"],)


def _trace(context: TraceContext, normalization: Normalization, path: Path) -> None:  # noqa: ARG001  (a step's arguments)
    context.status = context.status or "unknown"


def _device(context: DeviceContext, normalization: Normalization, path: Path) -> None:  # noqa: ARG001
    if context.model is not None:
        context.name = marketing_name(context.model) or context.name


def _set(context: Any, normalization: Normalization, path: Path, **values: str | None) -> None:
    """Set attributes anew: what was wrong with the old ones no longer matters."""
    meta_tree = normalization.meta_tree
    for name, value in values.items():
        setattr(context, name, value)
        if meta_tree:
            meta_tree.take((*path, name))


#: Characters of a description. What the steps make of a longer one may be large.
_LONG_DESCRIPTION = 512


def _withdraw_size(normalization: Normalization, description: str) -> None:
    """Withdraw the size of the text where a description is long: it stands in a context three times in the end."""
    if len(description) > _LONG_DESCRIPTION:
        normalization.facts.text_size = None


def _os(context: Any, normalization: Normalization, path: Path) -> None:
    description = context.raw_description
    if context.name is None and context.version is None and description is not None:
        _withdraw_size(normalization, description)
        found = describe_os(description)
        if context.build and found.get("name") == "Windows":
            found.pop("build", None)
        _set(context, normalization, path, **found)
    if context.os is None and context.name is not None:
        _set(context, normalization, path, os=_joined(context.name, context.version))


def describe_os(description: str) -> dict[str, str | None]:
    """Return name, version, build and kernel version of an operating system, read from its description.

    >>> describe_os("Microsoft Windows 10.0.22621")
    {'name': 'Windows', 'version': '11', 'build': '22621'}
    """
    if (match := _WINDOWS.fullmatch(description)) and (number := u64_of(match[2] or match[4])) is not None:
        sold_as = (name for first, last, name in _WINDOWS_BUILDS if first <= number <= last)
        return {"name": "Windows", "version": next(sold_as, match[1] or match[3]), "build": match[2] or match[4]}
    if match := _MACOS.fullmatch(description):
        return {"name": "macOS", **match.groupdict()}
    if match := _APPLE.match(description) or _LINUX_DISTRO.match(description) or _UNAME.match(description):
        return match.groupdict()
    if match := _ANDROID.match(description):
        return {"name": "Android", **match.groupdict()}
    if description == "Nintendo Switch":
        return {"name": "Nintendo OS"}
    name, blank, version = description.partition(" ")
    name, version = name.strip(WHITE_SPACE), version.strip(WHITE_SPACE)
    if blank and re.fullmatch("[a-zA-Z]*", name) and re.fullmatch("[0-9.-]*", version):
        return {"name": name, "version": version}
    return {}


def _joined(name: str, version: str | None) -> str:
    return name if version is None else f"{name} {version}"


def _runtime(context: Any, normalization: Normalization, path: Path) -> None:
    if not context.name and not context.version and context.raw_description is not None:
        _withdraw_size(normalization, context.raw_description)
        match = _DOTNET.match(context.raw_description)
        # A description is one line.
        if match and "\n" not in context.raw_description:
            _set(context, normalization, path, **match.groupdict())
    if context.name is not None and context.name.startswith(".NET Framework") and context.build in _DOTNET_RELEASES:
        _set(context, normalization, path, version=_DOTNET_RELEASES[context.build])
    if context.runtime is None and context.name is not None and context.version is not None:
        _set(context, normalization, path, runtime=_joined(context.name, context.version))


def _browser(context: Any, normalization: Normalization, path: Path) -> None:
    if context.browser is None and context.name is not None:
        _set(context, normalization, path, browser=_joined(context.name, context.version))


def _response(context: Any, normalization: Normalization, path: Path) -> None:
    kind = None
    if type(context.data) is str:
        parsed = parse_json(context.data)
        if parsed is not None:
            context.data = parsed
            kind = JSON
            normalization.facts.known_shallow = False
    _set(context, normalization, path, inferred_content_type=kind or media_type(context.headers))
    cookies = header(context.headers, "Set-Cookie")
    if cookies is None:
        return
    if context.cookies is None:
        trial = MetaTree(Budget(normalization.meta_tree.budget.limits))
        found = read_cookies(cookies, (), ConvertContext(trial))
        if trial:
            return
        context.cookies = found
    context.headers.remove(("Set-Cookie", cookies))
    context.headers = context.headers or None


_BY_TYPE: dict[type, Callable[[Any, Normalization, Path], None]] = {
    OsContext: _os,
    RuntimeContext: _runtime,
    BrowserContext: _browser,
    ResponseContext: _response,
    TraceContext: _trace,
    DeviceContext: _device,
}
