"""The HTTP request during which the event happened."""

from typing import Annotated, Any

import msgspec

from store_protocol.convert.context import ConvertContext
from store_protocol.convert.interface import Interface
from store_protocol.convert.pairs import Pair, read_cookies, read_headers, read_query_string
from store_protocol.convert.readers import Reader, interface_reader
from store_protocol.convert.rules import LARGE, MEDIUM, SMALL, rule, text
from store_protocol.meta.tree import Path
from store_protocol.schema.types import U64, NonEmptyText, Text


class Request(Interface):
    """The HTTP request during which the event happened."""

    #: The URL without query and fragment, which have attributes of their own.
    url: Annotated[str, text(256, 40)] | None = None
    #: The HTTP method, in upper case.
    method: Text | None = None
    #: The protocol, such as `HTTP/1.1`.
    protocol: Text | None = None
    #: The body, as text or as JSON; normalization reads text of forms and of JSON.
    data: Annotated[Any, rule(limit=LARGE)] | None = None
    #: The query as pairs.
    query_string: Annotated[list[Pair | None], rule(read=read_query_string, limit=SMALL, omit_empty=True)] | None = None
    #: The fragment of the URL.
    fragment: Annotated[str, text(1024, 100, skip_empty=True)] | None = None
    #: The cookies as pairs; those of the header `Cookie` where the client sends none.
    cookies: Annotated[list[Pair | None], rule(read=read_cookies, limit=MEDIUM, omit_empty=True)] | None = None
    #: The headers as pairs; names get a capital at the start of each word.
    headers: Annotated[list[Pair | None], rule(read=read_headers, limit=LARGE, omit_empty=True)] | None = None
    #: The size of the body in bytes.
    body_size: U64 | None = None
    #: What the server knows of the request, by names of CGI, WSGI or Rack.
    env: Annotated[dict[str, Any], rule(limit=LARGE, skip_empty=True, omit_empty=True)] | None = None
    #: Media type of `data`, told from its form or else from the headers; what a client sends is overwritten.
    inferred_content_type: NonEmptyText | None = None
    #: What kind of API was called, such as `graphql`.
    api_target: Text | None = None

    @classmethod
    def __reader__(cls) -> Reader:
        return _read_request


# These are hardly ever sent as lists of pairs, as which conversion in C would take them.
_PAIR_READERS = {"headers": read_headers, "cookies": read_cookies, "query_string": read_query_string}
_read_object = interface_reader(Request)


def _read_request(value: Any, path: Path, context: ConvertContext) -> Any:
    if type(value) is not dict or context.keep_unknown:
        return _read_object(value, path, context)
    try:
        request = msgspec.convert({key: part for key, part in value.items() if key not in _PAIR_READERS}, Request)
    except (msgspec.ValidationError, RecursionError):
        return _read_object(value, path, context)
    for name, read in _PAIR_READERS.items():
        part = value.get(name)
        if part is not None:
            setattr(request, name, read(part, (*path, name), context))
    return request
