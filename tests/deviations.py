"""Which documented deviation from Relay an event falls under, told by the event as it is sent.

Each is a section of docs/deviations.md. Property tests that compare with Relay set such events aside.
"""

import functools
import typing
from collections.abc import Callable, Iterator
from typing import Any

from store_protocol.convert.context import ConversionError
from store_protocol.convert.interface import Interface, interfaces
from store_protocol.convert.pairs import _tag_key, read_cookies, read_query_string
from store_protocol.convert.readers import Field, fields_of
from store_protocol.convert.rules import anything
from store_protocol.convert.timestamps import in_other_units, moment
from store_protocol.errors import PayloadError
from store_protocol.payload import parse_payload

#: The receipt of the events that are compared, and the bounds of their times.
RECEIVED, PAST, FUTURE = 1795392000.0, 30 * 86400, 60


def _values(interface: Any) -> list[Any]:
    if isinstance(interface, dict):
        interface = interface.get("values", [interface])
    return interface if isinstance(interface, list) else []


def _times_of_crumbs(event: dict[str, Any]) -> list[Any]:
    crumbs = event.get("breadcrumbs") or event.get("sentry.interfaces.Breadcrumbs")
    return [crumb.get("timestamp") for crumb in _values(crumbs) if isinstance(crumb, dict)]


def _has_other_units(event: dict[str, Any]) -> bool:
    sent = event.get("spans")
    spans = [span for span in sent if isinstance(span, dict)] if isinstance(sent, list) else []
    times = [holder.get(name) for holder in (event, *spans) for name in ("timestamp", "start_timestamp")]
    return any(in_other_units(time, RECEIVED) is not None for time in (*times, *_times_of_crumbs(event)))


def _is_before_1970(event: dict[str, Any]) -> bool:
    times = _times_of_crumbs(event)
    found = [time for value in (event.get("start_timestamp"), *times) if (time := moment(value)) is not None]
    sent = moment(event.get("timestamp"))
    # An event that is out of bounds is moved, and these with it.
    shift = 0.0 if sent is None or RECEIVED - PAST <= sent <= RECEIVED + FUTURE else RECEIVED - sent
    return any(time < 0 or time + shift < 0 for time in found)


def _has_refused_keys(event: dict[str, Any]) -> bool:
    tags = event.get("tags")
    pairs = [*tags.items()] if isinstance(tags, dict) else tags if isinstance(tags, list) else []
    keys = [pair[0] for pair in pairs if isinstance(pair, (list, tuple)) and len(pair) == 2]
    # A key that isn't there is one of them, too.
    return any(map(_is_refused, keys)) and sum(key is None or _is_refused(key) for key in keys) > 1


def _is_refused(key: Any) -> bool:
    try:
        return key is not None and _tag_key(key) is None
    except ConversionError:
        return True


def _has_cookies_after_no_header(event: dict[str, Any]) -> bool:
    request = event.get("request") or event.get("sentry.interfaces.Http")
    headers = request.get("headers") if isinstance(request, dict) else None
    for header in headers if isinstance(headers, list) else ():
        if not (isinstance(header, list) and len(header) == 2):
            return any(isinstance(each, list) and each and str(each[0]).lower() == "cookie" for each in headers or ())
    return False


@functools.cache
def containers(interface: type[Interface]) -> frozenset[str]:
    """Return the names of the attributes of an interface that are arrays or objects and take no string."""
    return frozenset(
        name
        for field in fields_of(interface)
        if field.rule.read not in _TAKE_TEXT and _is_container(field)
        for name in (field.encode_name, *field.rule.aliases)
        if name not in {"_meta", "message", "sentry.interfaces.Message", "logentry"}
    )


_TAKE_TEXT = {read_query_string, read_cookies, anything}


def _is_container(field: Field) -> bool:
    inner = typing.get_origin(field.hint) or field.hint
    if inner in {list, dict}:
        return True
    return isinstance(inner, type) and issubclass(inner, Interface)


@functools.cache
def _all_containers() -> frozenset[str]:
    return frozenset().union(*map(containers, interfaces(Interface))) | {"frames", "images", "params", "values"}


def _has_text(value: Any) -> bool:
    """Return whether an array or an object may stand as text in a place for one."""
    if isinstance(value, list):
        return any(_has_text(part) or _is_text(part) for part in value)
    if not isinstance(value, dict):
        return False
    names = _all_containers()
    return any((name in names and _is_text(part)) or _has_text(part) for name, part in value.items()) or any(
        map(_is_text, (value.get("contexts") or {}).values() if isinstance(value.get("contexts"), dict) else ())
    )


def _is_text(value: Any) -> bool:
    if not (isinstance(value, str) and value.lstrip()[:1] in {"[", "{"}):
        return False
    try:
        return isinstance(parse_payload(value), (list, dict))
    except PayloadError:
        return False


DEVIATIONS: dict[str, Callable[[dict[str, Any]], bool]] = {
    "Times before 1970": _is_before_1970,
    "Times in other units": _has_other_units,
    "Tags whose keys are refused": _has_refused_keys,
    "Cookies after a header that is none": _has_cookies_after_no_header,
    "Arrays and objects that arrive as JSON text": _has_text,
}


def deviations_of(event: Any) -> Iterator[str]:
    """Iterate over the deviations that an event falls under."""
    if isinstance(event, dict):
        yield from (name for name, is_one in DEVIATIONS.items() if is_one(event))
