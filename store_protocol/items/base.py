"""What all typed items have in common."""

from typing import Any, ClassVar

import msgspec

from store_protocol.convert.context import ConversionError, ConvertContext
from store_protocol.convert.interface import Interface, Retain
from store_protocol.convert.plain_objects import plain, with_written_forms
from store_protocol.json_types import OTHER_KEY
from store_protocol.limits import Limits
from store_protocol.meta.tree import FieldError, MetaTree, Path
from store_protocol.normalize.options import NormalizeOptions
from store_protocol.payload.objects import repair_objects


class Rules(msgspec.Struct, frozen=True, gc=False):
    """What the rules of items go by: where they note what is wrong, the headers of the item, and the options.

    `received_at` and `sent_at` are in seconds since the epoch, None where they aren't known.
    """

    meta_tree: MetaTree
    headers: dict[str, Any]
    options: NormalizeOptions
    received_at: float | None = None
    sent_at: float | None = None

    @property
    def limits(self) -> Limits:
        """The limits of the request."""
        return self.meta_tree.budget.limits

    def refuse(self, path: Path, reason: str | None, value: Any = None, *, keep_original: bool = True) -> None:
        """Note that a value isn't taken."""
        budget = self.meta_tree.budget
        if not budget.lists_errors:
            budget.unlisted_errors += 1
            return
        ConvertContext(self.meta_tree).refuse(path, ConversionError(reason, keep_original=keep_original), value)


class ItemPart(Interface, forbid_unknown_fields=True):
    """A part of an item with attributes of its own. An absent attribute is None; `other` has those that aren't known."""

    __other__: ClassVar[Retain] = Retain.ALWAYS
    __of_events__: ClassVar[bool] = False


def parts_of(name: str, kind: type[ItemPart], parts: list[Any] | None) -> list[tuple[Path, Any]]:
    """Return those parts of a list that have anything in them, each with its path; `name` is that of the list."""
    # Of hundreds of thousands of `{}` each costs no more than this.
    empty = kind()
    return [((name, str(index)), part) for index, part in enumerate(parts or ()) if part is not None and part != empty]


class Item(ItemPart):
    """What the payload of an item stands for.

    `field_errors` lists what was wrong with it, by path: such a value is None, everything else is there.
    """

    __beside__: ClassVar[frozenset[str]] = frozenset({"other", "field_errors"})
    #: The item's type in its headers.
    __item_type__: ClassVar[str]

    field_errors: tuple[FieldError, ...] = msgspec.field(default=(), name=f"{OTHER_KEY}errors")

    def to_dict(self) -> dict[str, Any]:
        """Return the plain objects that the item stands for, as they are written; `field_errors` is left out."""
        item: dict[str, Any] = plain(self.__written__())
        return item

    def __written__(self) -> Interface:
        """Return what is written as the payload."""
        return self

    @classmethod
    def __split__(cls, data: bytes, headers: dict[str, Any]) -> tuple[bytes, dict[str, Any]]:
        """Return the JSON text in a payload, and attributes that stand beside it. Raises `InvalidItem`."""
        return data, {}

    @classmethod
    def __choose__(cls, payload: dict[str, Any], headers: dict[str, Any]) -> "type[Item]":
        """Return the interface by which a payload is read: some types have several forms."""
        return cls

    @classmethod
    def __adapt__(cls, payload: dict[str, Any], headers: dict[str, Any]) -> dict[str, Any]:
        """Return a payload in the form in which it is read."""
        return payload

    def __apply__(self, rules: Rules) -> None:
        """Apply the rules of Relay's processors, those that go beyond single attributes."""

    def __write__(self, text: bytes) -> tuple[dict[str, Any], bytes]:
        """Return the headers that tell how the payload is read, and the payload; `text` has the attributes as JSON."""
        return {}, text


_encode = msgspec.json.Encoder().encode


def write_item(item: Item) -> tuple[dict[str, Any], bytes]:
    """Return the headers of an item, but for its type and its length, and its payload."""
    # Loaded when it is first needed: it has the schema of events.
    from store_protocol.encode import encode_parts  # noqa: PLC0415

    try:
        return item.__write__(encode_parts(with_written_forms(item.__written__())))
    except (UnicodeEncodeError, OverflowError):
        # What was read is free of it; this was put in by the caller.
        return item.__write__(_encode(repair_objects(item.to_dict())))
