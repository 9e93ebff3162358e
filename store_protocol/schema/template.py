"""The template in which an error happened (Django)."""

from typing import Annotated, ClassVar

from store_protocol.convert.interface import Interface
from store_protocol.convert.rules import text
from store_protocol.schema.types import U64, Text


class Template(Interface):
    """The place in a template, with the lines around it."""

    __relay_name__: ClassVar[str] = "templateinfo"

    filename: Annotated[str, text(128, 20)] | None = None
    abs_path: Annotated[str, text(256, 40)] | None = None
    lineno: U64 | None = None
    colno: U64 | None = None
    pre_context: list[Text | None] | None = None
    context_line: Text | None = None
    post_context: list[Text | None] | None = None
