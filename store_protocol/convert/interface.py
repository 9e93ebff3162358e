"""What all interfaces have in common."""

import enum
import inspect
import typing
from collections.abc import Iterator
from typing import Any, ClassVar, TypeVar

import msgspec

from store_protocol.convert.forms import Schema, SchemaOf
from store_protocol.convert.rules import AdditionalProperties, Rule, TypedForm, unwrap
from store_protocol.first_use import once
from store_protocol.json_types import OTHER_KEY


class Retain(enum.Enum):
    """When attributes that an interface doesn't know are kept: always, where the options ask for it, or never."""

    ALWAYS = "always"
    IF_ASKED = "if asked"
    NEVER = "never"


class Interface(msgspec.Struct, omit_defaults=True, repr_omit_defaults=True, kw_only=True, gc=False):
    """A part of an event with attributes of its own. An absent attribute is None.

    `other` holds the attributes that the interface doesn't know, where they are kept at all.
    """

    #: When attributes that the interface doesn't know are kept.
    __other__: ClassVar[Retain] = Retain.IF_ASKED
    #: Of an interface with a reader of its own: the attributes without which C tells too little of it; None where C isn't
    #: to be asked, since it takes another object for the interface than the reader does.
    __typed_with__: ClassVar[tuple[str, ...] | None] = None
    #: Whether what is in the interface is cut where it is too long.
    __trim__: ClassVar[bool] = True
    #: Whether the interface is a part of events.
    __of_events__: ClassVar[bool] = True
    #: Attributes that stand for none on the wire.
    __beside__: ClassVar[frozenset[str]] = frozenset({"other"})

    other: AdditionalProperties | None = msgspec.field(default=None, name=OTHER_KEY)

    @classmethod
    def __typed__(cls) -> TypedForm | None:
        """Return how C types the interface in one decode of the event, None where it takes an object of the attributes."""
        return None

    @classmethod
    def __takes__(cls, own: Schema, of: SchemaOf) -> Schema:
        """Return the schema of what the interface is read from; `own` is that of the object of its attributes."""
        return own

    @classmethod
    def __gives__(cls, own: Schema, of: SchemaOf) -> Schema:
        """Return the schema of what the interface is written as; `own` is that of the object of its attributes."""
        return own

    @classmethod
    def __reader__(cls) -> Any:
        """Return the reader of the interface where it is not simply an object of its attributes, else None."""
        return None


@once
def annotations_of(interface: type[Interface]) -> dict[str, Any]:
    """Return the annotations of an interface: to evaluate them takes longer than to read a whole event."""
    found: dict[str, Any] = {}
    for each in reversed(interface.__mro__):
        found |= inspect.get_annotations(each)
    # `typing` makes each anew, which takes a tenth of the time to the first event.
    return found if all(map(_is_evaluated, found.values())) else typing.get_type_hints(interface, include_extras=True)


def _is_evaluated(hint: Any) -> bool:
    """Return whether no part of an annotation stands as text."""
    if isinstance(hint, (str, typing.ForwardRef)):
        return False
    if typing.get_origin(hint) is typing.Literal:
        return True
    return all(map(_is_evaluated, getattr(hint, "__args__", ())))


@once
def hints_of(interface: type[Interface]) -> dict[str, tuple[Any, Rule]]:
    """Return for each attribute of an interface its annotation, without `Annotated` and `| None`, and its rule."""
    hints = annotations_of(interface)
    return {name: unwrap(hints[name]) for name in interface.__struct_fields__ if name != "other"}


_Any = TypeVar("_Any", bound=Interface)


def interfaces(above: type[_Any]) -> Iterator[type[_Any]]:
    """Iterate over all interfaces that are defined."""
    for interface in above.__subclasses__():
        yield interface
        yield from interfaces(interface)


def is_deep_empty(value: Any) -> bool:
    """Return whether there is nothing in a value: it is None or empty, or holds only such values (of an interface)."""
    if value is None or type(value) in _CONTAINERS:
        return not value
    if type(value) is AdditionalProperties:
        return all(map(is_deep_empty, value.values()))
    if isinstance(value, Interface):
        for name in value.__struct_fields__:
            part = getattr(value, name)
            if part is not None and not is_deep_empty(part):
                return False
        return True
    return False


_CONTAINERS = frozenset({str, list, dict})
