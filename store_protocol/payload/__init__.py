"""JSON bytes to plain objects, with the repairs that real clients need.

Strategy: one decode is the proof. `msgspec` is told of types that hold exactly what is taken as it is: 64-bit integers,
and containers no deeper than `PLAIN_DEPTH` in each other. What they accept needs no check beside it, which measured 2 to
4 % of a bare decode, where one look at every byte would cost 20 % or more. What they refuse is decoded without them and
looked through; of integers beyond 64 bits and lone surrogates the decoded value tells where they are. What has other faults
(1 in 50 recorded requests, made by SDKs from broken data) is read token by token, and then decoded.
"""

import functools
import re
from typing import Any, Final

import msgspec

from store_protocol.collector import LARGE_TEXT, decode_uncollected
from store_protocol.errors import InvalidJson, TooDeep
from store_protocol.first_use import once
from store_protocol.json_types import DECODE_ERRORS, json_value_type, members_of, needs_no_repair
from store_protocol.limits import Limits
from store_protocol.payload.big_integers import has_long_integers, repair_integers
from store_protocol.payload.bulk import has_numbers_out_of_range, is_deep
from store_protocol.payload.charsets import DecodedText, to_utf8
from store_protocol.payload.repairs import MAX_REPAIRS, Repair, coding_repairs
from store_protocol.payload.surrogates import repair_surrogates

__all__ = ["MAX_REPAIRS", "PLAIN_DEPTH", "Payload", "Repair", "parse_payload", "read_json", "read_payload"]

#: Containers in each other that the fast way takes. The variables of a frame are 8 deep in an event, and sentry-python
#: 0.5 to 2 cuts them at 5 more. Each level makes the types half as large again, and 13 are built in 6 ms.
PLAIN_DEPTH: Final = 13

#: Bytes of a text for each of its values, from which on the values are the cheaper ones to go through.
_BYTES_OF_VALUE = 8

_LIMITS = Limits()


@once
def plain_decoder() -> "msgspec.json.Decoder[Any]":
    """Return the decoder of JSON that needs no repair; it refuses all other."""
    # Made when first needed, which takes as long as a tenth of the import of everything.
    return msgspec.json.Decoder(json_value_type(PLAIN_DEPTH))


_decode = functools.partial(decode_uncollected, msgspec.json.Decoder().decode)
_is_json = msgspec.json.Decoder(msgspec.Raw).decode


class Payload(msgspec.Struct):
    """The value of a JSON text, and what had to be repaired in it.

    `text` is the repaired text in UTF-8, and None where nothing had to be repaired. Where it is there, the value is made of
    it when it is asked for: most of those who read an event read it from the text.
    """

    _value: Any
    repairs: tuple[Repair, ...] = ()
    text: bytes | None = None

    @property
    def value(self) -> Any:
        """The value as plain objects."""
        if self._value is msgspec.UNSET:
            try:
                self._value = _decode(self.text or b"")
            except RecursionError:
                raise _too_deep_to_follow() from None
        return self._value

    @property
    def is_object(self) -> bool:
        """Whether the value is an object."""
        if self._value is msgspec.UNSET and self.text is not None:
            return _begins_as_object(self.text) is not None
        return isinstance(self._value, dict)


def _too_deep_to_follow() -> TooDeep:
    # Only limits far above the default get here: msgspec's own bound is that of the interpreter.
    return TooDeep("the JSON text is nested deeper than this interpreter can follow")


_begins_as_object = re.compile(rb"[ \t\n\r]*+\{").match


def parse_payload(
    body: bytes | bytearray | memoryview | str, *, limits: Limits = _LIMITS, charset: str | None = None
) -> Any:
    """Return the value of a JSON text as plain objects: dict, list, str, int, float, bool, None.

    As `read_payload`, without the repairs.

    >>> parse_payload(b'{"extra": {"ratio": NaN}}')
    {'extra': {'ratio': 'NaN'}}
    """
    return read_payload(body, limits=limits, charset=charset).value


def read_payload(
    body: bytes | bytearray | memoryview | str, *, limits: Limits = _LIMITS, charset: str | None = None
) -> Payload:
    """Return the value of a JSON text, and what had to be repaired in it.

    `charset` is the one that the content type names, if any; it counts only where the bytes are neither UTF-8 nor tell of
    themselves what they are. Of equal keys in an object the last wins. See `Repair` for what is repaired.

    Raises `InvalidJson` for what is no JSON and can't be repaired, with its offset in the body as given (of a str: in its
    UTF-8), and `TooDeep` for `limits.max_depth` containers in each other or more.

    >>> read_payload(b'{"id": 18446744073709551616}').repairs
    (Repair(kind='big_integer', path='$.id', offset=7, text='18446744073709551616'),)
    """
    if not isinstance(body, (bytes, str)):
        body = bytes(body)
    if (found := read_json(body, limits.max_depth)) is not None:
        return found
    if isinstance(body, bytes):
        try:
            if (repaired := repair_surrogates(body, _decode, levels=limits.max_depth - 1)) is not None:
                return Payload(msgspec.UNSET, repaired[1], repaired[0])
        except DECODE_ERRORS:
            pass
    text = to_utf8(body, charset)
    if recoded := coding_repairs(text):
        # Nearly always nothing else is wrong.
        try:
            value = _decode(text.data)
        except DECODE_ERRORS:
            pass
        else:
            if _is_plain(text.data, value, limits.max_depth):
                return Payload(value, recoded, text.data)
    return _repaired(text, limits.max_depth)


def read_json(body: bytes | str, max_depth: int) -> Payload | None:
    """Return the value of a text that is JSON, and what integers beyond 64 bits had to be repaired in it.

    None for a text in which anything else has to be repaired, or that has `max_depth` containers in each other or more.
    """
    # All that a decoder builds before a fault is for nothing.
    is_small = len(body) < LARGE_TEXT
    is_json = is_small or _has_grammar(body)
    if is_json and max_depth > PLAIN_DEPTH:
        decode = plain_decoder().decode
        try:
            return Payload(decode_uncollected(decode, body))
        except DECODE_ERRORS as refused:
            # What has not the grammar of JSON has it for no decoder.
            is_json = isinstance(refused, msgspec.ValidationError)
    if is_json and is_small and isinstance(body, bytes) and has_long_integers(body):
        mended = _mended_members(body, max_depth)
        if mended is not None:
            return mended
    if is_json and not is_small and isinstance(body, bytes) and _has_short_values(body):
        # The text tells before anything is built of it.
        try:
            return Payload(_decode(body)) if _is_plain_text(body, max_depth) else None
        except DECODE_ERRORS:
            return None
    try:
        value = _decode(body) if is_json else None
    except DECODE_ERRORS:
        is_json = False
    if is_json:
        if isinstance(body, bytes) and (repaired := repair_integers(body, value, levels=max_depth - 1)) is not None:
            text, repairs = repaired
            return Payload(value, repairs, text) if repairs else Payload(value)
        if _is_plain(body, value, max_depth):
            return Payload(value)
    return None


def _mended_members(text: bytes, max_depth: int) -> Payload | None:
    """Return an object with its integers beyond 64 bits repaired, looking through those members alone that may have any.

    None where that can't be told so.
    """
    if max_depth <= PLAIN_DEPTH + 1:
        return None
    decode = plain_decoder().decode
    doubtful = {}
    try:
        for name, raw in members_of(text).items():
            try:
                decode(raw)
            except msgspec.ValidationError:
                doubtful[name] = _decode(bytes(raw))
    except DECODE_ERRORS:
        return None
    # Of equal names only the last is there: the integers that stand in the text are then more.
    if (found := repair_integers(text, doubtful, levels=max_depth - 1)) is None:
        return None
    return Payload(msgspec.UNSET, found[1], found[0]) if found[1] else Payload(_decode(text))


def _has_grammar(text: bytes | str) -> bool:
    """Return whether a text has the grammar of JSON, bytes that aren't UTF-8 and numbers out of range aside."""
    try:
        _is_json(text)
    except DECODE_ERRORS:
        return False
    return True


def _is_plain(text: bytes | str, value: Any, max_depth: int) -> bool:
    """Return whether a value needs no repair but of its strings."""
    if isinstance(text, bytes) and _has_short_values(text):
        return _is_plain_text(text, max_depth)
    return needs_no_repair(value, max_depth - 1)


def _has_short_values(text: bytes) -> bool:
    """Return whether a text has so many short values that to go through them takes longer than all else."""
    values = text.count(b",") + text.count(b"[") + text.count(b"{")
    return values * _BYTES_OF_VALUE > len(text)


def _is_plain_text(text: bytes, max_depth: int) -> bool:
    """Return whether a text with the grammar of JSON needs no repair but of its strings, as its value would tell."""
    return not (has_numbers_out_of_range(text) or is_deep(text, max_depth))


def _repaired(text: DecodedText, max_depth: int) -> Payload:
    """Repair a text, and read it."""
    if not text.data.strip(b" \t\n\r"):
        raise InvalidJson("invalid JSON at byte 0: the text is empty", offset=0)
    from store_protocol.payload.repairer import repair, too_deep  # noqa: PLC0415  (few texts need it, and it is large)

    repaired = repair(text, max_depth=max_depth)
    try:
        # Nothing is built: this says only whether the text is JSON. What it doesn't look at, numbers out of range and bytes
        # that aren't UTF-8, has been repaired.
        _is_json(repaired.strict)
    except RecursionError:
        raise _too_deep_to_follow() from None
    except DECODE_ERRORS as refused:
        if repaired.rest is None:
            raise
        raise repaired.rest.error(refused) from None
    if repaired.rest is not None and is_deep(repaired.strict, max_depth):
        raise too_deep(max_depth)
    return Payload(msgspec.UNSET, repaired.repairs, repaired.strict)
