"""The HTTP request during which the event happened."""

from typing import Annotated, Any

from store_protocol.schema.base import Interface
from store_protocol.schema.pairs import HeaderPair, Pair
from store_protocol.schema.rules import LARGE, MEDIUM, SMALL, U64, FilledText, Text, rule, text


class Request(Interface):
    """The HTTP request during which the event happened."""

    #: Without query and fragment, which have attributes of their own.
    url: Annotated[str, text(256, 40)] | None = None
    method: Text | None = None
    protocol: Text | None = None
    data: Annotated[Any, rule(bag=LARGE)] | None = None
    query_string: Annotated[list[Pair | None], rule(kind="query_string", bag=SMALL)] | None = None
    fragment: Annotated[str, text(1024, 100, skip_empty=True)] | None = None
    cookies: Annotated[list[Pair | None], rule(kind="cookies", bag=MEDIUM)] | None = None
    headers: Annotated[list[HeaderPair | None], rule(kind="headers", bag=LARGE)] | None = None
    body_size: U64 | None = None
    env: Annotated[dict[str, Any], rule(bag=LARGE, skip_empty=True)] | None = None
    #: Media type of `data`, told from its form or else from the headers; what a client sends is overwritten.
    inferred_content_type: FilledText | None = None
    api_target: Text | None = None
