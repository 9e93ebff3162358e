"""Contexts that the browser told of itself: in its client hints, and in its `User-Agent` header.

The patterns are those of `ua-parser` (the extra `user-agents`), the same project's that Relay reads. Hints are believed
before patterns, as a browser that sends them freezes its `User-Agent`.
"""

import functools
import re
from collections.abc import Callable
from typing import Any

from store_protocol.convert.readers import WHITE_SPACE
from store_protocol.normalize.context import Normalization
from store_protocol.schema.contexts import BrowserContext, Context, DeviceContext, OsContext

#: Characters of a user agent that are read: some patterns take the square of its length. The longest ones, of browsers in
#: apps, have about a thousand, and apps tell of themselves at the end.
MAX_USER_AGENT = 2048
#: What browsers put among the brands that isn't theirs: engines, and nonsense against sniffing.
_NO_BROWSERS = ("Brand", "Chromium", "Gecko", "WebKit")
_BRAND = re.compile(r'"([^"]*)";v="([^"]*)"')
#: Versions that browsers no longer raise, whatever runs below them.
_FROZEN = {("Windows", "10"): ">=10", ("Mac OS X", "10.15.7"): ">=10.15.7"}


@functools.cache
def parser() -> Callable[[str], Any]:
    """Return the function that reads a user agent. Raises `ImportError` where the extra `user-agents` isn't installed."""
    try:
        from ua_parser import parse  # noqa: PLC0415  (an extra)
    except ImportError as error:
        message = "normalize_user_agent needs ua-parser: install store-protocol[user-agents]"
        raise ImportError(message) from error
    return parse


def user_agent(normalization: Normalization) -> None:
    """Fill the contexts of browser, device and operating system that the event doesn't bring, where the options say so."""
    if not normalization.options.normalize_user_agent:
        return
    parse = parser()
    event = normalization.event
    pairs = (event.request and event.request.headers) or ()
    # Of several headers of one name the last counts.
    named = {pair[0].lower(): pair[1] for pair in pairs if pair and pair[0]}
    headers = {name: value for name, value in named.items() if value is not None}
    if not headers:
        return
    text = headers.get("user-agent")
    parsed = parse(text[:MAX_USER_AGENT]) if text else None
    contexts = event.contexts = event.contexts or {}

    def fill(key: str, context: Context | None) -> None:
        if context is not None:
            contexts[key] = context
            normalization.meta_tree.take(("contexts", key))

    if not isinstance(contexts.get("browser"), BrowserContext):
        fill("browser", browser_from_hints(headers) or _browser(parsed))
    if not isinstance(contexts.get("device"), DeviceContext):
        fill("device", _device_from_hints(headers) or _device(parsed))
    # On other platforms `os` is that of the server.
    key = "os" if event.platform == "javascript" else "client_os"
    if key not in contexts:
        fill(key, _os_from_hints(headers) or _os(parsed))


def browser_from_hints(headers: dict[str, str]) -> BrowserContext | None:
    """Return the browser from the brands in `Sec-CH-UA`: the first that is one, if it says its version."""
    for item in headers.get("sec-ch-ua", "").split(","):
        if any(name in item for name in _NO_BROWSERS):
            continue
        match = _BRAND.search(item)
        if match is None or not match[1].strip(WHITE_SPACE) or not match[2].strip(WHITE_SPACE):
            return None
        name = "Chrome" if match[1] == "Google Chrome" else match[1]
        return BrowserContext(name=name, version=match[2], type="browser")
    return None


def _hint(headers: dict[str, str], name: str) -> str | None:
    hint = headers.get(name)
    return hint.strip(WHITE_SPACE).replace('"', "") if hint is not None else None


def _os_from_hints(headers: dict[str, str]) -> OsContext | None:
    name = _hint(headers, "sec-ch-ua-platform")
    return OsContext(name=name, version=_hint(headers, "sec-ch-ua-platform-version"), type="os") if name else None


def _device_from_hints(headers: dict[str, str]) -> DeviceContext | None:
    model = _hint(headers, "sec-ch-ua-model")
    return DeviceContext(model=model, type="device") if model else None


def _version(found: Any) -> str | None:
    parts = []
    for part in (found.major, found.minor, found.patch):
        if not part:
            break
        parts.append(part)
    return ".".join(parts) or None


def _browser(parsed: Any) -> BrowserContext | None:
    found = parsed and parsed.user_agent
    return found and BrowserContext(name=found.family, version=_version(found), type="browser")


def _device(parsed: Any) -> DeviceContext | None:
    found = parsed and parsed.device
    return found and DeviceContext(family=found.family, model=found.model, brand=found.brand, type="device")


def _os(parsed: Any) -> OsContext | None:
    found = parsed and parsed.os
    if not found:
        return None
    version = _version(found)
    return OsContext(name=found.family, version=_FROZEN.get((found.family, version or ""), version), type="os")
