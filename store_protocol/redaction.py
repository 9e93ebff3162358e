"""How values that may hold a secret are shown: without it.

`repr` of a struct gets into logs, and into the tracebacks that other tools print or send. So a struct that holds parts of a
request shows of them only what is known to be harmless, and `***` for the rest: a secret that stands in the wrong place, or
in a header that can't be read, stays hidden as well. The values themselves stay as they are, for `==` and for encoding.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

#: What stands in place of what is not shown.
HIDDEN = "***"

#: Headers of a request, and of an envelope and its items, that describe what is sent and not who sends it.
_HARMLESS = frozenset(
    {
        *("accept", "accept-encoding", "connection", "content-encoding", "content-length", "content-type", "date"),
        *("transfer-encoding", "user-agent"),
        *("attachment_type", "content_type", "event_id", "filename", "item_count", "length", "platform", "sdk", "sent_at"),
        "type",
    }
)
_NAME = re.compile(r"[0-9A-Za-z_-]{1,64}")
# A path as the endpoints have it; one with any other character may be that of a URL with a key in it.
_PATH = re.compile(r"[0-9A-Za-z_./*-]*")
# What may be a key of Sentry: of 32 digits or more.
_HEX = re.compile("[0-9A-Fa-f]++")
_KEY_LENGTH = 32
# A key stands after these parts of a path, or after one more: `/unreal/<key>`, `/cron/<monitor>/<key>`.
_BEFORE_KEY = {"unreal": 1, "cron": 2}


class _Shown(str):
    """Text that stands in a `repr` as it is, without quotes."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


class Redacted(msgspec.Struct, frozen=True):
    """A struct that shows no secret in `repr`, nor in what `rich` prints.

    The name of a field tells what is shown of it: nothing of `secret_key` and `query`, of `target` and `path` the path if
    it can be that of an endpoint, of `headers` those that are known to be harmless, and of bytes how many they are.
    Encoding by `msgspec` and pickling keep everything: their output is data, to be kept as carefully as the request.
    """

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [(name, _shown(name, getattr(self, name))) for name in self.__struct_fields__]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self.__rich_repr__())})"


def names_secret(text: str) -> bool:
    """Return whether text names a secret, and so perhaps holds one.

    >>> names_secret("7, sentry_secret=abc"), names_secret("7")
    (True, False)
    """
    return "secret" in text.lower()


def _shown(name: str, value: Any) -> Any:
    if isinstance(value, (bytes, bytearray, memoryview)):
        return _Shown(f"<{len(value)} bytes>")
    show = _BY_FIELD.get(name)
    return value if show is None or not value else show(value)


def _nothing(value: Any) -> str:  # noqa: ARG001  (an entry of the table)
    return HIDDEN


def _path(target: str) -> str:
    path, mark, _ = target.partition("?")
    path = _without_keys(path)
    shown = path if _PATH.fullmatch(path) and not names_secret(path) else HIDDEN
    return f"{shown}?{HIDDEN}" if mark else shown


def _without_keys(path: str) -> str:
    """Return a path without what is as long as a key, or stands where one does."""
    parts = path.split("/")
    for index, part in enumerate(parts):
        if (further := _BEFORE_KEY.get(part)) is not None and len(parts) > index + further and parts[index + further]:
            parts[index + further] = HIDDEN
    return _HEX.sub(lambda found: HIDDEN if len(found[0]) >= _KEY_LENGTH else found[0], "/".join(parts))


def _headers(headers: Any) -> Any:
    if isinstance(headers, Mapping):
        return dict(map(_header, headers.items()))
    # Of what can be gone through only once, nothing can be shown.
    return [_header(pair) for pair in headers] if isinstance(headers, (list, tuple)) else HIDDEN


def _header(pair: Any) -> Any:
    if not (isinstance(pair, (list, tuple)) and len(pair) == 2):
        return HIDDEN
    name, value = pair
    text = name.decode("latin-1") if isinstance(name, bytes) else str(name)
    shown_name = name if _NAME.fullmatch(text) else HIDDEN
    return shown_name, value if text.lower() in _HARMLESS and not names_secret(str(value)) else HIDDEN


_BY_FIELD: dict[str, Callable[[Any], Any]] = {
    "secret_key": _nothing,
    "query": _nothing,
    "parameters": _nothing,
    "path": _path,
    "target": _path,
    "headers": _headers,
    "envelope_headers": _headers,
    "preflight": _headers,
}
