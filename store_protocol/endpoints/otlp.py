"""What OTLP has in common for logs and spans (opentelemetry-proto, "JSON Protobuf Encoding"): values, resources, errors.

Names and kinds of attributes are those of Relay (`relay-otel`). Wrong values cost themselves: nothing of a record but its
place is needed to take it.
"""

import base64
import binascii
import re
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from store_protocol.convert.scalars import I64_MAX, I64_MIN
from store_protocol.endpoints.attributes import text_attribute
from store_protocol.endpoints.content import media_type
from store_protocol.endpoints.telemetry import Shared
from store_protocol.errors import UnsupportedMediaType
from store_protocol.http_response import Response, render_json

_encode = msgspec.json.Encoder().encode
_DIGITS = re.compile(r"[+-]?[0-9]{1,19}")
_HEX = re.compile(r"[0-9a-fA-F]+")
#: What Sentry calls a platform, by the language that an OpenTelemetry SDK names.
_PLATFORMS = {"dotnet": "csharp", "nodejs": "node", "js": "javascript", "webjs": "javascript"}


def check_content_type(content_type: str) -> None:
    """Raise `UnsupportedMediaType` for everything but JSON: exporters have to be told."""
    if media_type(content_type) != "application/json":
        raise UnsupportedMediaType("OTLP is taken as JSON (application/json): set the exporter's protocol to http/json")


def answer(event_id: str | None) -> Response:  # noqa: ARG001  (the arguments of `Endpoint.answer`)
    """Return the answer of OTLP, an empty message."""
    return render_json(200, {})


def objects(value: Any, name: str) -> Iterator[dict[str, Any]]:
    """Iterate over the objects in a list that an object holds under a name; what is none is passed over."""
    found = value.get(name) if isinstance(value, dict) else None
    for each in found if isinstance(found, list) else ():
        if isinstance(each, dict):
            yield each


def integer(value: Any) -> int | None:
    """Return an integer of up to 64 bits, which may be written as a string; None for what is none.

    >>> integer("1544712660300000000"), integer(5), integer("5.5")
    (1544712660300000000, 5, None)
    """
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        value = int(value)
    return value if type(value) is int and I64_MIN <= value <= I64_MAX else None


def seconds(value: Any) -> float | None:
    """Return a time in nanoseconds as seconds since the epoch; None for none, and for 0, which stands for none."""
    nanoseconds = integer(value)
    return nanoseconds / 1e9 if nanoseconds is not None and nanoseconds > 0 else None


def hex_id(value: Any, digits: int) -> str | None:
    """Return an id of so many hex digits in lower case; None for what is none, and for zeros.

    >>> hex_id("EEE19B7EC3C1B174", 16), hex_id("0" * 16, 16)
    ('eee19b7ec3c1b174', None)
    """
    if not (isinstance(value, str) and len(value) == digits and _HEX.fullmatch(value) and value.strip("0")):
        return None
    return value.lower()


def _text_of(encoded: Any) -> str | None:
    try:
        return base64.b64decode(encoded, validate=True).decode() if isinstance(encoded, str) else None
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None


def _double(value: Any) -> float | int | None:
    return value if type(value) is float else integer(value) if type(value) is int else None


def _list_of(value: Any) -> list[Any] | None:
    if not isinstance(value, dict):
        return None
    found = [plain(each) for each in objects(value, "values")]
    return [each for _, each in found if each is not None]


def _object_of(value: Any) -> dict[str, Any] | None:
    if not isinstance(value, dict):
        return None
    pairs = ((each.get("key"), plain(each.get("value"))[1]) for each in objects(value, "values"))
    return {name: found for name, found in pairs if isinstance(name, str) and found is not None}


_Readers = dict[str, tuple[str, Callable[[Any], Any]]]
#: By what a value is called: the type of the attribute that it becomes, and how it is read.
_PLAIN: _Readers = {
    "stringValue": ("string", lambda value: value if isinstance(value, str) else None),
    "boolValue": ("boolean", lambda value: value if isinstance(value, bool) else None),
    "intValue": ("integer", integer),
    "doubleValue": ("double", _double),
    "bytesValue": ("string", _text_of),
}
#: What is in containers is plain: Relay leaves out containers in them.
_ANY: _Readers = {**_PLAIN, "arrayValue": ("array", _list_of), "kvlistValue": ("object", _object_of)}


def plain(value: Any, readers: _Readers = _PLAIN) -> tuple[str, Any]:
    """Return the type of a value of OTLP, and the plain value that it stands for: None for none, or for another one.

    >>> plain({"intValue": "10"}), plain({"arrayValue": {}})
    (('integer', 10), ('', None))
    """
    for name, found in value.items() if isinstance(value, dict) else ():
        reader = readers.get(name)
        if reader is not None:
            kind, read = reader
            return kind, read(found)
    return "", None


def text_value(value: Any) -> str | None:
    """Return a value of OTLP as text, arrays and objects as JSON; None where there is none.

    >>> text_value({"arrayValue": {"values": [{"intValue": "1"}, {"boolValue": True}]}}), text_value({"doubleValue": 1.0})
    ('[1,true]', '1')
    """
    _, found = plain(value, _ANY)
    if found is None or isinstance(found, str):
        return found
    text = _encode(found).decode()
    return text.removesuffix(".0") if type(found) is float else text


def typed_value(value: Any) -> dict[str, Any] | None:
    """Return a value of OTLP as an attribute; an object becomes JSON text.

    >>> typed_value({"intValue": "10"})
    {'type': 'integer', 'value': 10}
    """
    kind, found = plain(value, _ANY)
    if found is None:
        return None
    return {"type": "string", "value": _encode(found).decode()} if kind == "object" else {"type": kind, "value": found}


def attributes_of(value: Any, prefix: str = "") -> dict[str, Any]:
    """Return the attributes in the list `attributes` of an object, by their names behind a prefix."""
    found: dict[str, Any] = {}
    for each in objects(value, "attributes"):
        name, typed = each.get("key"), typed_value(each.get("value"))
        if isinstance(name, str) and typed is not None:
            found[prefix + name] = typed
    return found


def shared_attributes(resource: Any, scope: Any, origin: str) -> Shared:
    """Return what all records of a scope have in common: where they come from, who made them, and how."""
    shared: dict[str, Any] = {"sentry.origin": text_attribute(origin)}
    of_resource = attributes_of(resource, "resource.")
    language = of_resource.get("resource.telemetry.sdk.language", {})
    if language.get("type") == "string":
        shared["sentry.platform"] = text_attribute(_PLATFORMS.get(language["value"], language["value"]))
    shared |= of_resource
    if isinstance(scope, dict):
        shared |= attributes_of(scope, "instrumentation.")
        for name in ("name", "version"):
            text = scope.get(name)
            shared[f"instrumentation.{name}"] = text_attribute(text if isinstance(text, str) else "")
    return Shared(shared)
