"""Exceptions: a type told from the value, and none without either."""

import functools
import unicodedata
from typing import Any

from store_protocol.convert.readers import WHITE_SPACE
from store_protocol.normalize.context import Normalization, acts_on

# What Rust's regular expressions take for a word: Unicode's letters, marks, decimal digits and connectors, and the joiners.
_WORD = frozenset({"Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl", "Pc"})
_JOINERS = "\u200c\u200d"


@acts_on("exception")
def exceptions(normalization: Normalization) -> None:
    """Split `ValueError: message` where the type is missing, and drop exceptions that say nothing."""
    holder = normalization.event.exception
    if holder is None or not holder.values:
        return
    budget = normalization.meta_tree.budget
    for index, exception in enumerate(holder.values):
        if exception is None or exception.type:
            continue
        if exception.value:
            kind, colon, message = exception.value.partition(":")
            if colon and "\n" not in message and is_word(kind):
                exception.type, exception.value = kind, message.strip(WHITE_SPACE)
                normalization.facts.known_short -= {"exception"}
            continue
        holder.values[index] = None
        if not budget.lists_errors:
            budget.unlisted_errors += 1
            continue
        path = ("exception", "values", str(index))
        meta = normalization.meta_tree.error(path, "missing_attribute", data={"attribute": "type or value"})
        if meta is not None:
            normalization.keep_original(
                meta, exception, functools.partial(_as_sent, normalization, index, len(holder.values))
            )


def _as_sent(normalization: Normalization, index: int, count: int) -> Any:
    raw = normalization.original_of("exception", index)
    if count > 1 or not isinstance(raw, dict):
        return raw
    # It may have been moved into the only one.
    moved = normalization.original_of("stacktrace")
    return {**raw, "stacktrace": moved} if isinstance(moved, dict) else raw


def is_word(text: str) -> bool:
    """Return whether a text is one word, as the name of a class is.

    >>> is_word("ValueError"), is_word("no such item"), is_word("")
    (True, False, False)
    """
    return text != "" and all(unicodedata.category(char) in _WORD or char in _JOINERS for char in text)
