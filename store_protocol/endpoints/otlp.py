"""What OTLP has in common for logs and spans (opentelemetry-proto, "JSON Protobuf Encoding"): values, resources, errors.

Names and kinds of attributes are those of Relay (`relay-otel`). Wrong values cost themselves: nothing of a record but its
place is needed to take it.
"""

import base64
import binascii
import re
from collections.abc import Iterator
from typing import Any

import msgspec

from store_protocol.convert.scalars import I64_MAX, I64_MIN
from store_protocol.endpoints.attributes import attribute, text_attribute
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


def plain_value(value: Any) -> Any:
    """Return the text, number or boolean that a value of OTLP stands for, None for any other."""
    if not isinstance(value, dict):
        return None
    match value:
        case {"stringValue": str(found)} | {"boolValue": bool(found)}:
            return found
        case {"intValue": found}:
            return integer(found)
        case {"doubleValue": found}:
            return found if type(found) is float or integer(found) is not None else None
        case {"bytesValue": str(found)}:
            return _text_of(found)
        case _:
            return None


def _text_of(encoded: str) -> str | None:
    try:
        return base64.b64decode(encoded, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None


def _list_of(value: dict[str, Any]) -> list[Any] | None:
    if not isinstance(value.get("arrayValue"), dict):
        return None
    return [plain for each in objects(value["arrayValue"], "values") if (plain := plain_value(each)) is not None]


def _object_of(value: dict[str, Any]) -> dict[str, Any] | None:
    if not isinstance(value.get("kvlistValue"), dict):
        return None
    pairs = ((each.get("key"), plain_value(each.get("value"))) for each in objects(value["kvlistValue"], "values"))
    return {name: plain for name, plain in pairs if isinstance(name, str) and plain is not None}


def text_value(value: Any) -> str | None:
    """Return a value of OTLP as text, arrays and objects as JSON; None where there is none.

    >>> text_value({"arrayValue": {"values": [{"intValue": "1"}, {"boolValue": True}]}}), text_value({"doubleValue": 1.0})
    ('[1,true]', '1')
    """
    if not isinstance(value, dict):
        return None
    plain = plain_value(value)
    if isinstance(plain, str):
        return plain
    if plain is None:
        inner = _list_of(value)
        plain = inner if inner is not None else _object_of(value)
        if plain is None:
            return None
    text = _encode(plain).decode()
    return text.removesuffix(".0") if type(plain) is float else text


def typed_value(value: Any) -> dict[str, Any] | None:
    """Return a value of OTLP as an attribute; objects become JSON text, and what is in containers' containers is left out.

    >>> typed_value({"intValue": "10"})
    {'type': 'integer', 'value': 10}
    """
    if not isinstance(value, dict):
        return None
    plain = plain_value(value)
    if isinstance(plain, bool):
        return {"type": "boolean", "value": plain}
    if isinstance(plain, str):
        return text_attribute(plain)
    if plain is not None:
        return attribute(plain, "integer" if "intValue" in value else "double")
    items = _list_of(value)
    if items is not None:
        return {"type": "array", "value": items}
    members = _object_of(value)
    return None if members is None else text_attribute(_encode(members).decode())


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
