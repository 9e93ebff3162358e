"""Which documented deviation from Relay an event falls under, told by the event as it is sent.

Each is a section of docs/deviations.md. Property tests that compare with Relay set such events aside.
"""

import typing
from collections.abc import Callable, Iterator
from typing import Any

from store_protocol.convert.context import ConversionError
from store_protocol.convert.interface import Interface
from store_protocol.convert.pairs import _tag_key, read_cookies, read_headers, read_query_string, read_tags
from store_protocol.convert.readers import fields_of
from store_protocol.convert.rules import NO_RULE, Rule, anything, unwrap
from store_protocol.convert.timestamps import in_other_units, moment
from store_protocol.convert.values import Values
from store_protocol.errors import PayloadError
from store_protocol.payload import parse_payload
from store_protocol.schema.contexts import CONTEXTS, read_contexts
from store_protocol.schema.event import Event, read_no_meta
from store_protocol.schema.images import IMAGES, DebugImage
from store_protocol.schema.logentry import LogEntry, read_message_params

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


def _is_before_1970(event: dict[str, Any], options: dict[str, Any]) -> bool:
    times = _times_of_crumbs(event)
    found = [time for value in (event.get("start_timestamp"), *times) if (time := moment(value)) is not None]
    sent = moment(event.get("timestamp"))
    # An event that is out of bounds is moved, and these with it.
    past, future = options.get("max_secs_in_past", PAST), options.get("max_secs_in_future", FUTURE)
    is_early = sent is not None and past is not None and sent < RECEIVED - past
    is_late = sent is not None and future is not None and sent > RECEIVED + future
    shift = RECEIVED - sent if sent is not None and (is_early or is_late) else 0.0
    if sent is not None and sent < 0 and not shift:
        return True
    return any(time < 0 or time + shift < 0 for time in found)


def _has_refused_keys(event: dict[str, Any]) -> bool:
    tags = event.get("tags")
    pairs = [*tags.items()] if isinstance(tags, dict) else tags if isinstance(tags, list) else []
    keys = [pair[0] for pair in pairs if isinstance(pair, (list, tuple)) and len(pair) == 2]
    # A key that isn't there is one of them, too, and one that was refused before, as a `_meta` tells.
    is_refused = any(map(_is_refused, keys)) or (isinstance(event.get("_meta"), dict) and "tags" in event["_meta"])
    return is_refused and sum(key is None or _is_refused(key) for key in keys) > 1


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


def has_text(value: Any, hint: Any = Event, given: Rule = NO_RULE) -> bool:
    """Return whether an array or an object stands as text where an annotation has a place for one."""
    inner, own = unwrap(hint)
    rule = given if own is NO_RULE else own
    if value is None or rule.convert is not None or rule.read in _TAKE_TEXT:
        return False
    if rule.read is read_contexts:
        return _has_text_in_contexts(value)
    origin = typing.get_origin(inner) or inner
    if rule.read is read_message_params:
        return _is_text(value, list, dict)
    if origin is list:
        (item,) = typing.get_args(inner)
        takes = (list, dict) if rule.read in _TAKE_PAIRS else (list,)
        return _is_text(value, *takes) or (isinstance(value, list) and any(has_text(part, item) for part in value))
    if origin is dict:
        part_hint = typing.get_args(inner)[1]
        parts = value.values() if isinstance(value, dict) else ()
        return _is_text(value, dict) or any(has_text(part, part_hint) for part in parts)
    return isinstance(origin, type) and issubclass(origin, Interface) and _has_text_in(value, origin)


_TAKE_TEXT = {read_query_string, read_cookies, read_no_meta, anything}
_TAKE_PAIRS = {read_tags, read_headers}


def _has_text_in(value: Any, interface: type[Interface]) -> bool:
    if issubclass(interface, DebugImage) and isinstance(value, dict):
        kind = value.get("type")
        interface = IMAGES.get(kind, interface) if isinstance(kind, str) else interface
    if issubclass(interface, Values):
        if _is_text(value, list, dict):
            return True
        if isinstance(value, list) or (isinstance(value, dict) and "values" not in value):
            value = {"values": value if isinstance(value, list) else [value]}
    if not isinstance(value, dict):
        return interface is not LogEntry and _is_text(value, dict)
    return any(
        has_text(value.get(name), field.hint, field.rule)
        for field in fields_of(interface)
        for name in (field.encode_name, *field.rule.aliases)
    )


def _has_text_in_contexts(contexts: Any) -> bool:
    if not isinstance(contexts, dict):
        return _is_text(contexts, dict)
    for key, context in contexts.items():
        kind = context.get("type") if isinstance(context, dict) else None
        interface = CONTEXTS.get(kind if isinstance(kind, str) and kind else key)
        if _is_text(context, dict) or (interface is not None and _has_text_in(context, interface)):
            return True
    return False


def _is_text(value: Any, *kinds: type) -> bool:
    if not (isinstance(value, str) and value.lstrip()[:1] in {"[", "{"}):
        return False
    try:
        return isinstance(parse_payload(value), kinds)
    except PayloadError:
        return False


def _has_big_integers(value: Any) -> bool:
    if isinstance(value, (dict, list)):
        return any(map(_has_big_integers, value.values() if isinstance(value, dict) else value))
    return isinstance(value, int) and not -(2**63) <= value < 2**64


DEVIATIONS: dict[str, Callable[[dict[str, Any], dict[str, Any]], bool]] = {
    "Times before 1970": _is_before_1970,
    "Times in other units": lambda event, options: _has_other_units(event),
    "Tags whose keys are refused": lambda event, options: _has_refused_keys(event),
    "Cookies after a header that is none": lambda event, options: _has_cookies_after_no_header(event),
    "Arrays and objects that arrive as JSON text": lambda event, options: has_text(event),
    "Integers beyond 64 bits": lambda event, options: _has_big_integers(event),
}
#: Those that hold for an event that was normalized before, too.
_ALWAYS = {"Integers beyond 64 bits"}


def deviations_of(event: Any, **options: Any) -> Iterator[str]:
    """Iterate over the deviations that an event falls under when it is normalized with some options."""
    if isinstance(event, dict):
        for name, is_one in DEVIATIONS.items():
            if (name in _ALWAYS or not options.get("is_renormalize")) and is_one(event, options):
                yield name
