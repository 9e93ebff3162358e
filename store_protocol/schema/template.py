"""The template in which an error happened (Django)."""

from typing import Annotated, ClassVar

from store_protocol.convert.interface import Interface
from store_protocol.convert.rules import text
from store_protocol.schema.types import U64, Text


class Template(Interface):
    """The place in a template, with the lines around it."""

    __relay_name__: ClassVar[str] = "templateinfo"

    #: The file of the template, its name alone.
    filename: Annotated[str, text(128, 20)] | None = None
    #: The whole path of the file.
    abs_path: Annotated[str, text(256, 40)] | None = None
    #: The line, counted from 1.
    lineno: U64 | None = None
    #: The column, counted from 1.
    colno: U64 | None = None
    #: Lines before the line.
    pre_context: list[Text | None] | None = None
    #: The line itself.
    context_line: Text | None = None
    #: Lines after the line.
    post_context: list[Text | None] | None = None
