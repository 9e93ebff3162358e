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

    #: Without query and fragment, which have attributes of their own.
    url: Annotated[str, text(256, 40)] | None = None
    method: Text | None = None
    protocol: Text | None = None
    data: Annotated[Any, rule(limit=LARGE)] | None = None
    query_string: Annotated[list[Pair | None], rule(read=read_query_string, limit=SMALL, omit_empty=True)] | None = None
    fragment: Annotated[str, text(1024, 100, skip_empty=True)] | None = None
    cookies: Annotated[list[Pair | None], rule(read=read_cookies, limit=MEDIUM, omit_empty=True)] | None = None
    headers: Annotated[list[Pair | None], rule(read=read_headers, limit=LARGE, omit_empty=True)] | None = None
    body_size: U64 | None = None
    env: Annotated[dict[str, Any], rule(limit=LARGE, skip_empty=True, omit_empty=True)] | None = None
    #: Media type of `data`, told from its form or else from the headers; what a client sends is overwritten.
    inferred_content_type: NonEmptyText | None = None
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
