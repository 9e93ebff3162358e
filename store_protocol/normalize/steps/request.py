"""The request: one form for its URL, its query, its cookies, its headers and its data, however they came."""

import json
import math
import re
from typing import Any, NoReturn
from urllib.parse import unquote

import msgspec

from store_protocol.budget import Budget
from store_protocol.convert.context import ConvertContext
from store_protocol.convert.pairs import Pair, read_cookies
from store_protocol.convert.scalars import I64_MIN, U64_MAX, query_pairs
from store_protocol.meta.tree import MetaTree
from store_protocol.normalize.context import Normalization, acts_on
from store_protocol.schema.request import Request
from store_protocol.urls import split_url

_LONG_NUMBER = re.compile(r"\d{19}")
_METHOD_PATH = ("request", "method")
METHOD = re.compile(r"[A-Z\-_]{3,32}")
_USUAL_METHODS = frozenset({"GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"})
_decode = msgspec.json.Decoder().decode

JSON, FORM = "application/json", "application/x-www-form-urlencoded"


@acts_on("request")
def request(normalization: Normalization) -> None:
    """Bring the request into its canonical form; one without anything in it is none."""
    found = normalization.event.request
    if found is None:
        return
    if found.method is not None:
        _method(normalization, found, _ascii_upper(found.method))
    if found.url is not None:
        _url(normalization, found, found.url)
    if found.headers is not None:
        _headers(normalization.meta_tree, found)
    found.inferred_content_type = None
    normalization.meta_tree.take(("request", "inferred_content_type"))
    _data(normalization, found)


def _ascii_upper(text: str) -> str:
    return text.upper() if text.isascii() else "".join(char.upper() if char.isascii() else char for char in text)


def _method(normalization: Normalization, found: Request, method: str) -> None:
    found.method = method
    if (
        method not in _USUAL_METHODS
        and not METHOD.fullmatch(method)
        and not normalization.meta_tree.has_error(_METHOD_PATH)
    ):
        normalization.meta_tree.error(_METHOD_PATH, "invalid_data", value=method)
        found.method = None


def _url(normalization: Normalization, found: Request, given: str) -> None:
    # The JavaScript SDKs shorten long URLs with an ellipsis.
    url, query, fragment = split_url(given[:-1] + "..." if given.endswith("…") else given)
    found.url = url
    if query and found.query_string is None and not _given(normalization, "query_string"):
        budget = normalization.meta_tree.budget
        found.query_string = budget.within("max_pairs", query_pairs(query, budget.limits.max_pairs)) or None
    if fragment is not None and found.fragment is None and not _given(normalization, "fragment"):
        # An empty one is as good as none, unless something is noted of it.
        found.fragment = fragment or ("" if normalization.meta_tree.has_error(("request", "fragment")) else None)


def _given(normalization: Normalization, name: str) -> bool:
    """Return whether the client sent an attribute, an empty one too, but none that could not be taken."""
    payload = normalization.original_of("request")
    is_there = isinstance(payload, dict) and payload.get(name) is not None
    return is_there and not normalization.meta_tree.has_error(("request", name))


def _headers(meta_tree: MetaTree, found: Request) -> None:
    headers = found.headers or []
    noted = meta_tree.find(("request", "headers"))
    place = next((index for index, pair in enumerate(headers) if pair is not None and pair[0] == "Cookie"), None)
    if place is not None and _take_cookies(meta_tree, found, headers[place]):
        headers = headers[:place] + headers[place + 1 :]
        if noted is not None:
            numbered = [(int(key), meta) for key, meta in noted.children.items()]
            noted.children = {str(index - (index > place)): meta for index, meta in numbered if index != place}
            if noted.is_empty():
                meta_tree.take(("request", "headers"))
                noted = None
    # None is as good as an empty list, unless something is noted of it.
    found.headers = headers if headers or noted is not None else None


def _take_cookies(meta_tree: MetaTree, found: Request, pair: Pair | None) -> bool:
    """Move the cookies of a header to where they belong; say whether the header is done with.

    Cookies that the client sent beside it count, even none at all, but not what could not be taken for cookies.
    """
    if found.cookies is not None:
        return True
    text = pair[1] if pair is not None else None
    if text is None:
        return False
    trial = MetaTree(Budget(meta_tree.budget.limits))
    cookies = read_cookies(text, (), ConvertContext(trial))
    if trial:
        return False
    found.cookies = cookies
    meta_tree.take(("request", "cookies"))
    return True


def header(headers: list[Pair | None] | None, name: str) -> str | None:
    """Return the value of the first header of a name, which is written as `header_name` writes it."""
    for pair in headers or ():
        if pair is not None and pair[0] is not None and pair[0] == name:
            return pair[1]
    return None


def _data(normalization: Normalization, found: Request) -> None:
    data = found.data
    if type(data) is str:
        found.data, kind = parse_data(data, normalization.meta_tree.budget.limits.max_pairs)
        if kind is not None:
            normalization.facts.known_shallow = False
        found.inferred_content_type = kind
    if found.inferred_content_type is None:
        found.inferred_content_type = media_type(found.headers)


def media_type(headers: list[Pair | None] | None) -> str | None:
    """Return the media type that the headers name, without its parameters."""
    value = header(headers, "Content-Type")
    return (value.partition(";")[0] or None) if value is not None else None


def parse_data(text: str, max_pairs: int) -> tuple[Any, str | None]:
    """Parse a body that is JSON or form fields; return what it stands for and its media type, or the text and None.

    A form of more fields than `max_pairs` stays a text.
    """
    parsed = parse_json(text)
    if parsed is not None:
        return parsed, JSON
    if text.isascii() and not text.startswith(("<?xml", "{", "[")) and text.count("&") < max_pairs:
        pairs = [pair for pair in text.split("&") if pair]
        fields = {}
        for pair in pairs:
            key, _, value = pair.partition("=")
            fields[_form_decode(key)] = _form_decode(value)
        if len(fields) > 1 or (len(fields) == 1 and next(iter(fields.values())) not in {"", "="}):
            return fields, FORM
    return text, None


def parse_json(text: str) -> Any:
    """Parse JSON as Relay does: what is beyond 64 bits becomes a float. Return None for what is not JSON."""
    try:
        if _LONG_NUMBER.search(text):
            return json.loads(text, parse_int=_whole, parse_constant=_refuse)
        return _decode(text)
    except (msgspec.DecodeError, ValueError, OverflowError, RecursionError):
        return None


def _whole(digits: str) -> int | float:
    number = int(digits) if len(digits) <= 20 else None
    return number if number is not None and I64_MIN <= number <= U64_MAX else _finite(digits)


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        _refuse(digits)
    return number


def _refuse(token: str) -> NoReturn:
    raise ValueError(token)


def _form_decode(text: str) -> str:
    return unquote(text.replace("+", " "), errors="replace")
