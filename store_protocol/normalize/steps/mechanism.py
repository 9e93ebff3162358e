"""Mechanisms: the names of error numbers, signals and exceptions, which depend on the operating system."""

from store_protocol.convert.interface import is_deep_empty
from store_protocol.normalize.context import Normalization, acts_on
from store_protocol.normalize.steps import errno_names
from store_protocol.schema.contexts import OsContext
from store_protocol.schema.mechanism import MechanismMeta

#: What a link begins with, so that no one who follows it runs a script.
LINKS = ("http://", "https://")
_FAMILIES = {
    "ios": "darwin",
    "watchos": "darwin",
    "tvos": "darwin",
    "macos": "darwin",
    "linux": "linux",
    "android": "linux",
    "windows": "windows",
}
_ERRNO = {
    "darwin": errno_names.DARWIN_ERRNO,
    "linux": errno_names.LINUX_ERRNO,
    "windows": errno_names.WINDOWS_ERRNO,
}
_SIGNALS = {"darwin": errno_names.DARWIN_SIGNALS, "linux": errno_names.LINUX_SIGNALS}


@acts_on("exception")
def mechanisms(normalization: Normalization) -> None:
    """Name what the operating system gave as numbers, and refuse links that are none of http."""
    holder = normalization.event.exception
    family: str | None = None
    known = False
    for index, exception in enumerate((holder and holder.values) or ()):
        if exception is None or exception.mechanism is None:
            continue
        mechanism = exception.mechanism
        if mechanism.data == {}:
            mechanism.data = None
        link = mechanism.help_link
        if link is not None and not link.startswith(LINKS):
            path = ("exception", "values", str(index), "mechanism", "help_link")
            normalization.meta_tree.error(path, "invalid_data", "expected http URL", value=link)
            mechanism.help_link = None
        meta = mechanism.meta
        if meta is None:
            continue
        if not known:
            family, known = _family(normalization), True
        path = ("exception", "values", str(index), "mechanism", "meta")
        noted = normalization.meta_tree.find(path)
        wrong = [] if noted is None else [place for place in _NAMES if _at(meta, place) is None]
        _name(meta, family)
        for place in wrong:
            if _at(meta, place) is not None:
                # What was wrong with a name is said no more once it has another.
                normalization.meta_tree.take((*path, *place))
        if noted is None and is_deep_empty(meta):
            mechanism.meta = None


#: Where the names are.
_NAMES = (("errno", "name"), ("signal", "name"), ("signal", "code_name"), ("mach_exception", "name"))


def _at(meta: MechanismMeta, place: tuple[str, str]) -> str | None:
    holder, name = place
    found: str | None = getattr(getattr(meta, holder), name, None)
    return found


def _family(normalization: Normalization) -> str | None:
    """Return which kind of operating system the event came from: by the images' SDK, else by the context."""
    debug_meta, context = normalization.event.debug_meta, (normalization.event.contexts or {}).get("os")
    sdk_info = debug_meta.sdk_info if debug_meta is not None else None
    name = sdk_info.sdk_name if sdk_info is not None else None
    if name is None and isinstance(context, OsContext):
        name = context.name
    return _FAMILIES.get(name.lower()) if name is not None else None


def _name(meta: MechanismMeta, family: str | None) -> None:
    errno, signal, mach = meta.errno, meta.signal, meta.mach_exception
    if errno is not None and errno.name is None and errno.number is not None:
        errno.name = _ERRNO.get(family or "", {}).get(errno.number)
    if signal is not None and signal.number is not None:
        if signal.name is None:
            signal.name = _SIGNALS.get(family or "", {}).get(signal.number)
        if signal.code_name is None and signal.code is not None and family == "darwin":
            signal.code_name = errno_names.DARWIN_SIGNAL_CODES.get(signal.number, {}).get(signal.code)
    if mach is not None and mach.name is None and mach.exception is not None:
        mach.name = errno_names.MACH_EXCEPTIONS.get(mach.exception)
