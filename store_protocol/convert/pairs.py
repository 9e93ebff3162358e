"""Lists of pairs: tags, headers, cookies and query strings, which may also be sent as objects, and some as text.

An object is read in the order of its keys, so that the same object always gives the same list.
"""

import functools
from typing import Any

from store_protocol.convert.context import ConversionError, ConvertContext
from store_protocol.convert.forms import TEXT, Schema, array, either, forms, nullable, pair_of, whole
from store_protocol.convert.json_texts import in_text_or_refuse
from store_protocol.convert.readers import NO_ARRAY, WHITE_SPACE, wrong_character
from store_protocol.convert.rules import unless_empty
from store_protocol.convert.scalars import json_string, lenient_string, percent_decode, query_pairs, string
from store_protocol.meta.tree import Path

_ARE_TEXTS = frozenset({str})
_NO_PAIR = ConversionError("expected a tuple")
Pair = tuple[str | None, str | None]


def _entries(value: Any, path: Path, context: ConvertContext) -> list[Any] | None:
    """Return the pairs of a list or an object as they came; what isn't a pair is None."""
    budget = context.meta_tree.budget
    if type(value) is dict:
        return [(key, value[key]) for key in sorted(budget.each(value, 2))]
    if type(value) is not list:
        if (parsed := in_text_or_refuse(value, (list, dict), NO_ARRAY, path, context)) is None:
            return None
        return _entries(parsed[0], path, context)
    entries: list[Any] = []
    for index, item in enumerate(budget.each(value, 2)):
        if type(item) is list and len(item) == 2:
            entries.append(item)
        elif item is None:
            entries.append(None)
        elif budget.lists_errors:
            context.refuse((*path, str(index)), _NO_PAIR, item)
            entries.append(None)
        else:
            # Left out, as in all lists of which no more can be noted.
            context.refuse(path, _NO_PAIR, item)
    return entries


# All clients send the same few names; what is kept of others stays small.
_SHORT_NAME = 64
_TAG_KEY = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.:-")


def _read_pairs(
    value: Any, path: Path, context: ConvertContext, read_key: Any, read_value: Any
) -> list[Pair | None] | None:
    entries = _entries(value, path, context)
    return None if entries is None else _read_entries(entries, path, context, read_key, read_value)


def _read_entries(
    entries: list[Any], path: Path, context: ConvertContext, read_key: Any, read_value: Any
) -> list[Pair | None]:
    budget = context.meta_tree.budget
    pairs: list[Pair | None] = []
    for index, entry in enumerate(entries):
        if entry is None:
            pairs.append(None)
            continue
        key, found = entry
        if key is not None:
            key = _side(key, read_key, path, index, "0", context)
        if found is not None:
            found = _side(found, read_value, path, index, "1", context)
        if key is not None or found is not None or budget.lists_errors or (entry[0] is None and entry[1] is None):
            pairs.append((key, found))
    return pairs


def _side(value: Any, read: Any, path: Path, index: int, side: str, context: ConvertContext) -> Any:
    """Read one side of the pair at a position; None is one that is refused."""
    # As the reader would say of an object or a list, without the time that raising takes.
    if (type(value) is dict or type(value) is list) and (refused := _CONTAINERS.get(read)) is not None:
        context.refuse((*path, str(index), side), refused, value)
        return None
    try:
        return read(value)
    except ConversionError as error:
        context.refuse((*path, str(index), side), error, value)
        return None


def _loose_tag_key(value: Any) -> str:
    return lenient_string(value).replace(" ", "-").strip(WHITE_SPACE)


def _loose_tag_value(value: Any) -> str:
    return lenient_string(value).strip(WHITE_SPACE)


def _tag_key(value: Any) -> str:
    key = _loose_tag_key(value)
    if not _TAG_KEY.issuperset(key):
        raise wrong_character(next(char for char in key if char not in _TAG_KEY), key)
    return key


def _tag_value(value: Any) -> str:
    text = _loose_tag_value(value)
    if "\n" in text:
        raise wrong_character("\n", text)
    return text


_BLANKS = f"[{WHITE_SPACE}]*"
_SCALAR: Schema = {"type": ["string", "number", "boolean"]}
#: Pairs as they come out.
_TEXT_PAIRS = array(nullable(pair_of(TEXT, TEXT)))
# Spaces in keys become hyphens before blanks around them are taken off.
_AROUND_KEY = _BLANKS.replace(" ", "")
_KEY_FORM: Schema = {**_SCALAR, "pattern": whole(f"{_AROUND_KEY}[a-zA-Z0-9_.: -]*{_AROUND_KEY}")}
_VALUE_FORM: Schema = {
    **_SCALAR,
    "pattern": whole(f"{_BLANKS}(?:[^{WHITE_SPACE}](?:[^\\n]*[^{WHITE_SPACE}])?{_BLANKS})?"),
}


def _pairs(name: Schema, value: Schema) -> Schema:
    """Return the schema of pairs: a list of them, or an object."""
    in_object: Schema = {"type": "object", "propertyNames": name, "additionalProperties": nullable(value)}
    return either(array(nullable(pair_of(name, value))), in_object)


@forms(_pairs(_KEY_FORM, _VALUE_FORM), _TEXT_PAIRS)
def read_tags(value: Any, path: Path, context: ConvertContext) -> Any:
    """Read tags: pairs of a key and a value, or an object of values by key."""
    budget = context.meta_tree.budget
    if type(value) is dict and 2 * len(value) <= budget.values_left and all(map(_is_plain_tag, value, value.values())):
        budget.values_left -= 2 * len(value)
        return sorted(value.items())
    if not context.enforce_rules:
        return _read_pairs(value, path, context, _loose_tag_key, _loose_tag_value)
    return _read_pairs(value, path, context, _tag_key, _tag_value)


def _is_plain_tag(key: str, value: Any) -> bool:
    """Return whether a tag is in canonical form as it is."""
    return (
        type(value) is str
        and len(key) <= _SHORT_NAME
        and _is_short_tag_key(key)
        and "\n" not in value
        and value.strip(WHITE_SPACE) is value
    )


@functools.lru_cache(maxsize=1024)
def _is_short_tag_key(key: str) -> bool:
    return _TAG_KEY.issuperset(key)


def header_name(name: str) -> str:
    """Write a header's name with a capital at the start of each of its words.

    >>> header_name("content-type"), header_name("x-SENTRY-auth")
    ('Content-Type', 'X-SENTRY-Auth')
    """
    return _short_header_name(name) if len(name) <= _SHORT_NAME else _header_name(name)


def _header_name(name: str) -> str:
    return "-".join([part[:1].upper() + part[1:] for part in name.split("-")])


_short_header_name = functools.lru_cache(maxsize=1024)(_header_name)


@forms(_pairs(TEXT, either(_SCALAR, array(nullable(_SCALAR)))), _TEXT_PAIRS)
def read_headers(value: Any, path: Path, context: ConvertContext) -> Any:
    """Read headers: pairs, or an object of values by name."""
    pairs: list[Pair | None] | None
    if type(value) is dict:
        are_texts = _ARE_TEXTS.issuperset(map(type, value.values()))
        # By the names as they come out. What is no text has its own values.
        names = sorted([(header_name(key), key) for key in context.meta_tree.budget.each(value, 2 if are_texts else 4)])
        if are_texts:
            return [(name, value[key]) for name, key in names]
        pairs = _read_entries([(name, value[key]) for name, key in names], path, context, string, _header_value)
    else:
        pairs = _read_pairs(value, path, context, _header_key, _header_value)
    for index, pair in enumerate(pairs or ()):
        found: Any = pair and pair[1]
        if pairs and pair and type(found) is list:
            pairs[index] = (pair[0], _joined(found, (*path, str(index), "1"), context))
    return pairs


def _header_key(value: Any) -> str:
    return header_name(string(value))


def _header_value(value: Any) -> Any:
    # wp-sentry sends lists of values, as PHP's PSR-7 has them.
    return value if type(value) is list else lenient_string(value)


#: Values of a header that is sent as a list: nearly always one.
_FEW_VALUES = 3


def _joined(values: list[Any], path: Path, context: ConvertContext) -> str:
    parts: list[str] = []
    error: ConversionError | None = None
    budget = context.meta_tree.budget
    if len(values) <= _FEW_VALUES:
        # The pair has been taken, so they are, too.
        budget.values_left -= len(values)
    else:
        values = [*budget.each(values)]
    for value in values:
        try:
            if value is not None:
                parts.append(lenient_string(value))
        except ConversionError as found:
            error = found
    if error is not None:
        context.meta_tree.error(path, error.kind, error.reason)
    return ",".join(parts)


@forms(either(TEXT, _pairs(TEXT, {})), _TEXT_PAIRS)
def read_query_string(value: Any, path: Path, context: ConvertContext) -> Any:
    """Read a query: text, pairs, or an object."""
    if type(value) is str:
        budget = context.meta_tree.budget
        return unless_empty(budget.within("max_pairs", query_pairs(value, budget.limits.max_pairs)), path, context)
    if type(value) not in {list, dict}:
        context.refuse(path, ConversionError("expected a query string or map"), value)
        return None
    return unless_empty(_read_pairs(value, path, context, string, json_string), path, context)


# Parts between semicolons, each blank or with a name before its equals sign.
_COOKIE = rf"{_BLANKS}(?:[^;={WHITE_SPACE}][^;=]*=[^;]*)?"


@forms(either({"type": "string", "pattern": whole(f"{_COOKIE}(?:;{_COOKIE})*")}, _pairs(TEXT, TEXT)), _TEXT_PAIRS)
def read_cookies(value: Any, path: Path, context: ConvertContext) -> Any:
    """Read cookies: text, pairs, or an object."""
    if type(value) is str:
        return _cookie_text(value, path, context)
    if type(value) not in {list, dict}:
        context.refuse(path, ConversionError("expected cookies"), value)
        return None
    return _read_pairs(value, path, context, string, string)


def _cookie_text(value: str, path: Path, context: ConvertContext) -> list[Pair | None] | None:
    pairs: list[Pair | None] = []
    decode = percent_decode if "%" in value else str
    for part in filter(None, value.split(";", context.meta_tree.budget.limits.max_pairs)):
        item = part.strip(WHITE_SPACE)
        if not item:
            continue
        name, equals, found = item.partition("=")
        name = name.strip(WHITE_SPACE)
        if not equals or not name:
            reason = "the cookie's name is empty" if equals else "the cookie is missing a name/value pair"
            context.refuse(path, ConversionError(reason, keep_first=True), value)
            continue
        pairs.append((decode(name), decode(found.strip(WHITE_SPACE))))
    noted = context.meta_tree.find(path)
    if noted is not None and noted.errors and noted.original is None:
        # As with a cookie that was wrong.
        context.meta_tree.keep_original(noted, value)
    return context.meta_tree.budget.within("max_pairs", pairs)


#: What readers of values say of objects and lists.
_CONTAINERS = {
    **dict.fromkeys(
        (_tag_key, _loose_tag_key, _tag_value, _loose_tag_value), ConversionError("expected a primitive value")
    ),
    string: ConversionError("expected a string"),
}
