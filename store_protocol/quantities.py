"""In which data categories an item counts, and how much: by these names limits are given, and outcomes counted.

Names, units and what counts in which are Relay's (`DataCategory`, `Item::quantities`): a category counts things, but for
`attachment`, `log_byte` and `trace_metric_byte`, which count bytes.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from store_protocol.rate_limits import RateLimit

#: By item type.
_CATEGORIES: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("event", "unreal_report"), ("error",)),
    "transaction": ("transaction", "transaction_indexed"),
    **dict.fromkeys(("security", "raw_security"), ("security",)),
    **dict.fromkeys(("feedback", "user_report"), ("feedback",)),
    "attachment": ("attachment", "attachment_item"),
    **dict.fromkeys(("session", "sessions"), ("session",)),
    "log": ("log_byte", "log_item"),
    "trace_metric": ("trace_metric_byte", "trace_metric"),
    "profile": ("profile", "profile_indexed"),
    **dict.fromkeys(("replay_event", "replay_recording", "replay_video"), ("replay",)),
    "check_in": ("monitor",),
    "span": ("span", "span_indexed"),
}
#: By item type, the category more that the platform tells: of user interfaces, and of everything else.
_BY_PLATFORM = {
    "profile": ("profile_ui", "profile_backend"),
    **dict.fromkeys(("profile_chunk", "profile_chunk_ui"), ("profile_chunk_ui", "profile_chunk")),
}
_UI_PLATFORMS = frozenset({"android", "cocoa", "javascript"})
_BYTES = frozenset({"attachment", "log_byte", "trace_metric_byte"})
#: Items that may hold several of their kind, whose header `item_count` says how many (Relay `can_support_container`).
_COUNTED = frozenset(
    {"session", "sessions", "log", "trace_metric", "profile", "profile_chunk", "profile_chunk_ui", "check_in", "span"}
)
#: By what an event is, the type of its item.
_ITEM_TYPES = {"transaction": "transaction", "csp": "security", "feedback": "feedback"}
#: Items that belong to the event of their envelope, and are dropped with it (Relay `Item::requires_event`).
OF_EVENT = frozenset({"form_data", "user_report", "replay_event", "profile"})
#: Attachments that make an event, or a part of one (Relay `Item::creates_event`).
CRASHES = frozenset(
    {
        *("event.minidump", "event.payload", "event.breadcrumbs", "event.applecrashreport", "event.nv_gpudmp"),
        *("playstation.prosperodump", "nswitch.dying_message"),
    }
)
#: What limits may call a category as well.
_OTHER_NAMES = {"user_report_v2": "feedback"}
_TRACE_ATTACHMENTS = frozenset({"application/vnd.sentry.trace-attachment", "application/vnd.sentry.attachment.v2"})
_PLACEHOLDERS = frozenset({"application/vnd.sentry.attachment-ref+json", "application/vnd.sentry.attachment-ref"})
_U32 = 2**32


def item_categories(item_type: str, headers: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the categories that an item counts in; none for a type that isn't counted, such as `client_report`.

    >>> item_categories("profile", {"platform": "android"})
    ('profile', 'profile_indexed', 'profile_ui')
    """
    found = _CATEGORIES.get(item_type, ())
    of_platform, platform = _BY_PLATFORM.get(item_type), headers.get("platform")
    if of_platform is None or not isinstance(platform, str):
        return found
    return (*found, of_platform[platform not in _UI_PLATFORMS])


def item_quantities(item_type: str, headers: Mapping[str, Any], size: int) -> dict[str, int]:
    """Return how much an item of `size` bytes counts, by category. What isn't there is not counted.

    >>> item_quantities("log", {"item_count": 3}, 512)
    {'log_byte': 512, 'log_item': 3}
    """
    count = _number(headers.get("item_count"), 1) if item_type in _COUNTED else 1
    quantities = dict.fromkeys(item_categories(item_type, headers), count)
    if item_type == "transaction":
        quantities |= dict.fromkeys(("span", "span_indexed"), 1 + _number(headers.get("span_count"), 0))
    for name in _BYTES.intersection(quantities):
        quantities[name] = max(1, _body_size(headers, size) if name == "attachment" else size)
    return {name: quantity for name, quantity in quantities.items() if quantity}


def event_quantities(event_type: str | None, spans: int) -> dict[str, int]:
    """Return how much an event counts, by category: its `type`, and how many spans it has.

    >>> event_quantities("transaction", 2)
    {'transaction': 1, 'transaction_indexed': 1, 'span': 3, 'span_indexed': 3}
    """
    return item_quantities(_ITEM_TYPES.get(event_type or "", "event"), {"span_count": spans}, 0)


def event_categories(event_type: str | None) -> tuple[str, ...]:
    """Return the categories whose limits an event falls under. Those of its spans don't drop it.

    >>> event_categories("csp"), event_categories(None)
    (('security',), ('error',))
    """
    return _CATEGORIES[_ITEM_TYPES.get(event_type or "", "event")]


def add_up(quantities: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """Return the sums of quantities, by category.

    >>> add_up([{"error": 1}, {"attachment": 5}, {"error": 1}])
    {'error': 2, 'attachment': 5}
    """
    total: dict[str, int] = {}
    for each in quantities:
        for name, quantity in each.items():
            total[name] = total.get(name, 0) + quantity
    return total


class Limited:
    """The categories that limits name, which are given as such or by their names.

    A limit without categories is one of all. One of no seconds is over, and one of metrics' namespaces is not for items.
    """

    def __init__(self, limits: Iterable[RateLimit | str]) -> None:
        self._names: set[str] = set()
        self._is_all = False
        for limit in limits:
            if isinstance(limit, str):
                self._names.add(_OTHER_NAMES.get(limit, limit))
            elif limit.seconds > 0 and not limit.namespaces:
                self._names.update(_OTHER_NAMES.get(name, name) for name in limit.categories)
                self._is_all = self._is_all or not limit.categories

    def has(self, categories: Iterable[str]) -> bool:
        """Return whether one of some categories is limited; what counts in none is never limited."""
        return any(self._is_all or name in self._names for name in categories)


def _number(value: Any, default: int) -> int:
    return value if type(value) is int and 0 <= value < _U32 else default


def _body_size(headers: Mapping[str, Any], size: int) -> int:
    """Return the bytes of an attachment: without what is said of it before, or those that it stands for."""
    content_type = headers.get("content_type")
    if not isinstance(content_type, str):
        return size
    if content_type.lower() in _TRACE_ATTACHMENTS:
        return size - _number(headers.get("meta_length"), 0)
    if content_type.lower() in _PLACEHOLDERS:
        return _number(headers.get("attachment_length"), 0)
    return size
