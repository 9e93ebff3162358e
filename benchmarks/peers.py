"""The peers that normalization is measured against, each a function from the JSON of an event to JSON.

They don't do the same: Relay does what we do, a validated schema and models do a part of it, and a decode with an encode
does nothing at all and is the floor for anything in Python.
"""

import contextlib
import json
import typing
from collections.abc import Callable
from typing import Any

from store_protocol.http_request import HttpRequest
from store_protocol.http_response import Response

Peer = Callable[[bytes], Any]

OPTIONS: dict[str, Any] = {
    "project_id": 1,
    "client": "sentry-python/1.0",
    "protocol_version": "7",
    "key_id": "42",
    "remove_other": True,
    "enable_trimming": True,
    "max_secs_in_future": 60,
    "max_secs_in_past": 30 * 86400,
    "received_at": "2026-11-23T00:00:00Z",
}


def store_protocol() -> Peer:
    """Ours: `normalize_event`, then `encode_event`."""
    from store_protocol import Limits, NormalizeOptions, encode_event, normalize_event  # noqa: PLC0415

    options, limits = NormalizeOptions(**OPTIONS), Limits(max_event_bytes=1 << 26)
    return lambda raw: encode_event(normalize_event(raw, options, limits=limits))


def whole_request() -> Callable[[HttpRequest], tuple[Response, list[bytes]]]:
    """Ours, all of a request: `decode_request`, the answer, and the events as canonical JSON."""
    from store_protocol import NormalizeOptions, decode_request, encode_event  # noqa: PLC0415

    options = NormalizeOptions(**OPTIONS)

    def run(request: HttpRequest) -> tuple[Response, list[bytes]]:
        submission = decode_request(request, options=options)
        return submission.response(), [encode_event(event) for event in submission.events]

    return run


def sentry_relay() -> Peer:
    """Relay's own normalizer, in Rust; what it gives is left as JSON text."""
    from sentry_relay import processing
    from sentry_relay._lowlevel import lib
    from sentry_relay.utils import decode_str

    normalizer = processing.StoreNormalizer(**OPTIONS)
    encode, call = processing._encode_raw_event, normalizer._methodcall  # noqa: SLF001  (to leave out its JSON in Python)
    return lambda raw: decode_str(call(lib.relay_store_normalizer_normalize_event, encode(raw)), free=True)


def json_schema() -> Peer:
    """The standard library's JSON, held to the schema of the event by generated code (what Bugsink does)."""
    import fastjsonschema  # noqa: PLC0415
    import msgspec  # noqa: PLC0415

    from store_protocol.convert.rules import AdditionalProperties  # noqa: PLC0415
    from store_protocol.schema import Event  # noqa: PLC0415

    hook = {AdditionalProperties: {"type": "object"}}.get
    validate = fastjsonschema.compile(_optional(msgspec.json.schema(Event, schema_hook=hook)), use_formats=False)

    def run(raw: bytes) -> str:
        event = json.loads(raw)
        with contextlib.suppress(fastjsonschema.JsonSchemaException):
            validate(event)
        return json.dumps(event)

    return run


def _optional(schema: Any) -> Any:
    """Take out what a client is not held to: required attributes, and how deep a free-form value is."""
    if isinstance(schema, list):
        return [_optional(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    kinds = {part.get("type") for part in schema.get("anyOf", ()) if isinstance(part, dict)}
    if kinds >= {"object", "array", "string", "boolean"}:
        return {}
    return {key: _optional(part) for key, part in schema.items() if key != "required" or not isinstance(part, list)}


def pydantic() -> Peer:
    """Pydantic models of the same attributes (what GlitchTip does)."""
    from pydantic import BaseModel, ConfigDict, ValidationError, create_model  # noqa: PLC0415

    from store_protocol.convert.interface import Interface  # noqa: PLC0415
    from store_protocol.convert.readers import fields_of  # noqa: PLC0415
    from store_protocol.convert.rules import unwrap  # noqa: PLC0415
    from store_protocol.schema import Event  # noqa: PLC0415

    models: dict[type, type[BaseModel]] = {}

    def model(interface: type[Interface]) -> type[BaseModel]:
        if interface not in models:
            fields: dict[str, Any] = {
                field.name.lstrip("_"): (hint(field.hint) | None, None) for field in fields_of(interface)
            }
            config = ConfigDict(extra="ignore", protected_namespaces=())
            models[interface] = create_model(interface.__name__, __config__=config, **fields)
        return models[interface]

    def hint(annotation: Any) -> Any:
        inner, _ = unwrap(annotation)
        origin, args = typing.get_origin(inner), typing.get_args(inner)
        if isinstance(inner, type) and issubclass(inner, Interface):
            # Some have an old form, too, that is no object of attributes.
            return model(inner) | Any
        if origin is list:
            return list[hint(args[0]) | None] | Any  # type: ignore[misc]
        if origin is dict:
            return dict[str, hint(args[1]) | None] | Any  # type: ignore[misc]
        return inner | Any if inner in {str, int, float, bool} else Any

    event_model = model(Event)

    def run(raw: bytes) -> str:
        try:
            return event_model.model_validate_json(raw).model_dump_json(exclude_none=True)
        except ValidationError as error:
            return str(error.error_count())

    return run


def floor() -> Peer:
    """The floor: msgspec's untyped decode and encode of the same bytes."""
    import msgspec  # noqa: PLC0415

    decode, encode = msgspec.json.Decoder().decode, msgspec.json.Encoder().encode
    return lambda raw: encode(decode(raw))


PEERS: dict[str, Callable[[], Peer]] = {
    "store_protocol": store_protocol,
    "sentry-relay": sentry_relay,
    "json + fastjsonschema": json_schema,
    "pydantic": pydantic,
    "msgspec (floor)": floor,
}
