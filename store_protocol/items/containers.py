"""Items that hold several of one kind: `{"items": [...]}` (Relay `ItemContainer`)."""

from typing import Any, ClassVar

from store_protocol.convert.forms import Schema, SchemaOf
from store_protocol.convert.interface import hints_of
from store_protocol.convert.readers import interfaces_in
from store_protocol.items.base import Item, ItemPart, Rules, parts_of
from store_protocol.items.types import Infer
from store_protocol.meta.tree import Path
from store_protocol.schema.types import U64


class IngestSettings(ItemPart):
    """What the SDK asks of the server, from version 2 of a container on."""

    #: Whether the client's address is taken from the request: `auto` or `never`.
    infer_ip: Infer | None = None
    #: Whether the `User-Agent` header of the request says something of the client: `auto` or `never`.
    infer_user_agent: Infer | None = None


class Container(Item):
    """An item that holds several of one kind, its `items`.

    The header `item_count` must say how many; where it is wrong, that is listed under `item_count`. One that was sent
    alone, as SDKs did before there were containers, is the only one of its container.
    """

    #: The media type that the header `content_type` must name.
    __media_type__: ClassVar[str]

    #: The version of the container: with 2 it may have `ingest_settings`.
    version: U64 | None = None
    #: What the SDK asks of the server, from version 2 on.
    ingest_settings: IngestSettings | None = None

    @classmethod
    def __takes__(cls, own: Schema, of: SchemaOf) -> Schema:
        """Return the schema of a container, or of the one item alone."""
        return {"if": {"required": ["items"]}, "then": own, "else": of(cls.__part__())}

    @classmethod
    def __adapt__(cls, payload: dict[str, Any], headers: dict[str, Any]) -> dict[str, Any]:
        if "items" in payload or headers.get("content_type") == cls.__media_type__:
            return payload
        return {"items": [payload]}

    def __parts__(self) -> list[tuple[Path, Any]]:
        """Return the items that have anything in them, each with its path."""
        return parts_of("items", self.__part__(), getattr(self, "items", None))

    @classmethod
    def __part__(cls) -> type[ItemPart]:
        """Return the interface of the items."""
        part: type[ItemPart]
        (part,) = interfaces_in(hints_of(cls)["items"][0])  # type: ignore[assignment]
        return part

    def __apply__(self, rules: Rules) -> None:
        count, items = rules.headers.get("item_count"), getattr(self, "items", None)
        is_container = rules.headers.get("content_type") == self.__media_type__
        if items is not None and count != len(items) and (is_container or count is not None):
            rules.refuse(("item_count",), f"expected {len(items)}, the number of items", count)

    def __write__(self, text: bytes) -> tuple[dict[str, Any], bytes]:
        return {"content_type": self.__media_type__, "item_count": len(getattr(self, "items", None) or ())}, text
