"""Sentry's store endpoint as a library: from bytes and headers to a typed, normalized event, or to a typed error.

`decode_request` is the whole way of a request; every stage of it is usable alone.

Each name is loaded when it is first used, so that who decodes a header doesn't wait for the schema of events.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from store_protocol import errors as errors
    from store_protocol._version import __version__ as __version__
    from store_protocol.auth import Auth as Auth
    from store_protocol.auth import find_auth as find_auth
    from store_protocol.auth import parse_auth_header as parse_auth_header
    from store_protocol.auth import parse_auth_query as parse_auth_query
    from store_protocol.body import BodyDecoder as BodyDecoder
    from store_protocol.body import decode_body as decode_body
    from store_protocol.check import check_event as check_event
    from store_protocol.client import encode_request as encode_request
    from store_protocol.decode import decode_event as decode_event
    from store_protocol.dsn import Dsn as Dsn
    from store_protocol.encode import encode_event as encode_event
    from store_protocol.endpoints.content import Envelope as Envelope
    from store_protocol.endpoints.content import RefusedItem as RefusedItem
    from store_protocol.endpoints.envelope import parse_envelope as parse_envelope
    from store_protocol.errors import StoreError as StoreError
    from store_protocol.forwarding import forward as forward
    from store_protocol.http_request import HttpRequest as HttpRequest
    from store_protocol.http_response import Response as Response
    from store_protocol.items.attachment import Attachment as Attachment
    from store_protocol.items.attachment import AttachmentFile as AttachmentFile
    from store_protocol.items.attachment import AttachmentHead as AttachmentHead
    from store_protocol.items.decoding import decode_item as decode_item
    from store_protocol.items.encoding import encode_envelope as encode_envelope
    from store_protocol.items.encoding import encode_item as encode_item
    from store_protocol.items.envelope_item import EnvelopeItem as EnvelopeItem
    from store_protocol.limits import ENVELOPE as ENVELOPE
    from store_protocol.limits import EVENT as EVENT
    from store_protocol.limits import MINIDUMP as MINIDUMP
    from store_protocol.limits import BodyKind as BodyKind
    from store_protocol.limits import Limits as Limits
    from store_protocol.many import normalize_many as normalize_many
    from store_protocol.meta.tree import FieldError as FieldError
    from store_protocol.normalize import NormalizeOptions as NormalizeOptions
    from store_protocol.normalize import normalize_event as normalize_event
    from store_protocol.normalizer import StoreNormalizer as StoreNormalizer
    from store_protocol.outcome import Outcome as Outcome
    from store_protocol.payload import Repair as Repair
    from store_protocol.payload import parse_payload as parse_payload
    from store_protocol.pipeline import decode_request as decode_request
    from store_protocol.pipeline import read_request as read_request
    from store_protocol.preloading import preload as preload
    from store_protocol.rate_limits import RateLimit as RateLimit
    from store_protocol.reading.events import parse_event as parse_event
    from store_protocol.request_decoder import RequestDecoder as RequestDecoder
    from store_protocol.request_head import RequestHead as RequestHead
    from store_protocol.schema import Event as Event
    from store_protocol.schema import NormalizedEvent as NormalizedEvent
    from store_protocol.submission import Submission as Submission

__all__ = [
    "ENVELOPE",
    "EVENT",
    "MINIDUMP",
    "Attachment",
    "AttachmentFile",
    "AttachmentHead",
    "Auth",
    "BodyDecoder",
    "BodyKind",
    "Dsn",
    "Envelope",
    "EnvelopeItem",
    "Event",
    "FieldError",
    "HttpRequest",
    "Limits",
    "NormalizeOptions",
    "NormalizedEvent",
    "Outcome",
    "RateLimit",
    "RefusedItem",
    "Repair",
    "RequestDecoder",
    "RequestHead",
    "Response",
    "StoreError",
    "StoreNormalizer",
    "Submission",
    "check_event",
    "decode_body",
    "decode_event",
    "decode_item",
    "decode_request",
    "encode_envelope",
    "encode_event",
    "encode_item",
    "encode_request",
    "errors",
    "find_auth",
    "forward",
    "normalize_event",
    "normalize_many",
    "parse_auth_header",
    "parse_auth_query",
    "parse_envelope",
    "parse_event",
    "parse_payload",
    "preload",
    "read_request",
]

_MODULES = {
    "__version__": "_version",
    "Attachment": "items.attachment",
    "AttachmentFile": "items.attachment",
    "AttachmentHead": "items.attachment",
    "Auth": "auth",
    "BodyDecoder": "body",
    "BodyKind": "limits",
    "Dsn": "dsn",
    "Envelope": "endpoints.content",
    "ENVELOPE": "limits",
    "EVENT": "limits",
    "EnvelopeItem": "items.envelope_item",
    "Event": "schema",
    "FieldError": "meta.tree",
    "HttpRequest": "http_request",
    "Limits": "limits",
    "MINIDUMP": "limits",
    "NormalizeOptions": "normalize",
    "NormalizedEvent": "schema",
    "Outcome": "outcome",
    "RateLimit": "rate_limits",
    "RefusedItem": "endpoints.content",
    "Repair": "payload",
    "RequestDecoder": "request_decoder",
    "RequestHead": "request_head",
    "Response": "http_response",
    "StoreError": "errors",
    "StoreNormalizer": "normalizer",
    "Submission": "submission",
    "check_event": "check",
    "decode_body": "body",
    "decode_event": "decode",
    "decode_item": "items.decoding",
    "decode_request": "pipeline",
    "encode_envelope": "items.encoding",
    "encode_event": "encode",
    "encode_item": "items.encoding",
    "encode_request": "client",
    "find_auth": "auth",
    "forward": "forwarding",
    "normalize_event": "normalize",
    "normalize_many": "many",
    "parse_auth_header": "auth",
    "parse_auth_query": "auth",
    "parse_envelope": "endpoints.envelope",
    "parse_event": "reading.events",
    "parse_payload": "payload",
    "preload": "preloading",
    "read_request": "pipeline",
}
#: The modules themselves, which are there after an import of the package alone, too.
_SUBMODULES = {"errors", *(module.partition(".")[0] for module in _MODULES.values())}


# What `lazy_names` does, written out: an import of the package alone loads no module.
def __getattr__(name: str) -> Any:
    if name in _SUBMODULES:
        return importlib.import_module(f"{__name__}.{name}")
    module = _MODULES.get(name)
    if module is None:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    value = globals()[name] = getattr(importlib.import_module(f"{__name__}.{module}"), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, *_MODULES})
